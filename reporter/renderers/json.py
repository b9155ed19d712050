"""JSON for other programs: schema carbon-report/1, full precision, base units in the key's name, null for not known."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from reporter import factors
from reporter.renderers import json_analyses, shifting
from reporter.renderers.base import Renderer, clean, without_citations, words
from reporter.renderers.bibliography import sources

if TYPE_CHECKING:
    from datetime import datetime

    from reporter.factors import Factor, Reference
    from reporter.footprint import (
        Amount,
        Budget,
        Contracts,
        Equivalent,
        Footprint,
        Intensity,
        RunFootprint,
        Scenario,
        SeriesUse,
        SocialCost,
    )
    from reporter.report import Report

SCHEMA = "carbon-report/1"


def schema() -> str:
    """The JSON Schema (draft 2020-12) of what ``render`` makes, as the file beside this one has it."""
    path = os.path.join(os.path.dirname(__file__), f"{SCHEMA.replace('/', '-')}.schema.json")
    with open(path, encoding="utf-8") as file:
        return file.read()


def render(report: Report) -> bytes:
    """The report as UTF-8 JSON with an end of line."""
    text = json.dumps(document(report), ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def document(report: Report) -> dict[str, Any]:
    """The report as plain data, as the schema orders it."""
    footprint = report.footprint
    return {
        "schema": SCHEMA,
        "inputs": [entry._asdict() | {"path": clean(entry.path)} for entry in footprint.inputs],
        "totals": _totals(footprint),
        "runs": [_run(run) for run in footprint.runs],
        "groups": [_group(group) for group in footprint.groups],
        "experiments": [json_analyses.experiment(branch) | _group(branch.group) for branch in footprint.experiments],
        "social_cost": _social_cost(footprint.social_cost),
        "social_costs": [_social_cost(cost) for cost in footprint.social_costs],
        "embodied": _range(footprint.embodied),
        "sci": _sci(footprint.sci),
        "contracts": _contracts(footprint.contracts),
        "equivalents": [_equivalent(item) for item in footprint.equivalents],
        "scenarios": [*map(_scenario, footprint.scenarios), *map(shifting.document, footprint.shifts)],
        "references": [_reference(reference) for reference in footprint.references],
        "lifecycle": json_analyses.lifecycle(footprint.lifecycle),
        "indicators": json_analyses.indicators(footprint.indicators),
        "quotient": json_analyses.quotient(footprint.quotient),
        "uncertainty": [_budget(budget) for budget in footprint.budgets],
        "findings": [finding._asdict() for finding in footprint.findings],
        "sources": [
            {key: value for key, value in source._asdict().items() if key != "bibtex"} for source in sources(report)
        ],
        "factors_edition": factors.EDITION,
        "factors": [_factor(factor) for factor in footprint.factors],
        "intensity_series": _series(footprint.intensity_series),
        "statement": without_citations(words(report, "statement")),
    }


def _totals(footprint: Footprint) -> dict[str, Any]:
    emissions, computed = footprint.emissions, footprint.computed
    return {
        "runs": len(footprint.runs),
        "duration_s": footprint.duration_s,
        "it_energy_kwh": _value(footprint.it_energy),
        "energy_kwh": _value(footprint.energy),
        **{f"{part}_energy_kwh": footprint.parts.get(part) for part in ("cpu", "gpu", "ram")},
        "pue": _value(footprint.pue),
        "intensity_g_per_kwh": _value(footprint.intensity),
        "reported_emissions_kg": footprint.reported_emissions_kg,
        "emissions_kg": _value(emissions),
        "emissions_low_kg": emissions.low if emissions else None,
        "emissions_high_kg": emissions.high if emissions else None,
        "computed_emissions_kg": _value(computed),
        "computed_emissions_low_kg": computed.low if computed else None,
        "computed_emissions_high_kg": computed.high if computed else None,
        "basis": emissions.basis if emissions else None,
    }


def _run(item: RunFootprint) -> dict[str, Any]:
    run = item.run
    return {
        "id": clean(run.id),
        "tracker": run.tracker,
        "labels": {clean(key): clean(value) for key, value in run.labels.items()},
        "started_at": _moment(run.started_at),
        "duration_s": run.duration_s,
        "it_energy_kwh": _value(item.it_energy),
        "energy_kwh": _value(item.energy),
        "cpu_energy_kwh": run.cpu_energy_kwh,
        "gpu_energy_kwh": run.gpu_energy_kwh,
        "ram_energy_kwh": run.ram_energy_kwh,
        "reported_emissions_kg": run.reported_emissions_kg,
        "emissions_kg": _value(item.emissions),
        "emissions_low_kg": item.emissions.low if item.emissions else None,
        "emissions_high_kg": item.emissions.high if item.emissions else None,
        "computed_emissions_kg": _value(item.computed),
        "pue": _value(item.pue),
        "intensity_g_per_kwh": _value(item.intensity),
        "intensity_coverage": item.coverage,
        "country": item.country,
        "basis": item.emissions.basis if item.emissions else None,
        "energy_basis": item.it_energy.basis if item.it_energy else run.basis,
        "predicted_energy_kwh": run.predicted_energy_kwh,
        "predicted_emissions_kg": run.predicted_emissions_kg,
        "source": clean(run.source),
        "line": run.line,
    }


def _group(group: Any) -> dict[str, Any]:
    return {
        "name": clean(group.name),
        "runs": group.runs,
        "duration_s": group.duration_s,
        "it_energy_kwh": _value(group.it_energy),
        "energy_kwh": _value(group.energy),
        "emissions_kg": _value(group.emissions),
    }


def _social_cost(cost: SocialCost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    one = len(cost.amount.factors) <= 1  # runs of several years are priced at several values, and none is the whole's
    return {
        "series": clean(cost.series),
        "country": cost.country,
        "value": cost.amount.value,
        "low": cost.amount.low,
        "high": cost.amount.high,
        "unit": cost.amount.unit,
        "source": cost.factor.source,
        "label": cost.factor.label,
        "factor": cost.factor.value if one else None,
        "factor_unit": cost.factor.unit,
        "year": cost.factor.year if one else None,
        "note": cost.factor.note,
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    return {
        "kind": scenario.kind,
        "key": clean(scenario.key),
        "label": clean(scenario.label),
        "energy_kwh": _value(scenario.energy),
        "emissions_kg": _value(scenario.emissions),
        "emissions_low_kg": scenario.emissions.low if scenario.emissions else None,
        "emissions_high_kg": scenario.emissions.high if scenario.emissions else None,
        "ratio": scenario.ratio,
        "boundary": scenario.boundary,
    }


def _reference(reference: Reference) -> dict[str, Any]:
    factor = reference.factor
    return {
        "key": factor.key,
        "label": factor.label,
        "emissions_kg": factor.value * 1e3,
        "energy_kwh": reference.energy_kwh,
        "boundary": factor.boundary,
        "comparable": reference.comparable,
        "year": factor.year,
        "source": factor.source,
    }


def _range(amount: Amount | None) -> dict[str, Any] | None:
    if amount is None:
        return None
    return {"value": amount.value, "low": amount.low, "high": amount.high, "unit": amount.unit, "basis": amount.basis}


def _sci(sci: Intensity | None) -> dict[str, Any] | None:
    if sci is None:
        return None
    told = {"functional_unit": clean(sci.unit), "functional_units": sci.number}
    return told | {
        "sci_kg_per_unit": _value(sci.amount),
        "sci_low_kg_per_unit": sci.amount.low,
        "sci_high_kg_per_unit": sci.amount.high,
        "operational_kg": _value(sci.operational),
        "embodied_kg": _value(sci.hardware),
    }


def _contracts(told: Contracts | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "location_based_kg": _value(told.location_based),
        "market_based_kg": _value(told.market_based),
        "offsets_kg": told.offsets_kg,
        "net_kg": _value(told.net),
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "quantity": budget.quantity,
        "value": budget.amount.value,
        "low": budget.amount.low,
        "high": budget.amount.high,
        "unit": budget.amount.unit,
        "significant_digits": budget.digits,
        "monte_carlo": list(budget.simulated) if budget.simulated else None,
        "contributions": [part._asdict() for part in budget.contributions],
    }


def _equivalent(item: Equivalent) -> dict[str, Any]:
    factor = item.factor
    return {
        "key": factor.key,
        "label": factor.label,
        "value": item.amount.value,
        "low": item.amount.low,
        "high": item.amount.high,
        "unit": item.amount.unit,
        "factor": factor.value,
        "factor_unit": factor.unit,
        "source": factor.source,
        "year": factor.year,
    }


def _factor(factor: Factor) -> dict[str, Any]:
    """A figure that went in; ``origin`` is null for a bundled one, else the author's file and line."""
    return {key: clean(value) if isinstance(value, str) else value for key, value in factor._asdict().items()} | {
        "origin": clean(factor.origin) or None
    }


def _series(use: SeriesUse | None) -> dict[str, Any] | None:
    if use is None:
        return None
    return {
        "paths": [clean(path) for path in use.paths],
        "provider": clean(use.provider),
        "zone": None if use.zone is None else clean(use.zone),
        "signal": use.signal,
        "boundary": use.boundary,
        "unit": use.unit,
        "resolution_s": use.step_s,
        "steps": use.steps,
        "from": _moment(use.first),
        "to": _moment(use.last),
        "coverage": use.coverage,
        "runs_weighted_by_energy": use.traced,
        "runs_weighted_by_time": use.runs - use.traced,
        "runs_covered_in_part": use.partly,
    }


def _value(amount: Amount | None) -> float | None:
    return None if amount is None else amount.value


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


RENDERERS = (Renderer("json", "everything, for other programs (schema carbon-report/1)", (".json",), render),)
