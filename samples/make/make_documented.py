"""Writes the samples of trackers that do not run here, in the form their authors document: make_documented.py SAMPLES.

Scaphandre and Kepler need RAPL, W&B needs its server and a GPU. The numbers are chosen, not measured.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

START = 1_763_700_000.0  # 2025-11-21 04:40 UTC


def scaphandre(folder: Path) -> None:
    """A closed array with one report that has no host, and 1.0's reports without an array, cut where it was killed."""
    reports = [report(START + 2.0 * step, 40e6 + 2e6 * (step % 5), host=step != 7) for step in range(30)]
    folder.mkdir(parents=True, exist_ok=True)
    first = {"host": None, "consumers": [], "sockets": []}
    (folder / "array.json").write_text(json.dumps([first, *reports]) + "\n", encoding="utf-8")
    stream = "".join(json.dumps(one) + "\n" for one in reports[:12])
    (folder / "killed.json").write_text(stream + json.dumps(reports[12])[:-40], encoding="utf-8")


def report(time: float, power_uw: float, *, host: bool) -> dict[str, object]:
    """One report: the processes share the host's power out, the sockets and domains lie inside it."""
    consumers = [
        {"exe": "/home/somebody/venv/bin/python3.11", "cmdline": "python3.11 train.py", "pid": 4711,
         "resources_usage": None, "consumption": 0.8 * power_uw, "timestamp": time, "container": None},
        {"exe": "/usr/bin/node", "cmdline": "node", "pid": 815, "resources_usage": None,
         "consumption": 0.2 * power_uw, "timestamp": time, "container": None},
    ]  # fmt: skip
    domains = [{"name": name, "consumption": share * power_uw, "timestamp": time} for name, share in
               (("core", 0.5), ("uncore", 0.1), ("dram", 0.1))]  # fmt: skip
    sockets = [{"id": 0, "consumption": 0.9 * power_uw, "domains": domains, "timestamp": time}]
    whole = {"consumption": power_uw, "timestamp": time, "components": {"disks": []}}
    return {"host": whole if host else None, "consumers": consumers, "sockets": sockets}


def kepler(folder: Path) -> None:
    """Range queries of Kepler 0.11 (overlapping zones, a restart) and 0.9 (two modes), of DCGM, and two scrapes."""
    node = {"instance": "10.0.0.7:28282", "job": "kepler", "node_name": "worker-1"}
    zones = [("package", 0, 5.0), ("package", 1, 4.0), ("core", 0, 3.0), ("dram", 0, 1.0), ("psys", 0, 12.0)]
    results = [
        series("kepler_node_cpu_joules_total", counter(1000.0 * place, watts * 10, restart=12 if place == 0 else None),
               zone=zone, path=f"/sys/class/powercap/intel-rapl:{socket}", **node)
        for place, (zone, socket, watts) in enumerate(zones)
    ]  # fmt: skip
    results.append(series("kepler_pod_cpu_joules_total", counter(5.0, 20.0), zone="package", pod_name="train", **node))
    write(folder / "0.11-zones.json", results)
    old = {"instance": "worker-2", "job": "kepler", "source": "rapl-sysfs"}
    write(folder / "0.9-modes.json", [
        series("kepler_node_platform_joules_total", counter(50.0, 90.0), mode="dynamic", **old),
        series("kepler_node_platform_joules_total", counter(70.0, 60.0), mode="idle", **old),
        series("kepler_node_package_joules_total", counter(20.0, 55.0), mode="dynamic", **old),
        series("kepler_node_package_joules_total", counter(20.0, 35.0), mode="idle", **old),
    ])  # fmt: skip
    cards = [{"Hostname": "worker-3", "UUID": f"GPU-{card}", "gpu": str(card), "modelName": "A100"} for card in (0, 1)]
    write(folder / "dcgm.json", [
        series("DCGM_FI_DEV_POWER_USAGE", [(START + 15 * step, 250.0 + step) for step in range(20)], **cards[0]),
        series("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", counter(9e9, 300_000.0), **cards[1]),
    ])  # fmt: skip
    scrapes = folder / "scrapes"
    scrapes.mkdir(parents=True, exist_ok=True)
    for name, joules in (("before", 182_000.0), ("after", 200_000.0)):
        lines = ["# HELP scaph_host_energy_microjoules Energy of the whole host in microjoules",
                 "# TYPE scaph_host_energy_microjoules counter", f"scaph_host_energy_microjoules {joules * 1e6:.0f}",
                 "scaph_host_power_microwatts 44000000",
                 'scaph_process_power_consumption_microwatts{pid="1",exe="init"} 1000']  # fmt: skip
        (scrapes / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def counter(first: float, watts: float, restart: int | None = None) -> list[tuple[float, float]]:
    """Twenty readings of a counter, a quarter of a minute apart; after a restart it begins again at 0."""
    points, value = [], first
    for step in range(20):
        if step == restart:
            value = 0.0
        points.append((START + 15 * step, value))
        value += 15 * watts
    return points


def series(name: str, points: list[tuple[float, float]], **labels: str) -> dict[str, object]:
    """One series of a matrix."""
    return {"metric": {"__name__": name, **labels}, "values": [[time, str(value)] for time, value in points]}


def write(path: Path, results: list[dict[str, object]]) -> None:
    """One response of Prometheus."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = {"status": "success", "data": {"resultType": "matrix", "result": results}}
    path.write_text(json.dumps(answer) + "\n", encoding="utf-8")


def wandb(folder: Path) -> None:
    """A panel of two runs with its bounds, and the rows of one run's system metrics with two GPUs."""
    folder.mkdir(parents=True, exist_ok=True)
    key = "system/gpu.0.powerWatts"
    header = ["Relative Time (Process)", *(f"{run} - {column}" for run in ("brave-sun-1", "calm-sea-2")
              for column in ("_step", f"{key}", f"{key}__MIN", f"{key}__MAX"))]  # fmt: skip
    with (folder / "panel.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for step in range(40):
            power = 180.0 + 3 * (step % 7)
            cells = [step, power, power, power]
            writer.writerow([7.5 * step, *(cells + [""] * 4 if step % 2 else [""] * 4 + cells)])
    folder = folder / "run-20251121_044000-1a2b3c4d" / "files"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "wandb-events.jsonl").open("w", encoding="utf-8") as file:
        for step in range(25):
            row = {"system.cpu": 12.5, "system.gpu.0.gpu": 90.0, "system.gpu.0.powerWatts": 210.0 + step,
                   "system.gpu.0.powerPercent": 70.0, "system.gpu.0.enforcedPowerLimitWatts": 300.0,
                   "system.gpu.process.0.powerWatts": 210.0 + step, "system.gpu.1.powerWatts": 60.5,
                   "_wandb": True, "_timestamp": START + 30 * step, "_runtime": 30 * step + 2}  # fmt: skip
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    samples = Path(sys.argv[1])
    scaphandre(samples / "scaphandre")
    kepler(samples / "kepler")
    wandb(samples / "wandb")
