"""What a report can answer of a checklist's questions, as text; what neither log nor author tells is empty.

Checklists are forms in English, so these sentences are too, whatever language the other outputs speak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter import factors
from reporter.answers import ITEMS
from reporter.phases import TRAINING
from reporter.renderers import display, tables, vocabulary
from reporter.renderers.base import clean, without_citations, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Amount, Footprint, Phase
    from reporter.report import Report

SHOWN = 4  # of a list of models or places
MWH_DIGITS = 3  # the EU's form wants two or more


def of(report: Report) -> dict[str, str]:
    """Answers by name; those of the author (``--answer``) stand before what the logs tell."""
    footprint = report.footprint
    told = {item.replace("-", "_"): "" for item in ITEMS}
    told |= {
        "hardware": hardware(footprint), "memory": _memory(footprint), "place": _place(report),
        "per_run": _per_run(footprint), "total": _total(footprint), "all_experiments": _all_experiments(footprint),
        "all_time": _all_time(footprint), "emissions": _mass(footprint.emissions), "power": _power(footprint),
        "energy_mix": _energy_mix(footprint), "inference": _inference(footprint), "inputs": _inputs(footprint),
        "method": _method(footprint, vocabulary.of(report)), "limits": without_citations(words(report, "limits")),
    }  # fmt: skip
    told |= _final(footprint) | _training(footprint)
    return told | {item.replace("-", "_"): clean(text) for item, text in report.answers}


def hardware(footprint: Footprint) -> str:
    """The processors, graphics processors first, each with the most pieces that one run had: ``8 × A100``."""
    pieces: dict[str, float | None] = {}
    for model, count in [(item.run.gpu_model, item.run.gpu_count) for item in footprint.runs] + [
        (item.run.cpu_model, None) for item in footprint.runs
    ]:
        if model:
            known = pieces.get(model)
            pieces[model] = count if known is None or (count or 0) > known else known
    names = [_pieces(clean(model), count) for model, count in pieces.items()]
    return _listed(names)


def _pieces(model: str, count: float | None) -> str:
    named = display.short(model)
    starts_with_count = named[:1].isdigit() and " x " in named
    return named if count is None or starts_with_count else f"{count:g} × {named}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _memory(footprint: Footprint) -> str:
    known = [item.run.ram_gb for item in footprint.runs if item.run.ram_gb]
    return f"{max(known):.3g} GB of main memory" if known else ""


def _place(report: Report) -> str:
    """Where the runs were: ``in France (Google Cloud europe-west9)``."""
    runs = report.footprint.runs
    countries = dict.fromkeys(factors.country_name(item.country) for item in runs if item.country)
    clouds = dict.fromkeys(f"{clean(item.run.cloud_provider)} {clean(item.run.cloud_region or '')}".strip()
                           for item in runs if item.run.cloud_provider)  # fmt: skip
    if not countries:
        return f"in {_listed(list(clouds))}" if clouds else ""
    return f"in {_listed(list(countries))}" + (f" ({_listed(list(clouds))})" if clouds else "")


def _per_run(footprint: Footprint) -> str:
    from statistics import median

    times = sorted(item.run.duration_s for item in footprint.runs if item.run.duration_s is not None)
    if not times:
        return ""
    if len(times) == 1:
        return f"The run took {display.duration(times[0])}."
    ends = f"{display.duration(times[0])} to {display.duration(times[-1])}"
    return f"Each of {len(times):,} runs took {ends} (median {display.duration(median(times))})."


def gpu_hours(footprint: Footprint) -> float | None:
    """Graphics processors times hours, where every run tells both."""
    pairs = [(item.run.gpu_count, item.run.duration_s) for item in footprint.runs]
    known = [count * seconds / 3600 for count, seconds in pairs if count is not None and seconds is not None]
    return sum(known) if known and len(known) == len(pairs) else None


def _total(footprint: Footprint) -> str:
    if footprint.duration_s is None and footprint.energy is None:
        return ""
    hours, runs = gpu_hours(footprint), len(footprint.runs)
    parts = [display.duration(footprint.duration_s)] if footprint.duration_s is not None else []
    parts += [f"{hours:.3g} GPU hours"] if hours else []
    parts += [f"{display.energy(footprint.energy)} of electricity"] if footprint.energy else []
    emitted = f", and emitted {display.mass(footprint.emissions)} of CO₂e" if footprint.emissions else ""
    who = "The run that was tracked" if runs == 1 else f"The {runs:,} runs that were tracked"
    return f"{who} took {' and '.join(parts)}{'' if runs == 1 else ' in all'}{emitted}."


def _runs(number: int) -> str:
    return f"{number:,} {'run' if number == 1 else 'runs'}"


def _all_time(footprint: Footprint) -> str:
    if footprint.duration_s is None:
        return ""
    hours = gpu_hours(footprint)
    also = f", or {hours:.3g} GPU hours" if hours else ""
    return f"{display.duration(footprint.duration_s)} in {_runs(len(footprint.runs))} that were tracked{also}."


def _phases(footprint: Footprint, *, final: bool) -> list[Phase]:
    """Phases of the final training, or the others that are named."""
    known = footprint.lifecycle.phases if footprint.lifecycle else ()
    return [phase for phase in known if phase.name and (phase.name in TRAINING) == final]


def _all_experiments(footprint: Footprint) -> str:
    """What was spent beside the final training; empty where no run is told to be either."""
    others = _phases(footprint, final=False)
    if not others:
        return ""
    told = [f"{phase.name} took {display.energy(phase.energy)} in {_runs(phase.runs)}" for phase in others]
    whole = display.energy(footprint.energy)
    return f"Beside the final training, {'; '.join(told)}; all that was tracked took {whole}."


def _final(footprint: Footprint) -> dict[str, str]:
    """Time, energy and emissions of the final training, as its phase tells them."""
    told = {"final": "", "final_time": "", "final_emissions": ""}
    phases = _phases(footprint, final=True)
    times = [phase.duration_s for phase in phases if phase.duration_s is not None]
    masses = [phase.emissions.value for phase in phases if phase.emissions]
    if not phases:
        return told
    runs = _runs(sum(phase.runs for phase in phases))
    if len(times) == len(phases):
        told["final_time"] = f"{display.duration(sum(times))} in {runs}."
        energy = sum(phase.energy.value for phase in phases if phase.energy)
        took = f"{display.duration(sum(times))} and {display.energy(energy)} of electricity"
        told["final"] = f"The final training took {took} in {runs}."
    if len(masses) == len(phases):
        told["final_emissions"] = f"{display.mass(sum(masses))} of CO₂e in {runs}."
    return told


def _training(footprint: Footprint) -> dict[str, str]:
    """The rows of the EU's form: time and MWh of training, of all that was tracked where no phase is told."""
    phases = _phases(footprint, final=True)
    what = "" if phases else " (all runs that were tracked)"
    energies = [phase.energy for phase in phases] if phases else [footprint.energy]
    times = [phase.duration_s for phase in phases] if phases else [footprint.duration_s]
    known = [amount for amount in energies if amount is not None]
    basis = {"measured": "measured", "reported": "as the tracker reported it"}
    how = basis.get(known[0].basis, "estimated") if known else ""
    mwh = sum(amount.value for amount in known) / 1e3
    hours = None if None in times else sum(time or 0.0 for time in times) / 3600
    gpus = gpu_hours(footprint) if not phases else None
    days = f"; {gpus / 24:.3g} days of graphics processors" if gpus else ""
    return {
        "training_mwh": f"{_plain(mwh)} MWh, {how}{what}." if known and len(known) == len(energies) else "",
        "training_time": "" if hours is None else f"{_plain(hours)} hours, summed over runs{days}{what}.",
    }


def _plain(value: float) -> str:
    """A number with three significant digits and without an exponent."""
    from decimal import Decimal

    return format(Decimal(f"{value:.{MWH_DIGITS - 1}e}"), "f") if value else "0"


def _mass(amount: Amount | None) -> str:
    if amount is None:
        return ""
    ends = display.mass_range(amount)
    return f"{display.mass(amount)} of CO₂e{f' ({ends})' if ends else ''}."


def _power(footprint: Footprint) -> str:
    """Mean power of the processors, energy over time."""
    if not footprint.duration_s:
        return ""
    names = {"gpu": "GPU", "cpu": "CPU"}
    told = [f"{names[part]} {display.power(3.6e6 * footprint.parts[part] / footprint.duration_s)}"
            for part in names if part in footprint.parts]  # fmt: skip
    return f"{' and '.join(told)}, on average over the runs." if told else ""


def _energy_mix(footprint: Footprint) -> str:
    intensity = footprint.intensity
    if intensity is None:
        return ""
    used = [factor for factor in intensity.factors if factor.kind == "intensity"]
    source = f" ({_listed([f'{factor.label}, {factor.year}, {factor.boundary}' for factor in used])})" if used else ""
    how = ", as the tracker applied it" if intensity.basis == "reported" else ""
    return f"{display.intensity(intensity)}{source}{how}."


def _inference(footprint: Footprint) -> str:
    life = footprint.lifecycle
    if life is None or life.per_call is None or life.per_call.emissions is None:
        return ""
    return f"{display.mass(life.per_call.emissions)} of CO₂e and {display.energy(life.per_call.energy)} each."


def _inputs(footprint: Footprint) -> str:
    names = [entry.path.replace("\\", "/").rpartition("/")[2] for entry in footprint.inputs if entry.runs]
    return f"{', '.join(tables.trackers(footprint))} logs ({_listed([clean(name) for name in names])})" if names else ""


def _method(footprint: Footprint, known: dict[str, Any]) -> str:
    """How the energy came to be known, in the words of the vocabulary that the report's method uses too."""
    if footprint.it_energy is None:
        return ""
    told = f"The energy was {known['energy_was']} by {_listed(known['trackers'])} over {_runs(len(footprint.runs))}."
    told += "".join(f" It is {rule}." for rule in known["integrated"])
    told += f" Its parts are {', '.join(known['parts'])}." if known["parts"] else ""
    pue = footprint.pue
    if pue is None or pue.value <= 1:
        return f"{told} The overhead of the data centre is not included."
    return f"{told} It includes the data centre's overhead by a PUE of {display.ratio(pue)}."
