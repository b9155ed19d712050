"""eco2AI's emission.csv of every generation: the prototype, tabs (0.1), quotes (0.2), ids and epochs (0.3), its forks.

What a naive reader gets wrong: ``power_consumption`` is an energy; the rows of one id are epochs of a training, which
add up, while a run outside of training has one row that is rewritten; development versions wrote a tabbed header above
rows with commas; the PUE is inside the energy from 0.2.7 on and stands nowhere; an encoded file holds no numbers.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import units
from reporter.errors import ReportError, plain
from reporter.importers.base import BadCell, Bound, Column, Importer, moment, number, text
from reporter.importers.head import encoding_of
from reporter.importers.table import Table
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log
    from reporter.importers.table import Row

#: Fields, the column's name without its unit, and the unit that eco2AI writes.
_NUMBERS = {
    "energy_kwh": ("power_consumption", "kWh"),
    "cpu_energy_kwh": ("cpu_power_consumption", "kWh"),  # of forks, as the next two
    "gpu_energy_kwh": ("gpu_power_consumption", "kWh"),
    "ram_energy_kwh": ("ram_power_consumption", "kWh"),
    "reported_emissions_kg": ("co2_emissions", "kgCO2e"),
}
_TEXTS = {
    "id": ("id",), "project": ("project_name",), "experiment": ("experiment_description",), "epoch": ("epoch",),
    "cpu": ("cpu_name",), "gpu": ("gpu_name",), "system": ("os",), "place": ("region/country", "country"),
}  # fmt: skip
_TOTALS = ("energy_kwh", "cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh", "reported_emissions_kg", "duration_s")
_SPELLED = {
    "kwth": "kWh", "kwh": "kWh", "wh": "Wh", "j": "J", "kj": "kJ", "sec": "s", "seconds": "s", "hours": "h",
    **{mass: f"{mass}CO2e" for mass in ("mg", "g", "kg", "t", "lb")},
}  # fmt: skip
_DEFAULTS = ("default project name", "deafult project name", "no experiment description", "none", "n/a")
_NO_EPOCH = ("", "n/a", "nan", "none")
_PIECES = pattern(r"(.*?)(?:/[0-9.]+ TDP:)?\s*/?\s*([0-9]{1,9}) device\(s\).*", re.DOTALL)
_PLACE = pattern(r"\(?([A-Za-z]{2})(?:/(.*?))?\)?|(.+)/([A-Z]{2})")
_COMMA = pattern(r"[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
#: Mean power of a run, in W, below which eco2AI saw no processor, and above which no machine draws it.
IDLE_W, MOST_W = 0.05, 50_000.0


class Line(NamedTuple):
    """One row that could be read, and where it stands."""

    log: Log
    line: int
    fields: dict[str, Any]

    @property
    def epoch(self) -> str:
        """What the row says of its epoch; "" outside of training."""
        told = (self.fields["epoch"] or "").strip()
        return "" if told.lower() in _NO_EPOCH else told


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the eco2AI files of one folder into Runs: one for each id, or for each row where there are no ids."""
    runs: dict[str, list[Line]] = {}
    mine = [log for log in logs if not _is_summary(log)]
    for log in logs:
        if log in mine:
            _read_file(log, runs)
        elif mine:
            log.say("CR038", "eco2AI's sums over another file; not added", level="note")
        else:
            raise log.refuse("these are eco2AI's sums over another file; name that file (emission.csv) instead")
    for identity, rows in runs.items():
        yield _run(identity, _counted(identity, rows))


def _read_file(log: Log, runs: dict[str, list[Line]]) -> None:
    table = Table(log)
    bound, changed = None, -1
    for row in table:
        cells = _cells(row, table)
        if changed != table.changed:
            bound, changed = Bound(_columns(table), table), table.changed
            _decimal(bound, cells)
        assert bound is not None  # noqa: S101 - the table sets its header before its first row
        fields = _fields(cells, row, table, bound)
        if fields is not None:
            identity = fields["id"] or f"{plain(log.path)}:{row.line}"
            runs.setdefault(identity, []).append(Line(log, row.line, fields))
    if not log.rows:
        raise log.refuse("there is a header but no run below it; was the tracker stopped?")
    if log.skipped == log.rows:
        told = next((finding for finding in log.findings if finding.code in {"CR002", "CR003"}), None)
        why = told.message.removesuffix("; row skipped") if told else "see above"
        raise log.refuse(f"none of the {log.rows} rows can be read: {why}")
    if {"id", "region/country"} & set(table.header):
        text = ("since 0.2.7 the energy holds the PUE that eco2AI was told (1 if none), which no log tells; it "
                "is taken as that of the machines")  # fmt: skip
        log.say("CR041", text, level="note")


def _columns(table: Table) -> dict[str, Column]:
    """The columns of this header, each number in the unit that stands in its brackets.

    Raises ReportError for a unit that is none of its kind.
    """
    names = {_base(name): name for name in reversed(table.header)}
    columns: dict[str, Column] = {}
    for field, (base, unit) in _NUMBERS.items():
        name = names.get(base, base)
        written = _unit(name, field, unit, table) if base in names else unit
        columns[field] = number(name, written, required=field == "energy_kwh", exact=field == "reported_emissions_kg")
    duration = names.get("duration") or names.get("time") or "duration"
    columns["duration_s"] = number(duration, _unit(duration, "duration_s", "s", table))
    columns["started_at"] = moment(names.get("start_time", "start_time"))
    for field, bases in _TEXTS.items():
        columns[field] = text(*(names.get(base, base) for base in bases))
    return columns


@lru_cache(4096)
def _base(name: str) -> str:
    return name.partition("(")[0].strip()


def _unit(name: str, field: str, usual: str, table: Table) -> str:
    """The unit in a header's brackets as units.py knows it; where none stands there, eco2AI's own, and told."""
    inside = name.partition("(")[2].partition(")")[0].strip()
    if not inside:
        if "(" not in name and name in table.header:
            table.log.say("CR008", f"{plain(name, 40)}: no unit is told; read as {usual}, which eco2AI writes")
        return usual
    if inside not in _SPELLED:  # the case counts: mWh is no MWh
        head = table.log.head.decode(encoding_of(table.log.head) or "utf-8", "replace")
        found = re.search(rf"\(\s*({re.escape(inside)})\s*\)", head, re.IGNORECASE)
        inside = found[1] if found else inside
    unit = _SPELLED.get(inside, inside)
    wanted = units.of_field(field) or usual
    try:
        if not re.fullmatch(r"[A-Za-z]\w*", unit):
            raise ReportError("")
        units.factor(unit, wanted)
    except ReportError as error:
        text = f"column {plain(name, 40)}: '{plain(inside, 20)}' is no unit that gives {wanted}"
        raise table.log.refuse(text) from error
    return unit


def _cells(row: Row, table: Table) -> list[str]:
    """The cells of a row; one that another version wrote under this header is split by its own delimiter.

    Development versions wrapped rows or cells in asterisks. The comma inside "device(s), TDP:" was not always quoted.
    """
    cells, width = row.cells, len(table.header)
    other = "," if table.delimiter == "\t" else "\t"
    line = table.delimiter.join(cells).strip()
    if len(cells) < width and line.count(other) >= width - 2:
        if line.startswith("*"):
            cells = next(csv.reader([line], delimiter=other, quotechar="*"), [])
            line = cells[0] if len(cells) == 1 else ""
        if line:
            cells = next(csv.reader([line.strip("*")], delimiter=other), [])
    if len(cells) > width:
        for place in range(len(cells) - 1):
            if cells[place].endswith("device(s)") and cells[place + 1].startswith(" TDP:"):
                return [*cells[:place], f"{cells[place]},{cells[place + 1]}", *cells[place + 2 :]]
    return cells


def _decimal(bound: Bound, cells: list[str]) -> None:
    """Expect decimal commas where the first row's energy has one, whatever parts the cells (spreadsheets do that)."""
    place = bound.place("energy_kwh")
    if place is not None and place < len(cells) and _COMMA.fullmatch(cells[place].strip()):
        bound.decimal = ","


def _fields(cells: list[str], row: Row, table: Table, bound: Bound) -> dict[str, Any] | None:
    """The fields of one row, or None where it had to be skipped (told and counted)."""
    log, width = table.log, len(table.header)
    if any(cell.strip() for cell in cells[width:]):
        log.skip(row.line, f"{len(cells)} cells under a header of {width}: an unquoted comma, or two rows in one")
        return None
    short = len(cells) < len([name for name in table.header if name])
    if short and not row.whole:
        log.skip(row.line, f"the last line is cut ({len(cells)} of {width} cells)", "CR003")
        return None
    _refuse_encoded(cells, row, log, bound)
    try:
        fields = bound.read(cells[:width], row.line)
    except BadCell as error:
        log.skip(row.line, str(error))
        return None
    if short and "started_at" in bound and fields["started_at"] is None:
        log.skip(row.line, f"{len(cells)} of {width} cells, and no start time where it should stand")
        return None
    energy, emissions = fields["energy_kwh"], fields["reported_emissions_kg"]
    if energy is None:
        log.skip(row.line, "its header has no column power_consumption")
        return None
    if energy < 0 or (emissions or 0.0) < 0:
        log.skip(row.line, f"{energy:g} kWh and {emissions or 0.0:g} kg: one is below 0")
        return None
    if energy > 1e12:
        log.skip(row.line, f"energy {energy:g} kWh is more than a country uses in a year")
        return None
    if (fields["duration_s"] or 0.0) < 0:
        log.say("CR015", f"duration {fields['duration_s']:g} s is below 0; taken as not told", row.line)
        fields["duration_s"] = None
    return fields


def _refuse_encoded(cells: list[str], row: Row, log: Log, bound: Bound) -> None:
    """Refuse a file of eco2AI's ``encode_file``: its cipher leaves no digit a digit. Raises ReportError."""
    places = [bound.place(field) for field in ("energy_kwh", "duration_s", "reported_emissions_kg")]
    told = [cells[place].strip() for place in places if place is not None and place < len(cells)]
    if len(told) > 1 and all(told) and not any(sign in "0123456789" for cell in told for sign in cell):
        text = "eco2AI encoded this file (encode_file), so that its numbers are letters; name the plain emission.csv"
        raise log.refuse(text, row.line)


def _counted(identity: str, rows: list[Line]) -> list[Line]:
    """The rows of one run that count: each epoch once, or else the row with the most energy; told which."""
    epochs: dict[tuple[object, ...], Line] = {}
    for row in rows:
        if row.epoch:
            values = [f"{row.fields[name] or 0:.6g}" for name in ("energy_kwh", "duration_s")]
            epochs.setdefault((row.epoch, row.fields["started_at"], *values), row)
    counted = list(epochs.values()) or [max(rows, key=lambda row: row.fields["energy_kwh"])]
    first, name = counted[0], plain(identity, 40)
    if len(epochs) > 1:
        first.log.say("CR046", f"run {name}: its {len(epochs)} rows are epochs, and add up", first.line, "note")
    left = [row for row in rows if row not in counted]
    if left and any(row.epoch or row.log is not first.log for row in left):
        text = f"run {name}: {len(left)} of its rows stand here again, or in a copy of this file; each counts once"
        left[0].log.say("CR021", text, left[0].line)
    elif left:
        text = f"run {name}: of its {len(rows)} rows outside of training the one with the most energy counts"
        first.log.say("CR010", text, first.line)
    return counted


def _run(identity: str, rows: list[Line]) -> Run:
    from datetime import timedelta

    first, last = rows[0], rows[-1].fields
    fields = first.fields
    sums: dict[str, Any] = {name: _sum([row.fields[name] for row in rows]) for name in _TOTALS}
    _check_power(sums, first)
    ended, last_s = last["started_at"], last["duration_s"]
    known = ended is not None and last_s is not None and last_s < 1e9
    emissions_kg, energy_kwh = sums["reported_emissions_kg"], sums["energy_kwh"] or 0.0
    told = energy_kwh > 1e-15 and emissions_kg is not None
    cpu, gpu, place = _pieces(fields["cpu"]), _pieces(fields["gpu"]), _place(fields["place"])
    labels = {key: fields[key] for key in ("project", "experiment")}
    return Run(
        id=identity,
        tracker="eco2ai",
        source=first.log.path,
        line=first.line,
        started_at=fields["started_at"],
        ended_at=ended + timedelta(seconds=last_s) if known else None,
        reported_intensity_g_per_kwh=1e3 * (emissions_kg or 0.0) / energy_kwh if told else None,
        country=place[0],
        region=place[1],
        cpu_model=cpu[0],
        gpu_model=gpu[0],
        gpu_count=gpu[1],
        system=fields["system"],
        labels={key: value for key, value in labels.items() if value and value.lower() not in _DEFAULTS},
        **sums,
    )


def _sum(values: list[float | None]) -> float | None:
    """The sum; None where a part of it is not told."""
    import math

    told = [value for value in values if value is not None]
    return math.fsum(told) if len(told) == len(values) else None


def _check_power(sums: dict[str, float | None], first: Line) -> None:
    """Tell a mean power that shows what went wrong; nothing is mended."""
    energy, duration = sums["energy_kwh"], sums["duration_s"]
    if energy is None or not duration or duration < 1:
        return
    power_w = energy * 3.6e6 / duration
    if power_w < IDLE_W:
        text = (f"mean power is {power_w:.2g} W: eco2AI counted next to none of the processor, as in training mode and "
                "from a second start() on; the energy is far too low")  # fmt: skip
        first.log.say("CR027", text, first.line)
    elif power_w > MOST_W:
        text = f"mean power is {power_w / 1e3:.3g} kW; forks write mWh under kWh, which is a million times less"
        first.log.say("CR035", text, first.line)


def _pieces(cell: str | None) -> tuple[str | None, float | None]:
    """Model and number of ``Tesla V100 2 device(s)`` or ``Some CPU/1 device(s), TDP:61.0``; 0.1 put the TDP first."""
    found = _PIECES.fullmatch(cell or "")
    return (found[1] or None, float(found[2])) if found else (cell, None)


def _place(cell: str | None) -> tuple[str | None, str | None]:
    """Country and region of ``IN/Tamil Nadu``, ``FR``, ``(FR/Corsica)``, 0.1's ``Corsica/FR``; or a country's name."""
    found = _PLACE.fullmatch(cell or "")
    return ((found[1] or found[4]).upper(), found[2] or found[3] or None) if found else (cell, None)


def _is_summary(log: Log) -> bool:
    return "total power_consumption" in map(_base, log.header)


def _claims(log: Log) -> bool:
    return _is_summary(log) or _tells_power(log.header)


@lru_cache(256)
def _tells_power(header: tuple[str, ...]) -> bool:
    bases = set(map(_base, header))
    return "power_consumption" in bases and bool({"co2_emissions", "project_name"} & bases)


IMPORTER = Importer(
    name="eco2ai",
    says="eco2AI: emission.csv of every version (prototype to 0.3), runs and epochs; forks",
    home="https://github.com/sb-ai-lab/Eco2AI",
    minds="epochs are deltas and are added; units and decimals as the header says",
    claims=_claims,
    read=read,
)
