"""The ledger: the tidy table of runs as CSV or Parquet, which is read again as a log."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from reporter import ledger
from reporter.errors import ReportError
from reporter.patterns import pattern
from reporter.renderers.base import Renderer

if TYPE_CHECKING:
    from reporter.report import Report

#: A cell that begins so is a formula to a spreadsheet: an apostrophe in front makes it text, and is taken off again.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

_CONTROLS = pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _rows(report: Report) -> tuple[list[str], list[list[str]]]:
    runs = [item.run for item in report.footprint.runs]
    columns = ledger.header(runs)
    return columns, [ledger.row(run, columns) for run in runs]


def render(report: Report) -> bytes:
    """The runs as CSV, one a row, in full precision; foreign text cannot become a spreadsheet's formula."""
    made = io.StringIO(newline="")
    columns, rows = _rows(report)
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(map(_inert, columns))
    numbers = {place for place, column in enumerate(columns) if column.endswith(("_s", "_kwh", "_kg", "_gb", "_count"))}
    for row in rows:
        writer.writerow([cell if place in numbers else _inert(cell) for place, cell in enumerate(row)])
    return made.getvalue().encode("utf-8", "replace")


def _inert(cell: str) -> str:
    """Text that is no formula and tears no row: a lone carriage return would end one for many a reader."""
    cell = _CONTROLS.sub("\ufffd", cell.replace("\r\n", "\n"))
    return "'" + cell if cell.startswith(FORMULA) else cell


def parquet(report: Report) -> bytes:
    """The same as Parquet, every cell as text. Raises ReportError where pyarrow is not installed."""
    import pandas

    columns, rows = _rows(report)
    made = io.BytesIO()
    try:
        pandas.DataFrame(rows, columns=columns).to_parquet(made, index=False)
    except ImportError as error:
        raise ReportError("Parquet needs pyarrow; mend it with: pip install 'carbon-report[parquet]'") from error
    return made.getvalue()


RENDERERS = (
    Renderer("ledger", "the table of runs, which is a log again", ("ledger.csv",), render),
    Renderer("parquet", "the same table as Parquet", (".parquet",), parquet, document="carbon-report.parquet"),
)
