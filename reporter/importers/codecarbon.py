"""CodeCarbon's emissions.csv of every generation (0.x to 3.3), its task files and its chains of .bak files.

What a naive reader gets wrong: every row of a run_id holds the running total, so only the largest counts; a task
file's rows are parts of a run that emissions.csv may hold as well; from 2.2.3 all energies include the PUE; versions
3.1.1 to 3.2.3 spread one log over .bak files; 3.2.9 to 3.3.0 left empty cells out, so that rows are short and their
tails shifted; older tools wrote energies of several trackers at once into one broken line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers.backups import age, stem
from reporter.importers.base import BadCell, Bound, Importer, number
from reporter.importers.blocks import stretches
from reporter.importers.codecarbon_frames import follows, sieve
from reporter.importers.codecarbon_runs import COLUMNS, PARTS, Tally, checked, make, tell_cumulative
from reporter.importers.table import Row, Table
from reporter.importers.table import number as read_number
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reporter.importers.blocks import Sifted
    from reporter.importers.codecarbon_frames import Chain
    from reporter.importers.logs import Log
    from reporter.run import Run

#: Columns before the first that CodeCarbon may leave empty: in a short row these stand where the header says.
_STEADY = ("id", "ended_at", "duration_s", "energy_kwh", "reported_emissions_kg", "cpu_energy_kwh", "gpu_energy_kwh",
           "ram_energy_kwh", "cpu_power_w", "gpu_power_w", "ram_power_w", "project", "country")  # fmt: skip
_VERSION = pattern(r"[0-9]+\.[0-9]+\.[0-9]+\S*")
_COUNTRY = pattern("[A-Z]{3}")
_UUID = pattern(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class _Tasks:
    """The tasks of one run: their rows are parts, and add up."""

    log: Log
    line: int
    rows: list[dict[str, Any]] = field(default_factory=list)

    def total(self, name: str) -> float | None:
        values = [row[name] for row in self.rows]
        return None if None in values else math.fsum(values)  # a sum that lacks a part would pass for the whole


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the CodeCarbon files of one folder into Runs, rows of one run_id counted once wherever they lie."""
    runs: dict[str, Tally] = {}
    tasks: dict[str, _Tasks] = {}
    for log in sorted(logs, key=lambda log: age(log.name)):
        _read_file(log, runs, tasks)
    for log in logs:
        _tell_siblings(log, logs, runs)
    tell_cumulative(runs.values())
    for identity, tally in runs.items():
        yield _run(identity, tally, tasks.pop(identity, None))
    for identity, parts in tasks.items():
        yield _run_of_tasks(identity, parts)


def _read_file(log: Log, runs: dict[str, Tally], tasks: dict[str, _Tasks]) -> None:
    table = Table(log)
    bound, changed = None, -1
    for stretch in stretches(table, lambda: _sieve(table)):
        chains: dict[str, Chain] = {} if stretch.sifted is None else stretch.sifted.told
        every = not follows(chains, runs)
        for row in stretch.rows(every=every):
            if changed != table.changed:
                bound, changed = Bound(_columns(table), table), table.changed
            assert bound is not None  # noqa: S101 - the table sets its header before its first row
            _take(row, _fields(row, table, bound), runs, tasks, log)
        for identity, chain in chains.items() if not every else ():
            if chain.needed < chain.rows:
                runs[identity].rows += chain.rows - chain.needed
    if not log.rows:
        raise log.refuse("there is a header but no run below it; was the tracker stopped?")
    if log.skipped == log.rows:
        raise log.refuse(f"none of the {log.rows} rows can be read: {_reason(log)}")


def _take(
    row: Row, fields: dict[str, Any] | None, runs: dict[str, Tally], tasks: dict[str, _Tasks], log: Log
) -> None:
    """Bring one row in, if it could be read: into its run, or as one of its tasks."""
    if fields is None:
        return
    identity = fields.get("id") or f"{plain(log.path)}:{row.line}"
    if fields.get("task"):
        tasks.setdefault(identity, _Tasks(log, row.line)).rows.append(fields)
    elif identity in runs:
        runs[identity].add(fields, log, row.line)
    else:
        runs[identity] = Tally(log, row.line, fields)


def _sieve(table: Table) -> Callable[[bytes], Sifted | None]:
    """What sifts the blocks of a long log; nothing does where rows of 1.x may stand under the header of a 0.x file."""
    if table.header[:2] == ("experiment_id", "timestamp"):
        return lambda _: None
    return sieve(Bound(_columns(table, quiet=True), table))


def _reason(log: Log) -> str:
    told = next((finding for finding in log.findings if finding.code in {"CR002", "CR003"}), None)
    if told is None:
        return "see above"
    return f"line {str(told.where).rpartition(':')[2]}: {told.message.removesuffix('; row skipped')}"


def _columns(table: Table, *, quiet: bool = False) -> dict[str, Any]:
    """The columns to read; where the total is missing but its parts are there, the parts stand in."""
    columns = dict(COLUMNS)
    if "energy_consumed" not in table.header:
        columns["energy_kwh"] = number("energy_consumed", "kWh")
        if not quiet:
            table.log.say("CR013", "no column energy_consumed; cpu_energy + gpu_energy + ram_energy are used instead")
    return columns


def _fields(row: Row, table: Table, bound: Bound) -> dict[str, Any] | None:
    """The fields of one row, or None where it had to be skipped (told and counted)."""
    log, width = table.log, len(table.header)
    if any(cell.strip() for cell in row.cells[width:]):
        log.skip(row.line, f"{len(row.cells)} cells under a header of {width}: an unquoted comma, or two rows in one")
        return None
    cells = row.cells[:width]
    _unswap(cells, table)
    short = len(cells) < len(_named(table.header))
    if short and not row.whole:
        log.skip(row.line, f"the last line is cut ({len(cells)} of {width} cells)", "CR003")
        return None
    try:
        fields = bound.read(cells, row.line) if not short else _realigned(cells, table, bound, row.line)
    except BadCell as error:
        log.skip(row.line, str(error))
        return None
    return checked(fields, log, row.line)


def _unswap(cells: list[str], table: Table) -> None:
    """1.x wrote under the header of a 0.x file: timestamp and experiment_id, its first two columns, changed places."""
    if table.header[:2] == ("experiment_id", "timestamp") and len(cells) > 1 and _UUID.fullmatch(cells[1].strip()):
        cells[0], cells[1] = cells[1], cells[0]


def _realigned(cells: list[str], table: Table, bound: Bound, line: int) -> dict[str, Any]:
    """Read a row of 3.2.9 to 3.3.0, which lacks its empty cells: the steady columns, and what the tail proves.

    Raises BadCell where even the steady columns cannot be trusted.
    """
    places = [place for name in _STEADY if (place := bound.place(name)) is not None]
    if not places or len(cells) <= max(places):
        raise BadCell(f"{len(cells)} cells under a header of {len(table.header)}")
    fields = bound.read(cells[: max(places) + 1], line)
    parts = [fields[name] for name in PARTS if fields[name] is not None]
    whole = math.fsum(parts) if fields["energy_kwh"] is None else fields["energy_kwh"]
    if len(parts) == len(PARTS) and not math.isclose(math.fsum(parts), whole, rel_tol=1e-6, abs_tol=1e-12):
        raise BadCell(f"{len(cells)} cells under a header of {len(table.header)}, and the energies do not add up")
    tail = cells[max(places) + 1 :]
    versions = [cell for cell in tail if _VERSION.fullmatch(cell.strip())]
    fields["tracker_version"] = versions[-1].strip() if versions else None
    fields["tracking_mode"] = next((cell for cell in tail if cell in {"machine", "process"}), None)
    fields["reported_pue"] = _pue_of_tail(tail, table)
    if "country_iso_code" in table.header and not _COUNTRY.fullmatch(fields["country"] or ""):  # it was empty as well
        fields["country"] = None
    table.log.say("CR004", f"{len(cells)} of {len(table.header)} cells: CodeCarbon left its empty ones out; "
                  "energies and emissions stand before the gap, the rest was found by its form", line)  # fmt: skip
    return fields


@cache
def _named(header: tuple[str, ...]) -> tuple[str, ...]:
    """The header without the empty columns at its end."""
    return header[: max((place for place, name in enumerate(header, 1) if name), default=0)]


def _pue_of_tail(tail: list[str], table: Table) -> float | None:
    """The PUE of a short row: the header ends in on_cloud, pue, wue, and the last two are never left out."""
    if _named(table.header)[-3:] != ("on_cloud", "pue", "wue") or len(tail) < 3 or tail[-3] not in {"Y", "N"}:
        return None
    try:
        return read_number(tail[-2])
    except ValueError:
        return None


def _tell_siblings(log: Log, logs: Sequence[Log], runs: dict[str, Tally]) -> None:
    """Where one file of a chain was named alone, tell what the others of its folder would add."""
    named = {other.name for other in logs if stem(other.name) == stem(log.name)}
    missing = [name for name in log.names() if stem(name) == stem(log.name) and name not in named]
    if log.name != min(named):  # one of a chain speaks for all that were named
        return
    more: dict[str, Tally] = {}
    for name in missing:
        sibling = log.beside(name)
        if sibling is not None and _claims(sibling):
            try:
                _read_file(sibling, more, {})
            except Exception as error:
                log.say("CR011", f"{plain(name)} lies beside and cannot be read: {plain(error)}")
            sibling.again()
    known = {identity: tally.best["energy_kwh"] for identity, tally in runs.items()}
    grown = [max(0.0, tally.best["energy_kwh"] - known.get(identity, 0.0)) for identity, tally in more.items()]
    new = sum(identity not in known for identity in more)
    if new or any(grown):
        names = ", ".join(map(plain, missing[:3])) + (", ..." if len(missing) > 3 else "")
        log.say("CR011", f"{names} beside it would add {new} runs and {math.fsum(grown):.6g} kWh "
                "(with the tracker's PUE); name the folder to count them")  # fmt: skip


def _run(identity: str, tally: Tally, tasks: _Tasks | None) -> Run:
    fields = tally.fields()
    if tasks is not None:
        # start_task resets the clock of the whole run, so the run's own duration is that of its last task.
        fields["duration_s"] = tasks.total("duration_s")
        count = len(tasks.rows)
        tasks.log.say("CR012", f"run {plain(identity, 40)}: {count} task rows are parts of it and not added again",
                      tasks.line, "note")  # fmt: skip
    return make(identity, fields, tally.log, tally.line)


def _run_of_tasks(identity: str, tasks: _Tasks) -> Run:
    """A run of which only the task file is there: the tasks add up; what ran between them is not known."""
    first = dict(tasks.rows[0])
    for name in ("duration_s", "energy_kwh", "reported_emissions_kg", *PARTS):
        first[name] = tasks.total(name)
    first["ended_at"] = tasks.rows[-1].get("ended_at")
    tasks.log.say("CR012", f"run {plain(identity, 40)}: {len(tasks.rows)} tasks added up; what ran between them is "
                  "in emissions.csv alone", tasks.line)  # fmt: skip
    return make(identity, first, tasks.log, tasks.line)


def _claims(log: Log) -> bool:
    header = set(log.header)
    if not {"duration", "emissions"} <= header or header & {"emissions_sum", "runid"}:
        return False
    energy = bool(header & {"energy_consumed", "cpu_energy"})
    return energy and bool({"task_name", "country_name", "country", "country_iso_code"} & header)


IMPORTER = Importer(
    name="codecarbon",
    says="CodeCarbon: emissions.csv of every version, task files, .bak chains",
    home="https://github.com/mlco2/codecarbon",
    minds="rows of one run are running totals and count once; PUE is inside the "
    "energies from 2.2.3; shifted rows of 3.2.9–3.3.0 are repaired",
    claims=_claims,
    read=read,
)
