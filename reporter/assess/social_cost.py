"""The social cost of carbon: what the emissions cost society, in money of a fixed year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import factors, units
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, SocialCost, of_factor, total
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint
    from reporter.options import Options

_OWN_VALUE = pattern(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]{3}[0-9]{0,4})\s*/\s*(\w+)\s*")


def social_costs(
    runs: Sequence[RunFootprint], options: Options
) -> tuple[tuple[SocialCost, ...], list[Finding]]:
    """Social cost of all runs by each series that the options name, each run at the value of its year.

    A series is a name (``epa2023``), a name and country (``ricke2018:USA``) or a value (``190 USD/t``), several parted
    by commas, or ``all``. The range is that of the series alone (discount rates, or its own quantiles), as Henderson et
    al. (2020) print it. Empty where no emissions are known. Raises ReportError for a series or country that is not
    there.
    """
    names = factors.series() if options.scc == "all" else [name.strip() for name in options.scc.split(",")]
    made = [_social_cost(runs, name, options.price_year) for name in names]
    found = dict.fromkeys(finding for _, findings in made for finding in findings)
    return tuple(cost for cost, _ in made if cost is not None), list(found)


def _social_cost(
    runs: Sequence[RunFootprint], choice: str, price_year: tuple[int, float] | None
) -> tuple[SocialCost | None, list[Finding]]:
    emitted = [run for run in runs if run.emissions is not None]
    years = {_year(run) for run in runs}
    factor_of = {year: _in_prices_of(_factor(choice, year or factors.UNKNOWN_YEAR), price_year) for year in years}
    if not emitted:
        return None, []
    prices = [(run.emissions, factor_of[_year(run)]) for run in emitted if run.emissions]
    whole = total(priced(emissions._replace(low=None, high=None, parts=()), factor) for emissions, factor in prices)
    combined = total(priced(emissions, factor) for emissions, factor in prices)
    assert whole is not None  # noqa: S101 - there is at least one emission
    assert combined is not None  # noqa: S101
    factor = factor_of[_year(emitted[0])]
    country = choice.partition(":")[2]
    code = factors.country(country) if country and not _OWN_VALUE.fullmatch(choice) else None
    cost = SocialCost(choice.partition(":")[0], code, whole, combined, factor)
    return cost, _findings(factor, code, years)


def _in_prices_of(factor: factors.Factor, price_year: tuple[int, float] | None) -> factors.Factor:
    """A cost in the prices of another year, by the ratio that the user gives."""
    if price_year is None:
        return factor
    year, ratio = price_year
    money, slash, mass = factor.unit.partition("/")
    return factor._replace(
        value=factor.value * ratio,
        low=None if factor.low is None else factor.low * ratio,
        high=None if factor.high is None else factor.high * ratio,
        unit=f"{money[:3]}{year}{money[7:]}{slash}{mass}",
        note=f"prices of {year}: times {ratio:g}, the author's ratio; {factor.note}",
    )


def price_of(run: RunFootprint, cost: SocialCost | None) -> factors.Factor | None:
    """The cost of a tonne at which a run's emissions were priced; None where they were not."""
    if cost is None or run.emissions is None:
        return None
    year = _year(run)
    own = [factor for factor in cost.amount.factors if factor.year == year]
    return own[0] if own else cost.factor


def priced(emissions: Amount, factor: factors.Factor) -> Amount:
    """Emissions (kg CO2e) times a cost of a tonne of CO2; a tonne of CO2e is priced as one of CO2."""
    money, _, mass = factor.unit.partition("/")
    cost = of_factor(factor)._replace(factors=(factor,) if factor.source else ())
    bare = emissions._replace(factors=())  # what the emissions rest on is told with them
    return bare.times(cost, money, units.factor("kgCO2e", mass))._replace(basis="estimated")


def _factor(choice: str, year: int) -> factors.Factor:
    own = _OWN_VALUE.fullmatch(choice)
    if own:
        mass = own[3] if "CO2" in own[3] else f"{own[3]}CO2e"
        try:
            units.factor("kgCO2e", mass)
            value = float(own[1])
        except (ReportError, ValueError) as error:
            raise ReportError(f"--scc {plain(choice)}: write a value such as '190 USD/t'") from error
        unit = f"{own[2].upper()}/{mass}"
        return factors.Factor("social_cost", "own", "the author's own value", value, None, None, unit, None, "", "", "")
    series, _, country = choice.partition(":")
    if series not in factors.series():
        known = ", ".join(factors.series())
        raise ReportError(f"--scc {plain(choice)}: known series are {known}; or write a value such as '190 USD/t'")
    return factors.social_cost(series, country or None, year)


def _year(run: RunFootprint) -> int | None:
    when = run.run.started_at or run.run.ended_at
    return when.year if when else None


def _findings(factor: factors.Factor, country: str | None, years: set[int | None]) -> list[Finding]:
    found = []
    if country:
        name = factors.country_name(country)
        found.append(Finding("CR106", "note", f"the social cost counts damage in {name} alone, not worldwide", None))
    if None in years and factor.source:
        text = f"a run tells no year; its social cost is that of {factors.UNKNOWN_YEAR}"
        found.append(Finding("CR105", "note", text, None))
    if factor.key == "iwg2021":
        found.append(Finding("CR109", "note", "IWG 2021 was withdrawn as US policy in January 2025", None))
    if factor.value < 0:
        text = f"{factor.label}: the median is below 0, a gain to that country; it stands as published"
        found.append(Finding("CR119", "note", text, None))
    return found
