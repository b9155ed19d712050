"""When to run: the best start of a whole run, and the cheapest intervals for its work, exactly and in continuous time.

Flexible Start and Pause & Resume are those of Dodge et al. (2022, section 5). There, starts and intervals lie on a grid
of 5 minutes; here a start may lie anywhere and a step be used in part, so that nothing on a grid can be better.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Shares of a duration or of emissions below this are rounding.
ROUNDING = 1e-9
#: Where the intensity changes while the power does: so many pairs are looked at, a million at a time. Beyond them the
#: power curve is joined to fewer steps to find the start; what it then emits is worked out from the whole curve.
MOST_PAIRS, PAIRS_AT_ONCE = 20_000_000, 1_000_000


class Step(NamedTuple):
    """A span of one intensity: start and end in s since the run's real start, g/kWh."""

    start: float
    end: float
    value: float


class Schedule(NamedTuple):
    """Intervals of work in s since the real start, in order, and the mean intensity of its energy in g/kWh."""

    intervals: tuple[tuple[float, float], ...]
    mean: float

    @property
    def pauses(self) -> int:
        """How often the work stops to go on later; to start later is no pause."""
        return len(self.intervals) - 1


def steps_within(
    starts: Sequence[float], ends: Sequence[float], values: Sequence[float], begin: float, end: float
) -> list[Step]:
    """The steps of a series between two moments in its seconds, cut at both and counted from the first moment."""
    span = range(bisect_right(ends, begin), bisect_left(starts, end))
    return [
        Step(max(starts[place], begin) - begin, min(ends[place], end) - begin, values[place]) for place in span
    ]


def at(steps: Sequence[Step], start: float, curve: Sequence[tuple[float, float]]) -> Schedule | None:
    """A run begun at ``start``; what no step covers takes the mean of what they cover. None where they cover nothing.

    ``curve`` is its power as in Run.power_w: (s since the start, mean W of the step that ends there).
    """
    return _Work(steps, curve).schedule(start) if steps else None


def flexible_start(steps: Sequence[Step], slack_s: float, curve: Sequence[tuple[float, float]]) -> Schedule | None:
    """The start within ``slack_s`` of the real one at which a run of this power curve emits least, the earliest such.

    Emissions change linearly with the start between the moments at which a change of intensity meets a change of
    power, so that one of those is best. Starts of which the steps leave a part uncovered do not count. None where none
    is left.
    """
    if not steps:
        return None
    work = _Work(steps, curve)
    spans = [(max(0.0, first), min(slack_s, last - work.length)) for first, last in _blocks(steps)]
    found = [work.best(early, late) for early, late in spans if early <= late]
    if not found:
        return None
    least = min(above for above, _ in found)
    return work.schedule(min(start for above, start in found if above <= least + work.rounding))


def pause_resume(steps: Iterable[Step], duration_s: float) -> Schedule | None:
    """The cheapest ``duration_s`` of the steps at constant power, and of such choices one with the fewest pauses.

    Of the intensity at which the choice is open, spans between chosen ones are filled first (the shortest before the
    longer), then spans beside chosen ones, then the longest of the others. None where the steps are shorter.
    """
    pieces = _joined(steps)
    left = duration_s
    if math.fsum(piece.end - piece.start for piece in pieces) < left * (1 - ROUNDING) or left <= 0:
        return None
    taken: dict[int, tuple[float, float]] = {}
    ranks: dict[float, list[int]] = {}
    for place, piece in enumerate(pieces):
        ranks.setdefault(piece.value, []).append(place)
    for value in sorted(ranks):
        whole = math.fsum(pieces[place].end - pieces[place].start for place in ranks[value])
        if whole > left:
            _fill(pieces, ranks[value], taken, left)
            break
        taken |= {place: (pieces[place].start, pieces[place].end) for place in ranks[value]}
        left -= whole
        if left <= duration_s * ROUNDING:
            break
    intervals = [taken[place] for place in sorted(taken)]
    done = math.fsum(end - start for start, end in intervals)
    mean = math.fsum((end - start) * pieces[place].value for place, (start, end) in taken.items()) / done
    return Schedule(_merged(intervals), mean)


def _fill(pieces: Sequence[Step], places: Sequence[int], taken: dict[int, tuple[float, float]], left: float) -> None:
    """Take ``left`` seconds of pieces of one value so that the fewest intervals come of it."""
    before = {place for place in places if place - 1 in taken and pieces[place - 1].end == pieces[place].start}
    after = {place for place in places if place + 1 in taken and pieces[place].end == pieces[place + 1].start}

    def length(place: int) -> float:
        return pieces[place].end - pieces[place].start

    def rank(place: int) -> tuple[int, float]:
        beside = (place in before) + (place in after)
        return -beside, length(place) if beside == 2 else -length(place)

    order = sorted(places, key=rank)
    while left > 0 and order:
        place = order.pop(0)
        if place not in before | after:  # only such are left now: one of them may hold all the rest, the earliest best
            place = min((other for other in (place, *order) if length(other) >= left), default=place)
            order = [other for other in order if other != place]
        start, end = pieces[place].start, pieces[place].end
        if end - start > left:
            start, end = (end - left, end) if place in after - before else (start, start + left)
        taken[place] = start, end
        left -= end - start


def _joined(steps: Iterable[Step]) -> list[Step]:
    """Steps in order, neighbours of one value made one."""
    pieces: list[Step] = []
    for step in steps:
        if pieces and pieces[-1].end == step.start and pieces[-1].value == step.value:
            pieces[-1] = pieces[-1]._replace(end=step.end)
        elif step.end > step.start:
            pieces.append(step)
    return pieces


def _merged(intervals: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Intervals in order, those that touch made one."""
    out: list[tuple[float, float]] = []
    for start, end in intervals:
        if out and out[-1][1] == start:
            out[-1] = out[-1][0], end
        else:
            out.append((start, end))
    return tuple(out)


def _blocks(steps: Sequence[Step]) -> tuple[tuple[float, float], ...]:
    """From where to where the steps leave no gap."""
    return _merged([(step.start, step.end) for step in steps])


class _Work:
    """A power curve over the steps of a series: what it emits by its start, above what the least intensity gives."""

    def __init__(self, steps: Sequence[Step], curve: Sequence[tuple[float, float]]) -> None:
        import numpy

        self.numpy, self.least = numpy, min(step.value for step in steps)
        self.starts = numpy.array([step.start for step in steps])
        self.ends = numpy.array([step.end for step in steps])
        self.above = numpy.array([step.value - self.least for step in steps])
        self.offsets, self.energy = self._cumulated(curve)
        self.length = float(self.offsets[-1])
        self.rounding = ROUNDING * float(self.energy[-1]) * float(self.above.max())
        self.changes, self.jumps = self._changes()

    def _cumulated(self, curve: Sequence[tuple[float, float]]) -> tuple[Any, Any]:
        """Moments since the start at which the power changes, and the energy until then; a clock gone back stands."""
        offsets, energy, last = [0.0], [0.0], math.nan
        for second, watts in curve:
            if second <= offsets[-1]:
                continue
            joules = energy[-1] + watts * (second - offsets[-1])
            if watts == last:
                offsets[-1], energy[-1] = second, joules
            else:
                offsets.append(second)
                energy.append(joules)
            last = watts
        return self.numpy.array(offsets), self.numpy.array(energy)

    def _changes(self) -> tuple[Any, Any]:
        """Moments at which the intensity changes, and by how much; in a gap it counts as the least."""
        moments, places = self.numpy.unique(self.numpy.concatenate((self.starts, self.ends)), return_inverse=True)
        jumps = self.numpy.zeros(len(moments))
        self.numpy.add.at(jumps, places.ravel(), self.numpy.concatenate((self.above, -self.above)))
        return moments, jumps

    def schedule(self, start: float) -> Schedule | None:
        above, covered = self._emitted(start)
        end = start + self.length
        return Schedule(((start, end),), self.least + above / covered) if covered > 0 else None

    def _emitted(self, start: float) -> tuple[float, float]:
        """J x (g/kWh above the least) of a run from ``start``, and the J that are covered."""
        until = self.numpy.interp(self.ends - start, self.offsets, self.energy)
        drawn = until - self.numpy.interp(self.starts - start, self.offsets, self.energy)
        return float(drawn @ self.above), float(drawn.sum())

    def best(self, early: float, late: float) -> tuple[float, float]:
        """The least that a run emits above the least intensity, started between two moments, and the earliest start."""
        offsets, energy = self.offsets, self.energy
        pairs = self._pairs(offsets, early, late)
        if pairs > MOST_PAIRS:
            every = -(-pairs // MOST_PAIRS)
            kept = self.numpy.unique(self.numpy.append(self.numpy.arange(0, len(offsets), every), len(offsets) - 1))
            offsets, energy = offsets[kept], energy[kept]
        edges = self.numpy.linspace(early, late, 1 + max(1, -(-min(pairs, MOST_PAIRS) // PAIRS_AT_ONCE)))
        starts = [early, late]
        for first, last in pairwise(edges):
            starts.append(self._sweep(offsets, energy, float(first), float(last)))
        known = [(self._emitted(start)[0], start) for start in starts]
        least = min(above for above, _ in known)
        return least, min(start for above, start in known if above <= least + self.rounding)

    def _pairs(self, offsets: Any, early: float, late: float) -> int:
        upper = self.numpy.searchsorted(self.changes, offsets + late, "left")
        lower = self.numpy.searchsorted(self.changes, offsets + early, "right")
        return int(self.numpy.maximum(upper - lower, 0).sum())

    def _sweep(self, offsets: Any, energy: Any, early: float, late: float) -> float:
        """The best start within two moments, by the slope of what is emitted, which changes at every pair."""
        numpy = self.numpy
        powers = numpy.concatenate(([0.0], numpy.diff(energy) / numpy.diff(offsets), [0.0]))
        lower = numpy.searchsorted(self.changes, offsets + early, "right")
        upper = numpy.searchsorted(self.changes, offsets + late, "left")
        counts = numpy.maximum(upper - lower, 0)
        whose = numpy.repeat(numpy.arange(len(offsets)), counts)
        which = numpy.arange(len(whose)) - numpy.repeat(numpy.cumsum(counts) - counts - lower, counts)
        starts = self.changes[which] - offsets[whose]
        order = numpy.argsort(starts, kind="stable")
        bends = -(self.jumps[which] * numpy.diff(powers)[whose])[order]
        starts = numpy.concatenate(([early], starts[order], [late]))
        slope = float(self.jumps @ powers[numpy.searchsorted(offsets, self.changes - early, "left")])
        slopes = slope + numpy.concatenate(([0.0], numpy.cumsum(bends)))
        emitted = numpy.concatenate(([0.0], numpy.cumsum(slopes * numpy.diff(starts))))
        return float(starts[numpy.argmax(emitted <= emitted.min() + self.rounding)])
