"""Writes the carbontracker samples by running it: make_carbontracker.py FOLDER, in the Python that has carbontracker.

This machine has no RAPL and no GPU, so carbontracker's own options for a simulated CPU and GPU say what they draw.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from carbontracker.tracker import CarbonTracker

SIMULATED = {"sim_cpu": "Simulated Xeon", "sim_cpu_tdp": 100, "sim_cpu_util": 0.5}
SIMULATED_GPU = {"sim_gpu": "Simulated A100", "sim_gpu_watts": 250, "sim_gpu_util": 0.8}


def train(folder: Path, *, epochs: int, stop_after: int, **options: object) -> None:
    """Track `stop_after` of `epochs` epochs of two idle seconds; carbontracker names the files by process and time."""
    folder.mkdir(parents=True, exist_ok=True)
    tracker = CarbonTracker(epochs=epochs, log_dir=str(folder), update_interval=1, **SIMULATED, **options)
    for _ in range(stop_after):
        tracker.epoch_start()
        time.sleep(2)
        tracker.epoch_end()
    tracker.stop()


def main() -> None:
    """Three trainings: a whole one, one with a GPU too, and one that stops early after two of five epochs."""
    samples = Path(sys.argv[1])
    train(samples / "2.4.7-cpu", epochs=3, stop_after=3)
    train(samples / "2.4.7-gpu", epochs=3, stop_after=3, **SIMULATED_GPU)
    train(samples / "2.4.7-early-stop", epochs=5, stop_after=2)


if __name__ == "__main__":
    main()
