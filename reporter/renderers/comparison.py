"""This report beside published models: a table and a figure on a log axis, other boundaries marked and never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.renderers import display
from reporter.renderers.locales import current, message, phrase
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from reporter.factors import Reference
    from reporter.footprint import Footprint

MOST = 14  # of the published models, those nearest in size and the ends; JSON has them all
HERE, OTHER = message("This report"), "†"


def section(footprint: Footprint) -> Section | None:
    """The published models as a table, with this report in its place among them."""
    if not footprint.references or footprint.emissions is None:
        return None
    ours = footprint.emissions.value
    shown = _nearest(footprint.references, ours)
    rows = [(_name(one), display.mass(_kg(one)), display.energy(one.energy_kwh), _against(_kg(one), ours),
             phrase(one.factor.boundary)) for one in shown]  # fmt: skip
    scope, here = phrase("operation, location-based"), phrase(HERE)
    rows.append((here, display.mass(ours), display.energy(footprint.energy), "", scope))
    sizes = {_name(one): _kg(one) for one in shown} | {here: ours}
    rows.sort(key=lambda row: sizes[row[0]])
    says = phrase(
        "Emissions of published models, each with what it counts. Models marked † count something else than this one "
        "(net of contracts, making the hardware, or use): they tell a size, and are no comparison."
    )
    columns = (
        phrase("Model"), phrase("CO₂e"), phrase("Energy"), phrase("Against this report"), phrase("What is counted")
    )  # fmt: skip
    sources = tuple(dict.fromkeys(one.factor.source for one in shown))
    numbers = frozenset(columns[1:4])
    return Section("comparison", phrase("Beside published models"), says, columns, tuple(rows), numbers, sources)


def _nearest(references: tuple[Reference, ...], ours: float) -> list[Reference]:
    """The smallest, the largest, and between them those nearest in size."""
    from math import log

    if len(references) <= MOST:
        return list(references)
    inner = sorted(references[1:-1], key=lambda one: abs(log(_kg(one) / ours)) if ours > 0 else _kg(one))
    chosen = {references[0], references[-1], *inner[: MOST - 2]}
    return [one for one in references if one in chosen]


def _kg(reference: Reference) -> float:
    return reference.factor.value * 1e3


def _name(reference: Reference) -> str:
    year = f" ({reference.factor.year})" if reference.factor.year else ""
    return f"{reference.factor.label}{year}{'' if reference.comparable else ' ' + OTHER}"


def _against(kg: float, ours: float) -> str:
    """How many times this report's emissions: ``×1.2e+06``; empty where nothing was emitted."""
    return f"×{display.times(kg / ours)}" if ours > 0 else ""


def _tick(kg: float) -> str:
    """A round mass without the digits that a figure has: ``10 kg``."""
    point = current().decimal
    return display.mass(kg).replace(f"{point}000 ", " ").replace(f"{point}0 ", " ")


def drawn(footprint: Footprint, canvas: Any) -> tuple[Any, ...] | None:
    """The figure: dots on a log axis, hollow where the boundary is another; ``canvas`` makes figure and axes."""
    emissions = footprint.emissions
    if not footprint.references or emissions is None or emissions.value <= 0:
        return None
    from matplotlib.ticker import FuncFormatter, LogLocator

    rows = [(_name(one), _kg(one), one.comparable) for one in _nearest(footprint.references, emissions.value)]
    here = phrase(HERE)
    rows = sorted([*rows, (here, emissions.value, True)], key=lambda row: row[1])
    figure, (axes,) = canvas(0.7 + 0.2 * len(rows))
    for place, (name, kg, comparable) in enumerate(rows):
        ink = "#c2741b" if name == here else "#1f5f8b"
        axes.plot([kg], [place], marker="o", markersize=6, color=ink, markerfacecolor=ink if comparable else "none")
        axes.annotate(display.mass(kg), (kg, place), (7, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.set(yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5), xlim=(rows[0][1] / 3, rows[-1][1] * 20))
    axes.set_yticklabels([name for name, _, _ in rows])
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda kg, _: _tick(kg)))
    axes.minorticks_off()
    axes.set_xlabel(phrase("Emissions (CO₂e, log scale)"))
    each = "; ".join(f"{name} {display.mass(kg)}" for name, kg, _ in rows)
    words = phrase("Dots on a log scale: {each}.", each=each)
    caption = phrase("This report beside published models; hollow dots count something else, as the table says.")
    return "comparison", phrase("Beside published models"), caption, words, figure
