"""perun of Helmholtz AI: its JSON of all runs, its table of samples (CSV), its text report.

What a naive reader gets wrong: the energy of a whole round has the PUE inside, that of its hosts and devices has not;
joules and grams carry a magnitude; one run lies in several files side by side; the summary below the report is of all
runs of the application ever; before 0.8.10 its emissions are grams called kilograms.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers import traces
from reporter.importers.base import Importer, header_has, read_moment
from reporter.importers.gauges import Gauge, Trace
from reporter.importers.json_documents import whole
from reporter.importers.table import Table, lines
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log

COLUMNS = ("run id", "hostname", "device_group", "sensor", "unit", "magnitude", "timestep", "value")
#: Groups that perun itself does not add up: what they meter lies in other groups as well.
OUTSIDE = {"other", "socket", "sysio", "rack", "node"}
JOULES_PER_KWH = 3.6e6
GRAMS_AS_KILOGRAMS = 5000.0  # g/kWh that no grid has: the report's kilograms are grams
_NAME = pattern(r"(.+)_(\d{4}-\d\d-\d\dT\d\d[:_]\d\d[:_]\d\d(?:\.\d+)?)\.\w+", re.ASCII)
_QUANTITY = pattern(r"(-?[0-9.]+(?:e[+-]?\d+)?) ([pnµmkMGT]?)([A-Za-z/%]+)", re.ASCII)
_PREFIXES = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_SUMMARY = pattern(r"has (?:been run|run been run) (\d+) times\..* released a total of ([0-9.]+) kgCO2e", re.ASCII)


class _Key(NamedTuple):
    """What tells a round apart in whatever file it stands: application, run, round."""

    app: str
    run: str
    round: str

    @property
    def same(self) -> tuple[str, str]:
        """The same for every file of a round: names of files join application and run, and may lack colons."""
        return f"{self.app}_{self.run}".strip("_").replace(":", "_"), self.round


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read one folder of results; a round that stands in several files counts once, from the one that tells most."""
    seen: set[tuple[str, str]] = set()
    means: list[Log] = []
    for log in sorted(logs, key=_rank):
        if _is_json(log) and _is_bench(log):
            means.append(log)
            continue
        rounds = dict(_of_json(log) if _is_json(log) else _of_table(log) if _is_table(log) else _of_text(log))
        again = {key for key in rounds if key.same in seen}
        if again:
            log.say("CR011", f"{len(again)} rounds stand in another file beside it, and count once", level="note")
        seen |= {key.same for key in rounds}
        yield from (run for key, run in rounds.items() if key not in again)
    for log in means:
        if not seen:
            raise log.refuse("a benchmark export holds means, not what was used; export it as json or csv")
        log.say("CR011", "a benchmark export holds means of runs that stand in the files beside it", level="note")


def _rank(log: Log) -> int:
    return 0 if _is_json(log) else 1 if _is_table(log) else 2


def _identity(key: _Key, rounds: int) -> str:
    name = f"{key.app} {key.run}".strip()
    return plain(f"{name} round {key.round}" if rounds > 1 else name, 120)


def _of_json(log: Log) -> Iterator[tuple[_Key, Run]]:
    """Every round of every run of one application, with the energies that perun itself worked out."""
    app = whole(log)
    if not isinstance(app, dict) or not _nodes(app):
        raise log.refuse("these are no results of perun: an application with its runs is expected")
    for name, multi in _nodes(app).items():
        rounds = _nodes(multi)
        for number, one in rounds.items():
            log.rows += 1
            key = _Key(str(app.get("id", "")), name, number)
            yield key, _round(key, one, _metadata(multi), len(rounds), log)
    if not log.rows:
        raise log.refuse("there is an application but no run of it")


def _round(key: _Key, one: dict[str, Any], settings: dict[str, str], rounds: int, log: Log) -> Run:
    hosts, facts = list(_nodes(one).values()), _metadata(one)
    energy_j, pue = _energy_j(key, one, hosts, settings, log)
    told = {name: _metric(one, name) for name in ("runtime", "cpu_energy", "gpu_energy", "dram_energy", "co2")}
    measured = energy_j is not None and energy_j > 0
    if energy_j is None:
        log.say("CR013", f"{_identity(key, rounds)}: perun found no meter of energy on this machine")
    elif not measured:
        log.say("CR027", f"{_identity(key, rounds)}: 0 J in all, so nothing was measured; it has no energy here")
    elif told["cpu_energy"] is None:
        traces.tell_gpus_alone(log, "perun")
    overhead_w = traces.reading(settings.get("post-processing.power_overhead"))
    if measured and overhead_w > 0:
        log.say("CR025", f"perun's settings add {overhead_w:g} W a host for what it does not meter", level="note")
    energies: dict[str, Any] = {f"{part}_energy_kwh": _kwh(told[f"{name}_energy"]) if measured else None
                for part, name in (("cpu", "cpu"), ("gpu", "gpu"), ("ram", "dram"))}  # fmt: skip
    return Run(
        id=_identity(key, rounds), tracker="perun", source=log.path, basis="reported" if overhead_w > 0 else "measured",
        started_at=_moment(settings.get("execution_dt") or key.run) if rounds == 1 else None,
        duration_s=told["runtime"],
        energy_kwh=_kwh(energy_j) if measured else None, reported_pue=pue if measured else None,
        reported_emissions_kg=None if told["co2"] is None or not measured else told["co2"] / 1000,
        reported_intensity_g_per_kwh=_known(settings.get("post-processing.emissions_factor")) if measured else None,
        tracker_version=settings.get("perun_version") or facts.get("perun_version"), system=facts.get("platform"),
        python_version=(facts.get("python") or "").partition(" ")[0] or None, cpu_model=facts.get("processor"),
        host=facts.get("hostname") if len(hosts) == 1 else None, machine_wide=told["cpu_energy"] is not None or None,
        labels={"project": plain(key.app, 100)} if key.app else {}, **energies,
    )  # fmt: skip


def _energy_j(
    key: _Key, one: dict[str, Any], hosts: list[dict[str, Any]], settings: dict[str, str], log: Log
) -> tuple[float | None, float | None]:
    """The energy of the hosts in J, and the PUE that perun put into the round's; the hosts' own has none."""
    together = _metric(one, "energy")
    each = [energy for host in hosts if (energy := _metric(host, "energy")) is not None]
    pue = _known(settings.get("post-processing.pue"))
    if each:
        energy = math.fsum(each)
        found = together / energy if together and energy > 0 else None
        return energy, pue if pue is not None else found
    if together is None or pue is None or pue < 1:
        if together is not None:
            log.say("CR041", f"{_identity(key, 1)}: whether a PUE is inside the energy is not told; taken as written")
        return together, None
    return together / pue, pue


def _nodes(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A node's children; perun writes them as an array of one object."""
    told = node.get("nodes")
    parts = told if isinstance(told, list) else [told]
    return {name: child for part in parts if isinstance(part, dict) for name, child in part.items()
            if isinstance(child, dict)}  # fmt: skip


def _metadata(node: dict[str, Any]) -> dict[str, str]:
    told = node.get("metadata")
    return {key: str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def _metric(node: dict[str, Any], name: str) -> float | None:
    """A metric in its base unit (J, s, g), or None; the magnitude it is written in is told beside it."""
    metrics = node.get("metrics")
    metric = metrics.get(name) if isinstance(metrics, dict) else None
    if not isinstance(metric, dict):
        return None
    unit = metric.get("metric_md")
    scale = traces.reading(unit.get("mag")) if isinstance(unit, dict) else 1.0
    value = traces.reading(metric.get("value")) * (1.0 if math.isnan(scale) else scale)
    return value if 0 <= value < math.inf else None


def _of_table(log: Log) -> Iterator[tuple[_Key, Run]]:
    """The samples of one run: each meter's power, or its counter of energy, by round; no PUE is in them."""
    match = _NAME.fullmatch(log.name)
    app, name = (match[1], match[2].replace("_", ":")) if match else ("", log.name.rpartition(".")[0])
    rounds: dict[str, dict[str, tuple[str, Gauge]]] = {}
    table = Table(log)
    for row in table:
        if not set(COLUMNS) <= set(table.header):
            raise log.refuse("another header begins here, without all columns; export the run again", row.line)
        cells = dict(zip(table.header, row.cells, strict=False))
        if len(row.cells) < len(table.header) or (not row.whole and not cells["value"]):
            log.skip(row.line, f"{len(row.cells)} of {len(table.header)} cells", "CR002" if row.whole else "CR003")
            continue
        meters = rounds.setdefault(cells["run id"], {})
        group, unit = cells["device_group"].strip().lower(), cells["unit"].strip()
        if unit not in {"W", "J"} or group in OUTSIDE:
            continue
        time, value, scale = (traces.reading(cells[column]) for column in ("timestep", "value", "magnitude"))
        if math.isnan(time + value + scale):
            log.skip(row.line, "timestep, value or magnitude is no number")
            continue
        meter = f"{cells['hostname']} {group} {cells['sensor']}"
        meters.setdefault(meter, (unit, Gauge(f"{group} {plain(cells['sensor'], 40)}")))[1].add(time, value * scale)
    if not rounds:
        raise log.refuse("there is a header but no sample below it")
    for number, meters in rounds.items():
        key = _Key(app, name, number)
        yield key, _run_of_meters(key, list(meters.values()), len(rounds), log)


def _run_of_meters(key: _Key, meters: list[tuple[str, Gauge]], rounds: int, log: Log) -> Run:
    told = traces.integrated([gauge for unit, gauge in meters if unit == "W"], log)
    told += [_counted(gauge, log) for unit, gauge in meters if unit == "J" and len(gauge.times_s) > 1]
    parts: dict[str, Any] = {part: traces.energy(trace for trace in told if trace.name.startswith(f"{group} "))
             for part, group in (("cpu", "cpu"), ("gpu", "gpu"), ("ram", "ram"))}  # fmt: skip
    if not told:
        log.say("CR013", f"{_identity(key, rounds)}: no meter of power or energy has two samples")
    elif parts["cpu"] is None:
        traces.tell_gpus_alone(log, "perun")
    fields: dict[str, Any] = traces.fields(told) if told else {}
    fields |= {"started_at": _moment(key.run) if rounds == 1 else None, "ended_at": None}
    return Run(
        id=_identity(key, rounds), tracker="perun", source=log.path, basis="measured",
        machine_wide=parts["cpu"] is not None or None, labels={"project": plain(key.app, 100)} if key.app else {},
        **{f"{part}_energy_kwh": energy for part, energy in parts.items()}, **fields,
    )  # fmt: skip


def _counted(gauge: Gauge, log: Log) -> Trace:
    """A counter of energy (J), as versions before 0.7 export it; where it went back its step is not known (CR022)."""
    steps = [late - early for early, late in pairwise(gauge.times_s)]
    grown = [after - before for before, after in pairwise(gauge.watts)]
    if any(joules < 0 for joules in grown):
        log.say("CR022", f"{gauge.name}: the counter went back; that step counts nothing")
    energies = [max(0.0, joules) / JOULES_PER_KWH for joules in grown]
    return Trace(gauge.name, math.fsum(energies) or None, min(gauge.times_s), max(gauge.times_s), steps, energies)


def _of_text(log: Log) -> Iterator[tuple[_Key, Run]]:
    """The text report of one run: the table of hosts, whose row All has the PUE inside, and the summary."""
    app = name = ""
    header: list[str] = []
    rows: dict[str, dict[str, dict[str, float]]] = {}
    share: tuple[float, float] | None = None
    for line in lines(log):
        text = line.strip()
        key, _, value = text.partition(":")
        app, name = value.strip() if key == "App name" else app, value.strip() if key == "RUN ID" else name
        summary = _SUMMARY.search(text)
        share = (float(summary[1]), traces.reading(summary[2])) if summary else share
        cells = [cell.strip() for cell in text.strip("|").split("|")] if text.startswith("|") else []
        if "Round #" in cells:
            header = cells
        told = dict(zip(header, cells, strict=False))
        if "Host" in told and told.get("Round #", "").isdecimal() and told.get("Device", "All") == "All":
            log.rows += 1
            values = {column.removeprefix("Avg ").lower(): _quantity(cell) for column, cell in told.items()}
            rows.setdefault(told["Round #"], {})[told["Host"]] = values
    if not rows:
        raise log.refuse("no table of rounds and hosts; versions before 0.2 wrote none")
    for number, hosts in rows.items():
        key_of = _Key(app, name, number)
        yield key_of, _run_of_report(key_of, hosts, len(rows), share, log)


def _run_of_report(
    key: _Key, hosts: dict[str, dict[str, float]], rounds: int, summary: tuple[float, float] | None, log: Log
) -> Run:
    everything = hosts.pop("All", {})
    together = everything.get("energy", math.nan)
    each = [host.get("energy", math.nan) for host in hosts.values()]
    energy_j = math.fsum(each) if each and not math.isnan(math.fsum(each)) else None
    pue = together / energy_j if energy_j and together / energy_j > 1.002 else None  # figures have four digits or more
    if energy_j is None and not math.isnan(together):
        energy_j = together
        log.say("CR041", f"{_identity(key, rounds)}: whether a PUE is inside the energy is not told; taken as written")
    if not energy_j:
        log.say("CR013", f"{_identity(key, rounds)}: perun found no meter of energy on this machine")
    emissions_kg = None
    if summary and summary[0] == 1 and rounds == 1 and energy_j:
        emissions_kg = _emissions_kg(summary[1], (together if together > 0 else energy_j) / JOULES_PER_KWH, log)
    runtime = everything.get("runtime", math.nan)
    return Run(
        id=_identity(key, rounds), tracker="perun", source=log.path, basis="reported",
        started_at=_moment(key.run) if rounds == 1 else None, duration_s=None if math.isnan(runtime) else runtime,
        energy_kwh=_kwh(energy_j) if energy_j else None, reported_pue=pue, reported_emissions_kg=emissions_kg,
        labels={"project": plain(key.app, 100)} if key.app else {},
    )  # fmt: skip


def _emissions_kg(kg: float, energy_kwh: float, log: Log) -> float | None:
    """The summary's emissions, which have three decimals; grams that were called kilograms are put right."""
    if kg * 1000 / energy_kwh > GRAMS_AS_KILOGRAMS:
        log.say("CR035", f"{kg:g} kgCO2e of {energy_kwh:.3g} kWh are grams, which perun before 0.8.10 called kilograms")
        return kg / 1000
    return kg if kg >= 0.05 else None  # 0.001 kg may be 0.0005 or 0.0015


def _quantity(cell: str) -> float:
    """A figure with its unit (``960.506 kJ``) in the base unit; NaN for anything else."""
    match = _QUANTITY.fullmatch(cell)
    return math.nan if match is None else traces.reading(match[1]) * _PREFIXES[match[2]]


def _kwh(joules: float | None) -> float | None:
    return None if joules is None else joules / JOULES_PER_KWH


def _known(text: str | None) -> float | None:
    value = traces.reading(text)
    return value if value > 0 else None


def _moment(text: str) -> datetime | None:
    try:
        return read_moment(text)
    except ValueError:
        return None


def _is_json(log: Log) -> bool:
    return log.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def _is_bench(log: Log) -> bool:
    return log.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["


_is_table = header_has(*COLUMNS)


def _claims(log: Log) -> bool:
    if _is_json(log):
        if _is_bench(log):
            return b' - RUNTIME"' in log.head
        return b'"deviceType"' in log.head and b'"metrics"' in log.head and b'"nodes"' in log.head
    return _is_table(log) or log.head.lstrip(b"\xef\xbb\xbf \r\n-").startswith(b"PERUN REPORT")


IMPORTER = Importer(
    name="perun",
    says="perun (Helmholtz AI): results as JSON, CSV and text report, 0.2 to 1.0",
    home="https://github.com/Helmholtz-AI-Energy/perun",
    minds="PUE found and divided out; g and kg",
    claims=_claims,
    read=read,
)
