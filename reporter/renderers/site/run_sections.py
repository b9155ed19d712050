"""What a run's own page tells besides its figures: the machine, the place, the labels, and the published factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.errors import ReportError
from reporter.renderers import display, locales, tables
from reporter.renderers.locales import figure, phrase
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from datetime import datetime

    from reporter.factors import Factor
    from reporter.footprint import Footprint, RunFootprint

LONGEST = 300  # letters of a label or a name


def facts(item: RunFootprint) -> Section:
    """Hardware, software and place of a run, as far as its log tells them."""
    run = item.run
    devices = [(phrase("Named by the author"), _device(one.count, one.model or one.kind)) for one in run.devices]
    told: list[tuple[str, str | None]] = [
        (phrase("Run"), tables.name_of(item)),
        (phrase("Started"), _moment(run.started_at)),
        (phrase("Ended"), _moment(run.ended_at)),
        (phrase("Processor"), run.cpu_model and _device(run.cpu_count, run.cpu_model, phrase("{number} logical"))),
        (phrase("Graphics processor"), run.gpu_model and _device(run.gpu_count, run.gpu_model)),
        (phrase("Memory"), None if run.ram_gb is None else f"{figure(f'{run.ram_gb:,.4g}')} GB"),
        *devices,
        (phrase("Machine"), run.host),
        (phrase("What was metered"), _metered(run.machine_wide)),
        (phrase("System"), run.system),
        ("Python", run.python_version),
        (phrase("Tracker"), tables.tracker(run)),
        (phrase("Country"), _country(item.country)),
        (phrase("Region"), run.region),
        (phrase("Cloud"), " ".join(filter(None, (run.cloud_provider, run.cloud_region)))),
        (phrase("Log"), f"{run.source}:{run.line}" if run.line else run.source),
    ]
    rows = tuple((name, display.short(value, LONGEST)) for name, value in told if value)
    says = phrase("What the log tells of the run; what is missing here is not told there.")
    return Section("facts", phrase("Hardware, software, place"), says, (phrase("What"), phrase("As logged")), rows)


def labels(item: RunFootprint) -> Section | None:
    """The run's labels and metrics, as they were read or found."""
    told = item.run.labels
    if not told:
        return None
    rows = tuple((display.short(name), display.short(value, LONGEST)) for name, value in told.items())
    says = phrase("By these the run can be grouped.")
    return Section("labels", phrase("Labels and metrics"), says, (phrase("Label"), phrase("Value")), rows)


def factors(footprint: Footprint) -> Section | None:
    """The published figures that went into this run's, each with its range."""
    rows = tuple(_factor(factor) for factor in footprint.factors)
    if not rows:
        return None
    says = phrase("The published figures that these rest on.")
    columns = (phrase("Factor"), phrase("Value"), phrase("Range"), phrase("Year"), phrase("What it counts"))
    sources = tuple(dict.fromkeys(factor.source for factor in footprint.factors if factor.source))
    return Section("factors", phrase("Factors"), says, columns, rows, frozenset(columns[1:3]), sources)


def _factor(factor: Factor) -> tuple[str, ...]:
    low_high = "" if factor.low is None or factor.high is None else (
        f"{display.plain(factor.low)} – {display.plain(factor.high)}"
    )  # fmt: skip
    kind = {"intensity": phrase("Carbon intensity"), "pue": phrase("PUE"), "tdp": phrase("Design power")}
    name = f"{kind.get(factor.kind, phrase(factor.kind))}, {phrase(display.place(factor))}"
    value = f"{display.plain(factor.value)} {factor.unit}"
    return display.short(name, 120), value, low_high, str(factor.year or ""), phrase(factor.boundary)


def _device(count: float | None, model: str, of: str = "") -> str:
    if count is None:
        return model
    number = figure(f"{count:,.6g}")
    return f"{model} ({of.format(number=number)})" if of else f"{number} × {model}"


def _metered(machine_wide: bool | None) -> str | None:
    if machine_wide is None:
        return None
    return phrase("the whole machine") if machine_wide else phrase("the job's share of the machine")


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(" ", "seconds")


def _country(code: str | None) -> str | None:
    try:
        return code and f"{locales.country(code)} ({code})"
    except ReportError:  # a code that is none stands as it was logged
        return code
