"""Completion and the man page: as the options are now, and as bash, zsh, fish and man take them."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from reporter import cli, renderers

from . import shell_files
from .conftest import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASH = shell_files.FOLDER / shell_files.FILES["bash"]
MAN = shell_files.FOLDER / shell_files.FILES["man"]
#: A line as it is typed, up to the cursor, and words that must be among those offered, then some that must not.
TYPED: list[tuple[list[str], set[str], set[str]]] = [
    (["--la"], {"--latex", "--latex-table", "--language", "--label"}, {"--html"}),
    (["runs/", "--la"], {"--latex", "--latex-table", "--language", "--label"}, {"--html"}),
    (["runs/", "--latex", "--mark"], {"--markdown", "--market-intensity"}, set()),
    (["runs/", "--latex", "a.tex", "--bib"], {"--bibtex"}, set()),
    (["sam"], {"sample"}, set()),
    (["sample", "--re"], {"--resume"}, {"--region", "--readme"}),
    (["sample", "--count", "j"], {"job"}, {"machine"}),
    (["explain", "emissions", "runs/", "--cou"], {"--country"}, {"--count"}),
    (["estimate", "--h"], {"--hardware", "--hours", "--html"}, set()),
    (["runs/", "--cite", ""], {"natbib", "biblatex", "plain"}, set()),
    (["runs/", "--language", ""], {"en", "de", "fr", "es", "nb", "zh"}, set()),
    (["runs/", "--checklist", "n"], {"neurips"}, {"arr"}),
    (["runs/", "--from", "code"], {"codecarbon", "codecarbon-exports"}, {"zeus"}),
    (["runs/", "--overlap", "o"], {"once"}, {"sum"}),
]


def offered(typed: list[str], folder: Path) -> set[str]:
    """What bash offers at the end of a line, by the function that it has for the program."""
    script = (
        f"source {BASH}; declare -f compopt >/dev/null || compopt() {{ :; }}\n"
        'name=$(complete -p carbon-report | sed "s/.* -F \\([^ ]*\\).*/\\1/")\n'
        'COMP_WORDS=(carbon-report "$@"); COMP_CWORD=$#; COMPREPLY=(); "$name"; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *typed], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_they_are_what_the_options_give() -> None:
    """Where this fails: python -m tests.shell_files --write."""
    made = shell_files.made()
    old = [path for path, text in made.items() if (shell_files.FOLDER / path).read_text(encoding="utf-8") != text]
    assert old == []
    there = [path for path in shell_files.FOLDER.rglob("*") if path.is_file()]
    assert {path.relative_to(shell_files.FOLDER).as_posix() for path in there} == set(made)


def test_every_command_is_told_in_the_help_and_so_here() -> None:
    assert set(shell_files.commands()) == set(cli.COMMANDS)
    assert all(says for _, says in shell_files.commands().values())


@pytest.mark.parametrize(("typed", "wanted", "unwanted"), TYPED, ids=lambda part: " ".join(sorted(part)) or "-")
def test_bash_offers(typed: list[str], wanted: set[str], unwanted: set[str], tmp_path: Path) -> None:
    found = offered(typed, tmp_path)
    assert wanted - found == set()
    assert unwanted & found == set()


def test_bash_offers_every_output_and_folders(tmp_path: Path) -> None:
    found = offered(["runs/", "--"], tmp_path)
    assert {f"--{name}" for name, renderer in renderers.available().items() if renderer.says} - found == set()
    (tmp_path / "site").mkdir()
    (tmp_path / "site.txt").touch()
    assert offered(["runs/", "--site", "si"], tmp_path) == {"site"}
    done = subprocess.run(["bash", "--norc", "-c", f"source {BASH}; complete -p carbon-report"], capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert "-o bashdefault" in done.stdout  # which offers files wherever nothing else is told


def test_zsh_offers(program: Callable[[str], str], tmp_path: Path) -> None:
    """In a real zsh behind a pseudo-terminal, since its completion works at a prompt alone."""
    zsh = program("zsh")
    function = (shell_files.FOLDER / shell_files.FILES["zsh"]).parent
    (tmp_path / "emissions.csv").touch()
    script = f"""
zmodload zsh/zpty
zpty shell {zsh} -f -i
ask() {{ zpty -w shell "$1"; sleep 0.3 }}
ask 'PS1=; fpath=({function} $fpath); autoload -Uz compinit; compinit -u -D; zstyle ":completion:*" list-prompt ""'
ask 'LISTMAX=1000; COLUMNS=200; cd {tmp_path}; stty -echo'
zpty -n -w shell $'carbon-report emissions.csv --ma\\t\\t'; sleep 1
zpty -n -w shell $'\\025carbon-report doc\\t'; sleep 1
zpty -n -w shell $'\\025carbon-report x --language \\t\\t'; sleep 1
while zpty -r -t shell line; do print -r -- "$line"; done
"""
    environment = {**os.environ, "TERM": "dumb", "HOME": str(tmp_path)}
    done = subprocess.run([zsh, "-f", "-c", script], capture_output=True, text=True, check=True, timeout=60,
                          env=environment)  # fmt: skip
    for wanted in ("--macros", "--markdown", "--max-bytes", "carbon-report doctor", "nb", "zh"):
        assert wanted in done.stdout, done.stdout


def test_fish_offers(program: Callable[[str], str], tmp_path: Path) -> None:
    file = shell_files.FOLDER / shell_files.FILES["fish"]
    for typed, wanted in (("runs/ --la", "--latex"), ("sam", "sample"), ("sample --re", "--resume"),
                          ("runs/ --cite b", "biblatex"), ("runs/ --language d", "de")):  # fmt: skip
        script = f"source {file}; complete --do-complete 'carbon-report {typed}'"
        done = subprocess.run([program("fish"), "--no-config", "-c", script], capture_output=True, text=True,
                              check=True, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})  # fmt: skip
        assert wanted in {line.split("\t")[0] for line in done.stdout.splitlines()}, (typed, done)


def test_the_manual_is_clean(program: Callable[[str], str]) -> None:
    done = subprocess.run([program("mandoc"), "-T", "lint", "-W", "warning", str(MAN)], capture_output=True, text=True,
                          check=False)  # fmt: skip
    doubts = (done.stdout + done.stderr).splitlines()
    assert [line for line in doubts if "missing date" not in line] == []  # which would change with every build


def test_the_manual_tells_every_option_command_and_status(program: Callable[[str], str]) -> None:
    done = subprocess.run([program("mandoc"), "-T", "utf8", "-O", "width=100", str(MAN)], capture_output=True,
                          text=True, check=True)  # fmt: skip
    page = re.sub(r".\x08", "", done.stdout)
    helped = shell_files.parser("man")
    options = {word for action in helped._actions for word in action.option_strings} - {"-h", "--help"}
    assert [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", page)] == []
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "FILES"):
        assert re.search(rf"^{section}$", page, re.MULTILINE), section
    assert [name for name in cli.COMMANDS if f"carbon-report {name}" not in page] == []
    assert SAMPLES.name not in page
