"""Writes samples of CodeCarbon's logger and BoAmps outputs by really running it: make_codecarbon_exports.py SAMPLES.

Needs CodeCarbon 3.3.2. Two runs: one with PUE 1 that is flushed once, one with PUE 1.5 behind a program's own log text.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from codecarbon import OfflineEmissionsTracker
from codecarbon.output import LoggerOutput
from codecarbon.output_methods.boamps import BoAmpsAlgorithm, BoAmpsDataset, BoAmpsOutput, BoAmpsTask

TASK = BoAmpsTask(
    task_stage="training", task_family="classification", algorithms=[BoAmpsAlgorithm(algorithm_name="toy classifier")],
    dataset=[BoAmpsDataset(data_usage="input", data_type="tabular", data_quantity=1000)],
)  # fmt: skip


def run(samples: Path, name: str, form: str, pue: float) -> None:
    """One run of about four seconds, flushed after three."""
    logs = samples / "codecarbon-exports" / name
    logs.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    handler = logging.FileHandler(logs / "emissions.log", mode="w")
    handler.setFormatter(logging.Formatter(form))
    logger.addHandler(handler)
    logger.propagate = False
    reports = samples / "boamps" / name.replace("3.3.2-logger", "codecarbon-3.3.2")
    tracker = OfflineEmissionsTracker(
        project_name="toy-classifier", country_iso_code="FRA", pue=pue, measure_power_secs=1, save_to_file=False,
        save_to_logger=True, logging_logger=LoggerOutput(logger), log_level="error", allow_multiple_runs=True,
        output_handlers=[BoAmpsOutput(output_dir=str(reports), task=TASK, quality="low")],
    )  # fmt: skip
    if "%(name)s" in form:
        logger.info("epoch 1 of 1")
    tracker.start()
    for seconds in (3, 1):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sum(range(1000))
        tracker.flush() if seconds == 3 else tracker.stop()
    print(name, tracker.final_emissions_data)


if __name__ == "__main__":
    run(Path(sys.argv[1]), "3.3.2-logger", "%(message)s", 1.0)
    run(Path(sys.argv[1]), "3.3.2-logger-pue", "%(asctime)s %(levelname)s %(name)s: %(message)s", 1.5)
