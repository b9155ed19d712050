"""Experiments, life cycle and indicators as plain data for JSON: full precision, base units in the key's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.renderers.base import clean

if TYPE_CHECKING:
    from reporter.footprint import Amount, Experiment, Indicator, Indicators, LifeCycle, Term
    from reporter.quotient import Quotient


def experiment(branch: Experiment) -> dict[str, Any]:
    """One branch of the author's tree: its path, words and statistics; its sums are those of a group."""
    return {
        "path": [clean(name) for name in branch.path],
        "description": clean(branch.description),
        "members": list(branch.group.members),
        "variables": [
            {"name": clean(one.name), "unit": one.unit or None, "best": one.best,
             **(one.spread._asdict() if one.spread else {"n": 0})}
            for one in branch.summaries
        ],
    }  # fmt: skip


def lifecycle(life: LifeCycle | None) -> dict[str, Any] | None:
    """The life cycle as plain data for JSON, in kWh and kg CO2e."""
    if life is None:
        return None
    return {
        "phases": [
            {"name": clean(phase.name) or None, "runs": phase.runs, "duration_s": phase.duration_s,
             "energy_kwh": _value(phase.energy), "emissions_kg": _value(phase.emissions), "energy_share": phase.share}
            for phase in life.phases
        ],
        "before": _term(life.before),
        "training": _term(life.training),
        "per_call": _term(life.per_call),
        "calls_logged": life.calls_logged,
        "expected_calls": life.expected_calls,
        "use": _term(life.use),
        "life": _term(life.life),
        "break_even_calls": life.break_even_calls,
        "break_even_calls_of_all_runs": life.break_even_calls_all,
        "all_over_final": life.all_over_final,
        "training_overheads": [
            {"model": clean(one.model) or None, "theta": one.theta, "items": one.items,
             "training_kwh": one.training.value, "per_call_kwh": one.per_call.value}
            for one in life.overheads
        ],
    }  # fmt: skip


def quotient(made: Quotient | None) -> dict[str, Any] | None:
    """The green AI quotient and its categories in 0 to 100, and what low answers leave to do."""
    if made is None:
        return None
    return {
        "score": made.total,
        "categories": [
            {"key": one.category.key, "title": one.category.title, "weight": one.category.weight, "score": one.score,
             "answered": one.answered, "asked": one.asked}
            for one in made.scores
        ],
        "recommendations": [
            {"category": one.category, "question": one.question.text, "answer_worth": one.worth,
             "recommendation": one.question.advice, "points": one.points}
            for one in made.advice
        ],
    }  # fmt: skip


def _term(term: Term | None) -> dict[str, float | None] | None:
    if term is None:
        return None
    energy, mass = term
    return {
        "energy_kwh": _value(energy), "energy_low_kwh": energy.low if energy else None,
        "energy_high_kwh": energy.high if energy else None, "emissions_kg": _value(mass),
        "emissions_low_kg": mass.low if mass else None, "emissions_high_kg": mass.high if mass else None,
    }  # fmt: skip


def indicators(told: Indicators | None) -> dict[str, Any] | None:
    """The indicators as plain data for JSON; energies in kWh, emissions in kg CO2e."""
    if told is None:
        return None
    return {
        "metric": None if told.metric is None else clean(told.metric),
        "lower_is_better": told.lower if told.metric else None,
        "metric_in_per_cent": told.per_cent,
        "alphas": list(told.alphas),
        "energy_per": told.served,
        "runs": [_indicator(one) for one in told.runs],
        "models": [
            {"model": clean(one.model), "dataset": clean(one.dataset) or None, "runs": one.runs, "metric": one.metric,
             "training_emissions_kg": _value(one.training), "inference_emissions_kg": _value(one.inference),
             "other_emissions_kg": _value(one.other)}
            for one in told.models
        ],
    }  # fmt: skip


def _indicator(one: Indicator) -> dict[str, Any]:
    return {
        "id": clean(one.item.run.id),
        "metric": one.metric,
        "error": one.error,
        "energy_per_item_kwh": _value(one.per_item),
        "energy_precision_kwh": [ratio.value for ratio in one.ratios],
        "places": list(one.ranks),
        "pareto": one.pareto if one.ranks else None,
        **one.computing._asdict(),
        "energy_kwh": _value(one.item.energy),
        "emissions_kg": _value(one.item.emissions),
        "intensity_g_per_kwh": _value(one.item.intensity),
    }


def _value(amount: Amount | None) -> float | None:
    return None if amount is None else amount.value
