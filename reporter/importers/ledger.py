"""The ledger that carbon-report itself writes: the same runs again, under the names of their trackers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reporter import ledger
from reporter.errors import plain
from reporter.importers import power_log_parquet
from reporter.importers.base import Importer
from reporter.importers.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporter.importers.logs import Log
    from reporter.run import Run

_PARQUET = b"PAR1"


def _claims(log: Log) -> bool:
    if log.head.startswith(_PARQUET):
        return not power_log_parquet.is_one(log)
    return log.header[:1] == (ledger.MARK,)


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the runs of every ledger. Raises ReportError for another version, or a Parquet file that is no ledger."""
    for log in logs:
        for line, cells in _parquet(log) if log.head.startswith(_PARQUET) else _table(log):
            version = cells.get(ledger.MARK)
            if version != ledger.VERSION:
                told = f"a ledger of version '{plain(version, 20)}'; this carbon-report reads {ledger.VERSION}"
                raise log.refuse(told)
            try:
                run = ledger.run_of(cells)
            except ValueError as error:
                log.skip(line, plain(error))
                continue
            if run.energy_kwh is None and not run.devices:
                log.say("CR013", "the ledger tells no energy of this run", line, level="note")
            yield run


def _table(log: Log) -> Iterator[tuple[int, Mapping[str, str]]]:
    table = Table(log)
    names = _names(log)
    for row in table:
        if len(row.cells) != len(table.header):
            log.skip(row.line, f"{len(row.cells)} cells under {len(table.header)} columns")
            continue
        yield row.line, {name: cell.removeprefix("'") for name, cell in zip(names, row.cells, strict=True)}


def _names(log: Log) -> list[str]:
    """The columns as written: a label keeps its case."""
    import csv

    with log.open() as stream:
        return next(csv.reader(io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")))


def _parquet(log: Log) -> Iterator[tuple[int, Mapping[str, str]]]:
    import pandas

    with log.open() as stream:
        content = io.BytesIO(stream.read())
    try:
        frame = pandas.read_parquet(content)
    except ImportError as error:
        raise log.refuse("a Parquet file needs pyarrow; mend it with: pip install 'carbon-report[parquet]'") from error
    except (ValueError, OSError) as error:
        raise log.refuse(f"this Parquet file cannot be read: {plain(str(error).splitlines()[0], 80)}") from error
    if ledger.MARK not in frame.columns:
        raise log.refuse("a Parquet file that is no ledger of carbon-report")
    for place, row in enumerate(frame.to_dict("records"), 1):
        log.rows += 1
        yield place, {str(key): "" if value is None else str(value) for key, value in row.items()}


IMPORTER = Importer(
    name="ledger",
    says="the ledger that carbon-report writes (CSV, Parquet)",
    home="https://github.com/carbon-report/carbon-report",
    minds="the same report again, to the last digit",
    claims=_claims,
    read=read,
)
