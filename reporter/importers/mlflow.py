"""MLflow's system metrics: the power of the GPUs, from its file store, its REST answers and exports as CSV.

What a naive reader gets wrong: times are in milliseconds; ``power_usage_percentage`` is no power; nodes of one run
stand in folders of their own; an AMD card of two halves is logged twice with the power of the whole card each time.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reporter.errors import ReportError, plain
from reporter.importers import traces
from reporter.importers.base import Importer
from reporter.importers.gauges import Gauge
from reporter.importers.json_documents import values
from reporter.importers.logs import Log, find
from reporter.importers.table import Table, lines
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENDING = "_power_usage_watts"
_KEY = pattern(r"(?:system/)?(?:(?P<node>[^/]+)/)?(?P<device>gpu_\d+)_power_usage_watts", re.ASCII)
_POINT = pattern(r"(-?\d{1,18}) (\S+)(?: (-?\d{1,18}))?", re.ASCII)
_RUN = pattern(r"(?P<run>[^/\\]+)[/\\]metrics[/\\]system(?:[/\\](?P<node>[^/\\]+))?")
_IDS = ("run_id", "run_uuid", "run id")
_NO_POWER = "no metric system/gpu_0_power_usage_watts here; MLflow logs it where it finds a GPU and its library"


@dataclass(slots=True)
class _Tracked:
    """One run (on one node): the power of its GPUs in W by device and time in ms, each time once."""

    log: Log
    run: str
    node: str
    watts: dict[str, dict[float, float]] = field(default_factory=dict)
    amd: bool = False

    def gauges(self, start_ms: float) -> Iterator[Gauge]:
        """Each device's samples in time, as exports come in any order; in s since the start, which keeps every ms."""
        for device, points in self.watts.items():
            gauge = Gauge(device)
            for time_ms, power_w in sorted(points.items()):
                gauge.add((time_ms - start_ms) / 1000, power_w)
            yield gauge


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the files of one folder; each run, and each node of a run, becomes a Run."""
    tracked: dict[tuple[str, ...], _Tracked] = {}
    for log in logs:
        if _is_stored(log):
            _add_stored(log, tracked)
        else:
            _add_points(log, tracked)
    made = [run for one in tracked.values() if (run := _run(one)) is not None]
    if not made:
        raise logs[0].refuse("energy needs two samples of power, and no run has them; was it too short?")
    yield from made


def _run(one: _Tracked) -> Run | None:
    start_ms = min((time for points in one.watts.values() for time in points), default=0.0)
    traced = traces.integrated(_cards(one, start_ms), one.log)
    if not traced:
        return None
    traces.tell_gpus_alone(one.log, "MLflow")
    told, name = traces.fields(traced), one.run or one.log.name
    told |= {"started_at": traces.moment(start_ms / 1000 + min(trace.start_s for trace in traced)),
             "ended_at": traces.moment(start_ms / 1000 + max(trace.end_s for trace in traced))}  # fmt: skip
    return Run(
        id=f"{name}/{one.node}" if one.node else name, tracker="mlflow", source=one.log.path, basis="measured",
        gpu_energy_kwh=told["energy_kwh"], gpu_count=float(len(traced)), labels=_labels(one), **told,
    )  # fmt: skip


def _cards(one: _Tracked, start_ms: float) -> list[Gauge]:
    """The gauges, each card once: of an AMD card's second half MLflow repeats the power of the whole card."""
    cards: list[Gauge] = []
    for gauge in one.gauges(start_ms):
        twin = cards[-1] if cards and one.amd else None
        if twin is not None and (twin.times_s, twin.watts) == (gauge.times_s, gauge.watts):
            one.log.say("CR021", f"{gauge.name} has the power of {twin.name} in every sample: the second half of one "
                        "AMD card; counted once")  # fmt: skip
        else:
            cards.append(gauge)
    return cards


def _is_stored(log: Log) -> bool:
    return log.name.endswith(ENDING)


def _add_stored(log: Log, tracked: dict[tuple[str, ...], _Tracked]) -> None:
    """One metric's file of the file store: ``timestamp value step`` a line; the folders above name the run."""
    place = _place(log)
    run, node = (place["run"], place["node"] or "") if place else (log.name.removesuffix(ENDING), "")
    one = tracked.setdefault((run, node), _Tracked(log, run, node))
    one.amd = one.amd or log.beside(log.name.replace(ENDING, "_memory_usage_gigabytes")) is not None
    for number, line in enumerate(lines(log), 1):
        if not line.strip():
            continue
        log.rows += 1
        match = _POINT.fullmatch(line.strip())
        if not line.endswith("\n"):
            log.skip(number, "the last line is cut off", "CR003")
        elif match is None:
            log.skip(number, "no 'timestamp value step'")
        else:
            _add(one, log.name.removesuffix(ENDING), float(match[1]), traces.reading(match[2]), number)


def _place(log: Log) -> re.Match[str] | None:
    """Where the folder's path names run and node; seen from inside the run's folder, its full path does."""
    return _RUN.search(log.folder) or _RUN.search(os.path.abspath(log.folder))


def _add(one: _Tracked, device: str, time_ms: float, power_w: float, line: int) -> None:
    if not traces.YEARS_S[0] <= time_ms / 1000 <= traces.YEARS_S[1]:
        one.log.skip(line, "the timestamp is no time in ms since 1970")
    elif math.isnan(power_w):
        one.log.say("CR026", "a reading is no number; left out", line, level="note")
    elif power_w < 0:
        one.log.skip(line, f"{power_w:g} W is below 0", "CR035")
    else:
        one.watts.setdefault(device, {})[time_ms] = power_w


def _add_points(log: Log, tracked: dict[tuple[str, ...], _Tracked]) -> None:
    """Points with key, value, timestamp and mostly run_id, from a table or from JSON. Raises ReportError for none."""
    own, amd = set[tuple[str, ...]](), set[str]()
    for line, point in _points(log):
        told = str(point.get("key", "")).strip()
        key = _KEY.fullmatch(told)
        run = plain(next((str(point[name]) for name in _IDS if point.get(name)), "").strip(), 80)
        if told.endswith("_memory_usage_gigabytes"):
            amd.add(run)
        if key is None:
            continue
        node = plain(key["node"] or "", 80)
        # Files of one run, a GPU or a page each, belong together.
        place: tuple[str, ...] = (run, node) if run else (log.path, node)
        one = tracked.setdefault(place, _Tracked(log, run, node))
        own.add(place)
        time_ms = traces.reading(point.get("timestamp"))
        _add(one, key["device"], -1.0 if math.isnan(time_ms) else time_ms, traces.reading(point.get("value")), line)
    if not own:
        raise log.refuse(_NO_POWER)
    for place in own:
        tracked[place].amd |= tracked[place].run in amd


def _points(log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    if not _is_json(log):
        table = Table(log)
        for row in table:
            if len(row.cells) < len(table.header):
                log.skip(row.line, f"{len(row.cells)} of {len(table.header)} cells", "CR002" if row.whole else "CR003")
            else:
                yield row.line, dict(zip(table.header, row.cells, strict=False))
        return
    for line, value in values(log):
        points = value.get("metrics", [value]) if isinstance(value, dict) else []
        if not isinstance(points, list) or not points:
            log.skip(line, "no point of a metric: an object with key, value and timestamp is expected")
            continue
        if isinstance(value, dict) and value.get("next_page_token"):
            log.say("CR026", "the answer of get-history goes on on another page; get all pages", line)
        yield from ((line, point) for point in points if isinstance(point, dict))


def _labels(one: _Tracked) -> dict[str, str]:
    """Names of run and experiment, from the meta.yaml of the file store where it can be reached."""
    place = _place(one.log) if _is_stored(one.log) else None
    if place is None:
        return {}
    run = place.string[: place.end("run")]
    names = {
        "experiment": _told(os.path.join(run, os.pardir, "meta.yaml"), "name"),
        "run": _told(os.path.join(run, "meta.yaml"), "run_name"),
    }
    return {key: name for key, name in names.items() if name}


def _told(path: str, key: str) -> str | None:
    """One text of a flat meta.yaml, without reading anything else of it: it names the user as well."""
    if not os.path.isfile(path):
        return None
    try:
        text = next((log.head.decode("utf-8", "replace") for log in find([path]) if isinstance(log, Log)), "")
    except ReportError:
        return None
    match = re.search(rf"(?m)^{key}:[ \t]*(\S.*?)[ \t\r]*$", text)
    name = match[1].strip("'\"") if match else ""
    return plain(name, 100) if name and name != "null" else None


def _is_json(log: Log) -> bool:
    return log.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def _claims(log: Log) -> bool:
    if _is_stored(log):
        return _POINT.fullmatch(log.head.partition(b"\n")[0].decode("utf-8", "replace").strip()) is not None
    if _is_json(log):
        return b'"key"' in log.head and b'"timestamp"' in log.head and b"power_usage" in log.head
    header = set(log.header)
    return {"key", "value", "timestamp"} <= header and (not header.isdisjoint(_IDS) or b"power_usage" in log.head)


IMPORTER = Importer(
    name="mlflow",
    says="MLflow: power of GPUs in its system metrics (file store, REST answers, CSV)",
    home="https://github.com/mlflow/mlflow",
    minds="milliseconds, each GPU by itself",
    claims=_claims,
    read=read,
)
