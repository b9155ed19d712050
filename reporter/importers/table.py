"""Delimited text, row by row, with exact line numbers: encodings, delimiters, repeated headers, cut last lines."""

from __future__ import annotations

import csv
import io
import itertools
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers.head import delimiter_of, encoding_of, named
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reporter.importers.logs import Log

LARGEST = 1e30  # beyond any quantity in any tracker's unit; sums and products of what is smaller stay finite
_SURROGATE = pattern("[\udc80-\udcff]")
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")


class Row(NamedTuple):
    """One row as written: the line it ends on, as editors count, and its cells; ``whole`` if it ends in a newline."""

    line: int
    cells: list[str]
    whole: bool


def lines(log: Log) -> Iterator[str]:
    """Lines of a text file, each with its line end. A byte that is no UTF-8 is read as Windows-1252, and told.

    Raises ReportError for content that is no text.
    """
    encoding = encoding_of(log.head)
    if encoding is None:
        spreadsheet = log.head.startswith(b"PK")
        kind = "a zip or spreadsheet file; export it as CSV" if spreadsheet else "no text in UTF-8; save it as such"
        raise log.refuse(f"this is {kind}")
    told: set[str] = set()
    if encoding == "utf-16":
        log.say("CR006", "read as UTF-16", level="note")
    if log.is_short and log.head.isascii() and not log.head.count(b"\0") and b"\r" not in log.head:
        with log.open():  # told as opened; nothing in it is to be mended, and no line is too long
            yield from io.StringIO(log.head.decode("ascii"), newline="\n")
        return
    ends = "\n" if b"\n" in log.head else ""  # a lone carriage return ends lines only where nothing else does
    with log.open() as raw:
        bounded = io.BufferedReader(_Lines(raw, log), 1 << 16)
        yield from _readable(enumerate(_decoded(bounded, encoding, ends), 1), log, told)


class _Lines(io.RawIOBase):
    """A file's bytes as long as its lines are no longer than the limit, so that none can fill the memory."""

    def __init__(self, raw: IO[bytes], log: Log) -> None:
        self._raw, self._log, self._most, self._length = raw, log, log.limit("line"), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes. Raises ReportError where a line does not end in time."""
        part = self._raw.read(len(buffer))
        buffer[: len(part)] = part
        end = max(part.rfind(b"\n"), part.rfind(b"\r"))
        self._length = len(part) - end - 1 if end >= 0 else self._length + len(part)
        if self._length > self._most:
            raise self._log.passed("a line is longer", "line")
        return len(part)


def block_lines(data: bytes, first: int, log: Log, told: set[str]) -> Iterator[tuple[int, str]]:
    """Lines of a part of a UTF-8 file with their numbers, the first being ``first``; ``told`` is kept for the file."""
    numbers = itertools.count(first)
    encoding = "utf-8-sig" if first == 1 else "utf-8"
    numbered = enumerate(_decoded(io.BytesIO(data), encoding, "\n"), first)
    return zip(numbers, _readable(numbered, log, told), strict=False)


def _readable(numbered: Iterable[tuple[int, str]], log: Log, told: set[str]) -> Iterator[str]:
    for number, line in numbered:
        plain_line = line.isascii() and "\0" not in line and "\r" not in line[:-2]
        yield line if plain_line else _mended(line, number, log, told)


def _mended(line: str, number: int, log: Log, told: set[str]) -> str:
    """A line with bytes that are no UTF-8, NULs or carriage returns made readable; each kind told once a file."""
    bad = _SURROGATE.search(line)
    if bad:
        if "encoding" not in told:
            log.say("CR006", f"column {bad.start() + 1}: not UTF-8, read as Windows-1252", number)
        told.add("encoding")
        line = line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    if "\0" in line and "nul" not in told:
        log.say("CR006", f"column {line.index(chr(0)) + 1}: a NUL byte in the text", number)
        told.add("nul")
    body = line.rstrip("\r\n")
    return body.replace("\0", "\ufffd").replace("\r", "\ufffd") + line[len(body) :]


def _decoded(raw: IO[bytes], encoding: str, ends: str) -> Iterator[str]:
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    yield from io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=ends)


class Table:
    """The rows of one delimited file under its header, which may be repeated or change on the way.

    ``header`` holds the names in force (lower case); rows that repeat it are told and passed over.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self.delimiter = ","
        self.header: tuple[str, ...] = ()
        self._known: set[str] = set()
        self.mended: set[str] = set()  # what was told of the file's bytes
        self.changed = 0  # times the header was set, so that a reader knows when to bind its columns again
        self.cut = False  # whether the file ends inside of quotation marks; known once all rows are read

    def __iter__(self) -> Iterator[Row]:
        return self.rows(enumerate(lines(self.log), 1))

    def rows(self, numbered: Iterator[tuple[int, str]]) -> Iterator[Row]:
        """The rows of some of the file's lines, which come with their numbers; the header's line comes first of all."""
        here, last = 0, ""

        def noted() -> Iterator[str]:
            nonlocal here, last
            for here, last in numbered:
                if last.startswith(_CONFLICT):
                    raise self.log.refuse("a git merge conflict stands here; resolve it first", here)
                yield last

        csv.field_size_limit(self.log.limit("cell"))
        stream = noted()
        first = () if self.header else (self._first(stream),)
        reader = csv.reader(itertools.chain(first, stream), delimiter=self.delimiter)
        above = here - 1
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                row = Row(here, cells, last.endswith(("\n", "\r")))
                if self._is_header(row):
                    continue
                if row.line - above > 1:
                    self._refuse_open_quote(row)
                above = row.line
                self.log.rows += 1
                self.cut = not row.whole and last.count('"') % 2 == 1
                yield row
        except csv.Error as error:
            if "field limit" in str(error):
                raise self.log.passed("a cell is longer", "cell", here) from error
            raise self.log.refuse(f"cannot be read as CSV: {error}", here) from error

    def _first(self, stream: Iterator[str]) -> str:
        """The header's line, what stands above it (blank lines, comments) passed over."""
        line = ""
        for line in stream:
            if line.strip() and not line.startswith("#"):
                self.delimiter = delimiter_of(line)
                return line
        raise self.log.refuse("there is no header and no row" if line else "the file is empty")

    def _is_header(self, row: Row) -> bool:
        if self.header and self._known.isdisjoint(map(named, row.cells[:4])):
            return False  # the usual row, told from its first cells
        names = tuple(named(cell) for cell in row.cells)
        if not self.header:
            self._set(names)
            return True
        if names == self.header:
            self.log.say("CR005", "the header stands here again; passed over", row.line, level="note")
            return True
        here = set(names) - {""}
        if len(self._known & here) >= max(3, min(len(self._known), len(here)) // 2):
            self.log.say("CR005", "another header begins here; the rows below are read by it", row.line)
            self._set(names)
            return True
        return False

    def _set(self, names: tuple[str, ...]) -> None:
        if len(names) > self.log.limit("columns"):
            raise self.log.passed(f"{len(names):,} columns", "columns")
        self.header, self.changed = names, self.changed + 1
        self._known = set(names) - {""}

    def _refuse_open_quote(self, row: Row) -> None:
        """A quotation mark that nothing closes makes one cell of all rows below it: better no figure than most of one.

        Raises ReportError where a cell of several lines holds whole rows.
        """
        rows = max((cell.count(self.delimiter) for cell in row.cells if "\n" in cell), default=0)
        if self.header and rows >= max(2, len(self.header) // 2):
            start = row.line - sum(cell.rstrip("\r\n").count("\n") for cell in row.cells)
            raise self.log.refuse("a quotation mark in this line is not closed, and takes in the rows below", start)


_NUMBER = pattern(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA_NUMBER = pattern(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")


def number(text: str, decimal: str = ".") -> float:
    """Read a number strictly: no ``1_0``, ``nan``, ``inf``, thousands separators or foreign digits.

    Raises ValueError, whose text says what is wrong. ``decimal`` is "," in files that Excel saved with ``;``.
    """
    text = text.strip()
    if decimal == "," and _COMMA_NUMBER.fullmatch(text):
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"'{plain(text, 40)}' is no number")
    value = float(text)
    if abs(value) > LARGEST:
        raise ValueError(f"'{plain(text, 40)}' is too large")
    return value
