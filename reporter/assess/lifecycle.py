"""The life cycle of a model (Gitzel et al. 2023): what search, training and use take, and when use outweighs training.

The formulas are in the notation of the paper, as one function each. How they are read here: CT is all energy that went
before the final training or beside it (data, search, failed runs, evaluation), T the final training with fine-tuning,
I the number of inferences, e the energy of one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reporter import phases
from reporter.assess.energy import summed
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, LifeCycle, Overhead, Phase, Term, total
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reporter.footprint import RunFootprint
    from reporter.options import Options

#: Labels that tell how many inferences a run served, and how many items a training saw in an epoch.
CALLS, ITEMS, EPOCHS = ("calls", "inferences", "requests"), ("items", "samples", "examples"), "epochs"

_THOUSANDS = pattern(r"\d{1,3}(,\d{3})+")


def life_cycle(before: Amount | None, training: Amount | None, use: Amount | None) -> Amount | None:
    """E_life = CT + T + I x e (Gitzel et al. 2023); ``use`` is I x e, all in one unit. None where nothing is known."""
    return total([before, training, use])


def use(per_call: Amount, calls: float, unit: str) -> Amount:
    """I x e (Gitzel et al. 2023): the energy (or emission) of so many expected calls, which is an assumption."""
    return per_call.times(Amount(calls, "call", basis="assumed"), unit)


def per_call(inference: Amount, calls: float) -> Amount:
    """Energy (or emission) of one call e: that of the inference that was logged, over the calls that it served."""
    return inference.times(Amount(1.0 / calls, "1/call", basis=inference.basis), f"{inference.unit}/call")


def break_even(training: Amount | None, each: Amount | None) -> float | None:
    """I* = T / e: the number of inferences that take as much as training did (Gitzel et al. 2023)."""
    return training.value / each.value if training and each and each.value > 0 else None


def training_overhead(training: Amount | None, items: float | None, each: Amount | None) -> float | None:
    """Theta = T / (n x e): what training takes for an item it sees, over what an inference takes (Gitzel et al. 2023).

    ``items`` n are those of one epoch times the epochs.
    """
    if training is None or not items or each is None or each.value <= 0:
        return None
    return training.value / (items * each.value)


def all_over_final(development: Amount | None, final: Amount | None) -> float | None:
    """Everything up to the model over its final training alone: (CT + T) / T, as item 8 of NeurIPS' checklist asks."""
    return development.value / final.value if development and final and final.value > 0 else None


def lifecycle(runs: Sequence[RunFootprint], options: Options) -> tuple[LifeCycle | None, list[Finding]]:
    """The life cycle of the runs, where it was asked for or two phases are told; and what could not be counted.

    Raises ReportError for a rule that no run fits.
    """
    told = _by_phase(runs, options)
    asked = options.phase or options.expected_calls is not None or options.calls_logged is not None
    if not runs or (not asked and len([name for name in told if name]) < 2):
        return None, []
    served = told.get("inference", [])
    calls = options.calls_logged if options.calls_logged is not None else _sum(map(calls_of, served))
    counted = served if options.calls_logged is not None else [item for item in served if calls_of(item) is not None]
    before = _term([item for name, part in told.items() if name in _others(told) for item in part])
    final = _term([item for name in phases.TRAINING for item in told.get(name, [])])
    each = _each(_term(counted), calls)
    used = _use(each, options.expected_calls, _term(served))
    life = Term(*(life_cycle(*parts) for parts in zip(before, final, used or Term(None, None), strict=True)))
    whole = total([before.energy, final.energy])
    made = LifeCycle(
        _phases(told), before, final, calls, each, options.expected_calls, used, life,
        break_even(final.energy, each.energy if each else None), break_even(whole, each.energy if each else None),
        all_over_final(whole, final.energy), _overheads(told),
    )  # fmt: skip
    return made, list(_findings(told, made, len(served) - len(counted)))


def calls_of(item: RunFootprint) -> float | None:
    """How many inferences a run served, by its labels."""
    return _number(item.run.labels, CALLS)


def items_of(item: RunFootprint) -> float | None:
    """How many items a run saw: those of an epoch times its epochs (1 where not told)."""
    items, epochs = _number(item.run.labels, ITEMS), _number(item.run.labels, (EPOCHS,))
    return None if items is None else items * (1.0 if epochs is None else epochs)


def _number(labels: Mapping[str, str], names: Sequence[str]) -> float | None:
    for name in names:
        try:
            text = labels[name].strip()
            value = float(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)
        except (KeyError, ValueError):
            continue
        if math.isfinite(value) and value > 0:
            return value
    return None


def _by_phase(runs: Sequence[RunFootprint], options: Options) -> dict[str, list[RunFootprint]]:
    """The runs of each phase, in the order of a model's life; other names after ours, and what tells none last."""
    found: dict[str, list[RunFootprint]] = {}
    for item in runs:
        run = item.run
        found.setdefault(phases.of(run.labels, (run.id, run.source), options.phase), []).append(item)
    for one in options.phase:
        if one.phase not in found:
            text = "it finds no label, id or path of a run that no rule before it took"
            raise ReportError(f"--phase {one.phase}={plain(one.pattern.pattern, 60)}: {text}")
    ours = [name for name in phases.PHASES if name in found]
    others = [name for name in found if name and name not in phases.PHASES]
    return {name: found[name] for name in (*ours, *others, *([""] if "" in found else []))}


def _others(told: Mapping[str, object]) -> set[str]:
    """The phases that CT counts: named, and neither training nor inference."""
    return set(told) - phases.TRAINING - {"inference", ""}


def _term(runs: Sequence[RunFootprint]) -> Term:
    return Term(total(item.energy for item in runs), total(item.emissions for item in runs))


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def _each(inference: Term, calls: float | None) -> Term | None:
    """E of the inference whose calls are known; None where its energy or their number is not."""
    if inference.energy is None or not calls:
        return None
    mass = inference.emissions
    return Term(per_call(inference.energy, calls), per_call(mass, calls) if mass else None)


def _use(each: Term | None, expected: float | None, logged: Term) -> Term | None:
    """I x e of the expected calls; without them the inference that was logged."""
    if expected is None:
        return logged if logged.energy else None
    if each is None:
        return None
    return Term(*(use(one, expected, unit) if one else None for one, unit in zip(each, ("kWh", "kgCO2e"), strict=True)))


def _phases(told: Mapping[str, Sequence[RunFootprint]]) -> tuple[Phase, ...]:
    whole = total(item.energy for part in told.values() for item in part)
    made = []
    for name, part in told.items():
        both = _term(part)
        share = both.energy.value / whole.value if both.energy and whole and whole.value > 0 else None
        made.append(Phase(name, len(part), summed([item.run.duration_s for item in part]), *both, share))
    return tuple(made)


def _overheads(told: Mapping[str, Sequence[RunFootprint]]) -> tuple[Overhead, ...]:
    """Theta of every model of which both training, with its items, and inference, with its calls, were logged."""
    made = []
    trained = [item for name in ("training", "fine-tuning") for item in told.get(name, []) if items_of(item)]
    for model in dict.fromkeys(item.run.labels.get("model", "") for item in trained):
        mine = [item for item in trained if item.run.labels.get("model", "") == model]
        served = [item for item in told.get("inference", []) if item.run.labels.get("model", "") == model]
        served = [item for item in served if calls_of(item)]
        calls, items = _sum(map(calls_of, served)), _sum(map(items_of, mine))
        inference, training = _term(served).energy, _term(mine).energy
        each = per_call(inference, calls) if inference and calls else None
        theta = training_overhead(training, items, each)
        if theta is not None and training and each and items:
            made.append(Overhead(model, theta, items, training, each))
    return tuple(made)


def _findings(told: Mapping[str, Sequence[RunFootprint]], made: LifeCycle, left_out: int) -> list[Finding]:
    texts = []
    if "" in told:
        untold = f"{len(told['']):,} {'run tells' if len(told['']) == 1 else 'runs tell'}"
        texts.append(f"{untold} no phase, so that the life cycle leaves them out; "
                     "tell it with --phase NAME=REGEX, or a label 'phase'")  # fmt: skip
    if made.expected_calls is not None and made.per_call is None:
        texts.append("the expected calls are not counted, since no inference with its number of calls was logged; "
                     "label it calls=N, or give --calls-logged N")  # fmt: skip
    if left_out and made.per_call is not None:
        texts.append(f"{left_out:,} inference runs do not tell their calls; the energy per call leaves them out")
    if made.calls_logged and "inference" not in told:
        texts.append("calls of inference are told, and no run is inference; name those with --phase inference=REGEX")
    if made.expected_calls is None and left_out and made.per_call is None:
        texts.append("inference was logged without its number of calls; give --calls-logged N for the energy per call")
    return [Finding("CR121", "warning", text, None) for text in texts]
