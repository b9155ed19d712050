"""Writes the Zeus sample by running its own ZeusMonitor: make_zeus.py FOLDER, in the Python that has zeus.

Windows, arithmetic and the log are Zeus's own. The two GPUs and the clock are made up, as this machine has no GPU;
what Zeus itself returns for each window is printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from zeus.monitor import energy as zeus


class MadeGpus:
    """Two GPUs whose energy counters (mJ) stand where they are put."""

    def __init__(self) -> None:
        self.counters_mj = [1_000_000, 5_000_000]

    def __len__(self) -> int:
        return len(self.counters_mj)

    def supports_get_total_energy_consumption(self, index: int) -> bool:
        return index < len(self)

    def get_total_energy_consumption(self, index: int) -> int:
        return self.counters_mj[index]


class Machine:
    """The clock and the counters, which move together."""

    def __init__(self) -> None:
        self.gpus, self.now_s = MadeGpus(), 1_795_000_000.0

    def work(self, seconds: float, *watts: float) -> None:
        self.now_s += seconds
        for index, power in enumerate(watts):
            self.gpus.counters_mj[index] += round(power * seconds * 1000)


def train(file: Path) -> list[Any]:
    """Two epochs of three steps inside one window, then one too short for the counter, with a comma in its name."""
    machine = Machine()
    zeus.get_gpus = lambda *_, **__: machine.gpus
    zeus.time = lambda: machine.now_s
    file.parent.mkdir(parents=True, exist_ok=True)
    monitor = zeus.ZeusMonitor(gpu_indices=[0, 1], cpu_indices=[], log_file=str(file))
    told = []

    def end(name: str) -> None:
        measured = monitor.end_window(name, sync_execution=False)
        told.append([name, measured.time, measured.gpu_energy])

    monitor.begin_window("train", sync_execution=False)
    for _ in range(2):
        monitor.begin_window("epoch", sync_execution=False)
        for _ in range(3):
            monitor.begin_window("step", sync_execution=False)
            machine.work(0.5, 300.0, 350.0)
            end("step")
        machine.work(0.25, 120.0, 130.0)
        end("epoch")
    machine.work(2.0, 110.0, 115.0)
    end("train")
    monitor.begin_window("save, then quit", sync_execution=False)
    machine.work(0.01)
    end("save, then quit")
    return told


if __name__ == "__main__":
    print(json.dumps(train(Path(sys.argv[1]) / "windows" / "zeus.csv")))
