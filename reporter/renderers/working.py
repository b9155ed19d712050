"""How the numbers were made: each figure's formula, the same with the numbers put in, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter.renderers import display, locales, tables
from reporter.renderers.locales import phrase, phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reporter import factors
    from reporter.footprint import Amount, Footprint, RunFootprint

SHOWN_TERMS = 4


class Step(NamedTuple):
    """One figure: its name for the command line and for readers, its formula, the numbers in it, and their origin."""

    key: str
    what: str
    formula: str
    numbers: str
    origin: str
    factors: tuple[factors.Factor, ...] = ()


def steps(footprint: Footprint) -> list[Step]:
    """The working of every figure that is known, in the order in which one rests on another."""
    made: Iterable[Callable[[Footprint], Step | None]] = (
        _it_energy, _energy, _emissions, _computed, _social_cost, _equivalent, _embodied, _sci,
    )  # fmt: skip
    return [step for one in made if (step := one(footprint)) is not None]


def _it_energy(footprint: Footprint) -> Step | None:
    known = [run for run in footprint.runs if run.it_energy]
    if footprint.it_energy is None:
        return None
    terms = [display.energy(run.it_energy) for run in known]
    estimated = any(run.run.energy_kwh is None for run in known)
    modelled = phrase("E = Σ runs (count × design power × utilisation × time)")
    formula = modelled if estimated else phrase("E = Σ runs")
    origin = phrases("{part} of {number} run in {files}", "{part} of {number} runs in {files}", len(footprint.runs),
                     part=display.whole(len(known)), files=_files(footprint))  # fmt: skip
    return Step("machines", phrase("Energy of the machines"), formula, _sum(terms, display.energy(footprint.it_energy)),
                origin, footprint.it_energy.factors)  # fmt: skip


def _energy(footprint: Footprint) -> Step | None:
    if footprint.energy is None or footprint.pue is None:
        return None
    machines, whole = display.energy(footprint.it_energy), display.energy(footprint.energy)
    numbers = f"{machines} × {display.ratio(footprint.pue)} = {whole}"
    told = sorted({display.plain(run.pue.value) for run in footprint.runs if run.pue})
    formula = "E × PUE" if len(told) == 1 else phrase("Σ runs (E × PUE)")
    origin = _factors(footprint.pue.factors) or f"PUE {', '.join(told[:3])}, {display.basis(footprint.pue.basis)}"
    formula = phrase("E_facility = {formula}", formula=formula)
    return Step("energy", phrase("Energy with PUE"), formula, numbers, origin, footprint.pue.factors)


def _emissions(footprint: Footprint) -> Step | None:
    amount = footprint.emissions
    if amount is None or amount.basis != "reported":
        return None
    terms = [display.mass(run.emissions) for run in footprint.runs if run.emissions]
    said = ", ".join(tables.trackers(footprint))
    return Step("emissions", phrase("Emissions, as reported"), phrase("C = Σ runs"), _sum(terms, display.mass(amount)),
                phrase("what {trackers} wrote, unchanged", trackers=said))  # fmt: skip


def _computed(footprint: Footprint) -> Step | None:
    amount = footprint.computed or footprint.emissions
    if amount is None or amount.basis == "reported":
        return None
    main = footprint.emissions is not None and footprint.emissions.basis != "reported"
    parts: dict[float, list[RunFootprint]] = {}
    for run in footprint.runs:
        if run.computed and run.energy and run.energy.value:
            parts.setdefault(round(1e3 * run.computed.value / run.energy.value, 9), []).append(run)
    terms = [_product(grams, runs) for grams, runs in parts.items()]
    formula = "C = E × I" if len(parts) == 1 else phrase("C = Σ places (E × I)")
    used = tuple(factor for factor in amount.factors if factor.kind == "intensity")
    what = phrase("Emissions") if main else phrase("Emissions from published intensities, for comparison")
    origin = _factors(used) or phrase("the intensity that was given")
    return Step("emissions" if main else "computed", what, formula, _sum(terms, display.mass(amount)), origin, used)


def _product(grams: float, runs: list[RunFootprint]) -> str:
    energy = sum(run.energy.value for run in runs if run.energy)
    return f"{display.energy(energy)} × {display.intensity(grams)}"


def _social_cost(footprint: Footprint) -> Step | None:
    cost = footprint.social_cost
    if cost is None:
        return None
    used = cost.amount.factors or (cost.factor,)
    either = f" {phrase('or')} "
    prices = either.join(f"{display.plain(factor.value)} {factor.unit}" for factor in used[:SHOWN_TERMS])
    formula = "S = C × SC-CO₂" if len(used) == 1 else phrase("S = Σ runs (C × SC-CO₂ of the run's year)")
    numbers = f"{display.mass(footprint.emissions)} × {prices} = {display.money(cost.amount.value, cost.amount.unit)}"
    return Step("social-cost", phrase("Social cost"), formula, numbers, _factors(used), used)


def _equivalent(footprint: Footprint) -> Step | None:
    if not footprint.equivalents:
        return None
    first = footprint.equivalents[0]
    price = f"{display.plain(first.factor.value)} {first.factor.unit}"
    numbers = f"{display.mass(footprint.emissions)} / ({price}) = {display.quantity(first.amount)}"
    used = tuple(item.factor for item in footprint.equivalents)
    what = phrase("Equivalent: {activity}", activity=phrase(first.factor.label))
    return Step("equivalents", what, phrase("X = C / factor"), numbers, _factors((first.factor,)), used)


def _embodied(footprint: Footprint) -> Step | None:
    amount = footprint.embodied
    if amount is None:
        return None
    runs, time = display.runs(len(footprint.runs)), display.duration(footprint.duration_s)
    numbers = phrase("over {time} of {runs} = {mass}", time=time, runs=runs, mass=display.mass(amount))
    return Step("embodied", phrase("The hardware's share"), phrase("M = Σ pieces × making × time / lifetime"), numbers,
                _factors(amount.factors), amount.factors)  # fmt: skip


def _sci(footprint: Footprint) -> Step | None:
    sci = footprint.sci
    if sci is None:
        return None
    hardware = display.mass(sci.hardware) if sci.hardware else phrase("0 (not counted)")
    units = locales.figure(f"{sci.number:,.6g}")
    numbers = f"({display.mass(sci.operational)} + {hardware}) / {units} = {display.mass(sci.amount)}"
    what = phrase("SCI per {unit}", unit=display.short(sci.unit))
    return Step("sci", what, "SCI = ((E × I) + M) / R", numbers, phrase("the rows above"))


def _sum(terms: list[str], whole: str) -> str:
    if len(terms) == 1:
        return whole if terms[0] == whole else f"{terms[0]} = {whole}"
    more = phrase("{number} more", number=display.whole(len(terms) - SHOWN_TERMS))
    rest = f" + … ({more})" if len(terms) > SHOWN_TERMS else ""
    return f"{' + '.join(terms[:SHOWN_TERMS])}{rest} = {whole}"


def _files(footprint: Footprint) -> str:
    names = [entry.path.replace("\\", "/").rpartition("/")[2] for entry in footprint.inputs if entry.runs]
    shown = ", ".join(names[:2])
    return phrase("{files} and {number} more files", files=shown, number=len(names) - 2) if len(names) > 2 else shown


def _named(factor: factors.Factor) -> str:
    country = factor.key.rpartition(":")[2] if factor.kind == "social_cost" and ":" in factor.key else None
    return display.series(factor, country) if factor.kind == "social_cost" else phrase(display.place(factor))


def _factors(used: tuple[factors.Factor, ...]) -> str:
    told = [f"{_named(factor)}{f', {factor.year}' if factor.year else ''}" for factor in used]
    shown = "; ".join(told[:3])
    return phrase("{list}; and {number} more", list=shown, number=len(told) - 3) if len(told) > 3 else shown


def with_range(amount: Amount | None, shown: Callable[[Amount | None], str]) -> str:
    """A figure and the ends of its range, as ``explain`` prints it."""
    if amount is None or amount.low is None or amount.high is None:
        return shown(amount)
    low, high = (shown(amount._replace(value=end)) for end in (amount.low, amount.high))
    return phrase("{value} ({low} to {high})", value=shown(amount), low=low, high=high)
