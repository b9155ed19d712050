"""The figures of the HTML page as data for its script, which computes them again for another place, PUE or price."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reporter import assets, factors, units
from reporter.footprint import MOST_DIGITS, of_factor
from reporter.patterns import pattern
from reporter.renderers import base, display, locales, tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporter.footprint import Amount, Footprint, RunFootprint, SocialCost
    from reporter.report import Report

#: Inside <script> these could end the element or begin a comment; JSON may write any character by its number.
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_SAID = pattern(r'\bsay\("([^"]+)"')


def text(report: Report) -> str:
    """The data as JSON that may stand in an HTML page."""
    told = json.dumps(data(report), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base.clean(told).translate(_ESCAPED)


def data(report: Report) -> dict[str, Any]:
    """What templates/report.js computes with: the runs as columns, the places, the prices, and how figures are written.

    An error is told once and by its number in ``errors``: a list of [cause, share of the figure down, and up];
    ``shared`` tells of each cause whether it adds up over runs.
    """
    footprint, errors, prices = report.footprint, _Errors(), _prices(report.footprint)
    return {
        "runs": _runs(footprint, errors),
        "groups": [list(group.members) for group in footprint.groups],
        "places": [_place(factor, errors) for factor in sorted(factors.intensities(), key=display.place)],
        "prices": prices,
        "equivalents": [_equivalent(item.factor) for item in tables.shown_equivalents(footprint)],
        "emissions": display.mass(footprint.emissions),
        "claim": display.mass(footprint.reported_emissions_kg) if footprint.reported_emissions_kg else "",
        "known": {"pue": _known(footprint.pue), "intensity": _known(footprint.intensity)},
        "sources": {key: factors.source(key).short for key in {factor.source for factor in factors.intensities()}},
        "errors": errors.listed,
        "shared": errors.shared,
        "written": _written({price["unit"][:3] for price in prices}),
        "words": _words(),
    }


def _written(monies: set[str]) -> dict[str, Any]:
    """How the page writes numbers: units by size, signs of money, of decimals and thousands, significant digits."""
    told, signs = locales.current(), {code: display.SIGNS.get(code, f"{code} ") for code in sorted(monies)}
    return {
        "scales": display.SCALES,
        "signs": {code: locales.money("{number}", code, sign) for code, sign in signs.items()},
        "decimal": told.decimal,
        "group": told.group,
        "parted_from": 4 if len(locales.figure("1,000")) == 5 else 5,
        "digits": told.digits,
        "least_digits": display.LEAST_DIGITS,
        "most_digits": MOST_DIGITS,
    }


def _words() -> dict[str, str]:
    """The script's sentences in the page's language; empty in English."""
    messages = dict.fromkeys(_SAID.findall(assets.read("templates", "report.js")))
    return {message: told for message in messages if (told := locales.phrase(message)) != message}


class _Errors:
    """The errors of figures, each one once: thousands of runs have a few of them."""

    def __init__(self) -> None:
        self.listed: list[list[tuple[int, float, float]]] = [[]]
        self.shared: list[bool] = []
        self._causes: dict[tuple[str, bool], int] = {}
        self._places: dict[tuple[tuple[int, float, float], ...], int] = {(): 0}

    def of(self, amount: Amount | None) -> int:
        """The number of a figure's error; 0 is none."""
        if amount is None or not amount.value:
            return 0
        shares = tuple(
            # Twelve digits make equal what only the last bit parts; the ends of a range are printed with five.
            (self._cause(part.cause, part.shared), _digits(part.down / amount.value), _digits(part.up / amount.value))
            for part in amount.causes
        )
        if shares not in self._places:
            self._places[shares] = len(self.listed)
            self.listed.append(list(shares))
        return self._places[shares]

    def _cause(self, cause: str, shared: bool) -> int:
        if (cause, shared) not in self._causes:
            self._causes[cause, shared] = len(self.shared)
            self.shared.append(shared)
        return self._causes[cause, shared]


def _digits(value: float) -> float:
    return float(f"{value:.12g}")


def _runs(footprint: Footprint, errors: _Errors) -> dict[str, list[Any]]:
    """The runs as columns: energy in kWh without PUE, intensity in g/kWh, emissions in kg as the report has them."""
    runs = footprint.runs
    return {
        "kwh": _values(run.it_energy for run in runs),
        "kwh_error": [errors.of(run.it_energy) for run in runs],
        "pue": _values(run.pue for run in runs),
        "pue_error": [errors.of(run.pue) for run in runs],
        "intensity": _values(run.intensity for run in runs),
        "intensity_error": [errors.of(run.intensity) for run in runs],
        "kg": _values(run.emissions for run in runs),
        "year": [_year(run) for run in runs],
        "seconds": [run.run.duration_s for run in runs],
        "started": [None if run.run.started_at is None else run.run.started_at.isoformat() for run in runs],
    }


def _values(amounts: Iterable[Amount | None]) -> list[float | None]:
    return [None if amount is None else amount.value for amount in amounts]


def _year(run: RunFootprint) -> int:
    """The year that prices the run's emissions."""
    when = run.run.started_at or run.run.ended_at
    return when.year if when else factors.UNKNOWN_YEAR


def _place(factor: factors.Factor, errors: _Errors) -> list[Any]:
    error = errors.of(of_factor(factor))
    boundary = locales.phrase(factor.boundary)
    return [factor.key, display.place(factor), factor.value, error, factor.year, boundary, factor.source]


def _prices(footprint: Footprint) -> list[dict[str, Any]]:
    """Series of the social cost, the report's own first: for each year of a run money for a kg, low and high."""
    years = sorted({_year(run) for run in footprint.runs})
    own = [_series(cost.series, display.series(cost.factor, cost.country), cost.country,
                   {year: _priced(cost, year) for year in years}) for cost in footprint.social_costs[:1]]  # fmt: skip
    published = [_series(name, locales.phrase(found[years[0]].label), None, found)
                 for name in factors.series() if years
                 for found in [{year: factors.social_cost(name, None, year) for year in years}]]  # fmt: skip
    return own + published


def _priced(cost: SocialCost, year: int) -> factors.Factor:
    """The price at which the report counts a year's emissions."""
    told = [factor for factor in cost.amount.factors if factor.year is not None]
    return min(told, key=lambda factor: (abs((factor.year or 0) - year), factor.year), default=cost.factor)


def _series(key: str, label: str, country: str | None, of_years: dict[int, factors.Factor]) -> dict[str, Any]:
    first = next(iter(of_years.values()))
    money, _, mass = first.unit.partition("/")
    scale = units.factor("kgCO2e", mass)
    return {
        "key": key,
        "label": label,
        "unit": money,
        "note": tables.cost_note(first, money, country),
        "source": first.source and factors.source(first.source).short,
        "years": {
            str(year): [None if value is None else value * scale for value in (one.value, one.low, one.high)]
            for year, one in of_years.items()
        },
    }


def _equivalent(factor: factors.Factor) -> dict[str, Any]:
    """How much of an activity a kg releases, and the shares by which its factor's range moves that down and up."""
    mass, _, activity = factor.unit.partition("/")
    ranged = factor.low is not None or factor.high is not None
    scale, smaller = display.SMALLER.get(activity, (1.0, activity))
    return {
        "unit": locales.phrase(activity),
        "smaller": [scale, locales.phrase(smaller)],
        "per_kg": units.factor("kgCO2e", mass.partition(" ")[0]) / factor.value,
        "down": 1 - factor.value / (factor.high or factor.value) if ranged else None,
        "up": factor.value / (factor.low or factor.value) - 1 if ranged else None,
    }


def _known(amount: Amount | None) -> str:
    return display.basis(amount.basis) if amount else ""
