"""Writes runs as experiment-impact-tracker leaves them, for the tests of its importer."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reporter import importers

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run

FIRST = 1_572_411_560.0  # 2019-10-30 04:59:20 UTC
PACIFIC_S = -7 * 3600
CPU, GPU = "rapl_estimated_attributable_power_draw", "nvidia_estimated_attributable_power_draw"


def local(seconds: float, offset_s: int = PACIFIC_S) -> datetime:
    return datetime.fromtimestamp(seconds + offset_s, UTC).replace(tzinfo=None)


def row(time: float, cpu: Any = 20.0, gpu: Any = 100.0, **more: Any) -> dict[str, Any]:
    return {
        "timestamp": time,
        "rapl_power_draw_absolute": 80.0,
        CPU: cpu,
        "nvidia_draw_absolute": 200.0,
        GPU: gpu,
        **more,
    }


def info_told(**changed: Any) -> dict[str, Any]:
    told = {
        "cpu_info": {"brand": "Intel Xeon", "count": 32, "python_version": "3.7.4"},
        "gpu_info": [{"name": "TITAN V"}, {"name": "TITAN V"}],
        "region": {"id": "US-CA"},
        "region_carbon_intensity_estimate": {"carbonIntensity": 250.0},
        "experiment_impact_tracker_version": "0.1.8",
        "experiment_start": local(FIRST - 4),
        "experiment_end": local(FIRST + 26),
        **changed,
    }
    return {key: value for key, value in told.items() if value != "absent"}


ROWS = (row(FIRST), row(FIRST + 10, cpu=40.0), row(FIRST + 20, gpu=50.0))


def write_run(folder: Path, rows: Any = ROWS, info: Any = None) -> Path:
    place = folder / "impacttracker"
    place.mkdir(parents=True, exist_ok=True)
    text = rows if isinstance(rows, bytes) else b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    (place / "data.json").write_bytes(text)
    (place / "info.pkl").write_bytes(info if isinstance(info, bytes) else pickle.dumps(info or info_told(), 3))
    return folder


def read_run(folder: Path, rows: Any = ROWS, info: Any = None) -> Reading:
    return importers.read([str(write_run(folder, rows, info))])


def one_run(folder: Path, rows: Any = ROWS, info: Any = None) -> Run:
    (run,) = read_run(folder, rows, info).runs
    return run


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


# 4 s at 120 W, 10 s at 140 W, 10 s at 70 W, and the last 6 s at 70 W again
JOULES = 4 * 120 + 10 * 140 + 10 * 70 + 6 * 70
