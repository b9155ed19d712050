"""BoAmps: the report as the JSON of Boavizta's model of a computing task's energy; what it demands must be told.

Model: https://github.com/Boavizta/BoAmps/tree/main/model. Its powerConsumption is an energy in kWh: here that of the
machines, without PUE, for which the model has no field. An unknown field is left out, never guessed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reporter import factors
from reporter.errors import ReportError
from reporter.patterns import pattern
from reporter.phases import named
from reporter.renderers.base import Renderer, clean

if TYPE_CHECKING:
    from datetime import datetime

    from reporter.footprint import Amount, Footprint
    from reporter.report import Report

VERSION = "1.1.0"
INFRASTRUCTURES = ("publicCloud", "privateCloud", "onPremise", "other")
DATA_TYPES = ("tabular", "audio", "boolean", "image", "video", "object", "text", "token", "word")
#: What the author must tell, by the name for ``--answer``.
DEMANDED = {"stage": "training", "task": "'text classification'", "algorithm": "transformer", "data": "text"}
#: Classes of quality by the error that they allow on either side.
QUALITIES = (("high", 0.10), ("medium", 0.25), ("low", 0.50))
_COUNTED = pattern(r"\s*(?:(\d+) ?[x×] ?)?(.+?)\s*")
_BILLIONS = {"": 1e-9, "k": 1e-6, "m": 1e-3, "b": 1.0, "g": 1.0, "t": 1e3}


def render(report: Report) -> bytes:
    """The report as UTF-8 JSON. Raises ReportError, naming all of it, where something demanded is not told."""
    text = json.dumps(document(report), ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def document(report: Report) -> dict[str, Any]:
    """The report as plain data, as the model orders it."""
    footprint, told = report.footprint, {item: clean(text) for item, text in report.answers}
    components = _components(footprint, told)
    kind = _infrastructure(footprint, told)
    missing = [f"--answer {item}={example}" for item, example in DEMANDED.items() if item not in told]
    missing += [] if kind else [f"--answer infrastructure={'|'.join(INFRASTRUCTURES)}"]
    missing += [] if components else ["--answer hardware='8 x MODEL'"]
    missing += [] if footprint.it_energy else ["a log that holds energy"]
    if missing or kind is None or footprint.it_energy is None:
        raise ReportError(f"--boamps: the model demands what no log tells; add {', '.join(missing)}")
    infrastructure = {"infraType": kind, "cloudProvider": _one(item.run.cloud_provider for item in footprint.runs)}
    made: dict[str, Any] = _without_gaps({
        "header": _header(footprint),
        "task": _task(footprint, told),
        "measures": [_measure(footprint, footprint.it_energy)],
        "system": _system(footprint),
        "software": _software(footprint),
        "infrastructure": infrastructure | {"components": components},
        "environment": _environment(footprint),
        "quality": _quality(footprint.it_energy),
    })  # fmt: skip
    return made


def _header(footprint: Footprint) -> dict[str, Any] | None:
    """Who and when; its date is that of the last run, so that the same logs make the same report."""
    import uuid

    last = _moments(footprint)[-1:]
    if not last:
        return None
    identity = uuid.uuid5(uuid.NAMESPACE_URL, " ".join(entry.sha256 for entry in footprint.inputs))
    where = "https://github.com/Boavizta/BoAmps/tree/main/model"
    return {"formatVersion": VERSION, "formatVersionSpecificationUri": where, "reportId": str(identity),
            "reportDatetime": _moment(last[0]), "reportStatus": "draft"}  # fmt: skip


def _task(footprint: Footprint, told: dict[str, str]) -> dict[str, Any]:
    stage = {"fine-tuning": "finetuning", "data": "datacreation"}.get(named(told["stage"]), named(told["stage"]))
    life = footprint.lifecycle
    algorithm = {"algorithmType": told["algorithm"], "algorithmName": told.get("model"),
                 "parametersNumber": _billions(told.get("parameters", ""))}  # fmt: skip
    words = re.split(r"\W+", told["data"].lower())
    kind = next((kind for kind in DATA_TYPES if kind in words or f"{kind}s" in words), "other")
    return {"taskStage": stage, "taskFamily": told["task"],
            "nbRequest": life.calls_logged if life and stage == "inference" else None,
            "algorithms": [algorithm], "dataset": [{"dataUsage": "input", "dataType": kind}],
            "taskDescription": f"Data: {told['data']}"}  # fmt: skip


def _billions(text: str) -> float | None:
    """A number of parameters such as ``110M`` in billions; None where it is no such number."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmbgt]?)", text.strip().lower().replace(",", ""))
    return float(f"{float(found[1]) * _BILLIONS[found[2]]:.12g}") if found else None


def _measure(footprint: Footprint, energy: Amount) -> dict[str, Any]:
    """All runs as one measure: the model reads several as one task under several meters."""
    first = _moments(footprint)[:1]
    versions = dict.fromkeys(item.run.tracker_version for item in footprint.runs)
    return {"measurementMethod": ", ".join(dict.fromkeys(item.run.tracker for item in footprint.runs)),
            "version": _one(versions), "powerConsumption": energy.value,
            "measurementDuration": footprint.duration_s,
            "measurementDateTime": _moment(first[0]) if first else None}  # fmt: skip


def _infrastructure(footprint: Footprint, told: dict[str, str]) -> str | None:
    chosen = told.get("infrastructure", "").casefold()
    if chosen:
        return next((kind for kind in INFRASTRUCTURES if kind.casefold() == chosen), None)
    return "publicCloud" if any(item.run.cloud_provider for item in footprint.runs) else None


def _components(footprint: Footprint, told: dict[str, str]) -> list[dict[str, Any]]:
    """The processors and the memory; a graphics processor whose number no log tells is left to the author."""
    if "hardware" in told:
        return [piece for part in told["hardware"].split(",") if (piece := _piece(part, _kind(part)))]
    runs = [item.run for item in footprint.runs]
    gpus = {run.gpu_model: run.gpu_count for run in runs if run.gpu_model}
    pieces = [_piece(clean(model), "gpu", count) for model, count in gpus.items()]
    pieces += [_piece(clean(model), "cpu", 1) for model in dict.fromkeys(run.cpu_model for run in runs) if model]
    memory = max((run.ram_gb for run in runs if run.ram_gb), default=None)
    pieces += [{"componentType": "ram", "nbComponent": 1, "memorySize": round(memory)}] if memory else []
    known = [piece for piece in pieces if piece]
    return known if len(known) == len(pieces) else []


def _piece(text: str, kind: str, count: float | None = None) -> dict[str, Any] | None:
    """One component; None of a graphics processor whose number nobody tells, since machines have one or eight."""
    found = _COUNTED.fullmatch(text)
    number = int(found[1]) if found and found[1] else count
    if found is None or (number is None and kind == "gpu"):
        return None
    return {"componentName": found[2], "componentType": kind, "nbComponent": round(number or 1)}


def _kind(text: str) -> str:
    """What a piece is, by the table of design powers; the author's word for it where the table has it not."""
    found = _COUNTED.fullmatch(text)
    model = found[2] if found else text
    return next((kind for kind in ("gpu", "cpu") if factors.tdp(model, kind)), "other")


def _software(footprint: Footprint) -> dict[str, Any] | None:
    version = _one(item.run.python_version for item in footprint.runs)
    return {"language": "python", "version": version} if version else None


def _environment(footprint: Footprint) -> dict[str, Any] | None:
    country = _one(item.country for item in footprint.runs)
    if country is None:
        return None
    intensity = footprint.intensity
    return {"country": factors.country_name(country),
            "powerSourceCarbonIntensity": intensity.value if intensity else None}  # fmt: skip


def _quality(energy: Amount) -> str | None:
    """The class whose error holds the energy's range; the lowest where it is wider, none where there is no range."""
    if energy.low is None or energy.high is None or not energy.value:
        return None
    error = max(energy.high - energy.value, energy.value - energy.low) / energy.value
    return next((name for name, most in QUALITIES if error <= most * (1 + 1e-9)), "low")


def _system(footprint: Footprint) -> dict[str, Any] | None:
    """The operating system's name alone; what a log writes after it tells of the machine's kernel."""
    name = re.split(r"[-_ ]", _one(item.run.system for item in footprint.runs) or "")[0]
    return {"os": name} if name else None


def _one(values: Any) -> str | None:
    """What all that tell it agree on; None where they differ or nobody tells."""
    known = {value for value in values if value}
    return clean(known.pop()) if len(known) == 1 else None


def _moments(footprint: Footprint) -> list[datetime]:
    told = [moment for item in footprint.runs for moment in (item.run.started_at, item.run.ended_at) if moment]
    return sorted(told, key=lambda moment: moment.replace(tzinfo=None))


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M:%S")


def _without_gaps(value: Any) -> Any:
    """Data without the keys that nothing is known for."""
    if isinstance(value, dict):
        return {key: _without_gaps(inner) for key, inner in value.items() if inner is not None}
    return [_without_gaps(inner) for inner in value] if isinstance(value, list) else value


RENDERERS = (Renderer("boamps", "BoAmps JSON of the task's energy", (".boamps.json",), render),)
