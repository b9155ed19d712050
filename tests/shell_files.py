"""Completion for shells and the man page, made from the program's own table of options. ``--write`` makes them anew.

They ship ready-made (``share/`` in the wheel and the sdist), so that using them loads nothing and needs no library:
``python -m tests.shell_files --write`` after an option was added, and a test says so where that was forgotten.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

import shtab
from argparse_manpage.manpage import Manpage  # type: ignore[import-untyped]

from reporter import __version__, arguments, importers, sampler_commands, wording
from reporter.commands import diff, estimate
from reporter.destinations import available as destinations
from reporter.renderers.checklist import NAMES as CHECKLISTS

from .conftest import ROOT

FOLDER = ROOT / "share"
FILES = {
    "bash": "bash-completion/completions/carbon-report",
    "zsh": "zsh/site-functions/_carbon-report",
    "fish": "fish/vendor_completions.d/carbon-report.fish",
    "man": "man/man1/carbon-report.1",
}
#: Bash falls back to files by itself, and with a completion of their own it would offer no option after ``--latex``.
PATHS = {**shtab.FILE, "bash": ""}
WORDS = {
    "--language": list(wording.LANGUAGES),
    "--checklist": list(CHECKLISTS),
    "--from": list(importers.available()),
    "--to": list(destinations()),
}
#: Commands with options of their own; the others take files.
OWN = {"sample": sampler_commands._parser, "diff": diff._parser, "estimate": estimate._parser}
#: Commands that take the options of a report besides.
OF_A_REPORT = ("diff", "estimate", "explain", "verify")

EXIT_STATUS = (
    (0, "The report was made."),
    (1, "An input or an option is wrong, which one line on standard error tells; nothing was half written."),
    (2, "The emissions are above those of --fail-over; the report was made."),
    (130, "Interrupted."),
)
READ = (
    ("carbon-report.toml", 'in this folder: the long options, as option = "value".'),
    ("pyproject.toml", "where the former is not there: its table [tool.carbon-report]."),
)


def commands() -> dict[str, tuple[str, str]]:
    """What stands after each command's name, and what it does, as ``--help`` tells."""
    flat = re.sub(r"\n {20,}", "  ", arguments.EPILOG)
    lines = re.findall(r"^  carbon-report (\w+)(?: (.*?))?  +(.*)$", flat, re.MULTILINE)
    return {name: (usage.strip(), says.strip()) for name, usage, says in lines}


def parser(shell: str) -> argparse.ArgumentParser:
    """The program's parser with what a shell may offer for each value."""
    made = _with_values(arguments._parser())
    logs = made._get_positional_actions()[0]
    if shell == "zsh":  # its subcommands take the options of the main path away
        logs.complete = {"zsh": "_carbon_report_paths"}  # type: ignore[attr-defined]
        return made
    if shell != "man":
        made._actions.remove(logs)
        below = made.add_subparsers()
        for name, (_, says) in commands().items():
            below.add_parser(name, help=says, parents=_parents(name), conflict_handler="resolve", add_help=False)
    return made


def _parents(name: str) -> list[argparse.ArgumentParser]:
    parents = [arguments._parser()] if name in OF_A_REPORT else []
    return [_with_values(one) for one in [*parents, *([OWN[name]()] if name in OWN else [])]]


def _with_values(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    for action in made._actions:
        metavar = str(action.metavar or "")
        fixed = [word for word in metavar.split("|") if word.islower()] if "|" in metavar else []
        words = fixed or WORDS.get(action.option_strings[0] if action.option_strings else "", [])
        if words and not action.choices:
            action.choices = words
        elif metavar.startswith("DIR"):
            _complete(action, shtab.DIRECTORY)
        elif metavar.startswith("FILE"):
            _complete(action, PATHS)
    return made


def _complete(action: argparse.Action, how: Any) -> None:
    action.complete = how  # type: ignore[attr-defined]


def _completion(shell: str) -> str:
    names = " ".join(commands())
    first = f"_carbon_report_paths() {{\n  (( CURRENT == 2 )) && compadd {names}\n  _files\n}}"
    preamble = first if shell == "zsh" else ""
    told = str(shtab.complete(parser(shell), shell=shell, preamble=preamble))
    return "\n".join(line.rstrip() for line in told.splitlines()) + "\n"


def _man() -> str:
    made = parser("man")
    made.epilog = None
    page = Manpage(made)
    page.date, page.manual, page.source = "", "carbon-report", f"carbon-report {__version__}"
    page.description = "energy and carbon of tracked runs, as people publish them"
    told = commands()
    for heading, entries in (
        ("commands", [(f"carbon-report {name} {usage}".strip(), says) for name, (usage, says) in told.items()]),
        ("exit status", [(str(status), says) for status, says in EXIT_STATUS]),
        ("files", list(READ)),
    ):
        page.add_section(heading, "=", "\n".join(f".TP\n.B {_roff(name)}\n{_roff(says)}" for name, says in entries))
    return str(page)


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in {".", "'"} else escaped


def made() -> dict[str, str]:
    """The content of each file by its path below ``share/``."""
    return {path: _man() if name == "man" else _completion(name) for name, path in FILES.items()}


def main() -> None:
    changed = 0
    for path, text in made().items():
        file = FOLDER / path
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        changed += 1
        print(file.relative_to(ROOT))
        if "--write" in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    print(f"{changed} of {len(FILES)} differ")


if __name__ == "__main__":
    main()
