"""The summary on a terminal that somebody watches: the statement, the figures, and small bars, drawn by rich."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from reporter.renderers import display, tables
from reporter.renderers.base import clean, without_citations, words
from reporter.renderers.locales import phrase
from reporter.renderers.locales import width as columns_of
from reporter.renderers.sections import sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.footprint import Amount, Footprint
    from reporter.renderers.tables import GroupLine, RunLine, Section
    from reporter.report import Report

WIDEST = 120  # columns; longer lines are hard to follow
FOR_NOTES, FOR_RANGES = 76, 66  # columns that a terminal must have for these
BAR = 16  # columns
_INK = "cyan"  # seen on light and on dark grounds, and one of the sixteen that every terminal has


def page(report: Report, columns: int, shown: int) -> str:
    """The summary for a terminal so wide, with its colours where it has some and NO_COLOR is not set."""
    from rich.console import Console

    width = min(columns, WIDEST)
    console = Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)
    with console.capture() as drawn:
        for part in _parts(report, width, shown):
            console.print(part)
            console.print()
    return drawn.get()


def _parts(report: Report, width: int, shown: int) -> Iterable[Any]:
    """What is printed, from top to bottom."""
    from rich.text import Text

    yield Text(clean(without_citations(words(report, "statement"))), style="bold")
    yield _figures(report, width)
    footprint = report.footprint
    if len(footprint.runs) > 1:
        yield _listed(footprint, shown, width)
        hidden = 0 if footprint.groups else len(footprint.runs) - shown
        if hidden > 0:
            more = phrase("... and {number} more runs; --json lists all", number=display.whole(hidden))
            yield Text(more, style="dim")
    for section in sections(report):
        yield _section(section)


def _grid(*, heads: bool = False) -> Any:
    from rich.table import Table

    return Table(box=None, show_header=heads, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def _figures(report: Report, width: int) -> Any:
    """The figures with their ranges; those that are part of a whole have a bar."""
    lines, shares, table = tables.figures(report), _shares(report.footprint), _grid()
    ranges, notes = width >= FOR_RANGES and any(line.range for line in lines), width >= FOR_NOTES
    told = [[line.value for line in lines], *([[line.range for line in lines]] if ranges else [])]
    table.add_column(no_wrap=True, max_width=_left(width, *told, notes=notes))
    table.add_column(justify="right", style="bold", no_wrap=True)
    if ranges:
        table.add_column(style="dim", no_wrap=True)
    if notes:
        table.add_column(style="dim", overflow="fold")
    for line in lines:
        cells: list[Any] = [_text(line.label), _text(line.value)]
        share = shares.get((line.value, line.note))
        cells += [_text(line.range)] if ranges else []
        cells += [_text(line.note) if share is None else _bar(share, line.note)] if notes else []
        table.add_row(*cells)
    return table


def _shares(footprint: Footprint) -> dict[tuple[str, str], float]:
    """How much of the machines' energy each part took, by what the summary prints of it."""
    whole = footprint.it_energy.value if footprint.it_energy else 0.0
    parts = footprint.parts.values() if whole > 0 else ()
    return {(display.energy(value), display.percent(value, whole)): value / whole for value in parts}


def _left(width: int, *columns: list[str], notes: bool = False) -> int:
    """What the figures leave to the names before them, which are cut instead: half a figure is a wrong one."""
    taken = sum(2 + max(map(columns_of, cells), default=0) for cells in columns)
    return max(4, width - taken + 2 - (BAR if notes else 0))


def _listed(footprint: Footprint, shown: int, width: int) -> Any:
    """Groups or the first runs, each with a bar of its emissions, or of its energy where those are not known."""
    items: Iterable[Any] = footprint.groups or footprint.runs[:shown]
    lines: Sequence[GroupLine | RunLine] = tables.groups(footprint) or tables.runs(footprint, shown)
    by_emissions = all(item.emissions for item in items)
    sizes = [_size(item.emissions if by_emissions else item.it_energy) for item in items]
    table, largest = _grid(heads=True), max(sizes, default=0.0)
    told = [[phrase("Duration"), *(line.duration for line in lines)]] if width >= FOR_RANGES else []
    told += [
        [phrase("Energy"), *(line.energy for line in lines)],
        [phrase("CO₂e"), *(line.emissions for line in lines)],
    ]
    bars = width >= FOR_NOTES and largest > 0
    title = phrase("Group") if footprint.groups else phrase("Run")
    table.add_column(title, overflow="ellipsis", no_wrap=True, max_width=_left(width, *told, notes=bars))
    for head, *_ in told:
        table.add_column(head, justify="right", no_wrap=True)
    if bars:
        table.add_column("")
    for place, (line, size) in enumerate(zip(lines, sizes, strict=True), 1):
        table.add_row(_text(line.name), *(cells[place] for cells in told), *([_bar(size / largest)] if bars else []))
    return table


def _size(amount: Amount | None) -> float:
    return max(0.0, amount.value) if amount else 0.0


def _section(section: Section) -> Any:
    """An analysis as a titled table."""
    table = _grid(heads=True)
    table.title, table.title_justify, table.title_style = section.title, "left", "bold"
    for place, head in enumerate(section.columns):
        number = head in section.numbers
        least = 6 if place else 12  # columns
        table.add_column(_text(head), justify="right" if number else "left", overflow="fold", min_width=least)
    for row in section.rows:
        table.add_row(*map(_text, row))
    return table


def _bar(share: float, note: str = "") -> Any:
    """A bar of so much of its width, and what stands behind it."""
    from rich.bar import Bar
    from rich.table import Table

    drawn = Bar(1.0, 0.0, min(1.0, max(0.0, share)), width=BAR, color=_INK)
    if not note:
        return drawn
    both = Table.grid(padding=(0, 1, 0, 0))
    both.add_row(drawn, _text(note))
    return both


def _text(words: str) -> Any:
    """Foreign text as it is: no markup, no control character."""
    from rich.text import Text

    return Text(clean(words))
