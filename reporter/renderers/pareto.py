"""The Pareto figure: each run's metric against its energy, with the runs that no other beats in both joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.renderers import base, display, indicators, tables
from reporter.renderers.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reporter.footprint import Footprint, Indicator, Indicators

FRONT, OTHERS = "#c2741b", "#7d919c"
MOST_NAMES = 10
FACTOR_OF_LOG = 30.0  # energies further apart than this stand on a log axis


def drawn(footprint: Footprint, canvas: Callable[[float], Any]) -> tuple[Any, ...] | None:
    """Name, title, caption, words and figure; None with fewer than two ranked runs. ``canvas`` makes the last."""
    told = footprint.indicators
    points = [one for one in (indicators.ranked(told) if told else []) if one.per_item and one.per_item.value > 0]
    if told is None or len(points) < 2:
        return None
    front = sorted((one for one in points if one.pareto), key=_kwh)
    name = base.clean(indicators.metric_name(told))
    figure, (axes,) = canvas(3.1)
    unit, scale = _unit(max(_kwh(one) for one in points))
    others = [one for one in points if not one.pareto]
    axes.plot([_kwh(one) * scale for one in others], [one.metric for one in others], "o", color=OTHERS, markersize=5)
    axes.plot([_kwh(one) * scale for one in front], [one.metric for one in front], "o", color=FRONT, markersize=6)
    for part in indicators.by_dataset(told).values():
        joined = [one for one in front if one in part]
        axes.step([_kwh(one) * scale for one in joined], [one.metric for one in joined], where="post", color=FRONT,
                  linewidth=1)  # fmt: skip
    _name_points(axes, front[:MOST_NAMES], scale)
    if _kwh(points[0]) and max(map(_kwh, points)) / min(map(_kwh, points)) > FACTOR_OF_LOG:
        axes.set_xscale("log")
    axes.margins(x=0.12, y=0.14)
    if told.lower:
        axes.invert_yaxis()  # up is better in either case
    percent = " (%)" if told.per_cent else ""
    energy = indicators.energy_per(told)
    axes.set(xlabel=f"{energy} ({unit})", ylabel=f"{name}{percent}")
    axes.grid(visible=True)
    caption = phrase(
        "{metric} of each run against its energy ({energy}); better runs stand above and to the left. Joined are those "
        "of the Pareto front, which no other run beats in both.",
        metric=name, energy=energy,
    )  # fmt: skip
    return "pareto", phrase("{metric} against energy", metric=name), caption, _words(front, len(points), told), figure


def _kwh(one: Indicator) -> float:
    return one.per_item.value if one.per_item else 0.0


def _unit(largest: float) -> tuple[str, float]:
    """The unit that suits the largest energy, as the tables choose it, and how many of it a kWh has."""
    shown = display.energy(largest).rpartition(" ")[2]
    return shown, {"µWh": 1e9, "mWh": 1e6, "Wh": 1e3, "kWh": 1.0, "MWh": 1e-3, "GWh": 1e-6}[shown]


def _name_points(axes: Any, named: Sequence[Indicator], scale: float) -> None:
    for place, one in enumerate(named):
        text = display.short(base.clean(tables.name_of(one.item)), 28)
        last = place == len(named) - 1 and place > 0
        axes.annotate(text, (_kwh(one) * scale, one.metric), (-5, 6) if last else (5, -10), fontsize=7,
                      textcoords="offset points", ha="right" if last else "left")  # fmt: skip


def _words(front: Sequence[Indicator], number: int, told: Indicators) -> str:
    each = "; ".join(
        f"{base.clean(tables.name_of(one.item))} {indicators.value(one.metric, told)}, {display.energy(one.per_item)}"
        for one in front[:MOST_NAMES]
    )
    return phrase("Dots, one for each of {number} runs. On the Pareto front: {each}.",
                  number=display.whole(number), each=each)  # fmt: skip
