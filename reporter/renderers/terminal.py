"""What is shown on the terminal when no output is asked for: the statement and a short table."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING

from reporter.renderers import display, screen, tables
from reporter.renderers.base import Renderer, clean, without_citations, words
from reporter.renderers.locales import current, phrase, spoken
from reporter.renderers.locales import width as columns_of
from reporter.renderers.sections import sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.report import Report

SHOWN_RUNS = 10
NAME = 60  # columns of a name, of which many a character takes two


@spoken
def render(report: Report) -> bytes:
    """The statement wrapped to the terminal, the summary, and the first runs or the groups, as text."""
    width, footprint = _width(), report.footprint
    encoding = sys.stdout.encoding or "utf-8"
    if sys.stdout.isatty() and encoding.lower().replace("-", "") == "utf8":
        return screen.page(report, _columns_there(), SHOWN_RUNS).encode(encoding, "replace")
    rows = [(line.label, f"{line.value} ({line.range})" if line.range else line.value, line.note)
            for line in tables.figures(report)]  # fmt: skip
    parts = [_wrapped(without_citations(words(report, "statement")), width), _columns(rows, width)]
    if len(footprint.runs) > 1:
        listed = tables.groups(footprint) or tables.runs(footprint, SHOWN_RUNS)
        cells = [(_cut(line.name, NAME), line.duration, line.energy, line.emissions) for line in listed]
        title = phrase("Group") if footprint.groups else phrase("Run")
        parts.append(_columns([(title, phrase("Duration"), phrase("Energy"), phrase("CO₂e")), *cells], width))
        hidden = 0 if footprint.groups else len(footprint.runs) - SHOWN_RUNS
        if hidden > 0:
            parts[-1] += "\n" + phrase("... and {number} more runs; --json lists all", number=display.whole(hidden))
    parts += [f"{section.title}\n{_columns([section.columns, *section.rows], width)}" for section in sections(report)]
    text = clean("\n\n".join(part for part in parts if part)) + "\n"
    if encoding.lower().replace("-", "") != "utf8":
        text = text.replace("CO₂e", "CO2e").replace("–", "-").replace("µ", "u")
    return text.encode(encoding, "replace")


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> str:
    """Rows as columns two blanks apart; a line too long for the terminal loses the end of its last cell."""
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (size - columns_of(cell)) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(_cut(line, width) for line in lines)


def _cut(line: str, width: int) -> str:
    """A line no wider than the terminal; what does not fit is marked by an ellipsis."""
    if columns_of(line) <= width:
        return line
    kept = line[: width - 1]
    while columns_of(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"


def _wrapped(text: str, width: int) -> str:
    """A paragraph as lines; Chinese may break between any two characters, of which each takes two columns."""
    wide = current().code == "zh"
    return textwrap.fill(text, width // 2 if wide else width)


def _width() -> int:
    return min(100, _columns_there())


def _columns_there() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


RENDERERS = (Renderer("terminal", "", (), render),)
