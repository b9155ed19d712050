"""experiment-impact-tracker (EIT): power samples in data.json, start, end and machine in the pickle info.pkl."""

from __future__ import annotations

import math
import re
from array import array
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from reporter.errors import plain
from reporter.importers import json_frames
from reporter.importers.base import Importer
from reporter.importers.json_lines import NAN, finite, finites, objects, shown
from reporter.importers.long_samples import (
    above,
    added,
    believed,
    beyond,
    constant,
    is_long,
    last_again,
    shows,
    unknown,
)
from reporter.importers.samples import FAR_S, Span, again, curve, filled, lay, ordinary_s, spread_kwh, total
from reporter.importers.table import Table
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reporter.importers.logs import Log

PUE = 1.58  # written into EIT's source, and never into its logs
INFO, DATA_NAMES, FOLDERS = "info.pkl", ("data.json", "data.csv"), ("impacttracker", "climate_impact_tracker")
CPU, GPU = "rapl_estimated_attributable_power_draw", "nvidia_estimated_attributable_power_draw"
VERSIONS = ("experiment_impact_tracker_version", "climate_impact_tracker_version")
WHOLE = {CPU: "rapl_power_draw_absolute", GPU: "nvidia_draw_absolute"}
INTENSITY = "realtime_carbon_intensity"
WANTED = (*WHOLE, *WHOLE.values(), INTENSITY)
TOGETHER = 1000  # rows whose values are taken over at once
METERS = {CPU: "CPU", GPU: "GPU"}
MAX_W, MAX_G_PER_KWH = 1e6, 1e5  # no machine draws a megawatt, no grid is that dirty: such readings are not believed
SANE_S = (946_684_800.0, 4_102_444_800.0)  # the years 2000 to 2099


class Info(NamedTuple):
    """What info.pkl tells: when the run was (local time of an unknown zone), the machine, the grid."""

    start: datetime
    end: datetime | None
    told: Mapping[str, Any]

    def at(self, *keys: str) -> Any:
        """The value under these keys, or None where one of them is missing."""
        value: Any = self.told
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, *keys: str) -> str | None:
        """The text under these keys, on one line, or None."""
        value = self.at(*keys)
        return plain(value.strip(), 100) or None if isinstance(value, str) else None


class Samples(NamedTuple):
    """The rows of data.json as columns, NaN where a row has no number: lists, of a long log arrays.

    A column may be left out where no row names it.
    """

    times: Any
    columns: dict[str, Any]


def claims(log: Log) -> bool:
    """A run's two files: an info.pkl that looks like EIT's, and lines with a timestamp and a meter's reading."""
    if log.name == INFO:
        placed = any(map(log.beside, DATA_NAMES)) or log.folder.replace("\\", "/").rsplit("/", 1)[-1] in FOLDERS
        return placed or b"experiment_start" in log.head or b"cpu_info" in log.head
    first = log.head.split(b"\n", 1)[0]
    if b'"timestamp"' in first and any(key in first for key in (b'"rapl_', b'"nvidia_', b'"cpu_time_seconds"')):
        return True
    if log.name == "data.json" and log.beside(INFO):
        return True
    return "timestamp" in log.header and (CPU in log.header or GPU in log.header)


def read(logs: Sequence[Log]) -> list[Run]:
    """One Run a folder, from its data.json (in 0.1: data.csv) and info.pkl; either finds the other beside it."""
    infos = [log for log in logs if log.name == INFO]
    runs = []
    samples = _sample_logs(logs) or [_beside(infos[0], *DATA_NAMES)]
    for data in samples:
        info = infos[0] if infos else _beside(data, INFO)
        data.strict = info.strict = logs[0].strict
        runs.append(_run(data, info, alone=len(samples) == 1, source=data if data in logs else logs[0]))
        for log in (data, info):
            if log not in logs:  # it was found, not given: what there is to say stands with the one that was
                logs[0].findings += log.findings
                logs[0].rows, logs[0].skipped = logs[0].rows + log.rows, logs[0].skipped + log.skipped
    return runs


def _sample_logs(logs: Sequence[Log]) -> list[Log]:
    """The files of samples among these; a data.csv beside a data.json is the same run again."""
    found = [log for log in logs if log.name != INFO]
    if any(log.name == "data.json" for log in found):
        for log in found:
            if log.name == "data.csv":
                log.say("CR011", "data.json beside it holds the same run; this file is not counted", level="note")
        found = [log for log in found if log.name != "data.csv"]
    return found


def _beside(log: Log, *names: str) -> Log:
    """The other half of a run. Raises ReportError where it is missing."""
    found = next(filter(None, map(log.beside, names)), None)
    if found is None:
        holds = "the power samples" if log.name == INFO else "the run's start, end and machine"
        raise log.refuse(f"{names[0]} is missing beside it, which holds {holds}; copy the whole folder")
    return found


def _run(data: Log, info_log: Log, *, alone: bool, source: Log) -> Run:
    info = _info(info_log)
    samples = _samples(data)
    span = lay(info.start, info.end, samples.times, data)
    parts = {key: spread_kwh(samples.columns[key], span.steps_s) for key in _meters(info, samples, data)}
    steps_kwh = added([*parts.values()])
    if parts:
        _doubts(span, steps_kwh, samples, data)
    intensities = _intensities(info, samples)
    place = _place(data.path)
    return Run(
        id=place if alone else f"{place}/{data.name}",
        tracker=IMPORTER.name,
        source=source.path,
        started_at=datetime.fromtimestamp(span.start, UTC),
        ended_at=datetime.fromtimestamp(span.end, UTC),
        duration_s=total(span.steps_s) if span.went_back else span.end - span.start,
        energy_kwh=total(steps_kwh) if parts else None,
        cpu_energy_kwh=total(parts[CPU]) if CPU in parts else None,
        gpu_energy_kwh=total(parts[GPU]) if GPU in parts else None,
        reported_pue=PUE,
        reported_emissions_kg=_emissions_kg(steps_kwh, intensities) if parts else None,
        reported_intensity_g_per_kwh=total(intensities) / len(intensities) if len(intensities) else None,
        basis="measured",
        machine_wide=False,
        power_w=curve(steps_kwh, span.steps_s) if parts else (),
        labels={"experiment": plain(place.rsplit("/", 1)[-1].removesuffix(".zip"))},
        **_machine(info),
    )


def _machine(info: Info) -> dict[str, Any]:
    """What info.pkl tells about the machine, its place and its software, as fields of a Run."""
    region, gpus = info.text("region", "id"), info.at("gpu_info")
    gpus = [gpu for gpu in gpus if isinstance(gpu, dict)] if isinstance(gpus, list) else []
    models = dict.fromkeys(plain(gpu["name"], 100) for gpu in gpus if isinstance(gpu.get("name"), str))
    count = finite(info.at("cpu_info", "count"))
    return {
        "country": region[:2] if region and re.match(r"[A-Z]{2}(-|$)", region) else None,
        "region": region,
        "cpu_model": info.text("cpu_info", "brand_raw") or info.text("cpu_info", "brand"),
        "cpu_count": count if count > 0 else None,
        "gpu_model": ", ".join([*models][:8]) or None,
        "gpu_count": float(len(gpus)) if gpus else None,
        "python_version": info.text("cpu_info", "python_version"),
        "tracker_version": next(filter(None, map(info.text, VERSIONS)), None),
    }


def _place(path: str) -> str:
    """The run's folder as it was given: without the tracker's own folder, whose name is the same for every run."""
    parts = path.replace("\\", "/").split("/")[:-1]
    while len(parts) > 1 and parts[-1] in {*FOLDERS, ""}:
        parts.pop()
    return "/".join(parts) or "."


def _info(log: Log) -> Info:
    """Read info.pkl as plain data. Raises ReportError for what is no such file, or would run code if unpickled."""
    from reporter import inert

    with log.open() as stream:
        content = stream.read(inert.MAX_BYTES + 1)
    try:
        told = inert.read(content)
    except ValueError as error:
        raise log.refuse(f"refused: {error}") from error
    if not isinstance(told, dict):
        raise log.refuse("this is not the info.pkl of a run: it holds no table of names and values")
    start, end = told.get("experiment_start"), told.get("experiment_end")
    if not _is_moment(start):
        raise log.refuse(f"experiment_start is {shown(start)}, no date and time of a run; copy the file again")
    if end is not None and not _is_moment(end):
        raise log.refuse(f"experiment_end is {shown(end)}, no date and time of a run; copy the file again")
    return Info(start, end, told)


def _is_moment(value: object) -> TypeGuard[datetime]:
    return isinstance(value, datetime) and 2000 <= value.year < 2100


def _samples(log: Log) -> Samples:
    """Read every row that has a time. Raises ReportError where there is none."""
    times, columns = _long(log) if _is_long(log) else (list[float](), dict[str, list[float]]())
    if not is_long(times):
        _take(() if times else _rows(log), times, columns, log)
        for copy in reversed(again(times, *columns.values())):
            log.say("CR021", f"{copy.stop - copy.start} samples stand here once more; counted once")
            for values in (times, *columns.values()):
                del values[copy]
    if not len(times):
        raise log.refuse(f"there is no power sample in it ({log.rows} lines, {log.skipped} skipped)")
    for key, values in columns.items():
        columns[key], odd = believed(values, _limit(key))
        if odd:
            log.say("CR035", f"{key}: {odd} readings below 0 or above {_limit(key):.0f}; taken as not told")
    return Samples(times, columns)


def _is_long(log: Log) -> bool:
    return not (CPU in log.header or GPU in log.header) and json_frames.is_long(log)


def _long(log: Log) -> tuple[Any, dict[str, Any]]:
    """The same of a long data.json, as arrays; as lists where time goes back, since such rows are judged one by one."""
    import numpy as np

    times, columns = array("d"), {key: array("d") for key in WANTED}
    for part in json_frames.stretches(log, ("timestamp", *WANTED), SANE_S):
        if isinstance(part, json_frames.Columns):
            times.frombytes(part.columns["timestamp"].tobytes())
            for key in WANTED:
                columns[key].frombytes(part.columns[key].tobytes())
        else:
            _take(part, times, columns, log)
    at = np.frombuffer(times)
    if (at[1:] < at[:-1]).any():
        # Values that are not known are one and the same, as those of single rows are.
        return times.tolist(), {
            key: [NAN if math.isnan(value) else value for value in values] for key, values in columns.items()
        }
    return at, {key: np.frombuffer(values) for key, values in columns.items()}


def _take(rows: Iterable[tuple[int, Mapping[str, Any]]], times: Any, columns: dict[str, Any], log: Log) -> None:
    """Add rows to the columns; those without a time are skipped and told."""
    timed: list[Mapping[str, Any]] = []
    for line, row in rows:
        time = row.get("timestamp")
        if time.__class__ is not float:
            time = finite(time)
        if not SANE_S[0] <= time < SANE_S[1]:
            log.skip(line, f"timestamp: {shown(row.get('timestamp'))} is no time in seconds since 1970")
            continue
        times.append(time)
        timed.append(row)
        if len(timed) == TOGETHER:
            _add(timed, len(times), columns)
            timed.clear()
    _add(timed, len(times), columns)


def _add(rows: Sequence[Mapping[str, Any]], known: int, columns: dict[str, Any]) -> None:
    """Add values of rows, up to ``known`` ones; a column that no row had before begins with unknown ones."""
    for key in WANTED:
        if key not in columns:
            if not any(key in row for row in rows):
                continue
            columns[key] = [NAN] * (known - len(rows))
        columns[key].extend(finites([row.get(key) for row in rows]))


def _limit(key: str) -> float:
    return MAX_G_PER_KWH if key == INTENSITY else MAX_W


def _rows(log: Log) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows of a data.json, or of the data.csv that version 0.1 wrote, by line."""
    if CPU in log.header or GPU in log.header:
        table = Table(log)
        return ((row.line, dict(zip(table.header, row.cells, strict=False))) for row in table)
    return objects(log)


def _meters(info: Info, samples: Samples, log: Log) -> list[str]:
    """Which of CPU and GPU were read. A meter that shows 0 W throughout, for the whole machine too, was not."""
    used = []
    for key, name in METERS.items():
        own, whole = samples.columns.get(key, []), samples.columns.get(WHOLE[key], [])
        if key == GPU and "gpu_info" not in info.told:
            if shows(own):
                log.say("CR025", "GPU power stands here, but info.pkl names no GPU; left out, as by the tracker itself")
        elif unknown(own) == len(own):
            if key == CPU or info.at("gpu_info"):
                log.say("CR025", f"the {name} was not metered; its energy is not in the run's")
        elif not (shows(own) or shows(whole)):
            log.say("CR025", f"every reading of the {name}'s power is 0 W: it could not be read")
        else:
            used.append(key)
    if not any(shows(samples.columns[key]) for key in used):
        log.say("CR013", "no power could be read, of the CPU or the GPU; the run's energy is not known (it is not 0)")
        return []
    return used


def _doubts(span: Span, steps_kwh: Any, samples: Samples, log: Log) -> None:
    """Tell where the energy rests on few or odd samples."""
    ordinary, tail, between = ordinary_s(samples.times), span.steps_s[-1], span.steps_s[1:-1]
    energy = total(steps_kwh)
    if tail > FAR_S or (ordinary and tail > 10 * ordinary):
        share = steps_kwh[-1] / energy if energy > 0 else 0
        log.say("CR016", f"the last sample stands for {tail:.0f} s up to the program's end, {share:.0%} of the energy")
    gaps = beyond(between, max(FAR_S, 10 * ordinary))
    if gaps:
        log.say("CR017", f"samples lie far apart {len(gaps)} times, up to {max(gaps):.0f} s (usual: {ordinary:.0f} s)")
    for own, whole in WHOLE.items():
        more = above(samples.columns.get(own, ()), samples.columns.get(whole, ()))
        if more:
            log.say("CR020", f"{more} samples give the run more {METERS[own]} power than the whole machine drew; kept")
    lost = unknown(steps_kwh)
    if lost:
        log.say("CR026", f"{lost} of {len(steps_kwh)} steps lack a reading; they count nothing in the total")


def _intensities(info: Info, samples: Samples) -> Any:
    """gCO2e/kWh at each step as the tracker takes it: live where the log has it, else the region's yearly figure."""
    live = samples.columns.get(INTENSITY)
    if live is not None and unknown(live) < len(live):
        return filled(last_again(live))
    region = finite(info.at("region_carbon_intensity_estimate", "carbonIntensity"))
    return constant(region, last_again(samples.times)) if 0 <= region <= MAX_G_PER_KWH else []


def _emissions_kg(steps_kwh: Any, intensities: Any) -> float | None:
    """The tracker's own claim, with its PUE."""
    if not len(intensities):
        return None
    if is_long(steps_kwh):
        return total(PUE * steps_kwh * intensities / 1000)
    return total(PUE * energy * grams / 1000 for energy, grams in zip(steps_kwh, intensities, strict=True))


IMPORTER = Importer(
    name="experiment-impact-tracker",
    says="experiment-impact-tracker data.json and info.pkl",
    home="https://github.com/Breakend/experiment-impact-tracker",
    minds="same integration as the tool, PUE 1.58 divided out, in any time zone; `info.pkl` is read without unpickling",
    claims=claims,
    read=read,
)
