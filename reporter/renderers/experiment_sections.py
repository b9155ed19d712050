"""The author's tree of experiments as a table: each branch in statistics, indented by its level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers import display, locales
from reporter.renderers.group_sections import MARK, spread
from reporter.renderers.locales import message, phrase
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Experiment, Footprint, Summary

#: What is summarised of every experiment, and how it is written.
_OURS = {
    "kWh": (message("energy"), display.energy),
    "kgCO2e": (message("CO₂e"), display.mass),
    "s": (message("duration"), display.duration),
}


def tree(footprint: Footprint) -> Section | None:
    """Every experiment with its runs and those of its children."""
    return of(footprint.experiments, "experiments", phrase("Experiments")) if footprint.experiments else None


def of(branches: Sequence[Experiment], key: str, title: str) -> Section:
    """These branches in statistics, names indented from the level of the highest."""
    top = min((len(branch.path) for branch in branches), default=1)
    rows = [row for branch in branches for row in _rows(branch, len(branch.path) - top)]
    says = phrase(
        "Over the runs of each experiment and of those inside it: standard deviations are those of a sample (n − 1). "
        "The mark * is the best mean among experiments of one parent."
    )
    columns = (phrase("Experiment"), phrase("Of"), phrase("Runs"), phrase("Total"), phrase("Mean ± deviation"),
               phrase("Median"), phrase("Least to most"))  # fmt: skip
    return Section(key, title, says, columns, tuple(rows), frozenset(columns[2:]))


def _rows(branch: Experiment, level: int) -> list[tuple[str, ...]]:
    names = [f"{'· ' * level}{display.short(branch.path[-1])}", *[""] * len(branch.summaries)]
    return [(name, *_cells(one)) for name, one in zip(names, branch.summaries, strict=False)]


def _cells(one: Summary) -> tuple[str, ...]:
    name, shown = _OURS.get(one.unit, (one.name, _plain))
    n, total, mean, median, ends = spread(one.spread, shown)
    told = phrase(name) if one.unit else display.short(name)
    return told, n, total if one.unit else "", f"{mean} {MARK}" if one.best else mean, median, ends


def _plain(value: float) -> str:
    return locales.figure(f"{value:.4g}")
