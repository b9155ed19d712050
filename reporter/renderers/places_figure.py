"""The figure of where the same work would have been cleaner: places by their emissions, this report among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.renderers import base, display, locales
from reporter.renderers.locales import figure as written
from reporter.renderers.locales import message, phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.footprint import Footprint, Scenario

HERE, CLEANER, DIRTIER, RANGE = "#c2741b", "#1f5f8b", "#7d919c", "#b9c3ca"
FACTOR_OF_LOG = 8.0  # emissions further apart than this stand on a log axis
MOST = 8  # from either end, as the table has them
_TITLES = {"country": message("In other countries"), "region": message("In other regions of the cloud")}
_PER_KG = {"µg": 1e9, "mg": 1e6, "g": 1e3, "kg": 1.0, "t": 1e-3}


def drawn(footprint: Footprint, canvas: Callable[[float], Any]) -> list[tuple[Any, ...] | None]:
    """Name, title, caption, words and figure for countries and for regions, where they were asked for."""
    return [_drawn(footprint, kind, canvas) for kind in _TITLES]


def _drawn(footprint: Footprint, kind: str, canvas: Callable[[float], Any]) -> tuple[Any, ...] | None:
    known = [one for one in footprint.scenarios if one.kind == kind and one.emissions is not None]
    ours = footprint.emissions
    if ours is None or ours.value <= 0 or len(known) < 2:
        return None
    shown = [*known[:MOST], *known[-MOST:]] if len(known) > 2 * MOST else known
    rows = [(_name(one), _kg(one), _low_high(one)) for one in shown]
    rows.append((phrase("This report"), ours.value, (ours.low or ours.value, ours.high or ours.value)))
    rows.sort(key=lambda row: row[1])
    figure, (axes,) = canvas(0.7 + 0.2 * len(rows))
    _draw(axes, rows, ours.value)
    cleaner = sum(_kg(one) < ours.value for one in known)
    caption = phrase(
        "The same energy elsewhere: in {cleaner} of {number} places it would have emitted less than in this report. "
        "Shown are the cleanest and the dirtiest, with the range of each intensity.",
        cleaner=display.whole(cleaner), number=display.whole(len(known)),
    )  # fmt: skip
    told = "; ".join(f"{name} {display.mass(kg)}" for name, kg, _ in rows)
    words = phrase("Dots with their ranges: {told}.", told=told)
    return f"places-{kind}", phrase(_TITLES[kind]), caption, words, figure


def _draw(axes: Any, rows: list[tuple[str, float, tuple[float, float]]], ours: float) -> None:
    least, furthest = min(low for _, _, (low, _) in rows), max(high for _, _, (_, high) in rows)
    unit = display.mass(max(kg for _, kg, _ in rows)).rpartition(" ")[2]
    scale = _PER_KG[unit]
    own = next(place for place, (_, kg, _) in enumerate(rows) if kg == ours)
    # Only down from this report's dot: above it the line would cross the figures of the cleaner places.
    axes.plot([ours * scale] * 2, [own, len(rows)], color=HERE, linewidth=0.8, linestyle=(0, (4, 3)))
    for place, (_, kg, (low, high)) in enumerate(rows):
        ink = HERE if kg == ours else CLEANER if kg < ours else DIRTIER
        axes.plot([low * scale, high * scale], [place, place], color=RANGE, linewidth=3, solid_capstyle="round")
        axes.plot([kg * scale], [place], marker="o", markersize=5.5, color=ink)
        axes.annotate(display.mass(kg), (high * scale, place), (7, 0), textcoords="offset points", va="center",
                      fontsize=8)  # fmt: skip
    axes.set(yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticklabels([name for name, _, _ in rows])
    if 0 < FACTOR_OF_LOG * least < furthest:
        _log_axis(axes, least * scale, furthest * scale)
        unit = phrase("{unit} CO₂e, log scale", unit=unit)
    else:
        axes.set_xlim(0, 1.2 * furthest * scale)
        unit = f"{unit} CO₂e"
    axes.xaxis.set_major_formatter(lambda value, _: written(f"{value:,.6g}"))
    axes.set_xlabel(f"{phrase('Emissions')} ({unit})")


def _log_axis(axes: Any, least: float, furthest: float) -> None:
    from matplotlib.ticker import LogLocator

    axes.set_xscale("log")
    axes.set_xlim(0.8 * least, furthest * (furthest / least) ** 0.22)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if furthest < 100 * least else (1,)))
    axes.minorticks_off()


def _kg(one: Scenario) -> float:
    return one.emissions.value if one.emissions else 0.0


def _low_high(one: Scenario) -> tuple[float, float]:
    """The ends of the place's range by its intensity alone: what is uncertain of the energy is the same everywhere."""
    parts = [part for part in one.emissions.causes if part.cause.startswith("intensity")] if one.emissions else []
    return _kg(one) - sum(part.down for part in parts), _kg(one) + sum(part.up for part in parts)


def _name(one: Scenario) -> str:
    return display.short(base.clean(locales.country(one.key) if one.kind == "country" else one.label), 36)
