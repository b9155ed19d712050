"""Writes the MLPerf power sample: make_mlperf_power.py FOLDER. Made up, in the format of PTDaemon and LoadGen.

PTDaemon needs a power analyzer; lines are written as the files of public submissions have them.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

START = datetime.datetime(2026, 11, 21, 8, 0, 0, 500000)


def stamp(seconds: float) -> str:
    return (START + datetime.timedelta(seconds=seconds)).strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]


def meter(file: Path, mark: str) -> None:
    """Eighty seconds: idle at 80 W, and 400 W from second 10 to 70."""
    lines = []
    for second in range(80):
        watts = 400.0 if 10 <= second < 70 else 80.0
        values = f"Watts,{watts:.6f},Volts,230.100000,Amps,{watts / 230.1:.6f},PF,0.990000"
        lines.append(f"Time,{stamp(second)},{values},Mark,{mark}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")


def loadgen(file: Path) -> None:
    """The benchmark ran from 9.6 s to 69.6 s: 60 s at 400 W."""
    rest = '"namespace": "mlperf::logging", "event_type": "POINT_IN_TIME", "metadata": {"is_error": false}'
    lines = [
        f':::MLLOG {{"key": "{key}", "value": "{stamp(at)}", "time_ms": {at * 1000:.6f}, {rest}}}'
        for key, at in (("power_begin", 9.6), ("power_end", 69.6))
    ]
    file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) / "run_1"
    meter(folder / "spl.txt", "2026-11-21_08-00-00_resnet_testing")
    loadgen(folder / "mlperf_log_detail.txt")
