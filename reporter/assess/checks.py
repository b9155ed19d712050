"""Checks that need no outside data: they find slips of units, runs counted twice, and claims that do not hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reporter.assess.emissions import SMALLEST_KWH
from reporter.errors import Finding, Level, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reporter.footprint import RunFootprint

#: Mean power of one run outside of this is a slip of units rather than a machine: W.
PLAUSIBLE_POWER_W = (0.05, 50_000.0)
#: Grids lie between hydropower and peat; more or less is a slip of units: gCO2e/kWh.
PLAUSIBLE_INTENSITY_G = (1.0, 1500.0)
PLAUSIBLE_DURATION_S = 10 * 365.25 * 86_400.0
#: How far the tracker's claim may lie from our figure before it is told.
TOLERATED = 0.10


def findings(runs: Sequence[RunFootprint]) -> list[Finding]:
    """All checks over all runs; each kind is told once, with how many runs it concerns and the first of them."""
    return [
        *_each(runs, "CR034", "note", "their duration is not told, or is 0", lambda run: not run.run.duration_s),
        *_each(runs, "CR031", "warning", _power_text(), lambda run: not _plausible_power(run)),
        *_each(runs, "CR032", "warning", _intensity_text(), lambda run: not _plausible_intensity(run)),
        *_each(runs, "CR035", "warning", "their values lie beyond any machine's", _beyond),
        *_overlaps(runs),
        *_claims(runs),
    ]


def _each(
    runs: Sequence[RunFootprint], code: str, level: Level, text: str, concerned: Callable[[RunFootprint], bool]
) -> list[Finding]:
    found = [run for run in runs if run.run.energy_kwh is not None and concerned(run)]
    if not found:
        return []
    first = found[0].run
    where = f"{plain(first.source)}:{first.line}" if first.line else plain(first.source)
    return [Finding(code, level, f"{len(found)} of {len(runs)} runs: {text}", where)]


def mean_power_w(energy_kwh: float, duration_s: float) -> float:
    """Mean power in W: energy over duration."""
    return energy_kwh * 3.6e6 / duration_s


def _plausible_power(run: RunFootprint) -> bool:
    energy, duration = run.run.energy_kwh, run.run.duration_s
    if energy is None or duration is None or duration < 1:
        return True
    low, high = PLAUSIBLE_POWER_W
    return low <= mean_power_w(energy, duration) <= high


def _power_text() -> str:
    return "mean power is below 0.05 W or above 50 kW; the energy may be in another unit, or was not measured"


def _plausible_intensity(run: RunFootprint) -> bool:
    claim, energy = run.run.reported_emissions_kg, run.energy
    if not claim or energy is None or energy.value <= SMALLEST_KWH:
        return True
    low, high = PLAUSIBLE_INTENSITY_G
    return low <= 1e3 * claim / energy.value <= high


def _intensity_text() -> str:
    return "the tracker's emissions over its energy lie outside of 1 to 1,500 gCO₂e/kWh; one may be in another unit"


def _beyond(run: RunFootprint) -> bool:
    duration, gpus = run.run.duration_s or 0.0, run.run.gpu_count or 0.0
    return not 0 <= duration <= PLAUSIBLE_DURATION_S or not 0 <= gpus <= 1e6


def _overlaps(runs: Sequence[RunFootprint]) -> list[Finding]:
    """Runs that metered one machine as a whole at the same time: its energy is counted in each of them."""
    by_machine: dict[tuple[str | None, ...], list[tuple[float, float]]] = {}
    for item in runs:
        run = item.run
        if run.machine_wide and run.started_at and run.ended_at and run.duration_s:
            machine = (run.tracker, run.cpu_model, run.gpu_model, run.system, str(run.cpu_count))
            start = run.started_at.timestamp()
            by_machine.setdefault(machine, []).append((start, start + run.duration_s))
    count = sum(_overlapping(sorted(spans)) for spans in by_machine.values())
    if not count:
        return []
    text = "overlap in time with another on the same kind of machine; was it one, its energy is counted twice"
    return [Finding("CR014", "warning", f"{count} of {len(runs)} runs {text}", None)]


def _overlapping(spans: Iterable[tuple[float, float]]) -> int:
    """How many spans begin well before an earlier one has ended; logs tell whole seconds, so 2 s mean nothing."""
    count, busy_until = 0, -math.inf
    for start, end in spans:
        count += start < busy_until - 2.0
        busy_until = max(busy_until, end)
    return count


def _claims(runs: Sequence[RunFootprint]) -> list[Finding]:
    """The trackers' claims against our figures for the same runs, told where they differ by more than a tenth."""
    both = [(run.run.reported_emissions_kg, run.computed) for run in runs]
    known = [(claim, ours.value) for claim, ours in both if claim is not None and ours is not None]
    claimed, computed = math.fsum(claim for claim, _ in known), math.fsum(ours for _, ours in known)
    if not known or not computed or abs(claimed / computed - 1) <= TOLERATED:
        return []
    side = "above" if claimed > computed else "below"
    share = abs(claimed / computed - 1)
    text = (f"the tracker's {claimed:.4g} kg CO₂e are {share:.0%} {side} the {computed:.4g} kg that energy, PUE and "
            "intensity give here; see which intensity and year it used")  # fmt: skip
    return [Finding("CR100", "warning", text, None)]
