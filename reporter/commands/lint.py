"""`carbon-report lint FILE...`: slips of units and missing facts in cards, READMEs and papers, without any log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reporter import github, output_options
from reporter.arguments import wrong_usage
from reporter.errors import FINDINGS, Finding, ReportError, plain

from .published import text
from .rules import metadata, missing, units
from .rules.stated import Stated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .published.text import Page

USAGE = "carbon-report lint FILE... [--quiet] [--format plain|github]"
MOST_OF_A_CODE = 20


def run(arguments: Sequence[str]) -> int:
    """Print what is wrong or missing in each file, by line; 1 where anything is an error or a file cannot be read.

    ``--quiet`` leaves warnings and notes out, ``--format github`` makes annotations of what is told. Nothing that the
    files name is opened or fetched.
    """
    files, quiet, annotated = _read(arguments)
    status, counts = 0, {"error": 0, "warning": 0, "note": 0}
    for file in files:
        try:
            page = text.read(file)
        except ReportError as error:
            print(github.of_error(error) if annotated else f"carbon-report: {error}", file=sys.stderr)
            status = 1
            continue
        found = findings(page)
        for level in counts:
            counts[level] += sum(finding.level == level for finding in found)
        told = [finding for finding in found if finding.level == "error" or not quiet]
        plainly = (f"{finding.where}: {finding.level}: {finding.message} [{finding.code}]" for finding in told)
        for line in github.lines(told) if annotated else plainly:
            print(line)
    if not quiet:
        print(_summary(counts, len(files)))
    return 1 if counts["error"] else status


def _read(arguments: Sequence[str]) -> tuple[list[str], bool, bool]:
    """The files, whether to be quiet, whether to make annotations. Raises ReportError for what is none of these."""
    files: list[str] = []
    quiet, waiting = False, False
    for argument in arguments:
        if waiting or argument.startswith("--format="):
            output_options.findings_format(argument.removeprefix("--format="))
            waiting = False
        elif argument == "--format":
            waiting = True
        elif argument == "--quiet":
            quiet = True
        elif argument.startswith("-") and argument != "-":
            wrong_usage(f"lint knows no option {plain(argument, 40)}: {USAGE}")
        else:
            files.append(argument)
    if not files or waiting:
        raise ReportError(f"name a card, README or paper: {USAGE}")
    return files, quiet, github.wanted(arguments)


def findings(page: Page) -> list[Finding]:
    """All that there is to say about a text, in the order of its lines."""
    stated = Stated(page)
    found = [*_unread(stated), *metadata.check(stated), *units.check(stated), *missing.check(stated)]
    return _first_of_each(sorted(dict.fromkeys(found), key=lambda finding: (_line(finding), finding.code)))


def _first_of_each(found: list[Finding]) -> list[Finding]:
    """The first findings of each code, and how many more there are: a flood hides the rest."""
    kept: list[Finding] = []
    counts: dict[str, int] = {}
    last: dict[str, Finding] = {}
    for finding in found:
        counts[finding.code] = counts.get(finding.code, 0) + 1
        last[finding.code] = finding
        if counts[finding.code] <= MOST_OF_A_CODE:
            kept.append(finding)
    for code, count in counts.items():
        if count > MOST_OF_A_CODE:
            more = f"the same holds for {count - MOST_OF_A_CODE:,} more places, the last one here ({FINDINGS[code]})"
            kept.append(last[code]._replace(message=more))
    return kept


def _line(finding: Finding) -> int:
    number = (finding.where or "").rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _unread(stated: Stated) -> Iterator[Finding]:
    """What was not looked at, so that silence about it is no praise."""
    lines = stated.page.unread
    if lines:
        also = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
        yield stated.finding(
            "CR221", "note", f"a line of more than {text.LONGEST_LINE:,} characters was not read{also}", lines[0]
        )


def _summary(counts: dict[str, int], files: int) -> str:
    told = [f"{number:,} {level}{'s' if number > 1 else ''}" for level, number in counts.items() if number]
    many = f"{files:,} {'file' if files == 1 else 'files'}"
    return f"{many}: {', '.join(told) or 'nothing found'}"
