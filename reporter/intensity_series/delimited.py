"""Intensity series in delimited text: Electricity Maps, UK Carbon Intensity, NESO, EIA-930, ENTSO-E, plain columns."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reporter import factors
from reporter.errors import Finding, ReportError, plain
from reporter.patterns import pattern

from . import entsoe
from .moments import Clock
from .told import NOT_TOLD, Taken, Told, folded, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from .told import Line, Signal


class Layout(NamedTuple):
    """A service's columns, as ``folded`` writes them; of ``values`` the first that has a figure is taken.

    ``ends`` tells that a moment marks the end of its step, ``step_s`` its length where the service fixes it.
    """

    provider: str
    source: str
    time: str
    values: tuple[str, ...]
    boundary: str
    unit: str = "gCO2e/kWh"
    zone: str | None = None
    named: str | None = None  # the zone where all files are of one
    beside: str | None = None  # a column that must be there too, where the others are common names
    estimated: str | None = None
    ends: bool = False
    step_s: float | None = None


_MAPS = ("Electricity Maps", "electricitymaps_csv", "datetime (utc)")
_EIA = ("EIA-930", "eia930", "utc time")
#: Lifecycle comes before direct: it is what the bundled figures of countries count.
LAYOUTS = (
    Layout(*_MAPS, ("carbon intensity gco2eq/kwh (life cycle)",), "lifecycle", zone="zone id",
           estimated="data estimated"),
    Layout(*_MAPS, ("carbon intensity gco2eq/kwh (lca)",), "lifecycle", zone="zone id", estimated="data estimated"),
    Layout(*_MAPS, ("carbon intensity gco2eq/kwh (direct)",), "direct", zone="zone id", estimated="data estimated"),
    Layout("UK Carbon Intensity", "uk_carbonintensity", "datetime (utc)",
           ("actual carbon intensity (gco2/kwh)", "forecast carbon intensity (gco2/kwh)"), "direct", named="GB"),
    Layout("NESO", "neso_historic", "datetime", ("carbon_intensity",), "direct", named="GB", beside="generation"),
    Layout(*_EIA, ("co2 emissions intensity for consumed electricity",), "direct", "lbCO2e/kWh", "ba", ends=True,
           step_s=3600.0),
    Layout(*_EIA, ("co2 emissions intensity for generated electricity",), "direct", "lbCO2e/kWh", "ba", ends=True,
           step_s=3600.0),
)  # fmt: skip
_TIMES = frozenset("timestamp time datetime date moment start from begin mtu period utc".split())  # noqa: SIM905
_UNIT = pattern(r"(?<![a-z0-9])(mg|g|kg|t|lbs?)[ _]*(?:co2[ _]*(?:e|eq)?)?[ _]*(?:/|per)[ _]*([km]wh)(?![a-z])")
_SAYS_INTENSITY = pattern(r"intensity|carbon|emission|moer|(?<![a-z])ci(?![a-z])")


def read(text: str, name: str, timezone: tzinfo | None) -> Told:
    """A delimited file by the columns that its header names. Raises ReportError with the line for what cannot be."""
    text = text.replace("\0", "\ufffd")
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    numbered = ((lines.line_num, cells) for cells in lines if cells)
    try:
        return of_rows(numbered, name, timezone)
    except csv.Error as error:
        raise ReportError(f"this is no valid CSV: {error}", file=name, line=lines.line_num) from error


def of_rows(numbered: Iterator[Line], name: str, timezone: tzinfo | None) -> Told:
    """A table, its header first, by its columns."""
    header = [folded(cell) for cell in next(numbered, (0, []))[1]]
    for layout in LAYOUTS:
        if {layout.time, layout.values[0]} <= set(header) and (layout.beside is None or layout.beside in header):
            return _by_layout(layout, header, numbered, name)
    if entsoe.claims(header):
        return entsoe.read(header, numbered, name, timezone)
    return _plain_columns(header, numbered, name, timezone)


def _by_layout(layout: Layout, header: list[str], numbered: Iterable[Line], name: str) -> Told:
    time = header.index(layout.time)
    values = [header.index(column) for column in layout.values if column in header]
    zone = header.index(layout.zone) if layout.zone in header else None
    estimated = header.index(layout.estimated) if layout.estimated in header else None
    back = layout.step_s if layout.ends and layout.step_s else 0.0
    clock = Clock(UTC, day_first=False, serial=True)
    taken = Taken(name)
    for line, cells in numbered:
        with taken.at(line, max(time, *values), cells):
            told = [number(cells[column]) if column < len(cells) else None for column in values]
            second = told[0] is None and any(value is not None for value in told)
            taken.add(
                clock.seconds(cells[time].strip()) - back, next((value for value in told if value is not None), None)
            )
            guessed = cells[estimated] if estimated is not None and estimated < len(cells) else ""
            taken.estimated += second or guessed.strip().casefold() in {"true", "1", "yes"}
            if zone is not None and zone < len(cells):
                taken.zone(cells[zone].strip())
    return Told(layout.provider, layout.source, taken.named or layout.named, "average", layout.boundary, layout.unit,
                taken.starts, taken.values, taken.lines, layout.step_s, findings=taken.findings())  # fmt: skip


def _plain_columns(header: list[str], numbered: Iterable[Line], name: str, timezone: tzinfo | None) -> Told:
    """A table with a moment and an intensity in a row; the header tells the unit, signal and boundary if it can."""
    time, value = _time_column(header, name), _value_column(header, name)
    title = header[value]
    match = _UNIT.search(title)
    unit = f"{match[1].removesuffix('s')}CO2e/{match[2][0].replace('m', 'M')}Wh" if match else "gCO2e/kWh"
    signal: Signal = "marginal" if re.search(r"marginal|moer", title) else "average"
    boundary = ("lifecycle" if re.search(r"life.?cycle|lca", title) else
                "direct" if re.search(r"direct|operational|combustion", title) else NOT_TOLD)  # fmt: skip
    zone = next((place for place, cell in enumerate(header) if cell in {"zone", "zone id", "area", "region"}), None)
    clock = Clock(UTC if re.search(r"\butc\b|\bgmt\b|_utc", header[time]) else timezone)
    if header[time].startswith("mtu"):
        clock = entsoe.clock(header[time], timezone)
    taken = Taken(name)
    for line, cells in numbered:
        with taken.at(line, max(time, value), cells):
            taken.add(clock.seconds(entsoe.first_moment(cells[time])), number(cells[value]))
            if zone is not None and zone < len(cells):
                taken.zone(cells[zone].strip())
    found = list(taken.findings())
    if match is None:
        found.append(Finding("CR116", "warning", "the header of the series names no unit; read as g/kWh", f"{name}:1"))
    if boundary == NOT_TOLD:
        text = "the series does not tell whether its intensity is lifecycle or direct"
        found.append(Finding("CR116", "note", text, f"{name}:1"))
    base = name.replace("\\", "/").rpartition("/")[2]
    year = f"{datetime.fromtimestamp(taken.starts[0], UTC).year}" if taken.starts else ""
    source = factors.own_source(f"Intensity series {base}", year=year)
    return Told("intensity series", source, taken.named, signal, boundary, unit, taken.starts, taken.values,
                taken.lines, findings=tuple(found))  # fmt: skip


def _time_column(header: list[str], name: str) -> int:
    found = [place for place, cell in enumerate(header) if _TIMES & set(re.split(r"[^a-z]+", cell))]
    if not found:
        shown = plain(", ".join(header), 100)
        raise ReportError(f"no column of moments, such as timestamp, among '{shown}'", file=name, line=1)
    return found[0]


def _value_column(header: list[str], name: str) -> int:
    """The column of intensities: the one whose header has such a unit, else the one that says so in words.

    Raises ReportError where none or several do, or where the one that says so has a unit that is no intensity's.
    """
    by_unit = [place for place, cell in enumerate(header) if _UNIT.search(cell)]
    by_word = [place for place, cell in enumerate(header) if _SAYS_INTENSITY.search(cell) and "percent" not in cell]
    found = by_unit or by_word
    shown = plain(", ".join(header[place] for place in found) if len(found) > 1 else ", ".join(header), 120)
    if len(found) > 1:
        raise ReportError(f"several columns may be the intensity: '{shown}'; keep one", file=name, line=1)
    if not found:
        advice = "name its unit in the header, such as 'timestamp,intensity (gCO2e/kWh)'"
        raise ReportError(f"no column has a unit of an intensity among '{shown}'; {advice}", file=name, line=1)
    other = re.search(r"[(\[]([^)\]]+)[)\]]|\bper\b.*|/.*", header[found[0]])
    if not by_unit and other:
        text = f"'{plain(header[found[0]], 60)}' has no unit of an intensity; write one such as gCO2e/kWh"
        raise ReportError(text, file=name, line=1)
    return found[0]
