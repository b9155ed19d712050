"""carbontracker itself, on simulated devices: its totals are ours; where its parser errs, ours are right."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reporter import importers
from tests.conftest import SAMPLES

from .conftest import Environment

PARSE = """
import json, sys
from carbontracker import parser
for folder in sys.argv[1:]:
    (log,) = parser.parse_all_logs(folder)
    energy, grams, _ = parser.aggregate_consumption(folder)
    print(json.dumps([log["actual"], log["pred"], energy, grams]))
"""


def test_carbontracker(environment: Environment, tmp_path: Path) -> None:
    """What each total should be is known: 250 W or 50 W or 400 W, simulated, for epochs of two seconds, times 1.58."""
    python = environment("carbontracker", "carbontracker==2.4.7", "setuptools<81")
    cases = ["2.4.7-gpu", "2.4.7-early-stop", "2.4.7-two-gpus"]
    script = SAMPLES / "make" / "make_carbontracker.py"
    subprocess.run([python, str(script), str(tmp_path), *cases], check=True, capture_output=True, timeout=300)
    folders = [str(tmp_path / case) for case in cases]
    done = subprocess.run([python, "-c", PARSE, *folders], check=True, capture_output=True, text=True, timeout=120)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    runs = [run for folder in folders for run in importers.read([folder]).runs]

    whole, early, two = runs
    for run, (actual, foreseen, _, _) in zip((whole, early), told, strict=False):
        assert run.energy_kwh is not None
        assert run.energy_kwh * 1.58 == pytest.approx(actual["energy (kWh)"])
        assert run.reported_emissions_kg == pytest.approx(actual["co2eq (g)"] / 1000)
        assert run.predicted_energy_kwh == pytest.approx(foreseen["energy (kWh)"] / 1.58)
    assert whole.energy_kwh == pytest.approx(3 * 2 * (200 + 50) / 3.6e6, rel=0.01)
    assert early.energy_kwh == pytest.approx(2 * 2 * 50 / 3.6e6, rel=0.01)

    # Its parser looks for "epochs" where its logs say "epoch(s)", finds 1 of 3 epochs, and takes the prediction for the
    # sum, though all three were measured. The measurement is right. A stopped training escapes by chance.
    actual, foreseen, aggregate, grams = told[0]
    assert (actual["epochs"], foreseen["epochs"]) == (1, 3)
    assert (aggregate, grams) == (foreseen["energy (kWh)"], foreseen["co2eq (g)"])
    assert aggregate != actual["energy (kWh)"]
    assert told[1][2] == told[1][0]["energy (kWh)"]

    # It takes the mean of two GPUs' samples for their sum: of 250 W and 150 W it counts 200 W. 400 W is right.
    assert told[2][0]["energy (kWh)"] == pytest.approx(1.58 * 2 * 2 * 200 / 3.6e6, rel=0.01)
    assert two.energy_kwh == pytest.approx(2 * 2 * (250 + 150) / 3.6e6, rel=0.01)
    assert two.reported_emissions_kg is None
