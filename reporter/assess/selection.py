"""Some of the runs, or all, added up: the figures that are sums and means of runs and need nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.assess import energy
from reporter.assess.emissions import mean_intensity
from reporter.footprint import Footprint, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint


def summed_up(runs: Sequence[RunFootprint]) -> Footprint:
    """The footprint of these runs alone: durations, energies, emissions, mean PUE and intensity; no analyses."""
    claims = [run.run.reported_emissions_kg for run in runs]
    return Footprint(
        runs=tuple(runs),
        inputs=(),
        findings=(),
        duration_s=energy.summed([run.run.duration_s for run in runs]),
        it_energy=total(run.it_energy for run in runs),
        energy=total(run.energy for run in runs),
        parts=energy.parts([run.run for run in runs]),
        pue=energy.mean_pue(runs),
        intensity=mean_intensity(runs),
        emissions=total(run.emissions for run in runs),
        reported_emissions_kg=None if None in claims else energy.summed(claims),
        computed=total(run.computed for run in runs) if all(run.computed for run in runs) else None,
        social_cost=None,
        equivalents=(),
        groups=(),
    )
