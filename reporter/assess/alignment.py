"""Energy and an intensity series brought together in time: which intensity held while a run drew its power."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from reporter import intensity_series
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, Part, SeriesUse, ranged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from reporter.footprint import RunFootprint
    from reporter.options import Options
    from reporter.run import Run

#: Up to this many steps are added up one by one, exactly; longer spans take the difference of running sums.
FEW_STEPS = 4096
_BLOCK = 256
#: A run counts as wholly covered from here on: logs tell moments to the second, and shares are sums of floats.
WHOLE = 0.9995


class Aligned(NamedTuple):
    """The mean intensity in g/kWh over the covered part of a run, the ends it may have, and that part's share."""

    mean: float
    low: float
    high: float
    coverage: float


class Alignment:
    """One series, and the runs that are put on it.

    A run with a trace of its power is weighted by energy, another by time. What the series does not cover takes the
    mean of what it covers. Raises ReportError for a run that it does not cover at all, or whose times are not told.
    """

    def __init__(self, series: intensity_series.Series, zone: tzinfo | None) -> None:
        self.series, self.zone = series, zone
        starts, ends, values = series.starts, series.ends, series.values
        self._least, self._most = min(values), max(values)
        self._time = [0.0, *accumulate(end - start for start, end in zip(starts, ends, strict=True))]
        weighed = (
            (end - start) * (value - self._least) for start, end, value in zip(starts, ends, values, strict=True)
        )
        self._above = [0.0, *accumulate(weighed)]  # seconds x (g/kWh above the least), so that rounding stays small
        blocks = [values[place : place + _BLOCK] for place in range(0, len(values), _BLOCK)]
        self._lows, self._highs = [min(block) for block in blocks], [max(block) for block in blocks]
        self._done: dict[int, tuple[Run, Aligned]] = {}

    def intensity(self, run: Run) -> Amount | None:
        """The intensity that held for a run, with what is uncertain about it; None for a run without energy.

        Without a trace all of the energy may have been drawn in the step of least or of most intensity. An uncovered
        part may have had the least or the most of the whole series. The error of the series itself is not in the range:
        none tells it.
        """
        if run.energy_kwh is None and not run.devices:
            return None
        found = self._aligned(run)
        rest = 1 - found.coverage if found.coverage < WHOLE else 0.0
        share, mean, (low, high) = 1 - rest, found.mean, self.series.spread
        parts = [
            Part("hours at which a run drew its energy", share * (mean - found.low), share * (found.high - mean),
                 shared=False),
            Part("gaps of the intensity series", rest * (mean - self._least), rest * (self._most - mean)),
            Part("intensity of each kind of generation", mean * (1 - low), mean * (high - 1)),
        ]  # fmt: skip
        told = [part for part in parts if part.down > 0 or part.up > 0]
        return ranged(mean, "gCO2e/kWh", told, "estimated", self.series.factors)

    def coverage(self, run: Run) -> float | None:
        """The share of a run (of its energy where a trace tells it, else of its time) that the series covers."""
        return self._done[id(run)][1].coverage if id(run) in self._done else None

    def use(self, runs: Sequence[RunFootprint]) -> SeriesUse:
        """The series and how much of all runs' energy it covers."""
        known = [(run.coverage, run.it_energy.value) for run in runs if run.coverage is not None and run.it_energy]
        energy = math.fsum(kwh for _, kwh in known)
        mean = math.fsum(share * kwh for share, kwh in known) / energy if energy else 1.0
        traced = sum(bool(run.run.power_w) for run in runs if run.coverage is not None)
        partly, told = sum(share < WHOLE for share, _ in known), self.series
        return SeriesUse(
            told.files, told.provider, told.zone, told.signal, told.boundary, told.unit, told.step_s, len(told.values),
            told.first, told.last, mean, partly, traced, len(known),
        )  # fmt: skip

    def findings(self, runs: Sequence[RunFootprint]) -> list[Finding]:
        """What the file tells of itself, which runs it covers in part, and that marginal figures are no inventory."""
        found, use = list(self.series.findings), self.use(runs)
        part = [run for run in runs if run.coverage is not None and run.coverage < WHOLE]
        if part:
            text = (f"the intensity series covers {100 * use.coverage:.3g} % of the energy, {len(part)} of {len(runs)} "
                    "runs in part; the mean of a run's covered part stands for the rest of it")  # fmt: skip
            first = part[0].run
            where = f"{plain(first.source)}:{first.line}" if first.line else plain(first.source)
            found.append(Finding("CR112", "warning", text, where))
        if self.series.signal == "marginal":
            text = ("the intensity is marginal, what one more kilowatt-hour causes: the emissions are no inventory and "
                    "never to be added to those of average intensity")  # fmt: skip
            found.append(Finding("CR113", "warning", text, None))
        return found

    def _aligned(self, run: Run) -> Aligned:
        if id(run) not in self._done:
            start, end = self.span(run)
            found = self._by_energy(start, run.power_w) if run.power_w else None
            found = found or self._by_time(start, end)
            if found is None:
                raise self._outside(run, start, end)
            self._done[id(run)] = run, found
        return self._done[id(run)][1]

    def _by_time(self, start: float, end: float) -> Aligned | None:
        """The mean over a span, each step by its seconds; None where no step touches it."""
        starts, ends, values = self.series.starts, self.series.ends, self.series.values
        first, past = bisect_right(ends, start), bisect_left(starts, end)
        if end <= start:  # a moment
            within = first < len(starts) and starts[first] <= start
            return Aligned(*(values[first],) * 3, 1.0) if within else None
        if first >= past:
            return None
        head, tail = max(start - starts[first], 0.0), max(ends[past - 1] - end, 0.0)
        if past - first <= FEW_STEPS:
            lengths = [ends[place] - starts[place] for place in range(first, past)]
            lengths[0] -= head
            lengths[-1] -= tail
            covered = math.fsum(lengths)
            above = math.fsum(length * (values[first + place] - self._least) for place, length in enumerate(lengths))
        else:
            covered = self._time[past] - self._time[first] - head - tail
            above = self._above[past] - self._above[first]
            above -= head * (values[first] - self._least) + tail * (values[past - 1] - self._least)
        low, high = self._ends(first, past)
        mean = min(max(self._least + above / covered, low), high)
        return Aligned(mean, low, high, min(1.0, covered / (end - start)))

    def _by_energy(self, start: float, trace: Sequence[tuple[float, float]]) -> Aligned | None:
        """The mean by the energy of each sample's step; None where the trace shows none, or none that is covered."""
        starts, ends, values = self.series.starts, self.series.ends, self.series.values
        place, count, begin = bisect_right(ends, start), len(starts), start
        whole, covered, above, touched = 0.0, 0.0, 0.0, set()
        for second, power in trace:
            finish = start + second
            whole += power * max(finish - begin, 0.0)
            while place < count and starts[place] < finish:
                energy = power * (min(finish, ends[place]) - max(begin, starts[place]))
                if energy > 0:
                    covered += energy
                    above += energy * (values[place] - self._least)
                    touched.add(values[place])
                if ends[place] > finish:
                    break
                place += 1
            begin = max(begin, finish)
        if whole <= 0 or not touched:
            return None
        mean = min(max(self._least + above / covered, min(touched)), max(touched))
        return Aligned(mean, mean, mean, min(1.0, covered / whole))

    def _ends(self, first: int, past: int) -> tuple[float, float]:
        """The least and the most of the steps from ``first`` to before ``past``."""
        values, start, stop = self.series.values, -(-first // _BLOCK), past // _BLOCK
        if start >= stop:
            return min(values[first:past]), max(values[first:past])
        edges = values[first : start * _BLOCK] + values[stop * _BLOCK : past]
        return min([*edges, *self._lows[start:stop]]), max([*edges, *self._highs[start:stop]])

    def span(self, run: Run) -> tuple[float, float]:
        """Start and end of a run in s since 1970. Raises ReportError where its moments or their zone are not told."""
        start, end = self._seconds(run, run.started_at), self._seconds(run, run.ended_at)
        length = run.duration_s
        if length is None and start is not None and end is not None:
            length = max(end - start, 0.0)
        if length is None or (start is None and end is None):
            raise _error(run, "tells no start, end or duration, so no step of the intensity series can be put to it")
        # A naive start may have been worked out from the end, on a clock that changed meanwhile; the end then holds.
        naive = run.started_at is None or run.started_at.tzinfo is None
        if end is not None and naive and not run.power_w:
            return end - length, end
        start = end - length if start is None and end is not None else start
        return start or 0.0, (start or 0.0) + length

    def _seconds(self, run: Run, when: datetime | None) -> float | None:
        if when is None or when.tzinfo is not None:
            return None if when is None else when.timestamp()
        if self.zone is None:
            text = f"tells {when:%Y-%m-%d %H:%M} without a time zone; give --timezone, such as --timezone Europe/Paris"
            raise _error(run, text)
        return when.replace(tzinfo=self.zone).timestamp()

    def _outside(self, run: Run, start: float, end: float) -> ReportError:
        told = [
            f"{datetime.fromtimestamp(0, UTC) + timedelta(seconds=second):%Y-%m-%d %H:%M}" for second in (start, end)
        ]
        first, last = self.series.first, self.series.last
        text = (f"({told[0]} to {told[1]} UTC) is not covered by the intensity series, which goes from "
                f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC; give that of the run's time")  # fmt: skip
        return _error(run, text)


def of_options(options: Options) -> Alignment:
    """The alignment on the series that the options name. Raises ReportError for a file that is wrong."""
    if options.intensity_g_per_kwh is not None:
        raise ReportError("--intensity and --intensity-series contradict each other; give one")
    zone: tzinfo | None = None
    if options.timezone is not None:
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(options.timezone)
    return Alignment(intensity_series.read(options.intensity_series, zone), zone)


def _error(run: Run, text: str) -> ReportError:
    return ReportError(f"the run '{plain(run.id, 60)}' {text}", file=plain(run.source), line=run.line)
