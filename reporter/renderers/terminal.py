"""What is shown on the terminal when no output is asked for: the statement and a short table."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING

from reporter.renderers import tables
from reporter.renderers.base import Renderer, clean, without_citations, words
from reporter.renderers.sections import sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.report import Report

SHOWN_RUNS = 10


def render(report: Report) -> bytes:
    """The statement wrapped to the terminal, the summary, and the first runs or the groups, as text."""
    width, footprint = _width(), report.footprint
    rows = [(line.label, f"{line.value} ({line.range})" if line.range else line.value, line.note)
            for line in tables.figures(report)]  # fmt: skip
    parts = [textwrap.fill(without_citations(words(report, "statement")), width), _columns(rows, width)]
    if len(footprint.runs) > 1:
        listed = tables.groups(footprint) or tables.runs(footprint, SHOWN_RUNS)
        cells = [(line.name, line.duration, line.energy, line.emissions) for line in listed]
        title = "Group" if footprint.groups else "Run"
        parts.append(_columns([(title, "Duration", "Energy", "CO₂e"), *cells], width))
        hidden = 0 if footprint.groups else len(footprint.runs) - SHOWN_RUNS
        if hidden > 0:
            parts[-1] += f"\n... and {hidden:,} more runs; --json lists all"
    parts += [f"{section.title}\n{_columns([section.columns, *section.rows], width)}" for section in sections(report)]
    text = clean("\n\n".join(part for part in parts if part)) + "\n"
    encoding = sys.stdout.encoding or "utf-8"
    if encoding.lower().replace("-", "") != "utf8":
        text = text.replace("CO₂e", "CO2e").replace("–", "-").replace("µ", "u")
    return text.encode(encoding, "replace")


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> str:
    """Rows as columns two blanks apart; a line too long for the terminal loses the end of its last cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in lines)


def _width() -> int:
    try:
        return min(100, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 100


RENDERERS = (Renderer("terminal", "", (), render),)
