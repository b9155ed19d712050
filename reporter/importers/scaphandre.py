"""Scaphandre's JSON exporter: one report every few seconds, with the power of host, sockets, domains and processes.

What a naive reader gets wrong: power is in microwatts; host contains sockets and these contain domains, while the
processes share the host's power out, so that only one level may be added up; the array is left open where Scaphandre
was killed, and 1.0 writes no array at all; a report has no host until the second reading of the counter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers import traces
from reporter.importers.base import Importer
from reporter.importers.gauges import Gauge
from reporter.importers.json_documents import values
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log

MICROWATT = 1e-6


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read each file as one Run: the power of the host, held from the report before."""
    for log in logs:
        yield _run(log)


def _run(log: Log) -> Run:
    host, processes = Gauge("host"), dict[str, float]()
    from_sockets = silent = timeless = 0
    for line, report in values(log):
        if not isinstance(report, dict):
            log.skip(line, "no report of Scaphandre: an object with host, consumers and sockets is expected")
            continue
        power_w, time_s = _power_w(report), _time_s(report)
        if math.isnan(power_w):
            silent += 1
        elif math.isnan(time_s):
            timeless += 1
        elif power_w < 0:
            log.skip(line, f"{power_w:g} W is below 0", "CR035")
        else:
            host.add(time_s, power_w)
            from_sockets += math.isnan(traces.reading(_part(report, "host").get("consumption")))
            _add_processes(report, processes)
    _check(log, host, timeless, silent, from_sockets)
    traced = traces.integrated([host], log, held=True)  # a report's power is the counter's growth since the last
    top = max(processes, key=lambda name: (processes[name], name), default=None)
    return Run(
        id=log.name, tracker="scaphandre", source=log.path, basis="measured", machine_wide=True,
        labels={"top process": top} if top else {}, **traces.fields(traced),
    )  # fmt: skip


def _check(log: Log, host: Gauge, timeless: int, silent: int, from_sockets: int) -> None:
    """Refuse a file without two readings, and tell what its reports lack."""
    if timeless and not host.times_s:
        raise log.refuse("the reports hold no timestamps, as those of Scaphandre 0.3; record with 0.4 or later")
    if len(set(host.times_s)) < 2:
        many = len(set(host.times_s)) or "none"
        raise log.refuse(f"energy needs reports of two times with the power of the host, and there is {many}")
    if timeless:
        log.say("CR026", f"{timeless} reports hold no timestamp; left out")
    if silent:
        log.say("CR026", f"{silent} reports tell no power of host or sockets; left out", level="note")
    if from_sockets:
        log.say("CR026", f"{from_sockets} reports tell no power of the host; that of their sockets stands in")


def _power_w(report: dict[str, Any]) -> float:
    """The host's power, else the sum of all sockets; NaN where neither is told."""
    host = traces.reading(_part(report, "host").get("consumption"))
    if not math.isnan(host):
        return host * MICROWATT
    sockets = [traces.reading(socket.get("consumption")) for socket in _parts(report, "sockets")]
    return math.fsum(sockets) * MICROWATT if sockets else math.nan


def _time_s(report: dict[str, Any]) -> float:
    """Seconds since 1970 of the host's reading, else of the first part that has one; NaN where none is a time."""
    parts = [_part(report, "host"), *_parts(report, "sockets"), *_parts(report, "consumers")]
    times = (traces.reading(part.get("timestamp")) for part in parts)
    return next((time for time in times if traces.YEARS_S[0] <= time <= traces.YEARS_S[1]), math.nan)


def _add_processes(report: dict[str, Any], processes: dict[str, float]) -> None:
    """Add up each program's power. Only the file's name: its folder often is somebody's home."""
    for consumer in _parts(report, "consumers"):
        program, power_uw = consumer.get("exe"), traces.reading(consumer.get("consumption"))
        name = plain(program.replace("\\", "/").rpartition("/")[2], 60) if isinstance(program, str) else ""
        if name and power_uw > 0:
            processes[name] = processes.get(name, 0.0) + power_uw


def _part(report: dict[str, Any], name: str) -> dict[str, Any]:
    part = report.get(name)
    return part if isinstance(part, dict) else {}


def _parts(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = report.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _claims(log: Log) -> bool:
    head = log.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] in {b"[", b"{"} and b'"consumers"' in head and (b'"consumption"' in head or b'"host"' in head)


IMPORTER = Importer(
    name="scaphandre",
    says="Scaphandre: reports of its JSON exporter, 0.4 to 1.0, closed or cut off",
    home="https://github.com/hubblo-org/scaphandre",
    minds="microwatts; one level of host, socket, domain",
    claims=_claims,
    read=read,
)
