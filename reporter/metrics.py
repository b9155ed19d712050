"""Metrics beside the log: a CSV or JSON file that says of runs how good their model is, and what they were.

A CSV has a header; its first column names runs: ``run`` (an id, else the text of any label, else an id's beginning of
eight signs or more) or a label such as ``project``. Columns in TEXTS are words, every other one holds numbers or is
empty. A JSON file is a list of such rows as objects, or one object with a row for each run. A row is of every run
that it names. The tables of runs that MLflow (``mlflow experiments csv``) and W&B export are read as they are.
"""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import Finding, ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporter.run import Reading, Run

#: Columns that hold words; all others hold numbers.
TEXTS = frozenset({"model", "dataset", "phase", "task", "split", "version", "seed", "note", "framework", "method"})
RUN = frozenset({"run", "run_id", "id"})
SHORTEST_ID = 8  # signs of an id's beginning that may stand for it
_MOST_BYTES = 64 * 1024 * 1024


class Row(NamedTuple):
    """What one row tells: the runs' name, its values as text, and where it stands."""

    name: str
    values: Mapping[str, str]
    where: str


def laid_on(reading: Reading, path: str | None) -> Reading:
    """What was read, with what the file tells among the runs' labels, over those of the same name.

    Raises ReportError with file and line where the file is not as this module says, or none of its rows fits a run.
    """
    if path is None:
        return reading
    runs = reading.runs
    column, rows = read(path)
    told: dict[int, dict[str, str]] = {}
    findings, places = [], _places(runs, column)
    for row in rows:
        mine = places.get(row.name) or [
            place for place, run in enumerate(runs)
            if column in RUN and len(row.name) >= SHORTEST_ID and run.id.startswith(row.name)
        ]  # fmt: skip
        for place in mine:
            told.setdefault(place, {}).update(row.values)
        if not mine:
            text = f"no run with the {plain(column)} '{plain(row.name, 60)}' was read; its metrics are left out"
            findings.append(Finding("CR122", "warning", text, row.where))
    if not told:
        raise ReportError(f"no run fits a row: the column '{plain(column)}' must hold their ids, or the text of that "
                          "label", file=plain(path))  # fmt: skip
    made = (replace(run, labels={**run.labels, **told[place]}) if place in told else run
            for place, run in enumerate(runs))  # fmt: skip
    return reading._replace(runs=tuple(made), findings=(*reading.findings, *findings))


def _places(runs: Sequence[Run], column: str) -> dict[str, list[int]]:
    """The places of the runs by each text that a row may name them with; ids go before labels."""
    found: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        for name in set(run.labels.values()) if column in RUN else {run.labels[column]} if column in run.labels else ():
            found.setdefault(name, []).append(place)
    ids: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        ids.setdefault(run.id, []).append(place)
    return found | ids if column in RUN else found


def read(path: str) -> tuple[str, list[Row]]:
    """The name of the column that tells runs apart, and the rows. Raises ReportError with the line that is wrong."""
    text, file = _text(path), plain(path)
    column, rows = _json(text, file) if text.lstrip()[:1] in {"[", "{"} else _csv(text, file)
    if not rows:
        raise ReportError("no metrics stand in this file; it needs a row for a run", file=file)
    seen: dict[str, str] = {}
    for row in rows:
        if row.name in seen:
            text = f"'{plain(row.name, 60)}' stands in {seen[row.name].rpartition(':')[2]} already; one row a run"
            raise ReportError(f"{row.where}: {text}")
        seen[row.name] = row.where
    return column, rows


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise ReportError(f"--metrics: cannot be read: {error.strerror}", file=plain(path)) from error
    except UnicodeDecodeError as error:
        raise ReportError("--metrics: this is no text in UTF-8", file=plain(path)) from error


def _csv(text: str, file: str) -> tuple[str, list[Row]]:
    head = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count), strict=True)
    rows: list[Row] = []
    try:
        header = [cell.strip() for cell in next(lines, [])]
        names = [name.casefold() for name in header]
        if len(header) < 2 or not all(header) or len(set(names)) < len(names):
            text = "the header must name each column once, such as run,model,accuracy"
            raise ReportError(text, file=file, line=1)
        column, export = _export(names)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                if len(cells) != len(header):
                    text = f"{len(cells)} cells, where the header has {len(header)}"
                    raise ReportError(text, file=file, line=lines.line_num)
                pairs = dict(zip(names, cells, strict=True))
                rows.append(_row(column, _exported(pairs, column) if export else pairs, f"{file}:{lines.line_num}"))
    except csv.Error as error:
        raise ReportError(f"this is no valid CSV: {error}", file=file, line=lines.line_num) from error
    return column if column in names[:1] and not export else "run", rows


def _export(names: Sequence[str]) -> tuple[str, bool]:
    """The column that names runs, and whether this is the table of runs that MLflow or W&B exports."""
    if "run_id" in names and any(name.startswith("metrics.") for name in names):
        return "run_id", True
    return ("name", True) if {"name", "state", "runtime"} <= set(names) else (names[0], False)


def _exported(cells: Mapping[str, str], column: str) -> dict[str, str]:
    """Of an exported row the run's name, metrics and parameters; what is neither number nor known word is theirs."""
    kept = {column: cells[column]}
    for name, cell in cells.items():
        key, told = name.removeprefix("metrics.").removeprefix("params."), cell.strip()
        prefixed = column != "run_id" or key != name
        if prefixed and name != column and (key in TEXTS or number(told) is not None):
            kept[key] = told
    return kept


def _json(text: str, file: str) -> tuple[str, list[Row]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise ReportError(f"this is no valid JSON: {getattr(error, 'msg', error)}", file=file, line=line) from error
    if isinstance(told, dict):
        told = [{"run": name, **values} if isinstance(values, dict) else values for name, values in told.items()]
    rows, column = [], next((str(key).casefold() for one in told if isinstance(one, dict) for key in one), "run")
    for place, one in enumerate(told, 1):
        where = f"{file}: row {place}"
        if not isinstance(one, dict) or any(isinstance(value, list | dict | bool) for value in one.values()):
            raise ReportError(f"{where}: write an object of texts and numbers, such as "
                              '{"run": "a", "accuracy": 0.9}')  # fmt: skip
        pairs = {str(key).casefold(): "" if value is None else str(value) for key, value in one.items()}
        if column not in pairs:
            raise ReportError(f"{where}: '{plain(column, 40)}' is missing, which names the run")
        rows.append(_row(column, pairs, where))
    return column, rows


def _row(column: str, cells: Mapping[str, Any], where: str) -> Row:
    name = str(cells[column]).strip()
    if not name:
        raise ReportError(f"{where}: '{plain(column, 40)}' is empty; name a run")
    return Row(name, dict(_values(column, cells, where)), where)


def _values(column: str, cells: Mapping[str, str], where: str) -> Iterator[tuple[str, str]]:
    for key, cell in cells.items():
        text = cell.strip()
        if key == column or not text:
            continue
        if key not in TEXTS and number(text) is None:
            advice = f"columns of words are {', '.join(sorted(TEXTS))}"
            raise ReportError(f"{where}: {plain(key, 40)}: '{plain(text, 40)}' is no number; {advice}")
        yield key, text


def number(text: str) -> float | None:
    """A metric as a number: ``0.93``, ``93 %`` (which is 0.93), ``1.7e9``; None for what is none, or not finite."""
    percent = text.endswith("%")
    try:
        value = float(text.rstrip("% ")) / (100.0 if percent else 1.0)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
