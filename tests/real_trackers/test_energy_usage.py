"""energy-usage itself on a made counter: what it prints, read, is what it returns, to the three digits it prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from reporter import importers
from tests.conftest import SAMPLES

from .conftest import Environment


def test_energy_usage(environment: Environment, tmp_path: Path) -> None:
    """22 W above rest for 2.5 s, divided by 0.8 as by the loss of a power supply; its duration is cut to seconds."""
    python = environment("energyusage", "energyusage==0.0.14")
    script = SAMPLES / "make" / "make_energy_usage.py"
    done = subprocess.run([python, str(script), str(tmp_path)], check=True, capture_output=True, text=True, timeout=120)
    told = re.findall(r"(report-\w+): ([0-9.]+) s, (\S+) kWh", done.stdout)
    assert len(told) == 2
    for name, seconds, energy_kwh in told:
        (run,) = importers.read([str(tmp_path / name / "report.txt")]).runs
        assert run.energy_kwh == pytest.approx(float(energy_kwh), rel=5e-3)
        assert run.energy_kwh == pytest.approx(22 * 2.5 / 0.8 / 3.6e6, rel=0.5)  # its clock, on a busy machine
        assert run.duration_s == int(float(seconds))
    (pair,) = importers.read([str(tmp_path / "wattage")]).runs
    assert pair.energy_kwh == pytest.approx((18 - 2) / 0.8 * 4 / 3.6e6, rel=1e-12)
