"""The same work at another time: its section, and its entries among the scenarios in JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reporter.renderers import display, tables
from reporter.renderers.base import clean
from reporter.renderers.locales import message, phrase
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reporter.footprint import Footprint, Shift, ShiftedRun

SOURCE = "dodge2022measuring"
NAMES = {"flexible-start": message("Flexible Start"), "pause-resume": message("Pause & Resume")}
MOST_RUNS = 5  # named below each strategy, those that emit most; JSON has them all
LEAST_SAVING = 5e-4  # a share below this is told as none


def section(footprint: Footprint) -> Section | None:
    """Each strategy with what it would have emitted, saved, and when it begins; of several runs the largest too."""
    if not footprint.shifts:
        return None
    rows: list[tuple[str, ...]] = [(_as_made(), "", display.mass(footprint.emissions), "", "", "")]
    for shift in footprint.shifts:
        rows += _rows(shift)
    columns = (
        phrase("Strategy"), phrase("Window"), phrase("CO₂e"), phrase("Saving"), phrase("Start"), phrase("Pauses")
    )  # fmt: skip
    numbers, title = frozenset(columns[2:4]), phrase("At another time")
    return Section("what-if-time", title, _says(footprint.shifts), columns, tuple(rows), numbers, (SOURCE,))


def _as_made() -> str:
    return phrase("As made")


def _rows(shift: Shift) -> list[tuple[str, ...]]:
    if len(shift.runs) == 1:
        start = _start(shift.runs[0])
    else:
        waits = [_wait_s(run) for run in shift.runs if run.start is not None]
        mean = math.fsum(waits) / len(waits) if waits else 0.0
        start = phrase("{wait} later in the mean", wait=display.duration(mean)) if mean >= 1 else _as_made()
    pauses = _pauses(shift.kind, shift.pauses, shift.pauses_per_hour)
    name, emissions = phrase(NAMES[shift.kind]), display.mass(shift.emissions)
    largest = sorted(shift.runs, key=lambda run: -run.baseline.value)[:MOST_RUNS] if len(shift.runs) > 1 else []
    named = (
        (f"… {display.short(tables.name_of(run.item), 40)}", "", display.mass(run.emissions), _saving(run.saving),
         _start(run), _pauses(shift.kind, run.pauses, None))
        for run in shift.runs if run in largest
    )  # fmt: skip
    return [(name, window_words(shift), emissions, _saving(shift.saving), start, pauses), *named]


def _says(shifts: Sequence[Shift]) -> str:
    """What would have been saved most, what each strategy does, and what all of this leaves out."""
    best, kinds = max(shifts, key=lambda shift: shift.saving or 0.0), {shift.kind for shift in shifts}
    told = []
    if best.saving is not None and best.saving >= LEAST_SAVING:
        told.append(phrase("{strategy} ({window}) would have saved {share}.", strategy=phrase(NAMES[best.kind]),
                           window=window_words(best), share=_saving(best.saving)))  # fmt: skip
    if len(best.runs) > 1:
        told.append(phrase("Each run is moved by itself, whether or not its machine was free."))
    if "flexible-start" in kinds:
        told.append(phrase("Flexible Start moves a run as a whole to its best start."))
    if "pause-resume" in kinds:
        told.append(phrase(
            "Pause & Resume does a run's work in the cheapest intervals, at its mean power. Paused time counts no "
            "energy: idle draw and the work of stopping and resuming are neglected. Pauses are told for an hour of "
            "work."
        ))  # fmt: skip
        if any(run.item.run.power_w for run in best.runs):
            told.append(phrase("Its saving is against the same mean power at the real start."))
    told.append(phrase("All of this looks back: whoever plans ahead has forecasts only."))
    if shifts[0].signal == "average":
        told.append(phrase(
            "The intensity is an average; marginal intensity tells what moving a load changes on the grid."
        ))  # fmt: skip
    return " ".join(told)


def window_words(shift: Shift) -> str:
    """The window as a reader takes it: ``up to 24h later``."""
    told, colon, value = shift.window.partition(":")
    if colon and told == "total":
        return phrase("{duration} in total", duration=display.short(clean(value), 40))
    if colon:
        return phrase("until {moment}", moment=display.short(clean(value), 40))
    if told.endswith("%"):
        return phrase("up to {share} longer", share=display.per_cent(told.rstrip("% ")))
    return phrase("up to {duration} later", duration=display.short(clean(told), 40))


def _saving(share: float | None) -> str:
    if share is None:
        return ""
    return phrase("none") if share < LEAST_SAVING else display.per_cent(f"{100 * share:.3g}")


def _wait_s(run: ShiftedRun) -> float:
    return (run.intervals[0][0] - run.start).total_seconds() if run.start is not None else 0.0


def _start(run: ShiftedRun) -> str:
    if run.start is None:
        return phrase("not moved")
    wait, first = _wait_s(run), run.intervals[0][0]
    if wait < 1:
        return _as_made()
    when = f"{display.date(first)} {first:%H:%M} UTC"
    return phrase("{moment}, {wait} later", moment=when, wait=display.duration(wait))


def _pauses(kind: str, number: int, per_hour: float | None) -> str:
    if kind != "pause-resume":
        return ""
    if per_hour is None or not number:
        return display.whole(number)
    return phrase("{number}, {rate} an hour", number=display.whole(number), rate=display.times(per_hour))


def document(shift: Shift) -> dict[str, Any]:
    """One strategy as plain data: the keys of every scenario, and those of moving in time."""
    return {
        "kind": shift.kind,
        "key": clean(shift.window),
        "label": f"{NAMES[shift.kind]}, {window_words(shift)}",
        "energy_kwh": shift.energy.value,
        "emissions_kg": shift.emissions.value,
        "emissions_low_kg": shift.emissions.low,
        "emissions_high_kg": shift.emissions.high,
        "ratio": None if shift.saving is None else 1 - shift.saving,
        "boundary": shift.boundary,
        "signal": shift.signal,
        "baseline_kg": shift.baseline.value,
        "saving": shift.saving,
        "pauses": shift.pauses,
        "pauses_per_hour": shift.pauses_per_hour,
        "runs": [_run(run) for run in shift.runs],
    }


def _run(run: ShiftedRun) -> dict[str, Any]:
    return {
        "id": clean(run.item.run.id),
        "source": clean(run.item.run.source),
        "line": run.item.run.line,
        "moved": run.start is not None,
        "real_start": _moment(run.start),
        "start": _moment(run.intervals[0][0]) if run.intervals else None,
        "end": _moment(run.intervals[-1][1]) if run.intervals else None,
        "baseline_kg": run.baseline.value,
        "emissions_kg": run.emissions.value,
        "saving": run.saving,
        "pauses": run.pauses,
        "intervals": [[_moment(start), _moment(end)] for start, end in run.intervals],
    }


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
