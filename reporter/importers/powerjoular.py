"""PowerJoular's CSV: a row about every second with the power since the row before, of the machine or of one process.

What a naive reader gets wrong: ``Total Power`` already holds ``CPU Power`` and ``GPU Power``; the file of a process
beside its main file is a part of it; a row is not always a second long; dates are written number by number, so that
``15: 4. 89`` is 4.089 s; with -o (overwrite) only the last row is left, without a header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers import gauges
from reporter.importers.base import Importer, read_moment
from reporter.importers.table import Table, number
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log
    from reporter.importers.table import Row

DATE, USED, TOTAL, CPU, GPU = "date", "cpu utilization", "total power", "cpu power", "gpu power"
MOST_W = 50_000.0  # of one machine; a RAPL counter that wraps can make a row of more
ALIKE = 0.02  # share by which the parts may miss the total

_DATE = pattern(
    r"\s*(\d{4})-\s*(\d{1,2})-\s*(\d{1,2})[ T]\s*(\d{1,2}):\s*(\d{1,2}):\s*(\d{1,2})(?:\.\s*(\d{1,3}))?\s*", re.ASCII
)
_WHOLE = pattern(r"\.\d\d")  # a last cell with two decimals was cut, if at all, by less than 0.01 W
_BARE = pattern(rb"\s?\d{4}-\s?\d{1,2}-\s?\d{1,2}\s+\d{1,2}:\s?\d{1,2}:\s?\d{1,2}(\.\s?\d{1,3})?,([01]?\.\d+,){1,2}")


class Sample(NamedTuple):
    """One row; what has no column, or cannot be read, is None."""

    at: datetime
    total_w: float | None
    cpu_w: float | None
    gpu_w: float | None


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run for each file; that of a process or an application is left out where its main file is read as well."""
    for log in logs:
        main = _main(log, logs)
        run = _read_one(log, None if main is None else log.name[len(main.name) + 1 :])
        if main is None:
            yield run
        else:
            log.say("CR012", f"a part of {plain(main.name, 80)}, which holds its energy already; not added "
                    "(name this file alone to report the process)")  # fmt: skip


def _main(log: Log, logs: Sequence[Log]) -> Log | None:
    """The log of the whole machine that this one's name continues: ``power.csv`` of ``power.csv-1234.csv``."""
    stems = ((other, other.name) for other in logs if other is not log)
    return next((other for other, stem in stems if log.name.startswith(f"{stem}-")), None)


def _read_one(log: Log, process: str | None) -> Run:
    samples, columns = _samples(log)
    if len(samples) < 2:
        why = "one row has no duration: energy needs two" if samples else "no row of it can be read"
        raise log.refuse(f"{why}; run PowerJoular without -o (overwrite), which keeps the last row alone")
    start = min(sample.at for sample in samples)
    traces = {part: _trace(part, samples, start, log) for part in columns}
    whole = traces.get(TOTAL) or traces.get(CPU) or traces.get(GPU)
    kwh = {part: trace.energy_kwh for part, trace in traces.items() if trace is not None}
    _check_parts(kwh, log)
    process = process or (_process(log.name) if TOTAL not in columns else None)
    return Run(
        id=log.path,
        tracker=IMPORTER.name,
        source=log.path,
        started_at=start,
        ended_at=max(sample.at for sample in samples),
        duration_s=(max(sample.at for sample in samples) - start).total_seconds(),
        energy_kwh=whole.energy_kwh if whole else None,
        cpu_energy_kwh=kwh.get(CPU),
        gpu_energy_kwh=kwh.get(GPU),
        basis="measured",
        machine_wide=True if TOTAL in columns else (False if process else None),
        power_w=gauges.curve([whole]) if whole else (),
        labels={"process": process.removesuffix(".csv")} if process else {},
    )


def _process(name: str) -> str | None:
    """The process or application that a file's name tells: PowerJoular puts ``-PID.csv`` behind the main file's."""
    match = re.search(r"(?:\.csv-(.+?)|-(\d+))(?:\.csv)?$", name)
    return match[1] or match[2] if match else None


def _samples(log: Log) -> tuple[list[Sample], tuple[str, ...]]:
    """The samples of a file and its columns of power. Raises ReportError for a file without a header."""
    if _BARE.match(log.head):
        header = "Date,CPU Utilization,Total Power,CPU Power,GPU Power"
        raise log.refuse("there is no header, as -o (overwrite) leaves it, which keeps the last second alone; if there "
                         f"are many rows, put '{header}' on top", 1)  # fmt: skip
    table = Table(log)
    samples = [sample for row in table if (sample := _sample(table, row)) is not None]
    return samples, tuple(part for part in (TOTAL, CPU, GPU) if part in table.header)


def _sample(table: Table, row: Row) -> Sample | None:
    """One row, or None for one that was skipped and told."""
    log, width = table.log, len(table.header)
    cells = row.cells
    if len(cells) != width or not (row.whole or _WHOLE.search(cells[-1])):
        cut = not row.whole and len(cells) <= width
        why = "the last line is cut" if cut else f"{len(cells)} cells where the header has {width}"
        log.skip(row.line, why, "CR003" if cut else "CR002")
        return None
    try:
        powers = [_power_w(table, cells, part) for part in (TOTAL, CPU, GPU)]
        at = _moment(cells[table.header.index(DATE)])
    except ValueError as error:
        log.skip(row.line, str(error))
        return None
    wrong = next((power_w for power_w in powers if power_w is not None and not 0 <= power_w <= MOST_W), None)
    if wrong is not None:
        log.skip(row.line, f"{wrong:g} W is no power of a machine", "CR035")
        return None
    return Sample(at, *powers)


def _power_w(table: Table, cells: Sequence[str], part: str) -> float | None:
    if part not in table.header or not (cell := cells[table.header.index(part)].strip()):
        return None
    return number(cell, "," if table.delimiter == ";" else ".")


def _moment(cell: str) -> datetime:
    """A date as Ada writes it, number by number; fractions are milliseconds, of as many digits as they have.

    24 o'clock, which rounding can make, is the next day. Raises ValueError for what is no date.
    """
    match = _DATE.fullmatch(cell)
    if match is None:
        return read_moment(cell.strip())
    from datetime import timedelta

    year, month, day, hour, minute, second, milli = (int(part or 0) for part in match.groups())
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(f"'{plain(cell, 40)}' is no time of day")
    return read_moment(f"{year:04d}-{month:02d}-{day:02d} 00:00:00") + timedelta(
        hours=hour, minutes=minute, seconds=second, milliseconds=milli
    )


def _trace(part: str, samples: list[Sample], start: datetime, log: Log) -> gauges.Trace | None:
    """The energy of one column; None for a GPU column of zeros (no GPU), and for a column without readings."""
    gauge = gauges.Gauge(part.title().replace("Cpu", "CPU").replace("Gpu", "GPU"))
    values: list[Any] = [getattr(sample, {TOTAL: "total_w", CPU: "cpu_w", GPU: "gpu_w"}[part]) for sample in samples]
    for sample, power_w in zip(samples, values, strict=True):
        if power_w is not None:
            gauge.add((sample.at - start).total_seconds(), power_w)
    if len(gauge.times_s) < 2 or (part == GPU and not any(gauge.watts)):
        return None
    if len(gauge.times_s) < len(samples):
        log.say("CR026", f"{gauge.name}: {len(samples) - len(gauge.times_s)} cells are empty")
    return gauges.integrate(gauge, log, held=True)


def _check_parts(kwh: dict[str, float | None], log: Log) -> None:
    """Tell a total that is not the sum of its parts; the total counts."""
    total, parts = kwh.get(TOTAL), (kwh.get(CPU) or 0.0) + (kwh.get(GPU) or 0.0)
    if total and parts and abs(total - parts) > ALIKE * total:
        log.say("CR030", f"Total Power is {total:.3g} kWh, CPU and GPU Power are {parts:.3g} kWh; the total counts")


def _claims(log: Log) -> bool:
    header = log.header
    return (header[:2] == (DATE, USED) and CPU in header) or bool(_BARE.match(log.head))


IMPORTER = Importer(
    name="powerjoular",
    says="PowerJoular CSV of every version: the machine's, and those of a process or application",
    home="https://github.com/joular/powerjoular",
    minds="total is not added to its parts; a process file is no second machine",
    claims=_claims,
    read=read,
)
