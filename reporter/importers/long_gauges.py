"""A gauge's samples beyond what memory should hold: added up as they come, the energy exact and the curve thinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from array import array

BINS = 4096  # of the curve, at most
FINEST_S = 1 / 64


class Sums(NamedTuple):
    """Both ways of taking a power between two samples: their mean, or the later one held back to the earlier."""

    mean_kwh: Any
    held_kwh: Any


class Folded:
    """Steps of one device added up under the rule for gaps; the energy over time in bins of a power of two of seconds.

    ``longest_s`` is the longest step that counts as a whole. A bin is one of counted and uncounted time alike, clocks
    that went back left out, and a step that spans several is spread evenly.
    """

    def __init__(self, time_s: float, power_w: float, longest_s: float) -> None:
        self.longest_s = longest_s
        self.start_s = self.end_s = self._previous_s = self._latest_s = time_s
        self._power_w = power_w
        self.went_back = self.gaps = 0
        self.lost_s = self.duration_s = 0.0
        self.width_s = FINEST_S
        self._bins = [0.0], [0.0]  # J, for each way

    def take(self, times_s: array[float], watts: array[float]) -> None:
        """Add the samples that follow, in the order in which they were logged."""
        import numpy as np

        times = np.concatenate(([self._previous_s], np.frombuffer(times_s)))
        power = np.concatenate(([self._power_w], np.frombuffer(watts)))
        latest = np.maximum.accumulate(np.concatenate(([self._latest_s], times[1:])))
        steps = np.maximum(0.0, times[1:] - np.where(times[1:] > latest[:-1], latest[:-1], times[:-1]))
        self.went_back += int((times[1:] < times[:-1] - 1).sum())
        gaps = steps[steps > self.longest_s]
        self.gaps += len(gaps)
        self.lost_s += float((gaps - self.longest_s).sum())
        counted = np.minimum(steps, self.longest_s)
        ends = self.duration_s + np.concatenate(([0.0], np.cumsum(steps)))
        self._spread(ends, Sums((power[1:] + power[:-1]) / 2 * counted, power[1:] * counted))
        self.duration_s = float(ends[-1])
        self.start_s, self.end_s = min(self.start_s, float(times.min())), max(self.end_s, float(times.max()))
        self._previous_s, self._latest_s, self._power_w = float(times[-1]), float(latest[-1]), float(power[-1])

    def _spread(self, ends_s: Any, joules: Sums) -> None:
        import numpy as np

        while ends_s[-1] / self.width_s >= BINS:
            self.width_s *= 2
            for bins in self._bins:
                bins.extend([0.0] * (len(bins) % 2))
                bins[:] = [one + other for one, other in zip(bins[::2], bins[1::2], strict=True)]
        first, last = int(ends_s[0] / self.width_s), int(ends_s[-1] / self.width_s)
        edges = np.arange(first, last + 2) * self.width_s
        for bins, each in zip(self._bins, joules, strict=True):
            total = np.concatenate(([0.0], np.cumsum(each)))
            bins.extend([0.0] * (last + 1 - len(bins)))
            for place, more in enumerate(np.diff(np.interp(edges, ends_s, total)).tolist(), first):
                bins[place] += more

    def steps(self, *, held: bool) -> tuple[list[float], list[float]]:
        """The bins as steps in s, the last one cut where the samples end, and their energies in kWh."""
        bins = self._bins[held]
        steps = [self.width_s] * len(bins)
        steps[-1] = self.duration_s - self.width_s * (len(bins) - 1)
        return steps, [joules / 3.6e6 for joules in bins]
