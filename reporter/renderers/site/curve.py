"""A run's power over time as SVG written by hand: matplotlib takes 0.2 s for a curve, and a site has thousands."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from reporter.renderers import base, display, figures, power_figure
from reporter.renderers.locales import figure as written
from reporter.renderers.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint

LEFT, TOP, WIDTH, HEIGHT = 48, 12, 622, 150  # of the plot, in units of the drawing, which is 680 wide
MOST_TICKS = 6
_INKS = {drawn: f"var(--ink-{name})" for name, drawn in figures.INK.items()}


def drawn(item: RunFootprint) -> figures.Picture | None:
    """The figure of one run; None where its log tells no power."""
    steps = item.run.power_w
    if len(steps) < 2 or steps[-1][0] <= 0:
        return None
    inks = power_figure.inks_of([item])
    whole = power_figure.thinned(steps)
    scale, unit = power_figure.time_scale(whole[-1][0])
    top, longest = 1.08 * max(watts for _, watts in whole) or 1.0, whole[-1][0]
    parts = [*_grid(top, longest * scale), *_areas(item, inks, longest, top)]
    parts += _labels(unit) + _legend(inks)
    words = power_figure.words([item])
    caption = phrase("Mean power between two samples.")
    if inks:
        caption += " " + phrase("Areas are stacked by device; their upper edge is the power of all.")
    title, height = phrase("Power over time"), TOP + HEIGHT + 44 + 18 * bool(inks)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {height}" role="img" fill="currentColor" '
        f'font-size="11" aria-labelledby="power-title power-words"><title id="power-title">{_text(title)}</title>'
        f'<desc id="power-words">{_text(words)}</desc>'
    )
    return figures.Picture("power", title, caption, words, base.Safe("".join([head, *parts, "</svg>"])))


def _areas(item: RunFootprint, inks: dict[str, str], longest: float, top: float) -> list[str]:
    """An area for each device on those below it, or the outline of all together."""
    whole = power_figure.thinned(item.run.power_w)
    devices, ends = dict(item.run.device_power_w), [end for end, _ in item.run.power_w]
    if not devices:
        points = _outline(whole, [watts for _, watts in whole], longest, top)
        return [f'<path d="M{" ".join(points)}" fill="none" stroke="var(--ink-cpu)" stroke-width="1.5"/>']
    made, below = [], [0.0] * len(whole)
    for name in [name for name in inks if name in devices]:
        told = power_figure.thinned(list(zip(ends, devices[name], strict=True)))
        upper = [under + watts for under, (_, watts) in zip(below, told, strict=True)]
        points = [*_outline(whole, upper, longest, top), *reversed(_outline(whole, below, longest, top))]
        made.append(f'<path d="M{" ".join(points)}Z" fill="{_INKS.get(inks[name], "var(--ink-rest)")}"/>')
        below = upper
    return made


def _outline(steps: Sequence[tuple[float, float]], watts: Sequence[float], longest: float, top: float) -> list[str]:
    """The corners of a curve of steps, each at its height until its end."""
    points, start = [], 0.0
    for (end, _), height in zip(steps, watts, strict=True):
        y = f"{TOP + HEIGHT * (1 - height / top):.1f}"
        points += [f"{LEFT + WIDTH * start / longest:.1f},{y}", f"{LEFT + WIDTH * end / longest:.1f},{y}"]
        start = end
    return points


def _grid(top: float, longest: float) -> list[str]:
    """Lines and figures of both axes."""
    made, foot = [], TOP + HEIGHT
    for value in _ticks(top, 4):
        y = TOP + HEIGHT * (1 - value / top)
        made.append(f'<path d="M{LEFT},{y:.1f}h{WIDTH}" stroke="var(--rule)"/>'
                    f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>')  # fmt: skip
    for value in _ticks(longest, MOST_TICKS):
        x = LEFT + WIDTH * value / longest
        made.append(f'<path d="M{x:.1f},{foot}v4" stroke="var(--axis)"/>'
                    f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle">{_number(value)}</text>')  # fmt: skip
    return [*made, f'<path d="M{LEFT},{foot}h{WIDTH}" stroke="var(--axis)"/>']


def _labels(unit: str) -> list[str]:
    time = _text(f"{phrase('Time since the start')} ({unit})")
    power, middle = _text(f"{phrase('Power')} (W)"), TOP + HEIGHT // 2
    return [f'<text x="{LEFT + WIDTH // 2}" y="{TOP + HEIGHT + 34}" text-anchor="middle">{time}</text>',
            f'<text transform="translate(10 {middle}) rotate(-90)" text-anchor="middle">{power}</text>']  # fmt: skip


def _legend(inks: dict[str, str]) -> list[str]:
    """The devices, as many as have a colour of their own; what is left shares the last one."""
    made, x, y = [], LEFT, TOP + HEIGHT + 48
    named = [(display.short(base.clean(name), 24), ink) for name, ink in inks.items()]
    names = named[: len(power_figure.INKS) - 1]
    if len(named) > len(names):
        more = phrase("{number} more devices", number=len(named) - 4)
        names = [*names[:4], (more, power_figure.INKS[-1])]
    for name, ink in names:
        made.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{_INKS.get(ink, "var(--ink-rest)")}"/>'
                    f'<text x="{x + 15}" y="{y}">{_text(name)}</text>')  # fmt: skip
        x += 30 + round(6.2 * len(name))
    return made


def _ticks(end: float, most: int) -> list[float]:
    """Round numbers from 0 up to an end, at most so many steps between them."""
    if not (end > 0 and math.isfinite(end)):
        return [0.0]
    power = 10.0 ** math.floor(math.log10(end / most))
    step = next(size * power for size in (1, 2, 5, 10) if size * power * most >= end * (1 - 1e-9))
    return [place * step for place in range(math.floor(end / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return _text(written(f"{value:,.6g}"))


def _text(text: str) -> str:
    return escape(base.clean(text), quote=True)
