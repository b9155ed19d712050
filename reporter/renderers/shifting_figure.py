"""The figure of moving in time: the intensity over the window of a run, and below it when each strategy works."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reporter.renderers import base, display, shifting, tables
from reporter.renderers.locales import phrase, phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reporter.footprint import Footprint, Shift, ShiftedRun

CURVE, REAL, CHOSEN = "#1f5f8b", "#7d919c", "#c2741b"
HEIGHT = 0.34  # of a row, in inches
MOST_POINTS = 400  # of the curve, and of bars in a row: what is narrower than that cannot be seen


def drawn(footprint: Footprint, canvas: Callable[[float], Any]) -> tuple[Any, ...] | None:
    """Name, title, caption, words and figure of the run that emits most; None where none was moved."""
    shown = [(shift, run) for shift in footprint.shifts for run in shift.runs if run.window]
    if not shown:
        return None
    item = shown[0][1].item
    shown = [(shift, run) for shift, run in shown if run.item is item]
    window = max((run.window for _, run in shown), key=lambda steps: steps[-1][1])
    scale, unit = (1 / 86_400, "d") if window[-1][1] > 4 * 86_400 else (1 / 3600, "h")
    rows = [(phrase("Real start"), _real(shown), REAL)]
    rows += [(_label(shift), _chosen(run), CHOSEN) for shift, run in shown]
    figure, _ = canvas(2.2 + HEIGHT * len(rows))
    figure.clear()
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, HEIGHT * len(rows)))
    edges, values = _curve(window)
    top.stairs(values, [edge * scale for edge in edges], color=CURVE, linewidth=1.1, baseline=None)
    top.set(ylabel="gCO₂e/kWh")
    top.grid(visible=True, axis="y")
    for place, (_, intervals, ink) in enumerate(rows):
        bars = [(start * scale, (end - start) * scale) for start, end in _visible(intervals, window[-1][1])]
        below.broken_barh(bars, (place - 0.35, 0.7), facecolors=ink, edgecolor="none")
    below.set(yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5), xlim=(0, window[-1][1] * scale))
    below.set_yticklabels([name for name, _, _ in rows])
    below.set_xlabel(phrase("Time since the real start ({unit})", unit=unit))
    below.grid(visible=False)
    name = display.short(base.clean(tables.name_of(item)), 40)
    caption = phrase("Carbon intensity over the window, and when each strategy would have done the work.")
    if len(shown[0][0].runs) > 1:
        caption += " " + phrase("The run is {name}, which emits most.", name=name)
    return "shifting", phrase("At another time"), caption, _words(shown, window), figure


def _label(shift: Shift) -> str:
    return f"{phrase(shifting.NAMES[shift.kind])},\n{display.short(shifting.window_words(shift), 26)}"


def _real(shown: Sequence[tuple[Shift, ShiftedRun]]) -> list[tuple[float, float]]:
    """The real run: as long as its intervals of work are together."""
    longest = max(math.fsum(end - start for start, end in _chosen(run)) for _, run in shown)
    return [(0.0, longest)]


def _chosen(run: ShiftedRun) -> list[tuple[float, float]]:
    if run.start is None:
        return []
    return [((first - run.start).total_seconds(), (last - run.start).total_seconds()) for first, last in run.intervals]


def _visible(intervals: Sequence[tuple[float, float]], whole: float) -> list[tuple[float, float]]:
    """Intervals with those made one that stand too close to be told apart."""
    out = [intervals[0]]
    for start, end in intervals[1:]:
        if start - out[-1][1] < whole / (2 * MOST_POINTS):
            out[-1] = out[-1][0], end
        else:
            out.append((start, end))
    return out


def _curve(window: Sequence[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    """Edges in s and values of at most MOST_POINTS steps, weighted by time; gaps are no number and stay empty."""
    every = -(-len(window) // MOST_POINTS)
    edges, values = [window[0][0]], []
    for first in range(0, len(window), every):
        steps = window[first : first + every]
        if steps[0][0] > edges[-1]:
            edges.append(steps[0][0])
            values.append(math.nan)
        covered = math.fsum(end - start for start, end, _ in steps)
        values.append(math.fsum((end - start) * value for start, end, value in steps) / covered)
        edges.append(steps[-1][1])
    return edges, values


def _words(shown: Sequence[tuple[Shift, ShiftedRun]], window: Sequence[tuple[float, float, float]]) -> str:
    values = [value for _, _, value in window]
    least, most = display.intensity(min(values)), display.intensity(max(values))
    curve = phrase("A curve of the intensity, from {least} to {most}; bars below it show the work.",
                   least=least, most=most)  # fmt: skip
    told = [curve]
    for shift, run in shown:
        told.append(phrase("{strategy}, {window}, begins after {wait}, with {pauses}.",
                           strategy=phrase(shifting.NAMES[shift.kind]), window=shifting.window_words(shift),
                           wait=display.duration(_chosen(run)[0][0]),
                           pauses=phrases("{number} pause", "{number} pauses", run.pauses)))  # fmt: skip
    return " ".join(told)
