"""The example plug-in of samples/plugin: built, installed, and used through the command line as an equal of ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT, SAMPLES, emissions_csv

EXAMPLE = SAMPLES / "plugin"
LOG = EXAMPLE / "sample.wattlog.txt"
Carbon = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH under which the example is installed, built from a copy without the network."""
    copy = tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(EXAMPLE, copy)
    target = tmp_path_factory.mktemp("site")
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(target), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return os.pathsep.join([str(target), str(ROOT)])


def test_it_reads_its_log_beside_ours(tmp_path: Path, carbon: Carbon, installed: str) -> None:
    shutil.copy(LOG, tmp_path / "jobs.txt")
    emissions_csv(tmp_path)
    done = carbon(".", "--json", PYTHONPATH=installed)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {run["id"]: run["it_energy_kwh"] for run in answer["runs"]} == pytest.approx(
        {"run-1": 0.4, "prepare:2": 0.025, "train:3": 1.0}
    )
    (entry,) = [entry for entry in answer["inputs"] if entry["tracker"] == "wattlog"]
    assert (entry["rows"], entry["runs"], entry["skipped"]) == (3, 2, 1)
    (told,) = [finding for finding in answer["findings"] if finding["code"] == "CR002"]
    assert told["where"].endswith("jobs.txt:4")
    assert "CR040" not in {finding["code"] for finding in answer["findings"]}


def test_it_is_listed_chosen_and_strict_as_ours_are(tmp_path: Path, carbon: Carbon, installed: str) -> None:
    assert "WattLog 1, a tracker that does not exist" in carbon("formats", PYTHONPATH=installed).stdout
    assert "WattLog" not in carbon("formats").stdout
    done = carbon(LOG, "--strict", PYTHONPATH=installed)
    assert done.returncode == 1
    assert f"{LOG}:4: no line like" in done.stderr
    emissions_csv(tmp_path)
    assert carbon("emissions.csv", "--from", "wattlog", PYTHONPATH=installed).returncode == 1


def test_its_renderer_is_chosen_by_its_ending(tmp_path: Path, carbon: Carbon, installed: str) -> None:
    done = carbon(LOG, "-o", "energy.oneline", PYTHONPATH=installed)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "energy.oneline").read_text() == "2 runs, 1.025 kWh\n"


@pytest.mark.parametrize(
    "broken", ["raise RuntimeError('half installed')", "import nowhere_at_all", "IMPORTER = ONE_LINE = 1"]
)
def test_a_broken_one_is_told_and_the_others_go_on(
    tmp_path: Path, carbon: Carbon, installed: str, broken: str
) -> None:
    site, ours = installed.split(os.pathsep)
    shutil.copytree(site, tmp_path / "site")
    (tmp_path / "site" / "carbon_report_wattlog.py").write_text(broken + "\n")
    emissions_csv(tmp_path)
    done = carbon("emissions.csv", "--json", PYTHONPATH=os.pathsep.join([str(tmp_path / "site"), ours]))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    answer = json.loads(done.stdout)
    assert len(answer["runs"]) == 1
    assert [finding["message"] for finding in answer["findings"] if "wattlog" in finding["message"]]
    assert {finding["code"] for finding in answer["findings"]} >= {"CR040"}
