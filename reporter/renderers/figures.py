"""The figures of the HTML and PDF report, drawn by matplotlib as SVG, each with a caption and its words."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import assets
from reporter.renderers import (
    base,
    comparison,
    costs_figure,
    display,
    pareto,
    places_figure,
    power_figure,
    shifting_figure,
    tables,
)
from reporter.renderers.locales import figure as written
from reporter.renderers.locales import message, phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Amount, Footprint, RunFootprint

#: Colours as drawn, which are those of the light page and the PDF; styles/report.css has a variable for each.
INK = {"cpu": "#1f5f8b", "gpu": "#c2741b", "ram": "#7d919c", "rest": "#b9c3ca", "teal": "#4f8f7b", "plum": "#8a5a83"}

MOST_BARS = 25  # more runs than this are ranked instead of named
MOST_POINTS = 400  # of a curve, so that thousands of runs do not weigh megabytes

_NAMES = {
    "cpu": message("CPU"),
    "gpu": message("GPU"),
    "ram": message("memory"),
    "rest": message("not attributed"),
}
_PER_KWH = {"µWh": 1e9, "mWh": 1e6, "Wh": 1e3, "kWh": 1.0, "MWh": 1e-3, "GWh": 1e-6}
_PER_KG = {"µg": 1e9, "mg": 1e6, "g": 1e3, "kg": 1.0, "t": 1e-3}
_WIDTH = 6.7  # inches; the text width of an A4 page


class Picture(NamedTuple):
    """One figure: ``name`` is unique in a report, ``words`` say what it shows, ``svg`` is the file as drawn.

    ``figure`` is matplotlib's Figure, for who wants another size or colour.
    """

    name: str
    title: str
    caption: str
    words: str
    svg: str
    figure: Any = None

    def _repr_svg_(self) -> str:
        return self.svg


def pictures(footprint: Footprint) -> list[Picture]:
    """The figures that there is data for."""
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache where our messages go
    import matplotlib as mpl

    with mpl.rc_context(fname=os.path.join(assets.folder("styles"), "figures.mplstyle")):
        drawn = [draw(footprint) for draw in (_energy, _groups, _emissions)]
        drawn.append(power_figure.drawn(footprint))
        drawn += [costs_figure.drawn(footprint), *places_figure.drawn(footprint, _canvas)]
        drawn.append(shifting_figure.drawn(footprint, _canvas))
        drawn.append(comparison.drawn(footprint, _canvas))
        drawn.append(pareto.drawn(footprint, _canvas))
        return [_picture(*parts) for parts in drawn if parts]


def _picture(name: str, title: str, caption: str, words: str, figure: Any) -> Picture:
    import warnings

    made = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that DejaVu lacks: the page's own fonts draw the text
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    return Picture(name, title, caption, words, made.getvalue(), figure)


def _canvas(height: float, rows: int = 1) -> tuple[Any, Any]:
    """A figure of the page's width (height in inches) and its axes; never through pyplot, which keeps state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, 1, squeeze=False, sharex=True, sharey=True)[:, 0]


# --- energy by run ------------------------------------------------------------------------------------------------


def _energy(footprint: Footprint) -> tuple[Any, ...] | None:
    known = [item for item in footprint.runs if item.it_energy is not None and item.it_energy.value > 0]
    if len(known) > MOST_BARS:
        return _ranked(known)
    if not known or (len(known) == 1 and not footprint.parts):
        return None
    parts = {name: [_part(item, name) for item in known] for name in footprint.parts} or {}
    wholes = [item.it_energy.value for item in known if item.it_energy]
    rest = [whole - sum(column) for whole, *column in zip(wholes, *parts.values(), strict=True)]
    if not parts or any(left > 0.01 * whole for left, whole in zip(rest, wholes, strict=True)):
        parts["rest" if parts else "cpu"] = [max(0.0, left) for left in rest]
    names = [_name(tables.name_of(item)) for item in known]
    label = phrase("Energy of the machines")
    figure = _bars(names, parts, wholes, _PER_KWH, display.energy, label, legend=bool(footprint.parts))
    told = "; ".join(f"{name} {display.energy(whole)}" for name, whole in zip(names, wholes, strict=True))
    shares = {phrase(_NAMES[part]): display.percent(sum(column), sum(wholes)) for part, column in parts.items()}
    split = ", ".join(f"{name} {share}" for name, share in shares.items())
    words = phrase("Horizontal bars, one a run: {told}.", told=told)
    caption = phrase("Energy of each run, without the data centre's overhead.")
    if footprint.parts:
        words += " " + phrase("Of the whole: {split}.", split=split)
        caption = phrase("Energy of each run, without the data centre's overhead, by part of the machine.")
    return "energy", phrase("Energy by run"), caption, words, figure


def _part(item: RunFootprint, name: str) -> float:
    value: float | None = getattr(item.run, f"{name}_energy_kwh")
    return value or 0.0


def _ranked(known: Sequence[RunFootprint]) -> tuple[Any, ...]:
    """Many runs: their energies from the largest to the smallest, as one outline."""
    ranked = sorted((item.it_energy.value for item in known if item.it_energy), reverse=True)
    scale, unit = _scale(ranked[0], _PER_KWH, display.energy)
    median = ranked[len(ranked) // 2]
    step = max(1, len(ranked) // MOST_POINTS)
    figure, (axes,) = _canvas(2.3)
    edges = [*range(0, len(ranked), step), len(ranked)]
    axes.stairs([ranked[edge] * scale for edge in edges[:-1]], edges, fill=True, color=INK["cpu"])
    axes.axhline(median * scale, color="#24292f", linewidth=0.8, linestyle=(0, (4, 3)))
    axes.annotate(phrase("median {energy}", energy=display.energy(median)), (len(ranked), median * scale), (-2, 3),
                  textcoords="offset points", ha="right", fontsize=8)  # fmt: skip
    axes.grid(visible=True, axis="y")
    axes.grid(visible=False, axis="x")
    axes.set(xlabel=phrase("Runs, from the largest to the smallest"), ylim=(0, None))
    axes.set_ylabel(f"{phrase('Energy')} ({unit})")
    _plain_ticks(axes.xaxis)
    _plain_ticks(axes.yaxis)
    largest, middle, smallest = (display.energy(value) for value in (ranked[0], median, ranked[-1]))
    number = display.whole(len(ranked))
    words = phrase("{number} runs ranked by energy: largest {largest}, median {middle}, smallest {smallest}.",
                   number=number, largest=largest, middle=middle, smallest=smallest)  # fmt: skip
    caption = phrase(
        "Energy of the machines in each of {number} runs, ranked; the dashed line is the median.", number=number
    )
    return "energy", phrase("Energy by run"), caption, words, figure


# --- emissions by group -------------------------------------------------------------------------------------------


def _groups(footprint: Footprint) -> tuple[Any, ...] | None:
    known = [(group.name, group.emissions.value) for group in footprint.groups if group.emissions is not None]
    if not 2 <= len(known) <= MOST_BARS or len(known) == len(footprint.runs) or max(value for _, value in known) <= 0:
        return None
    names, values = [_name(name) for name, _ in known], [value for _, value in known]
    figure = _bars(names, {"cpu": values}, values, _PER_KG, display.mass, phrase("Emissions"), "CO₂e")
    told = "; ".join(f"{name} {display.mass(value)}" for name, value in zip(names, values, strict=True))
    by = base.clean(", ".join(footprint.group_by)) or phrase("group")
    caption = phrase("Emissions (CO₂e) of the runs, added up by {labels}.", labels=by)
    words = phrase("Horizontal bars, one a group: {told}.", told=told)
    return "groups", phrase("Emissions by {labels}", labels=by), caption, words, figure


def _bars(names: Sequence[str], parts: dict[str, list[float]], wholes: Sequence[float], per: dict[str, float],
          show: Any, label: str, of: str = "", *, legend: bool = False) -> Any:  # fmt: skip
    """Stacked horizontal bars with the sum written at each end, the first name on top."""
    scale, unit = _scale(max(wholes), per, show)
    figure, (axes,) = _canvas(0.7 + 0.22 * len(names) + 0.2 * legend)
    rows, left = range(len(names)), [0.0] * len(names)
    for part, values in parts.items():
        widths = [value * scale for value in values]
        axes.barh(rows, widths, left=left, height=0.62, color=INK[part], label=phrase(_NAMES[part]))
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for row, whole in enumerate(wholes):
        axes.annotate(show(whole), (left[row], row), (4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set(yticks=rows, ylim=(len(names) - 0.5, -0.5), xlim=(0, 1.16 * max(left)))
    axes.set_xlabel(f"{label} ({unit}{of and ' ' + of})")
    axes.set_yticklabels(names)
    axes.grid(visible=False)  # every bar bears its figure
    _plain_ticks(axes.xaxis)
    if legend:
        figure.legend(loc="outside upper right", ncols=len(parts))
    return figure


# --- what the tracker said and what the factors give --------------------------------------------------------------


def _emissions(footprint: Footprint) -> tuple[Any, ...] | None:
    rows = _estimates(footprint)
    if len(rows) < 2 and not any(low is not None for _, _, low, _ in rows):
        return None
    if not rows or max(value for _, value, _, _ in rows) <= 0:
        return None
    scale, unit = _scale(max(value for _, value, _, _ in rows), _PER_KG, display.mass)
    figure, (axes,) = _canvas(0.75 + 0.34 * len(rows))
    furthest = 0.0
    for place, (_, value, low, high) in enumerate(rows):
        ends = (low, high) if low is not None and high is not None else (value, value)
        axes.plot([end * scale for end in ends], [place, place], color=INK["ram"], linewidth=3, solid_capstyle="round")
        axes.plot([value * scale], [place], marker="o", markersize=6, color=INK["cpu"])
        furthest = max(furthest, ends[1], value)
        axes.annotate(display.mass(value), (max(ends[1], value) * scale, place), (7, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axes.set(yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.2 * furthest * scale))
    axes.set_xlabel(f"{phrase('Emissions')} ({unit} CO₂e)")
    axes.set_yticklabels([name for name, _, _, _ in rows])
    _plain_ticks(axes.xaxis)
    caption = phrase(
        "Emissions of all runs (CO₂e), by how they were found; bars span the range where one is known."
    )
    words = phrase("Dots with their ranges: {told}.", told="; ".join(map(_said, rows)))
    return "emissions", phrase("Emissions by method"), caption, words, figure


def _estimates(footprint: Footprint) -> list[tuple[str, float, float | None, float | None]]:
    """Name, value, low and high in kg of each way to the emissions, once where two give the same."""
    told, ours, computed = footprint.reported_emissions_kg, footprint.emissions, footprint.computed
    rows: list[tuple[str, float, float | None, float | None]] = []
    if told is not None:
        rows.append((phrase("Reported by the tracker"), told, None, None))
    if ours is not None and ours.basis != "reported":
        rows.append((phrase("In this report"), *_ends(ours)))
    if computed is not None and (ours is None or computed.value != ours.value):
        rows.append((phrase("Computed from country factors"), *_ends(computed)))
    return rows


def _ends(amount: Amount) -> tuple[float, float | None, float | None]:
    return amount.value, amount.low, amount.high


def _said(row: tuple[str, float, float | None, float | None]) -> str:
    name, value, low, high = row
    if low is None or high is None:
        return f"{name} {display.mass(value)}"
    ends = phrase("{low} to {high}", low=display.mass(low), high=display.mass(high))
    return f"{name} {display.mass(value)} ({ends})"


# --- axes ---------------------------------------------------------------------------------------------------------


def _scale(largest: float, per: dict[str, float], show: Any) -> tuple[float, str]:
    """The unit that suits the largest value, as the tables choose it, and the factor into it."""
    unit: str = show(largest).rpartition(" ")[2]
    return per[unit], unit


def _plain_ticks(axis: Any, number_of: int = 6) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(number_of))
    axis.set_major_formatter(lambda value, _: written(f"{value:,.6g}"))


def _name(text: str, limit: int = 36) -> str:
    """A foreign name as a figure can show it: XML has no way to write most controls."""
    return display.short(base.clean(text), limit)
