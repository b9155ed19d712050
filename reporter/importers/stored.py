"""Parts of a reading as JSON and back, number for number: for the cache, and from the workers of a cluster."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from reporter.errors import Finding, ReportError
from reporter.importers.parts import Part, Taken
from reporter.run import Device, Input, Run

#: Changes whenever what a log means here does: what an earlier version stored is read anew.
VERSION = 1

_MOMENTS = {"started_at", "ended_at"}


def dump(part: Part) -> str:
    """A part as JSON. Raises ValueError for a run with a number that is not finite, which no importer makes."""
    return json.dumps(
        {
            "version": VERSION,
            "taken": {
                tracker: {
                    "runs": [_plain(run) for run in taken.runs],
                    "inputs": taken.inputs,
                    "findings": taken.findings,
                }
                for tracker, taken in part.taken.items()
            },
            "refused": [(error.message, _text(error.file), error.line) for error in part.refused],
            "notes": part.notes,
        },
        allow_nan=False, ensure_ascii=True, separators=(",", ":"),
    )  # fmt: skip


def load(text: str) -> Part:
    """The part again. Raises ValueError, KeyError or TypeError for what is none of this version."""
    told = json.loads(text)
    if told["version"] != VERSION:
        raise ValueError("stored by another version")
    taken = {
        tracker: Taken(
            [_run(run) for run in one["runs"]],
            [Input(*entry) for entry in one["inputs"]],
            [Finding(*finding) for finding in one["findings"]],
        )
        for tracker, one in told["taken"].items()
    }
    refused = [ReportError(message, file=file, line=line) for message, file, line in told["refused"]]
    return Part(taken, refused, [Finding(*note) for note in told["notes"]])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _plain(run: Run) -> dict[str, Any]:
    """A run's fields that are not at their defaults."""
    told: dict[str, Any] = {}
    for field in fields(run):
        value = getattr(run, field.name)
        if value is None or value in ((), {}):
            continue
        if isinstance(value, datetime):
            value = value.isoformat()
        elif field.name == "devices":
            value = [[getattr(device, one.name) for one in fields(device)] for device in value]
        told[field.name] = dict(value) if field.name == "labels" else value
    return told


def _run(told: dict[str, Any]) -> Run:
    for name in _MOMENTS & told.keys():
        told[name] = datetime.fromisoformat(told[name])
    if "devices" in told:
        told["devices"] = tuple(Device(*device) for device in told["devices"])
    return Run(**{name: _tuples(value) for name, value in told.items()})


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that a Run holds."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
