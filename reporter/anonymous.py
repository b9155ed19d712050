"""A report for double-blind review: the same numbers without what tells who made the runs, where and on what.

One walk over the whole Report, so that no renderer knows of it. What a log wrote in words is dropped or replaced unless
it is of a closed list (trackers, countries, regions of clouds, phases) or looks like a processor's name. What the
author writes for this report stays: title, scope, notes, answers, and the labels named by --group-by.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reporter import factors, phases
from reporter.errors import FINDINGS, Finding, ReportError
from reporter.factors import Factor, places
from reporter.footprint import (
    Amount,
    Contribution,
    ModelEmissions,
    Overhead,
    Part,
    Phase,
    RunFootprint,
    Scenario,
    SeriesUse,
    SocialCost,
)
from reporter.patterns import pattern
from reporter.rebuilt import Walk
from reporter.run import Input, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reporter.report import Report

#: Labels that hold counts, and say nothing but numbers.
COUNTS = frozenset({
    "calls", "inferences", "requests", "items", "samples", "examples", "epochs", "flops", "flop", "total_flops", "macs",
    "parameters", "params", "parameter_count", "n_parameters", "utilisation", "utilization",
})  # fmt: skip
_WITHHELD = "figure of the authors, whose source is told after the review"
_SHORTLY = "figure of the authors"
_VERSION = pattern(r"v?\d+(\.\d+){0,3}((a|b|rc|\.dev|\.post)\d+)?")
_NUMBER = pattern(r"[0-9.,]{1,20}(?:e[+-]?\d{1,3})?", re.IGNORECASE)
_ZONE = pattern(r"[A-Z]{2}(?:-[A-Z0-9]{1,6}){0,2}|10Y[A-Z0-9-]{13}")
#: Words in the names of processors, and what their numbers look like: E5-2630, A100-SXM4-40GB, MI250X, i9-9900K.
_WORDS = frozenset(re.findall(r"\S+",
    "x intel amd nvidia apple arm google aws xeon core epyc ryzen threadripper athlon opteron atom celeron pentium "
    "platinum gold silver bronze pro max ultra cpu gpu tpu apu processor graphics geforce rtx gtx titan quadro tesla "
    "instinct radeon ti super mobile laptop pcie sxm sxm2 sxm3 sxm4 sxm5 nvl hbm hbm2 hbm2e hbm3 gb ghz mhz r tm c "
    "graviton graviton2 graviton3 graviton4 trainium inferentia neoverse cortex gen th with eight six quad dual ampere "
    "altra grace hopper superchip jetson orin xavier nano agx iris arc gaudi hl memory"
))  # fmt: skip
_MODEL = pattern(
    r"(?:[abcdeghiklmptvw]|gh|gb|mi|rx)?\d{1,5}[a-z+]{0,4}"
    r"|\d{1,4}(?:\.\d{1,3})?(?:ghz|mhz|gb)?|v[1-9][ep]?"
)


def anonymous(report: Report) -> Report:
    """The report without names of people, machines, projects, paths and places; its figures are those it had."""
    walk = _Nameless(report)
    return replace(report, authors=(), footprint=walk(report.footprint))


class _Nameless(Walk):
    """What a report is made of without what tells whose it is."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        footprint = report.footprint
        self.kept = frozenset(footprint.group_by)
        self.files = _numbered([entry.path for entry in footprint.inputs], "file")
        self._runs = {id(item.run): f"run {place}" for place, item in enumerate(footprint.runs, 1)}
        self._own: dict[str, str] = {}  # causes named after figures of the author
        self._names: dict[str, dict[str, str]] = {}

    def made(self, value: Any) -> Any:
        """Each kind of part by its own handler, then what is inside it."""
        handler = _HANDLERS.get(type(value))
        if handler is not None:
            value = handler(self, value)
        return value if isinstance(value, _WHOLE) else super().made(value)

    def run(self, run: Run) -> Run:
        """A run as its place in the report, with what the figures rest on."""
        region = _cloud_region(run)
        return replace(
            run,
            id=self._runs.get(id(run), "run"),
            source=self.file(run.source),
            line=None,
            region=None,
            cloud_provider=region[0],
            cloud_region=region[1],
            cpu_model=_processor(run.cpu_model),
            gpu_model=_processor(run.gpu_model),
            system=None,
            python_version=None,
            tracker_version=run.tracker_version if _VERSION.fullmatch(run.tracker_version or "") else None,
            host=None,
            country=_country(run.country),
            device_power_w=tuple((f"device {place}", told) for place, (_, told) in enumerate(run.device_power_w, 1)),
            devices=tuple(replace(device, model=_processor(device.model)) for device in run.devices),
            labels=self._labels(run.labels),
        )

    def _labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        return {
            key: value for key, value in labels.items()
            if key in self.kept or (key in COUNTS and _NUMBER.fullmatch(value))
            or (key == "phase" and phases.named(value) in phases.PHASES)
        }  # fmt: skip

    def file(self, path: str) -> str:
        """A file by its number; one inside a folder or an archive that was named by the whole's."""
        return self.files.get(path) or "file"

    def input(self, entry: Input) -> Input:
        return entry._replace(path=self.file(entry.path), sha256="")

    def finding(self, finding: Finding) -> Finding:
        """What was found, not where, and without the words of the log that the message may hold."""
        return finding._replace(message=FINDINGS.get(finding.code, "finding of a plug-in"), where=None)

    def factor(self, factor: Factor) -> Factor:
        """A published figure as it is; one of the author's own without the names that the author gave it."""
        if not factor.origin:
            return factor
        named = factor.source.startswith("own-")
        source = factors.own_source(_WITHHELD) if named else factor.source
        key = factor.key if _country(factor.key) else "own-figure"
        return factor._replace(key=key, label=_SHORTLY, source=source, note="", origin="own figures")

    def amount(self, amount: Amount) -> Amount:
        """A figure; notes the causes of its range that are named after the author's own."""
        for factor in amount.factors:
            if factor.origin:
                self._own[f"{factor.kind} {factor.key}"] = self._own[f"{factor.kind}: {factor.label}"] = (
                    f"{factor.kind}: {_SHORTLY}"
                )
        return amount

    def cost(self, cost: SocialCost) -> SocialCost:
        return cost._replace(series=_SHORTLY) if cost.factor.origin else cost

    def cause(self, part: Any) -> Any:
        return part._replace(cause=self._own.get(part.cause, part.cause))

    def scenario(self, scenario: Scenario) -> Scenario:
        """Another place, by its own name where the author's figure for it has another."""
        used = scenario.emissions.factors if scenario.emissions and scenario.kind != "change" else ()
        if not any(factor.origin for factor in used):
            return scenario
        country = _country(scenario.key)
        return scenario._replace(
            label=factors.country_name(country) if country else _SHORTLY, key=country or "own-figure"
        )

    def series(self, use: SeriesUse) -> SeriesUse:
        zone = use.zone if _ZONE.fullmatch(use.zone or "") else None
        return use._replace(paths=tuple(f"series {place}" for place, _ in enumerate(use.paths, 1)), zone=zone)

    def phase(self, phase: Phase) -> Phase:
        return phase if phase.name in {*phases.PHASES, ""} else phase._replace(name=self._name("phase", phase.name))

    def model(self, told: Any) -> Any:
        """A line on a model: its name by a number, unless runs are grouped by it."""
        told = told._replace(model=self._name("model", told.model))
        return told._replace(dataset=self._name("dataset", told.dataset)) if hasattr(told, "dataset") else told

    def _name(self, label: str, name: str) -> str:
        if not name or label in self.kept:
            return name
        given = self._names.setdefault(label, {})
        return given.setdefault(name, f"{label} {len(given) + 1}")


def _numbered(names: list[str], what: str) -> dict[str, str]:
    return {name: f"{what} {place}" for place, name in enumerate(dict.fromkeys(names), 1)}


def _cloud_region(run: Run) -> tuple[str | None, str | None]:
    """The provider and its region where both are of our tables, so that no cluster's name passes for one."""
    try:
        provider = places.provider(run.cloud_provider or "")
    except ReportError:
        return None, None
    known = places.cloud_region(provider, run.cloud_region or "")
    return provider, known[0].partition(":")[2] if known else None


def _processor(name: str | None) -> str | None:
    """The words of a processor's name that name processors; the others may name a machine."""
    kept = [word for word in (name or "").split() if _is_of_a_processor(word)]
    return " ".join(kept) or None


def _is_of_a_processor(word: str) -> bool:
    parts = [part for part in re.split(r"[^a-z0-9+.]+", word.casefold()) if part]
    return all(part in _WORDS or _MODEL.fullmatch(part) for part in parts)


def _place(_: _Nameless, item: RunFootprint) -> RunFootprint:
    return replace(item, country=_country(item.country))


def _country(code: str | None) -> str | None:
    try:
        return code if code and factors.country_name(code) else None
    except ReportError:
        return None


#: What has nothing more inside.
_WHOLE = (Run, Input, Finding, Factor, Part, Contribution)
_HANDLERS: dict[type, Callable[[_Nameless, Any], Any]] = {
    Run: _Nameless.run,
    RunFootprint: _place,
    Amount: _Nameless.amount,
    SocialCost: _Nameless.cost,
    Input: _Nameless.input,
    Finding: _Nameless.finding,
    Factor: _Nameless.factor,
    Part: _Nameless.cause,
    Contribution: _Nameless.cause,
    Scenario: _Nameless.scenario,
    SeriesUse: _Nameless.series,
    Phase: _Nameless.phase,
    Overhead: _Nameless.model,
    ModelEmissions: _Nameless.model,
}
