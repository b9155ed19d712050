"""`carbon-report quotient ANSWERS.toml`: the green AI quotient on the screen; --blank prints a file to fill in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reporter import quotient
from reporter.errors import ReportError
from reporter.renderers.quotient import advice, scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.renderers.tables import Section

USAGE = "carbon-report quotient ANSWERS.toml, or carbon-report quotient --blank > answers.toml"


def run(arguments: Sequence[str]) -> int:
    """Print the scores and recommendations. Raises ReportError where the file is wrong."""
    if list(arguments) == ["--blank"]:
        sys.stdout.write(quotient.blank())
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise ReportError(f"name one file of answers: {USAGE}")
    made = quotient.assessed(arguments[0])
    if made.total is None:
        raise ReportError("no question is answered in this file", file=arguments[0])
    lines = [line for section in (scores(made), advice(made)) if section for line in _lines(section)]
    sys.stdout.write("\n".join(lines).strip() + "\n")
    return 0


def _lines(section: Section) -> Iterator[str]:
    rows = [section.columns, *section.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield from ("", section.title)
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
