"""Weights & Biases: GPU power from system panels saved as CSV, and from the rows of its system metrics.

What a naive reader gets wrong: a panel has columns ``__MIN`` and ``__MAX`` beside each series; of grouped runs it
shows a mean, which is no run's power; ``enforcedPowerLimitWatts`` and ``powerPercent`` are no draws; the GPU of the
process (``gpu.process.0``) is one of the GPUs, not one more; on a Mac the power of the system holds CPU and GPU.
"""

from __future__ import annotations

import csv
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers import traces
from reporter.importers.base import Importer, read_moment
from reporter.importers.gauges import Gauge
from reporter.importers.head import delimiter_of, encoding_of
from reporter.importers.json_documents import values
from reporter.importers.json_lines import shown
from reporter.importers.table import Table
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log

#: A series' name: run (in panels alone), device, the node it ran on (in runs of several nodes alone).
_POWER = pattern(
    r"(?:(?P<run>.*) - )?(?:system[./])?(?P<device>gpu\.(?:process\.)?\d+|cpu|system)\.powerwatts(?P<node>/l:.*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_ANE = pattern(r"(?:(?P<run>.*) - )?(?:system[./])?(?P<device>ane)\.power(?P<node>/l:.*)?", re.ASCII | re.I | re.S)
#: Columns and keys of time, best first: those since 1970, then those since the run's start.
_TIMES = ("_timestamp", "wall time", "timestamp", "time", "_absolute_runtime", "relative time (wall)", "_runtime",
          "relative time (process)")  # fmt: skip
_RUNS = ("run_id", "run_name", "run", "_run")
_FOLDER = pattern(r"(?:offline-)?run-\d{8}_\d{6}-(\w+)", re.ASCII)
_OFFLINE = b":W&B"
_NO_POWER = ("W&B logged no power of a GPU here (no column or key like system.gpu.0.powerWatts); "
             "export the panel 'GPU Power Usage (W)'")  # fmt: skip


class _Runs:
    """The gauges of each run of one file, by device, in order of first sight."""

    def __init__(self, log: Log) -> None:
        self.log, self.gauges = log, dict[str, dict[str, Gauge]]()
        self.negative = 0

    def add(self, run: str, device: str, time_s: float, power_w: float) -> None:
        """Add one sample of a device of a run."""
        if power_w < 0:
            self.negative += 1
            return
        devices = self.gauges.setdefault(run, {})
        devices.setdefault(device, Gauge(device)).add(time_s, power_w)


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read each file; each run in it becomes a Run with the energy of its GPUs."""
    for log in logs:
        if log.head.startswith(_OFFLINE):
            raise log.refuse("the binary log of an offline run; 'wandb sync' it, then export its panel of GPU power")
        runs = _Runs(log)
        if _is_json(log):
            _add_rows(runs)
        else:
            _add_table(runs)
        if runs.negative:
            log.say("CR035", f"{runs.negative} readings lie below 0 W; left out")
        made = [run for name, devices in runs.gauges.items() if (run := _run(name, devices, log))]
        if not made:
            raise log.refuse("energy needs two samples of power, and no run has them" if runs.gauges else _NO_POWER)
        yield from made


def _run(name: str, devices: dict[str, Gauge], log: Log) -> Run | None:
    counted = _counted(devices, log)
    traced = traces.integrated(counted, log)
    if not traced:
        return None
    whole = any(gauge.name.startswith("system") for gauge in counted)
    if not whole:
        traces.tell_gpus_alone(log, "W&B")
    gpus = [trace for trace in traced if trace.name.startswith("gpu")]
    return Run(
        id=name or _id(log), tracker="wandb", source=log.path, basis="measured", machine_wide=whole or None,
        gpu_energy_kwh=traces.energy(gpus), gpu_count=float(len(gpus)) or None,
        cpu_energy_kwh=traces.energy(trace for trace in traced if trace.name.startswith("cpu")),
        labels={"run": name} if name else {}, **traces.fields(traced),
    )  # fmt: skip


def _counted(devices: dict[str, Gauge], log: Log) -> list[Gauge]:
    """The devices that add up: the whole system where it is metered, else each GPU once, and a Mac's CPU and engine."""
    system = [gauge for device, gauge in devices.items() if device.startswith("system")]
    if system:
        if len(devices) > len(system):
            log.say("CR038", "the power of the system is counted; CPU and GPU lie inside it", level="note")
        return system
    own = [device for device in devices if ".process." not in device]
    again = [device for device in devices if ".process." in device and device.replace(".process", "") in devices]
    if again:
        log.say("CR038", f"{', '.join(sorted(again))} is the GPU of the process, counted already", level="note")
    return [gauge for device, gauge in devices.items() if device in own or device not in again]


@lru_cache(4096)
def _series(title: str) -> tuple[str, str] | None:
    """The run and the device of a column or key of power; None for anything else."""
    match = _POWER.fullmatch(title.strip()) or _ANE.fullmatch(title.strip())
    if match is None:
        return None
    return plain((match["run"] or "").strip(), 100), match["device"].lower() + plain(match["node"] or "", 60)


def _add_rows(runs: _Runs) -> None:
    """Rows of system metrics: wandb-events.jsonl, or ``run.history(stream="events")`` saved as JSON."""
    log = runs.log
    for line, row in values(log):
        if not isinstance(row, dict):
            log.skip(line, "no row of metrics: an object is expected")
            continue
        found = [(series, traces.reading(value)) for key, value in row.items() if (series := _series(key))]
        told = [(series[1], power) for series, power in found if not math.isnan(power)]
        _tell_odd([value for key, value in row.items() if _series(key)], log, line)
        if not told:
            continue
        time_s = next((time for key in _TIMES if not math.isnan(time := _time_s(row.get(key), key))), math.nan)
        if math.isnan(time_s):
            log.skip(line, "no _timestamp and no _runtime")
            continue
        run = next((row[key] for key in _RUNS if isinstance(row.get(key), str)), "")
        for device, power_w in told:
            runs.add(plain(run, 100), device, time_s, power_w)


def _add_table(runs: _Runs) -> None:
    """A panel or a run's system metrics as a table: a column of time, and columns of power."""
    log, table = runs.log, Table(runs.log)
    titles = _titles(log)
    clock = next((place for key in _TIMES for place, name in enumerate(log.header) if name == key), None)
    owner = next((place for key in _RUNS for place, name in enumerate(log.header) if name == key), None)
    columns = {place: series for place, title in enumerate(titles) if (series := _series(title))}
    groups = [place for place, (run, _) in columns.items() if run.startswith("Group: ")]
    if groups:
        log.say("CR026", f"{len(groups)} columns are means over groups of runs, no run's power; export them ungrouped")
    columns = {place: series for place, series in columns.items() if place not in groups}
    if not columns:
        raise log.refuse(_NO_POWER)
    if clock is None:
        raise log.refuse("no column of time: set the panel's x axis to Relative Time (Process), and export it again")
    for row in table:
        if table.changed > 1:
            raise log.refuse("another header begins here; save each panel as a file of its own", row.line)
        time_s = _time_s(row.cells[clock] if clock < len(row.cells) else "", log.header[clock])
        if math.isnan(time_s):
            log.skip(row.line, f"{plain(titles[clock], 40)}: no time", "CR002" if row.whole else "CR003")
            continue
        if not row.whole and len(row.cells) < len(titles):
            log.skip(row.line, "the last line is cut", "CR003")
            continue
        _tell_odd([row.cells[place] for place in columns if place < len(row.cells)], log, row.line)
        name = plain(row.cells[owner], 100) if owner is not None and owner < len(row.cells) else ""
        for place, (run, device) in columns.items():
            power_w = traces.reading(row.cells[place]) if place < len(row.cells) else math.nan
            if not math.isnan(power_w):  # a panel's rows hold the time of every run, and the power of one
                runs.add(run or name, device, time_s, power_w)
    if table.cut:
        log.say("CR003", "the last line is cut; what followed is missing", log.rows + 1)


def _tell_odd(values: Sequence[Any], log: Log, line: int) -> None:
    """Tell the first value that is no reading and yet something: where there is none W&B writes nothing or NaN."""
    for value in values:
        nothing = value is None or str(value).strip().lower() in {"", "nan", "null", "none"}
        if not nothing and math.isnan(traces.reading(value)):
            log.say("CR008", f"{shown(value)} is no power; left out", line)
            return


def _titles(log: Log) -> list[str]:
    """The header as written; importers compare it in lower case, but a run's name is shown as it is."""
    text = log.head.decode(encoding_of(log.head) or "utf-8", "replace")
    line = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return next(csv.reader([line], delimiter=delimiter_of(line)), [])


def _time_s(value: Any, key: str) -> float:
    """Seconds since 1970, or since the start where the key says so; NaN for what is no time."""
    time = traces.reading(value)
    if not math.isnan(time):
        return time if "runtime" in key or "relative" in key else traces.seconds(time)
    try:
        moment = read_moment(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return math.nan
    if moment is None:
        return math.nan
    from datetime import UTC

    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()  # W&B writes UTC


def _id(log: Log) -> str:
    """The run's id, as its folder tells; else the file's name."""
    match = _FOLDER.search(log.path)
    return match[1] if match else log.name


def _is_json(log: Log) -> bool:
    return log.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def _claims(log: Log) -> bool:
    if log.head.startswith(_OFFLINE):
        return True
    if _is_json(log):
        stamped = b'"_timestamp"' in log.head or b'"_runtime"' in log.head
        return stamped and (b'"system.' in log.head or b'"system/' in log.head)
    return _is_panel(log.header)


@lru_cache(256)
def _is_panel(header: tuple[str, ...]) -> bool:
    return any(_series(name) or "system/gpu." in name or name.startswith("system.gpu.") for name in header)


IMPORTER = Importer(
    name="wandb",
    says="Weights & Biases: GPU power of system panels (CSV) and of events (JSON lines)",
    home="https://github.com/wandb/wandb",
    minds="a limit is no draw; the rest of the machine is told as not metered",
    claims=_claims,
    read=read,
)
