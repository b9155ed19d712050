"""Computes what the samples of Scaphandre, Kepler, W&B, MLflow and perun amount to: compute_metrics.py SAMPLES.

Puts its entries into expected.json. It shares no code with carbon-report on purpose. Standard library alone.
"""

from __future__ import annotations

import csv
import json
import sys
from itertools import pairwise
from pathlib import Path

JOULES_PER_KWH = 3.6e6
Points = list[tuple[float, float]]


def trapezoid(points: Points) -> float:
    """Joules under (s, W)."""
    return sum((late - early) * (before + after) / 2 for (early, before), (late, after) in pairwise(points))


def grown(points: Points) -> float:
    """Growth of a counter, which begins again at 0."""
    return sum(after - before if after >= before else after for (_, before), (_, after) in pairwise(points))


def scaphandre(reports: list[dict]) -> float:
    """Each report's mean power since the report before, of the host or else of its sockets."""
    points = []
    for report in reports:
        if report["sockets"]:
            whole = report["host"] or {"consumption": sum(socket["consumption"] for socket in report["sockets"])}
            points.append((report["sockets"][0]["timestamp"], whole["consumption"] / 1e6))
    return sum((late - early) * power for (early, _), (late, power) in pairwise(points))


def prometheus(path: Path, wanted: dict[str, float]) -> float:
    """Joules of the wanted series (name, or name and zone) of one response; gauges by trapezoids."""
    total = 0.0
    for result in json.loads(path.read_text())["data"]["result"]:
        name = ":".join(filter(None, (result["metric"]["__name__"], result["metric"].get("zone"))))
        points = [(time, float(value) * wanted.get(name, 0.0)) for time, value in result["values"]]
        total += trapezoid(points) if "POWER_USAGE" in name else grown(points)
    return total


def panel(path: Path) -> float:
    """Each run's column of power in a panel."""
    header, *rows = csv.reader(path.read_text().splitlines())
    columns = [place for place, title in enumerate(header) if title.endswith("powerWatts")]
    return sum(trapezoid([(float(row[0]), float(row[place])) for row in rows if row[place]]) for place in columns)


def events(path: Path) -> float:
    """Each GPU of the rows of system metrics."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    keys = ("system.gpu.0.powerWatts", "system.gpu.1.powerWatts")
    return sum(trapezoid([(row["_timestamp"], row[key]) for row in rows]) for key in keys)


def stored(folder: Path) -> float:
    """Each file of MLflow's file store; the times are ms."""
    total = 0.0
    for path in folder.rglob("*_power_usage_watts"):
        rows = [line.split() for line in path.read_text().splitlines()]
        total += trapezoid([(int(row[0]) - int(rows[0][0]), float(row[1])) for row in rows]) / 1000
    return total


def perun(path: Path) -> tuple[float, float]:
    """Joules of all hosts, and grams; in perun's JSON each level of nodes is an array of one object."""
    joules = grams = 0.0
    for multi in json.loads(path.read_text())["nodes"][0].values():
        for one in multi["nodes"][0].values():
            grams += one["metrics"]["co2"]["value"]
            joules += sum(host["metrics"]["energy"]["value"] for host in one["nodes"][0].values())
    return joules, grams


def entries(samples: Path) -> list[dict]:
    """One entry for each sample."""
    killed = [json.loads(line) for line in (samples / "scaphandre/killed.json").read_text().splitlines()[:-1]]
    array = json.loads((samples / "scaphandre/array.json").read_text())
    kepler, mlflow = samples / "kepler", "mlflow/3.17.2"
    zones = {"kepler_node_cpu_joules_total:package": 1.0, "kepler_node_cpu_joules_total:dram": 1.0}
    platform = {"kepler_node_platform_joules_total": 1.0}
    cards = {"DCGM_FI_DEV_POWER_USAGE": 1.0, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": 1e-3}
    joules, grams = perun(samples / "perun/1.0.0-pue/toy.json")
    found = [
        ("scaphandre/array.json", 1, scaphandre(array), {}),
        ("scaphandre/killed.json", 1, scaphandre(killed), {"skipped": 1}),
        ("kepler/0.11-zones.json", 1, prometheus(kepler / "0.11-zones.json", zones), {}),
        ("kepler/0.9-modes.json", 1, prometheus(kepler / "0.9-modes.json", platform), {}),
        ("kepler/dcgm.json", 1, prometheus(kepler / "dcgm.json", cards), {}),
        ("kepler/scrapes", 1, 18_000.0, {}),
        ("wandb/panel.csv", 2, panel(samples / "wandb/panel.csv"), {}),
        ("wandb/run-20251121_044000-1a2b3c4d", 1,
         events(samples / "wandb/run-20251121_044000-1a2b3c4d/files/wandb-events.jsonl"), {}),
        *((f"{mlflow}/{name}", 1, stored(samples / mlflow), {}) for name in ("mlruns", "history.json", "history.csv")),
        ("perun/1.0.0-pue", 2, joules, {"energy_kwh": 1.25 * joules / JOULES_PER_KWH, "emissions_kg": grams / 1000}),
    ]  # fmt: skip
    return [
        {"path": path, "tracker": path.partition("/")[0], "runs": runs, "it_energy_kwh": energy / JOULES_PER_KWH,
         "energy_kwh": energy / JOULES_PER_KWH, **others}
        for path, runs, energy, others in found
    ]  # fmt: skip


if __name__ == "__main__":
    place = Path(sys.argv[1])
    mine = entries(place)
    expected = place / "expected.json"
    own = {case["tracker"] for case in mine}
    others = [case for case in json.loads(expected.read_text()) if case["tracker"] not in own]
    expected.write_text(json.dumps(others + mine, indent=1) + "\n")
    for case in mine:
        print(case["path"], case["it_energy_kwh"])
