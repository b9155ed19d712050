"""The Footprint: what was computed from the runs. Every figure bears unit, range, basis and its factors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reporter.errors import Finding
    from reporter.factors import Factor
    from reporter.intensity_series import Series
    from reporter.run import Basis, Input, Run

_WEAKEST: tuple[Basis, ...] = ("assumed", "estimated", "reported", "measured")


class Part(NamedTuple):
    """One cause of a figure's range: how far it alone would move the figure down and up, in the figure's unit.

    ``shared``: the same for all runs (a grid, a PUE), so that it adds up over them. Not shared: each run's own, as the
    error of its meter, which partly cancels in a sum.
    """

    cause: str
    down: float
    up: float
    shared: bool = True


class Amount(NamedTuple):
    """A figure: its value in ``unit``, the ends of its range where they are known, and how it came to be known.

    The range is meant to hold the true value in 95 of 100 cases. Its ends combine the ``parts`` as independent errors
    are combined, by the root of the sum of their squares, on either side by itself (GUM, JCGM 100:2008, 5.1.2).
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    basis: Basis = "reported"
    factors: tuple[Factor, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def causes(self) -> tuple[Part, ...]:
        """The parts of the range; a range that was given whole is one part."""
        if self.parts or self.low is None or self.high is None:
            return self.parts
        return (Part(f"range of {self.unit}", self.value - self.low, self.high - self.value),)

    def times(self, other: Amount, unit: str, scale: float = 1.0) -> Amount:
        """The product of two figures in a new unit; ``scale`` converts (kWh x g/kWh to kg: 1e-3)."""
        parts = [*_scaled(self.causes, other.value * scale), *_scaled(other.causes, self.value * scale)]
        basis = weakest((self.basis, other.basis))
        return ranged(self.value * other.value * scale, unit, parts, basis, (*self.factors, *other.factors))


def ranged(
    value: float, unit: str, parts: Iterable[Part], basis: Basis, factors: Iterable[Factor] = ()
) -> Amount:
    """A figure with the range that its parts give; without parts it has none."""
    merged = _merged_parts(parts)
    low = value - math.hypot(*(part.down for part in merged)) if merged else None
    high = value + math.hypot(*(part.up for part in merged)) if merged else None
    return Amount(value, unit, low, high, basis, _merged(factors), merged)


def of_factor(factor: Factor, unit: str | None = None) -> Amount:
    """A published figure as an Amount of basis *estimated*; its own range is one part, shared by all who use it."""
    down = factor.value - (factor.value if factor.low is None else factor.low)
    up = (factor.value if factor.high is None else factor.high) - factor.value
    known = factor.low is not None or factor.high is not None
    parts = (Part(f"{factor.kind} {factor.key}", down, up),) if known else ()
    return ranged(factor.value, unit or factor.unit, parts, "estimated", (factor,))


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum of figures of one unit; None where there is none.

    What the figures share (a grid, a PUE) adds up; what is each one's own (the error of a meter) is combined by the
    root of the sum of squares.
    """
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return None
    value = math.fsum(amount.value for amount in known)
    factors = (factor for amount in known for factor in amount.factors)
    parts = [part for amount in known for part in amount.causes]
    return ranged(value, known[0].unit, parts, weakest(amount.basis for amount in known), factors)


def _scaled(parts: Iterable[Part], by: float) -> list[Part]:
    """Parts of a figure that is multiplied; a factor below 0 turns their sides."""
    if by < 0:
        return [Part(part.cause, -by * part.up, -by * part.down, part.shared) for part in parts]
    return [Part(part.cause, by * part.down, by * part.up, part.shared) for part in parts]


def _merged_parts(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Each cause once: shared ones added up, the others combined by the root of the sum of squares."""
    causes: dict[tuple[str, bool], list[Part]] = {}
    for part in parts:
        causes.setdefault((part.cause, part.shared), []).append(part)
    return tuple(
        same[0] if len(same) == 1 else Part(cause, *_together(same, math.fsum if shared else _root), shared)
        for (cause, shared), same in causes.items()
    )


def _together(parts: Sequence[Part], how: Callable[[Iterable[float]], float]) -> tuple[float, float]:
    return how([part.down for part in parts]), how([part.up for part in parts])


def _root(values: Iterable[float]) -> float:
    return math.hypot(*values)


def weakest(bases: Iterable[Basis]) -> Basis:
    """The least certain of several ways of knowing, which is that of their combination."""
    return min(bases, key=_WEAKEST.index)


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
    coverage: float | None = None  # the share of it that an intensity series covers, where one was given


class SeriesUse(NamedTuple):
    """An intensity series and how it was used: the share of all energy that it covers, and what it was weighted by."""

    series: Series
    coverage: float
    partly: int  # runs that it covers in part
    traced: int  # runs weighted by the energy of their traces, the others by time
    runs: int


class SocialCost(NamedTuple):
    """The social cost of the emissions, in money of a fixed year.

    The range of ``amount`` is that of the series alone, as Henderson et al. (2020) print it; that of ``combined`` holds
    what is uncertain about the emissions as well.
    """

    series: str
    country: str | None  # the country whose damage alone is counted, or None for the world's
    amount: Amount
    combined: Amount
    factor: Factor


class Intensity(NamedTuple):
    """Software carbon intensity (ISO/IEC 21031): kg CO2e per functional unit, and the two terms that it is made of."""

    amount: Amount
    number: float  # how many of the unit the runs served
    unit: str
    operational: Amount
    hardware: Amount | None


class Contracts(NamedTuple):
    """Gross and net in kg CO2e: by the grid, by contract, what was offset, and what is then left on paper."""

    location_based: Amount | None
    market_based: Amount | None
    offsets_kg: float | None
    net: Amount | None


class Scenario(NamedTuple):
    """The same work under another circumstance: ``kind`` is country, region or change; ``ratio`` is to this report's.

    ``energy`` in kWh with PUE, ``emissions`` in kg CO2e, ``boundary`` what its intensity counts (empty: as here).
    """

    kind: str
    key: str
    label: str
    energy: Amount
    emissions: Amount | None
    ratio: float | None
    boundary: str


class Contribution(NamedTuple):
    """One cause of a range: how far it alone moves the figure, relative to it, and its share of the variance."""

    cause: str
    down: float
    up: float
    share: float


class Budget(NamedTuple):
    """The uncertainty of one figure: the figure with its range, its causes, the largest first, and its digits.

    ``simulated`` are the ends of the range by Monte Carlo, where it was asked for.
    """

    quantity: str
    amount: Amount
    contributions: tuple[Contribution, ...]
    digits: int
    simulated: tuple[float, float] | None = None


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
    social_costs: tuple[SocialCost, ...] = ()  # by each series that was asked for, the first one first
    embodied: Amount | None = None  # kg CO2e of making the hardware, the runs' share
    sci: Intensity | None = None
    contracts: Contracts | None = None
    intensity_series: SeriesUse | None = None
    scenarios: tuple[Scenario, ...] = ()
    budgets: tuple[Budget, ...] = ()  # of energy, emissions and social cost, where the user asked for them

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Every published figure that went in, once, so that the list of sources cannot forget one."""
        amounts = [self.energy, self.emissions, self.computed, self.social_cost and self.social_cost.amount]
        amounts += [item.amount for item in (*self.equivalents, *self.social_costs)]
        amounts += [self.embodied]
        amounts += [scenario.emissions for scenario in self.scenarios if scenario.kind == "change"]
        return _merged(factor for amount in amounts if amount for factor in amount.factors)

    @property
    def trackers(self) -> tuple[str, ...]:
        """Names of the trackers whose logs were read, in order of appearance."""
        return tuple(dict.fromkeys(item.tracker for item in self.inputs))
