"""Logs of any length for the benchmarks, made the same every time: rows as the trackers write them."""

from __future__ import annotations

import datetime
import math
import pickle
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = (
    "timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,"
    "cpu_energy,gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,"
    "cloud_provider,cloud_region,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,"
    "longitude,latitude,ram_total_size,tracking_mode,cpu_utilization_percent,gpu_utilization_percent,"
    "ram_utilization_percent,ram_used_gb,on_cloud,pue,wue"
)
_TAIL = (
    "0.0,Germany,DEU,,,,Linux-6.18.44-x86_64-with-glibc2.36,3.11.7,3.3.2,64,AMD EPYC 7763 64-Core Processor,4,"
    "4 x NVIDIA A100-SXM4-80GB,,,503.54,machine,48.62,91.0,2.12,23.49,N,1.0,0.0"
)
BEGUN = datetime.datetime(2026, 3, 1, 8, tzinfo=datetime.UTC)
EVERY_S = 10.0


def codecarbon(path: Path, rows: int, rows_a_run: int = 1000) -> None:
    """An emissions.csv of so many rows: running totals of runs one after the other, 38 columns."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for first in range(0, rows, rows_a_run):
            file.writelines(_running_totals(first // rows_a_run, min(rows_a_run, rows - first)))


def _running_totals(run: int, rows: int) -> Iterator[str]:
    identity = uuid.UUID(int=run + 1)
    cpu_w, gpu_w, ram_w = 150.0 + run % 7, 1200.0 + 10 * (run % 11), 20.0
    for place in range(1, rows + 1):
        duration = EVERY_S * place + 1e-6 * math.sin(place + run)
        kwh = duration / 3.6e6
        energies = [cpu_w * kwh, gpu_w * kwh, ram_w * kwh]
        energy = sum(energies)
        at = (BEGUN + datetime.timedelta(seconds=int(duration) + 60 * (run % 10_000))).strftime("%Y-%m-%dT%H:%M:%S")
        yield (
            f"{at},sweep,{identity},phase-{run % 5},{duration!r},{0.38 * energy!r},{0.38 * energy / duration!r},"
            f"{cpu_w!r},{gpu_w!r},{ram_w!r},{energies[0]!r},{energies[1]!r},{energies[2]!r},{energy!r},{_TAIL}\n"
        )


POWER_HEAD = """# carbon-report power log 1
# run: 63d2b5d7-365e-46f2-9e6c-48baad7ff156
# command: python3
# started: 2026-03-01T08:00:00.000+00:00
# every_s: 0.1
# meter: cpu-package-0 kind=counter part=cpu unit=J source=rapl
# meter: gpu-0 kind=counter part=gpu unit=J source=nvml
time,elapsed_s,cpu-package-0_j,gpu-0_j,cpu_percent,gpu_percent,memory_gb
"""


def power_log(path: Path, rows: int) -> None:
    """Our own sampler's log of so many rows, ten a second, of a processor and a GPU."""
    with path.open("w", encoding="utf-8") as file:
        file.write(POWER_HEAD)
        for first in range(0, rows, 100_000):
            file.writelines(_samples(first, min(rows, first + 100_000)))
        file.write("# ended: 2027-01-01T00:00:00.000Z exit=0\n")


def as_parquet(log: Path, out: Path, rows: int = 1 << 20) -> None:
    """A power log as Parquet, a row group every so many rows: its comment lines stand in the metadata."""
    import itertools

    import pandas
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    writer: parquet.ParquetWriter | None = None
    with log.open(encoding="utf-8") as file:
        lines = "".join(itertools.takewhile(lambda line: line.startswith("#"), file)) + "# ended: \n"
    for part in pandas.read_csv(log, comment="#", parse_dates=["time"], chunksize=rows):
        table = pa.Table.from_pandas(part, preserve_index=False).replace_schema_metadata({"carbon-report": lines})
        writer = writer or parquet.ParquetWriter(out, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _samples(first: int, last: int) -> Iterator[str]:
    for place in range(first, last):
        at = BEGUN + datetime.timedelta(milliseconds=100 * place)
        wave = 100 * (1 - math.cos(place / 50))
        yield (
            f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z,{place / 10:.4f},{9.5 * place + wave:.6f},"
            f"{31.25 * place + wave:.6f},51.50,97.00,3.53\n"
        )


def nvidia_smi(path: Path, rows: int, gpus: int = 2) -> None:
    """nvidia-smi's CSV of so many rows, ten queries a second."""
    with path.open("w", encoding="utf-8") as file:
        file.write("timestamp, index, name, power.draw [W], utilization.gpu [%]\n")
        for place in range(rows // gpus):
            at = BEGUN + datetime.timedelta(milliseconds=100 * place)
            text = f"{at:%Y/%m/%d %H:%M:%S}.{at.microsecond // 1000:03d}"
            file.writelines(
                f"{text}, {gpu}, NVIDIA A100-SXM4-80GB, {300 + 100 * math.sin(place / 97 + gpu):.2f} W, 97 %\n"
                for gpu in range(gpus)
            )


def impact_tracker(path: Path, rows: int) -> None:
    """experiment-impact-tracker's data.json of so many rows, one a second; its info.pkl is not made."""
    begun = BEGUN.timestamp()
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            f'{{"timestamp": {begun + place!r}, "rapl_power_draw_absolute": {90 + 10 * math.sin(place / 31)!r}, '
            f'"rapl_estimated_attributable_power_draw": {80 + 10 * math.sin(place / 31)!r}, '
            f'"nvidia_draw_absolute": {400 + 50 * math.sin(place / 17)!r}, '
            f'"nvidia_estimated_attributable_power_draw": {390 + 50 * math.sin(place / 17)!r}, '
            f'"average_gpu_estimated_utilization_absolute": 0.91, '
            f'"cpu_time_seconds": {{"13199": {{"user": {float(place)!r}, "system": 0.23}}}}}}\n'
            for place in range(rows)
        )


def small_files(folder: Path, files: int, rows: int = 2) -> None:
    """So many folders, each with the emissions.csv of one run."""
    for run in range(files):
        place = folder / f"{run // 1000:04d}" / f"{run:07d}"
        place.mkdir(parents=True)
        place.joinpath("emissions.csv").write_text(
            HEADER + "\n" + "".join(_running_totals(run, rows)), encoding="utf-8"
        )


def impact_info(path: Path, rows: int | None = None) -> None:
    """The info.pkl that stands beside such a data.json; with an end where the rows are told, else as after a crash."""
    start = BEGUN.replace(tzinfo=None)
    told = {
        "cpu_info": {"brand": "Intel Xeon", "count": 32}, "gpu_info": [{"name": "TITAN V"}], "region": {"id": "US-CA"},
        "region_carbon_intensity_estimate": {"carbonIntensity": 250.0}, "experiment_start": start,
        "experiment_end": None if rows is None else start + datetime.timedelta(seconds=rows),
        "experiment_impact_tracker_version": "0.1.8",
    }  # fmt: skip
    path.write_bytes(pickle.dumps(told, 3))


def impact_runs(folder: Path, runs: int, rows: int) -> None:
    """So many folders as experiment-impact-tracker leaves them, with so many samples each."""
    for run in range(runs):
        place = folder / f"run-{run}" / "impacttracker"
        place.mkdir(parents=True)
        impact_tracker(place / "data.json", rows)
        impact_info(place / "info.pkl", rows)


SACCT = (
    "UID|User|JobID|JobName|Submit|Elapsed|Partition|NNodes|NCPUS|TotalCPU|CPUTime|ReqMem|MaxRSS|WorkDir|State|"
    "Account|AllocTRES"
)
CLUSTER = """institution: Institute
cluster_name: Cluster
granularity_memory_request: 6
partitions:
  cpu: {type: CPU, model: Xeon, TDP: 10}
  gpu: {type: GPU, model: A100, TDP: 250, model_CPU: Xeon, TDP_CPU: 8}
PUE: 1.67
CI: 467
energy_cost: {cost: 0.34, currency: "£"}
default_unit_RSS: K
"""


def sacct(folder: Path, jobs: int) -> Path:
    """What ``sacct -P`` prints of so many jobs, each with two steps, beside GA4HPC's cluster_info.yaml."""
    folder.mkdir()
    folder.joinpath("cluster_info.yaml").write_text(CLUSTER, encoding="utf-8")
    with (folder / "sacct.txt").open("w", encoding="utf-8") as file:
        file.write(SACCT + "\n")
        file.writelines(map(_job, range(jobs)))
    return folder / "sacct.txt"


def _job(place: int) -> str:
    gpus, hours = place % 4 // 3, 1 + place % 40
    cpus, gb = (8, 60) if gpus else (4 << place % 3, 16 << place % 3)
    at = (BEGUN.replace(tzinfo=None, year=2023) + datetime.timedelta(minutes=37 * (place % 7000))).isoformat()
    wall, used, charged = (f"{h // 24}-{h % 24:02d}:00:00" for h in (hours, hours * cpus * 3 // 4, hours * cpus))
    held = f"cpu={cpus},{f'gres/gpu={gpus},' if gpus else ''}mem={gb}G,node=1"
    ids, parts = 50_000_000 + place, f"{wall}|{'gpu' if gpus else 'cpu'}|1|{cpus}|{used}|{charged}|{gb}G"
    step = f"{at}|{wall}||1|{cpus}|{used}|{charged}|"
    return (
        f"1000|me|{ids}|train|{at}|{parts}||/home/me|COMPLETED|group|billing={cpus},{held}\n"
        f"||{ids}.batch|batch|{step}|{gb * 400_000}K||COMPLETED|group|{held}\n"
        f"||{ids}.extern|extern|{step}|0||COMPLETED|group|{held}\n"
    )
