"""Runs in, Footprint out: energy, PUE, intensity, emissions, social cost and equivalents, put together."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from reporter import experiments, factors, labels
from reporter.assess import checks, overlaps, place
from reporter.assess.emissions import computed, implied_intensity, reported
from reporter.assess.energy import it_energy as energy_of
from reporter.assess.energy import with_pue
from reporter.assess.equivalents import equivalents
from reporter.assess.place import Site
from reporter.assess.selection import summed_up
from reporter.assess.social_cost import social_costs
from reporter.footprint import Footprint, RunFootprint
from reporter.options import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.errors import Finding
    from reporter.footprint import Group
    from reporter.run import Reading, Run

__all__ = ["assess"]


def assess(reading: Reading, options: Options | None = None) -> Footprint:
    """Assess everything that was read in the context that the options give (none: as the trackers reported it).

    Without a context option the tracker's own emissions stand; with one, emissions are energy x PUE x intensity, and
    what the tracker said is kept beside. Raises ReportError where an option names what does not exist.
    """
    options = options or Options()
    factors.require_edition(options.factors_edition)
    with factors.laid_over(options.factors):
        footprint = _assessed(_named(reading, options), options)
    return replace(footprint, findings=(*footprint.findings, *place.given(footprint.factors, options)))


def _named(reading: Reading, options: Options) -> Reading:
    """What was read, with the labels that the user's rules, metrics and tree of experiments give."""
    if options.labels:
        from reporter.assess.labelled import labelled

        reading = labelled(reading, options.labels)
    if options.metrics is not None:
        from reporter import metrics

        reading = metrics.laid_on(reading, options.metrics)
    if options.experiments:
        from reporter.assess.placed import placed

        reading = placed(reading, options.experiments)
    return reading


def _assessed(reading: Reading, options: Options) -> Footprint:
    site = Site(options)
    overlapping = overlaps.overlaps(reading.runs)
    counted_once = options.overlap == "once"
    counted = overlaps.once(reading.runs, overlapping) if counted_once else reading.runs
    runs = tuple(_assess_run(run, site, computed_only=options.has_context) for run in counted)
    costs, cost_findings = social_costs(runs, options)
    group_by = options.group_by or ((experiments.LABEL,) if options.experiments else ())
    whole = summed_up(runs)
    footprint = replace(
        whole,
        inputs=reading.inputs,
        findings=(
            *reading.findings,
            *overlaps.findings(overlapping, len(reading.runs), counted_once=counted_once),
            *site.findings(runs, reading.findings),
            *checks.findings(runs),
            *cost_findings,
        ),
        social_cost=costs[0] if costs else None,
        social_costs=costs,
        equivalents=equivalents(whole.emissions, site.locale(runs)),
        groups=_grouped(runs, group_by),
        group_by=group_by,
        intensity_series=site.series.use(runs) if site.series else None,
    )
    return _with_analyses(footprint, options, site)


def _grouped(runs: Sequence[RunFootprint], labels: Sequence[str]) -> tuple[Group, ...]:
    if not labels:
        return ()
    from reporter.assess.groups import grouped

    return grouped(runs, labels)


def _with_analyses(footprint: Footprint, options: Options, site: Site) -> Footprint:
    """The footprint with what was asked for, or what its runs tell, besides its figures.

    An analysis that has nothing to do is not loaded: together they would take as long as all else.
    """
    told = {label for item in footprint.runs for label in item.run.labels}
    made: dict[str, Any] = {}
    findings = list(footprint.findings)
    for wanted, analysis in (
        (options.experiments, _tree),
        (options.versus, _contrasts),
        (options.embodied or options.functional_unit, _hardware),
        (options.has_contracts, _contracts),
        (options.what_if, _elsewhere),
        (options.shift, _later),
        (options.has_phases or "phase" in told, _life),
        (options.has_metrics or told & labels.RESOURCES, _indicators),
        (options.quotient, _quotient),
        (options.compare, _references),
    ):
        if wanted:
            fields, found = analysis(footprint, options, site)
            made |= fields
            findings += found
    whole = replace(footprint, findings=tuple(findings), **made)
    if not options.uncertainty:
        return whole
    from reporter.assess.uncertainty import with_budgets

    return with_budgets(whole)


#: Fields of the Footprint that an analysis fills, and what it found.
_Made = tuple[dict[str, Any], "Sequence[Finding]"]


def _tree(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.branches import summarised

    return {"experiments": summarised(footprint.runs, options.experiments)}, ()


def _contrasts(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.statistics import contrasts

    metric = options.metric or options.metric_lower
    return {"contrasts": contrasts(footprint.runs, footprint.groups, options.versus, metric)}, ()


def _hardware(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.embodied import embodied, sci

    hardware, found = embodied(footprint.runs, options)
    return {"embodied": hardware, "sci": sci(footprint.emissions, hardware, options.functional_unit)}, found


def _contracts(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.contracts import contracts

    return {"contracts": contracts(footprint.energy, footprint.emissions, options)}, ()


def _elsewhere(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.scenarios import scenarios

    elsewhere, found = scenarios(footprint.it_energy, footprint.energy, footprint.emissions, options)
    return {"scenarios": elsewhere}, found


def _later(footprint: Footprint, options: Options, site: Site) -> _Made:
    from reporter.assess.shifting import shifts

    later, found = shifts(footprint.runs, site.series, options)
    return {"shifts": later}, found


def _life(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.lifecycle import lifecycle

    life, found = lifecycle(footprint.runs, options)
    return {"lifecycle": life}, found


def _indicators(footprint: Footprint, options: Options, _: Site) -> _Made:
    from reporter.assess.indicators import indicators

    return {"indicators": indicators(footprint.runs, options)}, ()


def _quotient(_: Footprint, options: Options, __: Site) -> _Made:
    from reporter import quotient

    return {"quotient": quotient.assessed(options.quotient) if options.quotient else None}, ()


def _references(_: Footprint, __: Options, ___: Site) -> _Made:
    return {"references": tuple(factors.reference_models())}, ()


def _assess_run(run: Run, site: Site, *, computed_only: bool) -> RunFootprint:
    pue, it_energy, intensity = site.pue(run), energy_of(run), site.intensity(run)
    facility = with_pue(it_energy, pue)
    ours = computed(facility, intensity)
    claim = None if computed_only else reported(run, ours)
    if claim is not None:
        intensity = implied_intensity(claim, facility) or intensity
    coverage = site.series.coverage(run) if site.series else None
    return RunFootprint(run, site.country(run), it_energy, pue, facility, intensity, claim or ours, ours, coverage)


class _Room(ModuleType):
    """This folder as a module that can be called: ``reporter.assess`` names both the room and its one function."""

    def __call__(self, reading: Reading, options: Options | None = None) -> Footprint:
        return assess(reading, options)


sys.modules[__name__].__class__ = _Room
