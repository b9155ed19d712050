"""A page of the docs as a reader would follow it: its blocks run one after another in a folder made from samples/."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import yaml

from reporter import cli, options

from .conftest import SAMPLES, SWEEP, emissions_csv
from .docs_blocks import Block, Command, commands, missing
from .text_outputs import HENDERSON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

#: The names that pages speak of, and the samples that they are.
FILES = {
    "emissions.csv": SWEEP,
    "runs/emissions.csv": SWEEP,
    "logs/emissions.csv": SAMPLES / "codecarbon/3.3.2-france/emissions.csv",
    "old/emissions.csv": SAMPLES / "codecarbon/2.7.0-pue/emissions.csv",
    "new/emissions.csv": SAMPLES / "codecarbon/3.3.2-pue/emissions.csv",
    "main/emissions.csv": SAMPLES / "codecarbon/3.3.2-pue/emissions.csv",
    "branch/emissions.csv": SAMPLES / "codecarbon/2.7.0-pue/emissions.csv",
    "run.csv": SAMPLES / "power-log/cpu-load/run.csv",
    "runs.toml": SAMPLES / "hand-written/runs.toml",
    "notes.md": SAMPLES / "notes.md",
    "README.md": SAMPLES / "model-card/fine-tuned/README.md",
    "sample.wattlog.txt": SAMPLES / "plugin/sample.wattlog.txt",
    "carbon_report_wattlog.py": SAMPLES / "plugin/carbon_report_wattlog.py",
}
#: Files that pages name without showing them.
TEXTS = {
    "unknown.csv": "a,b\n1,2\n",
    "train.py": "print('trained')\n",
    "paper.tex": "Training took 24 kWh on 8 A100 in France in 2025, at 50 g/kWh (Ember 2026), by CodeCarbon.\n",
    "metrics.csv": "run,accuracy\nteacher-seed1,0.93\nteacher-seed2,0.94\n",
    "answers.toml": '[data]\nneed = "yes"\n',
}
SHOWN = {"text", "markdown", "jinja", "html"}  # nothing of them could be run
PROGRAMS = {"pdflatex": ("-interaction=nonstopmode", "-halt-on-error"), "bibtex": ()}


class Page:
    """The folder of one page, and what ran there so far."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str], program: Callable[[str], str]) -> None:
        self.folder, self._capfd, self._program = folder, capfd, program
        self._status, self._waiting = 0, ""
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self.ran = 0
        for name, source in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(source, folder / name)
        for name, text in TEXTS.items():
            (folder / name).write_text(text, encoding="utf-8")
        emissions_csv(folder, HENDERSON, name="henderson.csv")  # a statement that was published

    def run(self, block: Block, skipped: Callable[[Command], bool]) -> None:
        """Run, compile, or at least parse one block."""
        if block.language == "console":
            for command in commands(block):
                if not skipped(command):
                    self._command(command)
            return
        assert block.language in {*_CHECKS, *SHOWN}, f"{block.where}: no test knows what to do with '{block.language}'"
        if block.caption:
            (self.folder / block.caption).write_text(block.text, encoding="utf-8")
        if block.language in _CHECKS:
            self.ran += 1
            _CHECKS[block.language](self, block)

    def finish(self) -> None:
        """No command may have failed without the page saying so, and each document that it shows was compiled."""
        self._unclaimed("the end")
        for source in self.folder.glob("*.tex"):
            if "\\documentclass" in source.read_text(encoding="utf-8"):
                assert source.with_suffix(".pdf").is_file(), f"{source.name} is shown and not compiled"

    def _command(self, command: Command) -> None:
        self.ran += 1
        words, target = _redirected(shlex.split(command.text, comments=True))
        if words == ["echo", "$?"]:
            assert command.shown == (str(self._status),), f"{command.where}: the status is {self._status}"
            self._status, self._waiting = 0, ""
            return
        self._unclaimed(command.where)
        self._capfd.readouterr()
        self._status = self._started(words)
        out, errors = self._capfd.readouterr()
        if target:
            (self.folder / target).write_text(out, encoding="utf-8")
        lost = missing(command.shown, f"{out}\n{errors}") and missing(command.shown, f"{errors}\n{out}")
        assert lost is None, f"{command.where}: {command.text}: {lost}\n{errors}"
        self._waiting = f"{command.where}: {command.text} ended with {self._status}: {errors}"

    def _unclaimed(self, where: str) -> None:
        assert self._status == 0, f"{self._waiting}\n(before {where} the page must show: $ echo $?)"

    def _started(self, words: list[str]) -> int:
        name, *rest = words
        if name == "carbon-report":
            return cli.main([sys.executable if word == "python" else word for word in rest])
        if name == "python":
            return subprocess.run([sys.executable, *rest], cwd=self.folder, timeout=60, check=False).returncode
        if name == "cat":
            print((self.folder / rest[0]).read_text(encoding="utf-8"))
            return 0
        assert name in PROGRAMS, f"no test knows how to run '{name}'"
        command = [self._program(name), *PROGRAMS[name], *rest]
        return subprocess.run(command, cwd=self.folder, timeout=120, check=False, stdin=subprocess.DEVNULL).returncode

    def _python(self, block: Block) -> None:
        code = compile(block.text, block.where, "exec")
        if not block.caption:
            exec(code, self._names)  # noqa: S102 - our own pages
            self._capfd.readouterr()

    def _toml(self, block: Block) -> None:
        told = tomllib.loads(block.text)
        if block.caption == "pyproject.toml":
            told = told["tool"]["carbon-report"]
        elif block.caption not in {"", "carbon-report.toml"}:
            return
        options.make({}, told, block.where)

    def _latex(self, block: Block) -> None:
        whole = "\\documentclass" in block.text
        assert block.caption or not whole, f"{block.where}: name the document, and show how it is compiled"


def _redirected(words: list[str]) -> tuple[list[str], str]:
    if ">" not in words:
        return words, ""
    place = words.index(">")
    return words[:place], words[place + 1]


_CHECKS: dict[str, Callable[[Page, Block], Any]] = {
    "python": Page._python,
    "toml": Page._toml,
    "latex": Page._latex,
    "yaml": lambda _, block: yaml.safe_load(block.text),
    "json": lambda _, block: json.loads(block.text),
}
