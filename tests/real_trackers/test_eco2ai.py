"""eco2AI itself, run for some seconds: its own sums are ours, though they hold a PUE and miss the CPU in training."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reporter import importers
from reporter.errors import ReportError
from tests.conftest import SAMPLES

from .conftest import Environment

CASES = ("0.3.12-france", "0.3.12-pue", "0.3.12-epochs")
SUMS = """
import json, sys, eco2ai
rows = [eco2ai.summary(file).iloc[-1] for file in sys.argv[1:]]
names = ("total power_consumption(kWh)", "total CO2_emissions(kg)", "total duration(s)")
print(json.dumps([[row[name] for name in names] for row in rows]))
"""
ENCODED = """
import time
from eco2ai import Tracker
watch = Tracker(file_name="emission.csv", encode_file=True, alpha_2_code="FR", measure_period=1, ignore_warnings=True)
watch.start()
time.sleep(1.5)
watch.stop()
"""


def test_eco2ai(environment: Environment, tmp_path: Path) -> None:
    """Its sums are right as sums. Its PUE stays inside, told by CR041, and what it missed of the CPU is CR027."""
    python = environment("eco2ai", "eco2ai==0.3.12", "pandas<2", "numpy<2", "setuptools<70")
    script = SAMPLES / "make" / "make_eco2ai.py"
    for case in CASES:
        subprocess.run([python, "-W", "ignore", str(script), case, str(tmp_path)], check=True, timeout=120)
    files = [str(tmp_path / case / "emission.csv") for case in CASES]
    command = [python, "-W", "ignore", "-c", SUMS, *files]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    for file, (energy_kwh, emissions_kg, duration_s) in zip(files, json.loads(done.stdout), strict=True):
        reading = importers.read([file])
        (run,) = reading.runs
        assert run.energy_kwh == pytest.approx(energy_kwh, rel=1e-9)
        assert run.reported_emissions_kg == pytest.approx(emissions_kg, rel=1e-9)
        assert run.duration_s == pytest.approx(duration_s, rel=1e-9)
        codes = {finding.code for finding in reading.findings}
        assert "CR041" in codes
        assert ("CR046" in codes, "CR027" in codes) == ("epochs" in file, "epochs" in file)
    subprocess.run([python, "-W", "ignore", "-c", ENCODED], check=True, cwd=tmp_path, timeout=120)
    with pytest.raises(ReportError, match="encoded this file"):
        importers.read([str(tmp_path / "encoded_emission.csv")])
