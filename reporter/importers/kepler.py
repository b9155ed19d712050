"""Kepler, Scaphandre and NVIDIA DCGM as Prometheus exported them: one Run for each node.

What a naive reader gets wrong: joules are counters since boot, so that only their growth is energy, and they begin
again at 0 after a restart; zones lie inside one another (package holds core and uncore; platform and psys hold all);
modes dynamic and idle are two shares of one energy; containers, pods and processes share the node's energy out; a GPU
cut into instances repeats its power for each of them; one scrape is a reading since boot, and no energy at all.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers import traces
from reporter.importers.base import Importer
from reporter.importers.gauges import Gauge, Trace
from reporter.importers.prometheus import is_json, is_long_table, series
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporter.importers.logs import Log
    from reporter.importers.prometheus import Series

PREFIXES = ("kepler_", "scaph_", "dcgm_fi_dev_")
#: Metric: which part of the node it measures ("zone": its label tells), and its unit; J are counters, W gauges.
METRICS = {
    "kepler_node_platform_joules_total": ("platform", "J"),
    "kepler_platform_watts": ("platform", "W"),
    "kepler_node_platform_watts": ("platform", "W"),
    **{f"kepler_node_{zone}_joules_total": (zone, "J") for zone in ("package", "core", "dram", "uncore", "other")},
    "kepler_node_gpu_joules_total": ("gpu", "J"),
    "kepler_node_gpu_watts": ("gpu", "W"),
    "kepler_node_cpu_joules_total": ("zone", "J"),
    "kepler_node_cpu_watts": ("zone", "W"),
    **{f"kepler_node_cpu_{share}_joules_total": ("share of zone", "J") for share in ("active", "idle")},
    **{f"kepler_node_cpu_{share}_watts": ("share of zone", "W") for share in ("active", "idle")},
    "scaph_host_energy_microjoules": ("host", "uJ"),
    "scaph_host_energy_microjoules_total": ("host", "uJ"),
    "scaph_host_power_microwatts": ("host", "uW"),
    "scaph_socket_energy_microjoules": ("socket", "uJ"),
    "scaph_socket_power_microwatts": ("socket", "uW"),
    "dcgm_fi_dev_total_energy_consumption": ("dcgm", "mJ"),
    "dcgm_fi_dev_power_usage": ("dcgm", "W"),
    "kepler_container_joules_total": ("containers", "J"),
    "kepler_pod_joules_total": ("pods", "J"),
    "kepler_container_cpu_joules_total": ("containers", "J"),
    "kepler_pod_cpu_joules_total": ("pods", "J"),
}
UNITS = {"J": 1.0, "mJ": 1e-3, "uJ": 1e-6, "W": 1.0, "uW": 1e-6}
NODES = ("node_name", "exported_instance", "hostname", "node", "nodename", "instance", "host")
#: Labels that tell who scraped or who used a device, not which device it is.
PLACES = {"job", "endpoint", "service", "prometheus", "prometheus_replica", "replica", "pod", "namespace", "container"}
#: What to add up: of each row the first part that is there, then what stands beside it; the rest lies inside them.
LEVELS = (
    ("platform",), ("package", "dram", "other"), ("host",), ("psys",), ("core", "uncore", "dram"), ("socket",),
    ("dram",), ("pods",), ("containers",),
)  # fmt: skip
GPUS = ("dcgm", "gpu")  # beside any level but the platform, and either alone: both meter the same cards
_MODELS = ("estimat", "model", "regress")


class Device(NamedTuple):
    """What one metric tells of one device of a node: its points by time, in J or W."""

    part: str
    counter: bool
    labels: dict[str, str]
    points: list[tuple[float, float]]


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the exports of one folder: those of the same time belong together, since each query makes a file."""
    told = {log: series(log, PREFIXES) for log in logs}
    for group in _of_one_time(told):
        nodes: dict[str, list[Series]] = {}
        first: dict[str, Log] = {}
        for log in group:
            for found in told[log]:
                if found.name in METRICS:
                    node = _node(found.labels)
                    nodes.setdefault(node, []).append(found)
                    first.setdefault(node, log)
        if not nodes:
            raise group[0].refuse(_nothing(told, group))
        runs = {node: _run(node, nodes[node], first[node]) for node in sorted(nodes)}
        known = [run for run in runs.values() if run is not None]
        if not known:
            raise group[0].refuse("each series has a single point: a counter since boot is no energy; export a range "
                                  "(api/v1/query_range), or name two scrapes, of before and after")  # fmt: skip
        if len(known) < len(runs):
            group[0].say("CR013", f"{len(runs) - len(known)} of {len(runs)} nodes have a single point each; left out")
        for log in group:
            of_file = [run for run in known if run.source == log.path]
            for place, run in enumerate(of_file, 1):
                yield run if len(of_file) == 1 else replace(run, id=f"{run.id} node {place}")


def _nothing(told: dict[Log, list[Series]], group: list[Log]) -> str:
    names = sorted({found.name for log in group for found in told[log]})
    but = f", but {plain(names[0], 60)}" if names else ""
    return f"no energy or power of a node stands here{but}; query kepler_node_cpu_joules_total or the like"


def _of_one_time(told: dict[Log, list[Series]]) -> list[list[Log]]:
    """Files whose times overlap, in groups; scraped text without times belongs together, its counters growing."""
    windows = []
    for log, found in told.items():
        times = [time for one in found for time, _ in one.points if not math.isnan(time)]
        grown = math.fsum(one.points[-1][1] for one in found if METRICS.get(one.name, "W")[-1].endswith("J"))
        windows.append((min(times, default=-math.inf), max(times, default=-math.inf), grown, log))
    groups: list[list[Log]] = []
    until = math.nan
    for start, end, _, log in sorted(windows, key=lambda window: window[:3]):
        if groups and start <= until:
            groups[-1].append(log)
        else:
            groups.append([log])
            until = end
        until = max(until, end)
    return groups


def _node(labels: dict[str, str]) -> str:
    name = next((labels[key] for key in NODES if labels.get(key)), "")
    host, colon, port = name.rpartition(":")
    return host if colon and port.isdecimal() else name


def _run(node: str, found: list[Series], log: Log) -> Run | None:
    """One node's Run, or None where no device has two points. Its name stands in the host alone."""
    parts: dict[str, list[Trace]] = {}
    devices, metered = _devices(found), list[dict[str, str]]()
    modelled, gauged = set(), set()
    for part in sorted({device.part for device in devices}):
        for counter in (True, False):  # a counter misses nothing between two readings, a gauge does
            same = [device for device in devices if device.part == part and device.counter == counter]
            if part == "dcgm" and not counter:  # each card by its counter, else by its power
                same = [device for device in same if device.labels not in metered]
            elif not counter and part in parts:
                continue
            told = _counted(same, log) if counter else _gauged(_platform(same, log), log)
            metered = [device.labels for device in same if len(device.points) > 1]
            if told:
                parts.setdefault(part, []).extend(told)
                gauged |= set() if counter else {part}
                if any(word in device.labels.get("source", "").lower() for word in _MODELS for device in same):
                    modelled.add(part)
    chosen = _chosen(parts, log)
    if not chosen:
        return None
    counted = [trace for part in chosen for trace in parts[part]]
    shared = chosen[0] in {"pods", "containers"}  # Kepler shares the node's energy out by a model
    if chosen[0] in GPUS:
        traces.tell_gpus_alone(log, "DCGM" if chosen[0] == "dcgm" else "Kepler")
    split = "platform" not in chosen and "host" not in chosen
    return Run(
        id=log.name, tracker="kepler", source=log.path, host=node or None,
        counted=gauged.isdisjoint(chosen), machine_wide=False if shared else None if chosen[0] in GPUS else True,
        basis="estimated" if shared or modelled & set(chosen) else "measured",
        cpu_energy_kwh=_of(parts, chosen, ("package", "core", "uncore")) if split else None,
        ram_energy_kwh=_of(parts, chosen, ("dram",)) if split else None,
        gpu_energy_kwh=_of(parts, chosen, GPUS), **traces.fields(counted),
    )  # fmt: skip


def _of(parts: dict[str, list[Trace]], chosen: list[str], names: Iterable[str]) -> float | None:
    return traces.energy(trace for name in names if name in chosen for trace in parts[name])


def _chosen(parts: dict[str, list[Trace]], log: Log) -> list[str]:
    """The parts that make up the node without counting any joule twice; what lies inside them is told (CR038)."""
    known = {part for part, told in parts.items() if traces.energy(told) is not None} or set(parts)
    level = next((level for level in LEVELS if level[0] in known), ())
    chosen = [part for part in level if part in known]
    if "platform" not in chosen:
        chosen += [part for part in GPUS if part in known][:1]
    left = sorted(set(parts) - set(chosen))
    if left and chosen:
        log.say("CR038", f"{' + '.join(chosen)} is counted; {', '.join(left)} lies inside or measures the same, and is "
                "not added", level="note")  # fmt: skip
    return chosen


def _devices(found: list[Series]) -> list[Device]:
    """Series of the same device joined, by time: its labels change with the pod that uses or scrapes it."""
    joined: dict[tuple[Any, ...], Device] = {}
    shares = {METRICS[one.name][0] for one in found}
    for one in found:
        part, unit = METRICS[one.name]
        if part == "share of zone" and "zone" in shares:
            continue  # active and idle add up to the zone
        zone = one.labels.get("zone", "package").lower().partition("-")[0]
        if part in {"pods", "containers"} and zone not in {"package", "dram"}:
            continue
        part = zone if part in {"zone", "share of zone"} else part
        labels = {key: label for key, label in one.labels.items() if _identifies(key, part)}
        key = one.name, *sorted(labels.items())
        device = joined.setdefault(key, Device(part, unit.endswith("J"), labels, []))
        device.points.extend((time, value * UNITS[unit]) for time, value in one.points)
    return list(joined.values())


def _identifies(label: str, part: str) -> bool:
    if part == "dcgm":  # of an instance (MIG) DCGM repeats the reading of the whole GPU
        return label in {"uuid", "gpu"}
    return label not in PLACES and label not in NODES and not label.startswith("exported_")


def _in_time(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points by time, each time once; scraped text without times keeps its order."""
    if any(math.isnan(time) for time, _ in points):
        return points
    return sorted(dict(sorted(points)).items())


def _counted(devices: list[Device], log: Log) -> list[Trace]:
    """The growth of counters (J); where one went back it had begun again at 0, and counts from there (CR022)."""
    told = []
    for device in devices:
        points = _in_time(device.points)
        if len(points) < 2:
            continue
        steps, joules, resets = [], [], 0
        for (early, before), (late, after) in pairwise(points):
            resets += after < before
            joules.append(after - before if after >= before else after)
            steps.append(0.0 if math.isnan(late - early) else late - early)
        if resets:
            log.say("CR022", f"a counter of {device.part} went back {resets} times, as after a restart; each time it "
                    "counts on from 0")  # fmt: skip
        energies = [energy / 3.6e6 for energy in joules]
        total = math.fsum(energies) if any(energies) else None
        if total is None:
            log.say("CR027", f"a counter of {device.part} stood still, so it measured nothing; it has no energy here")
        start, end = (0.0, 0.0) if math.isnan(points[0][0]) else (points[0][0], points[-1][0])
        told.append(Trace(device.part, total, start, end, steps, energies))
    return told


def _gauged(devices: list[Device], log: Log) -> list[Trace]:
    gauges = []
    for device in devices:
        gauge = Gauge(device.part)
        for time, power_w in _in_time(device.points):
            if not math.isnan(time):
                gauge.add(time, power_w)
        if len(gauge.times_s) > 1:
            gauges.append(gauge)
    return traces.integrated(gauges, log)


def _platform(devices: list[Device], log: Log) -> list[Device]:
    """Of several power meters of one chassis (server, CPUs, fans) the one that draws most: it feeds the others."""
    best: dict[tuple[str, ...], Device] = {}
    meters = [device for device in devices if device.part == "platform"]
    for device in meters:
        chassis = tuple(device.labels.get(key, "") for key in ("source", "bmc_id", "chassis_id"))
        other = best.get(chassis)
        if other is None or _mean(device) > _mean(other):
            best[chassis] = device
    if len(best) < len(meters):
        log.say("CR038", f"{len(meters)} power meters of {len(best)} chassis: of each the largest is counted")
    return [device for device in devices if device.part != "platform"] + list(best.values())


def _mean(device: Device) -> float:
    return math.fsum(power for _, power in device.points) / len(device.points)


def _claims(log: Log) -> bool:
    head = log.head
    known = b"kepler_" in head or b"scaph_" in head or b"DCGM_FI_DEV_" in head
    if is_json(log):
        return b'"resultType"' in head or (known and b'"metric"' in head and b'"values"' in head)
    return known and (is_long_table(log) or log.header[:1] in {("time",), ("timestamp",)} or _is_scraped(head))


def _is_scraped(head: bytes) -> bool:
    begins = b"# HELP", b"# TYPE", b"kepler_", b"scaph_", b"DCGM_FI_DEV_"
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(begins)


IMPORTER = Importer(
    name="kepler",
    says="Kepler, Scaphandre, DCGM in Prometheus: range queries, tables, pairs of scrapes",
    home="https://github.com/sustainable-computing-io/kepler",
    minds="counters with resets; overlapping zones count once",
    claims=_claims,
    read=read,
)
