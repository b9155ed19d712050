"""Power samples to energy: their steps in time, clocks that jump, unknown time zones, curves short enough to draw."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ZONES_S = (-12 * 3600, 14 * 3600)
FAR_S = 60.0  # a step longer than this, and than ten ordinary ones, is told


def written_s(moment: datetime) -> float:
    """Seconds since 1970 if a naive moment were UTC; an aware one's true seconds."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def zone_offset_s(start_s: float, first_s: float) -> int | None:
    """Find the zone's offset in seconds, from a local start read as UTC and the true time of the first sample.

    The first sample comes up to 15 minutes after the start (and 1 s before it at most), and zones differ by quarters
    of an hour. None where no zone on Earth fits.
    """
    offset = math.ceil((start_s - first_s - 1) / 900) * 900
    return offset if ZONES_S[0] <= offset <= ZONES_S[1] else None


def zone_text(offset_s: int) -> str:
    """``UTC-07:00``."""
    return f"UTC{'-' if offset_s < 0 else '+'}{abs(offset_s) // 3600:02d}:{abs(offset_s) % 3600 // 60:02d}"


def clocks_may_change(first: date, last: date) -> bool:
    """Whether a Sunday of the months in which clocks are changed lies between two days."""
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return any(day.weekday() == 6 and day.month in {3, 4, 9, 10, 11} for day in days)


def steps_s(start: float, times: Sequence[float], end: float | None) -> tuple[list[float], int]:
    """Seconds from each sample back to the one before, the start first and the end last; and how often time went back.

    Where the clock was set back, the interval counts nothing, and once the old reading is passed again only the time
    beyond it counts, so that one wrong stamp does not add the hour that it lies off. No end: the last sample's time.
    """
    steps, went_back, previous, latest = [], 0, start, start
    for time in (*times, times[-1] if end is None else end):
        steps.append(max(0.0, time - (latest if time > latest else previous)))
        went_back += time < previous - 1
        previous, latest = time, max(latest, time)
    return steps, went_back


def ordinary_s(times: Sequence[float]) -> float:
    """The median step between samples in seconds; 0 where there are no two."""
    between = [late - early for early, late in zip(times, times[1:], strict=False) if late > early]
    return median(between) if between else 0.0


def spread_kwh(watts: Sequence[float], steps: Sequence[float]) -> list[float]:
    """Energy of each step: the power read at its end held all through it, and the last reading up to the end."""
    return [seconds / 3600 * power / 1000 for seconds, power in zip(steps, (*watts, watts[-1]), strict=True)]


def total(values: Iterable[float]) -> float:
    """The sum of what is known; NaN is what is not."""
    return math.fsum(value for value in values if value == value)


def filled(values: Sequence[float]) -> list[float]:
    """Gaps (NaN) filled with the value before, those in front with the first one; [] where nothing is known."""
    last = next((value for value in values if value == value), None)
    if last is None:
        return []
    out = []
    for value in values:
        last = value if value == value else last
        out.append(last)
    return out


def curve(energies_kwh: Sequence[float], steps: Sequence[float], points: int = 500) -> tuple[tuple[float, float], ...]:
    """Points (seconds since the start, mean W of the step that ends there), thinned so that the energy stays the same."""
    each = math.ceil(len(steps) / points)
    out, now = [], 0.0
    for place in range(0, len(steps), each):
        seconds = math.fsum(steps[place : place + each])
        if seconds > 0:
            now += seconds
            out.append((now, total(energies_kwh[place : place + each]) * 3.6e6 / seconds))
    return tuple(out)
