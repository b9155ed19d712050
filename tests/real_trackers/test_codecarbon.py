"""CodeCarbon itself: what a tracker says in the end is what each of its outputs reads as; old flushes do not add up."""

from __future__ import annotations

import csv
import json
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reporter import importers
from reporter.run import Run

from .conftest import Environment

TRACK = """
import json, logging, sys, time
from codecarbon import OfflineEmissionsTracker

def outputs():
    '''The logger's and BoAmps' outputs, where this version has them.'''
    if sys.argv[1] == "csv":
        return {}
    from codecarbon.output import LoggerOutput
    from codecarbon.output_methods.boamps import BoAmpsOutput
    logger = logging.getLogger("emissions")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.FileHandler("emissions.log"))
    return {"save_to_logger": True, "logging_logger": LoggerOutput(logger), "pue": 1.5, "allow_multiple_runs": True,
            "output_handlers": [BoAmpsOutput(output_dir=".")]}

tracker = OfflineEmissionsTracker(country_iso_code="FRA", measure_power_secs=1, log_level="error", **outputs())
tracker.start()
for _ in range(3):
    time.sleep(1)
    tracker.flush()
tracker.stop()
print(json.dumps(dict(tracker.final_emissions_data.values), default=str))
"""


def track(python: str, folder: Path, what: str) -> dict[str, Any]:
    """Run a tracker for three seconds, flushed three times, and give what it says in the end."""
    command = [python, "-c", TRACK, what]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def only(path: Path) -> Run:
    (run,) = importers.read([str(path)]).runs
    return run


def test_codecarbon(environment: Environment, tmp_path: Path) -> None:
    """Version 3.3.2 with a PUE: each output tells the tracker's own total, from which the PUE is divided out."""
    said = track(environment("codecarbon", "codecarbon==3.3.2"), tmp_path, "all")
    for name in ("emissions.csv", "emissions.log"):
        run = only(tmp_path / name)
        assert run.energy_kwh is not None
        assert run.energy_kwh * 1.5 == pytest.approx(said["energy_consumed"])
        assert [run.duration_s, run.reported_emissions_kg] == pytest.approx([said["duration"], said["emissions"]])
    (report,) = tmp_path.glob("boamps_report_*.json")
    assert [only(report).reported_pue, only(report).energy_kwh] == pytest.approx([1.5, said["energy_consumed"] / 1.5])
    assert only(tmp_path).energy_kwh == pytest.approx(said["energy_consumed"] / 1.5), "three outputs of one run"
    (tmp_path / "emissions.csv").unlink()
    assert only(report).energy_kwh == pytest.approx(said["energy_consumed"]), "no file left tells the PUE"


def test_codecarbon_before_3(environment: Environment, tmp_path: Path) -> None:
    """Version 2.3.5 flushed: its rows add up to more than twice the run; its own last total is right, and is ours."""
    requirements = ("codecarbon==2.3.5", "pandas<3", "setuptools<81")
    said = track(environment("codecarbon-2", *requirements), tmp_path, "csv")
    run = only(tmp_path / "emissions.csv")
    assert [run.energy_kwh, run.duration_s, run.reported_emissions_kg] == pytest.approx(
        [said["energy_consumed"], said["duration"], said["emissions"]]
    )
    with (tmp_path / "emissions.csv").open(newline="") as rows:
        naive = math.fsum(float(row["energy_consumed"]) for row in csv.DictReader(rows))
    assert naive > 2 * said["energy_consumed"], "what carbonboard adds up is wrong"
