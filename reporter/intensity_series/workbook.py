"""Intensity series in EIA-930's workbooks: the sheet of hourly data, of which only the needed columns are kept."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from reporter.errors import ReportError, plain

from . import delimited
from .told import MOST_BYTES, Told, folded

if TYPE_CHECKING:
    from collections.abc import Callable

SHEET = "Published Hourly Data"
_CHUNK = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, LookupError, ValueError, NotImplementedError, OSError, EOFError,
)  # fmt: skip


def read(data: bytes, name: str) -> Told:
    """The hourly sheet of a workbook (.xlsx) by its columns. Raises ReportError where it is no such workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            texts = _shared(book, name)
            sheet = _Sheet(texts, name)
            _parse(book, _sheet_path(book, name), name, sheet.start, sheet.end, sheet.text)
    except _UNREADABLE as error:
        raise ReportError("this is no readable workbook; save its hourly sheet as CSV", file=name) from error
    if not sheet.rows:
        raise ReportError(f"the sheet '{SHEET}' has no rows", file=name)
    return delimited.of_rows(iter(sheet.rows), name, None)


def _sheet_path(book: zipfile.ZipFile, name: str) -> str:
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, told: dict[str, str]) -> None:
        if tag == "sheet":
            sheets[told.get("name", "")] = told.get("r:id", "")

    def relation(tag: str, told: dict[str, str]) -> None:
        if tag == "Relationship":
            targets[told.get("Id", "")] = told.get("Target", "")

    _parse(book, "xl/workbook.xml", name, sheet)
    _parse(book, "xl/_rels/workbook.xml.rels", name, relation)
    if SHEET not in sheets:
        known = plain(", ".join(sheets), 100)
        raise ReportError(f"no sheet '{SHEET}' among {known}; save the sheet with the intensities as CSV", file=name)
    target = targets[sheets[SHEET]]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _shared(book: zipfile.ZipFile, name: str) -> list[str]:
    """The texts that cells point to; one may be made of several runs of letters."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    texts: list[list[str]] = []
    inside = [False]

    def start(tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            texts.append([])
        inside[0] = tag == "t"

    def end(_: str) -> None:
        inside[0] = False

    _parse(book, "xl/sharedStrings.xml", name, start, end, lambda text: texts[-1].append(text) if inside[0] else None)
    return ["".join(parts) for parts in texts]


class _Sheet:
    """Collects the rows of a worksheet, each with its number; cells of columns that no layout names are left out."""

    def __init__(self, texts: list[str], name: str) -> None:
        self.texts, self.name = texts, name
        self.rows: list[tuple[int, list[str]]] = []
        self._wanted: dict[str, int] | None = None
        self._cells: dict[str, str] = {}
        self._column, self._kind, self._parts, self._line = "", "", [], 0  # type: str, str, list[str], int
        self._inside = False

    def start(self, tag: str, told: dict[str, str]) -> None:
        if tag == "row":
            self._cells, self._line = {}, int(told.get("r", self._line + 1))
        elif tag == "c":
            self._column = re.sub(r"\d", "", told.get("r", "")) or str(len(self._cells))
            self._kind, self._parts = told.get("t", ""), []
        self._inside = tag in {"v", "t"} and (self._wanted is None or self._column in self._wanted)

    def text(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        self._inside = False
        if tag == "c" and self._parts:
            text = "".join(self._parts)
            self._cells[self._column] = self.texts[int(text)] if self._kind == "s" else text
        elif tag == "row" and self._cells:
            self._row()

    def _row(self) -> None:
        if self._wanted is None:
            named = {name for layout in delimited.LAYOUTS for name in (layout.time, layout.zone, *layout.values)}
            columns = [column for column, cell in self._cells.items() if folded(cell) in named]
            if not columns:
                return  # a title above the header
            self._wanted = {column: place for place, column in enumerate(columns)}
        self.rows.append((self._line, [self._cells.get(column, "") for column in self._wanted]))


def _parse(
    book: zipfile.ZipFile, path: str, name: str, start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None, text: Callable[[str], Any] | None = None,
) -> None:  # fmt: skip
    """Run one part of the workbook through a parser that refuses declarations, where an XML file may hide work."""
    if book.getinfo(path).file_size > 2 * MOST_BYTES:
        raise ReportError("this workbook is too large; save its hourly sheet as CSV", file=name)
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise ReportError("this workbook declares a document type, which none needs", file=name)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    with book.open(path) as file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
