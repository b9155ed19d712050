"""Logs in, Runs out: finds the importers, lets exactly one claim each file, and reads everything once."""

from __future__ import annotations

import importlib
import os
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from reporter import collector, limits, plugins
from reporter.errors import Finding, ReportError, plain
from reporter.importers import logs as places
from reporter.importers import remote
from reporter.importers.base import Importer
from reporter.importers.parts import Part
from reporter.patterns import pattern
from reporter.run import Input, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reporter.importers.logs import Log
    from reporter.run import Run

__all__ = ["Importer", "available", "read"]

#: Of claimed files, how much of what was looked at is held till they are read; what is more is read again.
HELD_BYTES = 64 << 20


@cache
def available() -> dict[str, Importer]:
    """Every importer by name: the files of this folder, then installed plug-ins (which cannot take a name of ours)."""
    names = plugins.own(os.path.dirname(__file__), "IMPORTER")
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    ours = {module.IMPORTER.name: module.IMPORTER for module in modules}
    foreign = plugins.load("carbon_report.importers")
    return {**{name: found for name, found in foreign.items() if _fits(name, found)}, **ours}


def _fits(name: str, found: object) -> bool:
    if not isinstance(found, Importer):
        plugins.FAILED.append(Finding("CR040", "warning", f"plug-in '{name}' is no reporter.importers.Importer"))
    return isinstance(found, Importer)


def read(
    paths: Sequence[str],
    reader: str | None = None,
    *,
    strict: bool = False,
    step: Callable[[int, int, str], None] | None = None,
    chosen: Mapping[str, int] | None = None,
) -> Reading:
    """Read every log that the paths name into Runs; ``step(done, total, name)`` is called as each file is opened.

    ``chosen`` are limits other than those of reporter/limits.py, by name.

    A file that cannot be read is an error finding (CR001) and the others go on; under ``strict``, or where nothing
    could be read at all, the first such error is raised. Raises ReportError also for a reader that does not exist.
    """
    part = part_of(paths, reader, strict=strict, step=step, chosen=chosen)
    return whole(part, paths, strict=strict)


@collector.at_rest()
def part_of(
    paths: Sequence[str],
    reader: str | None = None,
    *,
    strict: bool = False,
    step: Callable[[int, int, str], None] | None = None,
    chosen: Mapping[str, int] | None = None,
    searched: bool = False,
) -> Part:
    """Read some paths as a part of a reading, to be merged with others and made whole.

    ``searched``: the files were found in a folder; what is no tracker's log among them is passed over.
    Raises ReportError for a reader that does not exist, and where a limit is passed.
    """
    importers = available()
    if reader is not None and reader not in importers:
        raise ReportError(f"--from {plain(reader)}: no such tracker; known are {', '.join(sorted(importers))}")
    part = Part()
    claimed = _Claimed()
    known = None if len(paths) == 1 and os.path.isdir(paths[0]) else set[str]()  # one folder holds no file twice
    for path in paths:
        far = "://" in path and not os.path.lexists(path)
        found = remote.find(path, chosen or {}) if far else places.find([path], chosen or {})
        _claim(found, path, importers, reader, claimed, part, known, strict=strict, searched=searched)
    if step is not None:
        _watch([log for logs in claimed.logs.values() for log in logs], step)
    many = 0
    for name, logs in claimed.logs.items():
        for group in _together(logs):
            runs = _read_group(importers[name], group, part.refused)
            many += len(runs)
            if many > limits.of("runs", chosen or {}):
                raise ReportError(limits.passed(f"more than {many - 1:,} runs", "runs", chosen or {}))
            part.add(name, runs, group)
    return part


def whole(part: Part, paths: Sequence[str], *, strict: bool = False) -> Reading:
    """The Reading of all parts, each run once. Raises ReportError as ``read`` does."""
    runs = [run for taken in part.taken.values() for run in taken.runs]
    if part.refused and (strict or not runs):
        raise part.refused[0] if len(part.refused) == 1 else Refused(part.refused)
    if not runs:
        raise ReportError("there is no run in these logs", file=plain(", ".join(paths)))
    notes = [*part.notes]
    runs = _once(runs, notes)
    refused = [Finding("CR001", "error", error.message, error.where) for error in part.refused]
    told = [finding for taken in part.taken.values() for finding in taken.findings]
    return Reading(tuple(runs), _inputs(part, runs), (*refused, *told, *notes, *plugins.FAILED))


class _Claimed:
    """Logs by the importer that claimed them. Of very many only some keep the bytes that were looked at till read."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Log]] = {}
        self._held = 0

    def add(self, name: str, log: Log) -> None:
        """Bring in one that was claimed."""
        self.logs.setdefault(name, []).append(log)
        if self._held + log.held > HELD_BYTES:
            log.forget()
        self._held += log.held


def _watch(logs: list[Log], step: Callable[[int, int, str], None]) -> None:
    """Have ``step`` called for each of the logs when it is first opened to be read."""
    opened: set[str] = set()

    def noted(path: str) -> None:
        opened.add(path)
        step(len(opened), len(logs), plain(path))

    for log in logs:
        log.noted = noted


class Refused(ReportError):
    """Several inputs that were refused, each with its own line."""

    def __init__(self, errors: Iterable[ReportError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(map(str, self.errors)))


def _claim(
    found_logs: Iterable[Log | Finding | ReportError], path: str, importers: dict[str, Importer], reader: str | None,
    claimed: _Claimed, part: Part, known: set[str] | None, *, strict: bool, searched: bool,
) -> None:  # fmt: skip
    """Sort the logs at one path by the importer that claims them. Only a path that names a file must be claimed."""
    folder, found = os.path.isdir(path), 0
    first_unclaimed: ReportError | None = None
    for log in found_logs:
        if isinstance(log, Finding):
            part.notes.append(log)
            continue
        if isinstance(log, ReportError):
            if not (searched and isinstance(log, places.NoLogs)):
                part.refused.append(log)
            found += 1
            continue
        log.strict = strict
        try:
            name = reader or _claimant(log, importers)
        except ReportError as error:
            first_unclaimed = first_unclaimed or error.bare()
            if not isinstance(error, _Unknown):
                part.refused.append(error.bare())
                found += 1
            log.forget()
            continue
        found += 1
        if known is not None:
            place = _place(log)
            if place in known:
                continue
            known.add(place)
        claimed.add(name, log)
    if not found and first_unclaimed is not None and not searched:
        nothing = ReportError("no tracker's log in this folder; see 'carbon-report formats'", file=plain(path))
        part.refused.append(nothing if folder else first_unclaimed)


class _Unknown(ReportError):
    """A file that no importer claims: an error where it was named, passed over where a folder was searched."""


def _claimant(log: Log, importers: dict[str, Importer]) -> str:
    if not log.head:
        raise _Unknown("the file is empty; was the tracker stopped before it wrote?", file=plain(log.path))
    names = [name for name, importer in importers.items() if _says_yes(name, importer, log)]
    if len(names) > 1:
        raise log.refuse(f"{' and '.join(names)} both claim this file; say which with --from NAME")
    if not names:
        hint = "see 'carbon-report formats', or say --from NAME"
        raise _Unknown(f"this is the log of no known tracker; {hint}", file=plain(log.path))
    return names[0]


def _says_yes(name: str, importer: Importer, log: Log) -> bool:
    """Whether an importer claims the file; a plug-in that breaks over a file has not claimed it, and is told."""
    try:
        return bool(importer.claims(log))
    except ReportError:
        raise
    except Exception as error:
        told = Finding("CR040", "warning", f"plug-in '{plain(name)}' cannot tell whether a file is its own: {error!r}")
        if told not in plugins.FAILED:
            plugins.FAILED.append(told)
        return False


def _together(logs: list[Log]) -> list[list[Log]]:
    """Files of one folder are read together, since a run's rows may lie in several of them; folders one by one."""
    groups: dict[str, list[Log]] = {}
    for log in logs:
        groups.setdefault(log.folder and _real(log.folder), []).append(log)
    return list(groups.values())


@lru_cache(1 << 16)
def _real(folder: str) -> str:
    """A folder's true path. Of a thousand folders in one the way to that is followed once."""
    above, name = os.path.split(folder)
    if not above or name in {"", ".", ".."} or os.path.islink(folder):
        return os.path.realpath(folder)
    return os.path.join(_real(above), name)


def _place(log: Log) -> str:
    """Where a file truly lies. Most are no links, and their folder was looked up before."""
    folder, name = os.path.split(log.path)
    return os.path.realpath(log.path) if os.path.islink(log.path) or not name else os.path.join(_real(folder), name)


def _read_group(importer: Importer, group: list[Log], refused: list[ReportError]) -> list[Run]:
    """Read files that belong together; one that must be refused leaves the group, and the others are read again."""
    while group:
        try:
            return _all_of(importer, group)
        except ReportError as error:
            if str(error) not in map(str, refused):  # a file read again as another's neighbour is refused once more
                refused.append(error.bare())
            wrong = next((log for log in group if error.file == plain(log.path)), None)
            if wrong is None:
                group.clear()
            else:
                group.remove(wrong)
                wrong.forget()
            for log in group:
                log.again()
    return []


def _all_of(importer: Importer, group: list[Log]) -> list[Run]:
    """The runs of a group. Raises ReportError also for values nested deeper than Python's own recursion."""
    try:
        return list(importer.read(group))
    except RecursionError as error:
        raise ReportError("nested too deep to be read", file=plain(group[0].path)) from error
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror or error}", file=plain(group[0].path)) from error


_UUID = pattern(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{32}")


def _once(runs: list[Run], notes: list[Finding]) -> list[Run]:
    """Each run once, where copies of a log lie in several folders; of two states of one run the one with more energy.

    An id that is a UUID proves two runs the same, in whichever of a tracker's outputs they stand (``run-1`` may be
    anybody's). Where a log tells no id, the same start with the same energy and duration to the last digit does, which
    no two measurements have.
    """
    best: dict[tuple[str, str], Run] = {}
    measured: dict[tuple[object, ...], Run] = {}
    again: list[Run] = []
    for run in runs:
        key = "" if _UUID.fullmatch(run.id) else run.tracker, run.id
        other = best.get(key)
        twin = measured.setdefault(_measurement(run), run)
        if twin.source != run.source and run.started_at and run.energy_kwh and _unnamed(run) and _unnamed(twin):
            again.append(run)
            continue
        if other is None:
            best[key] = run
        elif not _UUID.fullmatch(run.id):
            best[run.tracker, f"{run.id} {len(best)}"] = run
        else:
            again.append(run)
            across = run.tracker != other.tracker
            if _fullness(run, across=across) > _fullness(other, across=across):
                best[key] = run
    if again:
        text = f"{len(again)} runs stand in another of these files as well and count once; the first is {again[0].id}"
        notes.append(Finding("CR021", "warning", text, plain(again[0].source)))
    return list(best.values())


def _fullness(run: Run, *, across: bool) -> tuple[bool, float, bool]:
    """What tells more of one run: across two outputs a known PUE, then the most energy, then emissions."""
    return across and run.reported_pue is not None, run.energy_kwh or 0.0, run.reported_emissions_kg is not None


def _measurement(run: Run) -> tuple[object, ...]:
    return run.tracker, run.basis, run.started_at, run.duration_s, run.energy_kwh, run.reported_emissions_kg


def _unnamed(run: Run) -> bool:
    """Whether the run is called after its file, for want of an id in it."""
    return run.id.rpartition("/")[2].startswith(run.source.replace(os.sep, "/").rpartition("/")[2].partition(".")[0])


def _inputs(part: Part, runs: list[Run]) -> tuple[Input, ...]:
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.source] = counts.get(run.source, 0) + 1
    read = (entry for taken in part.taken.values() for entry in taken.inputs)
    return tuple(entry._replace(runs=counts.get(entry.path, 0)) for entry in read)
