"""The ledger: the tidy table of runs that is written, and read again to the last digit. Its columns stand here."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reporter.run import Device, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The first column's name, by which a ledger is known; its version changes with the meaning of a column.
MARK = "carbon_report_ledger"
VERSION = "1"
#: A label's column is its name behind this.
LABEL = "label."
_NESTED = ("power_w", "device_power_w")  # what is no single value stands as JSON
_MOMENTS = ("started_at", "ended_at")
_TRUTHS = ("machine_wide", "counted", "pue_inside")
_WHOLE = ("line",)
_TEXTS = (
    "id", "tracker", "source", "basis", "country", "region", "cloud_provider", "cloud_region", "cpu_model", "gpu_model",
    "system", "python_version", "tracker_version", "host",
)  # fmt: skip
COLUMNS = tuple(field.name for field in fields(Run) if field.name != "labels")


def header(runs: Iterable[Run]) -> list[str]:
    """The columns that these runs need: the mark, every field of a Run, and each label that one of them has."""
    labels = dict.fromkeys(label for run in runs for label in run.labels)
    return [MARK, *COLUMNS, *(LABEL + label for label in labels)]


def row(run: Run, columns: Iterable[str]) -> list[str]:
    """One run as cells; numbers in full precision, blank for what is not told."""
    return [_cell(run, column) for column in columns]


def _cell(run: Run, column: str) -> str:
    if column == MARK:
        return VERSION
    if column.startswith(LABEL):
        return run.labels.get(column.removeprefix(LABEL), "")
    value = getattr(run, column)
    if value is None or value == ():
        return ""
    if column == "devices":
        return json.dumps([[one.kind, one.model, one.count, one.utilisation, one.power_w] for one in value])
    if column in _NESTED:
        return json.dumps(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, datetime) else repr(value) if isinstance(value, float) else str(value)


def run_of(cells: Mapping[str, str]) -> Run:
    """A run from a row's cells by column. Raises ValueError, whose text names the column, for a cell that cannot be."""
    told: dict[str, Any] = {}
    for column, cell in cells.items():
        if cell == "" or column not in COLUMNS:
            continue
        try:
            told[column] = _value(column, cell)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"{column}: '{cell[:40]}' cannot be read") from error
    labels = {key.removeprefix(LABEL): cell for key, cell in cells.items() if key.startswith(LABEL) and cell}
    for needed in ("id", "tracker", "source"):
        if needed not in told:
            raise ValueError(f"{needed}: the cell is empty")
    return Run(**told, labels=labels)


def _value(column: str, cell: str) -> Any:
    if column == "devices":
        return tuple(_device(*entry) for entry in json.loads(cell))
    if column in _NESTED:
        return _tuples(json.loads(cell))
    if column in _MOMENTS:
        return datetime.fromisoformat(cell)
    if column in _TRUTHS:
        return {"yes": True, "no": False}[cell]
    if column == "basis" and cell not in {"measured", "reported", "estimated", "assumed"}:
        raise ValueError(cell)
    if column in _WHOLE:
        return int(cell)
    return cell if column in _TEXTS else _finite(cell)


def _finite(cell: str) -> float:
    value = float(cell)
    if not 0 <= value <= 1e30 or "_" in cell or not cell.isascii():  # neither below 0, nor infinite, nor nan
        raise ValueError(cell)
    return value


def _tuples(value: Any) -> Any:
    """Nested lists as the tuples that they were written from; numbers finite."""
    if isinstance(value, list):
        return tuple(map(_tuples, value))
    return value if isinstance(value, str) else _finite(str(value))


def _device(kind: Any, model: Any, count: Any, utilisation: Any, power_w: Any) -> Device:
    if kind not in {"cpu", "gpu", "tpu", "ram"} or not (model is None or isinstance(model, str)):
        raise ValueError(kind)
    rest = (None if value is None else _finite(str(value)) for value in (utilisation, power_w))
    return Device(kind, model, _finite(str(count)), *rest)
