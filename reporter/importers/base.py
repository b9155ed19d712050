"""What an importer is: a name, the files it claims, its columns in the unit they are written in, and `read`."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from reporter import units
from reporter.errors import plain
from reporter.importers.head import named
from reporter.importers.table import number as read_number
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reporter.importers.logs import Log
    from reporter.importers.table import Table
    from reporter.run import Run


class Importer(NamedTuple):
    """One tracker's reader.

    ``claims(log)`` says from the content (and then the name) whether a file is this tracker's; exactly one importer
    may say yes. ``read(logs)`` gets every claimed file of the call at once, so that rows of one run that lie in
    several files meet; it counts rows with ``log.rows``/``log.skip`` and tells doubts with ``log.say``.
    """

    name: str
    says: str
    home: str
    claims: Callable[[Log], bool]
    read: Callable[[Sequence[Log]], Iterable[Run]]
    minds: str = ""  # what a naive reader gets wrong and this one gets right, in a few words (Markdown)


def header_has(*names: str, without: Sequence[str] = ()) -> Callable[[Log], bool]:
    """A claim: the header holds all these columns (and none of ``without``)."""
    wanted, unwanted = set(names), set(without)
    return lambda log: wanted <= set(log.header) and not unwanted & set(log.header)


class Column(NamedTuple):
    """How one field is written: the kind of cell, the column's name and its other names, the unit in the file."""

    kind: Literal["text", "number", "moment"]
    names: tuple[str, ...]
    unit: str | None = None
    required: bool = False  # blank or no number: its row cannot be read
    exact: bool = False  # no number: its row cannot be read; blank is not told


def text(*names: str) -> Column:
    """A column of text; blank means not told."""
    return Column("text", names)


def number(
    name: str, unit: str | None = None, *others: str, required: bool = False, exact: bool = False
) -> Column:
    """A column of numbers written in ``unit``.

    A row is skipped for text in a ``required`` or ``exact`` one, and for a blank in a ``required`` one.
    """
    return Column("number", (name, *others), unit, required, exact)


def moment(*names: str) -> Column:
    """A column of dates with a time of day; naive where the tracker wrote local time without a zone."""
    return Column("moment", names)


@lru_cache(64)
def _bound(columns: tuple[tuple[str, Column], ...], header: tuple[str, ...]) -> dict[str, tuple[int, Column, float]]:
    """Of each field that has a column: its place, how it is declared, and what turns its numbers into the field's unit.

    Kept, since ten thousand small files have one header.
    """
    convert = {}
    for field, column in columns:
        found = (named(name) for name in column.names if named(name) in header)
        place = next((header.index(name) for name in found), None)
        if place is not None:
            wanted = units.of_field(field)
            scale = units.factor(column.unit, wanted) if column.unit and wanted else 1.0
            convert[field] = (place, column, scale)
    return convert


@lru_cache(64)
def _twice(header: tuple[str, ...]) -> list[str]:
    """The names that stand more than once in a header, in order."""
    return [name for name in dict.fromkeys(header) if header.count(name) > 1]


class BadCell(ValueError):
    """A required cell that cannot be read; the message names the column and shows the text."""


class Bound:
    """Columns bound to one header: turns a row's cells into fields, each in the unit that its name ends in.

    Raises ReportError where a column of numbers stands twice, since nobody knows which of them holds.
    """

    def __init__(self, columns: Mapping[str, Column], table: Table) -> None:
        self.log, self.decimal = table.log, "," if table.delimiter == ";" else "."
        self.width, self.delimiter = len(table.header), table.delimiter
        self._signs: set[str] = set()
        self._convert = _bound(tuple(columns.items()), table.header)
        for name in _twice(table.header):
            if any(column.kind == "number" and table.header[at] == name for at, column, _ in self._convert.values()):
                raise table.log.refuse(f"the header has the column '{plain(name, 40)}' twice; keep one")
        self._absent: dict[str, Any] = dict.fromkeys(columns.keys() - self._convert.keys())

    def __contains__(self, field: str) -> bool:
        return field in self._convert

    def place(self, field: str) -> int | None:
        """Where the field's column stands in the header, from 0, or None."""
        return self._convert[field][0] if field in self._convert else None

    @property
    def plan(self) -> Mapping[str, tuple[int, Column, float]]:
        """Where each field's column stands, how it is declared, and what turns its numbers into the field's unit."""
        return self._convert

    def read(self, cells: Sequence[str], line: int) -> dict[str, Any]:
        """Every declared field of one row; what is blank, or has no column, is None.

        Raises BadCell for a cell that its column does not allow; another that is no number is told and None. Raises
        ReportError where some numbers are written with a decimal comma and others with a point.
        """
        read, many = dict(self._absent), len(cells)
        for field, (place, column, scale) in self._convert.items():
            cell = cells[place].strip() if place < many else ""
            if not cell and not column.required:
                read[field] = None
            elif column.kind == "text":
                read[field] = cell or None
            else:
                read[field] = self._cell(cell, column, scale, line)
        return read

    def _cell(self, cell: str, column: Column, scale: float, line: int) -> Any:
        if column.kind == "moment":
            return self._moment(cell, column, line)
        if self.decimal == ",":
            self._signs |= {",", "."} & set(cell)
            if len(self._signs) > 1:
                raise self.log.refuse("some decimals have a comma, others a point; save all alike", line)
        try:
            return read_number(cell, self.decimal) * scale
        except ValueError as error:
            if column.required or column.exact:
                raise BadCell(f"{column.names[0]}: {'the cell is empty' if not cell else error}") from error
            self.log.say("CR008", f"{column.names[0]}: {error}; taken as not told", line, level="note")
            return None

    def _moment(self, cell: str, column: Column, line: int) -> datetime | None:
        try:
            return read_moment(cell)
        except ValueError as error:
            self.log.say("CR007", f"{column.names[0]}: {error}; the time of the run is left out", line)
            return None


_MOMENT = pattern(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?(Z|[+-][0-9]{2}:?[0-9]{2}))?"
)


def read_moment(cell: str) -> datetime:
    """Read an ISO 8601 date and time, naive or with an offset.

    Raises ValueError for anything else: ``03/04/2026`` could be March or April, and is not guessed at.
    """
    if not _MOMENT.fullmatch(cell):
        raise ValueError(f"'{plain(cell, 40)}' is no date and time like 2026-11-21T08:01:20")
    try:
        when = datetime.fromisoformat(cell.replace(" +", "+").replace(" -", "-").replace(",", "."))
    except ValueError as error:
        raise ValueError(f"'{plain(cell, 40)}' is no date and time ({error})") from error
    if not 2000 <= when.year <= 2100:
        raise ValueError(f"'{plain(cell, 40)}' lies outside the years 2000 to 2100")
    return when
