"""Writes the eco2AI samples by running it: make_eco2ai.py CASE FOLDER, in the Python that has eco2ai.

One case a process: a second tracker in one process logs almost no CPU energy.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from eco2ai import Tracker


def load(seconds: float) -> None:
    """Keep one core busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(n * n for n in range(20_000))


def tracker(file: Path, description: str, **options: object) -> Tracker:
    """A tracker that is told where it is and so asks nothing of the network."""
    return Tracker(
        project_name="toy-classifier",
        experiment_description=description,
        file_name=str(file),
        measure_period=1,
        ignore_warnings=True,
        **options,
    )


def plain(folder: Path) -> None:
    """One run in France: one row, rewritten in place at each measure."""
    watch = tracker(folder / "emission.csv", "one run", alpha_2_code="FR")
    watch.start()
    load(4)
    watch.stop()


def power_usage_effectiveness(folder: Path) -> None:
    """One run with a PUE of 1.5, which multiplies the energy and is written nowhere."""
    watch = tracker(folder / "emission.csv", "pue 1.5", alpha_2_code="DE", pue=1.5)
    watch.start()
    load(4)
    watch.stop()


def training(folder: Path) -> None:
    """Three epochs of one run: a row each, each holding that epoch alone."""
    watch = tracker(folder / "emission.csv", "three epochs", alpha_2_code="FR")
    watch.start_training(start_epoch=1)
    for epoch in range(3):
        load(2)
        watch.new_epoch({"loss": round(1 / (epoch + 1), 2)})
    watch.stop_training()


CASES = {"0.3.12-france": plain, "0.3.12-pue": power_usage_effectiveness, "0.3.12-epochs": training}


def main() -> None:
    """Make the case in a folder of its name."""
    case, folder = sys.argv[1], Path(sys.argv[2]) / sys.argv[1]
    folder.mkdir(parents=True)
    CASES[case](folder)


if __name__ == "__main__":
    main()
