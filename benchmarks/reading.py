"""Reading of long logs and of many, against the fastest engines: python -m benchmarks.reading [--rows N] [--json FILE].

What is compared is one task: the energy of every run. The engines read the file as it should be; carbon-report reads
it as it may be, so every row is checked as well, and the SHA-256 of the input is made. ``--samples 100000000`` adds a
power log of that length (9 GB, which TMPDIR must hold), as Parquet too, and JSON lines of a tenth of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import logs_made
from benchmarks.measure import Cost, exponent, peer, side_by_side

OURS = "import sys; from reporter import read; print(sum(run.energy_kwh for run in read(sys.argv[1:]).runs))"
ROW_BY_ROW = f"from reporter.importers import blocks; blocks.LONG_BYTES = 1e18; {OURS}"
CSV = (
    "import csv, sys\nbest = {}\n"
    "for row in csv.DictReader(open(sys.argv[1])): best[row['run_id']] = float(row['energy_consumed'])\n"
    "print(sum(best.values()))"
)
PANDAS = (
    "import sys, pandas as pd\n"
    "rows = pd.read_csv(sys.argv[1]); print(rows.groupby('run_id').last().energy_consumed.sum())"
)
POLARS = (
    "import sys, polars as pl\n"
    "last = pl.col('energy_consumed', 'emissions', 'duration').last()\n"
    "rows = pl.scan_csv(sys.argv[1]).group_by('run_id').agg(last)\n"
    "print(rows.collect(engine='streaming')['energy_consumed'].sum())"
)
DUCKDB = (
    "import sys, duckdb\n"
    "print(duckdb.sql(f\"select sum(e) from (select max(energy_consumed) e from '{sys.argv[1]}' group by run_id)\"))"
)
POLARS_POWER = (
    "import sys, polars as pl\n"
    "grown = [pl.col(name).diff().clip(0).sum() for name in ('cpu-package-0_j', 'gpu-0_j')]\n"
    "rows = pl.scan_csv(sys.argv[1], comment_prefix='#').select(*grown, pl.col('elapsed_s').max())\n"
    "print(rows.collect(engine='streaming'))"
)
POLARS_PARQUET = POLARS_POWER.replace("scan_csv(sys.argv[1], comment_prefix='#')", "scan_parquet(sys.argv[1])")
#: What the counters grew by, which holds where one begins anew; and their greatest values, which do not hold then.
DUCKDB_POWER = (
    "import sys, duckdb\n"
    "names = ('cpu-package-0_j', 'gpu-0_j', 'elapsed_s')\n"
    "grown = ', '.join(f'\"{name}\" - lag(\"{name}\") over () as \"{name}\"' for name in names)\n"
    "sums = ', '.join(f'sum(greatest(\"{name}\", 0))' for name in names)\n"
    "source = f\"read_csv('{sys.argv[1]}', comment='#', header=true)\"\n"
    "print(duckdb.sql(f'select {sums} from (select {grown} from {source})'))"
)
DUCKDB_MAX = (
    "import sys, duckdb\n"
    "source = f\"read_csv('{sys.argv[1]}', comment='#', header=true)\"\n"
    "print(duckdb.sql(f'select max(\"cpu-package-0_j\"), max(\"gpu-0_j\"), max(elapsed_s) from {source}'))"
)
POLARS_SMI = (
    "import sys, polars as pl\n"
    "at, watts = pl.col('timestamp').str.to_datetime('%Y/%m/%d %H:%M:%S%.3f'), pl.col(' power.draw [W]')\n"
    "watts = watts.str.strip_chars(' W').cast(pl.Float64).alias('w')\n"
    "rows = pl.scan_csv(sys.argv[1]).select(at, pl.col(' index'), watts)\n"
    "step = pl.col('timestamp').diff().dt.total_microseconds() / 1e6 * (pl.col('w') + pl.col('w').shift()) / 2\n"
    "print(rows.group_by(' index').agg(step.sum()).collect(engine='streaming'))"
)
POLARS_JSON = (
    "import sys, polars as pl\n"
    "step = pl.col('timestamp').diff() * pl.col('rapl_estimated_attributable_power_draw')\n"
    "print(pl.scan_ndjson(sys.argv[1]).select(step.sum()).collect(engine='streaming'))"
)
SMALL = (
    "import csv, glob, sys\ntotal = 0.0\n"
    "for path in glob.glob(sys.argv[1] + '/**/emissions.csv', recursive=True):\n"
    "    for row in csv.DictReader(open(path)): total += float(row['energy_consumed'])\n"
    "print(total)"
)


#: An eighth of these, two rows each, is a long log still: read the same way as all of them, and pyarrow's start counts.
MOST_RUNS = 100_000
#: Half of the task only: another program that takes the greatest value for the sum is wrong after a restart.
GREATEST = "greatest value by DuckDB"


def as_parquet(script: str) -> str:
    """The same query of a Parquet file."""
    return script.replace("f\"read_csv('{sys.argv[1]}', comment='#', header=true)\"", "f\"'{sys.argv[1]}'\"")


def commands(kind: str, path: Path, *, long: bool = False) -> dict[str, list[str]]:
    """Ours first, then whatever others are there for this kind of log; of a ``long`` one no row by row."""
    here, engines = sys.executable, peer("engines")
    found = {"carbon-report": [here, "-c", OURS, str(path)]}
    if not long:
        found["carbon-report, row by row"] = [here, "-c", ROW_BY_ROW, str(path)]
    scripts = {
        "codecarbon": {"csv module": CSV, "pandas script": PANDAS, "polars": POLARS, "DuckDB": DUCKDB},
        "power_log": {"polars": POLARS_POWER, "DuckDB": DUCKDB_POWER, GREATEST: DUCKDB_MAX},
        "power_log_parquet": {
            "polars": POLARS_PARQUET, "DuckDB": as_parquet(DUCKDB_POWER), GREATEST: as_parquet(DUCKDB_MAX),
        },
        "nvidia_smi": {"polars": POLARS_SMI},
        "impact_tracker": {"polars": POLARS_JSON},
        "small_files": {"csv module": SMALL},
    }[kind]
    for name, script in scripts.items():
        python = engines if name in {"polars", "DuckDB", GREATEST} else here
        if python is None:
            print(f"{name} is not installed: see benchmarks/measure.py")
        else:
            found[name] = [python, "-c", script, str(path)]
    return found


def make(kind: str, folder: Path, size: int) -> Path:
    """A log (or, of small files, a folder) of so many rows (files, runs of two rows)."""
    if kind == "small_files":
        logs_made.small_files(folder / str(size), size)
        return folder / str(size)
    path = folder / f"{size}-{kind}.csv"
    if kind == "power_log_parquet":
        logs_made.power_log(path, size)
        # In a process of its own: what this one holds counts as memory of those that it starts.
        convert = "import sys; from pathlib import Path; from benchmarks import logs_made; "
        convert += "logs_made.as_parquet(*map(Path, sys.argv[1:]))"
        subprocess.run([sys.executable, "-c", convert, str(path), str(path.with_suffix(".parquet"))], check=True)
        path.unlink()
        return path.with_suffix(".parquet")
    if kind == "runs":
        logs_made.codecarbon(path, 2 * size, 2)
        return path
    if kind == "impact_tracker":
        path = folder / str(size) / "data.json"
        path.parent.mkdir()
        logs_made.impact_info(path.parent / "info.pkl")
    getattr(logs_made, kind)(path, size)
    return path


def compare(kind: str, size: int, folder: Path, rounds: int, *, long: bool = False) -> dict[str, Any]:
    """One task on all engines: costs, and each one's wall and processor time over ours."""
    long = long or kind == "small_files"
    made = side_by_side(commands(kind, make(kind, folder, size), long=long), rounds)
    ours = made["carbon-report"]
    print(f"\n{kind}, {size:,}: ratio is another's time over ours (above 1: we are faster)")
    for name, taken in made.items():
        wall, cpu = taken.wall_s / ours.wall_s, taken.cpu_s / ours.cpu_s
        print(f"  {name:27}{taken.wall_s:8.2f} s {taken.cpu_s:8.2f} s cpu {taken.memory_mib:7.0f} MiB"
              f"   x {wall:.2f} wall  x {cpu:.2f} cpu")  # fmt: skip
    return {"kind": kind, "size": size, "costs": {name: taken._asdict() for name, taken in made.items()}}


def growth(kind: str, sizes: list[int], folder: Path) -> dict[str, Any]:
    """How our processor time grows over four sizes, what Python and the parsers take to start left out; and memory."""
    taken: list[Cost] = []
    modules = "from pyarrow import csv, json; from reporter import importers; importers.available()"
    start = [sys.executable, "-c", modules]
    if kind == "small_files":
        start = [sys.executable, "-c", OURS, str(make(kind, folder, 1))]
    start_s = side_by_side({"start": start})["start"].cpu_s
    for size in sizes:
        path = make(kind, folder, size)
        taken.append(side_by_side({"ours": [sys.executable, "-c", OURS, str(path)]})["ours"])
    net = [max(1e-3, one.cpu_s - start_s) for one in taken]
    power = exponent([*map(float, sizes)], net)
    print(f"\n{kind}: grows with size to the power {power:.3f}; memory {[round(one.memory_mib) for one in taken]} MiB")
    return {"kind": kind, "sizes": sizes, "exponent": power, "costs": [one._asdict() for one in taken]}


def main() -> None:
    """Compare all kinds, then fit growth; rows and files in all can be set for a short run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--samples", type=int, default=0, help="of one more power log, for instance 100000000")
    parser.add_argument("--json")
    asked = parser.parse_args()
    result: dict[str, Any] = {"compared": [], "growth": []}
    for kind in ("codecarbon", "power_log", "nvidia_smi", "impact_tracker", "small_files"):
        with tempfile.TemporaryDirectory() as folder:
            size = asked.files if kind == "small_files" else asked.rows
            result["compared"].append(compare(kind, size, Path(folder), asked.rounds))
    for kind, size in (("power_log", asked.samples), ("power_log_parquet", asked.samples),
                       ("impact_tracker", asked.samples // 10)):  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            if size:
                result["compared"].append(compare(kind, size, Path(folder), 1, long=True))
    for kind, most in (("codecarbon", asked.rows), ("power_log", 2 * asked.rows), ("nvidia_smi", 2 * asked.rows),
                       ("impact_tracker", asked.rows), ("runs", max(MOST_RUNS, asked.rows // 10)),
                       ("small_files", asked.files)):  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            result["growth"].append(growth(kind, [most // 8, most // 4, most // 2, most], Path(folder)))
    if asked.json:
        Path(asked.json).write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
