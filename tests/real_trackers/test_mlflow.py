"""The real MLflow: its monitor logs two GPUs of known power into a file store; store and exports tell their energy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from reporter import importers
from tests.conftest import SAMPLES

from .conftest import Environment

if TYPE_CHECKING:
    from pathlib import Path


def test_mlflow(environment: Environment, tmp_path: Path) -> None:
    """MLflow has no energy of its own to compare with: its points, as its own client gives them, are the oracle."""
    python = environment("mlflow", "mlflow==3.17.2", "psutil")
    shutil.copy(SAMPLES / "make" / "stand_in_nvml.py", tmp_path / "pynvml.py")
    out = tmp_path / "out"
    command = [python, str(SAMPLES / "make" / "make_mlflow.py"), str(out)]
    subprocess.run(command, check=True, timeout=120, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    points = json.loads((out / "history.json").read_text())["metrics"]
    joules = 0.0
    for gpu in (0, 1):
        told = [point for point in points if point["key"] == f"system/gpu_{gpu}_power_usage_watts"]
        assert {point["value"] for point in told} <= ({200.0, 220.0} if gpu == 0 else {100.0, 110.0})
        for early, late in pairwise(told):
            joules += (late["timestamp"] - early["timestamp"]) / 1000 * (early["value"] + late["value"]) / 2
    for name in ("mlruns", "history.json", "history.csv"):
        (run,) = importers.read([str(out / name)]).runs
        assert run.energy_kwh == pytest.approx(joules / 3.6e6, rel=1e-9), name
        assert (run.gpu_count, run.id) == (2, points[0]["run_id"])
    assert importers.read([str(out / "mlruns")]).runs[0].labels == {"experiment": "digits", "run": "small net"}
