"""Blocks of delimited text as pandas frames: only cells that the row reader would read just so, or none at all."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.importers import arrow_frames
from reporter.importers.table import LARGEST
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporter.importers.base import Bound

_QUOTED = pattern(rb'"[^"\n]*"')
_CONFLICT = tuple(b"<=>")  # a line that begins so may be the mark of a merge conflict


class Texts(NamedTuple):
    """A column of texts: of each row which of the ``distinct`` ones it holds, in the order in which they come."""

    codes: Any
    distinct: list[str]

    def blank(self) -> Any:
        """Which rows hold nothing but blanks."""
        import numpy as np

        return np.array([not text.strip() for text in self.distinct], bool)[self.codes]


class Times(NamedTuple):
    """A column of moments: microseconds since 1970 as if all were UTC, which surely are such, which are blank.

    ``zoned``: all that are fine end in Z.
    """

    micro: Any
    fine: Any
    blank: Any
    zoned: bool


class Frame(NamedTuple):
    """A block's columns by field, in the units of the fields: numbers with NaN for what is blank, Texts, Times.

    ``told`` marks rows about which the row reader may have something to say, or which it may skip.
    """

    rows: int
    starts: Any
    columns: dict[str, Any]
    told: Any


def bound(data: bytes, columns: Bound, wanted: Sequence[str] = ()) -> Frame | None:
    """The frame of a block under declared columns: all numbers and moments, and of the texts those ``wanted``.

    None where the block is not plain: a row of another width, a cell that is no number, bytes that are no UTF-8.
    """
    import numpy as np

    plan = columns.plan
    numbers = frozenset(field for field, (_, column, _) in plan.items() if column.kind == "number")
    times = frozenset(field for field, (_, column, _) in plan.items() if column.kind == "moment")
    places = {field: plan[field][0] for field in plan if field in numbers | times or field in wanted}
    if columns.decimal != ".":
        return None
    read = table(data, columns.width, places, numbers, columns.delimiter, times=times)
    if read is None:
        return None
    told = np.zeros(read.rows, bool)
    for field in numbers:
        _, column, scale = plan[field]
        values = read.columns[field]
        told |= np.abs(values) > LARGEST
        if column.required:
            told |= np.isnan(values)
        if scale != 1.0:
            read.columns[field] = values * scale
    for field in times:
        told |= ~(read.columns[field].fine | read.columns[field].blank)
    return read._replace(told=told)


def table(
    data: bytes, width: int, places: Mapping[str, int], numbers: frozenset[str], delimiter: str,
    missing: Sequence[str] = ("",), *, times: frozenset[str] = frozenset(), blanks: bool = False,
) -> Frame | None:  # fmt: skip
    """Some columns of a block of ``width`` cells a row, by name: numbers as float64, ``times``, the others as Texts.

    ``missing`` are the cells that stand for no number. ``blanks``: cells begin with a blank, as behind ``, ``.
    None where the block is not plain.
    """
    starts = line_starts(data)
    if starts is None or not _is_plain(data, starts, quoted=not blanks):
        return None
    block = arrow_frames.Plain(data, len(starts) - 1, width, delimiter, quoted=b'"' in data)
    read = arrow_frames.columns(block, places, numbers, times, missing)
    read = read or _by_pandas(block, places, numbers, missing, blanks=blanks)
    if read is None:
        return None
    for name in read.keys() - numbers:
        read[name] = _times(read[name], blanks=blanks) if name in times else _coded(read[name])
    return Frame(block.rows, starts, read, None)


def _by_pandas(
    block: arrow_frames.Plain, places: Mapping[str, int], numbers: frozenset[str], missing: Sequence[str], *,
    blanks: bool,
) -> dict[str, Any] | None:  # fmt: skip
    """The columns as arrays, numbers as float64 and the others of str; None where the block is not plain."""
    import pandas as pd

    width, delimiter = block.width, block.delimiter
    bare = _QUOTED.sub(b"", block.data) if block.quoted else block.data
    if bare.count(delimiter.encode()) != block.rows * (width - 1):
        return None
    kinds: dict[int, Any] = {place: "float64" if name in numbers else object for name, place in places.items()}
    # Cells beyond the width would go unseen: a row above with two more makes room for them, and they must be blank.
    beyond, above = (width, width + 1), (width + 1) * delimiter.encode() + b"\n"
    # The last digit counts, for what is compared. From 3.1 on no other parser is left, and asking for it is told.
    exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    how: dict[str, Any] = {} if exact else {"float_precision": "round_trip"}
    try:
        frame: Any = pd.read_csv(  # type: ignore[call-overload]
            io.BytesIO(above + block.data), header=None, names=range(width + 2), usecols=[*sorted(kinds), *beyond],
            index_col=False,
            dtype={**kinds, **dict.fromkeys(beyond, object)}, sep=delimiter, engine="c", low_memory=False,
            na_values={place: [*missing] for place in (*kinds, *beyond)}, keep_default_na=False, skip_blank_lines=False,
            skipinitialspace=blanks, **how,
        )  # fmt: skip
    except (ValueError, OverflowError):  # ParserError and UnicodeDecodeError are both
        return None
    frame = frame.iloc[1:]
    if len(frame) != block.rows or frame[list(beyond)].notna().any(axis=None):
        return None
    return {
        name: (frame[place] if name in numbers else frame[place].fillna("")).to_numpy()
        for name, place in places.items()
    }


def _coded(texts: Any) -> Texts:
    if isinstance(texts, tuple):  # codes and distinct texts, as pyarrow has them
        return Texts(*texts)
    import pandas as pd

    codes, distinct = pd.factorize(texts)
    return Texts(codes, [*map(str, distinct)])


def _times(texts: Any, *, blanks: bool) -> Times:
    import numpy as np

    if not isinstance(texts, np.ndarray):  # as pyarrow has them
        known = arrow_frames.moments(texts, blanks=blanks)
        if known is not None:
            n = len(known[0])
            return Times(known[0], np.ones(n, bool), np.zeros(n, bool), known[1])
        texts = np.array([text.lstrip(" ") if blanks else text for text in texts.to_pylist()], object)
    micro, fine = moments(texts)
    return Times(micro, fine, texts == "", bool(len(texts)) and str(texts[0]).endswith("Z"))


def line_starts(data: bytes) -> Any | None:
    """Offsets of all lines, and the end of the last; None for a block whose last line does not end."""
    import numpy as np

    if not data.endswith(b"\n"):
        return None
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1
    return np.concatenate((np.zeros(1, ends.dtype), ends))


def _is_plain(data: bytes, starts: Any, *, quoted: bool) -> bool:
    """Whether nothing is in the bytes that only the row reader can judge; ``quoted``: cells may be so, on one line."""
    import numpy as np

    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
    if b"\0" in data or np.isin(np.frombuffer(data, np.uint8)[starts[:-1]], _CONFLICT).any():
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    return b'"' not in data or (quoted and b'"' not in _QUOTED.sub(b"", data))


_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def moments(texts: Any) -> tuple[Any, Any]:
    """Microseconds since 1970 of texts such as 2026-11-21T08:01:20.123Z, as if all were UTC; and which surely are such.

    Only this form, a blank for the T, and up to six decimals are known here; the row reader judges all else.
    """
    import numpy as np

    n = len(texts)
    if not n:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    try:
        cells = np.asarray(texts, dtype="S")
    except UnicodeEncodeError:
        return np.zeros(n, np.int64), np.zeros(n, bool)
    return written(cells)


def written(cells: Any) -> tuple[Any, Any]:
    """The same of cells of bytes of one width."""
    import numpy as np

    n, width = len(cells), cells.dtype.itemsize
    if width < 19:
        return np.zeros(n, np.int64), np.zeros(n, bool)
    signs = cells.view(np.uint8).reshape(n, width)
    digits = signs.astype(np.int16) - 48
    is_digit = (digits >= 0) & (digits <= 9)
    fine = is_digit[:, [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]].all(axis=1)
    for place, allowed in ((4, b"-/"), (7, b"-/"), (10, b"T "), (13, b":"), (16, b":")):
        fine &= np.isin(signs[:, place], np.frombuffer(allowed, np.uint8))
    fine &= signs[:, 4] == signs[:, 7]
    pairs = (digits[:, place].astype(np.int64) * 10 + digits[:, place + 1] for place in (0, 2, 5, 8, 11, 14, 17))
    century, year, month, day, hour, minute, second = pairs
    year += 100 * century
    fine &= (year >= 2000) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1)
    fine &= (hour < 24) & (minute < 60) & (second < 60)
    fine &= day <= np.array(_DAYS)[np.clip(month, 1, 12) - 1]
    fine &= (day < 29) | (month != 2) | ((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)))
    micro, plain = _decimals(signs, digits)
    fine &= plain
    days = _days_since_1970(year, month, day)
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micro, fine


def _decimals(signs: Any, digits: Any) -> tuple[Any, Any]:
    """Microseconds behind the 19th sign, and whether there stand but up to six decimals and a Z, or nothing.

    Only rows of the form of the first are known; a mixture is for the row reader.
    """
    import numpy as np

    n = len(signs)
    form = bytes(np.where((signs[0] >= 48) & (signs[0] <= 57), 48, signs[0]).astype(np.uint8)[19:])
    bare = form.rstrip(b"\0").removesuffix(b"Z")
    micro = np.zeros(n, np.int64)
    if bare not in {b"", *(b"." + b"0" * many for many in range(1, 7))}:
        return micro, np.zeros(n, bool)
    plain = np.ones(n, bool)
    for place, sign in enumerate(form, 19):
        if sign == 48:
            plain &= (digits[:, place] >= 0) & (digits[:, place] <= 9)
            micro += digits[:, place].astype(np.int64) * 10 ** (25 - place)
        else:
            plain &= signs[:, place] == sign
    return micro, plain


def _days_since_1970(year: Any, month: Any, day: Any) -> Any:
    """Days of the civil calendar; March is the first month here, so that leap days come last."""
    years = year - (month <= 2)
    era_years = years % 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (years // 400) * 146_097 + era_years * 365 + era_years // 4 - era_years // 100 + day_of_year - 719_468
