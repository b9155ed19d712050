"""The analyses that a report may hold besides its figures: each a titled table of text, alike in every output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter import factors
from reporter.renderers import display

if TYPE_CHECKING:
    from reporter.footprint import Amount, Budget, Footprint
    from reporter.report import Report


class Section(NamedTuple):
    """One analysis: its key (for links), title, a sentence on it, the heads of its columns, and its rows as text.

    The first column names the row; the others whose head is in ``numbers`` are set to the right. ``sources`` are the
    keys of the works that it rests on.
    """

    key: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()


def sections(report: Report) -> list[Section]:
    """The analyses that were asked for or whose data are there, in printing order."""
    made = (section(report.footprint) for section in (_uncertainty,))
    return [section for section in made if section is not None and section.rows]


def _uncertainty(footprint: Footprint) -> Section | None:
    """What the ranges are made of, figure by figure."""
    if not footprint.budgets:
        return None
    rows = [row for budget in footprint.budgets for row in _budget_rows(budget)]
    says = (
        "Each cause alone would move the figure down and up by as much as its row says; together they are combined as "
        "independent errors, on either side by itself. What runs share, such as the grid or a tracker's model, adds up "
        "over them; errors of their meters are each run's own. A range is meant to hold the true value in 95 of 100 "
        "cases."
    )
    columns = ("Figure and cause", "Value or change", "Range, or share of the variance")
    return Section("uncertainty", "Uncertainty", says, columns, tuple(rows), frozenset(columns[1:]))


def _budget_rows(budget: Budget) -> list[tuple[str, ...]]:
    amount, what = budget.amount, budget.quantity.capitalize()
    digits = "digit" if budget.digits == 1 else "digits"
    name = f"{what}, {budget.digits} significant {digits}"
    rows: list[tuple[str, ...]] = [(name, _shown(amount, amount.value), _range(amount, None))]
    if budget.simulated:
        rows.append((f"{what}, by Monte Carlo", "", _range(amount, budget.simulated)))
    for part in budget.contributions:
        change = f"−{100 * part.down:.3g} % / +{100 * part.up:.3g} %"
        rows.append((f"… {cause(part.cause)}", change, f"{100 * part.share:.0f} %"))
    return rows


def _shown(amount: Amount, value: float) -> str:
    if amount.unit == "kWh":
        return display.energy(value)
    return display.mass(value) if amount.unit == "kgCO2e" else display.money(value, amount.unit, amount.value)


def _range(amount: Amount, ends: tuple[float, float] | None) -> str:
    low, high = ends or (amount.low, amount.high)
    ranged = amount._replace(low=low, high=high)
    if amount.unit == "kWh":
        return display.energy_range(ranged)
    if amount.unit == "kgCO2e":
        return display.mass_range(ranged)
    return display.cost(ranged).partition(" (")[2].rstrip(")").replace(", ", " to ")


_KINDS = {"intensity": "intensity of", "pue": "PUE of", "social_cost": "social cost", "tdp": "design power of"}


def cause(key: str) -> str:
    """A cause of a range in words: ``intensity FRA`` becomes ``intensity of France``."""
    kind, _, rest = key.partition(" ")
    if kind not in _KINDS:
        return key
    name = factors.country_name(rest) if kind == "intensity" and len(rest) == 3 else rest
    return f"{_KINDS[kind]} {name}"


def widths(section: Section, whole: float = 0.9) -> list[float]:
    """Shares of a line's width for the columns, by the length of what they hold, together ``whole``."""
    columns = zip(section.columns, *section.rows, strict=True)
    longest = [max(10, min(40, max(map(len, column)))) for column in columns]
    return [round(whole * length / sum(longest), 3) for length in longest]
