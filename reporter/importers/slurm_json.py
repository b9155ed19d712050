"""Jobs of `sacct --json` as slurm counts them: every number may be plain, or an object that says whether it is set."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reporter.importers import sacct
from reporter.importers.json_documents import whole
from reporter.importers.json_lines import finite
from reporter.importers.slurm_jobs import Job, Step

if TYPE_CHECKING:
    from reporter.importers.logs import Log


def jobs_of_json(log: Log) -> list[Job]:
    """The jobs of one `sacct --json` document. Raises ReportError for what is no such document."""
    document = whole(log)
    listed = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise log.refuse("no list 'jobs'; export with sacct --json")
    found: dict[tuple[str, str], Job] = {}
    for place, entry in enumerate(listed, 1):
        log.rows += 1
        if not isinstance(entry, dict) or not _name(entry):
            log.skip(place, f"job {place} tells no id")
            continue
        job = Job(_name(entry), log, place, _told_by_json(entry))
        for number, step in enumerate(_list(entry.get("steps"))):
            times, energy = _dict(step.get("time")), _dict(_dict(step.get("statistics")).get("energy"))
            name = _dict(step.get("step")).get("id", number)
            name = _dict(name).get("step_id", name)
            job.steps[str(name).rpartition(".")[2] or str(number)] = Step(
                _measured(energy.get("consumed")), _number(times.get("elapsed")), _epoch(times.get("start")),
                _epoch(times.get("end")),
            )  # fmt: skip
        found[job.id, str(job.told and job.told["started_at"])] = job
    return list(found.values())


def _name(entry: dict[str, Any]) -> str:
    """The id as sacct prints it: ``123_4`` in an array, ``123+0`` of a heterogeneous job."""
    array, het = _dict(entry.get("array")), _dict(entry.get("het"))
    task, offset = _number(array.get("task_id")), _number(het.get("job_offset"))
    if (parent := _number(array.get("job_id"))) and task is not None:
        return f"{parent:.0f}_{task:.0f}"
    if (parent := _number(het.get("job_id"))) and offset is not None:
        return f"{parent:.0f}+{offset:.0f}"
    number = _number(entry.get("job_id"))
    return "" if number is None else f"{number:.0f}"


def _told_by_json(entry: dict[str, Any]) -> dict[str, Any]:
    times, state = _dict(entry.get("time")), _dict(entry.get("state")).get("current")
    allocated: dict[str, float] = {}
    for piece in _list(_dict(entry.get("tres")).get("allocated")):
        name = "/".join(str(piece[key]) for key in ("type", "name") if piece.get(key))
        allocated[name] = _number(piece.get("count")) or 0.0
    count, model = sacct.gpus({name: f"{value:.0f}" for name, value in allocated.items()})
    states = state if isinstance(state, list) else [state]
    return {
        "energy_j": sacct.measured_j(allocated.get("energy", 0.0)),
        "blank": "energy" not in allocated,
        "duration_s": _number(times.get("elapsed")),
        "started_at": _epoch(times.get("start")),
        "ended_at": _epoch(times.get("end")),
        "cpu_count": allocated.get("cpu") or None,
        "gpu_count": count,
        "gpu_model": model,
        "ram_gb": allocated["mem"] / 1e3 if allocated.get("mem") else None,
        "cluster": _text(entry.get("cluster")),
        "nodes": _text(entry.get("nodes")),
        "labels": {"job": _text(entry.get("name")), "partition": _text(entry.get("partition")),
                   "state": _text(states[0] if states else None)},
    }  # fmt: skip


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    """A number, written plainly or as ``{"set": true, "infinite": false, "number": 12}``; None where not set."""
    if isinstance(value, dict):
        value = value.get("number") if value.get("set") and not value.get("infinite") else None
    number = finite(value)
    return None if math.isnan(number) or abs(number) > 1e18 else number


def _measured(value: object) -> float | None:
    number = _number(value)
    return None if number is None else sacct.measured_j(number)


def _epoch(value: object) -> datetime | None:
    seconds = _number(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 946_684_800 <= seconds < 4_102_444_800 else None
