"""Series of Prometheus, however they were exported: range queries as JSON, scraped text, CSV tables."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers import traces
from reporter.importers.base import read_moment
from reporter.importers.json_documents import whole
from reporter.importers.table import Table, lines
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.importers.logs import Log

_SELECTOR = pattern(r"([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?", re.ASCII)
_LABEL = pattern(r'([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"', re.ASCII)
_SAMPLE = pattern(r"([a-zA-Z_:][\w:]*(?:\{.*\})?)\s+(\S+)(?:\s+([0-9.]+))?\s*", re.ASCII)
_TIMES, _NAMES = ("timestamp", "time", "ts"), ("__name__", "metric", "metric_name", "name")


class Series(NamedTuple):
    """One series: its metric's name and labels in lower case, and its points (s since 1970 or NaN, value)."""

    name: str
    labels: dict[str, str]
    points: list[tuple[float, float]]


def is_json(log: Log) -> bool:
    """Whether the file is JSON, by its first sign."""
    return log.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def is_long_table(log: Log) -> bool:
    """Whether the file is a table with a column each of time, metric and value."""
    return "value" in log.header and any(name in log.header for name in _TIMES) and _name_of(log.header) is not None


def series(log: Log, wanted: tuple[str, ...]) -> list[Series]:
    """Every series whose metric begins with one of ``wanted``; points without a value (NaN) are left out, and told.

    Raises ReportError where the file holds no series, or the answer to a query that tells no energy.
    """
    found: dict[tuple[Any, ...], Series] = {}
    gaps = 0
    read = _of_json if is_json(log) else _of_table if is_long_table(log) or _is_wide(log) else _of_text
    for name, labels, time, value in read(log):
        if not name.startswith(wanted):
            continue
        if math.isnan(value):
            gaps += 1
            continue
        key = name, *sorted(labels.items())
        if key not in found:
            found[key] = Series(name, labels, [])
        found[key].points.append((time, value))
    if gaps:
        log.say("CR026", f"{gaps} points hold no value; left out", level="note")
    return list(found.values())


Point = tuple[str, dict[str, str], float, float]


def _of_json(log: Log) -> Iterator[Point]:
    for result in _results(whole(log), log):
        log.rows += 1
        labels, pairs = result.get("metric"), result.get("values")
        if not isinstance(labels, dict) or not isinstance(pairs, list):
            log.skip(1, f"series {log.rows} has no metric with values")
            continue
        told = {str(key).lower(): value for key, value in labels.items() if isinstance(value, str)}
        name = told.pop("__name__", "").lower()
        if not name:
            text = "a series has no metric's name, as after rate() or sum(); query the metric itself"
            raise log.refuse(f"{text} (kepler_node_cpu_joules_total, ...)")
        for pair in pairs:
            both = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
            time, value = map(traces.reading, both)
            yield name, told, time, math.nan if math.isnan(time) else value


def _results(document: Any, log: Log) -> Iterator[dict[str, Any]]:
    """The series of one response, of an array of responses, or of an array of series."""
    if isinstance(document, list):
        for part in document:
            yield from [part] if isinstance(part, dict) and "metric" in part else _results(part, log)
        return
    if not isinstance(document, dict):
        raise log.refuse("this is no response of Prometheus' query_range")
    if document.get("status") == "error":
        raise log.refuse(f"Prometheus answered with an error: {plain(document.get('error'), 80)}")
    data = document.get("data", document)
    results = data.get("result") if isinstance(data, dict) else None
    if not isinstance(results, list):
        raise log.refuse("this is no response of Prometheus' query_range: it holds no result")
    if data.get("resultType", "matrix") != "matrix":
        raise log.refuse("this is an instant query, of one point in time; export a range (api/v1/query_range)")
    yield from (result for result in results if isinstance(result, dict))


def _of_text(log: Log) -> Iterator[Point]:
    for place, line in enumerate(lines(log), 1):
        if line.startswith("#") or not line.strip():
            continue
        sample = _SAMPLE.fullmatch(line.rstrip("\r\n"))
        log.rows += 1
        if sample is None:
            whole_line = line.endswith("\n")
            log.skip(place, "no sample in Prometheus' text format", "CR002" if whole_line else "CR003")
            continue
        name, labels = _selected(sample[1])
        yield name, labels, traces.seconds(traces.reading(sample[3])), traces.reading(sample[2])


def _selected(text: str) -> tuple[str, dict[str, str]]:
    match = _SELECTOR.fullmatch(text.strip())
    if match is None:
        return "", {}
    labels = {key.lower(): value.replace('\\"', '"') for key, value in _LABEL.findall(match[2] or "")}
    return match[1].lower(), labels


def _of_table(log: Log) -> Iterator[Point]:
    """Points of a table: long (columns time, metric, value and labels), or one column a series."""
    table = Table(log)
    for row in table:
        cells = dict(zip(table.header, (cell.strip() for cell in row.cells), strict=False))
        time = _time_s(next((cells[name] for name in _TIMES if name in cells), ""))
        if math.isnan(time):
            log.skip(row.line, "no time", "CR002" if row.whole else "CR003")
        elif is_long_table(log):
            name, labels = _selected(cells.get(_name_of(table.header) or "", ""))
            others = {key: cell for key, cell in cells.items() if key not in (*_TIMES, *_NAMES, "value") and cell}
            yield name, others | labels, time, traces.reading(cells.get("value"))
        else:
            for title, cell in cells.items():
                if title not in _TIMES:
                    yield *_selected(title), time, traces.reading(cell)


def _name_of(header: tuple[str, ...]) -> str | None:
    return next((name for name in _NAMES if name in header), None)


def _is_wide(log: Log) -> bool:
    return len(log.header) > 1 and log.header[0] in _TIMES


def _time_s(cell: str) -> float:
    number = traces.reading(cell)
    if not math.isnan(number):
        return traces.seconds(number)
    try:
        moment = read_moment(cell)
    except ValueError:
        return math.nan
    from datetime import UTC

    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
