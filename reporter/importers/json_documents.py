"""JSON documents: one value, an array, or values one after another, as trackers write and crashes leave them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reporter.importers.table import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.importers.logs import Log

_DECODE = json.JSONDecoder(parse_int=float).raw_decode  # integers as float: 5,000 digits cost nothing then
_BETWEEN = " \t\r\n,[]"


def whole(log: Log) -> Any:
    """The one value that the file holds. Raises ReportError for what is no JSON, is cut off, or is nested too deep."""
    text = text_of(log)
    try:
        value, end = _DECODE(text, _skip(text, 0, " \t\r\n"))
    except RecursionError as error:
        raise log.refuse("nested too deep to be read") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        what = "the file is cut off; export it again" if cut else f"no JSON: {error.msg} (column {error.colno})"
        raise log.refuse(what, error.lineno) from error
    rest = _skip(text, end, " \t\r\n\ufffd")  # what a power failure left, as lines() reads it
    if rest < len(text):
        raise log.refuse("something follows the JSON value; is it several files in one?", text.count("\n", 0, rest) + 1)
    return value


def values(log: Log, *, closed: bool = False) -> Iterator[tuple[int, Any]]:
    """The values of an array, or of several, or of lines, each with the line it begins on; counted as rows.

    Brackets and commas between values are passed over, so that an array that a crash left open, or one that another
    run went on writing behind its end, is read to the last whole value; a cut one is told (CR003), and where arrays are
    ``closed`` by their tracker one that is not, too. Raises ReportError where no value can be read at all.
    """
    text = text_of(log)
    place, line, counted = 0, 1, 0
    while (place := _skip(text, place, _BETWEEN)) < len(text):
        line += text.count("\n", counted, place)
        counted = place
        log.rows += 1
        try:
            value, place = _DECODE(text, place)
        except RecursionError as error:
            raise log.refuse("nested too deep to be read", line) from error
        except json.JSONDecodeError as error:
            if log.rows == 1:
                raise log.refuse(f"no JSON: {error.msg} (column {error.colno})", error.lineno) from error
            # After a slip nothing tells where the next value begins, but the next line that opens one is a fair guess.
            onward = text.find("\n{", place + 1)
            why = "the last value is cut off" if onward < 0 else f"no JSON: {error.msg} (column {error.colno})"
            log.skip(line, why, "CR003" if onward < 0 else "CR002")
            if onward < 0:
                return
            place = onward
            continue
        yield line, value
    if closed and text.lstrip()[:1] == "[" and not text.rstrip(" \t\r\n\ufffd").endswith("]"):
        log.say("CR003", "the array does not end; what followed is missing", line)


def text_of(log: Log) -> str:
    """The file's text, which is held in memory. Raises ReportError above the limit."""
    parts, length, most = [], 0, log.limit("document")
    for part in lines(log):
        length += len(part)
        if length > most:
            raise log.passed("a longer document (export fewer runs at a time)", "document")
        parts.append(part)
    return "".join(parts)


def _skip(text: str, place: int, what: str) -> int:
    while place < len(text) and text[place] in what:
        place += 1
    return place
