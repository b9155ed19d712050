"""A meter at work: turns what a device tells, a counter of joules or its watts, into joules since the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reporter.powerlog import Meter

#: More than any one meter can draw, in W: a step back of a counter that implies more is a reset, not a wrap.
MOST_W = 5000.0


class Metering(Protocol):
    """One meter at work: counts joules from when it was first read."""

    meter: Meter

    def read(self, now_s: float) -> float | None:
        """Joules so far at ``now_s`` of a monotonic clock; None where that cannot be told now. May raise OSError."""

    def share(self, pids: Collection[int]) -> float | None:
        """The share (0 to 1) that these processes had of it since the last call; None where it cannot tell."""

    def close(self) -> None:
        """Give back what the meter holds open."""


class _Told:
    """What counters and gauges have in common: who tells of the job's share, and what is to be closed."""

    def __init__(
        self, meter: Meter, *, share: Callable[[Collection[int]], float | None] | None = None,
        close: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self.meter, self._share, self._close = meter, share, close
        self._joules = 0.0

    def share(self, pids: Collection[int]) -> float | None:
        """The share that these processes had of the device, where it tells."""
        return None if self._share is None else self._share(pids)

    def close(self) -> None:
        """Close what was opened for it."""
        if self._close is not None:
            self._close()


class Counter(_Told):
    """A counter of joules (``counter_j``), followed over its wrap-arounds where it has an end (``range_j``).

    A package of 200 W wraps about every 20 minutes. A step back that cannot be a wrap is a reset; what was drawn in
    that step is not known and counts as 0. Raises whatever ``counter_j`` raises, at once and later.
    """

    def __init__(
        self, meter: Meter, counter_j: Callable[[], float], range_j: float | None = None, *,
        share: Callable[[Collection[int]], float | None] | None = None, close: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(meter, share=share, close=close)
        self._counter_j, self._range_j = counter_j, range_j
        self._last_j, self._last_s = counter_j(), -1.0
        self._begun = False

    def read(self, now_s: float) -> float:
        """Joules since the first call."""
        counter_j = self._counter_j()
        if self._begun:
            step_j, step_s = counter_j - self._last_j, now_s - self._last_s
            self._joules += step_j if step_j >= 0 else self._over_the_end(step_j, step_s)
        self._begun, self._last_j, self._last_s = True, counter_j, now_s
        return self._joules

    def _over_the_end(self, step_j: float, step_s: float) -> float:
        if self._range_j is None:
            return 0.0
        wrapped_j = step_j + self._range_j
        return wrapped_j if 0 <= wrapped_j <= MOST_W * max(step_s, 1e-3) else 0.0


class Gauge(_Told):
    """A gauge of watts: its readings times the time between them (trapezoids). None where it does not tell now."""

    def __init__(
        self, meter: Meter, power_w: Callable[[], float | None], *,
        share: Callable[[Collection[int]], float | None] | None = None, close: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(meter, share=share, close=close)
        self._power_w = power_w
        self._last_w: float | None = power_w()
        self._last_s: float | None = None

    def read(self, now_s: float) -> float | None:
        """Joules since the first call. Over a failed reading the trapezoid goes on; after a None it begins anew."""
        power_w = self._power_w()
        if power_w is not None and self._last_w is not None and self._last_s is not None:
            self._joules += (power_w + self._last_w) / 2 * max(0.0, now_s - self._last_s)
        self._last_w, self._last_s = power_w, now_s
        return None if power_w is None else self._joules
