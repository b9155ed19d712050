"""Columns of a block of delimited text through pyarrow, where it is installed; in doubt none, and pandas reads them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Microseconds since 1970 from which and up to which the row reader takes a time for one: the years 2000 to 2100.
SANE = (946_684_800_000_000, 4_133_980_800_000_000)
_SIGNS = ((4, b"-/"), (7, b"-/"), (10, b"T "), (13, b":"), (16, b":"))


class Plain(NamedTuple):
    """What is known of a block before it is parsed: its bytes, its lines and their width, whether cells are quoted."""

    data: bytes
    rows: int
    width: int
    delimiter: str
    quoted: bool


@cache
def installed() -> bool:
    """Whether there is a pyarrow that reads CSV."""
    try:
        from pyarrow import csv  # type: ignore[import-untyped]
    except ImportError:
        return False
    return hasattr(csv, "read_csv")


def columns(
    block: Plain, places: Mapping[str, int], numbers: frozenset[str], times: frozenset[str], missing: Sequence[str]
) -> dict[str, Any] | None:
    """Numbers as float64 with NaN for what is missing, times as text, other text as codes and the distinct texts.

    None where pyarrow is not installed, and where a row is of another width or a cell is no plain number.
    """
    if not installed():
        return None
    import pyarrow as pa
    from pyarrow import csv

    kinds: dict[str, Any] = {}
    for name, place in places.items():
        text = pa.string() if name in times else pa.dictionary(pa.int32(), pa.string())
        kind = pa.float64() if name in numbers else text
        if kinds.setdefault(str(place), kind) != kind:
            return None
    names, quote = [*map(str, range(block.width))], '"' if block.quoted else False
    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(block.data)),
            csv.ReadOptions(use_threads=False, block_size=len(block.data) + 1, column_names=names),
            csv.ParseOptions(delimiter=block.delimiter, quote_char=quote, ignore_empty_lines=False),
            csv.ConvertOptions(check_utf8=False, column_types=kinds, include_columns=list(kinds),
                               null_values=[*missing, *(f" {text}" for text in missing)], strings_can_be_null=False),
        )  # fmt: skip
    except (pa.ArrowException, ValueError):
        return None
    if table.num_rows != block.rows:
        return None
    made: dict[str, Any] = {}
    for name, place in places.items():
        column = table.column(str(place)).combine_chunks()
        made[name] = column if name in times else _numbers(column) if name in numbers else _texts(column)
    return None if any(column is None for column in made.values()) else made


def _numbers(column: Any) -> Any | None:
    """The numbers; None where one is written as nan, which pyarrow takes for a number and the row reader does not."""
    import numpy as np

    read = values(column.fill_null(np.nan) if column.null_count else column, np.float64)
    return read if int(np.isnan(read).sum()) == column.null_count else None


def _texts(column: Any) -> tuple[Any, list[str]]:
    import numpy as np

    return values(column.indices, np.int32), [text.as_py() for text in column.dictionary]


def values(column: Any, kind: Any) -> Any:
    """An array's values where they lie: its own ways to numpy import pandas, which takes longer than many a block."""
    import numpy as np

    return np.frombuffer(column.buffers()[1], kind)[column.offset : column.offset + len(column)]


def array(places: Any) -> Any:
    """The way back, for places: numpy's integers as pyarrow has them, where they lie."""
    import pyarrow as pa

    return pa.Int64Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(places.astype("int64"))])


def moments(column: Any, *, blanks: bool) -> tuple[Any, bool] | None:
    """Microseconds since 1970 of texts of one form such as 2026-11-21T08:01:20.123Z, and whether all end in Z.

    ``blanks``: each may begin with one. None where one is of another form or no time, which others must judge.
    """
    import numpy as np
    import pyarrow as pa

    n = len(column)
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + n + 1]
    width = int(offsets[1] - offsets[0]) if n else 0
    if width < 19 or width > 28 or not (np.diff(offsets) == width).all():
        return None
    signs = np.frombuffer(column.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(n, width)
    if blanks and (signs[:, 0] == ord(" ")).all():
        signs, width = signs[:, 1:], width - 1
    form = bytes(signs[0])
    zoned, decimals = form.endswith(b"Z"), len(form.removesuffix(b"Z")) - 20
    if width < 19 or not all(form[place] in allowed for place, allowed in _SIGNS) or form[4] != form[7]:
        return None
    fixed = [place for place, _ in _SIGNS if place != 10]
    if not (decimals == -1 or (1 <= decimals <= 6 and form[19] == ord("."))):
        return None
    fixed += [19] if decimals > 0 else []
    fixed += [width - 1] if zoned else []
    if not all((signs[:, place] == form[place]).all() for place in fixed):
        return None
    if form[4] == ord("/") or width < int(offsets[1] - offsets[0]):
        signs = np.array(signs)
        signs[:, [4, 7]] = ord("-")
        places = np.arange(n + 1, dtype=np.int32) * width
        column = pa.StringArray.from_buffers(n, pa.py_buffer(places), pa.py_buffer(signs))
    try:
        micro = values(column.cast(pa.timestamp("us", "UTC" if zoned else None)), np.int64)
    except pa.ArrowInvalid:
        return None
    return (micro, zoned) if SANE[0] <= micro.min() and micro.max() < SANE[1] else None
