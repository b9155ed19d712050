"""`carbon-report explain WHAT PATH...`: how a figure came to be, with its numbers, down to file and line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reporter import factors
from reporter.arguments import options_of
from reporter.assembly import report_of
from reporter.errors import ReportError, plain
from reporter.renderers import display, tables, working
from reporter.renderers.sections import cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.footprint import Footprint, RunFootprint

USAGE = "carbon-report explain WHAT PATH... [options]"
SHOWN_RUNS = 50


def run(arguments: Sequence[str]) -> int:
    """Print the working of one figure (``all``: of every one) or of one run; options are those of a report.

    Raises ReportError where there is no such figure: the message names those that there are.
    """
    if not arguments or arguments[0].startswith("-"):
        raise ReportError(f"name a figure (machines, energy, emissions, social-cost, all) and a log: {USAGE}")
    what, *rest = arguments
    footprint = report_of(options_of(rest)).footprint
    steps = working.steps(footprint)
    chosen = [step for step in steps if what in {"all", step.key}]
    runs = [item for item in footprint.runs if item.run.id.startswith(what)]
    if not chosen and not runs:
        known = ", ".join(dict.fromkeys(step.key for step in steps))
        raise ReportError(f"explain {plain(what, 60)}: no such figure here; there are {known}, all, and the runs' ids")
    lines = [line for step in chosen for line in _step(step, footprint)] or [line for one in runs for line in _run(one)]
    sys.stdout.write("\n".join(lines).strip() + "\n")
    return 0


def _step(step: working.Step, footprint: Footprint) -> Iterator[str]:
    yield from ("", step.what, f"  {step.formula}", f"  {step.numbers}", f"  from {step.origin}")
    yield from _range(step, footprint)
    for factor in step.factors:
        yield from _factor(factor)
    if step.key in {"machines", "emissions"}:
        yield "  runs:"
        for item in footprint.runs[:SHOWN_RUNS]:
            shown = display.energy(item.it_energy) if step.key == "machines" else display.mass(item.emissions)
            yield f"    {shown:>14}  {_place(item)}  {plain(tables.name_of(item), 60)}"
        if len(footprint.runs) > SHOWN_RUNS:
            yield f"    ... and {len(footprint.runs) - SHOWN_RUNS:,} more; explain a run's id for one of them"


def _range(step: working.Step, footprint: Footprint) -> Iterator[str]:
    """The ends of the figure's range, and what each cause alone does to it."""
    cost = footprint.social_cost
    amounts = {
        "machines": footprint.it_energy, "energy": footprint.energy, "emissions": footprint.emissions,
        "computed": footprint.computed, "social-cost": cost.combined if cost else None, "embodied": footprint.embodied,
    }  # fmt: skip
    amount = amounts.get(step.key)
    if amount is None or amount.low is None or amount.high is None or not amount.value:
        return
    yield f"  range {amount.low:.6g} to {amount.high:.6g} {amount.unit}, of which alone:"
    for part in amount.causes:
        size = abs(amount.value)
        yield f"    −{100 * part.down / size:.3g} % / +{100 * part.up / size:.3g} %  {cause(part.cause)}"


def _factor(factor: factors.Factor) -> Iterator[str]:
    ends = "" if factor.low is None or factor.high is None else f" ({factor.low:g} to {factor.high:g})"
    year = f", {factor.year}" if factor.year else ""
    yield f"  {factor.label}: {factor.value:g}{ends} {factor.unit}{year}; {factor.boundary or 'no boundary told'}"
    if factor.source:
        source = factors.source(factor.source)
        yield f"    {source.author} ({source.year}). {source.title}. {source.url}".rstrip()
    if factor.note:
        yield f"    {factor.note}"


def _run(item: RunFootprint) -> Iterator[str]:
    """One run: where it stands, what was logged, and how its figures follow."""
    run = item.run
    yield from ("", f"{plain(run.id)} ({plain(run.tracker)} {plain(run.tracker_version or '')})".replace(" )", ")"))
    yield f"  {_place(item)}"
    yield f"  energy of the machines {working.with_range(item.it_energy, display.energy)}, {run.basis}"
    for device in run.devices:
        power = "design power of the model" if device.power_w is None else f"{device.power_w:g} W"
        share = 1.0 if device.utilisation is None else device.utilisation
        yield f"    {device.count:g} x {plain(device.model or device.kind)}, {power}, utilisation {share:g}"
    if item.pue is not None:
        yield f"  x PUE {item.pue.value:g} ({item.pue.basis}) = {display.energy(item.energy)}"
    if item.computed is not None and item.energy is not None and item.energy.value:
        grams = 1e3 * item.computed.value / item.energy.value
        place = item.country or "given"
        yield f"  x {grams:.6g} gCO2e/kWh ({place}) = {working.with_range(item.computed, display.mass)}"
    if run.reported_emissions_kg is not None:
        yield f"  the tracker itself said {display.mass(run.reported_emissions_kg)}"
    if run.predicted_energy_kwh is not None:
        yield f"  and foresaw {display.energy(run.predicted_energy_kwh)}, which is counted nowhere"


def _place(item: RunFootprint) -> str:
    return plain(item.run.source) + (f":{item.run.line}" if item.run.line else "")
