"""Reads our own sampler's power logs: cumulative joules; parts of a run added up, one machine counted once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from reporter import powerlog
from reporter.errors import plain
from reporter.importers import power_log_parquet
from reporter.importers.base import Importer
from reporter.importers.blocks import stretches
from reporter.importers.head import encoding_of, named
from reporter.importers.power_log_frames import follows, sieve
from reporter.importers.power_log_once import share
from reporter.importers.power_log_rows import MOST_POINTS, TRACKER, Recording
from reporter.importers.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporter.importers.logs import Log
    from reporter.run import Run


def claims(log: Log) -> bool:
    """Our first line says what the file is."""
    first = log.head.removeprefix(b"\xef\xbb\xbf").lstrip(b'"')
    return first.startswith(powerlog.FIRST.encode()) or power_log_parquet.is_one(log)


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run for each run id. Files may hold several, one after the other; a copy of one is counted once.

    A run in several parts (interrupted and resumed, or in files that were rotated) is added up. One that was sampled
    within another that is read too is left out, and what several counted of one machine is shared among them.
    """
    known: dict[str, dict[int, Recording]] = {}
    for log in logs:
        for recording in _recordings(log):
            key = recording.head.run_id or f"{log.path}:{recording.line}"
            parts, place = known.setdefault(key, {}), recording.head.part or 0
            other = parts.get(place)
            if other is not None:
                log.say("CR021", f"run {key} is in {other.log.name} too; the longer is counted", recording.line)
            if other is None or other.elapsed_s < recording.elapsed_s:
                parts[place] = recording
    runs = [_in_order(parts) for parts in known.values()]
    counted = [parts for parts in runs if not _is_within(parts[0], known)]
    share(recording for parts in counted for recording in parts)
    for recordings in counted:
        yield _joined([recording.run() for recording in recordings])


def _in_order(parts: dict[int, Recording]) -> list[Recording]:
    """The parts of a run, one after the other; what is missing of it is told."""
    recordings = [parts[place] for place in sorted(parts)]
    last, log = recordings[-1], recordings[-1].log
    missing = [str(place) for place in range(max(parts)) if place not in parts]
    if missing:
        text = f"part {', '.join(missing[:5])} of this run is in no file that is read; not counted"
        log.say("CR011", text, last.line)
    if last.continues:
        log.say("CR011", f"the run goes on in {plain(last.continues, 80)}, which is not read; not counted", last.line)
    else:
        last.tell_no_end()
    return recordings


def _is_within(recording: Recording, known: dict[str, dict[int, Recording]]) -> bool:
    """Whether a run that is read too held this one on its machine; told."""
    outer = recording.head.within
    if outer is None or outer not in known or outer == recording.head.run_id:
        return False
    run_id = recording.head.run_id or "this one"
    recording.log.say(
        "CR039", f"run {run_id} was sampled within run {outer}, which holds its energy; counted there", recording.line,
        "note",
    )  # fmt: skip
    return True


def _joined(parts: Sequence[Run]) -> Run:
    """The parts of a run as one; the time between them is nobody's."""
    if len(parts) == 1:
        return parts[0]
    course, before_s = list[tuple[float, float]](), 0.0
    for part in parts:
        course += [(before_s + at_s, watts) for at_s, watts in _thinned(part.power_w, MOST_POINTS // len(parts))]
        before_s += part.duration_s or 0.0
    return replace(
        parts[0],
        ended_at=parts[-1].ended_at,
        duration_s=before_s,
        energy_kwh=_sum(part.energy_kwh for part in parts),
        cpu_energy_kwh=_sum(part.cpu_energy_kwh for part in parts),
        gpu_energy_kwh=_sum(part.gpu_energy_kwh for part in parts),
        ram_energy_kwh=_sum(part.ram_energy_kwh for part in parts),
        basis="estimated" if any(part.basis == "estimated" for part in parts) else "measured",
        counted=all(part.counted for part in parts),
        machine_wide=all(part.machine_wide for part in parts),
        power_w=tuple(course),
        device_power_w=(),
        labels={name: text for part in parts for name, text in part.labels.items()},
    )


def _thinned(course: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """A course of power with fewer points, each the mean of the steps it stands for."""
    stride = -(-len(course) // max(1, most))
    thinned, last_s = [], 0.0
    for place in range(0, len(course), max(1, stride)):
        steps = course[place : place + stride]
        before = [last_s, *(at_s for at_s, _ in steps)]
        joules = sum((at_s - from_s) * watts for from_s, (at_s, watts) in zip(before, steps, strict=False))
        end_s = steps[-1][0]
        thinned.append((end_s, joules / (end_s - last_s)))
        last_s = end_s
    return thinned


def _sum(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return math.fsum(told) if told else None


def _recordings(log: Log) -> list[Recording]:
    """The recordings of one file that have energy. Raises ReportError where there is none."""
    begun = [_of_parquet(log)] if power_log_parquet.is_one(log) else _of_rows(log)
    told = [recording for recording in begun if recording.check()]
    if not told:
        raise log.refuse("no sample after the start: the run ended or was killed before; it has no energy to report")
    return told


def _of_parquet(log: Log) -> Recording:
    """The recording of a Parquet file, whose comments all stand in its metadata."""
    lines = power_log_parquet.comments(log)
    row = Row(1, [], whole=True)
    begun = [_begun(log, lines, row)]
    for line in lines:
        if not line.startswith(powerlog.FIRST):
            _comment(line, row, [], begun)
    power_log_parquet.add(log, begun[0])
    return begun[0]


def _of_rows(log: Log) -> list[Recording]:
    """The recordings of a file of rows, one after the other."""
    table, begun, bound = Table(log), list[Recording](), 0
    comments = powerlog.comments(log.head.decode(encoding_of(log.head) or "utf-8", "replace"))
    for stretch in stretches(table, lambda: sieve(table, begun)):
        every = stretch.sifted is not None and (bool(comments) or not follows(stretch.sifted.told, begun[-1]))
        for row in stretch.rows(every=every):
            if row.cells[0].startswith("#"):
                log.rows -= 1
                _comment(",".join(row.cells), row, comments, begun)
            elif named(row.cells[0]) == powerlog.TIME:  # another log was appended, with other meters
                log.rows -= 1
                table.header, table.changed = tuple(map(named, row.cells)), table.changed + 1
            else:
                if comments:
                    begun.append(_begun(log, comments, row))
                    comments, bound = [], 0
                elif not begun:
                    raise log.refuse(f"the lines above the header are missing: '{powerlog.FIRST}' and its meters")
                if bound != table.changed:
                    bound = table.changed
                    begun[-1].bind(table)
                begun[-1].add(row)
    return begun


def _comment(text: str, row: Row, comments: list[str], begun: list[Recording]) -> None:
    """A comment among the rows: a metric, the end of a recording, or the head of the next one."""
    if text.startswith(powerlog.FIRST):
        comments[:] = [text]
    elif comments:
        comments.append(text)
    elif begun and text.startswith(powerlog.ENDED):
        begun[-1].ended = row.whole
    elif begun and text.startswith(powerlog.CONTINUES):
        begun[-1].continues = text.removeprefix(powerlog.CONTINUES).strip()
    elif begun and text.startswith(powerlog.METRIC) and row.whole:
        name, value = powerlog.read_metric(text) or ("", "")
        if name:
            begun[-1].metrics[name] = value


def _begun(log: Log, comments: list[str], row: Row) -> Recording:
    try:
        head = powerlog.read_head(comments)
    except ValueError as error:
        raise log.refuse(str(error)) from error
    if not head.meters:
        raise log.refuse("no '# meter:' line tells which columns are energies; sample again")
    return Recording(log, head, row.line)


IMPORTER = Importer(
    name=TRACKER,
    says="power logs of 'carbon-report sample'",
    home="https://github.com/carbon-report/carbon-report",
    minds="cumulative joules per meter; a killed run still reads",
    claims=claims,
    read=read,
)
