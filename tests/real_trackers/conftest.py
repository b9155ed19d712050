"""Environments of their own for the real trackers, made once a session; in CI they must install."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

Environment = Callable[..., str]
Sender = Callable[..., subprocess.CompletedProcess[str]]
#: Our command line in a tracker's environment: what it needs itself is found behind what is installed there.
_START = """
import sys
sys.path += sys.argv.pop(1).split("|")
from reporter.cli import main
sys.exit(main())
"""


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
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
            subprocess.run([*command, *requirements], check=True, timeout=900)
            made[name] = python
        return made[name]

    return make


@pytest.fixture
def carbon_in(tmp_path: Path) -> Sender:
    """``carbon_in(python, *arguments, **environment)``: our command line, by a tracker's python, in an empty folder."""
    ours = "|".join(dict.fromkeys([str(ROOT), *map(sysconfig.get_path, ("purelib", "platlib"))]))

    def run(python: str, *arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", _START, ours, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True, input="",
            env={**os.environ, **settings}, timeout=180, check=False,
        )  # fmt: skip

    return run


def extra(name: str) -> list[str]:
    """What ``pip install 'carbon-report[NAME]'`` installs besides ourselves."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["project"]["optional-dependencies"][name])
