"""Runs that metered one machine as a whole at the same time: what they would count twice, and counting it once."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
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
    covered = _Covered()
    found = []
    for run in sorted(runs, key=lambda run: (-(run.energy_kwh or 0.0), _span(run), run.id)):
        start, end = _span(run)
        seconds, most = covered.add(start, end, run)
        if most is not None and seconds > SLACK_S:
            found.append(Overlap(run, most, seconds, max(0.0, 1 - seconds / (end - start))))
    return found


class _Covered:
    """The time that runs cover, as disjoint spans in order; a span keeps the run that covers most of it."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._runs: list[Run] = []

    def add(self, start: float, end: float, run: Run) -> tuple[float, Run | None]:
        """Cover one more span; gives the seconds of it that were covered before, and the run that covered most."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        shares = [
            (min(end, self._ends[place]) - max(start, self._starts[place]), place) for place in range(first, last)
        ]
        if not shares:
            self._replace(first, first, (start, end), run)
            return 0.0, None
        other = self._runs[max(shares)[1]]
        # Spans that touch become one: however many runs there are, each is joined once.
        whole = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._replace(first, last, whole, max(run, other, key=lambda one: one.duration_s or 0.0))
        return math.fsum(share for share, _ in shares), other

    def _replace(self, first: int, last: int, span: tuple[float, float], run: Run) -> None:
        self._starts[first:last], self._ends[first:last], self._runs[first:last] = [span[0]], [span[1]], [run]


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
    energy = math.fsum((overlap.run.energy_kwh or 0.0) * (1 - overlap.outside) for overlap in found)
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
