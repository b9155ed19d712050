"""The real W&B: what it writes offline is refused with advice, and its names of power are those that are read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reporter import importers
from reporter.errors import ReportError

from .conftest import Environment

RUN = """
import time, wandb
settings = wandb.Settings(x_stats_sampling_interval=0.2, silent=True)
with wandb.init(mode="offline", project="demo", settings=settings) as run:
    run.log({"loss": 1.0})
    time.sleep(1)
"""
WHERE = "import os, wandb; print(os.path.join(os.path.dirname(wandb.__file__), 'bin'))"


def test_wandb(environment: Environment, tmp_path: Path) -> None:
    """Exports need W&B's server and power a GPU, so that a run here can show no more than this."""
    python = environment("wandb", "wandb==0.31.0")
    env = {**os.environ, "WANDB_DIR": str(tmp_path)}
    subprocess.run([python, "-c", RUN], check=True, timeout=90, cwd=tmp_path, env=env)
    (log,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    with pytest.raises(ReportError, match="binary log of an offline run"):
        importers.read([str(log)])
    done = subprocess.run([python, "-c", WHERE], check=True, capture_output=True, text=True, cwd=tmp_path)
    names = (Path(done.stdout.strip()) / "wandb-symon").read_bytes()
    assert b"powerWatts" in names
    assert b"enforcedPowerLimitWatts" in names
