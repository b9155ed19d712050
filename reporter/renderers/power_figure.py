"""The figure of power over time: a panel for each of the largest runs, stacked by device where the log tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.renderers import base, display, tables
from reporter.renderers.locales import figure as written
from reporter.renderers.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.footprint import Footprint, RunFootprint

    Curve = Sequence[tuple[float, float]]

WIDTH = 6.7  # inches
MOST_POINTS = 400  # of a curve, so that a day of samples does not weigh megabytes
MOST_CURVES = 6
ALONE = "#1f5f8b"
#: Of the devices, by the energy that they took; those after the fifth are drawn as one.
INKS = (ALONE, "#c2741b", "#4f8f7b", "#8a5a83", "#7d919c", "#b9c3ca")


def drawn(footprint: Footprint) -> tuple[Any, ...] | None:
    """Name, title, caption, words and figure; None where no log tells power."""
    known = [item for item in footprint.runs if len(item.run.power_w) > 1]
    if not known:
        return None
    largest = sorted(known, key=lambda item: -(item.run.energy_kwh or 0.0))[:MOST_CURVES]
    shown = [item for item in known if item in largest]
    inks, peaks = inks_of(shown), [max(watts for _, watts in item.run.power_w) for item in shown]
    alike = max(peaks) < 5 * min(peaks)  # otherwise the smaller ones would lie flat on an axis of all
    figure, panels = _canvas(len(shown), alike=alike, legend=bool(inks))
    longest = max(item.run.power_w[-1][0] for item in shown)
    scale, unit = time_scale(longest)
    for item, axes, peak in zip(shown, panels, peaks, strict=True):
        _panel(axes, item, inks, scale)
        axes.set(ylim=(0, 1.12 * (max(peaks) if alike else peak)), xlim=(0, None), title=_name(item))
        axes.grid(visible=True, axis="y")
        axes.yaxis.set_major_locator(_ticks(3))
        axes.yaxis.set_major_formatter(lambda value, _: written(f"{value:,.6g}"))
    panels[-1].xaxis.set_major_formatter(lambda value, _: written(f"{value:,.6g}"))
    panels[-1].set_xlabel(f"{phrase('Time since the start')} ({unit})")
    figure.supylabel(f"{phrase('Power')} (W)", fontsize=9)
    if inks:
        figure.legend(*_legend(inks), loc="outside upper right", ncols=min(3, len(inks)))
    return "power", phrase("Power over time"), _caption(len(shown), len(known), bool(inks)), words(shown), figure


def time_scale(longest_s: float) -> tuple[float, str]:
    """What seconds are multiplied by, and the unit that they are then in."""
    return (1 / 3600, "h") if longest_s > 3 * 3600 else (1 / 60, "min") if longest_s > 180 else (1.0, "s")


def _canvas(panels: int, *, alike: bool, legend: bool) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    height = (0.7 + 0.95 * panels if panels > 1 else 2.2) + 0.2 * legend
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(panels, 1, squeeze=False, sharex=True, sharey=alike)[:, 0]


def _ticks(number_of: int) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(number_of)


def inks_of(shown: Sequence[RunFootprint]) -> dict[str, str]:
    """The colour of each device, the one of most energy first; empty where no run tells several."""
    energies: dict[str, float] = {}
    for item in shown:
        for name, watts in item.run.device_power_w:
            energies[name] = energies.get(name, 0.0) + _joules(item, watts)
    ranked = sorted(energies, key=lambda name: -energies[name])
    return {name: INKS[min(place, len(INKS) - 1)] for place, name in enumerate(ranked)}


def _joules(item: RunFootprint, watts: Iterable[float]) -> float:
    ends = [end for end, _ in item.run.power_w]
    return sum(power * (end - start) for power, end, start in zip(watts, ends, (0.0, *ends), strict=False))


def _panel(axes: Any, item: RunFootprint, inks: dict[str, str], scale: float) -> None:
    """One run: an area for each device on those below, or the outline of all together."""
    ends = [end for end, _ in item.run.power_w]
    whole = thinned(item.run.power_w)
    edges, below = [0.0, *(end * scale for end, _ in whole)], [0.0] * len(whole)
    devices = dict(item.run.device_power_w)
    for name in [name for name in inks if name in devices]:
        curve = thinned(list(zip(ends, devices[name], strict=True)))
        top = [base_w + watts for base_w, (_, watts) in zip(below, curve, strict=True)]
        axes.stairs(top, edges, baseline=below, fill=True, color=inks[name])
        below = top
    if not devices:
        axes.stairs([watts for _, watts in whole], edges, color=ALONE, linewidth=1.1, baseline=None)


def _legend(inks: dict[str, str]) -> tuple[list[Any], list[str]]:
    from matplotlib.patches import Patch

    named = list(inks.items())[: len(INKS) - 1]
    patches = [Patch(color=ink) for _, ink in named]
    names = [display.short(base.clean(name), 30) for name, _ in named]
    if len(inks) > len(named):
        patches.append(Patch(color=INKS[-1]))
        names.append(phrase("{number} more devices", number=len(inks) - len(named)))
    return patches, names


def _caption(shown: int, known: int, by_device: bool) -> str:
    told = [phrase("Mean power between two samples.")]
    if by_device:
        told.append(phrase("Areas are stacked by device; their upper edge is the power of all."))
    if shown < known:
        told.append(phrase("The {shown} runs of the most energy, out of {number}.", shown=shown,
                           number=display.whole(known)))  # fmt: skip
    return " ".join(told)


def words(shown: Sequence[RunFootprint]) -> str:
    """What the curves show, for who cannot see them."""
    told = []
    for item in shown:
        peak = max(watts for _, watts in item.run.power_w)
        one = phrase("{run}: {time}, highest step {power}", run=_name(item),
                     time=display.duration(item.run.power_w[-1][0]), power=display.power(peak))  # fmt: skip
        energies = {name: _joules(item, watts) for name, watts in item.run.device_power_w}
        shares = [f"{base.clean(name)} {display.percent(energy, sum(energies.values()))}"
                  for name, energy in energies.items()]  # fmt: skip
        told.append(f"{one} ({', '.join(shares)})" if shares else one)
    return phrase("Curves, one a run. {told}.", told="; ".join(told))


def thinned(steps: Curve) -> Curve:
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


def _name(item: RunFootprint) -> str:
    return display.short(base.clean(tables.name_of(item)), 48)
