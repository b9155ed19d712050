"""Indicators of green AI as sections: computing resources, climate, the ranking by quality and energy, the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.footprint import Amount
from reporter.renderers import display, tables
from reporter.renderers.locales import current, figure, message, phrase
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.footprint import Footprint, Indicator, Indicators

MOST = 20  # rows of a table; JSON has them all
SOURCE = "lenherr2021new"


def computing(footprint: Footprint) -> Section | None:
    """The computing resources that runs tell; a column is there where a run has something for it."""
    told = footprint.indicators
    runs = [one for one in told.runs if any(value is not None for value in _resources(one))] if told else []
    if told is None or not runs:
        return None
    heads = (
        phrase("Parameters"), phrase("FLOPs"), phrase("Utilisation"), phrase("Items seen"),
        phrase("{metric} per million items", metric=metric_name(told)),
    )  # fmt: skip
    cells = [
        (_count(one.computing.parameters), _count(one.computing.flops), _share(one.computing.utilisation),
         _count(one.computing.items), _plain(one.computing.data_efficiency)) for one in runs[:MOST]
    ]  # fmt: skip
    shown = [place for place in range(len(heads)) if any(row[place] for row in cells)]
    rows = tuple(
        (tables.name_of(one.item), *(row[place] for place in shown), display.duration(one.computing.duration_s))
        for one, row in zip(runs, cells, strict=False)
    )
    columns = (phrase("Run"), *(heads[place] for place in shown), phrase("Time"))
    says = phrase("Resources as the runs' labels tell them; empty cells are not told.") + _left_out(runs)
    title = phrase("Indicators: computing resources")
    return Section("computing", title, says, columns, rows, frozenset(columns[1:]))


def climate(footprint: Footprint) -> Section | None:
    """Energy, emissions and intensity of the runs that have indicators."""
    told = footprint.indicators
    runs = [one for one in told.runs if one.metric is not None or _tells(one)] if told else []
    if not runs:
        return None
    rows = tuple(
        (tables.name_of(one.item), display.energy(one.item.energy), display.mass(one.item.emissions),
         display.intensity(one.item.intensity)) for one in runs[:MOST]
    )  # fmt: skip
    columns = (phrase("Run"), phrase("Energy"), phrase("CO₂e"), phrase("Intensity"))
    says = phrase("Energy and emissions as this report assesses them.") + _left_out(runs)
    return Section("climate", phrase("Indicators: climate"), says, columns, rows, frozenset(columns[1:]))


def ranking(footprint: Footprint) -> Section | None:
    """Runs by the energy-precision ratio, the best first, with their place for each alpha."""
    told = footprint.indicators
    runs = ranked(told) if told else []
    if told is None or not runs:
        return None
    front = sum(one.pareto for one in runs)
    rows = tuple(row for part in by_dataset(told).values() for row in _rows_of(part, told))[:MOST]
    weighed = (f"M, α\u00a0=\u00a0{alpha:g}" for alpha in told.alphas)
    columns = (phrase("Run"), metric_name(told), energy_per(told), *weighed)
    title = phrase("{metric} against energy", metric=metric_name(told))
    says = _ranking_says(told, front, len(runs)) + _left_out(runs)
    return Section("indicators", title, says, columns, rows, frozenset(columns[1:]), (SOURCE,))


def _ranking_says(told: Indicators, front: int, number_of: int) -> str:
    error = metric_name(told)
    if not told.lower:
        error = f"{display.per_cent('100') if told.per_cent else '1'} − {error}"
    among = phrase("Runs are ranked among those of their dataset.") if len(by_dataset(told)) > 1 else ""
    per_run = phrase(
        "Not all runs tell how many inferences or items they served, so that EPI is a whole run's energy."
    )
    says = (
        phrase(
            "M = Error^α × EPI weighs the error ({error}) against the energy per {served} (EPI): less is better, and a "
            "larger α weighs the error more. Told is M over that of the best run, with the place in brackets.",
            error=error, served=phrase(_SERVED[told.served]),
        ),
        per_run if told.served == "run" else "",
        phrase(
            "Runs marked * are the Pareto front ({part} of {number}): no other is as good in both and better in one.",
            part=front, number=number_of,
        ),
        among,
    )  # fmt: skip
    return " ".join(filter(None, says))


def overview(footprint: Footprint) -> Section | None:
    """Each model on each dataset, with its metric and its emissions in training and in use."""
    told = footprint.indicators
    if told is None or not told.models:
        return None
    heads = (
        phrase("Dataset"), phrase("{metric}, mean", metric=metric_name(told)), phrase("Training CO₂e"),
        phrase("Inference CO₂e"), phrase("Other CO₂e"),
    )  # fmt: skip
    cells = [
        (one.dataset and display.short(one.dataset), value(one.metric, told), _mass(one.training),
         _mass(one.inference), _mass(one.other)) for one in told.models[:MOST]
    ]  # fmt: skip
    shown = [place for place in range(len(heads)) if any(row[place] for row in cells)]
    rows = tuple(
        (display.short(one.model), figure(f"{one.runs:,}"), *(row[place] for place in shown))
        for one, row in zip(told.models, cells, strict=False)
    )
    columns = (phrase("Model"), phrase("Runs"), *(heads[place] for place in shown))
    says = phrase(
        "Emissions of all logged runs of a model on a dataset, by what the runs were for; where a cell is empty, none "
        "was logged."
    ) + _left_out(told.models)
    numbers = frozenset(columns[1:]) - {heads[0]}
    return Section("models", phrase("Models"), says, columns, rows, numbers)


def _rows_of(part: Sequence[Indicator], told: Indicators) -> Iterator[tuple[str, ...]]:
    """The rows of one dataset's runs: M over that of the best of them, with the place."""
    best = [min(one.ratios[which].value for one in part) for which in range(len(told.alphas))]
    for one in part:
        dataset = one.item.run.labels.get("dataset", "") if len(by_dataset(told)) > 1 else ""
        name = f"{tables.name_of(one.item)}{f', {display.short(dataset, 30)}' if dataset else ''}"
        ratios = zip(one.ratios, best, one.ranks, strict=True)
        cells = (f"{_times(ratio.value, least)}({place})" for ratio, least, place in ratios)
        yield name + (" *" if one.pareto else ""), value(one.metric, told), display.energy(one.per_item), *cells


def _times(ratio: float, least: float) -> str:
    """A ratio over the best one's; nothing where that is 0."""
    return f"{figure(f'{ratio / least:,.3g}')} " if least else ""


def ranked(told: Indicators) -> list[Indicator]:
    """The runs with a metric and an energy, the best for the first alpha first."""
    return sorted((one for one in told.runs if one.ranks), key=lambda one: one.ranks[0])


def by_dataset(told: Indicators) -> dict[str, list[Indicator]]:
    """The ranked runs of each dataset."""
    found: dict[str, list[Indicator]] = {}
    for one in ranked(told):
        found.setdefault(one.item.run.labels.get("dataset", ""), []).append(one)
    return found


def value(metric: float | None, told: Indicators) -> str:
    """A metric as people write it: four significant digits, with its sign where it is in per cent."""
    return "" if metric is None else f"{figure(f'{metric:.4g}')}{current().percent if told.per_cent else ''}"


#: What EPI may be the energy of.
_SERVED = {"run": message("run"), "item": message("item"), "inference": message("inference")}
_ENERGY_PER = {
    "run": message("Energy per run"),
    "item": message("Energy per item"),
    "inference": message("Energy per inference"),
}


def energy_per(told: Indicators) -> str:
    """What the metric is weighed against: ``Energy per inference``."""
    return phrase(_ENERGY_PER[told.served])


def metric_name(told: Indicators) -> str:
    """The metric's name with a capital."""
    name = display.short(told.metric or phrase("Metric"), 30)
    return name[:1].upper() + name[1:]


def _resources(one: Indicator) -> tuple[float | None, ...]:
    told = one.computing
    return told.parameters, told.flops, told.utilisation, told.items


def _tells(one: Indicator) -> bool:
    return any(number is not None for number in _resources(one))


def _count(number: float | None) -> str:
    """A count: ``50,000``, ``110 million``, ``3.10 × 10¹⁸``."""
    if number is None:
        return ""
    if number >= 1e12:
        return display.quantity(Amount(number, "")).strip()
    for size, name in ((1e9, message("{number} billion")), (1e6, message("{number} million"))):
        if number >= size:
            return phrase(name, number=figure(f"{number / size:.4g}"))
    return figure(f"{number:,.0f}")


def _share(number: float | None) -> str:
    return "" if number is None else display.share(number)


def _plain(number: float | None) -> str:
    return "" if number is None else figure(f"{number:.3g}")


def _mass(amount: Amount | None) -> str:
    return "" if amount is None else display.mass(amount)


def _left_out(rows: Sequence[object]) -> str:
    if len(rows) <= MOST:
        return ""
    number = display.whole(len(rows))
    return " " + phrase("The first {shown} of {number}; JSON has them all.", shown=MOST, number=number)
