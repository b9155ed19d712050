"""A Slurm job and its steps: which of the energies that they tell is the job's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reporter.importers.logs import Log

SLACK_S = 2.0  # steps tell whole seconds


@dataclass(slots=True)
class Step:
    """One step of a job: its energy in J where measured, and when it ran."""

    energy_j: float | None
    elapsed_s: float | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(slots=True)
class Job:
    """One job: what its own row tells (if there is one), and its steps by name."""

    id: str
    log: Log
    line: int
    told: dict[str, Any] | None = None
    steps: dict[str, Step] = field(default_factory=dict)

    @property
    def own_j(self) -> float | None:
        """The energy in J of the job's own row."""
        return self.told["energy_j"] if self.told else None

    def energy_j(self) -> float | None:
        """The job's energy in J: its own row's, else the most that one step or the steps in sequence tell."""
        if self.own_j is not None:
            return self.own_j
        known = [step.energy_j for step in self.steps.values() if step.energy_j is not None]
        numbered = [step for name, step in self.steps.items() if name[:1].isdecimal()]
        counted = [step.energy_j for step in numbered if step.energy_j is not None]
        if len(counted) > 1 and self._in_sequence(numbered):
            known.append(math.fsum(counted))
        return max(known, default=None)

    def _in_sequence(self, steps: Sequence[Step]) -> bool:
        """Whether numbered steps ran one after another, each with energy of its own: yes unless their times deny it."""
        spans = [(step.started_at, step.ended_at) for step in steps if step.started_at and step.ended_at]
        if len(spans) == len(steps):
            return all((late[0] - early[1]).total_seconds() >= -SLACK_S for early, late in pairwise(sorted(spans)))
        times = [step.elapsed_s for step in steps if step.elapsed_s is not None]
        whole = self.told.get("duration_s") if self.told else None
        return whole is None or math.fsum(times) <= whole + SLACK_S * len(steps)

    def times(self) -> dict[str, Any]:
        """Start, end and duration of a job whose own row is missing, as its steps tell them."""
        starts = [step.started_at for step in self.steps.values() if step.started_at]
        ends = [step.ended_at for step in self.steps.values() if step.ended_at]
        longest = max((step.elapsed_s for step in self.steps.values() if step.elapsed_s is not None), default=None)
        start, end = min(starts, default=None), max(ends, default=None)
        whole = (end - start).total_seconds() if start and end else longest
        return {"started_at": start, "ended_at": end, "duration_s": whole}
