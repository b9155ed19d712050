"""The Footprint: what was computed from the runs. Every figure bears unit, range, basis and its factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import reporter
from reporter.footprint.amount import (
    MOST_DIGITS,
    Amount,
    Part,
    merged,
    of_factor,
    ranged,
    significant_digits,
    total,
    weakest,
)
from reporter.footprint.shown import Equivalent, Group, SocialCost, Spread

if TYPE_CHECKING:
    import pandas as pd

    from reporter.errors import Finding
    from reporter.factors import Factor, Reference
    from reporter.footprint.analyses import (
        Budget,
        Computing,
        Contracts,
        Contrast,
        Contribution,
        Experiment,
        Indicator,
        Indicators,
        Intensity,
        LifeCycle,
        ModelEmissions,
        Overhead,
        Phase,
        Scenario,
        SeriesUse,
        Served,
        Shift,
        ShiftedRun,
        Significance,
        Summary,
        Term,
    )
    from reporter.quotient import Quotient
    from reporter.run import Input, Run

__all__ = [
    "MOST_DIGITS",
    "Amount",
    "Budget",
    "Computing",
    "Contracts",
    "Contrast",
    "Contribution",
    "Equivalent",
    "Experiment",
    "Footprint",
    "Group",
    "Indicator",
    "Indicators",
    "Intensity",
    "LifeCycle",
    "ModelEmissions",
    "Overhead",
    "Part",
    "Phase",
    "RunFootprint",
    "Scenario",
    "SeriesUse",
    "Served",
    "Shift",
    "ShiftedRun",
    "Significance",
    "SocialCost",
    "Spread",
    "Summary",
    "Term",
    "of_factor",
    "ranged",
    "significant_digits",
    "total",
    "weakest",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """What an analysis finds: loaded with the first analysis, and not at all where there is none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from reporter.footprint import analyses

    return getattr(analyses, name)


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


class Picture(Protocol):
    """A figure: ``svg`` as a notebook shows it, ``words`` for who cannot see it, ``figure`` as matplotlib's."""

    @property
    def svg(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def figure(self) -> Any: ...


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
    experiments: tuple[Experiment, ...] = ()  # the author's tree, each branch before its children
    contrasts: tuple[Contrast, ...] = ()  # of two groups that were set against each other
    social_costs: tuple[SocialCost, ...] = ()  # by each series that was asked for, the first one first
    embodied: Amount | None = None  # kg CO2e of making the hardware, the runs' share
    sci: Intensity | None = None
    contracts: Contracts | None = None
    intensity_series: SeriesUse | None = None
    scenarios: tuple[Scenario, ...] = ()
    shifts: tuple[Shift, ...] = ()  # the same work at another time
    lifecycle: LifeCycle | None = None
    indicators: Indicators | None = None
    quotient: Quotient | None = None
    references: tuple[Reference, ...] = ()  # published models to compare with
    budgets: tuple[Budget, ...] = ()  # of energy, emissions and social cost, where the user asked for them

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Every published figure that went in, once, so that the list of sources cannot forget one."""
        amounts = [self.energy, self.emissions, self.computed, self.social_cost and self.social_cost.amount]
        amounts += [item.amount for item in self.equivalents]
        amounts += [cost.amount for cost in self.social_costs]
        amounts += [self.embodied]
        amounts += [scenario.emissions for scenario in self.scenarios if scenario.kind == "change"]
        return merged(factor for amount in amounts if amount for factor in amount.factors)

    def to_pandas(self) -> pd.DataFrame:
        """One row a run; the unit is the end of a column's name, and a label is a column ``label_NAME``."""
        made: pd.DataFrame = reporter.view("frame")(self)
        return made

    def figure(self, name: str) -> Picture:
        """A figure of the report, such as ``energy``, as a notebook shows it.

        Raises ReportError, which tells the names, where there is no data for one of that name.
        """
        made: Picture = reporter.view("figure")(self, name)
        return made

    def _repr_html_(self) -> str:
        made: str = reporter.view("page")(self)
        return made

    @property
    def trackers(self) -> tuple[str, ...]:
        """Names of the trackers whose logs were read, in order of appearance."""
        return tuple(dict.fromkeys(item.tracker for item in self.inputs))
