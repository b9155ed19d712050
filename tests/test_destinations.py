"""`--to`: how places are named and refused, that nothing is sent unasked, and the folder for DVC and CML."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from reporter import destinations
from reporter.errors import ReportError

from .conftest import ROOT, SWEEP, emissions_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Carbon = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def everything_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "_require", lambda _: None)


@pytest.mark.usefixtures("everything_installed")
@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("mlflow", ("mlflow", "", "")),
        ("mlflow#sweep", ("mlflow", "", "sweep")),
        ("mlflow:http://127.0.0.1:5000", ("mlflow", "http://127.0.0.1:5000", "")),
        ("mlflow:http://127.0.0.1:5000#a:b/c", ("mlflow", "http://127.0.0.1:5000", "a:b/c")),
        ("wandb:me/project", ("wandb", "me/project", "")),
        ("hub:me/model#pr", ("hub", "me/model", "pr")),
        ("tensorboard:runs/carbon", ("tensorboard", "runs/carbon", "")),
        ("dvc:.", ("dvc", ".", "")),
    ],
)
def test_a_place_is_read_from_its_text(text: str, target: tuple[str, str, str]) -> None:
    assert destinations.target(text) == target


@pytest.mark.usefixtures("everything_installed")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ftp:x", "--to ftp: there are dvc:FOLDER, hub:OWNER/MODEL[#pr], mlflow[:URI]"),
        ("wandb", "--to wandb: write wandb:[ENTITY/]PROJECT[#RUN_ID]"),
        ("dvc:", "--to dvc:: write dvc:FOLDER"),
        ("dvc:a#b", "--to dvc:a#b: write dvc:FOLDER"),
        ("mlflow:http://me:secret@host/#", "--to mlflow:http://host/#: write mlflow[:URI][#EXPERIMENT|RUN_ID]"),
    ],
)
def test_a_place_that_cannot_be_is_refused_with_the_way_to_write_it(text: str, told: str) -> None:
    with pytest.raises(ReportError) as refused:
        destinations.target(text)
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("name", [name for name, one in destinations.available().items() if one.module])
def test_a_missing_library_is_told_before_any_log_is_read(name: str, tmp_path: Path) -> None:
    """The same where the log does not exist, in a Python that has none of the libraries; the extra is one of ours."""
    chosen = destinations.available()[name]
    place = f"{name}:{'me/model' if chosen.where_needed else 'http://host'}"
    code = (
        "import importlib.util as found, sys; real = found.find_spec;"
        f"found.find_spec = lambda name, *rest: None if name == {chosen.module!r} else real(name, *rest);"
        "from reporter.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "nothing.csv", "--to", place]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    advice = f"pip install 'carbon-report[{chosen.extra}]'"
    assert done.stderr == f"carbon-report: --to {name} needs {chosen.module}: {advice}\n"
    assert f"\n{chosen.extra} = [" in (ROOT / "pyproject.toml").read_text()


def test_no_configuration_file_makes_a_report_leave(carbon: Carbon, tmp_path: Path) -> None:
    for key in ("to", "destinations"):
        (tmp_path / "carbon-report.toml").write_text(f'{key} = ["dvc:stolen"]\n')
        done = carbon(SWEEP)
        assert done.returncode == 1
        assert f"'{key}' is no option" in done.stderr
    assert not (tmp_path / "stolen").exists()


def test_without_to_nothing_of_the_room_is_loaded() -> None:
    code = (
        "import sys; from reporter.cli import main; main(sys.argv[1:]);"
        "print([name for name in sys.modules if name.startswith('reporter.destinations')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SWEEP), "--badge"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.endswith("[]\n")


def test_check_sends_nothing(carbon: Carbon, tmp_path: Path) -> None:
    assert carbon(SWEEP, "--badge", "badge.svg", "--check", "--to", "dvc:folder").returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_the_folder_for_dvc_holds_the_figures_and_the_runs(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(
        tmp_path, {}, {"run_id": "=cmd()", "energy_consumed": 0.1, "cpu_energy": "", "project_name": "a/b"}
    )
    done = carbon(log, "--group-by", "project", "--json", "report.json", "--to", "dvc:deep/folder")
    assert done.returncode == 0, done.stderr
    assert "sent to dvc: dvc metrics show deep/folder/carbon.json; cml comment create deep/" in done.stderr
    folder = tmp_path / "deep" / "folder"
    report = json.loads((tmp_path / "report.json").read_text())
    told = json.loads((folder / "carbon.json").read_text())
    groups = told.pop("groups")
    assert told == {key: value for key, value in report["totals"].items() if isinstance(value, int | float)}
    assert {name: group["energy_kwh"] for name, group in groups.items()} == {"demo": 0.4, "a/b": 0.1}
    rows = list(csv.DictReader((folder / "carbon-runs.csv").open(newline="")))
    assert [(row["run"], float(row["energy_kwh"])) for row in rows] == [("run-1", 0.4), ("'=cmd()", 0.1)]
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())
    named = [*stages["metrics"], *(name for plot in stages["plots"] for name in plot)]
    assert all((folder / name).is_file() for name in named)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    assert carbon(log, "--quiet", "--to", "dvc:deep/folder").returncode == 0
    assert (folder / "dvc.yaml").read_text() == "stages: {}\n"


def test_the_comment_for_cml_fits_and_says_that_it_was_cut(carbon: Carbon, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"run_id": f"run-{n}", "project_name": f"project {n}"} for n in range(2000)]
    emissions_csv(tmp_path, *rows)
    outputs = ("--comment", "c.md", "--markdown", "m.md")
    done = carbon("emissions.csv", "--group-by", "project", "--to", "dvc:out", *outputs)
    assert done.returncode == 0, done.stderr
    comment, whole = (tmp_path / "out" / "carbon.md").read_bytes(), (tmp_path / "m.md").read_bytes()
    assert len(whole) > 65_536 > len(comment) > 60_000
    assert (tmp_path / "c.md").read_bytes() == comment


def test_an_input_in_the_folder_is_not_overwritten(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, name="carbon-runs.csv")
    before = log.read_bytes()
    done = carbon("carbon-runs.csv", "--quiet", "--to", "dvc:.")
    assert done.returncode == 1
    assert "--to would overwrite this input" in done.stderr
    assert log.read_bytes() == before


def test_an_anonymous_report_stays_anonymous_on_its_way(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, {"project_name": "secret-lab", "run_id": "secret-run"})
    assert carbon(log, "--anonymous", "--quiet", "--to", "dvc:out").returncode == 0
    sent = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"0.4" in sent
    assert b"secret" not in sent
    assert str(tmp_path).encode() not in sent


def test_formats_names_every_place(carbon: Carbon) -> None:
    told = carbon("formats").stdout
    for chosen in destinations.available().values():
        assert f"  {destinations.usage(chosen)}" in told
        assert f"  {chosen.name}" in told
