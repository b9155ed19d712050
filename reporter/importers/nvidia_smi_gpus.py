"""What is known of the GPUs of one nvidia-smi log while it is read: their gauges, counters, first and last moments."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from reporter.importers import gauges

if TYPE_CHECKING:
    from array import array
    from datetime import datetime

    from reporter.importers.logs import Log


class Sample(NamedTuple):
    """One row: when, of which GPU (None where no column tells), its model, and what could be read."""

    at: datetime
    gpu: str | None
    label: str | None
    model: str | None
    power_w: float | None
    counter_kwh: float | None


class Gpu:
    """All samples of one GPU."""

    def __init__(self, name: str) -> None:
        self.gauge, self.counter, self.missing = gauges.Gauge(name, thin=True), Counter(), 0
        self.first_s, self.last_s = math.inf, -math.inf
        self.model: str | None = None

    def add(self, sample: Sample, time_s: float) -> None:
        """Take one sample in; a reading that is missing is no sample of the gauge."""
        self.model = self.model or sample.model
        if sample.counter_kwh is not None:
            self.counter.take(sample.counter_kwh)
        if sample.power_w is not None:
            self.gauge.add(time_s, sample.power_w)
        if sample.power_w is None and sample.counter_kwh is None:
            self.missing += 1
            return
        self.first_s, self.last_s = min(self.first_s, time_s), max(self.last_s, time_s)

    def extend(self, times_s: array[float], watts: array[float], missing: int) -> None:
        """Take many samples of a log without counters in; so many more had no reading."""
        self.missing += missing
        if times_s:
            self.gauge.extend(times_s, watts)
            self.first_s, self.last_s = min(self.first_s, *times_s), max(self.last_s, *times_s)

    def counted_kwh(self, log: Log) -> float | None:
        """What its energy counter grew by; None where there is none. A counter that begins anew is told."""
        if self.counter.went_back:
            log.say("CR022", f"{self.gauge.name}: the energy counter went back, as when a driver is loaded again; "
                    "counted on from there")  # fmt: skip
        return self.counter.grown_kwh or None


class Counter:
    """An energy counter: how many readings, and what it grew by between them."""

    def __init__(self) -> None:
        self.readings, self.grown_kwh, self.went_back = 0, 0.0, False
        self._last_kwh = 0.0

    def take(self, kwh: float) -> None:
        """Take the next reading in."""
        if self.readings and kwh >= self._last_kwh:
            self.grown_kwh += kwh - self._last_kwh
        self.went_back |= bool(self.readings) and kwh < self._last_kwh
        self.readings, self._last_kwh = self.readings + 1, kwh


@dataclass
class Recording:
    """The samples of one file: its GPUs, and the first and last moment. Times of gauges count from ``origin``."""

    origin: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    found: dict[str, Gpu] = field(default_factory=dict)
    nameless: list[Sample] = field(default_factory=list)

    def add(self, key: str, sample: Sample) -> None:
        """Take a sample of the GPU in."""
        self.span(sample.at, sample.at)
        assert self.origin is not None  # noqa: S101 - span has just set it
        gpu = self.found.setdefault(key, Gpu(sample.label or key))
        gpu.add(sample, (sample.at - self.origin).total_seconds())

    def span(self, first: datetime, last: datetime) -> None:
        """Take into account that there are samples at these moments."""
        self.origin = self.origin or first
        self.start = min(self.start or first, first)
        self.end = max(self.end or last, last)
