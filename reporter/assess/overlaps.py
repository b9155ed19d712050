"""Runs that metered one machine as a whole at the same time: what they would count twice, and counting it once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import Finding, Level, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.run import Run

#: Logs tell whole seconds, so that runs one after the other may seem to overlap by this much: s.
SLACK_S = 2.0
TOLD = 3


class Overlap(NamedTuple):
    """One run whose time another covers: which, by how many seconds, and the share of it that lies outside of all."""

    run: Run
    other: Run
    seconds: float
    outside: float


def overlaps(runs: Iterable[Run]) -> list[Overlap]:
    """The runs that others on the same machine cover, in part or whole.

    Of one machine's runs the one with the most energy counts fully; each further one counts for the share of its time
    that no run before it covers. Runs are on one machine if they tell one host, or else if one tracker tells the same
    processors, number of them and system for both: then it may be one machine, or two alike.
    """
    by_machine: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        if run.machine_wide and run.started_at and run.duration_s and run.energy_kwh is not None:
            by_machine.setdefault(_machine(run), []).append(run)
    return [found for alike in by_machine.values() if len(alike) > 1 for found in _on_one_machine(alike)]


def _machine(run: Run) -> tuple[object, ...]:
    aware = run.started_at is not None and run.started_at.tzinfo is not None
    if run.host:
        return run.host, aware
    return run.tracker, run.cpu_model, run.gpu_model, run.system, run.cpu_count, aware


def _on_one_machine(runs: list[Run]) -> list[Overlap]:
    covered: list[tuple[float, float, Run]] = []  # disjoint, in order of time
    found = []
    for run in sorted(runs, key=lambda run: (-(run.energy_kwh or 0.0), _span(run), run.id)):
        start, end = _span(run)
        touched = [part for part in covered if part[0] < end and part[1] > start]
        inside = [(max(start, low), min(end, high), other) for low, high, other in touched]
        seconds = sum(high - low for low, high, _ in inside)
        if seconds > SLACK_S:
            most = max(inside, key=lambda part: part[1] - part[0])[2]
            found.append(Overlap(run, most, seconds, max(0.0, 1 - seconds / (end - start))))
        covered = _with(covered, start, end, run)
    return found


def _with(
    covered: list[tuple[float, float, Run]], start: float, end: float, run: Run
) -> list[tuple[float, float, Run]]:
    """The covered time with one more run's added where nothing covered it yet."""
    new, now = [], start
    for low, high, _ in covered:
        if high <= start or low >= end:
            continue
        if low > now:
            new.append((now, low, run))
        now = max(now, high)
    if now < end:
        new.append((now, end, run))
    return sorted([*covered, *new], key=lambda part: part[:2])


def _span(run: Run) -> tuple[float, float]:
    if run.started_at is None or run.duration_s is None:
        return 0.0, 0.0
    start = run.started_at if run.started_at.tzinfo else run.started_at.replace(tzinfo=UTC)
    return start.timestamp(), start.timestamp() + run.duration_s


def once(runs: Sequence[Run], found: Sequence[Overlap]) -> tuple[Run, ...]:
    """The runs with what others cover taken out: a run that others cover whole is left out, one in part scaled."""
    outside = {id(overlap.run): overlap.outside for overlap in found}
    kept = []
    for run in runs:
        share = outside.get(id(run), 1.0)
        if share == 1.0:
            kept.append(run)
        elif share * (run.duration_s or 0.0) > SLACK_S:
            kept.append(_scaled(run, share))
    return tuple(kept)


_AMOUNTS = ("energy_kwh", "cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh", "reported_emissions_kg")


def _scaled(run: Run, share: float) -> Run:
    told = {name: getattr(run, name) for name in _AMOUNTS}
    return replace(run, **{name: value * share for name, value in told.items() if value is not None})


def findings(found: Sequence[Overlap], many: int, *, counted_once: bool) -> list[Finding]:
    """What overlaps, run by run for the first few, and how much energy it concerns."""
    if not found:
        return []
    energy = sum((overlap.run.energy_kwh or 0.0) * (1 - overlap.outside) for overlap in found)
    done = (
        "counted once, with the run that used more"
        if counted_once
        else "counted twice if it was one machine; --overlap once counts it once"
    )
    text = f"{len(found)} of {many} runs overlap in time with another on the same kind of machine"
    told = [_told(overlap) for overlap in found[:TOLD]]
    level: Level = "note" if counted_once else "warning"
    return [Finding("CR014", level, f"{text}; {energy:.4g} kWh are {done}", None), *told]


def _told(overlap: Overlap) -> Finding:
    run, other = overlap.run, overlap.other
    where = f"{plain(run.source)}:{run.line}" if run.line else plain(run.source)
    text = f"run {plain(run.id, 60)} overlaps run {plain(other.id, 60)} of {plain(other.source)}"
    return Finding("CR014", "note", f"{text} by {overlap.seconds:.0f} s", where)
