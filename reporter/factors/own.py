"""The user's own figures: rows in the form of the bundled tables, checked line by line and laid over them."""

from __future__ import annotations

import csv
import io
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reporter import units
from reporter.errors import ReportError, plain

from . import hardware, places, sources, tables
from .tables import CATEGORY, COLUMNS, KEY, KINDS, OWN_COLUMNS, OwnRow, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Cells = dict[str, str]
_NEEDED = ("key", "value", "unit", "source")
_MOST_BYTES = 64 * 1024 * 1024


@contextmanager
def laid_over(path: str) -> Iterator[None]:
    """Lay the rows of a CSV file over the bundled tables meanwhile.

    A row takes the place of every bundled row with its key. Raises ReportError with file and line for a row without
    a source, with a unit that its table cannot have, with a value that is no finite number or lies outside its range.
    """
    over: dict[str, list[Row]] = {}
    for table, own in read(path).items():
        replaced = {_identity(table, row) for row in own}
        kept = [row for row in tables.bundled(table) if _identity(table, row) not in replaced]
        over[table] = [*own, *kept]
    token = tables._laid_over.set(over)  # noqa: SLF001 - the two files are one room
    try:
        yield
    finally:
        tables._laid_over.reset(token)  # noqa: SLF001


def read(path: str) -> Mapping[str, list[OwnRow]]:
    """The rows of the user's file by table. Raises ReportError with the line for the first that cannot be."""
    name = plain(path)
    text = _text(path)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    found: dict[str, list[OwnRow]] = {}
    try:
        header = [cell.strip().casefold() for cell in next(lines, [])]
        _check_header(header, name)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                table, row = _row(dict(zip(header, map(str.strip, cells), strict=False)), name, lines.line_num)
                found.setdefault(table, []).append(row)
    except csv.Error as error:
        raise ReportError(f"this is no valid CSV: {error}", file=name, line=lines.line_num) from error
    if not found:
        raise ReportError("no figure stands in this file; it needs a row below its header", file=name)
    return found


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read(_MOST_BYTES)
    except OSError as error:
        raise ReportError(f"--factors: cannot be read: {error.strerror}", file=plain(path)) from error
    except UnicodeDecodeError as error:
        raise ReportError("--factors: this is no text in UTF-8", file=plain(path)) from error
    return text.replace("\0", "\ufffd")


def _check_header(header: list[str], name: str) -> None:
    lacking = [column for column in _NEEDED if column not in header]
    if lacking:
        raise ReportError(
            f"the header lacks {', '.join(lacking)}; it is table,{','.join(COLUMNS)} and the columns of the table's "
            "own, as 'carbon-report factors --csv' writes them", file=name, line=1,
        )  # fmt: skip
    twice = sorted({column for column in header if column and header.count(column) > 1})
    if twice:
        raise ReportError(f"the header has {twice[0]} twice", file=name, line=1)


def _row(cells: Cells, name: str, line: int) -> tuple[str, OwnRow]:
    """One line as a row of its table. Raises ReportError with the line where it cannot be one."""
    try:
        table = _table(cells)
        _check(cells)
        _complete(table, cells)
    except ReportError as error:
        raise ReportError(error.message, file=name, line=line) from error
    row = OwnRow(cells.get(column, "") for column in (*COLUMNS, *OWN_COLUMNS[table]))
    row.origin = f"{name}:{line}"
    return table, row


def _table(cells: Cells) -> str:
    """The table that a row belongs to: as its column says, else the one whose key it has, else by its country."""
    told = cells.get("table", "")
    if told:
        if told in KINDS:
            return told
        raise tables.missing("table", told, KINDS, "there are " + ", ".join(KINDS))
    holding = [table for table in KINDS if any(row[KEY] == cells["key"] for row in tables.bundled(table))]
    if len(holding) == 1:
        return holding[0]
    if not holding and _country(cells):
        return "intensity"
    raise ReportError(f"'{plain(cells['key'], 40)}': the table is not told; add the column table: {', '.join(KINDS)}")


def _check(cells: Cells) -> None:
    """Hold what every row must have: source, finite numbers, a range around the value, a year. Raises ReportError."""
    for column in _NEEDED:
        if not cells.get(column):
            advice = "say where the figure was published" if column == "source" else f"fill in the column {column}"
            raise ReportError(f"a figure without {column}; {advice}")
    value, low, high = (_number(cells, column) for column in ("value", "low", "high"))
    if value is not None and (low is not None or high is not None):
        low, high = value if low is None else low, value if high is None else high
        if low > high:
            raise ReportError(f"low {low:g} is above high {high:g}; exchange them")
        if not low <= value <= high:
            raise ReportError(f"the value {value:g} lies outside of its range {low:g} to {high:g}")
    year = cells.get("year", "")
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        raise ReportError(f"year: '{plain(year, 40)}' is no year; write one such as 2025")


def _number(cells: Cells, column: str) -> float | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ReportError(f"{column}: '{plain(text, 40)}' is no finite number")
    return number


def _complete(table: str, cells: Cells) -> None:
    """Fill in what the row leaves out, and hold its unit to its table."""
    if table in _MEANING:
        _MEANING[table](cells)
    cells["role"] = cells.get("role") or "default"
    cells["label"] = cells.get("label") or cells["key"]
    cells["boundary"] = cells.get("boundary") or "boundary not told"
    cells["source"] = sources.own(cells["source"], cells.get("licence", ""), cells.get("year", ""))


def _intensity(cells: Cells) -> None:
    country = _country(cells)
    if country is None:
        raise ReportError(f"'{plain(cells['key'], 40)}': name the grid FRA or US-CA, or fill in the column country")
    whole = _country({"key": cells["key"]}) == country and "-" not in cells["key"]
    cells["country"] = country
    if whole:
        cells["key"] = country
        cells["label"] = cells.get("label") or places.country_name(country)
    cells["role"] = cells.get("role") or ("default" if whole else "subnational")
    if "marginal" in cells.get("boundary", "").casefold() and cells["role"] == "default":
        raise ReportError("a marginal intensity is no grid's default; give it the role alternative")
    _in_grams(cells)


def _cloud(cells: Cells) -> None:
    provider, colon, region = cells["key"].partition(":")
    if not (colon and region):
        raise ReportError(f"'{plain(cells['key'], 40)}': a cloud region is written PROVIDER:REGION")
    known = places.cloud_region(places.provider(provider), region)
    cells["key"] = f"{places.provider(provider)}:{region.casefold()}"
    cells["country"] = places.country(cells.get("country") or (known[tables.COUNTRY] if known else ""))
    _in_grams(cells)


def _in_grams(cells: Cells) -> None:
    """Bring an intensity to gCO2e/kWh; the note keeps how it was given."""
    given = f"{cells['value']} {cells['unit']}"
    try:
        scale = units.parse(f"1 {cells['unit']}", "gCO2e/kWh")
    except ReportError as error:
        unit = plain(cells["unit"], 40)
        raise ReportError(f"'{unit}' is no unit of an intensity; write one such as g/kWh") from error
    if float(cells["value"]) < 0:
        raise ReportError(f"an intensity cannot be below 0: {plain(given, 40)}")
    if scale != 1.0:
        cells["note"] = "; ".join(filter(None, (f"given as {given}", cells.get("note", ""))))
        for column in ("value", "low", "high"):
            if cells.get(column):
                cells[column] = repr(float(cells[column]) * scale)
    if cells["unit"] != "gCO2/kWh":
        cells["unit"] = "gCO2e/kWh"


def _pue(cells: Cells) -> None:
    if cells["unit"].casefold() not in {"ratio", "1", "ratio (pue)"} or float(cells["value"]) < 1:
        raise ReportError(f"a PUE is a ratio of 1 or more, not {plain(cells['value'], 20)} {plain(cells['unit'], 20)}")
    cells["unit"] = "ratio"


def _social_cost(cells: Cells) -> None:
    money, slash, mass = cells["unit"].partition("/")
    if not (money and slash):
        raise ReportError(f"'{plain(cells['unit'], 40)}' is no social cost; write a unit such as USD2020/tCO2")
    try:
        units.factor("kgCO2e", mass)
    except ReportError as error:
        raise ReportError(f"'{plain(cells['unit'], 40)}' is no social cost: a cost is that of a tCO2") from error
    series, _, country = cells["key"].partition(":")
    cells["series"] = cells.get("series") or series
    cells["country"] = cells.get("country") or country


def _design_power(cells: Cells) -> None:
    if cells["unit"] not in {"W", "W/GB"}:
        raise ReportError(f"'{plain(cells['unit'], 40)}' is no design power; write it in W (memory: W/GB)")
    if cells.get("category") not in {"cpu", "gpu", "tpu", "memory"}:
        raise ReportError("a design power needs the column category: cpu, gpu, tpu or memory")
    cells["label"] = cells.get("label") or cells["key"]
    cells["key"] = hardware.model_key(cells["key"])


def _embodied(cells: Cells) -> None:
    mass, slash, thing = cells["unit"].partition("/")
    lifetime = cells.get("category") == "lifetime" and cells["unit"] == "year"
    if not lifetime and (not (slash and thing) or mass not in {"kgCO2e", "kgCO2", "kg"}):
        raise ReportError(f"'{plain(cells['unit'], 40)}' is no embodied emission; write a unit such as kgCO2e/unit")
    cells["label"] = cells.get("label") or cells["key"]
    cells["key"] = cells["key"] if lifetime else hardware.model_key(cells["key"])


def _equivalent(cells: Cells) -> None:
    mass = cells["unit"].partition("/")[0].partition(" ")[0]
    try:
        units.parse(f"1 {mass}", "kgCO2e")
    except ReportError as error:
        raise ReportError(f"'{plain(cells['unit'], 40)}' is no mass of CO2e, such as kgCO2e/km") from error


def _country(cells: Cells) -> str | None:
    """The country of a grid: its own column, else its key or the part before the hyphen (US-CA)."""
    for text in (cells.get("country", ""), cells["key"], cells["key"].partition("-")[0]):
        try:
            return places.country(text)
        except ReportError:
            continue
    return None


def _identity(table: str, row: Row) -> tuple[str, ...]:
    return (row[KEY], row[CATEGORY]) if table == "tdp" else (row[KEY],)


_MEANING = {
    "intensity": _intensity,
    "cloud_regions": _cloud,
    "pue": _pue,
    "social_cost": _social_cost,
    "equivalents": _equivalent,
    "tdp": _design_power,
    "embodied": _embodied,
    "generation": _in_grams,
}
