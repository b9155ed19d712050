"""Power logs as Parquet: the columns of the CSV by their names, its comment lines in the metadata under one key."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reporter import powerlog
from reporter.errors import plain
from reporter.importers import arrow_frames
from reporter.importers.frames import Frame, Times
from reporter.importers.power_log_frames import follows, needed
from reporter.importers.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.importers.logs import Log
    from reporter.importers.power_log_rows import Recording

KEY = b"carbon-report"
MAGIC = b"PAR1"
BATCH_ROWS = 1 << 17
READ_BYTES = 1 << 20  # of each column at once
LEAST_BYTES = 1 << 20  # what a file may hold unpacked, however well it was packed
MOST_FOOTER = 16 << 20


def is_one(log: Log) -> bool:
    """Whether a file is Parquet, and the first line of a power log stands in its footer; this needs no pyarrow."""
    if not log.head.startswith(MAGIC):
        return False
    with log.open() as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
        footer = int.from_bytes(tail[:4], "little")
        if tail[4:] != MAGIC or footer > min(size - 8, MOST_FOOTER):
            return False
        stream.seek(size - 8 - footer)
        return powerlog.FIRST.encode() in stream.read(footer)


def comments(log: Log) -> list[str]:
    """The comment lines of the log, in order. Raises ReportError where the file cannot be read."""
    with log.open() as stream:
        told = (_opened(log, stream).schema_arrow.metadata or {}).get(KEY, b"")
    return [line for line in told.decode("utf-8", "replace").splitlines() if line.startswith("#")]


def add(log: Log, recording: Recording) -> None:
    """Add all rows to their recording. Raises ReportError for a file that is damaged or unpacks to far too much."""
    with log.open() as stream:
        file = _opened(log, stream)
        table = Table(log)
        table.header = tuple(header := file.schema_arrow.names)
        recording.bind(table)
        names = [*(recording.places or ())]
        rows, size = file.metadata.num_rows, stream.seek(0, io.SEEK_END)
        if rows * 8 * len(names) > max(LEAST_BYTES, log.limit("ratio") * size):
            raise log.passed(f"{rows:,} rows in {size:,} bytes", "ratio")
        try:
            for batch in _ahead(file.iter_batches(BATCH_ROWS, columns=names), log):
                begun = int(not log.rows)  # the first row goes ahead: the others are to follow one
                for part in (batch.slice(0, begun), batch.slice(begun)):
                    for row in _rows(part, header, names, recording, log) if part.num_rows else ():
                        recording.add(row)
        except (OSError, ValueError) as error:  # what pyarrow raises is one of these
            raise log.refuse(f"cannot be read as Parquet: {plain(str(error), 100)}") from error


def _ahead(batches: Iterator[Any], log: Log) -> Iterator[Any]:
    """The batches, each unpacked while the one before is used; and beside them the file's hash is made."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        digest = pool.submit(log.sha256)
        following = pool.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = pool.submit(next, batches, None)
            yield batch
        log.digest = digest.result()


def _opened(log: Log, stream: Any) -> Any:
    try:
        from pyarrow import parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise log.refuse("Parquet needs pyarrow: pip install 'carbon-report[parquet]'") from error
    try:
        # Not a row group at a time, as by default, but of each column what is needed next: less than half the memory.
        return parquet.ParquetFile(stream, buffer_size=READ_BYTES, pre_buffer=False)
    except (OSError, ValueError) as error:
        raise log.refuse(f"cannot be read as Parquet: {plain(str(error), 100)}") from error


def _rows(batch: Any, header: list[str], names: list[str], recording: Recording, log: Log) -> Iterator[Row]:
    """The rows of a batch that the totals need, or all where one is not plain; the others are counted."""
    frame, before = _frame(batch, names), log.rows
    sifted = None if frame is None else needed(frame, names, recording.before_s, recording.course.width_s)
    log.rows += batch.num_rows
    if sifted is None or not follows(sifted.told, recording):
        places = range(batch.num_rows)
    else:
        places = sifted.needed.tolist()
        batch = batch.take(arrow_frames.array(sifted.needed))
    columns = [(header.index(name), _cells(batch.column(name))) for name in names]
    for at, place in enumerate(places):
        cells = [""] * len(header)
        for column, texts in columns:
            cells[column] = texts[at]
        yield Row(before + place + 1, cells, whole=True)


def _frame(batch: Any, names: list[str]) -> Frame | None:
    """The batch as the columns that a block of CSV has; None where a cell is missing, or is no number or moment."""
    import numpy as np
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in names:
        column = batch.column(name)
        if column.null_count:
            return None
        try:
            if name == powerlog.TIME:
                columns[name] = _times(column)
            else:
                columns[name] = arrow_frames.values(column.cast(pa.float64()), np.float64)
        except pa.ArrowException:
            return None
    every = np.arange(batch.num_rows + 1)
    return None if columns[powerlog.TIME] is None else Frame(batch.num_rows, every, columns, None)


def _times(column: Any) -> Times | None:
    """Moments, whether they are stored as such or as text; None where a text is none."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        zone = column.type.tz
        micro, zoned = arrow_frames.values(column.cast(pa.timestamp("us", zone)), np.int64), zone is not None
    elif (known := arrow_frames.moments(column.cast(pa.string()), blanks=False)) is not None:
        micro, zoned = known
    else:
        return None
    fine = (micro >= arrow_frames.SANE[0]) & (micro < arrow_frames.SANE[1])
    return Times(micro, fine, np.zeros(len(micro), bool), zoned)


def _cells(column: Any) -> list[str]:
    """Values as rows of the CSV would have them."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.tz in {None, "UTC"}:
        # Not pyarrow's own way to a moment, which imports pandas.
        micro = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).to_pylist()
        begun = datetime(1970, 1, 1, tzinfo=None if column.type.tz is None else UTC)
        return ["" if at is None else _moment(begun, at) for at in micro]
    told = column.to_pylist()
    return ["" if one is None else one.isoformat() if isinstance(one, datetime) else str(one) for one in told]


def _moment(begun: datetime, micro: int) -> str:
    try:
        return (begun + timedelta(microseconds=micro)).isoformat()
    except OverflowError:
        return str(micro)  # in no year that there is, which is told of its row
