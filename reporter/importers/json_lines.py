"""JSON lines, one object a row: whatever a line holds, it is a row, or a skipped row with its reason."""

from __future__ import annotations

import io
import json
import math
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers import blocks
from reporter.importers.logs import HEAD_BYTES
from reporter.importers.table import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporter.importers.logs import Log

NAN = math.nan
EXACT = 2**53  # integers below are floats of the same value
_DECODER = json.JSONDecoder(parse_int=float)  # made once: json.loads would make one for every line


def objects(log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file by line, counted. A last line without its end is CR003. Numbers are float or int."""
    quick = None if len(log.head) < HEAD_BYTES else _quick()  # a short file is read before it is imported
    if quick is None:
        with log.open() as stream:
            yield from objects_in(stream, log)
        return
    first = 1
    for data in blocks.pieces(log):
        made = _together(data, quick) if len(data) <= log.limit("line") else None
        if made is None:
            yield from objects_in(io.BytesIO(data), log, first)
        else:
            log.rows += len(made)
            yield from enumerate(made, first)
        first += data.count(b"\n")


def objects_in(stream: IO[bytes], log: Log, first: int = 1) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same of a part of a file, whose first line has the number ``first``."""
    place, most = first - 1, log.limit("line")
    while line := stream.readline(most + 1):
        place += 1
        if len(line) > most:
            raise log.passed("a line is longer (these may be no JSON lines)", "line", place)
        if line.isspace():
            continue
        log.rows += 1
        row = _object(line)
        if isinstance(row, dict):
            yield place, row
        elif line.endswith(b"\n"):
            log.skip(place, row)
        else:
            log.skip(place, f"the last line is cut off ({row})", "CR003")


@cache
def _quick() -> Callable[[bytes], Any] | None:
    """A parser twice as fast, where it is installed: what it takes means the same to json, which judges all else."""
    try:
        import orjson
    except ImportError:
        return None
    return orjson.loads


def _together(data: bytes, quick: Callable[[bytes], Any]) -> list[dict[str, Any]] | None:
    """The objects of whole lines, read as one list; None where not each line is sure to be one object.

    Each begins and ends with a brace, and none holds a list. So an object that goes on over an end of a line would have
    a brace where a key belongs, or an end of a line in a text, neither of which is JSON: with as many objects as lines,
    each line is one.
    """
    lines = data.split(b"\n")
    if lines.pop() or b"[" in data or {line[:1] + line[-1:] for line in lines} != {b"{}"}:
        return None
    try:
        rows = quick(b"[" + b",\n".join(lines) + b"]")
    except (ValueError, RecursionError):
        return None
    return rows if len(rows) == len(lines) and set(map(type, rows)) == {dict} else None


def _object(line: bytes) -> dict[str, Any] | str:
    """One line's object, or what is wrong with the line. Integers come as float: 5,000 digits cost nothing then."""
    line = line.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n")
    if not line:
        return "NUL bytes, as a power failure leaves them"
    try:
        text = line.decode()
        row, end = _DECODER.raw_decode(text)  # without decode's search for blanks, of which there are none left
        if end < len(text):
            row = _DECODER.decode(text)  # tells what stands behind the object
    except RecursionError:
        return "nested too deep"
    except json.JSONDecodeError as error:
        return f"no JSON: {error.msg} at column {error.colno}"
    except ValueError:
        return "no JSON: not UTF-8"
    return row if isinstance(row, dict) else "no JSON object"


def finite(value: object) -> float:
    """A finite number, or NaN: for null, text such as "n/a", and whatever else stands where a number should."""
    if value.__class__ is float:  # nearly always
        return value if math.isfinite(value) else NAN
    if isinstance(value, str):
        try:
            return number(value)
        except ValueError:
            return NAN
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NAN
    try:
        return float(value) if math.isfinite(value) else NAN
    except OverflowError:
        return NAN


def finites(values: list[Any]) -> list[float]:
    """The same of many."""
    if set(map(type, values)) == {float} and all(map(math.isfinite, values)):  # nearly always
        return values
    return [*map(finite, values)]


def shown(value: object) -> str:
    """A foreign value as a message shows it: text in quotes, a scalar plainly, of anything else its type alone."""
    if isinstance(value, str):
        return f"'{plain(value, 40)}'"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)  # whichever parser read it
    return plain(value, 40) if value is None or isinstance(value, bool | int | float) else f"a {type(value).__name__}"
