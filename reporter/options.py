"""Options: everything the user may choose, from the command line, carbon-report.toml or pyproject.toml."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from reporter import analysis_options, answers, experiments, labels, limits, output_options, phases, wording
from reporter.errors import ReportError, plain
from reporter.units import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporter.phases import Rule


class Output(NamedTuple):
    """One thing to write: a renderer's name and a path (``-`` is standard output)."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The user's choices; units are the end of a name, None means *not chosen*."""

    logs: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    site: str | None = None  # folder of a static site
    destinations: tuple[output_options.Target, ...] = ()  # of the command line alone: no file makes a report leave
    reader: str | None = None
    country: str | None = None
    region: str | None = None
    cloud: tuple[str, str] | None = None  # provider, region
    intensity_g_per_kwh: float | None = None
    intensity_year: int | None = None
    intensity_series: tuple[str, ...] = ()  # paths of files with an intensity for each moment
    timezone: str | None = None  # of moments that a log or a series writes without one
    factors: str | None = None  # path of a CSV of the user's own figures
    factors_edition: str | None = None
    pue: float | None = None
    scc: str = "epa2023"
    overlap: str = "sum"  # or "once": runs of one machine at the same time
    what_if: tuple[str, ...] = ()  # country, region, or changes such as "pue=1.1,power=0.5"
    shift: tuple[str, ...] = ()  # the same work at another time: "flexible-start=24h", "pause-resume=100%"
    compare: bool = False  # with published models
    phase: tuple[Rule, ...] = ()  # which runs are of which phase of a model's life
    expected_calls: float | None = None
    calls_logged: float | None = None
    metrics: str | None = None  # path of a file with metrics of the runs
    metric: str | None = None  # its name; higher is better
    metric_lower: str | None = None  # lower is better
    quotient: str | None = None  # path of answers to the questionnaire
    alpha: tuple[float, ...] = ()  # exponents of the energy-precision ratio
    price_year: tuple[int, float] | None = None  # year, and its prices over those of the series
    embodied: bool = False
    hardware: tuple[str, ...] = ()
    lifetime_years: float | None = None
    functional_unit: tuple[float, str] | None = None
    market_intensity_g_per_kwh: float | None = None
    carbon_free: float | None = None  # share of the energy that contracts buy carbon-free, 0 to 1
    offsets_kg: float | None = None
    working: bool = False  # a section on how the numbers were made
    uncertainty: bool = False  # the budget of the ranges, and its Monte Carlo
    group_by: tuple[str, ...] = ()
    experiments: tuple[experiments.Experiment, ...] = ()  # the tree of the configuration file
    labels: tuple[labels.Rule, ...] = ()  # rules that find labels in paths, ids and other labels
    versus: tuple[str, str] | None = None  # two groups, the second less the first
    title: str | None = None
    authors: tuple[str, ...] = ()
    scope: str | None = None
    notes: str | None = None  # path of a Markdown file
    standalone: bool = False
    cite: str | None = None  # natbib, biblatex or plain
    siunitx: bool = False
    answers: tuple[tuple[str, str], ...] = ()  # what no log tells: item and answer
    language: str = "en"
    digits: int | Literal["auto"] | None = None
    statement_length: str | None = None  # short, paragraph or full
    template: str | None = None  # path of the author's own, for -o
    anonymous: bool = False  # for double-blind review
    check: bool = False  # write nothing, tell what is out of date
    strict: bool = False
    quiet: bool = False
    findings_format: str = "plain"  # or "github": annotations
    max_bytes: int | None = None  # of a Markdown report
    fail_over_kg: float | None = None
    cache: str | None = None  # path of a folder that keeps what was read
    dask: str | None = None  # address of a cluster's scheduler, or "local"
    limits: limits.Chosen = ()  # of sizes, counts and time: see reporter/limits.py

    @property
    def has_context(self) -> bool:
        """Whether emissions are to be computed instead of taken from the tracker."""
        chosen = (self.country, self.region, self.cloud, self.intensity_g_per_kwh, self.intensity_year, self.pue)
        return any(value is not None for value in chosen) or bool(self.intensity_series)

    @property
    def has_contracts(self) -> bool:
        """Whether contracts or offsets are told, so that there is a net beside the gross."""
        return (self.market_intensity_g_per_kwh, self.carbon_free, self.offsets_kg) != (None, None, None)

    @property
    def has_phases(self) -> bool:
        """Whether a life cycle is asked for, even of runs that tell no phase."""
        return bool(self.phase) or (self.expected_calls, self.calls_logged) != (None, None)

    @property
    def has_metrics(self) -> bool:
        """Whether indicators are asked for."""
        return (self.metric, self.metric_lower, self.metrics) != (None, None, None)

    @property
    def figures(self) -> tuple[str, ...]:
        """Files of figures that are read beside the logs."""
        return (*self.intensity_series, *filter(None, (self.factors, self.metrics, self.quotient)))


#: Keys of the configuration file: the long option's name, what field it fills, and how its text is read.
CONFIG = {
    "country": "country",
    "region": "region",
    "cloud": "cloud",
    "intensity": "intensity_g_per_kwh",
    "intensity-year": "intensity_year",
    "intensity-series": "intensity_series",
    "timezone": "timezone",
    "factors": "factors",
    "factors-edition": "factors_edition",
    "pue": "pue",
    "scc": "scc",
    "what-if": "what_if",
    "shift": "shift",
    "compare": "compare",
    "phase": "phase",
    "expected-calls": "expected_calls",
    "calls-logged": "calls_logged",
    "metrics": "metrics",
    "metric": "metric",
    "metric-lower": "metric_lower",
    "alpha": "alpha",
    "quotient": "quotient",
    "price-year": "price_year",
    "embodied": "embodied",
    "hardware": "hardware",
    "lifetime": "lifetime_years",
    "functional-unit": "functional_unit",
    "market-intensity": "market_intensity_g_per_kwh",
    "carbon-free": "carbon_free",
    "offsets": "offsets_kg",
    "overlap": "overlap",
    "uncertainty": "uncertainty",
    "working": "working",
    "group-by": "group_by",
    "label": "labels",
    "experiment": "experiments",
    "versus": "versus",
    "title": "title",
    "authors": "authors",
    "scope": "scope",
    "notes": "notes",
    "cite": "cite",
    "siunitx": "siunitx",
    "answer": "answers",
    "language": "language",
    "digits": "digits",
    "statement-length": "statement_length",
    "anonymous": "anonymous",
    "from": "reader",
    "strict": "strict",
    "quiet": "quiet",
    "fail-over": "fail_over_kg",
    "limit": "limits",
    "cache": "cache",
    "dask": "dask",
}


def make(chosen: Mapping[str, Any], config: Mapping[str, Any] | None = None, file: str | None = None) -> Options:
    """Options from raw values (text, numbers, lists), the command line's before the configuration file's.

    Raises ReportError for a value that cannot be: a PUE below 1, an unknown unit, a key that does not exist.
    """
    raw: dict[str, Any] = {}
    for key, value in (config or {}).items():
        if key not in CONFIG:
            raise ReportError(f"'{plain(key)}' is no option; known are {', '.join(CONFIG)}", file=file)
        tree = key == "experiment"
        raw[CONFIG[key]] = experiments.read(value, file) if tree else _of_type(key, value, file)
    raw.update({key: value for key, value in chosen.items() if value is not None and value != ()})
    known = {field.name for field in fields(Options)}
    return Options(**{key: _read(key, value) for key, value in raw.items() if key in known})


_LISTS = frozenset({
    "group_by", "authors", "intensity_series", "hardware", "what_if", "shift", "phase", "labels", "alpha",
    "answers", "limits",
})  # fmt: skip


def _of_type(key: str, value: object, file: str | None) -> object:
    """A configuration value as the command line would give it. Raises ReportError for one of another type."""
    if CONFIG[key] in {"strict", "anonymous", "quiet", "uncertainty", "embodied", "working", "compare", "siunitx"}:
        if isinstance(value, bool):
            return value
        raise ReportError(f"{key}: write true or false without quotation marks", file=file)
    if CONFIG[key] in _LISTS and isinstance(value, list):
        return [str(part) for part in value]
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise ReportError(f"{key}: this must be text or a number, not {plain(value, 40)}", file=file)


def _read(key: str, value: Any) -> Any:
    reader = _READERS.get(key)
    return reader(value) if reader else value


def _pue(value: object) -> float:
    try:
        pue = float(str(value))
    except ValueError as error:
        raise ReportError(f"--pue {plain(value)}: this is no number; write one such as 1.2") from error
    if not 1 <= pue <= 10:
        raise ReportError(f"--pue {plain(value)}: a PUE is the facility's energy over the machines', so 1 or more")
    return pue


def _intensity(value: object) -> float:
    try:
        intensity = parse(str(value), "gCO2e/kWh", bare="gCO2e/kWh")
    except ReportError as error:
        raise ReportError(f"--intensity {plain(value)}: {error.message}") from error
    if intensity < 0:
        raise ReportError(f"--intensity {plain(value)}: it cannot be below 0")
    return intensity


def _year(value: object) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and 1990 <= int(text) <= 2100):
        raise ReportError(f"--intensity-year {plain(value, 40)}: this is no year; write one such as 2024")
    return int(text)


def _timezone(value: object) -> str:
    """The name of a time zone that this machine knows. Raises ReportError for another."""
    from zoneinfo import ZoneInfo

    name = str(value).strip()
    try:
        ZoneInfo(name)
    except (OSError, ValueError) as error:  # a name that is no path of the zones' database, or not in it
        advice = "write a name such as Europe/Paris or UTC"
        raise ReportError(f"--timezone {plain(value, 60)}: no such time zone is known; {advice}") from error
    except KeyError as error:
        advice = "write a name such as Europe/Paris or UTC; where no database of zones is installed: pip install tzdata"
        raise ReportError(f"--timezone {plain(value, 60)}: no such time zone is known; {advice}") from error
    return name


def _fail_over(value: object) -> float:
    try:
        return parse(str(value), "kgCO2e", bare="kgCO2e")
    except ReportError as error:
        raise ReportError(f"--fail-over {plain(value)}: {error.message}") from error


def _offsets(value: object) -> float:
    try:
        mass = parse(str(value), "kgCO2e", bare="kgCO2e")
    except ReportError as error:
        raise ReportError(f"--offsets {plain(value)}: {error.message}") from error
    if mass < 0:
        raise ReportError(f"--offsets {plain(value)}: write how much was bought, 0 or more")
    return mass


def _cite(value: object) -> str:
    if value not in {"natbib", "biblatex", "plain"}:
        raise ReportError(f"--cite {plain(value)}: write natbib, biblatex or plain; without it the paper's own decides")
    return str(value)


def _cloud(value: object) -> tuple[str, str]:
    provider, colon, region = str(value).partition(":")
    if not (provider and colon and region):
        raise ReportError(f"--cloud {plain(value)}: write PROVIDER:REGION, such as gcp:europe-west9")
    return provider.strip().lower(), region.strip().lower()


def _list(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


_READERS: dict[str, Any] = {
    "pue": _pue,
    "intensity_g_per_kwh": _intensity,
    "intensity_year": _year,
    "intensity_series": lambda value: (value,) if isinstance(value, str) else tuple(value),
    "timezone": _timezone,
    "fail_over_kg": _fail_over,
    "cloud": _cloud,
    "overlap": analysis_options.overlap,
    "price_year": analysis_options.price_year,
    "what_if": lambda value: (value,) if isinstance(value, str) else tuple(value),
    "shift": lambda value: (value,) if isinstance(value, str) else tuple(value),
    "labels": lambda value: tuple(map(labels.rule, (value,) if isinstance(value, str) else value)),
    "versus": analysis_options.versus,
    "phase": lambda value: tuple(map(phases.rule, (value,) if isinstance(value, str) else value)),
    "expected_calls": analysis_options.calls,
    "calls_logged": analysis_options.calls,
    "alpha": analysis_options.alpha,
    "cite": _cite,
    "language": wording.language,
    "digits": wording.digits,
    "statement_length": wording.statement_length,
    "answers": lambda value: tuple(map(answers.read, (value,) if isinstance(value, str) else value)),
    "lifetime_years": analysis_options.lifetime,
    "functional_unit": analysis_options.functional_unit,
    "market_intensity_g_per_kwh": _intensity,
    "carbon_free": analysis_options.carbon_free,
    "offsets_kg": _offsets,
    "hardware": analysis_options.hardware,
    "group_by": _list,
    "authors": _list,
    "findings_format": output_options.findings_format,
    "max_bytes": output_options.max_bytes,
    "logs": tuple,
    "outputs": tuple,
    "destinations": tuple,
    "limits": lambda value: tuple(map(limits.read, (value,) if isinstance(value, str) else value)),
}


def configuration(path: str | None) -> tuple[dict[str, Any], str | None]:
    """The configuration file's values and its path: the one named, else carbon-report.toml, else pyproject.toml.

    Raises ReportError where the named file is missing or no file is valid TOML.
    """
    if path is not None:
        return _toml(path), path
    if os.path.isfile("carbon-report.toml"):
        return _toml("carbon-report.toml"), "carbon-report.toml"
    if os.path.isfile("pyproject.toml"):
        with open("pyproject.toml", "rb") as file:
            if b"[tool.carbon-report]" not in file.read():
                return {}, None
        table = _toml("pyproject.toml").get("tool", {}).get("carbon-report", {})
        if not isinstance(table, dict):
            raise ReportError("[tool.carbon-report] must be one table, in single brackets", file="pyproject.toml")
        return table, "pyproject.toml"
    return {}, None


def _toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file=plain(path)) from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"this is no valid TOML: {plain(error)}", file=plain(path)) from error
