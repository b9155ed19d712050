"""Checks that need no outside data: they find slips of units, runs counted twice, and claims that do not hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reporter import factors
from reporter.assess.emissions import SMALLEST_KWH
from reporter.assess.energy import design_power
from reporter.errors import Finding, Level, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reporter.footprint import RunFootprint

#: Mean power of one run outside of this is a slip of units rather than a machine: W.
PLAUSIBLE_POWER_W = (0.05, 50_000.0)
#: Grids lie between hydropower and peat; more or less is a slip of units: gCO2e/kWh.
PLAUSIBLE_INTENSITY_G = (1.0, 1500.0)
PLAUSIBLE_DURATION_S = 10 * 365.25 * 86_400.0
#: How far the tracker's claim may lie from our figure before it is told.
TOLERATED = 0.10
#: Boards are built and set to more than their model's reference design; twice as much is a slip.
TOLERATED_GPU_POWER = 1.5


def findings(runs: Sequence[RunFootprint]) -> list[Finding]:
    """All checks over all runs; each kind is told once, with how many runs it concerns and the first of them."""
    design: dict[str, float | None] = {}
    return [
        *_each(runs, "CR034", "note", "their duration is not told, or is 0", lambda run: not run.run.duration_s),
        *_each(runs, "CR031", "warning", _power_text(), lambda run: not _plausible_power(run)),
        *_each(runs, "CR031", "warning", _GPU_TEXT, lambda run: _beyond_its_gpus(run, design)),
        *_without_design_power(runs),
        *_each(runs, "CR032", "warning", _intensity_text(), lambda run: not _plausible_intensity(run)),
        *_each(runs, "CR035", "warning", "their values lie beyond any machine's", _beyond),
        *_claims(runs),
    ]


def _each(
    runs: Sequence[RunFootprint], code: str, level: Level, text: str, concerned: Callable[[RunFootprint], bool]
) -> list[Finding]:
    found = [run for run in runs if run.it_energy is not None and concerned(run)]
    if not found:
        return []
    return [Finding(code, level, f"{len(found)} of {len(runs)} runs: {text}", _where(found[0]))]


def _where(item: RunFootprint) -> str:
    return f"{plain(item.run.source)}:{item.run.line}" if item.run.line else plain(item.run.source)


def mean_power_w(energy_kwh: float, duration_s: float) -> float:
    """Mean power in W: energy over duration."""
    return energy_kwh * 3.6e6 / duration_s


def _plausible_power(run: RunFootprint) -> bool:
    energy, duration = run.it_energy, run.run.duration_s
    if energy is None or duration is None or duration < 1:
        return True
    low, high = PLAUSIBLE_POWER_W
    return low <= mean_power_w(energy.value, duration) <= high


def _power_text() -> str:
    return "mean power is below 0.05 W or above 50 kW; the energy may be in another unit, or was not measured"


_GPU_TEXT = (
    "the mean power of the GPUs is far above their design power; the energy may be in another unit (Wh for kWh is "
    "1000 times), or that of more GPUs"
)


def _beyond_its_gpus(run: RunFootprint, design: dict[str, float | None]) -> bool:
    """Whether GPUs drew more on average than they are designed for, by more than boards are known to exceed it.

    ``design`` remembers the design power of each model in W.
    """
    told = run.run
    if told.gpu_model is None or told.gpu_energy_kwh is None or not told.duration_s or told.duration_s < 1:
        return False
    if told.gpu_model not in design:
        found = factors.tdp(told.gpu_model, "gpu")
        design[told.gpu_model] = (found.high or found.value) if found else None
    most = design[told.gpu_model]
    mean = mean_power_w(told.gpu_energy_kwh, told.duration_s)
    return most is not None and mean > most * max(1.0, told.gpu_count or 1.0) * TOLERATED_GPU_POWER


def _without_design_power(runs: Sequence[RunFootprint]) -> list[Finding]:
    """Estimated runs whose hardware no table knows: which model, and how to tell its power."""
    unknown: dict[str, RunFootprint] = {}
    for item in runs:
        if item.it_energy is None:
            for device in item.run.devices:
                if design_power(device) is None:
                    unknown.setdefault(device.model or device.kind, item)
    text = "no table has the design power of '{}', so the run has no energy; tell it in the log (power_w = 300)"
    return [Finding("CR013", "warning", text.format(plain(model, 60)), _where(item)) for model, item in unknown.items()]


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
