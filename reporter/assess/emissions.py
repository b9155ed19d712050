"""Emissions: energy times carbon intensity, and the tracker's own claim beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reporter.footprint import Amount, Part, ranged, weakest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint
    from reporter.run import Run


#: Less energy than this, in kWh, is that of no run; dividing by it says nothing.
SMALLEST_KWH = 1e-15


def computed(energy: Amount | None, intensity: Amount | None) -> Amount | None:
    """Emissions in kg CO2e: energy (kWh, with PUE) x intensity (gCO2e/kWh) / 1000; None where one is not known.

    As Strubell et al. (2019) and Lacoste et al. (2019) compute it.
    """
    if energy is None or intensity is None:
        return None
    return energy.times(intensity, "kgCO2e", 1e-3)._replace(basis=weakest((energy.basis, "estimated")))


def reported(run: Run, ours: Amount | None) -> Amount | None:
    """The tracker's claim in kg CO2e, None where it made none.

    Trackers give no range. Where we can compute the same run from its country, the range spans both figures and the
    range of ours, so that it shows how far the choice of the intensity alone carries.
    """
    claim = run.reported_emissions_kg
    if claim is None:
        return None
    if ours is None or ours.low is None or ours.high is None:
        return Amount(claim, "kgCO2e", basis="reported")
    down, up = claim - min(claim, ours.low), max(claim, ours.high) - claim
    part = Part("the tracker's figure against ours", down, up)
    return ranged(claim, "kgCO2e", (part,), "reported", ours.factors)


def implied_intensity(emissions: Amount, energy: Amount | None) -> Amount | None:
    """The intensity in gCO2e/kWh that the tracker must have used: its emissions over the energy with PUE."""
    if energy is None or energy.value <= SMALLEST_KWH:
        return None
    return Amount(1e3 * emissions.value / energy.value, "gCO2e/kWh", basis="reported")


def mean_intensity(runs: Sequence[RunFootprint]) -> Amount | None:
    """Emissions over energy in gCO2e/kWh, of the runs that tell both; None where none does."""
    known = [run for run in runs if run.energy and run.emissions and run.intensity]
    energy = math.fsum(run.energy.value for run in known if run.energy)
    if not known or energy <= SMALLEST_KWH:
        return None
    emitted = math.fsum(run.emissions.value for run in known if run.emissions)
    used = [run.intensity for run in known if run.intensity]
    factors = tuple(dict.fromkeys(factor for amount in used for factor in amount.factors))
    return Amount(1e3 * emitted / energy, "gCO2e/kWh", basis=weakest(amount.basis for amount in used), factors=factors)
