"""What the analyses find: life cycle, indicators, scenarios, budgets and others, as plain tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from reporter.footprint import RunFootprint
    from reporter.footprint.amount import Amount
    from reporter.footprint.shown import Group, Spread


class SeriesUse(NamedTuple):
    """An intensity series and how it was used: what it is, the share of all energy that it covers, what weighed it."""

    paths: tuple[str, ...]
    provider: str
    zone: str | None
    signal: Literal["average", "marginal"]  # marginal: what one more kilowatt-hour causes, never added to the other
    boundary: str  # lifecycle, direct, or that it is not told
    unit: str
    step_s: float
    steps: int
    first: datetime
    last: datetime
    coverage: float
    partly: int  # runs that it covers in part
    traced: int  # runs weighted by the energy of their traces, the others by time
    runs: int


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


class ShiftedRun(NamedTuple):
    """One run at another time: its real start (None: it cannot be moved), its intervals of work there, kg CO2e.

    ``baseline`` is what it emits at the real start; ``window`` the steps (s since that start, s, g/kWh) to choose from.
    """

    item: RunFootprint
    start: datetime | None
    intervals: tuple[tuple[datetime, datetime], ...]
    baseline: Amount
    emissions: Amount
    saving: float | None
    pauses: int
    window: tuple[tuple[float, float, float], ...] = ()  # of the run that emits most alone


class Shift(NamedTuple):
    """All runs at another time, each moved by itself: ``kind`` is flexible-start or pause-resume, ``window`` as asked.

    ``saving`` is the share of ``baseline`` that is not emitted; ``pauses_per_hour`` those of an hour of work.
    """

    kind: str
    window: str
    runs: tuple[ShiftedRun, ...]
    energy: Amount
    baseline: Amount
    emissions: Amount
    saving: float | None
    pauses: int
    pauses_per_hour: float | None
    signal: Literal["average", "marginal"]
    boundary: str


class Phase(NamedTuple):
    """The runs of one phase of a model's life; ``name`` is empty where they tell none, ``share`` is of all energy."""

    name: str
    runs: int
    duration_s: float | None
    energy: Amount | None
    emissions: Amount | None
    share: float | None


class Term(NamedTuple):
    """One term of the life cycle: kWh with PUE, and kg CO2e."""

    energy: Amount | None
    emissions: Amount | None


class Overhead(NamedTuple):
    """Theta of one model: what training takes for each of ``items``, over what an inference takes."""

    model: str
    theta: float
    items: float
    training: Amount
    per_call: Amount


class LifeCycle(NamedTuple):
    """E_life = CT + T + I x e: the phases, the formula's terms, and the calls after which use outweighs training."""

    phases: tuple[Phase, ...]
    before: Term  # CT
    training: Term  # T
    calls_logged: float | None
    per_call: Term | None  # e
    expected_calls: float | None
    use: Term | None  # I x e, or without expected calls the inference that was logged
    life: Term
    break_even_calls: float | None  # of the final training
    break_even_calls_all: float | None  # of everything up to it
    all_over_final: float | None
    overheads: tuple[Overhead, ...]


#: What the energy of the energy-precision ratio is of.
Served = Literal["inference", "item", "run"]


class Computing(NamedTuple):
    """Computing resources of a run as far as told: counts, a share (0 to 1), s, and quality for a million items."""

    parameters: float | None
    flops: float | None
    utilisation: float | None
    duration_s: float | None
    items: float | None
    data_efficiency: float | None


class Indicator(NamedTuple):
    """One run's indicators: EPI ``per_item`` in kWh, and for each alpha M and the place that it gives (1 is best).

    ``pareto``: no other run is as good in error and energy and better in one of them.
    """

    item: RunFootprint
    metric: float | None
    error: float | None
    per_item: Amount | None
    ratios: tuple[Amount, ...]
    ranks: tuple[int, ...]
    pareto: bool
    computing: Computing


class ModelEmissions(NamedTuple):
    """A model on a dataset (empty: not told): the mean of its metric, and kg CO2e by what its runs were for."""

    model: str
    dataset: str
    runs: int
    metric: float | None
    training: Amount | None
    inference: Amount | None
    other: Amount | None


class Indicators(NamedTuple):
    """Indicators of all runs; EPI is the energy of what was ``served``: inferences or items where all tell them."""

    metric: str | None
    lower: bool  # the metric is an error: less is better
    per_cent: bool
    alphas: tuple[float, ...]
    served: Served
    runs: tuple[Indicator, ...]
    models: tuple[ModelEmissions, ...]


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


class Significance(NamedTuple):
    """A test of two groups: its name, and the two-sided p-value."""

    test: str
    p: float


class Contrast(NamedTuple):
    """The second of two groups less the first, in ``unit``: difference of means, 95 % interval, tests, conclusion."""

    quantity: str
    unit: str
    names: tuple[str, str]
    first: Spread
    second: Spread
    difference: float
    ratio: float | None
    interval: tuple[float, float] | None
    tests: tuple[Significance, ...]
    conclusion: Literal["few", "alike", "unclear", "differ"]


class Summary(NamedTuple):
    """One variable over the runs of an experiment, in ``unit``; ``best``: no experiment beside it has a better mean."""

    name: str
    unit: str
    spread: Spread | None  # None: no run tells it
    best: bool


class Experiment(NamedTuple):
    """One branch of the author's tree, with all its runs and those of its children; its name is the path's."""

    path: tuple[str, ...]
    description: str  # Markdown
    group: Group
    summaries: tuple[Summary, ...]
