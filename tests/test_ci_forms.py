"""What CI reads: findings as GitHub's annotations, and Markdown cut to what a comment or a summary takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from reporter import github
from reporter.errors import Finding
from reporter.renderers.cut import cut
from reporter.report import Report

from .conftest import SWEEP, emissions_csv

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

COMMAND = re.compile(r"::(\w+) ([^:]*)::(.*)")


def runner(line: str) -> tuple[str, dict[str, str], str]:
    """A line as GitHub's runner takes it apart."""
    match = COMMAND.fullmatch(line)
    assert match, line
    back = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}

    def told(text: str) -> str:
        return re.sub("%0D|%0A|%3A|%2C|%25", lambda one: back[one[0]], text)

    properties = dict(part.split("=", 1) for part in match[2].split(","))
    return match[1], {name: told(value) for name, value in properties.items()}, told(match[3])


@pytest.mark.parametrize("level", ["error", "warning", "note"])
def test_no_text_ends_an_annotation_or_begins_another(level: str) -> None:
    message, path = "50% of a, b: c\n::error::forged\r%0A", "a,b:c=d%/run::x.csv"
    line = github.command(level, message, "CR001 x, y::z", f"{path}:12")
    assert "\n" not in line
    assert "\r" not in line
    name, properties, told = runner(line)
    assert name == {"error": "error", "warning": "warning", "note": "notice"}[level]
    assert properties == {"file": path, "line": "12", "title": "CR001 x, y::z"}
    assert told == message


def test_a_file_is_named_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "runs")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "work"))
    assert runner(github.command("note", "m", "t", "a.csv:3"))[1]["file"] == "runs/a.csv"
    assert runner(github.command("note", "m", "t", "../../else.csv"))[1] == {"file": "../../else.csv", "title": "t"}


def test_no_more_annotations_than_github_shows_and_the_rest_as_lines() -> None:
    findings = [Finding("CR002", "warning", f"row {n}", f"a.csv:{n}") for n in range(15)]
    findings += [Finding("CR001", "error", "file", "b.csv")]
    lines = list(github.lines(findings))
    assert len(lines) == len(findings)
    assert lines[0].startswith("::error ")
    assert sum(line.startswith("::warning ") for line in lines) == 10
    assert lines[-1] == "carbon-report: warning: a.csv:14: row 14 [CR002]"


def test_findings_and_errors_are_annotations_where_they_are_asked_for(carbon: Carbon, tmp_path: Path) -> None:
    emissions_csv(tmp_path, {}, {"run_id": "run-2", "energy_consumed": "lots"})
    plainly = carbon("emissions.csv", "--json")
    assert "::" not in plainly.stderr
    done = carbon("emissions.csv", "--json", "--format", "github")
    assert done.stdout == plainly.stdout  # what is written is not mixed with them
    assert done.returncode == plainly.returncode
    places = [runner(line)[1].get("file") for line in done.stderr.splitlines()]
    assert places
    assert "emissions.csv" in places
    assert runner(carbon("no.csv", "--format=github").stderr.strip())[1]["file"] == "no.csv"
    over = carbon(SWEEP, "--statement", "--quiet", "--fail-over=1mg", "--format", "github")
    assert over.returncode == 2
    assert runner(over.stderr.strip())[0] == "error"
    assert "write plain or github" in carbon(SWEEP, "--format", "html").stderr


def test_lint_annotates_the_lines_of_a_card(carbon: Carbon, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nco2_eq_emissions:\n  emissions: 0\n---\n\nWe used 5 kW of energy.\n")
    plainly = carbon("lint", "README.md")
    told = [tuple(line.split(": ", 2)) for line in plainly.stdout.splitlines() if line.startswith("README.md:")]
    assert [level for _, level, _ in told if level == "error"]
    done = carbon("lint", "--format", "github", "README.md")
    assert done.returncode == plainly.returncode == 1
    found = [runner(line) for line in done.stdout.splitlines() if line.startswith("::")]
    levels = {"error": "error", "warning": "warning", "notice": "note"}
    shown = {(f"{at['file']}:{at['line']}", levels[name], message) for name, at, message in found}
    assert shown == set(told)
    assert carbon("lint", "README.md", "--format").returncode == 1
    assert carbon("lint", "README.md", "--format", "junit").returncode == 1


@pytest.fixture
def report() -> Report:
    return Report(cast("Any", None))  # only its language matters here


def test_what_fits_stays_and_what_does_not_is_cut_between_rows(report: Report) -> None:
    rows = "".join(f"| run {n} | {n} ₂ |\n" for n in range(500))
    page = f"# Title\n\nWords.\n\n## Runs\n\n| Run | kWh |\n|:--|--:|\n{rows}\n## Sources\n\n- one\n".encode()
    assert cut(report, page, len(page)) == page
    for most in range(1000, 1060):  # wherever the limit falls, also inside a character
        made = cut(report, page, most)
        assert most - 60 < len(made) <= most
        *kept, empty, note = made.decode().splitlines()
        assert kept == page.decode().splitlines()[: len(kept)]
        assert (empty, note[:9]) == ("", "*Cut here")
        assert kept[-1].startswith("| run ")


def test_no_heading_and_no_head_of_a_table_is_left_without_a_row(report: Report) -> None:
    long = "word " * 300
    page = f"# Title\n\nWords.\n\n## Runs\n\n| Run | kWh |\n|:--|--:|\n| {long} | 1 |\n".encode()
    assert cut(report, page, 1000).decode().splitlines()[:3] == ["# Title", "", "Words."]
    assert "##" not in cut(report, page, 1000).decode()


def test_the_command_line_cuts_the_markdown(carbon: Carbon, tmp_path: Path) -> None:
    whole = carbon(SWEEP, "--markdown").stdout
    done = carbon(SWEEP, "--markdown", "--max-bytes", "3000", "--quiet")
    assert len(done.stdout.encode()) <= 3000
    assert whole.startswith(done.stdout.partition("\n*Cut here")[0])
    assert f"{len(whole.encode()):,} bytes" in done.stdout
    assert carbon(SWEEP, "--comment").stdout == whole
    for arguments, told in (("--max-bytes=9", "1000 or more"), ("--max-bytes=5000", "ask for it: --markdown")):
        refused = carbon(SWEEP, "--json", arguments)
        assert refused.returncode == 1
        assert told in refused.stderr
