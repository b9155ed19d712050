"""The tables that several outputs share, as text ready to print; templates neither compute nor sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter import factors
from reporter.renderers import display

if TYPE_CHECKING:
    from reporter.footprint import Amount, Footprint, RunFootprint
    from reporter.report import Report
    from reporter.run import Run


#: Less than this of a thing is hard to picture and left out, as long as so many remain; machine formats carry all.
RELATABLE, SHOWN_EQUIVALENTS = 1e-3, 12


_PROPER_NAMES = {"codecarbon": "CodeCarbon", "power-log": "carbon-report sampler"}


class Line(NamedTuple):
    """One figure of the summary: what it is, the figure, its range, how it is known, and the sources' keys."""

    label: str
    value: str
    range: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()


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


class GroupLine(NamedTuple):
    """One group of runs as text; what it shares with a RunLine has the same name."""

    name: str
    runs: str
    duration: str
    it_energy: str
    energy: str
    emissions: str


def figures(report: Report) -> list[Line]:
    """The figures of the summary table, from what was measured to what it means."""
    footprint = report.footprint
    lines = [
        Line("Runs", f"{len(footprint.runs):,}", note=", ".join(trackers(footprint))),
        Line("Duration, summed over runs", display.duration(footprint.duration_s)),
        Line("Energy of the machines", display.energy(footprint.it_energy), note=_basis(footprint.it_energy)),
    ]
    names = {"cpu": "of which CPU", "gpu": "of which GPU", "ram": "of which memory"}
    whole = footprint.it_energy.value if footprint.it_energy else 0.0
    lines += [
        Line(names[part], display.energy(value), note=display.percent(value, whole))
        for part, value in footprint.parts.items()
    ]
    pue = footprint.pue
    if pue is not None:
        counted = _basis(pue) if pue.value > 1 else "no overhead of a data centre counted"
        counted += f"; told for {part}" if (part := pue_runs(footprint)) else ""
        lines.append(Line("PUE", display.ratio(pue), note=counted, sources=_keys(pue)))
    if pue is not None and pue.value > 1:
        lines.append(Line("Energy with PUE", display.energy(footprint.energy), display.energy_range(footprint.energy)))
    return lines + _emissions(footprint) + _cost(footprint)


def pue_runs(footprint: Footprint) -> str:
    """How many of the runs tell a PUE, where not all of them do: ``4 of 6 runs``."""
    told = sum(run.pue is not None for run in footprint.runs)
    return "" if told in {0, len(footprint.runs)} else f"{told:,} of {display.count(len(footprint.runs), 'run')}"


def _emissions(footprint: Footprint) -> list[Line]:
    lines = [
        Line("Carbon intensity", display.intensity(footprint.intensity), note=_intensity_note(footprint),
             sources=_keys(footprint.intensity)),
        Line("Emissions (CO₂e)", display.mass(footprint.emissions), display.mass_range(footprint.emissions),
             _basis(footprint.emissions), _keys(footprint.emissions)),
    ]  # fmt: skip
    computed = footprint.computed
    if footprint.emissions is not None and footprint.emissions.basis == "reported" and computed is not None:
        lines.append(
            Line("Computed from country factors", display.mass(computed), display.mass_range(computed),
                 "for comparison", _keys(computed))
        )  # fmt: skip
    elif footprint.reported_emissions_kg is not None:
        claim = display.mass(footprint.reported_emissions_kg)
        lines.append(Line("Reported by the tracker", claim, note="for comparison"))
    return lines


def _cost(footprint: Footprint) -> list[Line]:
    cost = footprint.social_cost
    if cost is None:
        return []
    where = f"damage in {factors.country_name(cost.country)} alone" if cost.country else "damage worldwide"
    low_high = display.cost(cost.amount).partition(" (")[2].rstrip(")")
    low_high = low_high.replace(", ", " to " if "-" in low_high else "–")
    value = display.money(cost.amount.value, cost.amount.unit)
    note = f"{display.money_words(cost.amount.unit)}, {where}"
    return [Line("Social cost of carbon", value, low_high, note, _keys(cost.amount))]


def runs(footprint: Footprint, limit: int | None = None) -> list[RunLine]:
    """One line a run, in the order of the logs; the first ``limit`` where one is given."""
    return [_run(item) for item in footprint.runs[:limit]]


def groups(footprint: Footprint) -> list[GroupLine]:
    """One line a group, where runs were grouped."""
    return [
        GroupLine(
            display.short(group.name), display.count(group.runs, "run"), display.duration(group.duration_s),
            display.energy(group.it_energy), display.energy(group.energy), display.mass(group.emissions),
        )
        for group in footprint.groups
    ]  # fmt: skip


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
        display.short(name_of(item)), _tracker(run), display.date(run.started_at),
        display.duration(run.duration_s), display.energy(item.it_energy), display.energy(item.energy),
        display.mass(item.emissions), item.country or display.NOT_TOLD,
    )  # fmt: skip


def trackers(footprint: Footprint) -> list[str]:
    """The trackers with their versions, once, as their authors write them: ``CodeCarbon 3.3.2``."""
    return list(dict.fromkeys(_tracker(item.run) for item in footprint.runs))


def _tracker(run: Run) -> str:
    return f"{_PROPER_NAMES.get(run.tracker, run.tracker)} {run.tracker_version or ''}".strip()


def equivalents(footprint: Footprint) -> list[Line]:
    """The relatable equivalents, each with its factor, edition and source."""
    lines = []
    told = [item for item in footprint.equivalents if item.amount.value >= RELATABLE]
    for item in told if len(told) >= SHOWN_EQUIVALENTS else footprint.equivalents[:SHOWN_EQUIVALENTS]:
        factor = item.factor
        note = f"{display.plain(factor.value)} {factor.unit}, {factor.year}"
        value, ends = display.quantity(item.amount), display.quantity_range(item.amount)
        lines.append(Line(factor.label, value, ends, note, (factor.source,)))
    return lines


def _basis(amount: Amount | None) -> str:
    return display.basis(amount.basis) if amount else ""


def _keys(amount: Amount | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(factor.source for factor in amount.factors)) if amount else ()


def _intensity_note(footprint: Footprint) -> str:
    if footprint.intensity is None:
        return ""
    if footprint.intensity.basis == "reported":
        return "as the tracker applied it"
    used = (factor for factor in footprint.intensity.factors if factor.kind == "intensity")
    told = dict.fromkeys(f"{factor.label}, {factor.year}, {factor.boundary}" for factor in used)
    return "; ".join(list(told)[:3]) or display.basis(footprint.intensity.basis)
