"""experiment-impact-tracker (EIT): power samples in data.json, start, end and machine in the pickle info.pkl."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import inert
from reporter.errors import plain
from reporter.importers.base import Importer
from reporter.importers.samples import (
    FAR_S, clocks_may_change, curve, filled, ordinary_s, spread_kwh, steps_s, total, written_s, zone_offset_s, zone_text,
)  # fmt: skip
from reporter.importers.table import Table
from reporter.importers.table import number as read_number
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporter.importers.logs import Log

PUE = 1.58  # written into EIT's source, and never into its logs
INFO, DATA_NAMES, FOLDERS = "info.pkl", ("data.json", "data.csv"), ("impacttracker", "climate_impact_tracker")
CPU, GPU = "rapl_estimated_attributable_power_draw", "nvidia_estimated_attributable_power_draw"
WHOLE = {CPU: "rapl_power_draw_absolute", GPU: "nvidia_draw_absolute"}
INTENSITY = "realtime_carbon_intensity"
METERS = {CPU: "CPU", GPU: "GPU"}
MAX_LINE = 16 << 20
MAX_W = 1e6  # no machine draws a megawatt; such a reading is not believed
SANE_S = (946_684_800.0, 4_102_444_800.0)  # the years 2000 to 2099
NAN = math.nan


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
        value = self.at(*keys)
        return plain(value.strip(), 100) or None if isinstance(value, str) else None


class Samples(NamedTuple):
    """The rows of data.json as columns, NaN where a row has no number. A column is left out where no row names it."""

    times: list[float]
    columns: dict[str, list[float]]


class Span(NamedTuple):
    """The run on the samples' clock: seconds since 1970 (UTC); ``steps_s`` holds one more step than there are samples."""

    start: float
    end: float
    steps_s: list[float]
    went_back: int


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
    samples = [log for log in logs if log.name != INFO]
    if not samples:
        found = next(filter(None, map(infos[0].beside, DATA_NAMES)), None)
        if found is None:
            raise infos[0].refuse("data.json is missing beside it: without its power samples there is no energy")
        samples = [found]
    if len(samples) > 1 and samples[0].beside("data.json"):
        for log in samples:
            if log.name == "data.csv":
                log.say("CR011", "data.json beside it holds the same run; this file is not counted", level="note")
        samples = [log for log in samples if log.name != "data.csv"]
    runs = []
    for data in samples:
        info = infos[0] if infos else data.beside(INFO)
        if info is None:
            raise data.refuse("info.pkl is missing beside it: it tells when the run began and ended; copy the whole folder")
        data.strict = info.strict = logs[0].strict
        run = _run(data, info, alone=len(samples) == 1, source=data if data in logs else logs[0])
        runs.append(run)
    for log in (*samples, info):
        if log not in logs:
            logs[0].findings += log.findings
            logs[0].rows, logs[0].skipped = logs[0].rows + log.rows, logs[0].skipped + log.skipped
    return runs


def _run(data: Log, info_log: Log, *, alone: bool, source: Log) -> Run:
    info = _info(info_log)
    samples = _samples(data)
    span = _span(info, samples.times, data)
    parts = {key: spread_kwh(samples.columns[key], span.steps_s) for key in _meters(info, samples, data)}
    steps_kwh = [sum(part) for part in zip(*parts.values(), strict=True)]
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
        reported_intensity_g_per_kwh=total(intensities) / len(intensities) if intensities else None,
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
    count = _number(info.at("cpu_info", "count"))
    return {
        "country": region[:2] if region and re.match(r"[A-Z]{2}(-|$)", region) else None,
        "region": region,
        "cpu_model": info.text("cpu_info", "brand_raw") or info.text("cpu_info", "brand"),
        "cpu_count": count if count > 0 else None,
        "gpu_model": ", ".join(models) or None,
        "gpu_count": float(len(gpus)) if gpus else None,
        "python_version": info.text("cpu_info", "python_version"),
        "tracker_version": info.text("experiment_impact_tracker_version") or info.text("climate_impact_tracker_version"),
    }


def _place(path: str) -> str:
    """The run's folder as it was given: without the tracker's own folder, whose name is the same for every run."""
    parts = path.replace("\\", "/").split("/")[:-1]
    while len(parts) > 1 and parts[-1] in {*FOLDERS, ""}:
        parts.pop()
    return "/".join(parts) or "."


def _info(log: Log) -> Info:
    """Read info.pkl as plain data. Raises ReportError for what is no such file, or would run code if unpickled."""
    with log.open() as stream:
        content = stream.read(inert.MAX_BYTES + 1)
    try:
        told = inert.read(content)
    except ValueError as error:
        raise log.refuse(f"refused: {error}") from error
    if not isinstance(told, dict):
        raise log.refuse("this is not the info.pkl of a run: it holds no table of names and values")
    moments = []
    for key in ("experiment_start", "experiment_end"):
        value = told.get(key)
        if value is None and key == "experiment_end":
            moments.append(None)
        elif isinstance(value, datetime) and 2000 <= value.year < 2100:
            moments.append(value)
        else:
            raise log.refuse(f"{key} is {plain(repr(value), 40)}, no date and time of a run; copy the file again")
    return Info(moments[0], moments[1], told)


def _samples(log: Log) -> Samples:
    """Read every row that has a time. Raises ReportError where there is none."""
    times: list[float] = []
    columns: dict[str, list[float]] = {}
    wanted = (*WHOLE, *WHOLE.values(), INTENSITY)
    for line, row in _rows(log):
        time = _number(row.get("timestamp"))
        if not SANE_S[0] <= time < SANE_S[1]:
            log.skip(line, f"timestamp: '{plain(row.get('timestamp'), 40)}' is no time in seconds since 1970")
            continue
        for key in wanted:
            if key in row:
                columns.setdefault(key, [NAN] * len(times)).append(_number(row[key]))
            elif key in columns:
                columns[key].append(NAN)
        times.append(time)
    if not times:
        raise log.refuse(f"there is no power sample in it ({log.rows} lines, {log.skipped} skipped)")
    for key in WHOLE:
        odd = sum(not 0 <= value <= MAX_W for value in columns.get(key, ()) if value == value)
        if odd:
            log.say("CR035", f"{key}: {odd} readings below 0 W or above {MAX_W:.0f} W; taken as not told")
            columns[key] = [value if 0 <= value <= MAX_W else NAN for value in columns[key]]
    return Samples(times, columns)


def _rows(log: Log) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if CPU in log.header or GPU in log.header:
        table = Table(log)
        for row in table:
            yield row.line, dict(zip(table.header, row.cells, strict=False))
        return
    with log.open() as stream:
        number = 0
        while line := stream.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE:
                raise log.refuse(f"a line of more than {MAX_LINE >> 20} MiB; this is no data.json of a run", number)
            if not line.strip():
                continue
            log.rows += 1
            row = _object(line)
            if isinstance(row, dict):
                yield number, row
            elif line.endswith(b"\n"):
                log.skip(number, row)
            else:
                log.skip(number, f"the last line is cut off ({row})", "CR003")


def _object(line: bytes) -> dict[str, Any] | str:
    """One line's object, or what is wrong with the line. Integers come as float: 5,000 digits cost nothing then."""
    line = line.strip(b"\0 \t\r\n")
    if not line:
        return "NUL bytes, as a power failure leaves them"
    try:
        row = json.loads(line, parse_int=float)
    except RecursionError:
        return "nested too deep"
    except json.JSONDecodeError as error:
        return f"no JSON: {error.msg} at column {error.colno}"
    except ValueError:
        return "no JSON: not UTF-8"
    return row if isinstance(row, dict) else "no JSON object"


def _number(value: Any) -> float:
    """A finite number, or NaN: for null, text such as "n/a", and whatever else stands where a number should."""
    if isinstance(value, str):
        try:
            return read_number(value)
        except ValueError:
            return NAN
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NAN
    try:
        return float(value) if math.isfinite(value) else NAN
    except OverflowError:
        return NAN


def _span(info: Info, times: list[float], log: Log) -> Span:
    """Lay the run's start and end, which are naive local times, on the samples' clock, which is UTC."""
    start = written = written_s(info.start)
    offset = 0 if info.start.tzinfo else zone_offset_s(written, times[0])
    if offset is None:
        start = times[0]
        log.say("CR018", "the start in info.pkl fits the samples in no time zone; counted from first to last sample")
    elif offset:
        start = written - offset
        log.say("CR018", f"info.pkl's times are local time at {zone_text(offset)}, as the first sample shows", level="note")
    end = _end(info, times, offset, log)
    steps, went_back = steps_s(start, times, end)
    if went_back:
        log.say("CR015", f"the clock went back {went_back} times; those intervals count nothing, and no time counts twice")
    return Span(start, max(start, *times) if end is None else max(end, start), steps, went_back)


def _end(info: Info, times: list[float], offset: int | None, log: Log) -> float | None:
    """Give the end on the samples' clock, or None where the last sample has to stand for it."""
    if info.end is None:
        log.say("CR019", "info.pkl tells no end, as after a crash; the last sample is taken as the end")
        return None
    if offset is None:
        return None
    aware = info.end.tzinfo is not None
    end, last = written_s(info.end) - (0 if aware else offset), max(times)
    near = max(FAR_S, 10 * ordinary_s(times))
    for shift in () if aware else (3600, -3600):
        changed = end < last - FAR_S if shift > 0 else clocks_may_change(info.start.date(), info.end.date())
        if changed and -1 <= end + shift - last <= near:
            log.say("CR018", "the clocks changed by an hour during the run; taken into account", level="note")
            return end + shift
    if end < last - 1:
        log.say("CR015", f"the end in info.pkl lies {last - end:.0f} s before the last sample, which is taken as the end")
        return None
    return end


def _meters(info: Info, samples: Samples, log: Log) -> list[str]:
    """Which of CPU and GPU were read. A meter that shows 0 W throughout, for the whole machine too, was not."""
    used = []
    for key, name in METERS.items():
        own, whole = samples.columns.get(key, []), samples.columns.get(WHOLE[key], [])
        if key == GPU and "gpu_info" not in info.told:
            if any(value > 0 for value in own):
                log.say("CR023", "GPU power stands here, but info.pkl names no GPU; left out, as by the tracker itself")
        elif not any(value == value for value in own):
            if key == CPU or info.at("gpu_info"):
                log.say("CR023", f"the {name} was not metered; its energy is not in the run's")
        elif not any(value > 0 for value in (*own, *whole)):
            log.say("CR023", f"every reading of the {name}'s power is 0 W: it could not be read")
        else:
            used.append(key)
    if not any(value > 0 for key in used for value in samples.columns[key]):
        log.say("CR013", "no power could be read, of the CPU or the GPU; the run's energy is not known (it is not 0)")
        return []
    return used


def _doubts(span: Span, steps_kwh: list[float], samples: Samples, log: Log) -> None:
    """Tell where the energy rests on few or odd samples."""
    ordinary, tail, between = ordinary_s(samples.times), span.steps_s[-1], span.steps_s[1:-1]
    energy = total(steps_kwh)
    if tail > FAR_S or (ordinary and tail > 10 * ordinary):
        share = steps_kwh[-1] / energy if energy > 0 else 0
        log.say("CR016", f"the last sample stands for {tail:.0f} s up to the end of the program, {share:.0%} of the energy")
    gaps = [step for step in between if step > max(FAR_S, 10 * ordinary)]
    if gaps:
        log.say("CR017", f"samples lie far apart {len(gaps)} times, by up to {max(gaps):.0f} s (usual: {ordinary:.0f} s)")
    for own, whole in WHOLE.items():
        pairs = zip(samples.columns.get(own, ()), samples.columns.get(whole, ()), strict=False)
        above = sum(share > machine * (1 + 1e-9) for share, machine in pairs)
        if above:
            log.say("CR020", f"{above} samples give the run more {METERS[own]} power than the whole machine drew; kept")
    lost = sum(value != value for value in steps_kwh)
    if lost:
        log.say("CR024", f"{lost} of {len(steps_kwh)} steps lack a reading and count nothing in the total, as the tracker sums")


def _intensities(info: Info, samples: Samples) -> list[float]:
    """gCO2e/kWh at each step as the tracker takes it: live where the log has it, else the region's yearly figure."""
    live = samples.columns.get(INTENSITY)
    if live is not None and (known := filled((*live, live[-1]))):
        return known
    region = _number(info.at("region_carbon_intensity_estimate", "carbonIntensity"))
    return [region] * (len(samples.times) + 1) if region >= 0 else []


def _emissions_kg(steps_kwh: list[float], intensities: list[float]) -> float | None:
    """The tracker's own claim, with its PUE."""
    if not intensities:
        return None
    return total(PUE * energy * grams / 1000 for energy, grams in zip(steps_kwh, intensities, strict=True))


IMPORTER = Importer(
    name="experiment-impact-tracker",
    says="experiment-impact-tracker data.json and info.pkl",
    home="https://github.com/Breakend/experiment-impact-tracker",
    claims=claims,
    read=read,
)
