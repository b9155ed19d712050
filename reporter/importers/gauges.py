"""Power gauges to energy: each device's own samples, the trapezoid between them, and the rule for gaps."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, NamedTuple

from reporter.importers.long_gauges import Folded
from reporter.importers.samples import again, ordinary_s, steps_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.importers.logs import Log

GAP_STEPS = 10.0  # a step this many times the ordinary one is a gap, of which as many ordinary steps are counted
GAP_S = 60.0  # and a gap is longer than this
POINTS = 500
MOST = 1 << 16  # samples of a device that are kept as they are


class Gauge:
    """The power samples of one device: times in s on any one clock, power in W. A missing reading is no sample.

    Told to ``thin``, it keeps the last samples of a long log alone (some MOST of them), and all before are added up;
    the ordinary step of its rule for gaps is then that of the first MOST samples.
    """

    def __init__(self, name: str, *, thin: bool = False) -> None:
        self.name, self._thin = name, thin
        self.times_s, self.watts = array("d"), array("d")
        self.live = False  # whether any reading was not 0
        self.folded: Folded | None = None
        self._ordinary_s = 0.0
        self._taken = 0  # so many of the samples kept are in it

    def add(self, time_s: float, power_w: float) -> None:
        """Add a sample; samples come in the order in which they were logged."""
        self.times_s.append(time_s)
        self.watts.append(power_w)
        self.live = self.live or power_w != 0
        if self._thin and len(self.times_s) > 2 * MOST:
            self.fold()

    @property
    def ordinary_s(self) -> float:
        """The ordinary step between samples in s."""
        return self._ordinary_s if self.folded is not None else ordinary_s(self.times_s)

    def extend(self, times_s: array[float], watts: array[float]) -> None:
        """Add many samples."""
        self.times_s.extend(times_s)
        self.watts.extend(watts)
        self.live = self.live or any(watts)
        if self._thin and len(self.times_s) > 2 * MOST:
            self.fold()

    def fold(self) -> None:
        """Add up all samples but the last, and keep that one."""
        if self.folded is None:
            self._ordinary_s = ordinary_s(self.times_s[:MOST])
            self.folded = Folded(self.times_s[0], self.watts[0], max(GAP_S, GAP_STEPS * self._ordinary_s))
            self.folded.take(self.times_s[1:], self.watts[1:])
        else:
            self.folded.take(self.times_s[self._taken :], self.watts[self._taken :])
        self.times_s, self.watts = self.times_s[-2:], self.watts[-2:]
        self._taken = len(self.times_s)


class Trace(NamedTuple):
    """One device's energy: kWh in all (None where its power was not measured), and of each step with its s."""

    name: str
    energy_kwh: float | None
    start_s: float
    end_s: float
    steps_s: Sequence[float]
    energies_kwh: Sequence[float]


def integrate(gauge: Gauge, log: Log, *, held: bool = False) -> Trace:
    """The energy under a device's samples: trapezoids, from the first sample to the last.

    ``held``: each power is the mean of the step that ends with it, as meters give that divide a counter's growth by
    the time; then it counts for all of that step.

    Where the clock went back, the step counts nothing (CR015); what stands there twice counts once (CR021). Of a step
    longer than GAP_S and GAP_STEPS ordinary ones, only as much is counted, since nobody knows what the device did
    meanwhile (CR017). Zeros all through are power that could not be read: no energy, and told (CR027).
    Raises ReportError for fewer than two samples, which have no duration.
    """
    times, watts = gauge.times_s, gauge.watts
    if gauge.folded is not None:
        return _of_folded(gauge, gauge.folded, log, held)
    for copy in reversed(again(times, watts)):
        log.say("CR021", f"{gauge.name}: {copy.stop - copy.start} samples stand here once more; counted once")
        del times[copy], watts[copy]
    if len(times) < 2:
        raise log.refuse(f"{gauge.name}: energy needs two samples of power, and there is {len(times) or 'none'}")
    steps, went_back = steps_s(times[0], times[1:], None)
    steps.pop()  # the one from the last sample to an end that no gauge tells
    longest = max(GAP_S, GAP_STEPS * ordinary_s(times))
    gaps = [step for step in steps if step > longest]
    counted = [min(step, longest) for step in steps]
    _tell(gauge.name, went_back, len(gaps), math.fsum(gaps) - longest * len(gaps), log)
    energies = [_mean_w(watts, place, held) * step / 3.6e6 for place, step in enumerate(counted)]
    energy_kwh = math.fsum(energies) if _is_live(gauge, log) else None
    return Trace(gauge.name, energy_kwh, min(times), max(times), steps, energies)


def _of_folded(gauge: Gauge, folded: Folded, log: Log, held: bool) -> Trace:
    """The trace of a long log, of which the most part is added up already."""
    gauge.fold()
    _tell(gauge.name, folded.went_back, folded.gaps, folded.lost_s, log)
    steps, energies = folded.steps(held=held)
    energy_kwh = math.fsum(energies) if _is_live(gauge, log) else None
    return Trace(gauge.name, energy_kwh, folded.start_s, folded.end_s, steps, energies)


def _tell(name: str, went_back: int, gaps: int, lost_s: float, log: Log) -> None:
    if went_back:
        log.say("CR015", f"{name}: the clock went back {went_back} times; no time counts twice")
    if gaps:
        log.say("CR017", f"{name}: {gaps} gaps between samples; {lost_s:.0f} s of them are not counted")


def _is_live(gauge: Gauge, log: Log) -> bool:
    """Whether the device's power was measured; told where it was not."""
    if not gauge.live:
        log.say("CR027", f"{gauge.name}: every reading is 0 W, so its power was not measured; it has no energy here")
    return gauge.live


def _mean_w(watts: Sequence[float], place: int, held: bool) -> float:
    return watts[place + 1] if held else (watts[place] + watts[place + 1]) / 2


def curve(traces: Iterable[Trace], points: int = POINTS) -> tuple[tuple[float, float], ...]:
    """The devices' power together: (seconds since the first sample, mean W of the step that ends there).

    The energy is kept; a step that spans several points is spread evenly over them.
    """
    width, courses = _courses(traces, points)
    together = (math.fsum(watts) for watts in zip(*(watts for _, watts in courses), strict=True))
    return tuple(((place + 1) * width, watts) for place, watts in enumerate(together))


def curves(traces: Iterable[Trace], points: int = POINTS) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The devices' power each by itself, in W at the steps of their curve; empty for a single one."""
    courses = _courses(traces, points)[1]
    return tuple((name, tuple(watts)) for name, watts in courses) if len(courses) > 1 else ()


def _courses(traces: Iterable[Trace], points: int) -> tuple[float, list[tuple[str, list[float]]]]:
    """The step in s that all devices' curves have, and each device's name and curve in W."""
    known = [trace for trace in traces if trace.energy_kwh is not None]
    if not known:
        return 0.0, []
    start, end = min(trace.start_s for trace in known), max(trace.end_s for trace in known)
    many = min(points, max(len(trace.steps_s) for trace in known))
    width = (end - start) / many if many else 0.0
    if width <= 0:
        return 0.0, []
    return width, [(trace.name, _course(trace, start, width, many)) for trace in known]


def _course(trace: Trace, start_s: float, width: float, many: int) -> list[float]:
    bins, now = [0.0] * many, trace.start_s - start_s
    for step, energy in zip(trace.steps_s, trace.energies_kwh, strict=True):
        _spread(bins, width, now, step, energy)
        now += step
    return [energy * 3.6e6 / width for energy in bins]


def _spread(bins: list[float], width: float, now: float, step: float, energy: float) -> None:
    first, last = int(now / width), min(len(bins) - 1, int((now + step) / width))
    if first >= last:
        bins[min(first, len(bins) - 1)] += energy
        return
    for place in range(first, last + 1):
        inside = min(now + step, (place + 1) * width) - max(now, place * width)
        bins[place] += energy * max(0.0, inside) / step
