"""Runs in, Footprint out: energy, PUE, intensity, emissions, social cost and equivalents, put together."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

from reporter import experiments, factors, metrics, quotient
from reporter.assess import checks, groups, overlaps, place
from reporter.assess.branches import summarised
from reporter.assess.contracts import contracts
from reporter.assess.embodied import embodied, sci
from reporter.assess.emissions import computed, implied_intensity, reported
from reporter.assess.energy import it_energy as energy_of
from reporter.assess.energy import with_pue
from reporter.assess.equivalents import equivalents
from reporter.assess.indicators import indicators
from reporter.assess.labelled import labelled
from reporter.assess.lifecycle import lifecycle
from reporter.assess.place import Site
from reporter.assess.placed import placed
from reporter.assess.scenarios import scenarios
from reporter.assess.selection import summed_up
from reporter.assess.shifting import shifts
from reporter.assess.social_cost import social_costs
from reporter.assess.statistics import contrasts
from reporter.assess.uncertainty import with_budgets
from reporter.footprint import Footprint, RunFootprint
from reporter.options import Options

if TYPE_CHECKING:
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
        named = metrics.laid_on(labelled(reading, options.labels), options.metrics)
        footprint = _assessed(placed(named, options.experiments), options)
    return replace(footprint, findings=(*footprint.findings, *place.given(footprint.factors, options)))


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
        groups=groups.grouped(runs, group_by),
        group_by=group_by,
        experiments=summarised(runs, options.experiments),
        intensity_series=site.series.use(runs) if site.series else None,
    )
    return _with_analyses(footprint, options, site)


def _with_analyses(footprint: Footprint, options: Options, site: Site) -> Footprint:
    """The footprint with what was asked for besides its figures."""
    released = footprint.emissions
    hardware, hardware_findings = embodied(footprint.runs, options)
    elsewhere, scenario_findings = scenarios(footprint.it_energy, footprint.energy, released, options)
    later, shift_findings = shifts(footprint.runs, site.series, options)
    life, life_findings = lifecycle(footprint.runs, options)
    made = replace(
        footprint,
        findings=(*footprint.findings, *hardware_findings, *scenario_findings, *shift_findings, *life_findings),
        embodied=hardware,
        sci=sci(released, hardware, options.functional_unit),
        contracts=contracts(footprint.energy, released, options),
        scenarios=elsewhere,
        shifts=later,
        lifecycle=life,
        contrasts=contrasts(
            footprint.runs, footprint.groups, options.versus, options.metric or options.metric_lower
        ),
        indicators=indicators(footprint.runs, options),
        quotient=quotient.assessed(options.quotient) if options.quotient else None,
        references=tuple(factors.reference_models()) if options.compare else (),
    )
    return with_budgets(made) if options.uncertainty else made


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
