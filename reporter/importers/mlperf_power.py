"""MLPerf power logs: a wall meter's samples as SPEC PTDaemon writes them (spl.txt), about one a second.

What a naive reader gets wrong: dates are month-day-year; a meter of several channels repeats the power of each behind
the total; readings of 0 and below are errors of the meter; the meter runs longer than the benchmark, whose time stands
in mlperf_log_detail.txt; the ranging pass, which finds the meter's ranges, is an execution of its own.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import ReportError, plain
from reporter.importers import gauges
from reporter.importers.base import Importer, read_moment
from reporter.importers.table import Table, lines, number
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log
    from reporter.importers.table import Row

DETAIL = "mlperf_log_detail.txt"
ZONE_S = 900.0  # time zones differ by quarters of an hour
FARTHEST_S = 26 * 3600.0
COVERED = 0.9  # of the benchmark's time; samples that cover less are told

_MOMENT = pattern(r"(\d{2})-(\d{2})-(\d{4}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)", re.ASCII)
_SAMPLE = pattern(rb"(?m)^(?:\xef\xbb\xbf)?Time,\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2}(?:\.\d+)?,Watts,")
_BOUND = pattern(r"power_(begin|end).*?(\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2}(?:\.\d+)?)", re.IGNORECASE | re.ASCII)
_PASS = pattern(r"[_-](ranging|testing)(?:[_-]|$)")


class Sample(NamedTuple):
    """One reading of the meter: the mean power since the one before."""

    line: int
    at: datetime
    power_w: float
    mark: str


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run for each mark (one measurement) of a file, cut to the benchmark's time where that lies beside it."""
    for log in logs:
        by_mark: dict[str, list[Sample]] = {}
        for row in _Rows(log):
            sample = _sample(log, row)
            if sample is not None and not row.whole and any(mark.startswith(sample.mark) for mark in by_mark):
                log.skip(row.line, "the last line is cut", "CR003")  # in its mark, which would be another's
            elif sample is not None:
                by_mark.setdefault(sample.mark, []).append(sample)
        if not by_mark:
            raise log.refuse("no reading above 0 W: was the meter connected?")
        bounds = _bounds(log) if len(by_mark) == 1 else None
        for mark, samples in by_mark.items():
            if len(samples) > 1:
                yield _run(log, mark, samples, bounds)
            elif len(by_mark) == 1:
                raise log.refuse("one sample has no duration: energy needs two", samples[0].line)
            else:
                log.skip(samples[0].line, f"mark '{plain(mark, 40)}' has one sample alone, and so no duration")


class _Rows(Table):
    """Rows of a file that has no header: every line is a row, and none is passed over as one."""

    def _is_header(self, row: Row) -> bool:  # noqa: ARG002
        return False


def _sample(log: Log, row: Row) -> Sample | None:
    """One row, or None for a message of the daemon, and for a row that was skipped and told."""
    cells = [cell.strip() for cell in row.cells]
    if cells[0] != "Time" or len(cells) < 3 or cells[2] != "Watts":
        log.rows -= 1  # NOTICE, ERROR, temperatures: no sample of power
        return None
    try:
        fields = dict(zip(cells[2:10:2], cells[3:11:2], strict=False))
        at, power_w = _moment(cells[1]), number(fields["Watts"])
        mark = cells[cells.index("Mark") + 1]
    except (ValueError, KeyError, IndexError) as error:
        why, code = (f"no sample: {plain(error, 80)}", "CR002") if row.whole else ("the last line is cut", "CR003")
        log.skip(row.line, why, code)
        return None
    if power_w <= 0:
        log.skip(row.line, f"{power_w:g} W is an error of the meter", "CR035")
        return None
    return Sample(row.line, at, power_w, mark)


def _moment(cell: str) -> datetime:
    match = _MOMENT.fullmatch(cell)
    if match is None:
        raise ValueError(f"'{plain(cell, 40)}' is no date and time like 12-23-2020 10:21:51.496")
    month, day, year, time = match.groups()
    return read_moment(f"{year}-{month}-{day} {time}")


def _bounds(log: Log) -> tuple[datetime, datetime] | None:
    """When the benchmark began and ended, from the log of LoadGen beside this one; None where it does not tell."""
    detail = log.beside(DETAIL)
    if detail is None:
        return None
    found: dict[str, datetime] = {}
    try:
        for line in lines(detail):
            match = _BOUND.search(line) if "power_" in line.lower() else None
            if match:
                found[match[1].lower()] = _moment(match[2])
    except (ValueError, ReportError) as error:
        log.say("CR007", f"{DETAIL}: {error}")
    if len(found) < 2 or found["begin"] >= found["end"]:
        log.say("CR007", f"{DETAIL} tells no power_begin before a power_end; all samples are counted")
        return None
    return found["begin"], found["end"]


def _run(log: Log, mark: str, samples: list[Sample], bounds: tuple[datetime, datetime] | None) -> Run:
    inside = samples if bounds is None else _within(samples, bounds, log)
    if bounds is None or not inside:
        bounds, inside = None, samples
    start = min(sample.at for sample in inside)
    gauge = gauges.Gauge("meter")
    for sample in inside:
        gauge.add((sample.at - start).total_seconds(), sample.power_w)
    trace = gauges.integrate(gauge, log, held=True)
    energy_kwh, duration_s = trace.energy_kwh, trace.end_s
    if bounds is not None:  # MLPerf's own rule: the mean of the samples inside, all through the benchmark's time
        _tell_uncovered(inside, bounds, log)
        duration_s = (bounds[1] - bounds[0]).total_seconds()
        energy_kwh = math.fsum(sample.power_w for sample in inside) / len(inside) * duration_s / 3.6e6
    told = _PASS.search(mark) or re.search(r"[/\\](ranging)[/\\]", log.path)
    phase = told[1] if told else ("testing" if re.search(r"[/\\]run_\d+[/\\]", log.path) else None)
    return Run(
        id=f"{log.path}:{mark}",
        tracker=IMPORTER.name,
        source=log.path,
        line=samples[0].line,
        started_at=start,
        ended_at=max(sample.at for sample in inside),
        duration_s=duration_s,
        energy_kwh=energy_kwh,
        basis="measured",
        machine_wide=True,
        power_w=gauges.curve([trace]),
        labels={"mark": mark} | ({"phase": phase} if phase else {}),
    )


def _tell_uncovered(inside: list[Sample], bounds: tuple[datetime, datetime], log: Log) -> None:
    """Tell where the samples leave much of the benchmark's time to their mean."""
    within_s = (max(sample.at for sample in inside) - min(sample.at for sample in inside)).total_seconds()
    whole_s = (bounds[1] - bounds[0]).total_seconds()
    if within_s < COVERED * whole_s:
        text = f"the samples cover {within_s:.0f} s of the benchmark's {whole_s:.0f} s; their mean stands for all"
        log.say("CR016", text)


def _within(samples: list[Sample], bounds: tuple[datetime, datetime], log: Log) -> list[Sample]:
    """The samples inside the benchmark's time; the two clocks may be in time zones that differ, which is told.

    An empty list, told, where no zone brings them together.
    """
    from datetime import timedelta

    begin, end = bounds
    inside = [sample for sample in samples if begin < sample.at < end]
    if len(inside) > 1:
        return inside
    first, last = min(sample.at for sample in samples), max(sample.at for sample in samples)
    apart_s = ((first - begin) + (last - end)).total_seconds() / 2
    shift = timedelta(seconds=round(apart_s / ZONE_S) * ZONE_S)
    inside = [sample for sample in samples if begin + shift < sample.at < end + shift]
    if len(inside) > 1 and abs(apart_s) <= FARTHEST_S:
        log.say("CR018", f"the meter's clock and LoadGen's are {shift} apart, as time zones are", level="note")
        return inside
    log.say("CR007", f"{DETAIL}: no sample lies between power_begin and power_end; all samples are counted")
    return []


def _claims(log: Log) -> bool:
    return b"Watts" in log.head and _SAMPLE.search(log.head) is not None


IMPORTER = Importer(
    name="mlperf-power",
    says="MLPerf power logs of SPEC PTDaemon (spl.txt), cut to the run by mlperf_log_detail.txt",
    home="https://github.com/mlcommons/power-dev",
    minds="cut to the benchmark by `mlperf_log_detail.txt`",
    claims=_claims,
    read=read,
)
