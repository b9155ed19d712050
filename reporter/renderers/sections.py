"""The analyses that a report may hold besides its figures: each a titled table of text, alike in every output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter import factors
from reporter.renderers import display, working

if TYPE_CHECKING:
    from reporter.footprint import Amount, Budget, Footprint, Scenario
    from reporter.report import Report


class Section(NamedTuple):
    """One analysis: its key (for links), title, a sentence on it, the heads of its columns, and its rows as text.

    The first column names the row; the others whose head is in ``numbers`` are set to the right. ``sources`` are the
    keys of the works that it rests on.
    """

    key: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()


def sections(report: Report) -> list[Section]:
    """The analyses that were asked for or whose data are there, in printing order."""
    made = [section(report.footprint) for section in _ANALYSES]
    made += [_working(report.footprint)] if report.working else []
    return [section for section in made if section is not None and section.rows]


def _contracts(footprint: Footprint) -> Section | None:
    """Gross and net, location-based and market-based, each on its line."""
    told = footprint.contracts
    if told is None:
        return None
    rows = [("Location-based, by the grid (gross)", display.mass(told.location_based))]
    if told.market_based is not None:
        rows.append(("Market-based, by contract", display.mass(told.market_based)))
    if told.offsets_kg is not None:
        rows.append(("Offsets bought", display.mass(told.offsets_kg)))
    rows.append(("Net of contracts and offsets", display.mass(told.net)))
    says = (
        "The location-based figure is what the grid emitted for this energy, and the one that this report uses. "
        "Contracts change who accounts for those emissions, and offsets are made elsewhere: both are told beside it."
    )
    sources = ("ghgprotocol2015scope2", "patterson2021carbon")
    return Section("contracts", "Gross and net", says, ("Figure", "CO₂e"), tuple(rows), frozenset({"CO₂e"}), sources)


def _hardware(footprint: Footprint) -> Section | None:
    """Embodied emissions, and software carbon intensity with its disclosures."""
    hardware, sci = footprint.embodied, footprint.sci
    if hardware is None and sci is None:
        return None
    rows = [_amount_row("Operation (E × I)", footprint.emissions)]
    if hardware is not None:
        rows.append(_amount_row("Hardware, the runs' share (M)", hardware))
    if sci is not None:
        amount = sci.amount
        per = f"SCI = ((E × I) + M) / R, per {display.short(sci.unit)}"
        rows.append((per, display.mass(amount), display.mass_range(amount)))
        rows.append(("Functional unit (R)", f"{sci.number:,.6g} {display.short(sci.unit)}", ""))
    missing = " Making the hardware (M) is not counted, so that SCI is too low; --embodied counts it."
    says = (
        "The hardware's share is what was emitted in making it, times the runs' time over its years of service; the "
        "whole of each processor is taken; boards, racks and buildings are left out unless their figure holds them. "
        f"Operation is location-based and without offsets.{'' if hardware else missing}"
    )
    used = [factor.source for factor in hardware.factors] if hardware else []
    sources = ("iso21031sci", *dict.fromkeys(used))
    columns = ("Figure", "CO₂e", "Range")
    return Section("hardware", "Hardware and software carbon intensity", says, columns, tuple(rows),
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
        ends = display.cost(amount).partition(" (")[2].rstrip(")").replace(", ", " to ")
        scope = f"in {factors.country_name(cost.country)} alone" if cost.country else "worldwide"
        each = f"{display.plain(factor.value)} {display.money_words(amount.unit)}"
        rows.append((factor.label, display.money(amount.value, amount.unit), ends, f"{each} a tonne", scope))
    says = (
        "Series differ in the damage that they count, in discounting, in the money's year and in method; none is added "
        "to another. A tonne of CO₂e is priced as one of CO₂, which is an approximation."
    )
    columns = ("Series", "Cost", "Range", "Price", "Damage")
    sources = tuple(dict.fromkeys(cost.factor.source for cost in footprint.social_costs if cost.factor.source))
    numbers = frozenset(columns[1:3])
    return Section("social-costs", "Social cost by series", says, columns, tuple(rows), numbers, sources)


def _uncertainty(footprint: Footprint) -> Section | None:
    """What the ranges are made of, figure by figure."""
    if not footprint.budgets:
        return None
    rows = [row for budget in footprint.budgets for row in _budget_rows(budget)]
    says = (
        "Each cause alone would move the figure down and up by as much as its row says; together they are combined as "
        "independent errors, on either side by itself. What runs share, such as the grid or a tracker's model, adds up "
        "over them; errors of their meters are each run's own. A range is meant to hold the true value in 95 of 100 "
        "cases."
    )
    columns = ("Figure and cause", "Value or change", "Range, or share of the variance")
    return Section("uncertainty", "Uncertainty", says, columns, tuple(rows), frozenset(columns[1:]))


MOST_PLACES = 8  # from either end of a list of places; JSON has them all


def _countries(footprint: Footprint) -> Section | None:
    return _places(footprint, "country", "In other countries", "lifecycle emissions of national grids")


def _regions(footprint: Footprint) -> Section | None:
    return _places(footprint, "region", "In other regions of the cloud", "direct emissions as the provider tells them")


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
    says = (
        f"Had these runs been made in {display.short(best.label)}, they would have emitted "
        f"{display.mass(best.emissions)}{less}. Intensities are {what}; there are {len(known)} places."
    )
    columns = ("Place", "Energy with PUE", "CO₂e", "Change")
    sources = tuple(dict.fromkeys(factor.source for one in shown if one.emissions for factor in one.emissions.factors
                                  if factor.kind == "intensity"))[:4]  # fmt: skip
    return Section(f"what-if-{kind}", title, says, columns, rows, frozenset(columns[1:]), sources)


def _scenario_row(scenario: Scenario, *, mark: bool = False) -> tuple[str, ...]:
    name = display.short(scenario.label) + (" (here)" if mark else "")
    change = "" if scenario.ratio is None else _change(scenario.ratio)
    return name, display.energy(scenario.energy), display.mass(scenario.emissions), change


def _change(ratio: float) -> str:
    """A ratio as a change: ``62 % less``, ``3.1 times as much``."""
    if ratio >= 2:
        return f"{ratio:.3g} times as much"
    share = abs(1 - ratio)
    if share < 0.0005:
        return "as much"
    return f"{100 * share:.3g} % {'less' if ratio < 1 else 'more'}"


def _changes(footprint: Footprint) -> Section | None:
    """The same work under other circumstances."""
    rows = tuple(_scenario_row(scenario) for scenario in footprint.scenarios if scenario.kind == "change")
    says = "The same work with the change that each row names, and all else as it was."
    columns = ("Change", "Energy with PUE", "CO₂e", "Against this report")
    return Section("what-if", "What if", says, columns, rows, frozenset(columns[1:]))


def _working(footprint: Footprint) -> Section:
    """Each figure's formula, the same with its numbers, and where they come from."""
    columns = ("Figure", "Formula", "With the numbers", "From")
    rows = tuple((step.what, step.formula, step.numbers, step.origin) for step in working.steps(footprint))
    says = "Every figure with its formula and the numbers put in, rounded as in the tables; JSON has them in full."
    return Section("working", "How these numbers were made", says, columns, rows)


def _budget_rows(budget: Budget) -> list[tuple[str, ...]]:
    amount, what = budget.amount, budget.quantity.capitalize()
    digits = "digit" if budget.digits == 1 else "digits"
    name = f"{what}, {budget.digits} significant {digits}"
    rows: list[tuple[str, ...]] = [(name, _shown(amount, amount.value), _range(amount, None))]
    if budget.simulated:
        rows.append((f"{what}, by Monte Carlo", "", _range(amount, budget.simulated)))
    for part in budget.contributions:
        change = f"−{100 * part.down:.3g} % / +{100 * part.up:.3g} %"
        rows.append((f"… {cause(part.cause)}", change, f"{100 * part.share:.0f} %"))
    return rows


def _shown(amount: Amount, value: float) -> str:
    if amount.unit == "kWh":
        return display.energy(value)
    return display.mass(value) if amount.unit == "kgCO2e" else display.money(value, amount.unit, amount.value)


def _range(amount: Amount, ends: tuple[float, float] | None) -> str:
    low, high = ends or (amount.low, amount.high)
    ranged = amount._replace(low=low, high=high)
    if amount.unit == "kWh":
        return display.energy_range(ranged)
    if amount.unit == "kgCO2e":
        return display.mass_range(ranged)
    return display.cost(ranged).partition(" (")[2].rstrip(")").replace(", ", " to ")


_KINDS = {"intensity": "intensity of", "pue": "PUE of", "social_cost": "social cost", "tdp": "design power of"}


def cause(key: str) -> str:
    """A cause of a range in words: ``intensity FRA`` becomes ``intensity of France``."""
    kind, _, rest = key.partition(" ")
    if kind not in _KINDS:
        return key
    name = factors.country_name(rest) if kind == "intensity" and len(rest) == 3 else rest
    return f"{_KINDS[kind]} {name}"


def widths(section: Section, whole: float = 0.9) -> list[float]:
    """Shares of a line's width for the columns, by the length of what they hold, together ``whole``."""
    columns = zip(section.columns, *section.rows, strict=True)
    longest = [max(10, min(40, max(map(len, column)))) for column in columns]
    return [round(whole * length / sum(longest), 3) for length in longest]


_ANALYSES = (_changes, _countries, _regions, _contracts, _hardware, _social_costs, _uncertainty)
