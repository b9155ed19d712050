"""What is shown on the terminal when no output is asked for: the statement and a short table."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING

from reporter.renderers import tables
from reporter.renderers.base import Renderer, without_citations, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.report import Report

SHOWN_RUNS = 10


def render(report: Report) -> bytes:
    """The statement wrapped to the terminal, the summary, and the first runs or the groups, as text."""
    width = _width()
    rows = [(line.label, line.value, line.range and f"({line.range})", line.note) for line in tables.figures(report)]
    listed = [
        (line.name, line.duration, line.energy, line.emissions)
        for line in tables.groups(report.footprint) or tables.runs(report.footprint, SHOWN_RUNS)
    ]
    parts = [textwrap.fill(without_citations(words(report, "statement")), width), _columns(rows, width)]
    if len(report.footprint.runs) > 1:
        parts.append(_columns([("Group" if report.footprint.groups else "Run", "Duration", "Energy", "CO₂e"), *listed], width))
        hidden = 0 if report.footprint.groups else len(report.footprint.runs) - SHOWN_RUNS
        if hidden > 0:
            parts[-1] += f"\n... and {hidden:,} more runs; --json lists all"
    text = "\n\n".join(part for part in parts if part) + "\n"
    encoding = sys.stdout.encoding or "utf-8"
    if encoding.lower().replace("-", "") != "utf8":
        text = text.replace("CO₂e", "CO2e").replace("–", "-").replace("µ", "u")
    return text.encode(encoding, "replace")


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> str:
    """Rows as columns two blanks apart, the first as wide as the terminal leaves it."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    widths[0] = max(12, min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1)))
    lines = []
    for row in rows:
        first = row[0] if len(row[0]) <= widths[0] else row[0][: widths[0] - 1] + "…"
        cells = [first, *row[1:]]
        lines.append("  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip())
    return "\n".join(lines)


def _width() -> int:
    try:
        return min(100, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 100


RENDERERS = (Renderer("terminal", "", (), render),)
