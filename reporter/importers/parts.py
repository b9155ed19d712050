"""What was read, in parts that can be read anywhere and put together in any grouping: the merge is associative."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reporter.errors import Finding, ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    @property
    def is_empty(self) -> bool:
        """Whether no file was anybody's log."""
        return not self.taken and not self.refused


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
