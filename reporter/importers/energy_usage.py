"""energy-usage: its baseline_wattage.csv with process_wattage.csv, and the report that it prints on the terminal.

What a naive reader gets wrong: the process file holds all that the machine drew while the process ran, divided by the
power supply's efficiency of 0.8, while the baseline before it was not divided; the tracker's own figure is the
difference, the process alone. Its reports print three digits of it, and equivalents that are wrong, which stay unread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain
from reporter.importers.base import BadCell, Bound, Importer, number
from reporter.importers.table import Table
from reporter.importers.table import lines as text_lines
from reporter.importers.table import number as read_number
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log

#: Share of the power at the plug that reaches the processor; energy-usage divides by it (its evaluate.py, powerLoss).
EFFICIENCY = 0.8
_PROCESS, _BASELINE = "process wattage reading", "baseline wattage reading"
_PRINTED = pattern(rb"(Average baseline|Baseline) wattage: +[0-9]+\.[0-9]+ watts")
_TOLD = pattern(
    r"(Average baseline wattage|Average total wattage|Process duration|Effective emission|Process used):\s+(\S.*)"
)
_UNITS = {"Effective emission": "kg CO2", "Process used": "kWh"}
_MIX = pattern(r"\s*Energy mix in (\S.*?)\s*")
_DURATION = pattern(r"(?:([0-9]{1,6}) days?, )?([0-9]{1,2}):([0-9]{2}):([0-9]{2})")


class Series(NamedTuple):
    """One file of power: s since its start, and W as written."""

    times_s: list[float]
    watts: list[float]


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the files of one folder into Runs: one for each pair of power files and each printed report."""
    processes = [log for log in logs if _PROCESS in log.header]
    baselines = {log.name: log for log in logs if _BASELINE in log.header}
    for log in processes:
        name = log.name.replace("process", "baseline")
        beside = log.beside(name)
        baseline = baselines.pop(name, None) or (beside if beside and _BASELINE in beside.header else None)
        yield _of_files(log, baseline)
    for log in baselines.values():
        name = log.name.replace("baseline", "process")
        raise log.refuse(f"what the machine drew before the process ran is no run; name {plain(name, 60)} as well")
    for log in logs:
        if not {_PROCESS, _BASELINE} & set(log.header):
            yield from _printed(log)


def _of_files(log: Log, baseline: Log | None) -> Run:
    """The run of a process file: its power less the mean of the baseline, both at the plug."""
    from reporter.importers import gauges
    from reporter.importers.samples import ordinary_s

    series = _series(log, _PROCESS)
    idle_w = None if baseline is None else _idle_w(baseline)
    gauge = gauges.Gauge("the process")
    if series.times_s and 0 < series.times_s[0] <= 10 * ordinary_s(series.times_s):
        gauge.add(0.0, 0.0)  # the first reading is the mean since the process began
    for time_s, power_w in zip(*series, strict=True):
        gauge.add(time_s, power_w - (idle_w or 0.0))
    trace = gauges.integrate(gauge, log, held=True)
    energy, duration = trace.energy_kwh, trace.end_s - trace.start_s
    if not any(series.watts):
        energy = None
        if idle_w:  # else the gauge has told it
            log.say("CR027", "every reading is 0 W, so the power was not measured; it has no energy here")
    elif energy is not None and energy < 0:
        log.say("CR035", f"the machine drew less than before the process ran ({energy:.3g} kWh); it has no energy here")
        energy = None
    if idle_w is None:
        log.say("CR047", "no baseline_wattage.csv lies beside: the power at rest is in the energy")
    elif energy is not None:
        whole = energy + idle_w * duration / 3.6e6
        text = f"{idle_w:.4g} W drawn at rest are taken off, as the tracker does; with them it is {whole:.4g} kWh"
        log.say("CR047", text, level="note")
    return Run(
        id=plain(log.path),
        tracker="energy-usage",
        source=log.path,
        duration_s=duration or None,
        energy_kwh=energy,
        basis="measured",
        machine_wide=idle_w is None,
        power_w=() if energy is None else gauges.curve([trace]),
    )


def _idle_w(baseline: Log) -> float | None:
    """The mean of the baseline in W at the plug; None where it was not measured."""
    from statistics import fmean

    watts = _series(baseline, _BASELINE).watts
    if any(watts):
        return fmean(watts) / EFFICIENCY
    baseline.say("CR027", "no reading above 0 W, so the power at rest was not measured; it is not taken off")
    return None


def _series(log: Log, column: str) -> Series:
    table, series = Table(log), Series([], [])
    bound, changed = None, -1
    for row in table:
        if changed != table.changed:
            columns = {"time_s": number("time", "s", required=True), "power_w": number(column, "W", required=True)}
            bound, changed = Bound(columns, table), table.changed
        assert bound is not None  # noqa: S101 - the table sets its header before its first row
        if not row.whole and len(row.cells) < len(table.header):
            log.skip(row.line, "the last line is cut", "CR003")
            continue
        try:
            fields = bound.read(row.cells, row.line)
        except BadCell as error:
            log.skip(row.line, str(error))
            continue
        if "time_s" not in bound or "power_w" not in bound or not 0 <= fields["power_w"] <= 1e9:
            log.skip(row.line, f"no power at a time: '{plain(','.join(row.cells), 40)}'")
            continue
        series.times_s.append(fields["time_s"])
        series.watts.append(fields["power_w"])
    return series


def _printed(log: Log) -> Iterator[Run]:
    """The runs of a terminal's text: a report begins with its average baseline and ends with what the process used."""
    told: dict[str, str] = {}
    begun = found = 0
    for place, line in enumerate(text_lines(log), 1):
        read_line = _TOLD.search(line)
        if read_line is None:
            mix = _MIX.fullmatch(line)
            if mix:
                told["place"] = mix[1]
            elif line.startswith("Oil:"):  # only the mix of the United States and of its states has oil
                told["states"] = "yes"
            continue
        if read_line[1] == "Average baseline wattage":
            _skip_cut(log, begun)
            log.rows, begun, told = log.rows + 1, place, {}
        told[read_line[1]] = read_line[2].strip()
        if read_line[1] == "Process used" and begun:
            run = _report(told, log, begun)
            begun = 0
            if run is not None:
                found += 1
                yield run
    _skip_cut(log, begun)
    if not found:
        raise log.refuse("no report of energy-usage is whole: the line 'Process used: ... kWh' is missing or damaged")


def _skip_cut(log: Log, begun: int) -> None:
    if begun:
        log.skip(begun, "this report ends before 'Process used: ... kWh'", "CR003")


def _report(told: dict[str, str], log: Log, line: int) -> Run | None:
    values: dict[str, Any] = {}
    for name, unit in _UNITS.items():
        cell, _, written = told.get(name, "").partition(" ")
        try:
            values[name] = read_number(cell) if written.strip() == unit else None
        except ValueError:
            values[name] = None
    energy, emissions = values["Process used"], values["Effective emission"]
    if energy is None or not 0 <= energy <= 1e12:
        log.skip(line, f"'Process used: {plain(told.get('Process used', ''), 40)}' is no energy in kWh")
        return None
    place, states = told.get("place"), "states" in told
    log.say("CR047", "what the machine drew at rest is not in this energy, as the tracker takes it off", line, "note")
    return Run(
        id=f"{plain(log.path)}:{line}",
        tracker="energy-usage",
        source=log.path,
        line=line,
        duration_s=_duration_s(told.get("Process duration", "")),
        energy_kwh=energy,
        reported_emissions_kg=emissions,
        reported_intensity_g_per_kwh=1e3 * emissions / energy if emissions is not None and energy > 1e-15 else None,
        country="USA" if states else place,
        region=place if states and place != "United States" else None,
        machine_wide=False,
    )


def _duration_s(cell: str) -> float | None:
    """Seconds of ``1 day, 2:03:04``, which the tracker cuts to whole ones; None for 0 and for other text."""
    found = _DURATION.fullmatch(cell)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds) or None


def _claims(log: Log) -> bool:
    wattage = {_PROCESS, _BASELINE} & set(log.header)
    if wattage:
        return "time" in log.header
    return b" wattage: " in log.head and _PRINTED.search(log.head) is not None


IMPORTER = Importer(
    name="energy-usage",
    says="energy-usage 0.0.x: process and baseline wattage CSVs, printed reports",
    home="https://github.com/responsibleproblemsolving/energy-usage",
    minds="the process less the baseline",
    claims=_claims,
    read=read,
)
