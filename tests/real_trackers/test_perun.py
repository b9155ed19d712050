"""The real perun: a toy program in two rounds, its own energies and grams beside what each of its files tells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from reporter import importers
from tests.conftest import SAMPLES

from .conftest import Environment

if TYPE_CHECKING:
    from pathlib import Path


def test_perun(environment: Environment, tmp_path: Path) -> None:
    """Perun's energy of a round has the PUE inside; ours has not, and times the PUE they are the same."""
    python = environment("perun", "perun==1.0.0")
    shutil.copy(SAMPLES / "make" / "stand_in_nvml.py", tmp_path / "pynvml.py")
    out = tmp_path / "out"
    command = [python, str(SAMPLES / "make" / "make_perun.py"), str(out)]
    subprocess.run(command, check=True, timeout=120, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    own = json.loads((out / "toy.json").read_text())["nodes"][0]["a"]["metrics"]
    for name, precision in (("toy.json", 1e-6), ("toy_a.csv", 1e-5), ("toy_a.txt", 1e-3)):
        runs = importers.read([str(out / name)]).runs
        assert [run.id.partition(" round ")[2] for run in runs] == ["0", "1"], name
        energy_kwh = sum(run.energy_kwh or 0.0 for run in runs)
        assert 1.25 * energy_kwh * 3.6e6 == pytest.approx(own["energy"]["sum"], rel=precision), name
    runs = importers.read([str(out)]).runs
    assert sum(run.reported_emissions_kg or 0.0 for run in runs) == pytest.approx(own["co2"]["sum"] / 1000, rel=1e-6)
    assert {run.reported_pue for run in runs} == {1.25}
