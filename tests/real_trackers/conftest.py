"""Environments of their own for the real trackers, made once a session; in CI they must install."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Environment = Callable[..., str]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """``environment(name, *requirements)``: the python of a fresh virtual environment that has them installed.

    Outside of CI nothing is downloaded unless CARBON_REPORT_TRACKERS is set, and the test is skipped.
    """
    made: dict[str, str] = {}

    def make(name: str, *requirements: str) -> str:
        if not (os.environ.get("CI") or os.environ.get("CARBON_REPORT_TRACKERS")):
            pytest.skip("set CARBON_REPORT_TRACKERS=1 to download and run the real trackers")
        if name not in made:
            folder = tmp_path_factory.mktemp(f"tracker-{name}")
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            python = str(Path(folder) / "bin" / "python")
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
            subprocess.run(command, check=True, timeout=900)
            made[name] = python
        return made[name]

    return make
