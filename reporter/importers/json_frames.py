"""Blocks of JSON lines as columns of numbers through pyarrow: only where each line is an object to json as well."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.importers import arrow_frames, blocks, json_lines
from reporter.importers.frames import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.blocks import Block
    from reporter.importers.logs import Log

WORTH = 4  # JSON is read faster than cells are, so that the import of pyarrow is worth it later
#: A line that is longer may be nested deeper than json reads.
SHALLOW_BYTES = 800
MOST_NESTED = 200  # brackets of a longer one, at most


class Columns(NamedTuple):
    """A block's lines as columns by key, NaN for what is missing or null; ``starts`` as of a Sifted."""

    starts: Any
    columns: dict[str, Any]


def is_long(log: Log) -> bool:
    """Whether a file of JSON lines is worth reading in blocks. The size first: to ask for pyarrow is to load it."""
    with log.open() as stream:
        length = stream.seek(0, io.SEEK_END)
    return length > WORTH * blocks.LONG_BYTES and arrow_frames.installed()


def stretches(
    log: Log, keys: Sequence[str], within: tuple[float, float]
) -> Iterator[Columns | Iterator[tuple[int, dict[str, Any]]]]:
    """A file's blocks as columns of these keys, or else their objects by line; each must be used up before the next.

    Where a value of the first key is not told, or not ``within`` its bounds (the second of them excluded), there is
    something to say about it: such a block comes as objects.
    """
    most = log.limit("line")
    ahead = blocks.Ahead(blocks.pieces(log))
    ahead.sift(lambda data: columns(data, keys, within, most))
    try:
        for block, made in ahead:
            if made is None:
                yield _objects(block, log)
            else:
                log.rows += len(made.starts) - 1
                yield made
    finally:
        ahead.close()


def _objects(block: Block, log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    return json_lines.objects_in(io.BytesIO(block.data), log, block.first)


def columns(data: bytes, keys: Sequence[str], within: tuple[float, float], most: int) -> Columns | None:
    """A block as columns of these keys; None where only json can judge a line, or a first value is not ``within``."""
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import json

    starts = line_starts(data)
    if starts is None or not _is_plain(data, starts, most):
        return None
    schema = pa.schema([(key, pa.float64()) for key in keys])
    try:
        table = json.read_json(
            pa.BufferReader(pa.py_buffer(data)),
            json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowException, ValueError):
        return None
    if table.num_rows != len(starts) - 1:
        return None
    made = {}
    for key in keys:
        column = table.column(key).combine_chunks()
        values = arrow_frames.values(column.fill_null(np.nan) if column.null_count else column, np.float64)
        if np.isinf(values).any():
            return None
        made[key] = values
    told = made[keys[0]]
    return Columns(starts, made) if ((told >= within[0]) & (told < within[1])).all() else None


def _is_plain(data: bytes, starts: Any, most: int) -> bool:
    """Whether each line is an object from its first sign to its last, and nothing in it is read otherwise by json.

    pyarrow reads objects wherever they end; where each line begins and ends with a bracket and there are as many
    objects as lines, each line is one. It takes Inf for a number, and bytes that are no UTF-8, and knows no depth.
    """
    import numpy as np

    signs = np.frombuffer(data, np.uint8)
    ends = starts[1:] - 2
    if not ((signs[starts[:-1]] == ord("{")).all() and (signs[ends] == ord("}")).all()):
        return False
    if (b"I" in data and b"Inf" in data) or b"\0" in data or not _is_utf8(data):
        return False
    lengths = np.diff(starts)
    if lengths.max() > min(most, 1 << 20):
        return False
    for place in np.flatnonzero(lengths > SHALLOW_BYTES).tolist():
        line = data[starts[place] : starts[place + 1]]
        if line.count(b"{") + line.count(b"[") > MOST_NESTED:
            return False
    return True


def _is_utf8(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False
