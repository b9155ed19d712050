"""Relatable equivalents: the emissions as car-kilometres, flights, litres of petrol, each with its edition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import factors, units
from reporter.footprint import Amount, Equivalent, Part, ranged

if TYPE_CHECKING:
    from reporter.factors import Factor


def equivalents(emissions: Amount | None, locale: str) -> tuple[Equivalent, ...]:
    """What a locale (us, eu, uk) knows, in printing order; none where no emissions are known."""
    if emissions is None:
        return ()
    return tuple(Equivalent(factor, equivalent(emissions, factor)) for factor in factors.equivalents(locale))


def equivalent(emissions: Amount, factor: Factor) -> Amount:
    """Emissions (kg CO2e) over a factor (kg CO2e a unit of activity) in that unit, with both ranges."""
    mass, _, activity = factor.unit.partition("/")
    mass = mass.partition(" ")[0]  # "kgCO2 sequestered" is a mass of CO2
    scale = units.factor("kgCO2e", mass) / factor.value
    down = 1 - factor.value / (factor.high or factor.value)
    up = factor.value / (factor.low or factor.value) - 1
    known = () if factor.low is None and factor.high is None else (Part(f"equivalent {factor.key}", down, up),)
    one = ranged(1.0, activity, known, "estimated", (factor,))
    return emissions._replace(factors=()).times(one, activity, scale)._replace(basis="estimated")
