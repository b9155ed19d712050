"""Indicators of green AI in its two categories, computing resources and climate; quality against energy.

Computing resources are told by labels of the runs (or --metrics): parameters, FLOPs, utilisation, items; time is that
of the log. Climate is energy, emissions and intensity, as assessed. With --metric, runs are ranked by the
energy-precision ratio (Lenherr et al. 2021) for several alphas, and those that no other beats in both are marked.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from reporter import phases
from reporter.assess.lifecycle import calls_of, items_of
from reporter.errors import ReportError, plain
from reporter.footprint import Amount, Computing, Indicator, Indicators, ModelEmissions, total
from reporter.labels import FLOPS, PARAMETERS, RESOURCES, UTILISATION
from reporter.metrics import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint, Served
    from reporter.options import Options

DEFAULT_ALPHAS = (1.0, 2.0, 4.0)


def error_of(metric: float, *, lower: bool, per_cent: bool) -> float:
    """Error of a metric: itself where lower is better, else what is missing to 1 (or to 100 per cent)."""
    return metric if lower else 1.0 - metric / (100.0 if per_cent else 1.0)


def energy_precision(error: float, per_item: Amount, alpha: float) -> Amount:
    """M = Error^alpha x EPI in kWh (Lenherr et al. 2021): less is better; a larger alpha weighs precision more.

    ``per_item`` EPI is the energy of one inference.
    """
    return per_item.times(Amount(error**alpha, "ratio", basis=per_item.basis), "kWh")


def data_efficiency(metric: float | None, items: float | None) -> float | None:
    """Quality for a million items of training data, each counted as often as it was seen."""
    return metric / (items / 1e6) if metric is not None and items else None


def non_dominated(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which points (error, energy) no other beats: none is as good in both and better in one."""
    best, front = math.inf, set[tuple[float, float]]()
    for point in sorted(points):
        if point[1] < best:
            front.add(point)
            best = point[1]
    return [point in front for point in points]


def indicators(runs: Sequence[RunFootprint], options: Options) -> Indicators | None:
    """The indicators of the runs that tell some; None where none does and none was asked for.

    Raises ReportError for a metric that no run has, or from which no error follows.
    """
    name, lower = options.metric or options.metric_lower, options.metric is None
    if name is None and options.metrics is None and not any(item.run.labels.keys() & RESOURCES for item in runs):
        return None
    metrics = [_metric(item, name) for item in runs]
    option = f"--metric{'-lower' if lower else ''} {plain(name, 60)}"
    if name is not None and not any(metric is not None for metric in metrics):
        known = sorted({key for item in runs for key, text in item.run.labels.items() if number(text) is not None})
        names = ", ".join(plain(key, 40) for key in known[:20])
        there = f"there are {names}" if known else "give them with --metrics"
        raise ReportError(f"{option}: no run tells it; {there}")
    told = [metric for metric in metrics if metric is not None]
    per_cent = not lower and max(told, default=0.0) > 1.0
    if name is not None and ((per_cent and max(told) > 100.0) or (lower and min(told) < 0)):
        reason = "an error cannot be below 0" if lower else "no error follows from values above 100; --metric-lower"
        raise ReportError(f"{option}: {reason}")
    ranked = [item for item, metric in zip(runs, metrics, strict=True) if metric is not None and item.energy]
    served = _served(ranked)
    alphas = options.alpha or DEFAULT_ALPHAS
    made = [
        _indicator(item, metric, alphas, lower=lower, per_cent=per_cent, served=served)
        for item, metric in zip(runs, metrics, strict=True)
    ]
    models = _models(runs, metrics, options.phase)
    return Indicators(name, lower, per_cent, alphas, served, tuple(_ranked(made, alphas)), models)


def _metric(item: RunFootprint, name: str | None) -> float | None:
    if name is None:
        return None
    labels = item.run.labels
    text = labels.get(name, labels.get(name.casefold()))
    return None if text is None else number(text)


def _first(item: RunFootprint, names: Sequence[str]) -> float | None:
    found = (number(item.run.labels[name]) for name in names if name in item.run.labels)
    return next((value for value in found if value is not None), None)


def _served(ranked: Sequence[RunFootprint]) -> Served:
    """What EPI is the energy of: an inference or an item, where every ranked run tells how many it served."""
    if ranked and all(calls_of(item) for item in ranked):
        return "inference"
    return "item" if ranked and all(items_of(item) for item in ranked) else "run"


def _indicator(item: RunFootprint, metric: float | None, alphas: Sequence[float], *, lower: bool, per_cent: bool,
               served: Served) -> Indicator:  # fmt: skip
    run, error, each = item.run, None, None
    utilisation = _first(item, UTILISATION)
    if utilisation is None:
        utilisation = next((piece.utilisation for piece in run.devices if piece.utilisation is not None), None)
    elif utilisation > 1:
        utilisation /= 100.0  # trackers write it in per cent
    items = items_of(item)
    efficiency = None if lower else data_efficiency(metric, items)
    computing = Computing(
        _first(item, PARAMETERS), _first(item, FLOPS), utilisation, run.duration_s, items, efficiency
    )  # fmt: skip
    if metric is not None and item.energy is not None:
        error = error_of(metric, lower=lower, per_cent=per_cent)
        number_of = {"inference": calls_of(item), "item": items}.get(served) or 1.0
        each = item.energy.times(Amount(1.0 / number_of, f"1/{served}", basis=item.energy.basis), "kWh")
    ratios = tuple(energy_precision(error, each, alpha) for alpha in alphas) if error is not None and each else ()
    return Indicator(item, metric, error, each, ratios, (), False, computing)


def _ranked(made: Sequence[Indicator], alphas: Sequence[float]) -> list[Indicator]:
    """The indicators with the place of each run for each alpha, and with the Pareto front, among those of its dataset.

    Equal runs share a place.
    """
    datasets: dict[str, list[int]] = {}
    for place, one in enumerate(made):
        if one.error is not None and one.per_item is not None:
            datasets.setdefault(one.item.run.labels.get("dataset", ""), []).append(place)
    out = list(made)
    for places in datasets.values():
        _rank(out, places, alphas)
    return out


def _rank(made: list[Indicator], places: Sequence[int], alphas: Sequence[float]) -> None:
    """Set place and front of the runs at these places, which are of one dataset."""
    points = [(made[place].error or 0.0, made[place].per_item.value) for place in places]  # type: ignore[union-attr]
    inorder = [sorted(made[place].ratios[which].value for place in places) for which in range(len(alphas))]
    for place, kept in zip(places, non_dominated(points), strict=True):
        values = zip(inorder, made[place].ratios, strict=True)
        ranks = tuple(1 + bisect_left(ordered, ratio.value) for ordered, ratio in values)
        made[place] = made[place]._replace(ranks=ranks, pareto=kept)


def _models(
    runs: Sequence[RunFootprint], metrics: Sequence[float | None], rules: Sequence[phases.Rule]
) -> tuple[ModelEmissions, ...]:
    """Emissions of training and inference of each model on each dataset, with the mean of its metric."""
    members: dict[tuple[str, str], list[tuple[RunFootprint, float | None]]] = {}
    for item, metric in zip(runs, metrics, strict=True):
        model, dataset = item.run.labels.get("model"), item.run.labels.get("dataset", "")
        if model:
            members.setdefault((model, dataset), []).append((item, metric))
    return tuple(_model(model, dataset, part, rules) for (model, dataset), part in members.items())


def _model(
    model: str, dataset: str, part: Sequence[tuple[RunFootprint, float | None]], rules: Sequence[phases.Rule]
) -> ModelEmissions:
    known = [metric for _, metric in part if metric is not None]
    sums: dict[str, list[Amount | None]] = {"training": [], "inference": [], "": []}
    for item, _ in part:
        phase = phases.of(item.run.labels, (item.run.id, item.run.source), rules)
        kind = "training" if phase in phases.TRAINING else phase if phase == "inference" else ""
        sums[kind].append(item.emissions)
    mean = math.fsum(known) / len(known) if known else None
    training, inference, other = (total(amounts) for amounts in sums.values())
    return ModelEmissions(model, dataset, len(part), mean, training, inference, other)
