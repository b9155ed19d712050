"""Writes the nvidia-smi samples: make_nvidia_smi.py FOLDER. No GPU is needed: the rows are made up, in its format.

The format is that of `nvidia-smi --query-gpu=... --format=csv[,nounits] -l 1`; the powers follow simple rules, so that
the energies are known without any program of ours.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

START = datetime.datetime(2026, 11, 21, 8, 0, 0, 123000)
MODEL = "NVIDIA H200"
UUID = "GPU-5b0fa12a-3dd7-45bb-9766-{:012d}"


def stamp(seconds: float) -> str:
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y/%m/%d %H:%M:%S.%f")[:-3]


def power(gpu: int, second: int) -> float:
    """W: GPU 0 idles at 120, works at 600 from second 5 to 24; GPU 1 draws 50 more."""
    return (600.0 if 5 <= second < 25 else 120.0) + 50 * gpu


def two_gpus(file: Path) -> None:
    """Two GPUs, units in the cells, a reading of GPU 1 missing."""
    lines = ["timestamp, index, name, uuid, power.draw [W], power.limit [W], utilization.gpu [%]"]
    for second in range(30):
        for gpu in (0, 1):
            watts = "[N/A]" if (gpu, second) == (1, 12) else f"{power(gpu, second):.2f} W"
            cells = [stamp(second), str(gpu), MODEL, UUID.format(gpu), watts, "700.00 W", "98 %"]
            lines.append(", ".join(cells))
    file.write_text("\n".join(lines) + "\n")


def restarted(file: Path) -> None:
    """nounits, half a second apart, no column that names the two GPUs; started again once, 20 s later."""
    lines = []
    for begin in (0.0, 35.0):
        lines.append("timestamp, name, power.draw [W]")
        for tick in range(30):
            lines += [f"{stamp(begin + tick / 2)}, {MODEL}, {power(gpu, tick):.2f}" for gpu in (0, 1)]
    file.write_text("\n".join(lines) + "\n")


def counters(file: Path) -> None:
    """Power twice and an energy counter, of which the counter holds all and the samples a part."""
    lines = ["timestamp, pci.bus_id, power.draw.average [W], power.draw.instant [W], total_energy_consumption [mJ]"]
    lines += [
        f"{stamp(second)}, 00000000:3B:00.0, 200.00 W, 210.00 W, {90_000_000 + second * 250_000} mJ"
        for second in range(0, 60, 10)
    ]
    file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, make in (("two-gpus", two_gpus), ("restarted", restarted), ("counters", counters)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        make(folder / name / "gpu.csv")
