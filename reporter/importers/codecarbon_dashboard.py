"""The files of CodeCarbon's dashboard and API: experiments that hold runs that hold emissions, each energy once."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers.codecarbon_runs import PARTS, checked, fields_of
from reporter.importers.table import Table
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporter.importers.logs import Log

#: What one run's deltas add up to; what else a delta tells is the same in all.
_SUMMED = ("duration_s", "energy_kwh", "reported_emissions_kg", *PARTS)
_RENAMED = {"runid": "run_id", "emissions_sum": "emissions", "provider": "cloud_provider"}
_RUNS = pattern(r"(?P<top>.+?)_runs\.csv", re.IGNORECASE)
_EMISSIONS = pattern(r"(?P<top>.+?)_run_(?P<id>[^_]+)_emissions\.csv", re.IGNORECASE)
_EXPERIMENTS = "_experiments.csv"
_COUNT = pattern(r"[0-9]+(\.0)?|null|undefined|N/A|None", re.IGNORECASE)
#: Details hold the whole of what is above them if they add up to as much: figures in the files are not rounded.
_WHOLE = 0.99


@dataclass(slots=True)
class Record:
    """One run, or one experiment as a whole: its fields as in emissions.csv, and where it lies in the project."""

    id: str
    fields: dict[str, Any]
    log: Log
    line: int
    experiment: str | None = None  # the id of the experiment that a run belongs to, where told

    @property
    def energy_kwh(self) -> float:
        """The energy as logged, with any PUE."""
        return float(self.fields["energy_kwh"])


def runs_of(logs: Sequence[Log]) -> list[Record]:
    """The runs of one folder's files, and the experiments of which no runs lie there. Told where files nest."""
    experiments: dict[str, Record] = {}
    runs: dict[str, Record] = {}
    again = 0
    for log in sorted(logs, key=_detail):
        for record in _records(log):
            if _detail(log) == 0:
                experiments[record.id] = record
                continue
            known = runs.get(record.id)
            again += known is not None
            runs[record.id] = record if known is None else _merged(known, record)
        if not log.rows:
            raise log.refuse("there is a header but no row below it; export it again once the runs are there")
        if log.skipped == log.rows:
            raise log.refuse(f"none of the {log.rows} rows can be read")
        log.say("CR041", "CodeCarbon's energies include the PUE that it was given (1 unless set), which this file does "
                "not tell; taken as the energy of the machines", level="note")  # fmt: skip
    if again:
        next(iter(runs.values())).log.say("CR011", f"{again} runs stand in several of the dashboard's files here and "
                                          "count once, as the most detailed tells them", level="note")  # fmt: skip
    return _unnested(experiments, runs)


def _detail(log: Log) -> int:
    """How detailed a file is: experiments, runs, then what adds up to runs."""
    if "runid" in log.header:
        return 1
    return 0 if log.header[:2] == ("experiment_id", "name") else 2


def _merged(known: Record, record: Record) -> Record:
    """One run of two files: what the more detailed tells, and of the rest what the other does."""
    told = {name: value for name, value in record.fields.items() if value is not None}
    return Record(record.id, {**known.fields, **told}, record.log, record.line, record.experiment or known.experiment)


def _records(log: Log) -> Iterator[Record]:
    if not log.header or log.head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        yield from _of_json(log)
    elif _detail(log) == 2:
        yield from _of_deltas(log)
    else:
        yield from _of_rows(log)


def _of_rows(log: Log) -> Iterator[Record]:
    table = Table(log)
    for row in table:
        cells = _aligned(row.cells, table.header)
        if cells is None:
            log.skip(row.line, f"{len(row.cells)} cells under a header of {len(table.header)}")
            continue
        fields = _checked(cells, log, row.line)
        if fields is None:
            continue
        if "runid" in table.header:
            fields["ended_at"] = _later(fields["ended_at"], fields["duration_s"])  # the stamp is that of the start
            yield Record(fields["id"] or f"{plain(log.path)}:{row.line}", fields, log, row.line)
        else:
            fields["experiment"] = cells["name"].strip() or None
            yield Record(fields["experiment_id"] or f"{plain(log.path)}:{row.line}", fields, log, row.line)


def _checked(entry: dict[str, Any], log: Log, line: int) -> dict[str, Any] | None:
    named = {_RENAMED.get(name, name): value for name, value in entry.items()}
    fields = fields_of(named, log, line)
    return None if fields is None else checked(fields, log, line)


def _aligned(cells: list[str], header: tuple[str, ...]) -> dict[str, str] | None:
    """Cells by name, counted from both ends: a comma in a name, which nothing quotes, adds a cell in the middle."""
    extra = len(cells) - len(header)
    if extra <= 0:
        return dict(zip(header, cells, strict=False)) if extra == 0 or "runid" in header else None
    if "name" in header and "runid" not in header:
        front = header.index("name")
        back = len(header) - front - 1
        name = ",".join(cells[front : len(cells) - back])
        return dict(zip(header, [*cells[:front], name, *cells[len(cells) - back :]], strict=True))
    front = header.index("cpu_model") if "cpu_model" in header else len(header)
    if header[front + 2 : front + 3] != ("gpu_model",):  # with the count of GPUs between them, as it is written
        return None
    back = len(header) - front - 3
    middle = cells[front : len(cells) - back]
    count = next((place for place, cell in enumerate(middle) if place and _COUNT.fullmatch(cell.strip())), len(middle))
    named = [",".join(middle[:count]), "".join(middle[count : count + 1]), ",".join(middle[count + 1 :])]
    return dict(zip(header, [*cells[:front], *named, *cells[len(cells) - back :]], strict=True))


def _of_deltas(log: Log) -> Iterator[Record]:
    """Rows of emissions, each what came since the row before: of one run, or with a column of run ids."""
    table = Table(log)
    name = _EMISSIONS.fullmatch(log.name)
    alone = name["id"] if name else plain(log.name.rpartition(".")[0] or log.name, 80)
    parts: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for row in table:
        if len(row.cells) < len(table.header) and not row.whole:
            log.skip(row.line, f"the last line is cut ({len(row.cells)} of {len(table.header)} cells)", "CR003")
            continue
        fields = _checked(dict(zip(table.header, row.cells, strict=False)), log, row.line)
        if fields is not None:
            parts.setdefault(fields["id"] or alone, []).append((row.line, fields))
    for identity, rows in parts.items():
        whole = _total([fields for _, fields in rows])
        yield Record(identity, whole, log, rows[0][0], whole["experiment_id"])


def _total(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The deltas of one run added up; a sum that lacks a part would pass for the whole, and is not told."""
    whole = dict(parts[-1])
    for name in _SUMMED:
        values = [part.get(name) for part in parts]
        known = [value for value in values if value is not None]
        whole[name] = math.fsum(known) if len(known) == len(values) else None
    stamps = [part["ended_at"] for part in parts if part.get("ended_at")]
    if len({stamp.tzinfo is None for stamp in stamps}) == 1:
        whole["ended_at"] = max(stamps)
    return whole


def _of_json(log: Log) -> Iterator[Record]:
    """The dashboard's dump: projects, their experiments, their runs, their emissions."""
    from reporter.importers.json_documents import whole

    document = whole(log)
    for project in _list(document.get("projects") if isinstance(document, dict) else None):
        for experiment in _list(project.get("experiments")):
            runs = _list(experiment.get("runs"))
            common = {"project_name": project.get("name"), "experiment_name": experiment.get("name")}
            number = str(experiment.get("experiment_id") or experiment.get("id") or "")
            for entry in runs or [{**experiment, "runs": None}]:
                log.rows += 1
                fields = _of_run(entry, common, log)
                if fields is not None:
                    identity = entry.get("runId") or entry.get("id") or number or f"{plain(log.path)}:{log.rows}"
                    yield Record(plain(identity, 80), fields, log, log.rows, number)


def _of_run(entry: dict[str, Any], common: dict[str, Any], log: Log) -> dict[str, Any] | None:
    metadata = entry.get("metadata")
    known = {**common, **(metadata if isinstance(metadata, dict) else {})}
    deltas = _list(entry.get("emissions"))
    if not deltas:
        single = {**known, **entry}
        single["emissions"] = entry.get("emissions_value", entry.get("emissions"))
        return _checked(single, log, log.rows)
    rows = [_checked({**known, **delta}, log, log.rows) for delta in deltas]
    kept = [fields for fields in rows if fields is not None]
    if not kept:
        return None
    whole = _total(kept)
    told = entry.get("duration")
    if whole["duration_s"] is None and isinstance(told, int | float) and 0 <= told < 1e12:
        whole["duration_s"] = float(told)
    return whole


def _list(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _later(moment: Any, seconds: float | None) -> Any:
    from datetime import timedelta

    return moment + timedelta(seconds=seconds) if moment and seconds is not None and 0 <= seconds < 1e9 else None


# --- experiments hold runs --------------------------------------------------------------------------------------------


def _unnested(experiments: dict[str, Record], runs: dict[str, Record]) -> list[Record]:
    """Runs, and experiments that no runs here make up: of what nests, the details where they are whole."""
    left = dict(experiments)
    dropped: set[str] = set()
    for identity, experiment in experiments.items():
        mine = [run for run in runs.values() if _belongs(run, experiment)]
        _choose([experiment], mine, left, dropped)
        dropped |= {run.id for run in mine if identity in left}
    assigned = {run.id for run in runs.values() for experiment in experiments.values() if _belongs(run, experiment)}
    for top in {_top(record) for record in left.values()}:
        above = [record for record in left.values() if _top(record) == top]
        free = [run for run in runs.values() if run.id not in assigned and not run.experiment]
        mine = [run for run in free if _top(run) in {top, None}]
        _choose(above, mine, left, dropped)
    return [*(run for identity, run in runs.items() if identity not in dropped), *left.values()]


def _choose(above: Sequence[Record], details: Sequence[Record], left: dict[str, Record], dropped: set[str]) -> None:
    """Keep the experiments or their runs, whichever hold more energy; the runs where both hold the same."""
    if not above or not details:
        return
    whole_kwh, details_kwh = _sum(above), _sum(details)
    held = details_kwh >= _WHOLE * whole_kwh
    text = f"{len(above)} experiments ({whole_kwh:.6g} kWh) hold {len(details)} runs beside ({details_kwh:.6g} kWh)"
    above[0].log.say("CR011", f"{text}; the {'runs' if held else 'experiments'} count", level="note")
    for record in above if held else ():
        left.pop(record.id, None)
    dropped |= set() if held else {record.id for record in details}


def _sum(records: Iterable[Record]) -> float:
    return math.fsum(record.energy_kwh for record in records)


def _belongs(run: Record, experiment: Record) -> bool:
    """Whether a run is the experiment's: its id says so, or its file is named after it."""
    if run.experiment:
        return run.experiment == experiment.id
    name, top = experiment.fields.get("experiment"), _top(experiment)
    return bool(name and top) and _stem(run) == f"{top}_{'_'.join(str(name).split())}".lower()


def _stem(run: Record) -> str | None:
    match = _EMISSIONS.fullmatch(run.log.name) or _RUNS.fullmatch(run.log.name)
    return match["top"].lower() if match else None


def _top(record: Record) -> str | None:
    """The project that a file is named after; None where its name tells none."""
    name = record.log.name.lower()
    return name.removesuffix(_EXPERIMENTS) if name.endswith(_EXPERIMENTS) else _stem(record)
