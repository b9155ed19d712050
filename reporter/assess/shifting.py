"""At another time: what the same work would have emitted by Flexible Start and Pause & Resume (Dodge et al. 2022)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from reporter import units
from reporter.assess import schedules
from reporter.assess.alignment import WHOLE
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, Part, Shift, ShiftedRun, ranged, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.assess.alignment import Alignment
    from reporter.footprint import RunFootprint
    from reporter.options import Options

KINDS = ("flexible-start", "pause-resume")
_ADVICE = "write flexible-start=24h or pause-resume=100%; also total:48h, until:2024-03-01T18:00Z"


class Window(NamedTuple):
    """How much later a run may end: by seconds, by a share of its duration, or by its total duration or deadline."""

    kind: str
    text: str
    later_s: float | None = None
    share: float | None = None
    total_s: float | None = None
    until: float | None = None  # s since 1970

    def slack_s(self, start: float, duration_s: float) -> float:
        """By how many seconds the run may end later than it did; below 0 where it ended too late already."""
        if self.until is not None:
            return self.until - (start + duration_s)
        if self.total_s is not None:
            return self.total_s - duration_s
        return self.later_s if self.later_s is not None else (self.share or 0.0) * duration_s


def shifts(
    runs: Sequence[RunFootprint], alignment: Alignment | None, options: Options
) -> tuple[tuple[Shift, ...], list[Finding]]:
    """One Shift for each thing that --shift asks for, in the order asked; each run is moved by itself.

    Runs that cannot be moved keep what they emitted, so that totals stay those of the whole report. Raises ReportError
    for a window that cannot be read, and without an intensity series.
    """
    if not options.shift:
        return (), []
    windows = [window(asked, alignment) for asked in options.shift]
    if alignment is None:
        raise ReportError("--shift: give the intensity by the hour with --intensity-series FILE")
    known = [item for item in runs if item.energy is not None and item.emissions is not None]
    made: list[Shift] = []
    found: list[Finding] = []
    for asked in windows if known else []:
        moved, cut = _all_moved(known, asked, alignment)
        made.append(_added(moved, asked, alignment))
        found += _findings(made[-1], cut)
    return tuple(made), found


def window(asked: str, alignment: Alignment | None = None) -> Window:
    """Read ``flexible-start=24h``. Raises ReportError for what is none."""
    kind, _, text = (part.strip() for part in asked.partition("="))
    told, _, value = text.partition(":") if text.startswith(("total:", "until:")) else ("", "", text)
    if kind not in KINDS or not value:
        raise ReportError(f"--shift {plain(asked, 60)}: {_ADVICE}")
    if told == "until":
        return Window(kind, text, until=_moment(asked, value, alignment))
    if re.fullmatch(r"\d+(\.\d+)? ?%", value):
        return Window(kind, text, share=float(value.rstrip("% ")) / 100)
    try:
        seconds = units.parse(value, "s", bare="h")
    except ReportError as error:
        raise ReportError(f"--shift {plain(asked, 60)}: {_ADVICE}") from error
    if not 0 <= seconds <= 100 * 366 * 86_400:
        raise ReportError(f"--shift {plain(asked, 60)}: a window is 0 or longer, and no longer than a century")
    return Window(kind, text, total_s=seconds) if told else Window(kind, text, later_s=seconds)


def _moment(asked: str, value: str, alignment: Alignment | None) -> float:
    try:
        when = datetime.fromisoformat(value)
    except ValueError as error:
        raise ReportError(f"--shift {plain(asked, 60)}: {_ADVICE}") from error
    if when.tzinfo is None and (alignment is None or alignment.zone is None):
        text = f"--shift {plain(asked, 60)}: in which time zone? write Z or +01:00 behind it, or give --timezone"
        raise ReportError(text)
    return (when if when.tzinfo else when.replace(tzinfo=alignment.zone if alignment else None)).timestamp()


def _all_moved(items: Sequence[RunFootprint], asked: Window, alignment: Alignment) -> tuple[list[ShiftedRun], int]:
    """Each run by itself, and how many windows are covered in part; the steps are kept of the run that emits most."""
    made: list[ShiftedRun] = []
    partly, largest, most = 0, -1, -math.inf
    for place, item in enumerate(items):
        run, cut = _moved(item, asked, alignment)
        partly += cut
        if run.window and run.baseline.value > most:
            largest, most, former = place, run.baseline.value, largest
            if former >= 0:
                made[former] = made[former]._replace(window=())
        made.append(run if place == largest else run._replace(window=()))
    return made, partly


def _moved(item: RunFootprint, asked: Window, alignment: Alignment) -> tuple[ShiftedRun, bool]:
    """One run at its best time, and whether the series leaves a part of the window uncovered."""
    start, end = alignment.span(item.run)
    traced = asked.kind == KINDS[0] and any(watts > 0 for _, watts in item.run.power_w)
    curve = item.run.power_w if traced else ((end - start, 1.0),)
    length = max(second for second, _ in curve)
    slack = asked.slack_s(start, length)
    series = alignment.series
    steps = schedules.steps_within(series.starts, series.ends, series.values, start, start + length + max(slack, 0.0))
    now = schedules.at(steps, 0.0, curve) if length > 0 and slack >= 0 else None
    if now is None or _covered(steps, length) < WHOLE * length:
        return _left(item), False
    if asked.kind == KINDS[0]:
        then = schedules.flexible_start(steps, slack, curve)
    else:
        then = schedules.pause_resume(steps, min(length, _covered(steps, math.inf)))
    # A hair of the real span may be uncovered, so that what was done is no start that counts: it is still the best one.
    rounding = schedules.ROUNDING * max(abs(step.value) for step in steps)
    best = now if then is None or then.mean >= now.mean - rounding else then
    cut = _covered(steps, math.inf) < (length + slack) * (1 - schedules.ROUNDING) - 1e-3
    return _run(item, now, best, start, alignment, steps), cut


def _covered(steps: Sequence[schedules.Step], until: float) -> float:
    return math.fsum(min(step.end, until) - step.start for step in steps if step.start < until)


def _left(item: RunFootprint) -> ShiftedRun:
    kilograms = item.emissions or Amount(0.0, "kgCO2e")
    return ShiftedRun(item, None, (), kilograms, kilograms, None, 0)


def _run(
    item: RunFootprint, now: schedules.Schedule, best: schedules.Schedule, start: float, alignment: Alignment,
    steps: Sequence[schedules.Step],
) -> ShiftedRun:  # fmt: skip
    baseline, emissions = (_emitted(item, schedule.mean, alignment) for schedule in (now, best))
    real = datetime.fromtimestamp(start, UTC)
    intervals = tuple(
        (real + timedelta(seconds=first), real + timedelta(seconds=last)) for first, last in best.intervals
    )
    saved = saving(baseline, emissions)
    return ShiftedRun(item, real, intervals, baseline, emissions, saved, best.pauses, tuple(steps))


def _emitted(item: RunFootprint, mean: float, alignment: Alignment) -> Amount:
    low, high = alignment.series.spread
    part = Part("intensity of each kind of generation", abs(mean) * (1 - low), abs(mean) * (high - 1))
    parts = [part] if part.down > 0 or part.up > 0 else []
    intensity = ranged(mean, "gCO2e/kWh", parts, "estimated", alignment.series.factors)
    return (item.energy or Amount(0.0, "kWh")).times(intensity, "kgCO2e", 1e-3)


def saving(baseline: Amount, emissions: Amount) -> float | None:
    """The share of the baseline that is not emitted; None where that emits nothing, or less (marginal intensity)."""
    return 1 - emissions.value / baseline.value if baseline.value > 0 else None


def _added(runs: Sequence[ShiftedRun], asked: Window, alignment: Alignment) -> Shift:
    """All runs together, those that could not be moved as they were."""
    nothing = Amount(0.0, "kgCO2e")
    baseline = total(run.baseline for run in runs) or nothing
    emissions = total(run.emissions for run in runs) or nothing
    moved = [run for run in runs if run.start is not None]
    pauses = sum(run.pauses for run in runs)
    worked_s = math.fsum((end - start).total_seconds() for run in moved for start, end in run.intervals)
    per_hour = pauses * 3600 / worked_s if worked_s else None
    series, energy = alignment.series, total(run.item.energy for run in runs) or Amount(0.0, "kWh")
    return Shift(
        asked.kind, asked.text, tuple(runs), energy, baseline, emissions, saving(baseline, emissions), pauses, per_hour,
        series.signal, series.boundary,
    )  # fmt: skip


def _findings(made: Shift, cut: int) -> list[Finding]:
    """What could not be moved, and whose window the series covers in part."""
    found, of = [], f"{len(made.runs):,} run{'s' if len(made.runs) > 1 else ''}"
    asked = f"--shift {made.kind}={plain(made.window, 40)}"
    left = sum(run.start is None for run in made.runs)
    if left:
        text = (f"{asked}: {left:,} of {of} not moved and counted as made: the intensity series does not cover them "
                "whole, or they end after the deadline")  # fmt: skip
        found.append(Finding("CR123", "warning", text, None))
    if cut:
        text = f"{asked}: the intensity series covers the window of {cut:,} of {of} in part; other times do not count"
        found.append(Finding("CR123", "note", text, None))
    return found
