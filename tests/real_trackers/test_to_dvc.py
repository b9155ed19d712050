"""The real DVC: it finds, shows and compares the metrics, and draws the runs, of a folder that was written for it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import SWEEP

from .conftest import Environment, Sender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_dvc_shows_and_compares_the_metrics(
    environment: Environment, carbon_in: Sender, program: Callable[[str], str], tmp_path: Path
) -> None:
    python, git = environment("dvc", "dvc==3.67.1"), program("git")
    settings = {
        **os.environ, "DVC_NO_ANALYTICS": "1", "HOME": str(tmp_path / "home"), "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "me@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }  # fmt: skip

    def ask(*command: str) -> str:
        return subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=tmp_path, env=settings, timeout=120
        ).stdout

    def dvc(*arguments: str) -> Any:
        return json.loads(ask(python, "-m", "dvc", *arguments, "--json"))

    ask(git, "init", "--quiet")
    ask(python, "-m", "dvc", "init", "--quiet")
    told = {}
    for name, context in (("old", ()), ("new", ("--country", "FRA"))):
        done = carbon_in(python, SWEEP, "--json", f"{name}.json", "--to", "dvc:footprint", "--quiet", *context)
        assert done.returncode == 0, done.stderr
        told[name] = json.loads((tmp_path / f"{name}.json").read_text())["totals"]
        if name == "old":
            ask(git, "add", "--all")
            ask(git, "commit", "--quiet", "--message", "old")
    shown = dvc("metrics", "show")[""]["data"]["footprint/carbon.json"]["data"]  # found by the folder's dvc.yaml
    assert shown == {key: value for key, value in told["new"].items() if isinstance(value, int | float)}
    changed = dvc("metrics", "diff")["footprint/carbon.json"]["emissions_kg"]
    assert (changed["old"], changed["new"]) == (told["old"]["emissions_kg"], told["new"]["emissions_kg"])
    (plot,) = dvc("plots", "show")["data"]["footprint/carbon-runs.csv"]
    energies = [float(row["energy_kwh"]) for row in plot["content"]["data"]["values"]]
    assert len(energies) == told["new"]["runs"]
    assert sum(energies) == pytest.approx(told["new"]["energy_kwh"], rel=1e-12)
    assert len((tmp_path / "footprint" / "carbon.md").read_bytes()) <= 65_536
