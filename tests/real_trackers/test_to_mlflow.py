"""A real MLflow tracking server on SQLite: what was sent to it is read back from it, to the last digit."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from tests.conftest import SWEEP

from .conftest import Environment, Sender

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PATIENCE_S = 120
RUNS = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name(sys.argv[2])
told = []
for run in client.search_runs([experiment.experiment_id]):
    files = {}
    for one in client.list_artifacts(run.info.run_id, "carbon-report"):
        with open(client.download_artifacts(run.info.run_id, one.path)) as file:
            files[one.path] = file.read()
    told.append({"id": run.info.run_id, "name": run.info.run_name, "status": run.info.status, "files": files,
                 "metrics": run.data.metrics, "tags": run.data.tags})
print(json.dumps(told))
"""
TRAIN = """
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
run = client.create_run(client.create_experiment("training"), run_name="bert")
client.log_metric(run.info.run_id, "accuracy", 0.9)
print(run.info.run_id)
"""


@pytest.fixture(scope="module")
def python(environment: Environment) -> str:
    return environment("mlflow", "mlflow==3.17.2", "psutil")


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The address of a tracking server of our own on loopback, with a database and a folder for artifacts."""
    folder = tmp_path_factory.mktemp("mlflow-server")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [
        python, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--host", "127.0.0.1",
        "--artifacts-destination", str(folder / "artifacts"), "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    settings = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=settings)
    try:
        _await(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(PATIENCE_S * 4):
        assert process.poll() is None, log.read_text()
        try:
            with urlopen(address, timeout=5) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"the MLflow server did not start: {log.read_text()}")


def runs(python: str, server: str, experiment: str) -> list[dict[str, Any]]:
    read = subprocess.run([python, "-c", RUNS, server, experiment], check=True, capture_output=True, text=True)
    told: list[dict[str, Any]] = json.loads(read.stdout.splitlines()[-1])
    return told


def test_the_server_has_the_figures_the_words_and_the_pages(
    python: str, server: str, carbon_in: Sender, tmp_path: Path
) -> None:
    done = carbon_in(
        python, SWEEP, "--title", "Distillation", "--json", "report.json", "--html", "report.html",
        "--group-by", "project", "--to", f"mlflow:{server}#sweep of ours", SOURCE_DATE_EPOCH="1700000000",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = runs(python, server, "sweep of ours")
    assert f"sent to mlflow: run {run['id']} of experiment sweep of ours" in done.stderr
    assert (run["name"], run["status"]) == ("Distillation", "FINISHED")
    report = json.loads((tmp_path / "report.json").read_text())
    numbers = {f"carbon/{key}": value for key, value in report["totals"].items() if isinstance(value, int | float)}
    assert {key: value for key, value in run["metrics"].items() if "/groups/" not in key} == numbers
    for group in report["groups"]:
        assert run["metrics"][f"carbon/groups/{group['name']}/energy_kwh"] == group["energy_kwh"]
    assert run["tags"]["carbon/trackers"] == "codecarbon"
    assert run["tags"]["carbon/basis"] == report["totals"]["basis"]
    assert run["tags"]["mlflow.note.content"] == report["statement"]
    for name in ("report.html", "report.json"):
        assert run["files"][f"carbon-report/{name}"] == (tmp_path / name).read_text(), name


def test_a_run_that_is_there_gets_the_report_beside_what_it_has(
    python: str, server: str, carbon_in: Sender
) -> None:
    made = subprocess.run([python, "-c", TRAIN, server], check=True, capture_output=True, text=True)
    identity = made.stdout.split()[-1]
    done = carbon_in(python, SWEEP, "--json", "--to", f"mlflow#training/{identity}", MLFLOW_TRACKING_URI=server)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["totals"]["runs"] == 12  # MLflow's own words are not mixed with an output
    (run,) = runs(python, server, "training")
    assert (run["id"], run["name"], run["status"]) == (identity, "bert", "RUNNING")  # it is not ours to end
    assert run["metrics"]["accuracy"] == 0.9
    assert run["metrics"]["carbon/energy_kwh"] > 0
    wrong = carbon_in(python, SWEEP, "--quiet", "--to", f"mlflow:{server}#else/{identity}")
    assert wrong.returncode == 1
    assert wrong.stderr == f"carbon-report: --to mlflow: run {identity} is of another experiment than else\n"


def test_a_server_that_is_not_there_is_told_in_one_line_without_the_password(
    python: str, carbon_in: Sender
) -> None:
    with socket.socket() as found:  # a port that nobody listens on
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
        done = carbon_in(python, SWEEP, "--quiet", "--to", f"mlflow:http://me:secret@127.0.0.1:{port}#sweep")
    assert done.returncode == 1
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("carbon-report:")]
    assert line.startswith(f"carbon-report: --to mlflow:http://127.0.0.1:{port}: not sent: ")
    assert "secret" not in done.stderr
