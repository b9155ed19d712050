"""The command line as users meet it: exit status, one line a problem, files whole or untouched, configuration."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reporter import __main__, cli, collector, renderers
from reporter.errors import ReportError

from .conftest import ROOT, SAMPLES, SWEEP, emissions_csv

if TYPE_CHECKING:
    from collections.abc import Callable

Carbon = Any


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused call prints."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, lines
    assert lines[0].startswith("carbon-report: ")
    assert done.stdout == ""
    return lines[0]


def test_a_log_alone_prints_statement_and_table(carbon: Carbon) -> None:
    done = carbon(SWEEP)
    assert done.returncode == 0
    assert done.stdout.startswith("This work contributed ")
    assert "Social cost of carbon" in done.stdout
    assert "teacher-seed1" in done.stdout


def missing(folder: Path) -> Path:
    return folder / "missing.csv"


def empty(folder: Path) -> Path:
    (folder / "empty.csv").write_bytes(b"")
    return folder / "empty.csv"


def folder_without_logs(folder: Path) -> Path:
    (folder / "sub").mkdir()
    (folder / "sub" / "notes.txt").write_text("hello", encoding="utf-8")
    return folder / "sub"


def unknown(folder: Path) -> Path:
    (folder / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return folder / "x.csv"


def no_number(folder: Path) -> Path:
    return emissions_csv(folder, {"energy_consumed": "abc"})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (missing, ["missing.csv", "No such file"]),
        (empty, ["empty.csv", "empty"]),
        (folder_without_logs, ["sub", "no tracker's log in this folder"]),
        (unknown, ["x.csv", "no known tracker", "formats"]),
        (no_number, ["emissions.csv", "line 2", "'abc' is no number"]),
    ],
    ids=["missing", "empty", "folder", "unknown", "no number"],
)
def test_bad_input_is_one_line_with_place_and_advice(
    carbon: Carbon, tmp_path: Path, make: Callable[[Path], Path], said: list[str]
) -> None:
    line = complaint(carbon(make(tmp_path), "--latex", "out.tex"))
    for text in said:
        assert text in line
    assert not (tmp_path / "out.tex").exists()


def test_a_bad_cell_among_good_rows_is_skipped_and_counted_and_strict_stops(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, {}, {"run_id": "b", "emissions": "abc"})
    done = carbon(log, "--json")
    assert done.returncode == 0
    assert "emissions.csv:3: emissions: 'abc' is no number; row skipped" in done.stderr
    made = json.loads(done.stdout)
    assert made["inputs"][0] | {"path": "", "sha256": ""} == {
        "path": "", "tracker": "codecarbon", "sha256": "", "rows": 2, "runs": 1, "skipped": 1,
    }  # fmt: skip
    assert "emissions.csv:3: emissions: 'abc' is no number" in complaint(carbon(log, "--json", "--strict"))


def test_a_cut_last_line_is_skipped_and_told(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, {}, {"run_id": "b"})
    log.write_bytes(log.read_bytes()[:-60])
    done = carbon(log, "--json")
    assert done.returncode == 0
    assert "CR003" in done.stderr
    assert json.loads(done.stdout)["totals"]["it_energy_kwh"] == 0.4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--country", "Frnace"], "did you mean France"),
        (["--pue", "0.8"], "1 or more"),
        (["--intensity", "12 kg"], "--intensity"),
        (["--scc", "nobody"], "known series are"),
        (["--from", "nobody"], "known are boamps, carbontracker, "),
        (["--cloud", "gcp"], "PROVIDER:REGION"),
        (["--group-by", "colour"], "there are country, project, tracker"),
        (["-o", "x.docx"], "known are"),
        (["--notes", "none.md"], "--notes"),
        (["--config", "none.toml"], "none.toml"),
        (["--nonsense"], "--help"),
        (["--html", "no/such/folder/x.html"], "nothing was changed"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_wrong_option_is_one_line(carbon: Carbon, arguments: list[str], said: str) -> None:
    assert said in complaint(carbon(SWEEP, *arguments))


def test_no_log_at_all(carbon: Carbon) -> None:
    assert "name a tracker's log" in complaint(carbon())


def test_other_files_go_on_and_the_refused_one_is_told(carbon: Carbon, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    done = carbon(SWEEP, tmp_path / "notes.csv", tmp_path / "gone.csv", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["totals"]["runs"] == 12
    assert "notes.csv" in done.stderr
    assert "gone.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_several_outputs_in_one_call(carbon: Carbon, tmp_path: Path) -> None:
    named = ["--latex", "a.tex", "-o", "b.md", "-o", "c.json", "--statement", "-", "--bibtex", "d.bib"]
    done = carbon(SWEEP, *named, "--quiet")
    assert done.returncode == 0
    assert done.stdout.startswith("This work contributed")
    assert {path.name for path in tmp_path.iterdir()} == {"a.tex", "b.md", "c.json", "d.bib"}
    assert done.stderr == ""


def test_the_log_behind_an_output_option_is_the_log(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(tmp_path)
    before = log.read_bytes()
    done = carbon("--latex", log.name)
    assert done.returncode == 0
    assert r"\begin{table}" in done.stdout
    assert log.read_bytes() == before


def test_an_output_never_replaces_an_input_or_another_kind_of_file(carbon: Carbon, tmp_path: Path) -> None:
    log, other = emissions_csv(tmp_path), emissions_csv(tmp_path, name="other.csv")
    assert "would overwrite this input" in complaint(carbon(log, "--json", log))
    assert "does not overwrite it" in complaint(carbon(log, "--latex", other))
    assert log.read_text(encoding="utf-8") == other.read_text(encoding="utf-8")


def test_an_output_never_replaces_a_log_that_was_found_in_a_folder(carbon: Carbon, tmp_path: Path) -> None:
    tree = tmp_path / "runs"
    shutil.copytree(SAMPLES / "experiment-impact-tracker" / "runs", tree)
    log = tree / "run0" / "impacttracker" / "data.json"
    before = log.read_bytes()
    assert "would overwrite this input" in complaint(carbon("runs", "--json", log))
    assert log.read_bytes() == before


def test_a_later_output_that_fails_leaves_no_earlier_one(carbon: Carbon, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!-- carbon-report:start -->\n", encoding="utf-8")
    complaint(carbon(SWEEP, "--latex", "a.tex", "--readme", "README.md"))
    assert not (tmp_path / "a.tex").exists()
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "<!-- carbon-report:start -->\n"


def test_files_of_an_earlier_report_are_replaced_and_keep_their_mode(carbon: Carbon, tmp_path: Path) -> None:
    old = tmp_path / "a.tex"
    old.write_text("old", encoding="utf-8")
    old.chmod(0o640)
    assert carbon(SWEEP, "--latex", "a.tex").returncode == 0
    assert "carbon-report" in old.read_text(encoding="utf-8")
    assert old.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["a.tex"]


def test_fail_over(carbon: Carbon, tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, {"emissions": 2.0})
    assert carbon(log, "--fail-over", "3kg").returncode == 0
    assert carbon(log, "--fail-over", "1500 g").returncode == 2
    assert carbon(log, "--fail-over", "1").returncode == 2


def test_configuration_file_and_the_command_line_wins(carbon: Carbon, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.carbon-report]\ncountry = "SWE"\npue = 1.5\n', encoding="utf-8")
    made = json.loads(carbon(SWEEP, "--json").stdout)
    assert (made["runs"][0]["country"], made["runs"][0]["pue"]) == ("SWE", 1.5)
    (tmp_path / "carbon-report.toml").write_text('country = "FRA"\ntitle = "Ours"\n', encoding="utf-8")
    made = json.loads(carbon(SWEEP, "--json", "--pue", "1.1").stdout)
    assert (made["runs"][0]["country"], made["runs"][0]["pue"]) == ("FRA", 1.1)
    (tmp_path / "carbon-report.toml").write_text("colour = 1\n", encoding="utf-8")
    assert "'colour' is no option" in complaint(carbon(SWEEP))
    (tmp_path / "carbon-report.toml").write_text("pue = = 1\n", encoding="utf-8")
    assert "carbon-report.toml" in complaint(carbon(SWEEP))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("country = 5", "country '5' is not known"),
        ('strict = "no"', "carbon-report.toml: strict: write true or false"),
        ("scc = 190", "--scc 190: known series"),
        ('from = ["x"]', "carbon-report.toml: from: this must be text"),
        ("notes = 3", "3: --notes: cannot be read"),
        ("cloud = true", "carbon-report.toml: cloud: this must be text"),
        ("pue = nan", "--pue nan"),
    ],
)
def test_a_configuration_value_of_a_wrong_type_is_one_line(
    carbon: Carbon, tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "carbon-report.toml").write_text(line + "\n", encoding="utf-8")
    assert said in complaint(carbon(SWEEP, "--statement"))


def test_a_configuration_that_is_no_table_is_one_line(carbon: Carbon, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[[tool.carbon-report]]\ncountry = "FRA"\n', encoding="utf-8")
    assert "must be one table" in complaint(carbon(SWEEP, "--statement"))


def test_standard_input(carbon: Carbon) -> None:
    done = carbon("-", "--json", stdin=SWEEP.read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert json.loads(done.stdout)["totals"]["runs"] == 12


def test_a_folder_and_a_tree_of_several_trackers(carbon: Carbon) -> None:
    done = carbon(SAMPLES / "codecarbon" / "3.3.2-france", SAMPLES / "experiment-impact-tracker" / "runs", "--json")
    made = json.loads(done.stdout)
    assert done.returncode == 0
    assert {entry["tracker"] for entry in made["inputs"]} == {"codecarbon", "experiment-impact-tracker"}


def test_formats_lists_names_as_they_are_used(carbon: Carbon) -> None:
    listed = carbon("formats").stdout
    for name in ("codecarbon", "experiment-impact-tracker", "power-log", "model-card", "latex"):
        assert name in listed


def test_factors_shows_value_range_year_and_source(carbon: Carbon) -> None:
    done = carbon("factors", "FRA", "intensity")
    assert done.returncode == 0
    assert "41.44" in done.stdout
    assert "owidember2026" in done.stdout
    assert "no figure matches" in complaint(carbon("factors", "zzzz"))


def test_sample_writes_a_log_that_reads_back_and_passes_the_status_on(carbon: Carbon, tmp_path: Path) -> None:
    work = "import time, sys; end = time.time() + 0.6\nwhile time.time() < end: pass\nsys.exit(3)"
    done = carbon("sample", "-o", "own.csv", "--every", "0.1", "--", sys.executable, "-c", work)
    assert done.returncode == 3, done.stderr
    made = json.loads(carbon(tmp_path / "own.csv", "--country", "FRA", "--json").stdout)
    assert made["inputs"][0]["tracker"] == "power-log"
    assert made["totals"]["it_energy_kwh"] > 0
    assert made["totals"]["duration_s"] > 0.5
    assert "name the command" in complaint(carbon("sample"))


def test_doctor_tells_the_meters_of_this_machine(carbon: Carbon) -> None:
    done = carbon("doctor")
    assert done.returncode == 0
    assert any(line.startswith(("cpu", "machine")) for line in done.stdout.splitlines())
    assert "Traceback" not in done.stderr


def test_help_and_version(carbon: Carbon) -> None:
    done = carbon("--help")
    assert done.returncode == 0
    assert "--model-card" in done.stdout
    assert carbon("--version").stdout.startswith("carbon-report 0.")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "reporter", str(SWEEP), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # long before anything is written
        told = process.stderr.read().decode()
        status = process.wait(timeout=30)
    assert status == 0
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_interruption_ends_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reporter", "-", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True, cwd=tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(" " * 200_000)  # more than a pipe holds: it is being read when this returns
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in told


def test_an_interruption_before_anything_was_done_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    monkeypatch.setattr(collector, "of_the_program", contextlib.nullcontext)
    assert __main__.run() == 130


def test_a_file_is_replaced_whole_and_never_written_over(carbon: Carbon, tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text("old", encoding="utf-8")
    os.link(tmp_path / "a.tex", tmp_path / "reader-has-it-open")
    assert carbon(SWEEP, "--latex", "a.tex").returncode == 0
    assert (tmp_path / "reader-has-it-open").read_text(encoding="utf-8") == "old"
    assert "carbon-report" in (tmp_path / "a.tex").read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.tex").write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportError, match="No space left on device; nothing was changed"):
        renderers.save(str(tmp_path / "a.tex"), b"new")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("a.tex", "old")]
