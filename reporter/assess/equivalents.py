"""Relatable equivalents: the emissions as car-kilometres, flights, litres of petrol, each with its edition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import factors, units
from reporter.footprint import Amount, Equivalent

if TYPE_CHECKING:
    from reporter.factors import Factor


def equivalents(emissions: Amount | None, locale: str) -> tuple[Equivalent, ...]:
    """What a locale (us, eu, uk) knows, in printing order; none where no emissions are known."""
    if emissions is None:
        return ()
    return tuple(Equivalent(factor, equivalent(emissions, factor)) for factor in factors.equivalents(locale))


def equivalent(emissions: Amount, factor: Factor) -> Amount:
    """Emissions (kg CO2e) over a factor (kg CO2e a unit of activity) in that unit; the ends of both ranges combined."""
    mass, _, activity = factor.unit.partition("/")
    mass = mass.partition(" ")[0]  # "kgCO2 sequestered" is a mass of CO2
    scale = units.factor("kgCO2e", mass)
    low = emissions.low if emissions.low is not None else emissions.value
    high = emissions.high if emissions.high is not None else emissions.value
    ranged = emissions.low is not None or factor.low is not None
    return Amount(
        emissions.value * scale / factor.value,
        activity,
        low * scale / (factor.high or factor.value) if ranged else None,
        high * scale / (factor.low or factor.value) if ranged else None,
        "estimated",
        (factor,),
    )
