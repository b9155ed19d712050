"""BoAmps (Boavizta): one JSON report of one task's energy, as CodeCarbon (3.2.6 on) and people write it.

What a naive reader gets wrong: `powerConsumption` is an energy; its unit is kWh unless an older report names another;
several measures may be the same task seen by several meters; CodeCarbon's include a PUE that the report does not tell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reporter import units
from reporter.errors import plain
from reporter.importers.base import Importer, read_moment
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log

#: Units that reports of version 0.1 could name, as ours; the model of today has none and means kWh.
UNITS = {"wh": "Wh", "kwh": "kWh", "mwh": "MWh", "gwh": "GWh", "joule": "J", "kjoule": "kJ", "mjoule": "MJ",
         "gjoule": "GJ", "tjoule": "TJ", "j": "J", "kj": "kJ", "mj": "MJ", "gj": "GJ"}  # fmt: skip


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read each report into one Run."""
    from reporter.importers.json_documents import whole

    for log in logs:
        report = whole(log)
        log.rows += 1
        if not isinstance(report, dict):
            raise log.refuse("no BoAmps report: it is no JSON object")
        yield _run(report, log)


def _run(report: dict[str, Any], log: Log) -> Run:
    measures = [measure for measure in _list(report.get("measures")) if measure.get("powerConsumption") is not None]
    if not measures:
        raise log.refuse("no measure tells a powerConsumption; add it to 'measures'")
    chosen = _chosen([(measure, _energy_kwh(measure, log)) for measure in measures], log)
    known = [energy for _, energy in chosen if energy is not None]
    durations = [_number(measure.get("measurementDuration")) for measure, _ in chosen]
    first, header = chosen[0][0], _dict(report.get("header"))
    method = _text(first.get("measurementMethod")) or ""
    identity = _text(header.get("reportId")) or plain(log.name, 80)
    duration_s = math.fsum(value or 0.0 for value in durations) if None not in durations else None
    environment = _dict(report.get("environment"))
    pue = _pue(identity, method, log)
    return Run(
        id=identity,
        tracker="boamps",
        source=log.path,
        line=1,
        **_times(first, header, duration_s, log),
        duration_s=duration_s,
        energy_kwh=math.fsum(known) / (pue or 1.0) if len(known) == len(chosen) else None,
        reported_pue=pue,
        reported_intensity_g_per_kwh=_number(environment.get("powerSourceCarbonIntensity")),
        basis="reported",
        country=_text(environment.get("country")),
        tracker_version=_text(header.get("formatVersion")),
        system=_text(_dict(report.get("system")).get("os")),
        python_version=_python(_dict(report.get("software"))),
        labels=_labels(report, method),
        **_hardware(_dict(report.get("infrastructure"))),
    )


def _energy_kwh(measure: dict[str, Any], log: Log) -> float | None:
    """One measure's energy in kWh; None, and told, where 0 stands for a meter that read nothing."""
    value, unit = _number(measure.get("powerConsumption")), str(measure.get("unit") or "kWh")
    if value is None or value < 0:
        raise log.refuse(f"powerConsumption: '{plain(measure.get('powerConsumption'), 40)}' is no energy")
    if unit.lower() not in UNITS:
        raise log.refuse(f"unit '{plain(unit, 40)}' is no unit of energy; write the energy in kWh")
    if value == 0:
        log.say("CR027", "powerConsumption is 0, so the energy was not measured; it has no energy here")
        return None
    return value * units.factor(UNITS[unit.lower()], "kWh")


def _chosen(measures: list[tuple[dict[str, Any], float | None]], log: Log) -> list[tuple[dict[str, Any], float | None]]:
    """The measures that count: all of one method, one after another; of several methods the one that saw most."""
    by_method: dict[str, list[tuple[dict[str, Any], float | None]]] = {}
    for measure, energy in measures:
        by_method.setdefault(str(measure.get("measurementMethod")).strip().lower(), []).append((measure, energy))
    most = max(by_method.values(), key=lambda found: math.fsum(energy or 0.0 for _, energy in found))
    if len(by_method) > 1:
        counted = plain(most[0][0].get("measurementMethod"), 40)
        log.say("CR036", f"{len(by_method)} methods measured one task; that with the most energy counts: {counted}")
    elif len(most) > 1:
        log.say("CR036", f"{len(most)} measures by one method are added up, as one after another", level="note")
    return most


def _pue(identity: str, method: str, log: Log) -> float | None:
    """The PUE inside a report of CodeCarbon's, from the emissions.csv beside it that tells the same run."""
    if method.lower() != "codecarbon":
        return None
    from reporter.importers.table import Table
    from reporter.importers.table import number as read_number

    for name in log.names():
        beside = log.beside(name) if name.lower().endswith(".csv") else None
        if beside is None or not {"run_id", "pue"} <= set(beside.header):
            continue
        table = Table(beside)
        for row in table:
            cells = dict(zip(table.header, row.cells, strict=False))
            if cells.get("run_id") == identity and len(row.cells) == len(table.header):
                beside.again()
                try:
                    return max(1.0, read_number(cells["pue"]))
                except ValueError:
                    break
        beside.again()
    log.say("CR041", "CodeCarbon's energy includes the PUE that it was given (1 unless set), which the report does not "
            "tell; taken as the energy of the machines", level="note")  # fmt: skip
    return None


def _times(measure: dict[str, Any], header: dict[str, Any], duration_s: float | None, log: Log) -> dict[str, Any]:
    """Start and end. The stamp is the start by the model; one that is the report's own can only be the end."""
    from datetime import timedelta

    stamp, published = measure.get("measurementDateTime"), header.get("reportDatetime")
    moment = _moment(stamp, log)
    known = moment is not None and duration_s is not None and 0 <= duration_s < 1e9
    length = timedelta(seconds=duration_s or 0.0) if known else None
    if stamp == published:
        return {"started_at": moment - length if moment and length else None, "ended_at": moment}
    return {"started_at": moment, "ended_at": moment + length if moment and length else None}


def _moment(value: object, log: Log) -> datetime | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return read_moment(value)
    except ValueError as error:
        log.say("CR007", f"measurementDateTime: {error}; the time of the run is left out")
        return None


def _labels(report: dict[str, Any], method: str) -> dict[str, str]:
    task = _dict(report.get("task"))
    algorithms = _list(task.get("algorithms"))
    model = next((algorithm.get(key) for algorithm in algorithms[:1] for key in ("algorithmName", "foundationModelName")
                  if algorithm.get(key)), None)  # fmt: skip
    told = {
        "phase": task.get("taskStage"),
        "task": task.get("taskFamily"),
        "model": model,
        "method": method,
        "quality": report.get("quality"),
        "project": _dict(_dict(report.get("header")).get("publisher")).get("projectName"),
    }
    return {key: text for key, value in told.items() if (text := _text(value))}


def _hardware(infrastructure: dict[str, Any]) -> dict[str, Any]:
    """Models and counts of processors; of a CPU ``nbComponent`` is a number of cores, and never told as one of CPUs."""
    told: dict[str, Any] = {"cloud_provider": _text(infrastructure.get("cloudProvider"))}
    for piece in _list(infrastructure.get("components")):
        kind = str(piece.get("componentType") or piece.get("componentName")).lower()
        name = _text(piece.get("componentName"))
        parts = [_text(piece.get(key)) for key in ("manufacturer", "family", "series")]
        model = name if name and name.lower() != kind else " ".join(filter(None, parts)) or None
        count = _number(piece.get("nbComponent"))
        if kind == "gpu" and "gpu_model" not in told:
            told |= {"gpu_model": model, "gpu_count": count}
        elif kind == "cpu" and "cpu_model" not in told:
            told["cpu_model"] = model
        elif kind == "ram" and "ram_gb" not in told:
            size = _number(piece.get("memorySize"))
            told["ram_gb"] = None if size is None else size * (count or 1.0)
    return told


def _python(software: dict[str, Any]) -> str | None:
    return _text(software.get("version")) if str(software.get("language")).lower() == "python" else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return plain(value, 120) if isinstance(value, str) and value.strip() else None


def _number(value: object) -> float | None:
    from reporter.importers.json_lines import finite

    number = finite(value)
    return None if math.isnan(number) or abs(number) > 1e30 else number


def _claims(log: Log) -> bool:
    head = log.head
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"measures"' in head and (
        b'"powerConsumption"' in head or b'"measurementMethod"' in head
    )  # fmt: skip


IMPORTER = Importer(
    name="boamps",
    says="BoAmps (Boavizta) JSON reports of 0.1 to 1.1, CodeCarbon's boamps_report_*.json",
    home="https://github.com/Boavizta/BoAmps",
    minds="units, several meters, a PUE inside that is not told",
    claims=_claims,
    read=read,
)
