"""Groups: runs that share the value of a label, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.assess.energy import summed
from reporter.assess.statistics import energies, releases, spread
from reporter.errors import ReportError, plain
from reporter.footprint import Group, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint

NOT_TOLD = "not told"


def grouped(runs: Sequence[RunFootprint], labels: Sequence[str]) -> tuple[Group, ...]:
    """One Group for each combination of the labels' values, in order of appearance; none without labels.

    Raises ReportError for a label that no run has.
    """
    if not labels:
        return ()
    known = {"tracker", "country", *(label for run in runs for label in run.run.labels)}
    for label in labels:
        if label not in known:
            raise ReportError(f"--group-by {plain(label)}: no run has this label; there are {', '.join(sorted(known))}")
    members: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        members.setdefault(" / ".join(_value(run, label) for label in labels), []).append(place)
    return tuple(group(name, [runs[place] for place in places], places) for name, places in members.items())


def _value(run: RunFootprint, label: str) -> str:
    own = {"tracker": run.run.tracker, "country": run.country or NOT_TOLD}
    return own.get(label) or run.run.labels.get(label, NOT_TOLD)


def group(name: str, runs: Sequence[RunFootprint], places: Sequence[int]) -> Group:
    """Runs added up as one Group; ``places`` are theirs in the footprint."""
    return Group(
        name,
        len(runs),
        summed([run.run.duration_s for run in runs]),
        total(run.it_energy for run in runs),
        total(run.energy for run in runs),
        total(run.emissions for run in runs),
        tuple(places),
        spread(energies(runs)),
        spread(releases(runs)),
    )
