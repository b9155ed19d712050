"""The tables that several outputs share, as text ready to print; templates neither compute nor sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter.renderers import display, locales
from reporter.renderers.locales import phrase, phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter import factors
    from reporter.footprint import Amount, Equivalent, Footprint, Group, RunFootprint
    from reporter.report import Report
    from reporter.run import Run


#: Less than this of a thing is hard to picture and left out, as long as so many remain; machine formats carry all.
RELATABLE, SHOWN_EQUIVALENTS = 1e-3, 12


_PROPER_NAMES = {"codecarbon": "CodeCarbon", "power-log": "carbon-report sampler"}


class Line(NamedTuple):
    """One figure of the summary: what it is, the figure, its range, how it is known, the sources' keys, its own key."""

    label: str
    value: str
    range: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    key: str = ""


class RunLine(NamedTuple):
    """One run as text."""

    name: str
    tracker: str
    started: str
    duration: str
    it_energy: str
    energy: str
    emissions: str
    country: str
    link: str = ""  # to a page of its own


class GroupLine(NamedTuple):
    """One group of runs as text; what it shares with a RunLine has the same name."""

    name: str
    runs: str
    duration: str
    it_energy: str
    energy: str
    emissions: str
    link: str = ""
    level: int = 0  # inside how many other groups


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


def figures(report: Report) -> list[Line]:
    """The figures of the summary table, from what was measured to what it means."""
    footprint = report.footprint
    lines = [
        Line(phrase("Runs"), display.whole(len(footprint.runs)), note=", ".join(trackers(footprint))),
        Line(phrase("Duration, summed over runs"), display.duration(footprint.duration_s)),
        Line(phrase("Energy of the machines"), display.energy(footprint.it_energy), note=_basis(footprint.it_energy)),
    ]
    names = {"cpu": phrase("of which CPU"), "gpu": phrase("of which GPU"), "ram": phrase("of which memory")}
    whole = footprint.it_energy.value if footprint.it_energy else 0.0
    lines += [
        Line(names[part], display.energy(value), note=display.percent(value, whole))
        for part, value in footprint.parts.items()
    ]
    pue = footprint.pue
    if pue is not None:
        counted = _basis(pue) if pue.value > 1 else phrase("no overhead of a data centre counted")
        counted += f"; {phrase('told for {runs}', runs=part)}" if (part := pue_runs(footprint)) else ""
        lines.append(Line(phrase("PUE"), display.ratio(pue), note=counted, sources=_keys(pue), key="pue"))
    if pue is not None and pue.value > 1:
        ends = display.energy_range(footprint.energy)
        lines.append(Line(phrase("Energy with PUE"), display.energy(footprint.energy), ends, key="energy"))
    return lines + _emissions(footprint) + _cost(footprint)


def pue_runs(footprint: Footprint) -> str:
    """How many of the runs tell a PUE, where not all of them do: ``4 of 6 runs``."""
    told = sum(run.pue is not None for run in footprint.runs)
    if told in {0, len(footprint.runs)}:
        return ""
    return phrases("{part} of {number} run", "{part} of {number} runs", len(footprint.runs), part=display.whole(told))


def _emissions(footprint: Footprint) -> list[Line]:
    lines = [
        Line(phrase("Carbon intensity"), display.intensity(footprint.intensity), note=_intensity_note(footprint),
             sources=_keys(footprint.intensity), key="intensity"),
        Line(phrase("Emissions (CO₂e)"), display.mass(footprint.emissions), display.mass_range(footprint.emissions),
             _basis(footprint.emissions), _keys(footprint.emissions), "emissions"),
    ]  # fmt: skip
    computed = footprint.computed
    if footprint.emissions is not None and footprint.emissions.basis == "reported" and computed is not None:
        lines.append(
            Line(phrase("Computed from country factors"), display.mass(computed), display.mass_range(computed),
                 phrase("for comparison"), _keys(computed), "computed")
        )  # fmt: skip
    elif footprint.reported_emissions_kg is not None:
        claim = display.mass(footprint.reported_emissions_kg)
        lines.append(Line(phrase("Reported by the tracker"), claim, note=phrase("for comparison"), key="claim"))
    return lines


def _cost(footprint: Footprint) -> list[Line]:
    cost = footprint.social_cost
    if cost is None:
        return []
    low_high = display.cost_range(cost.amount, dash=True)
    value = display.money(cost.amount.value, cost.amount.unit, cost.amount)
    note = cost_note(cost.factor, cost.amount.unit, cost.country)
    return [Line(phrase("Social cost of carbon"), value, low_high, note, _keys(cost.amount), "cost")]


def cost_note(price: factors.Factor, money: str, country: str | None) -> str:
    """The money of a social cost and whose damage it counts: ``US dollars of 2020, damage worldwide``."""
    counted = phrase("damage worldwide") if price.boundary in {"", "global damage"} else phrase(price.boundary)
    where = phrase("damage in {country} alone", country=locales.country(country)) if country else counted
    return f"{display.money_words(money)}, {where}"


def runs(footprint: Footprint, limit: int | None = None) -> list[RunLine]:
    """One line a run, in the order of the logs; the first ``limit`` where one is given."""
    return [_run(item) for item in footprint.runs[:limit]]


def groups(footprint: Footprint) -> list[GroupLine]:
    """One line a group, where runs were grouped."""
    return [group(one, one.name) for one in footprint.groups]


def group(told: Group, name: str) -> GroupLine:
    """A group as text."""
    return GroupLine(
        display.short(name), display.runs(told.runs), display.duration(told.duration_s),
        display.energy(told.it_energy), display.energy(told.energy), display.mass(told.emissions),
    )  # fmt: skip


def name_of(item: RunFootprint) -> str:
    """What a run is called in a table: its task or project, with the short form of a UUID.

    An id that is a path shows its last two parts, so that nobody's folders are published.
    """
    labels, identity = item.run.labels, item.run.id
    told = labels.get("task") or labels.get("experiment") or labels.get("project") or labels.get("command")
    if len(identity) == 36 and identity.count("-") == 4:
        return f"{told} ({identity[:8]})" if told else identity[:8]
    parts = identity.replace("\\", "/").strip("/").split("/")
    if len(parts) > 1:
        return "/".join(parts[-2:])
    return f"{told} ({identity})" if told and told != identity else identity


def _run(item: RunFootprint) -> RunLine:
    run = item.run
    return RunLine(
        display.short(name_of(item)), tracker(run), display.date(run.started_at),
        display.duration(run.duration_s), display.energy(item.it_energy), display.energy(item.energy),
        display.mass(item.emissions), item.country or display.not_told(),
    )  # fmt: skip


def trackers(footprint: Footprint) -> list[str]:
    """The trackers with their versions, once, as their authors write them: ``CodeCarbon 3.3.2``."""
    return list(dict.fromkeys(tracker(item.run) for item in footprint.runs))


def tracker(run: Run) -> str:
    """The tracker with its version, as its authors write it."""
    return f"{_PROPER_NAMES.get(run.tracker, run.tracker)} {run.tracker_version or ''}".strip()


def equivalents(footprint: Footprint) -> list[Line]:
    """The relatable equivalents, each with its factor, edition and source."""
    lines = []
    for item in shown_equivalents(footprint):
        factor = item.factor
        note = f"{display.plain(factor.value)} {factor.unit}, {factor.year}"
        value, ends = display.quantity(item.amount), display.quantity_range(item.amount)
        lines.append(Line(phrase(factor.label), value, ends, note, (factor.source,)))
    return lines


def shown_equivalents(footprint: Footprint) -> Sequence[Equivalent]:
    """The equivalents that a page has room for, without those too small to picture."""
    told = [item for item in footprint.equivalents if item.amount.value >= RELATABLE]
    return told if len(told) >= SHOWN_EQUIVALENTS else footprint.equivalents[:SHOWN_EQUIVALENTS]


def _basis(amount: Amount | None) -> str:
    return display.basis(amount.basis) if amount else ""


def _keys(amount: Amount | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(factor.source for factor in amount.factors)) if amount else ()


def _intensity_note(footprint: Footprint) -> str:
    if footprint.intensity is None:
        return ""
    if footprint.intensity.basis == "reported":
        return phrase("as the tracker applied it")
    used = (factor for factor in footprint.intensity.factors if factor.kind == "intensity")
    told = dict.fromkeys(map(display.origin, used))
    return "; ".join(list(told)[:3]) or display.basis(footprint.intensity.basis)
