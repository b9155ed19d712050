"""The Footprint: what was computed from the runs. Every figure bears unit, range, basis and its factors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporter.errors import Finding
    from reporter.factors import Factor
    from reporter.run import Basis, Input, Run

_WEAKEST: tuple[Basis, ...] = ("assumed", "estimated", "reported", "measured")


class Amount(NamedTuple):
    """A figure: its value in ``unit``, the ends of its range where they are known, and how it came to be known."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    basis: Basis = "reported"
    factors: tuple[Factor, ...] = ()

    def times(self, other: Amount, unit: str, scale: float = 1.0) -> Amount:
        """The product of two figures in a new unit; ``scale`` converts (kWh x g/kWh to kg: 1e-3).

        The range takes both low ends and both high ends: an outer bound, whatever the two have in common.
        """
        ranged = self.low is not None or other.low is not None
        return Amount(
            self.value * other.value * scale,
            unit,
            _low(self) * _low(other) * scale if ranged else None,
            _high(self) * _high(other) * scale if ranged else None,
            weakest((self.basis, other.basis)),
            _merged((*self.factors, *other.factors)),
        )


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum of figures of one unit; None where there is none. Low and high ends add up, as for shared factors."""
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return None
    ranged = any(amount.low is not None for amount in known)
    return Amount(
        math.fsum(amount.value for amount in known),
        known[0].unit,
        math.fsum(map(_low, known)) if ranged else None,
        math.fsum(map(_high, known)) if ranged else None,
        weakest(amount.basis for amount in known),
        _merged(factor for amount in known for factor in amount.factors),
    )


def weakest(bases: Iterable[Basis]) -> Basis:
    """The least certain of several ways of knowing, which is that of their combination."""
    return min(bases, key=_WEAKEST.index)


def _low(amount: Amount) -> float:
    return amount.value if amount.low is None else amount.low


def _high(amount: Amount) -> float:
    return amount.value if amount.high is None else amount.high


def _merged(factors: Iterable[Factor]) -> tuple[Factor, ...]:
    return tuple(dict.fromkeys(factors))


@dataclass(frozen=True, slots=True)
class RunFootprint:
    """One run, assessed. ``energy`` (kWh) includes the PUE; ``emissions`` (kg CO2e) is the figure that is reported.

    ``computed`` is energy x intensity of the run's country from our own factors, beside whatever the tracker said.
    """

    run: Run
    country: str | None
    it_energy: Amount | None
    pue: Amount | None
    energy: Amount | None
    intensity: Amount | None
    emissions: Amount | None
    computed: Amount | None


class SocialCost(NamedTuple):
    """The social cost of the emissions: in money of a fixed year; the range is that of the series."""

    series: str
    country: str | None  # the country whose damage alone is counted, or None for the world's
    amount: Amount
    factor: Factor


class Equivalent(NamedTuple):
    """The emissions as so much of something familiar: ``amount`` in the factor's unit of activity (km, litres)."""

    factor: Factor
    amount: Amount


class Group(NamedTuple):
    """Runs that share a label's value, added up."""

    name: str
    runs: int
    duration_s: float | None
    it_energy: Amount | None
    energy: Amount | None
    emissions: Amount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Everything there is to report, in kWh, kg CO2e, s and money; None is *not known*, never 0."""

    runs: tuple[RunFootprint, ...]
    inputs: tuple[Input, ...]
    findings: tuple[Finding, ...]
    duration_s: float | None
    it_energy: Amount | None
    energy: Amount | None
    parts: dict[str, float]  # energy of cpu, gpu, ram in kWh without PUE, where every run tells it
    pue: Amount | None  # energy-weighted mean over the runs
    intensity: Amount | None  # emissions over energy, gCO2e/kWh
    emissions: Amount | None
    reported_emissions_kg: float | None
    computed: Amount | None
    social_cost: SocialCost | None
    equivalents: tuple[Equivalent, ...]
    groups: tuple[Group, ...]
    group_by: tuple[str, ...] = ()

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Every published figure that went in, once, so that the list of sources cannot forget one."""
        amounts = [self.energy, self.emissions, self.computed, self.social_cost and self.social_cost.amount]
        amounts += [item.amount for item in self.equivalents]
        return _merged(factor for amount in amounts if amount for factor in amount.factors)

    @property
    def trackers(self) -> tuple[str, ...]:
        """Names of the trackers whose logs were read, in order of appearance."""
        return tuple(dict.fromkeys(item.tracker for item in self.inputs))
