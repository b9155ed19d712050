"""Findings as GitHub shows them beside the lines of a change: workflow commands, each on a line of its own."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from reporter.errors import FINDINGS, Finding, ReportError
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: GitHub shows no more than these of one level for one step; the others are told as plain lines.
MOST_OF_A_LEVEL = 10
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_ORDER = ("error", "warning", "note")
_PLACE = pattern(r"(.+?):(\d+)")
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def wanted(arguments: Sequence[str]) -> bool:
    """Whether a command line, however wrong, asks for annotations: its errors are told as such too."""
    return "--format=github" in arguments or ("--format", "github") in pairwise(arguments)


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Findings as annotations, errors first; what GitHub would leave out as plain lines."""
    told = dict.fromkeys(_ORDER, 0)
    for finding in sorted(findings, key=lambda one: _ORDER.index(one.level)):
        told[finding.level] += 1
        place = f"{finding.where}: " if finding.where else ""
        if told[finding.level] > MOST_OF_A_LEVEL:
            yield f"carbon-report: {finding.level}: {place}{finding.message} [{finding.code}]"
        else:
            title = f"{finding.code} {FINDINGS.get(finding.code, '')}".strip()
            yield command(finding.level, f"{finding.message} [{finding.code}]", title, finding.where)


def of_error(error: ReportError) -> str:
    """An error that stops everything as an annotation."""
    where = f"{error.where}" if error.where else None
    return command("error", error.message if where else str(error), "carbon-report", where)


def command(level: str, message: str, title: str, where: str | None = None) -> str:
    """One workflow command, its parts escaped as GitHub's runner takes them apart; no text can end it or begin another.

    ``where`` is ``path`` or ``path:line``; GitHub knows a file by its path from the repository's root.
    """
    properties = {"title": title}
    if where:
        found = _PLACE.fullmatch(where)
        place = {"file": _from_root(found[1]), "line": found[2]} if found else {"file": _from_root(where)}
        properties = place | properties
    told = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[level]} {told}::{_escaped(message, _DATA)}"


def _from_root(path: str) -> str:
    root, whole = os.environ.get("GITHUB_WORKSPACE", ""), os.path.realpath(path)
    inside = root and whole.startswith(os.path.realpath(root) + os.sep)
    return os.path.relpath(whole, os.path.realpath(root)).replace(os.sep, "/") if inside else path


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(char, char) for char in text)
