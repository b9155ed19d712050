"""Monte Carlo of the same figures: draws every cause, multiplies and adds up without the first-order approximation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter import units
from reporter.footprint import of_factor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporter.factors import Factor
    from reporter.footprint import Amount, RunFootprint

DRAWS = 20_000
SEED = 20_200_605  # fixed, so that the same logs give the same figures
#: A range holds the true value in 95 of 100 cases: its ends are so many standard deviations off, on either side.
SIGMAS = 1.959963984540054


def simulate(
    runs: Iterable[RunFootprint], prices: Iterable[Factor | None], draws: int = DRAWS
) -> dict[str, tuple[float, float]]:
    """The ends of the middle 95 % of energy (kWh), emissions (kg CO2e) and social cost (money), by Monte Carlo.

    Each cause is drawn from a two-piece normal distribution: its median is the figure, its 2.5 and 97.5 % points the
    ends of the range (Wallis 2014, doi 10.1214/13-STS417, on that family). A cause that runs share is drawn once a
    draw, one of their own once a run. Energies, intensities and emissions below 0, and a PUE below 1, are cut there.
    ``prices`` are the social costs by run, None where there is none.
    """
    import numpy

    chance = numpy.random.default_rng(SEED)
    shared: dict[str, Any] = {}

    def drawn(amount: Amount, least: float | None = 0.0) -> Any:
        values = numpy.full(draws, amount.value)
        for part in amount.causes:
            normal = shared.get(part.cause) if part.shared else chance.standard_normal(draws)
            if normal is None:
                normal = shared[part.cause] = chance.standard_normal(draws)
            values += numpy.where(normal < 0, part.down, part.up) * normal / SIGMAS
        return values if least is None else numpy.maximum(values, least)

    sums = {name: numpy.zeros(draws) for name in ("energy", "emissions", "social cost")}
    for run, price in zip(runs, prices, strict=True):
        energy = drawn(run.it_energy) if run.it_energy else None
        if energy is not None and run.pue is not None:
            energy = energy * drawn(run.pue, 1.0)
        emitted = _emitted(run, energy, drawn)
        if energy is not None:
            sums["energy"] += energy
        if emitted is not None:
            sums["emissions"] += emitted
        if emitted is not None and price is not None:
            mass = price.unit.partition("/")[2]
            sums["social cost"] += emitted * units.factor("kgCO2e", mass) * drawn(of_factor(price), None)
    return {name: _ends(numpy.quantile(values, (0.025, 0.975))) for name, values in sums.items() if values.any()}


def _emitted(run: RunFootprint, energy: Any, drawn: Any) -> Any:
    """Emissions of one run: energy times intensity where we computed them, else the tracker's claim in its range."""
    if run.emissions is None:
        return None
    if run.emissions.basis == "reported" or run.intensity is None or energy is None:
        return drawn(run.emissions)
    return energy * drawn(run.intensity) / 1e3


def _ends(quantiles: Any) -> tuple[float, float]:
    low, high = quantiles
    return float(low), float(high)
