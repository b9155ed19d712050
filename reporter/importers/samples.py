"""Power samples to energy: their steps in time, clocks that jump, unknown time zones, curves short enough to draw."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import filterfalse, pairwise
from operator import le, sub
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.importers import long_samples
from reporter.importers.long_samples import is_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.importers.logs import Log

ZONES_S = (-12 * 3600, 14 * 3600)
FAR_S = 60.0  # a step longer than this, and than ten ordinary ones, is told


class Span(NamedTuple):
    """A run on its samples' clock: seconds since 1970 (UTC). ``steps_s`` holds one more step than there are samples."""

    start: float
    end: float
    steps_s: list[float]
    went_back: int


def lay(start: datetime, end: datetime | None, times: Sequence[float], log: Log) -> Span:
    """Lay a start and an end that the log tells, mostly in local time of an unknown zone, on the clock of its samples.

    ``times`` are the samples' true seconds since 1970, at least one: a list, or of a long log an array in which time
    never goes back. What had to be found or assumed is told.
    """
    first, last = float(times[0]), float(times[-1] if is_long(times) else max(times))
    offset = 0 if start.tzinfo else zone_offset_s(_written_s(start), first)
    start_s = first if offset is None else _written_s(start) - offset
    if offset is None:
        log.say("CR018", "the start told fits the samples in no time zone; counted from the first sample to the last")
    elif offset:
        zone = f"UTC{'-' if offset < 0 else '+'}{abs(offset) // 3600:02d}:{abs(offset) % 3600 // 60:02d}"
        log.say("CR018", f"start and end are local time at {zone}, as the first sample shows", level="note")
    end_s = None
    if end is None:
        log.say("CR019", "no end is told, as after a crash; the last sample is taken as the end")
    elif offset is not None:
        end_s = _end_s(_written_s(end) - (0 if end.tzinfo else offset), start, end, times, log)
    steps, went_back = steps_s(start_s, times, end_s)
    if went_back:
        many = "once" if went_back == 1 else f"{went_back} times"
        log.say("CR015", f"the clock went back {many}; such an interval counts nothing, and no time counts twice")
    return Span(start_s, max(start_s, last) if end_s is None else max(end_s, start_s), steps, went_back)


def _end_s(end_s: float, start: datetime, end: datetime, times: Sequence[float], log: Log) -> float | None:
    """The end, an hour off where the clocks changed during the run; None where it lies before the last sample."""
    last, near = float(times[-1]) if is_long(times) else max(times), max(FAR_S, 10 * ordinary_s(times))
    for shift in () if end.tzinfo else (3600, -3600):
        changed = end_s < last - FAR_S if shift > 0 else _clocks_may_change(start.date(), end.date())
        if changed and -1 <= end_s + shift - last <= near:
            log.say("CR018", "the clocks changed by an hour during the run; taken into account", level="note")
            return end_s + shift
    if end_s < last - 1:
        log.say("CR015", f"the end told lies {last - end_s:.0f} s before the last sample, which is taken as the end")
        return None
    return end_s


def _written_s(moment: datetime) -> float:
    """Seconds since 1970 if a naive moment were UTC; an aware one's true seconds."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def zone_offset_s(start_s: float, first_s: float) -> int | None:
    """Find the zone's offset in seconds, from a local start read as UTC and the true time of the first sample.

    The first sample comes up to 15 minutes after the start (and 1 s before it at most), and zones differ by quarters
    of an hour. None where no zone on Earth fits.
    """
    offset = math.ceil((start_s - first_s - 1) / 900) * 900
    return offset if ZONES_S[0] <= offset <= ZONES_S[1] else None


def _clocks_may_change(first: date, last: date) -> bool:
    """Whether a Sunday of the months in which clocks are changed lies between two days."""
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return any(day.weekday() == 6 and day.month in {3, 4, 9, 10, 11} for day in days)


def steps_s(start: float, times: Sequence[float], end: float | None) -> tuple[list[float], int]:
    """Seconds from each sample back to the one before, the start first and the end last; and how often time went back.

    Where the clock was set back, the interval counts nothing, and once the old reading is passed again only the time
    beyond it counts, so that one wrong stamp does not add the hour that it lies off. No end: the last sample's time.
    """
    if is_long(times):
        return long_samples.steps_s(start, times, end)
    moments = [start, *times, times[-1] if end is None else end]
    if all(map(le, moments, moments[1:])):  # nearly always
        return [*map(sub, moments[1:], moments)], 0
    steps, went_back, previous, latest = [], 0, start, start
    for time in moments[1:]:
        steps.append(max(0.0, time - (latest if time > latest else previous)))
        went_back += time < previous - 1
        previous, latest = time, max(latest, time)
    return steps, went_back


def again(times: Sequence[float], *columns: Sequence[object]) -> list[slice]:
    """Stretches of samples that stand there once more, one for one from the first on: a file appended to itself.

    They begin where time goes back to the first sample (or the second, where the first is none of the log's). A clock
    that was set back shows other values.
    """
    found: list[slice] = []
    if hasattr(times, "dtype"):
        return found  # numbers of a long log, in which time never goes back
    for start in (place for place in range(2, len(times)) if times[place] < times[place - 1]):
        first = next((place for place in (0, 1) if times[place] == times[start]), start)
        length = min(start - first, len(times) - start)
        copy, original = slice(start, start + length), slice(first, first + length)
        if length > 1 and all(values[copy] == values[original] for values in (times, *columns)):
            found.append(copy)
    return found


def ordinary_s(times: Sequence[float]) -> float:
    """The median step between samples in seconds; 0 where there are no two."""
    if is_long(times):
        return long_samples.ordinary_s(times)
    from statistics import median

    between = [late - early for early, late in pairwise(times) if late > early]
    return median(between) if between else 0.0


def spread_kwh(watts: Sequence[float], steps: Sequence[float]) -> Any:
    """Energy of each step: the power read at its end held all through it, and the last reading up to the end."""
    if is_long(steps):
        return long_samples.spread_kwh(watts, steps)
    return [seconds / 3600 * power / 1000 for seconds, power in zip(steps, (*watts, watts[-1]), strict=True)]


def total(values: Iterable[float]) -> float:
    """The sum of what is known; NaN is what is not."""
    if is_long(values):
        return long_samples.total(values)
    return math.fsum(filterfalse(math.isnan, values))


def filled(values: Sequence[float]) -> Any:
    """Gaps (NaN) filled with the value before, those in front with the first one; [] where nothing is known."""
    if is_long(values):
        return long_samples.filled(values)
    last = next((value for value in values if not math.isnan(value)), math.nan)
    if math.isnan(last):
        return []
    out = []
    for value in values:
        last = last if math.isnan(value) else value
        out.append(last)
    return out


def curve(energies_kwh: Sequence[float], steps: Sequence[float], points: int = 500) -> tuple[tuple[float, float], ...]:
    """Points (seconds since the start, mean W of the step that ends there), thinned the energy kept."""
    if is_long(steps):
        return long_samples.curve(energies_kwh, steps, points)
    each = math.ceil(len(steps) / points)
    out, now = [], 0.0
    for place in range(0, len(steps), each):
        seconds = math.fsum(steps[place : place + each])
        if seconds > 0:
            now += seconds
            out.append((now, total(energies_kwh[place : place + each]) * 3.6e6 / seconds))
    return tuple(out)
