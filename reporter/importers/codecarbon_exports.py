"""CodeCarbon's other exports: JSON lines of its logger, the dashboard's CSVs and JSON, rows as sent to its API.

What a naive reader gets wrong: the logger's rows hold running totals, as emissions.csv does, while those of the
dashboard and the API are what came since the row before, and add up; the dashboard's files of one project nest, so that
experiments hold runs and runs hold emissions; its cells are not quoted, so that a comma in a processor's name moves the
columns; and none of the dashboard's files tells the PUE that its energies include.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers.base import Importer
from reporter.importers.codecarbon_runs import Tally, checked, fields_of, make, tell_cumulative

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporter.importers.logs import Log
    from reporter.run import Run

NAME = "codecarbon-exports"
_EXPERIMENTS = ("experiment_id", "name", "emissions", "energy_consumed", "duration")
_LOGGED = (b'"run_id"', b'"energy_consumed"', b'"emissions"', b'"duration"')
_DASHBOARD = (b'"projects"', b'"experiments"')


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the exports of one folder: logger rows by run, then the dashboard's files, where each energy counts once."""
    from reporter.importers.codecarbon_dashboard import runs_of

    dashboard = [log for log in logs if _is_table(log) or _is_dashboard_json(log)]
    yield from _logged(log for log in logs if log not in dashboard)
    for record in runs_of(dashboard):
        yield make(record.id, record.fields, record.log, record.line, NAME)


def _logged(logs: Iterable[Log]) -> Iterator[Run]:
    runs: dict[str, Tally] = {}
    for log in logs:
        for line, entry in _objects(log):
            fields = fields_of(entry, log, line)
            if fields is None or checked(fields, log, line) is None:
                continue
            identity = fields.get("id") or f"{plain(log.path)}:{line}"
            if identity in runs:
                runs[identity].add(fields, log, line)
            else:
                runs[identity] = Tally(log, line, fields)
        if not log.rows:
            raise log.refuse("there is no row of CodeCarbon's logger; was the tracker stopped?")
        if log.skipped == log.rows:
            raise log.refuse(f"none of the {log.rows} rows can be read")
    tell_cumulative(runs.values())
    for identity, tally in runs.items():
        yield make(identity, tally.fields(), tally.log, tally.line, NAME)


def _objects(log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    """The logger's objects, bare, in an array, wrapped by Google's logging, or behind what a formatter put in front."""
    from reporter.importers.json_documents import values

    if log.head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in {b"{", b"["}:
        for line, value in values(log):
            if isinstance(value, dict):
                inner = value.get("jsonPayload")
                yield line, inner if isinstance(inner, dict) else value
            else:
                log.skip(line, "no JSON object")
        return
    yield from _behind_text(log)


def _behind_text(log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects at the ends of a program's log lines; lines without one are the program's own, and no rows."""
    import json

    from reporter.importers.table import lines

    for place, line in enumerate(lines(log), 1):
        start = line.find("{", max(0, line.find('{"timestamp"')))
        if start < 0 or '"energy_consumed"' not in line:
            continue
        log.rows += 1
        try:
            value = json.loads(line[start:], parse_int=float)
        except (ValueError, RecursionError):
            log.skip(place, "no JSON: the line is cut, or mixed with another")
            continue
        if isinstance(value, dict):
            yield place, value
        else:
            log.skip(place, "no JSON object")


def _is_table(log: Log) -> bool:
    header = set(log.header)
    if log.header == _EXPERIMENTS:
        return True
    if {"runid", "energy_consumed", "emissions"} <= header:
        return True
    return {"emissions_sum", "energy_consumed"} <= header


def _is_dashboard_json(log: Log) -> bool:
    head = log.head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"{") and all(name in head for name in _DASHBOARD)


def _claims(log: Log) -> bool:
    if _is_table(log) or _is_dashboard_json(log):
        return True
    if not all(name in log.head for name in _LOGGED):
        return False
    return b"{" in log.head.partition(b'"run_id"')[0]


IMPORTER = Importer(
    name=NAME,
    says="CodeCarbon: logger and HTTP JSON, dashboard CSV and JSON, rows sent to its API",
    home="https://github.com/mlco2/codecarbon",
    minds="running totals or deltas, as each means them; nested files count once",
    claims=_claims,
    read=read,
)
