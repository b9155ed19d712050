"""The figures of the HTML and PDF report: SVG drawn by matplotlib, trimmed to what may stand inside one page."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import assets
from reporter.renderers import base, display, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree.ElementTree import Element

    from reporter.footprint import Amount, Footprint, RunFootprint

#: Colours as drawn, which are those of the light page and the PDF; the stylesheet has a variable for each.
INK = {"cpu": "#1f5f8b", "gpu": "#c2741b", "ram": "#7d919c", "rest": "#b9c3ca"}
VARIABLES = {
    **{colour: f"var(--ink-{name})" for name, colour in INK.items()},
    "#24292f": "currentColor",
    "#8a939c": "var(--axis)",
    "#d9dee3": "var(--rule)",
}

MOST_BARS = 25  # more runs than this are ranked instead of named
MOST_POINTS = 400  # of a curve, so that a day of samples does not weigh megabytes
MOST_CURVES = 6

_NAMES = {"cpu": "CPU", "gpu": "GPU", "ram": "memory", "rest": "not attributed"}
_PER_KWH = {"µWh": 1e9, "mWh": 1e6, "Wh": 1e3, "kWh": 1.0, "MWh": 1e-3, "GWh": 1e-6}
_PER_KG = {"µg": 1e9, "mg": 1e6, "g": 1e3, "kg": 1.0, "t": 1e-3}
_WIDTH = 6.7  # inches; the text width of an A4 page
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"


class Picture(NamedTuple):
    """One figure: ``name`` is its id in the page, ``words`` say what it shows, ``svg`` is an element ready to print."""

    name: str
    title: str
    caption: str
    words: str
    svg: base.Safe


def pictures(footprint: Footprint, *, themed: bool = False) -> list[Picture]:
    """The figures that there is data for, four at most; ``themed`` takes colours from the page's CSS variables."""
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache where our messages go
    import matplotlib as mpl

    with mpl.rc_context(fname=os.path.join(assets.folder("styles"), "figures.mplstyle")):
        drawn = [draw(footprint) for draw in (_energy, _groups, _emissions, _power)]
        return [_picture(themed, *parts) for parts in drawn if parts]


def _picture(themed: bool, name: str, title: str, caption: str, words: str, figure: Any) -> Picture:
    words = base.clean(words)
    return Picture(name, title, base.clean(caption), words, base.Safe(_trimmed(figure, name, title, words, themed)))


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
    names = [display.short(tables.name_of(item), 30) for item in known]
    figure = _bars(names, parts, wholes, _PER_KWH, display.energy, "Energy of the machines", legend=bool(footprint.parts))
    told = "; ".join(f"{name} {display.energy(whole)}" for name, whole in zip(names, wholes, strict=True))
    split = ", ".join(f"{_NAMES[part]} {display.percent(sum(column), sum(wholes))}" for part, column in parts.items())
    stacked = f" Of the whole: {split}." if footprint.parts else ""
    caption = "Energy of each run, without the data centre's overhead" + (", by part of the machine." if stacked else ".")
    return "energy", "Energy by run", caption, f"Horizontal bars, one a run: {told}.{stacked}", figure


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
    axes.annotate(f"median {display.energy(median)}", (len(ranked), median * scale), (-2, 3),
                  textcoords="offset points", ha="right", fontsize=8)  # fmt: skip
    axes.grid(visible=True, axis="y")
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="Runs, from the largest to the smallest", ylabel=f"Energy ({unit})", ylim=(0, None))
    _plain_ticks(axes.yaxis)
    told = f"{len(ranked):,} runs"
    words = f"{told} ranked by energy: largest {display.energy(ranked[0])}, median {display.energy(median)}, smallest {display.energy(ranked[-1])}."
    caption = f"Energy of the machines in each of {told}, ranked; the dashed line is the median."
    return "energy", "Energy by run", caption, words, figure


# --- emissions by group -------------------------------------------------------------------------------------------


def _groups(footprint: Footprint) -> tuple[Any, ...] | None:
    known = [(group.name, group.emissions.value) for group in footprint.groups if group.emissions is not None]
    if not 2 <= len(known) <= MOST_BARS or max(value for _, value in known) <= 0:
        return None
    names, values = [display.short(name, 30) for name, _ in known], [value for _, value in known]
    figure = _bars(names, {"cpu": values}, values, _PER_KG, display.mass, "Emissions", "CO₂e")
    told = "; ".join(f"{name} {display.mass(value)}" for name, value in zip(names, values, strict=True))
    by = ", ".join(footprint.group_by) or "group"
    caption = f"Emissions (CO₂e) of the runs, added up by {by}."
    return "groups", f"Emissions by {by}", caption, f"Horizontal bars, one a group: {told}.", figure


def _bars(names: Sequence[str], parts: dict[str, list[float]], wholes: Sequence[float], per: dict[str, float],
          show: Any, label: str, of: str = "", *, legend: bool = False) -> Any:  # fmt: skip
    """Stacked horizontal bars with the sum written at each end, the first name on top."""
    scale, unit = _scale(max(wholes), per, show)
    figure, (axes,) = _canvas(0.75 + 0.25 * len(names) + 0.2 * legend)
    rows, left = range(len(names)), [0.0] * len(names)
    for part, values in parts.items():
        widths = [value * scale for value in values]
        axes.barh(rows, widths, left=left, height=0.62, color=INK[part], label=_NAMES[part])
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for row, whole in enumerate(wholes):
        axes.annotate(show(whole), (left[row], row), (4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set(yticks=rows, ylim=(len(names) - 0.5, -0.5), xlim=(0, 1.16 * max(left)), xlabel=f"{label} ({unit}{of and ' ' + of})")
    axes.set_yticklabels(names)
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
    axes.set(yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.2 * furthest * scale), xlabel=f"Emissions ({unit} CO₂e)")
    axes.set_yticklabels([name for name, _, _, _ in rows])
    _plain_ticks(axes.xaxis)
    caption = "Emissions of all runs (CO₂e), by how they were found. Bars span the range of the factors, where it is known."
    return "emissions", "Emissions by method", caption, f"Dots with their ranges: {'; '.join(map(_said, rows))}.", figure


def _estimates(footprint: Footprint) -> list[tuple[str, float, float | None, float | None]]:
    """Name, value, low and high in kg of each way to the emissions, once where two give the same."""
    told, ours, computed = footprint.reported_emissions_kg, footprint.emissions, footprint.computed
    rows: list[tuple[str, float, float | None, float | None]] = []
    if told is not None:
        rows.append(("Reported by the tracker", told, None, None))
    if ours is not None and ours.basis != "reported":
        rows.append(("In this report", *_ends(ours)))
    if computed is not None and (ours is None or computed.value != ours.value):
        rows.append(("Computed from country factors", *_ends(computed)))
    return rows


def _ends(amount: Amount) -> tuple[float, float | None, float | None]:
    return amount.value, amount.low, amount.high


def _said(row: tuple[str, float, float | None, float | None]) -> str:
    name, value, low, high = row
    ends = "" if low is None or high is None else f" ({display.mass(low)} to {display.mass(high)})"
    return f"{name[0].lower()}{name[1:]} {display.mass(value)}{ends}"


# --- power over time ----------------------------------------------------------------------------------------------


def _power(footprint: Footprint) -> tuple[Any, ...] | None:
    known = [item for item in footprint.runs if len(item.run.power_w) > 1]
    if not known:
        return None
    largest = sorted(known, key=lambda item: -(item.run.energy_kwh or 0.0))[:MOST_CURVES]
    shown = [item for item in known if item in largest]
    longest = max(item.run.power_w[-1][0] for item in shown)
    scale, unit = next((1 / size, name) for size, name in ((3600, "h"), (60, "min"), (0, "s")) if longest > 3 * size or not size)
    figure, panels = _canvas(0.7 + 0.85 * len(shown) if len(shown) > 1 else 2.0, len(shown))
    words = []
    for item, axes in zip(shown, panels, strict=True):
        name, curve = display.short(tables.name_of(item), 48), _thinned(item.run.power_w)
        ends = [0.0, *(end * scale for end, _ in curve)]
        axes.stairs([watts for _, watts in curve], ends, color=INK["cpu"], linewidth=1.1, baseline=None)
        axes.set(ylim=(0, None), title=name)
        axes.grid(visible=True, axis="y")
        _plain_ticks(axes.yaxis, 3)
        peak = max(watts for _, watts in item.run.power_w)
        words.append(f"{name}: {display.duration(item.run.power_w[-1][0])}, highest step {display.power(peak)}")
    panels[-1].set_xlabel(f"Time since the start ({unit})")
    figure.supylabel("Power (W)", fontsize=9)
    which = "" if len(shown) == len(known) else f" The {len(shown)} runs of the most energy, out of {len(known):,}."
    return "power", "Power over time", f"Mean power between two samples.{which}", f"Curves, one a run. {'; '.join(words)}.", figure


def _thinned(steps: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most MOST_POINTS steps of (end in s, mean W), weighted by time, so that the area stays the energy."""
    width = -(-len(steps) // MOST_POINTS)
    out, start = [], 0.0
    for first in range(0, len(steps), width):
        joules, begun = 0.0, start
        for end, watts in steps[first : first + width]:
            joules, start = joules + watts * (end - start), end
        if start > begun:
            out.append((start, joules / (start - begun)))
    return out


# --- SVG ----------------------------------------------------------------------------------------------------------


def _scale(largest: float, per: dict[str, float], show: Any) -> tuple[float, str]:
    """The unit that suits the largest value, as the tables choose it, and the factor into it."""
    unit: str = show(largest).rpartition(" ")[2]
    return per[unit], unit


def _plain_ticks(axis: Any, number_of: int = 6) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(number_of))
    axis.set_major_formatter("{x:g}")


def _trimmed(figure: Any, name: str, title: str, words: str, themed: bool) -> str:
    """The figure as one <svg> without metadata, stylesheet or ids that another figure of the page may have."""
    import warnings
    from xml.etree import ElementTree as ET  # the text is matplotlib's own, not foreign

    made = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that DejaVu lacks: the page's own fonts draw the text
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(made.getvalue())  # noqa: S314
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag.rpartition("}")[2] in ("metadata", "style")]:
            parent.remove(child)
    for element in root.iter():
        _tidy(element, name, VARIABLES if themed else {})
    _drop_unused_ids(root)
    root.attrib = {"viewBox": root.get("viewBox", ""), "role": "img", "aria-labelledby": f"{name}-title {name}-words",
                   "stroke-linejoin": "round", "fill": "currentColor" if themed else "#24292f"}  # fmt: skip
    for place, (tag, text) in enumerate((("title", title), ("desc", words))):
        child = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{'words' if place else 'title'}"})
        child.text = text
        root.insert(place, child)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _tidy(element: Element, name: str, colours: dict[str, str]) -> None:
    if "id" in element.attrib:
        element.set("id", f"{name}-{element.attrib['id']}")
    if link := element.attrib.pop(_XLINK, None):
        element.set("href", f"#{name}-{link[1:]}")
    if clip := element.get("clip-path"):
        element.set("clip-path", clip.replace("url(#", f"url(#{name}-"))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.get("d"):
        element.set("d", " ".join(element.attrib["d"].split()))
    if style := element.get("style"):
        kept = (part.strip() for part in style.split(";") if "font-family" not in part)
        element.set("style", "; ".join(_coloured(part, colours) for part in kept))
    element.text, element.tail = (text if text and text.strip() else None for text in (element.text, element.tail))


def _coloured(declaration: str, colours: dict[str, str]) -> str:
    name, _, value = declaration.partition(": ")
    return f"{name}: {colours.get(value, value)}"


def _drop_unused_ids(root: Element) -> None:
    links = {element.get("href", "")[1:] for element in root.iter()}
    clips = {element.get("clip-path", "")[5:-1] for element in root.iter()}
    for element in root.iter():
        if element.get("id") not in links | clips:
            element.attrib.pop("id", None)


