"""The analyses that a report may hold besides its figures: each a titled table of text, alike in every output."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from reporter.renderers import display, locales
from reporter.renderers.locales import message, phrase, phrases
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.footprint import Amount, Budget, Footprint, Scenario
    from reporter.report import Report


def sections(report: Report) -> list[Section]:
    """The analyses that were asked for or whose data are there, in printing order."""
    footprint = report.footprint
    made = [
        _made_by(room, function)(footprint)
        for names, room, function in _ANALYSES
        if any(getattr(footprint, name) for name in names.split())
    ]
    made += [_working(footprint)] if report.working else []
    return [section for section in made if section is not None and section.rows]


def _made_by(room: str, function: str) -> Callable[[Footprint], Section | None]:
    made: Callable[[Footprint], Section | None] = getattr(import_module(f"reporter.renderers.{room}"), function)
    return made


def _contracts(footprint: Footprint) -> Section | None:
    """Gross and net, location-based and market-based, each on its line."""
    told = footprint.contracts
    if told is None:
        return None
    rows = [(phrase("Location-based, by the grid (gross)"), display.mass(told.location_based))]
    if told.market_based is not None:
        rows.append((phrase("Market-based, by contract"), display.mass(told.market_based)))
    if told.offsets_kg is not None:
        rows.append((phrase("Offsets bought"), display.mass(told.offsets_kg)))
    rows.append((phrase("Net of contracts and offsets"), display.mass(told.net)))
    says = phrase(
        "The location-based figure is what the grid emitted for this energy, and the one that this report uses. "
        "Contracts change who accounts for those emissions, and offsets are made elsewhere: both are told beside it."
    )
    sources = ("ghgprotocol2015scope2", "patterson2021carbon")
    columns = (phrase("Figure"), phrase("CO₂e"))
    return Section("contracts", phrase("Gross and net"), says, columns, tuple(rows), frozenset(columns[1:]), sources)


def _hardware(footprint: Footprint) -> Section | None:
    """Embodied emissions, and software carbon intensity with its disclosures."""
    hardware, sci = footprint.embodied, footprint.sci
    if hardware is None and sci is None:
        return None
    rows = [_amount_row(phrase("Operation (E × I)"), footprint.emissions)]
    if hardware is not None:
        rows.append(_amount_row(phrase("Hardware, the runs' share (M)"), hardware))
    if sci is not None:
        amount = sci.amount
        per = phrase("SCI = ((E × I) + M) / R, per {unit}", unit=display.short(sci.unit))
        rows.append((per, display.mass(amount), display.mass_range(amount)))
        number = locales.figure(f"{sci.number:,.6g}")
        rows.append((phrase("Functional unit (R)"), f"{number} {display.short(sci.unit)}", ""))
    missing = phrase("Making the hardware (M) is not counted, so that SCI is too low; --embodied counts it.")
    says = phrase(
        "The hardware's share is what was emitted in making it, times the runs' time over its years of service; the "
        "whole of each processor is taken; boards, racks and buildings are left out unless their figure holds them. "
        "Operation is location-based and without offsets."
    ) + ("" if hardware else f" {missing}")
    used = [factor.source for factor in hardware.factors] if hardware else []
    sources = ("iso21031sci", *dict.fromkeys(used))
    columns = (phrase("Figure"), phrase("CO₂e"), phrase("Range"))
    return Section("hardware", phrase("Hardware and software carbon intensity"), says, columns, tuple(rows),
                   frozenset(columns[1:]), sources)  # fmt: skip


def _amount_row(name: str, amount: Amount | None) -> tuple[str, ...]:
    return name, display.mass(amount), display.mass_range(amount)


def _social_costs(footprint: Footprint) -> Section | None:
    """The social cost by several series side by side."""
    if len(footprint.social_costs) < 2:
        return None
    rows = []
    for cost in footprint.social_costs:
        factor, amount = cost.factor, cost.amount
        ends = display.cost_range(amount)
        alone = phrase("in {country} alone", country=locales.country(cost.country)) if cost.country else ""
        scope = alone or (phrase(factor.boundary) if factor.boundary else display.not_told())
        money = display.money_words(amount.unit)
        price = phrase("{value} {money} a tonne", value=display.plain(factor.value), money=money)
        value = display.money(amount.value, amount.unit, amount)
        rows.append((display.series(factor, cost.country), value, ends, price, scope))
    says = phrase(
        "Series differ in the damage that they count, in discounting, in the money's year and in method; none is added "
        "to another. A tonne of CO₂e is priced as one of CO₂, which is an approximation."
    )
    columns = (phrase("Series"), phrase("Cost"), phrase("Range"), phrase("Price"), phrase("Damage"))
    sources = tuple(dict.fromkeys(cost.factor.source for cost in footprint.social_costs if cost.factor.source))
    numbers = frozenset(columns[1:3])
    return Section("social-costs", phrase("Social cost by series"), says, columns, tuple(rows), numbers, sources)


def _uncertainty(footprint: Footprint) -> Section | None:
    """What the ranges are made of, figure by figure."""
    if not footprint.budgets:
        return None
    rows = [row for budget in footprint.budgets for row in _budget_rows(budget)]
    says = phrase(
        "Each cause alone would move the figure down and up by as much as its row says; together they are combined as "
        "independent errors, on either side by itself. What runs share, such as the grid or a tracker's model, adds up "
        "over them; errors of their meters are each run's own. A range is meant to hold the true value in 95 of 100 "
        "cases."
    )
    columns = (phrase("Figure and cause"), phrase("Value or change"), phrase("Range, or share of the variance"))
    return Section("uncertainty", phrase("Uncertainty"), says, columns, tuple(rows), frozenset(columns[1:]))


MOST_PLACES = 8  # from either end of a list of places; JSON has them all


def _countries(footprint: Footprint) -> Section | None:
    return _places(footprint, "country", phrase("In other countries"),
                   phrase("lifecycle emissions of national grids"))  # fmt: skip


def _regions(footprint: Footprint) -> Section | None:
    return _places(footprint, "region", phrase("In other regions of the cloud"),
                   phrase("direct emissions as the provider tells them"))  # fmt: skip


def _places(footprint: Footprint, kind: str, title: str, what: str) -> Section | None:
    """The same energy elsewhere: the cleanest places, this report's own, and the dirtiest."""
    known = [scenario for scenario in footprint.scenarios if scenario.kind == kind]
    if not known:
        return None
    own = {run.country for run in footprint.runs}
    shown = [*known[:MOST_PLACES], *known[-MOST_PLACES:]] if len(known) > 2 * MOST_PLACES else known
    shown += [scenario for scenario in known if scenario.key in own and scenario not in shown]
    shown.sort(key=known.index)
    rows = tuple(_scenario_row(scenario, mark=scenario.key in own) for scenario in shown)
    best = known[0]
    less = "" if best.ratio is None else f", {_change(best.ratio)}"
    says = phrase(
        "Had these runs been made in {place}, they would have emitted {mass}{less}. Intensities are {what}; there are "
        "{number} places.",
        place=_label(best), mass=display.mass(best.emissions), less=less, what=what, number=len(known),
    )  # fmt: skip
    columns = (phrase("Place"), phrase("Energy with PUE"), phrase("CO₂e"), phrase("Change"))
    sources = tuple(dict.fromkeys(factor.source for one in shown if one.emissions for factor in one.emissions.factors
                                  if factor.kind == "intensity"))[:4]  # fmt: skip
    return Section(f"what-if-{kind}", title, says, columns, rows, frozenset(columns[1:]), sources)


def _scenario_row(scenario: Scenario, *, mark: bool = False) -> tuple[str, ...]:
    name = _label(scenario) + (f" ({phrase('here')})" if mark else "")
    change = "" if scenario.ratio is None else _change(scenario.ratio)
    return name, display.energy(scenario.energy), display.mass(scenario.emissions), change


def _label(scenario: Scenario) -> str:
    """What is changed: a country by its name, else as the scenario calls itself."""
    return display.short(locales.country(scenario.key) if scenario.kind == "country" else scenario.label)


def _change(ratio: float) -> str:
    """A ratio as a change: ``62 % less``, ``3.1 times as much``."""
    if ratio >= 2:
        return phrase("{number} times as much", number=locales.figure(f"{ratio:.3g}"))
    share = abs(1 - ratio)
    if share < 0.0005:
        return phrase("as much")
    shown = display.per_cent(f"{100 * share:.3g}")
    return phrase("{share} less", share=shown) if ratio < 1 else phrase("{share} more", share=shown)


def _changes(footprint: Footprint) -> Section | None:
    """The same work under other circumstances."""
    rows = tuple(_scenario_row(scenario) for scenario in footprint.scenarios if scenario.kind == "change")
    says = phrase("The same work with the change that each row names, and all else as it was.")
    columns = (phrase("Change"), phrase("Energy with PUE"), phrase("CO₂e"), phrase("Against this report"))
    return Section("what-if", phrase("What if"), says, columns, rows, frozenset(columns[1:]))


def _working(footprint: Footprint) -> Section:
    """Each figure's formula, the same with its numbers, and where they come from."""
    from reporter.renderers import working

    columns = (phrase("Figure"), phrase("Formula"), phrase("With the numbers"), phrase("From"))
    rows = tuple((step.what, step.formula, step.numbers, step.origin) for step in working.steps(footprint))
    says = phrase(
        "Every figure with its formula and the numbers put in, rounded as in the tables; JSON has them in full."
    )
    return Section("working", phrase("How these numbers were made"), says, columns, rows)


#: The quantities that have a budget, as its rows begin.
_QUANTITIES = {"energy": message("Energy"), "emissions": message("Emissions"), "social cost": message("Social cost")}


def _budget_rows(budget: Budget) -> list[tuple[str, ...]]:
    amount, what = budget.amount, phrase(_QUANTITIES[budget.quantity])
    name = phrases("{what}, {number} significant digit", "{what}, {number} significant digits",
                   budget.digits, what=what)  # fmt: skip
    rows: list[tuple[str, ...]] = [(name, _shown(amount, amount.value), _range(amount, None))]
    if budget.simulated:
        rows.append((phrase("{what}, by Monte Carlo", what=what), "", _range(amount, budget.simulated)))
    for part in budget.contributions:
        down, up = (display.per_cent(f"{100 * end:.3g}") for end in (part.down, part.up))
        rows.append((f"… {cause(part.cause)}", f"−{down} / +{up}", display.percent(part.share, 1)))
    return rows


def _shown(amount: Amount, value: float) -> str:
    if amount.unit == "kWh":
        return display.energy(amount._replace(value=value))
    if amount.unit == "kgCO2e":
        return display.mass(amount._replace(value=value))
    return display.money(value, amount.unit, amount)


def _range(amount: Amount, ends: tuple[float, float] | None) -> str:
    low, high = ends or (amount.low, amount.high)
    ranged = amount._replace(low=low, high=high)
    if amount.unit == "kWh":
        return display.energy_range(ranged)
    if amount.unit == "kgCO2e":
        return display.mass_range(ranged)
    return display.cost_range(ranged)


_KINDS = {
    "intensity": message("intensity of {what}"),
    "pue": message("PUE of {what}"),
    "social_cost": message("social cost {what}"),
    "tdp": message("design power of {what}"),
}


def cause(key: str) -> str:
    """A cause of a range in words: ``intensity FRA`` becomes ``intensity of France``."""
    kind, _, rest = key.partition(" ")
    if kind not in _KINDS:
        return phrase(key)
    name = locales.country(rest) if kind == "intensity" and len(rest) == 3 else rest
    return phrase(_KINDS[kind], what=name)


#: Where the footprint has something under a name of the first column, the room's function makes a section of it, in
#: this order; a room is loaded only then.
_ANALYSES = (
    ("experiments", "experiment_sections", "tree"),
    ("groups", "group_sections", "statistics"),
    ("contrasts", "group_sections", "contrasts"),
    ("scenarios", "sections", "_changes"),
    ("scenarios", "sections", "_countries"),
    ("scenarios", "sections", "_regions"),
    ("shifts", "shifting", "section"),
    ("references", "comparison", "section"),
    ("lifecycle", "lifecycle", "section"),
    ("lifecycle", "lifecycle", "overheads"),
    ("indicators", "indicators", "overview"),
    ("indicators", "indicators", "computing"),
    ("indicators", "indicators", "climate"),
    ("indicators", "indicators", "ranking"),
    ("contracts", "sections", "_contracts"),
    ("embodied sci", "sections", "_hardware"),
    ("social_costs", "sections", "_social_costs"),
    ("budgets", "sections", "_uncertainty"),
    ("quotient", "quotient", "section"),
    ("quotient", "quotient", "recommendations"),
)
