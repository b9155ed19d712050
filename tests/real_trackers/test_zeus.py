"""Zeus itself: its own monitor writes a log of known counters, and what it returns is what we read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from reporter import importers
from tests.conftest import SAMPLES

from .conftest import Environment


def test_zeus(environment: Environment, tmp_path: Path) -> None:
    """The longest window counts, as the windows inside it are parts of it; Zeus's rows added up are no energy."""
    python = environment("zeus", "zeus==0.16.0")
    script = SAMPLES / "make" / "make_zeus.py"
    done = subprocess.run([python, str(script), str(tmp_path)], check=True, capture_output=True, text=True, timeout=300)
    told = {name: (seconds, sum(joules.values())) for name, seconds, joules in json.loads(done.stdout)}
    (run,) = importers.read([str(tmp_path / "windows" / "zeus.csv")]).runs
    assert run.energy_kwh is not None
    assert (run.duration_s, round(run.energy_kwh * 3.6e6, 6)) == told["train"] == (5.5, 2525.0)
    assert (tmp_path / "windows" / "zeus.csv").read_text() == (SAMPLES / "zeus" / "windows" / "zeus.csv").read_text()
