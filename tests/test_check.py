"""--check: nothing is written, one line names each file that is out of date; the hooks for pre-commit call it so."""

from __future__ import annotations

import shlex
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from reporter import renderers
from reporter.cli import main

from .conftest import ROOT, emissions_csv

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
#: What an output asks for besides a log.
NEEDED: dict[str, tuple[str, ...]] = {
    "boamps": tuple(word for told in ("stage=training", "task=t", "algorithm=transformer", "data=text",
                                      "infrastructure=onPremise") for word in ("--answer", told)),
    "spdx": ("--answer", "stage=training"),
}  # fmt: skip
TEXTS = [name for name, made in renderers.available().items() if made.says and not made.document]


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", TEXTS)
def test_every_output_with_a_file_is_checked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = f"out{renderers.available()[name].endings[0]}"
    call = [str(emissions_csv(tmp_path)), f"--{name}", file, "--quiet", *NEEDED.get(name, ())]
    assert main(call) == 0
    capsys.readouterr()
    before = files(tmp_path)
    assert main([*call, "--check"]) == 0
    assert capsys.readouterr() == ("", "")
    assert files(tmp_path) == before
    (tmp_path / file).write_bytes(b"another\n")
    before = files(tmp_path)
    assert main([*call, "--check"]) == 1
    assert capsys.readouterr() == ("", f"carbon-report: {file}: is out of date; run the same without --check\n")
    assert files(tmp_path) == before


def test_other_figures_are_out_of_date(tmp_path: Path, carbon: Carbon) -> None:
    log = emissions_csv(tmp_path)
    assert carbon(log, "--readme", "README.md", "--quiet").returncode == 0
    emissions_csv(tmp_path, {"emissions": 0.5})
    assert carbon(log, "--readme", "README.md", "--quiet", "--check").returncode == 1


def test_a_file_that_is_not_there_is_out_of_date_and_stays_away(tmp_path: Path, carbon: Carbon) -> None:
    log = emissions_csv(tmp_path)
    done = carbon(log, "--json", "a.json", "--readme", "README.md", "--check")
    assert done.returncode == 1
    assert [line.partition(";")[0] for line in done.stderr.splitlines()] == [
        "carbon-report: a.json: does not exist", "carbon-report: README.md: does not exist",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["emissions.csv"]


def test_something_must_be_there_to_check(tmp_path: Path, carbon: Carbon) -> None:
    for outputs in ((), ("--json",), ("--readme", "-")):
        done = carbon(emissions_csv(tmp_path), "--check", *outputs)
        assert done.returncode == 1
        assert done.stderr.startswith("carbon-report: --check: name a file")
        assert done.stdout == ""


def test_one_file_may_be_readme_and_card(tmp_path: Path, carbon: Carbon) -> None:
    pytest.importorskip("huggingface_hub")
    log, both = emissions_csv(tmp_path), ("--readme", "README.md", "--model-card", "README.md", "--quiet")
    (tmp_path / "README.md").write_bytes(b"---\r\nlicense: mit\r\n---\r\n# Mine\r\n")
    assert carbon(log, *both).returncode == 0
    text = (tmp_path / "README.md").read_bytes()
    assert text.count(b"carbon-report:start") == text.count(b"carbon-report:card:start") == 1
    assert carbon(log, *both, "--check").returncode == 0
    assert carbon(log, *both).returncode == 0
    assert (tmp_path / "README.md").read_bytes() == text


def test_two_outputs_do_not_replace_each_other(tmp_path: Path, carbon: Carbon) -> None:
    done = carbon(emissions_csv(tmp_path), "--markdown", "a.md", "-o", "./a.md")
    assert done.returncode == 1
    assert "two outputs go to this file" in done.stderr
    assert not (tmp_path / "a.md").exists()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_fails_until_the_block_is_as_the_log_says(
    hook: dict[str, object], tmp_path: Path, carbon: Carbon
) -> None:
    if "card" in str(hook["id"]):
        pytest.importorskip("huggingface_hub")
    program, *entry = shlex.split(str(hook["entry"]))
    assert program == "carbon-report"
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False  # args name the logs; pre-commit would append the changed files
    log, readme = emissions_csv(tmp_path), tmp_path / "README.md"
    readme.write_text("# Mine\n", encoding="utf-8")
    failed = carbon(*entry, log.name)  # as pre-commit calls it: the entry, then the args
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)
    assert readme.read_text(encoding="utf-8") == "# Mine\n"
    assert carbon(*(word for word in entry if word != "--check"), log.name).returncode == 0
    assert carbon(*entry, log.name).returncode == 0
    readme.write_text(readme.read_text(encoding="utf-8").replace("16.5", "1.65"), encoding="utf-8")
    assert carbon(*entry, log.name).returncode == 1


def test_the_hooks_are_those_that_pre_commit_reads() -> None:
    assert [hook["id"] for hook in HOOKS] == ["carbon-report-readme", "carbon-report-model-card"]
    for hook in HOOKS:
        assert set(hook) <= {
            "id",
            "name",
            "description",
            "entry",
            "language",
            "additional_dependencies",
            "pass_filenames",
        }
    if find_spec("pre_commit"):  # whose own check comes on top where it is installed
        told = import_module("pre_commit.clientlib").load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
        assert len(told) == 2
