"""What every report shows besides its amounts: social cost, equivalents, groups and their spread, as plain tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reporter.factors import Factor
    from reporter.footprint.amount import Amount


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


class Equivalent(NamedTuple):
    """The emissions as so much of something familiar: ``amount`` in the factor's unit of activity (km, litres)."""

    factor: Factor
    amount: Amount


class Spread(NamedTuple):
    """A quantity over the runs of a group: how many tell it, its total, mean, sample standard deviation, and order."""

    n: int
    total: float
    mean: float
    deviation: float | None  # of n - 1; None for a single run
    least: float
    median: float
    most: float


class Group(NamedTuple):
    """Runs that share a label's value, added up, with how they spread."""

    name: str
    runs: int
    duration_s: float | None
    it_energy: Amount | None
    energy: Amount | None
    emissions: Amount | None
    members: tuple[int, ...] = ()  # places of its runs in the footprint
    energies: Spread | None = None  # with PUE, kWh
    releases: Spread | None = None  # kg CO2e
