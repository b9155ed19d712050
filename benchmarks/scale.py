"""From the measured cost of one part to an organisation's: python -m benchmarks.scale [--json FILE].

One folder of logs is read as a worker reads it: the part made, turned into JSON and back, and merged. From that and the
sizes, a simulation of a cluster gives the time, the bytes that move and the memory of each process, up to 1e11 rows.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import logs_made
from benchmarks.measure import machine
from reporter import cluster, importers, reading
from reporter.importers import stored
from reporter.importers.parts import merge

NETWORK_BYTES_S = 100e6  # that one worker gets from object storage
REQUEST_S = 0.03  # until the first byte of an object comes
DISPATCH_S = 1e-3  # of the scheduler, for each task
SPREAD = 0.3  # of the times of tasks, as machines and stores differ
DEATHS = 1e-3  # share of tasks whose worker dies, and which are read again


class Measured(NamedTuple):
    """Costs of one part: reading a run of so many rows, and what comes back of it."""

    rows: int
    read_s: float
    row_s: float
    bytes_a_row: float
    part_bytes: float
    load_s: float
    merge_s: float


def measured(rows: int = 200_000, runs: int = 300) -> Measured:
    """Read power logs as a worker does: one long one for the cost of a row, many short ones for that of a run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.csv")
        logs_made.power_log(path, rows)
        cluster.part_of([str(path)], {}, searched=True)  # imports are paid once a worker
        start = time.process_time()
        cluster.part_of([str(path)], {}, searched=True)
        row_s, bytes_a_row = (time.process_time() - start) / rows, path.stat().st_size / rows
        small = Path(folder, "small")
        logs_made.small_files(small, runs, 3)
        start = time.process_time()
        texts = [stored.dump(cluster.part_of([str(one)], {}, searched=True)) for one in small.rglob("*.csv")]
        read_s = (time.process_time() - start) / runs
        part = few_points(path)
    start = time.process_time()
    parts = [stored.load(part) for _ in range(runs)]
    load_s = (time.process_time() - start) / runs
    start = time.process_time()
    merge(stored.load(text) for text in texts)
    merged = merge(parts)
    merge_s = max(0.0, time.process_time() - start - load_s * runs) / runs
    assert merged.taken
    return Measured(rows, read_s, row_s, bytes_a_row, len(part), load_s, merge_s)


def few_points(path: Path) -> str:
    """A power log's part with as many points of its course as one of very many has."""
    return stored.dump(cluster.part_of([str(path)], {"points": reading.POINTS}, searched=True))


def simulate(cost: Measured, rows: float, runs: float, workers: int) -> dict[str, float]:
    """The cluster's time: tasks go to whichever worker is free, some run long, some die and run again."""
    generator = random.Random(1)  # noqa: S311
    rows_a_run = rows / runs
    run_bytes = rows_a_run * cost.bytes_a_row
    runs_a_task = max(1, min(cluster.TASK_UNITS, int(cluster.TASK_BYTES / max(1.0, run_bytes))))
    tasks = int(-(-runs // runs_a_task))
    scaled = min(tasks, 20_000)  # so many are drawn one by one; the others behave as these do
    each = runs_a_task * (cost.read_s + rows_a_run * cost.row_s + REQUEST_S + run_bytes / NETWORK_BYTES_S)
    free = [0.0] * workers
    heapq.heapify(free)
    for place in range(scaled):
        again = 2.0 if generator.random() < DEATHS else 1.0
        taken = each * again * generator.lognormvariate(-(SPREAD**2) / 2, SPREAD)
        heapq.heappush(free, max(heapq.heappop(free), place * DISPATCH_S) + taken)
    busy_s = max(free) * tasks / scaled
    gathered_s = runs * (cost.load_s + cost.merge_s)
    return {
        "rows": rows, "runs": runs, "workers": workers, "tasks": tasks, "read_bytes": runs * run_bytes,
        "moved_bytes": runs * cost.part_bytes, "workers_s": max(busy_s, tasks * DISPATCH_S), "client_s": gathered_s,
        "total_s": max(busy_s, tasks * DISPATCH_S, gathered_s), "client_bytes": runs * cost.part_bytes * 4,
    }  # fmt: skip


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    asked = parser.parse_args()
    importers.available()
    cost = measured()
    print(machine())
    took_ms = 1e3 * (cost.load_s + cost.merge_s)
    print(f"a row {cost.row_s * 1e6:.2f} us and {cost.bytes_a_row:.0f} B; a run's files {cost.read_s * 1e3:.2f} ms; "
          f"its part {cost.part_bytes / 1024:.1f} KiB, {took_ms:.2f} ms to take in")  # fmt: skip
    print("    rows     runs  workers    tasks       read      moved    workers     client")
    cases = [(1e8, 1e3, 2), (1e9, 1e4, 16), (1e9, 1e6, 16), (1e10, 1e5, 64), (1e11, 1e6, 64), (1e11, 1e6, 256)]
    made: list[dict[str, Any]] = []
    for rows, runs, workers in cases:
        told = simulate(cost, rows, runs, workers)
        made.append(told)
        print(f"{rows:8.0e} {runs:8.0e} {workers:8d} {told['tasks']:8.0f} {told['read_bytes'] / 1e9:7.1f} GB "
              f"{told['moved_bytes'] / 1e9:7.2f} GB {told['workers_s']:8.0f} s {told['client_s']:8.0f} s")  # fmt: skip
    if asked.json:
        Path(asked.json).write_text(json.dumps({"measured": cost._asdict(), "simulated": made}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
