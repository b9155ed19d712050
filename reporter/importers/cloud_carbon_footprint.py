"""Cloud Carbon Footprint: the tables of its command line, its on-premise table, and the JSON of its API.

What a naive reader gets wrong: names of services are written without quotation marks, commas and all; the Total row
and the SUM columns hold everything once more; CO2e is in metric tons and holds the embodied emissions of the cloud's
servers; energies hold a PUE; and the four periods of the on-premise table lie within one another.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers import json_documents
from reporter.importers.base import Importer, read_moment
from reporter.importers.head import encoding_of
from reporter.importers.json_lines import finite, shown
from reporter.importers.table import LARGEST, Table, lines
from reporter.importers.table import number as read_number
from reporter.importers.told import Told
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log

KWH, TONS = "kilowatt hours", "metric tons co2e emissions"
ROUNDED_KWH = 0.005  # the command line prints two decimals
PERIODS = ("annual", "monthly", "weekly", "daily")
_DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read each service of each day (or whatever the table is grouped by) that used anything as a run."""
    for log in logs:
        if log.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
            yield from _api(log)
        elif _on_premise(log):
            yield from _machines(log)
        else:
            yield from _tables(log)


def _tell_cloud(log: Log) -> None:
    log.say("CR041", "energies include the PUE that Cloud Carbon Footprint took for each provider; kept as written")
    log.say("CR043", "its CO2e holds embodied emissions of the servers beside those of their electricity")


def _tables(log: Log) -> Iterator[Run]:
    """The command line's table: a row for each day or service, or a day in a row and services in columns."""
    _tell_cloud(log)
    services: list[str] | None = None
    added = [0.0, 0.0]
    for number, line in enumerate(lines(log), 1):
        cells = [cell.strip() for cell in next(csv.reader([line]), [])]
        if not any(cells):
            continue
        if services is None:
            services = _services(cells, log, number)
            continue
        log.rows += 1
        name, values = _row(cells, services, log, number)
        if name is None:
            continue
        if name.lower() == "total":
            _drop_total(values, added, log, number)
            continue
        yield from _runs_of(name, values, services, log, number, added)


def _services(cells: Sequence[str], log: Log, line: int) -> list[str]:
    """Names of the services that the header's columns belong to; '' where each row is one of its own.

    A name that holds a comma stands in several cells, for the command line writes none in quotation marks.
    """
    names, parts, energies = [], [], False
    for cell in cells[1:]:
        parts.append(cell)
        end = cell.lower()
        if not energies and (end == KWH or end.endswith(f" {KWH}")):
            names.append(", ".join(parts)[: -len(KWH)].strip())
            parts, energies = [], True
        elif energies and (end == TONS or end.endswith(f" {TONS}")):
            parts, energies = [], False
    if not names or energies or [part.lower() for part in parts] not in ([], ["cost"]):
        raise log.refuse("'kilowatt hours' and 'metric tons CO2e Emissions' must take turns; export it again", line)
    return names


def _row(cells: list[str], services: list[str], log: Log, line: int) -> tuple[str | None, list[tuple[float, float]]]:
    """A row's day or service, and kWh and tons of each of the header's services; (None, []) for a row skipped."""
    figures = cells[:]
    if figures and re.fullmatch(r"-?[$€£].*", figures[-1]):
        figures.pop()  # its cost
    wanted = 2 * len(services)
    if len(figures) <= wanted or (_DAY.fullmatch(cells[0]) and len(figures) != wanted + 1):
        log.skip(line, f"{len(figures)} cells, where the header has {wanted + 1}")
        return None, []
    try:
        read = [read_number(cell) for cell in figures[-wanted:]]
    except ValueError as error:
        log.skip(line, str(error))
        return None, []
    if min(read) < 0:
        log.skip(line, "a figure is below 0")
        return None, []
    return ", ".join(figures[:-wanted]), list(zip(read[::2], read[1::2], strict=True))


def _runs_of(
    name: str, values: Sequence[tuple[float, float]], services: Sequence[str], log: Log, line: int, added: list[float]
) -> Iterator[Run]:
    for service, (kwh, tons) in zip(services, values, strict=True):
        if service.upper() == "SUM" and len(services) > 1:
            continue
        added[0], added[1] = added[0] + kwh, added[1] + tons
        if kwh or tons:
            yield _run(log, line, name, service, kwh, tons)


def _drop_total(values: Sequence[tuple[float, float]], added: Sequence[float], log: Log, line: int) -> None:
    """Leave the Total row out, and tell where it is not the sum of the rows above."""
    log.say("CR038", "the row 'Total' is the sum of the others, and is not added", line, "note")
    total_kwh, total_tons = values[-1]
    slack = ROUNDED_KWH * (log.rows * max(1, len(values)) + 1)
    if abs(total_kwh - added[0]) > slack or abs(total_tons - added[1]) > slack * 1e-4:
        text = f"Total is {total_kwh:g} kWh and {total_tons:g} t, but the rows make {added[0]:g} kWh and {added[1]:g} t"
        log.say("CR030", f"{text}; are rows missing?", line)


def _run(log: Log, line: int, name: str, service: str, kwh: float, tons: float) -> Run:
    """One service or day. How long anything ran is not told; 0.00 kWh beside emissions is what rounding left."""
    run_id, day = f"{name} {service}".strip(), _DAY.fullmatch(name)
    service = service or ("" if day else name)
    if not kwh:
        log.say("CR013", f"{plain(run_id, 60)}: 0 kWh beside its emissions was rounded away; not told", line, "note")
    return Run(
        id=run_id,
        tracker="cloud-carbon-footprint",
        source=log.path,
        line=line,
        started_at=_moment(Told(log, {"Date": f"{name} 00:00Z"}, line), "Date") if day else None,
        energy_kwh=kwh or None,
        pue_inside=True,
        reported_emissions_kg=tons * 1e3,
        basis="estimated",
        labels={"service": service} if service else {},
    )


def _machines(log: Log) -> Iterator[Run]:
    """The on-premise table: of each machine the longest period that has any energy, as each holds the shorter ones."""
    for place, row in enumerate(Table(log), 1):
        cells = dict(zip(log.header, map(str.strip, row.cells), strict=False))
        told = Told(log, {key: cell for key, cell in cells.items() if cell}, row.line)
        found = [start for start in PERIODS if told.number(f"{start}kilowatthours")]
        start = found[0] if found else ""
        kwh, tons = told.number(f"{start}kilowatthours"), told.number(f"{start}co2e")
        hours = told.number(f"{start}uptime" if start else "usagehours")
        if not kwh or tons is None:
            log.skip(row.line, "no energy and emissions were worked out for this machine")
            continue
        if len(found) > 1:
            said = f"the {start} figures hold those of the shorter periods, which are not added"
            log.say("CR038", said, row.line, "note")
        yield _machine(told, f"machine-{place}", kwh, tons, hours, start)


def _machine(told: Told, run_id: str, kwh: float, tons: float, hours: float | None, period: str) -> Run:
    pue = told.number("powerusageeffectiveness")
    if pue is not None and pue < 1:
        told.log.say("CR033", f"powerUsageEffectiveness: {pue:g} is below 1; the energy is taken as written", told.line)
        pue = None
    elif pue is None:
        told.log.say("CR041", "the energy includes the tool's own PUE, which is not told; kept as written", told.line)
    labels = {"machine_type": told.text("machinetype"), "period": period}
    return Run(
        id=run_id,
        tracker="cloud-carbon-footprint",
        source=told.log.path,
        line=told.line,
        ended_at=_moment(told, "endtime"),
        duration_s=None if hours is None else 3600 * hours,
        energy_kwh=kwh / (pue or 1.0),
        reported_pue=pue,
        pue_inside=pue is None,
        reported_emissions_kg=tons * 1e3,
        basis="estimated",
        country=told.text("country"),
        region=told.text("region"),
        cpu_model=told.text("cpudescription") or told.text("cpuid"),
        host=told.text("machinename"),
        labels={key: value for key, value in labels.items() if value},
    )


def _moment(told: Told, key: str) -> datetime | None:
    try:
        return read_moment(told.text(key) or "")
    except ValueError as error:
        if told.has(key):
            told.log.say("CR007", f"{key}: {error}; left out", told.line)
        return None


def _api(log: Log) -> Iterator[Run]:
    """The answer of ``/api/footprint``: for each day (or week, month ...) an estimate of each service."""
    _tell_cloud(log)
    seen: dict[str, int] = {}
    known: set[tuple[object, ...]] = set()
    for line, period in json_documents.values(log, closed=True):
        estimates = period.get("serviceEstimates") if isinstance(period, dict) else None
        if not isinstance(estimates, list):
            log.skip(line, "no list of serviceEstimates")
            continue
        for estimate in estimates:
            figures = estimate if isinstance(estimate, dict) else {}
            kwh, tons = finite(figures.get("kilowattHours")), finite(figures.get("co2e"))
            if not (0 <= kwh <= LARGEST and 0 <= tons <= LARGEST):
                log.say("CR002", f"an estimate without kilowattHours and co2e of 0 or more: {shown(estimate)}", line)
            elif kwh or tons:
                run = _estimated(estimate, period, kwh, tons, log, line)
                account = shown(figures.get("accountId")), shown(figures.get("accountName"))
                itself = run.id, account, kwh, tons
                if itself in known:
                    log.say("CR021", f"the estimate of {plain(run.id, 60)} stands here again; counted once", line)
                    continue
                known.add(itself)
                seen[run.id] = seen.get(run.id, 0) + 1  # another account's, say
                yield run if seen[run.id] == 1 else replace(run, id=f"{run.id} ({seen[run.id]})")


def _estimated(estimate: dict[str, Any], period: dict[str, Any], kwh: float, tons: float, log: Log, line: int) -> Run:
    told = Told(log, {**period, **estimate}, line)
    texts = {key: value for key, value in told.values.items() if isinstance(value, str) and value}
    service, start = texts.get("serviceName", ""), texts.get("periodStartDate") or texts.get("timestamp") or ""
    provider, region = texts.get("cloudProvider", "").lower(), texts.get("region")
    cloud = provider and provider != "on-premise"
    return Run(
        id=" ".join(part for part in (start[:10], provider, service, region) if part),
        tracker="cloud-carbon-footprint",
        source=log.path,
        line=line,
        started_at=_moment(told.within({"start": start or None}), "start"),
        energy_kwh=kwh or None,
        pue_inside=True,
        reported_emissions_kg=tons * 1e3,
        basis="estimated",
        cloud_provider=provider if cloud else None,
        cloud_region=region if cloud else None,
        region=None if cloud else region,
        labels={"service": service} if service else {},
    )


def _on_premise(log: Log) -> bool:
    return "dailykilowatthours" in log.header or {"usagehours", "kilowatthours", "co2e"} <= set(log.header)


def _claims(log: Log) -> bool:
    if encoding_of(log.head) is None:
        return False
    start = log.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"[", b"{"):
        return re.search(rb'"serviceEstimates"\s*:', start) is not None
    return _has_figures(log.header) or _on_premise(log)


@lru_cache(256)
def _has_figures(header: tuple[str, ...]) -> bool:
    return all(any(cell.endswith(end) for cell in header) for end in (KWH, TONS))


IMPORTER = Importer(
    name="cloud-carbon-footprint",
    says="Cloud Carbon Footprint: CSV of its command line by day and service, on-premise CSV, API JSON",
    home="https://github.com/cloud-carbon-footprint/cloud-carbon-footprint",
    minds="tonnes; totals and nested periods are not added; embodied emissions inside are told",
    claims=_claims,
    read=read,
)
