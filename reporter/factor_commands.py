"""`carbon-report factors`: the figures that reports rest on, as an aligned table, as CSV to edit, or as JSON."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from reporter import factors
from reporter.errors import ReportError, plain
from reporter.factors import Factor, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.factors.tables import Row

USAGE = "carbon-report factors [QUERY] [--csv | --json] [--factors FILE] [--factors-edition EDITION]"
_VALUED = {"--factors": "file", "--factors-edition": "edition"}
_HEAD = ("key", "name", "value", "range", "unit", "year", "boundary", "licence", "source")
#: On a terminal; a file or another program gets every cell whole.
_WIDEST = {"key": 30, "name": 38, "boundary": 36, "licence": 42, "source": 42}
_RIGHT = ("value", "range")


def show(arguments: Sequence[str]) -> int:
    """Print the figures that match a query, each with value, unit, range, boundary, year, licence and source."""
    words, chosen = _parsed(arguments)
    if "help" in chosen:
        print(f"usage: {USAGE}")
        return 0
    factors.require_edition(chosen.get("edition"))
    query = " ".join(words)
    with factors.laid_over(chosen.get("file")):
        found = factors.search_rows(query or None)
        if not found:
            raise ReportError(f"no figure matches '{plain(query)}'; try a country, 'pue', 'epa2023', 'h100' or 'car'")
        made = _as_csv(found) if "csv" in chosen else _as_json(found) if "json" in chosen else _as_text(found)
    sys.stdout.write(made)
    return 0


def _parsed(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Words of the query and what the options say. Raises ReportError for an option that there is not."""
    words: list[str] = []
    chosen: dict[str, str] = {}
    left = list(arguments)
    while left:
        name, equals, value = left.pop(0).partition("=")
        if name in _VALUED:
            if not equals and not left:
                raise ReportError(f"{name} needs a value; usage: {USAGE}")
            chosen[_VALUED[name]] = value if equals else left.pop(0)
        elif name in {"--csv", "--json", "--help", "-h"}:
            chosen["help" if name == "-h" else name.removeprefix("--")] = "1"
        elif name.startswith("--"):
            raise ReportError(f"{plain(name)} is no option here; usage: {USAGE}")
        else:
            words.append(name + equals + value)
    return words, chosen


def _as_csv(found: Sequence[tuple[str, Row]]) -> str:
    """All columns of the tables at hand, in the form that ``--factors FILE`` reads."""
    own = dict.fromkeys(name for table, _ in found for name in tables.OWN_COLUMNS[table])
    header = ("table", *tables.COLUMNS, "licence", *own)
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    for table, row in found:
        cells = dict(zip((*tables.COLUMNS, *tables.OWN_COLUMNS[table]), row, strict=False))
        work = factors.source(cells["source"])
        given = {"source": work.title} if cells["source"].startswith("own-") else {}  # as the user wrote it
        writer.writerow({"table": table, "licence": work.licence, **cells, **given})
    return out.getvalue()


def _as_json(found: Sequence[tuple[str, Row]]) -> str:
    """The edition, and every figure with its source in full."""
    listed: list[dict[str, Any]] = []
    for table, row in found:
        work = factors.source(row[tables.SOURCE])._asdict()
        work.pop("bibtex")
        listed.append({"table": table, **tables.factor(table, row)._asdict(), "role": row[tables.ROLE], "source": work})
    document = {"factors_edition": factors.EDITION, "factors": listed}
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _as_text(found: Sequence[tuple[str, Row]]) -> str:
    """A table of figures for each table of the edition; a narrow terminal gets two lines a figure."""
    parts, width = [], _width()
    for table in dict.fromkeys(table for table, _ in found):
        lines = [_HEAD, *(_cells(tables.factor(table, row), width) for name, row in found if name == table)]
        parts.append(f"{table}\n{_aligned(lines, width)}")
    parts.append(f"edition {factors.EDITION}; --csv and --json show the notes too")
    return "\n\n".join(parts) + "\n"


def _cells(factor: Factor, width: int | None) -> tuple[str, ...]:
    ends = [f"{end:.6g}" if end is not None else "" for end in (factor.low, factor.high)]
    work = factors.source(factor.source)
    source = f"{work.title} ({factor.origin})" if factor.origin else factor.source
    cells = (factor.key, factor.label, f"{factor.value:.6g}", " to ".join(ends) if any(ends) else "", factor.unit,
             str(factor.year or ""), factor.boundary, work.licence, source)  # fmt: skip
    pairs = zip(_HEAD, cells, strict=True)
    return tuple(plain(cell, 500 if width is None else _WIDEST.get(name, 60)) for name, cell in pairs)


def _aligned(lines: Sequence[tuple[str, ...]], width: int | None) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [
        [
            cell.rjust(size) if name in _RIGHT else cell.ljust(size)
            for name, cell, size in zip(_HEAD, line, widths, strict=True)
        ]
        for line in lines
    ]
    if width is None or sum(widths) + 2 * len(widths) <= width:
        return "\n".join("  ".join(("", *cells)).rstrip() for cells in padded)
    return "\n".join(f"  {line[0]}  {line[1]}\n      {'  '.join(cells[2:]).strip()}"
                     for line, cells in zip(lines, padded, strict=True))  # fmt: skip


def _width() -> int | None:
    """Columns of the terminal; None where the text goes to a file or another program."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return None
