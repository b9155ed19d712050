"""What was read, in parts that can be read anywhere and put together in any grouping: the merge is associative."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.errors import Finding, ReportError
    from reporter.importers.logs import Log
    from reporter.run import Input, Run


@dataclass
class Taken:
    """What the files of one tracker gave: runs, inputs (their runs not counted yet), and what there is to say."""

    runs: list[Run] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Part:
    """What some files gave, by tracker in the order in which the first file of each was met."""

    taken: dict[str, Taken] = field(default_factory=dict)
    refused: list[ReportError] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def add(self, tracker: str, runs: Iterable[Run], logs: Iterable[Log]) -> None:
        """Bring in what one tracker's files gave."""
        taken = self.taken.setdefault(tracker, Taken())
        taken.runs += runs
        for log in logs:
            taken.inputs.append(log.input(tracker))
            taken.findings += [*log.findings, *log.untold()]
            log.forget()


def thin(part: Part, points: int) -> None:
    """Keep so many points of each run's power, the energy kept, and of its devices none: a million draw no curves."""
    for taken in part.taken.values():
        taken.runs = [
            replace(run, power_w=_thinned(run.power_w, points), device_power_w=()) if len(run.power_w) > points else run
            for run in taken.runs
        ]


def _thinned(course: Sequence[tuple[float, float]], points: int) -> tuple[tuple[float, float], ...]:
    stride = -(-len(course) // points)
    thinned, last_s = [], 0.0
    for first in range(0, len(course), stride):
        steps = course[first : first + stride]
        starts = [last_s, *(at_s for at_s, _ in steps)]
        joules = sum((at_s - from_s) * watts for from_s, (at_s, watts) in zip(starts, steps, strict=False))
        thinned.append((steps[-1][0], joules / (steps[-1][0] - last_s)))
        last_s = steps[-1][0]
    return tuple(thinned)


def merge(parts: Iterable[Part]) -> Part:
    """Put parts together, one after the other; how they are grouped makes no difference."""
    whole = Part()
    for part in parts:
        for tracker, taken in part.taken.items():
            into = whole.taken.setdefault(tracker, Taken())
            into.runs += taken.runs
            into.inputs += taken.inputs
            into.findings += taken.findings
        whole.refused += part.refused
        whole.notes += [note for note in part.notes if note not in whole.notes]
    return whole
