"""The figure of the social cost by several series: dots with their ranges, a panel for each kind of money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.renderers import base, display
from reporter.renderers.locales import phrase

if TYPE_CHECKING:
    from reporter.footprint import Footprint, SocialCost

DOT, RANGE = "#1f5f8b", "#b9c3ca"
WIDTH, ROW, PANEL = 6.7, 0.23, 0.62  # inches


def drawn(footprint: Footprint) -> tuple[Any, ...] | None:
    """Name, title, caption, words and figure; None for fewer than two series.

    Money of another currency or year is another unit: each has its own axis, from zero.
    """
    by_money: dict[str, list[SocialCost]] = {}
    for cost in footprint.social_costs:
        by_money.setdefault(cost.amount.unit, []).append(cost)
    if len(footprint.social_costs) < 2 or not any(cost.amount.value for cost in footprint.social_costs):
        return None
    from matplotlib.figure import Figure

    heights = [PANEL + ROW * len(costs) for costs in by_money.values()]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    panels = figure.subplots(len(by_money), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (money, costs) in zip(panels, by_money.items(), strict=True):
        _panel(axes, money, costs)
    caption = phrase(
        "Social cost of these emissions by series, with the range of each where it tells one. Money of another "
        "currency or year has an axis of its own."
    )
    told = "; ".join(f"{_label(cost)} {display.cost(cost.amount)}" for cost in footprint.social_costs)
    words = phrase("Dots with their ranges: {told}.", told=told)
    return "social-costs", phrase("Social cost by series"), caption, words, figure


def _panel(axes: Any, money: str, costs: list[SocialCost]) -> None:
    from matplotlib.ticker import MaxNLocator

    furthest = least = 0.0
    for place, cost in enumerate(costs):
        amount = cost.amount
        low = amount.value if amount.low is None else amount.low
        high = amount.value if amount.high is None else amount.high
        axes.plot([low, high], [place, place], color=RANGE, linewidth=4, solid_capstyle="round")
        axes.plot([amount.value], [place], marker="o", markersize=5.5, color=DOT)
        axes.annotate(display.money(amount.value, money, amount), (max(high, amount.value), place), (8, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
        furthest, least = max(furthest, high, amount.value), min(least, low, amount.value)
    axes.set(yticks=range(len(costs)), ylim=(len(costs) - 0.5, -0.5))
    axes.set_xlim(1.05 * least, 1.22 * furthest or 1.0)
    axes.set_yticklabels([_label(cost) for cost in costs])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, _: display.money(value, money) if value else "0")
    axes.set_xlabel(display.money_words(money), fontsize=8)


def _label(cost: SocialCost) -> str:
    return display.short(base.clean(display.series(cost.factor, cost.country)), 46)
