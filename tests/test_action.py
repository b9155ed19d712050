"""action.yml: its steps, run as GitHub's runner does, with the real `gh` against a stand-in of GitHub's API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from .conftest import IN_CI, ROOT, SWEEP, emissions_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
BOT = "github-actions[bot]"
PER_PAGE = 2


class GitHub:
    """The comments of pull request 7 of one repository, in pages of two; ``refuses`` is what a fork's token meets."""

    def __init__(self) -> None:
        mark = "<!-- carbon-report: footprint -->"
        told = (("ann", "a review"), ("ann", mark), (BOT, f"coverage {mark}"))
        self.comments = [self.comment(number, author, body) for number, (author, body) in enumerate(told, 1)]
        self.refuses = False
        self.tokens: set[str | None] = set()

    @staticmethod
    def comment(number: int, author: str, body: str) -> dict[str, Any]:
        return {"id": number, "user": {"login": author}, "body": body}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        if self.refuses and method != "GET":
            return 403, {}, {"message": "Resource not accessible by integration"}
        listing = re.fullmatch(r"/repos/me/work/issues/7/comments(?:\?per_page=100)?(?:[?&]page=(\d+))?", path)
        if listing and method == "GET":
            page = int(listing[1] or 1)
            more = len(self.comments) > page * PER_PAGE
            link = f'<https://api.github.com/repos/me/work/issues/7/comments?per_page=100&page={page + 1}>; rel="next"'
            return 200, {"Link": link} if more else {}, self.comments[(page - 1) * PER_PAGE : page * PER_PAGE]
        if listing and method == "POST":
            self.comments.append(self.comment(len(self.comments) + 1, BOT, json.loads(body)["body"]))
            return 201, {}, self.comments[-1]
        edited = re.fullmatch(r"/repos/me/work/issues/comments/(\d+)", path)
        if edited and method == "PATCH":
            self.comments[int(edited[1]) - 1]["body"] = json.loads(body)["body"]
            return 200, {}, {}
        return 404, {}, {"message": "Not Found"}


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def github(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[GitHub, Path]]:
    """The stand-in, and a folder of settings that make `gh` speak with it through a socket."""
    told, folder = GitHub(), tmp_path_factory.mktemp("gh")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            told.tokens.add(self.headers.get("Authorization"))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = told.answer(self.command, self.path, body)
            made = json.dumps(content).encode()
            self.send_response(status)
            told_headers = {"Content-Type": "application/json", "Content-Length": str(len(made)), **headers}
            for name, value in told_headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made)

        do_GET = do_POST = do_PATCH = reply  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(str(folder / "socket"), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    (folder / "config.yml").write_text(f"http_unix_socket: {folder / 'socket'}\n")
    yield told, folder
    server.shutdown()
    server.server_close()


class Job:
    """A job that uses the action: its steps in order, with the runner's files, until one fails."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder, self.settings = folder, settings
        self.temporary, self.workspace = folder / "temp", folder / "workspace"
        self.temporary.mkdir(exist_ok=True)
        self.workspace.mkdir(exist_ok=True)
        self.summary, self.outputs, self.log = "", dict[str, str](), ""

    def pretend_installed(self) -> None:
        """What the first step would install: here the checkout, run by this Python."""
        programs = self.temporary / "carbon-report" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for name, command in (("python", ""), ("carbon-report", "-m reporter ")):
            (programs / name).write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {command}"$@"\n')
            (programs / name).chmod(0o755)

    def run(self, names: tuple[str, ...] = (), **inputs: str) -> int:
        """The exit status of the first step that fails, else 0."""
        self.outputs, self.log = {}, ""
        given = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()}
        context = {f"inputs.{name}": value for name, value in given.items()}
        context |= {"github.token": "ghs_stand_in", "github.event.pull_request.number": "7"}
        context["inputs.token"] = context["github.token"]
        context |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        for step in STEPS:
            if names and step["name"] not in names:
                continue
            context |= {f"steps.report.outputs.{name}": value for name, value in self.outputs.items()}
            if "if" in step and not _holds(step["if"], context):
                continue
            status = self._step(step, context)
            if status:
                return status
        return 0

    def _step(self, step: dict[str, Any], context: dict[str, str]) -> int:
        script, output, summary = (self.folder / name for name in ("script.sh", "output", "summary"))
        script.write_text(step["run"])
        output.write_text("")
        summary.write_text("")
        settings = {
            **os.environ, **self.settings, "RUNNER_TEMP": str(self.temporary), "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_REPOSITORY": "me/work",
        }  # fmt: skip
        settings |= {name: _put_in(text, context) for name, text in step.get("env", {}).items()}
        place = self.workspace / _put_in(step.get("working-directory", "."), context)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)], cwd=place, env=settings, text=True,
            capture_output=True, check=False, timeout=600,
        )  # fmt: skip
        self.log += done.stdout + done.stderr
        self.summary = summary.read_text() or self.summary
        self.outputs |= dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done.returncode


def _put_in(text: str, context: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return next((context[name] for name in match[1].split(" || ") if context.get(name)), "")

    return re.sub(r"\$\{\{ (.+?) \}\}", value, text)


def _holds(condition: str, context: dict[str, str]) -> bool:
    match = re.fullmatch(r"([\w.-]+) (==|!=) '(.*)'", condition)
    assert match, condition
    return (context.get(match[1], "") == match[3]) == (match[2] == "==")


@pytest.fixture
def job(tmp_path: Path, github: tuple[GitHub, Path]) -> Job:
    made = Job(tmp_path, {"GH_CONFIG_DIR": str(github[1]), "GH_HOST": "", "GITHUB_TOKEN": ""})
    made.pretend_installed()
    (made.workspace / "emissions.csv").write_bytes(SWEEP.read_bytes())
    return made


def test_the_summary_is_the_report_and_the_outputs_its_figures(job: Job, carbon: Callable[..., Any]) -> None:
    assert job.run(logs="emissions.csv", badge="badge.svg", html="report.html") == 0, job.log
    assert job.summary == carbon(SWEEP, "--markdown").stdout
    totals = json.loads(Path(job.outputs["json"]).read_text())["totals"]
    assert float(job.outputs["emissions-kg"]) == totals["emissions_kg"]
    assert float(job.outputs["energy-kwh"]) == totals["energy_kwh"]
    assert (job.workspace / "badge.svg").read_text().startswith("<svg")
    assert b"</html>" in (job.workspace / "report.html").read_bytes()


def test_paths_and_options_with_blanks_arrive_whole_and_nothing_is_run(job: Job) -> None:
    (job.workspace / "my runs").mkdir()
    (job.workspace / "emissions.csv").rename(job.workspace / "my runs" / "a $(touch stolen) `b`.csv")
    title = "--title=Two words; $(touch stolen) `touch stolen` \" '"
    assert job.run(logs="\n  my runs/a*.csv  \n\n", arguments=f"--country=FRA\n{title}") == 0, job.log
    assert job.summary.startswith("# Two words; &#36;(touch stolen) ")
    assert not list(job.folder.rglob("stolen"))


def test_the_comment_is_written_once_and_then_edited_in_place(
    job: Job, github: tuple[GitHub, Path], program: Callable[[str], str]
) -> None:
    program("gh")
    told, _ = github
    before = [comment["body"] for comment in told.comments]
    assert job.run(logs="emissions.csv", comment="true") == 0, job.log
    assert job.run(logs="emissions.csv", comment="true", arguments="--country=FRA") == 0, job.log
    assert job.run(logs="emissions.csv", comment="true", comment_name="other") == 0, job.log
    *others, ours, other = [comment["body"] for comment in told.comments]
    assert others == before  # those of other accounts, and of other programs, stay as they are
    assert ours.startswith("<!-- carbon-report: footprint -->\n\n# Carbon impact report\n")
    assert "France" in ours
    assert other.startswith("<!-- carbon-report: other -->\n\n# Carbon impact report\n")
    assert told.tokens == {"token ghs_stand_in"}


def test_without_the_right_to_comment_or_a_pull_request_the_job_goes_on(
    job: Job, github: tuple[GitHub, Path], program: Callable[[str], str]
) -> None:
    program("gh")
    github[0].refuses = True
    assert job.run(logs="emissions.csv", comment="true") == 0
    assert "::warning title=carbon-report::the comment was not written" in job.log
    assert job.run(("Comment",), comment="true", pull_request="7; true") == 1


def test_the_gate_fails_after_summary_and_comment(
    job: Job, github: tuple[GitHub, Path], program: Callable[[str], str]
) -> None:
    program("gh")
    assert job.run(logs="emissions.csv", comment="true", fail_over="1 mg") == 2
    assert job.summary.startswith("# Carbon impact report")
    assert len(github[0].comments) == 4
    assert "::error title=carbon-report::" in job.log
    assert job.run(logs="emissions.csv", fail_over="10kg") == 0


def test_what_is_wrong_with_a_log_becomes_an_annotation_of_its_line(job: Job) -> None:
    assert job.run(logs="nothing.csv") == 1
    assert "::error file=nothing.csv,title=carbon-report::" in job.log
    emissions_csv(job.workspace, {}, {"run_id": "run-2", "energy_consumed": "lots"})
    job.run(logs="emissions.csv")
    assert re.search(r"^::(error|warning) file=emissions\.csv,line=3,title=CR\d{3} ", job.log, re.MULTILINE), job.log


def test_the_first_step_installs_a_report_that_runs(tmp_path: Path) -> None:
    if not (IN_CI or os.environ.get("CARBON_REPORT_TRACKERS")):
        pytest.skip("set CARBON_REPORT_TRACKERS=1 to install the action in an environment of its own")
    job = Job(tmp_path, {"PYTHON": sys.executable, "PIP_NO_COMPILE": "1"})
    (job.workspace / "emissions.csv").write_bytes(SWEEP.read_bytes())
    assert job.run(logs="emissions.csv", html="report.html") == 0, job.log
    assert job.summary.startswith("# Carbon impact report")


def test_no_script_holds_what_somebody_else_wrote() -> None:
    """An expression inside a script is put there before the shell reads it, so that its text would be run."""
    assert [step["name"] for step in STEPS if "${{" in step["run"]] == []


def test_action_and_examples_are_what_github_and_gitlab_take(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    named = {re.match(r"# (\S+)\n", text)[1]: text for text in examples}  # type: ignore[index]
    checked = {"vendor.github-actions": [ROOT / "action.yml"], "vendor.github-workflows": [], "vendor.gitlab-ci": []}
    for name, text in named.items():
        path = tmp_path / name.replace("/", "-").lstrip(".")
        path.write_text(text, encoding="utf-8")
        checked["vendor.gitlab-ci" if "gitlab" in name else "vendor.github-workflows"].append(path)
    for schema, paths in checked.items():
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    given = yaml.safe_load(named[".github/workflows/footprint.yml"])["jobs"]["train"]["steps"][2]["with"]
    assert set(given) <= set(ACTION["inputs"])


def test_the_page_on_ci_names_every_input() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert set(ACTION["inputs"]) <= named
    assert [name for name in ACTION["outputs"] if f"`{name}`" not in text] == []
