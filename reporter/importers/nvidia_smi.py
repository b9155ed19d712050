"""nvidia-smi's --query-gpu CSV: power samples of all GPUs of a machine, each integrated by itself, then added.

What a naive reader gets wrong: rows of several GPUs alternate, and without a column that names the GPU they look like
one that is sampled faster; cells carry their own unit; ``[N/A]`` is not 0; ``power.limit`` is no draw; a header stands
wherever the logger was started again; the driver now and then reports megawatts for an instant.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from reporter import units
from reporter.errors import plain
from reporter.importers import gauges
from reporter.importers.base import Importer, read_moment
from reporter.importers.blocks import stretches
from reporter.importers.nvidia_smi_frames import MOST_LIMITS, MOST_W, Places, sieve
from reporter.importers.nvidia_smi_gpus import Gpu, Recording, Sample
from reporter.importers.table import Table, number
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log
    from reporter.importers.nvidia_smi_frames import Readings
    from reporter.importers.table import Row

#: Columns of power in the order in which they are preferred, and of energy since the driver was loaded.
POWER = ("power.draw.average", "power.draw", "power.draw.instant")
COUNTER = ("total_energy_consumption", "total.energy.consumption", "energy.consumption.total")
NAMING = ("uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "index", "serial", "gpu_serial")
OURS = ("utilization.gpu [%]", "memory.used [mib]", "power.limit [w]", "temperature.gpu")  # of a log without power

TICK_S = 0.05  # rows of one query are this near to each other

_UNITS = {"w": "W", "kw": "kW", "mw": "mW", "j": "J", "kj": "kJ", "mj": "mJ", "wh": "Wh", "kwh": "kWh"}
_QUANTITY = pattern(r"([^A-Za-z\s]+)\s*([A-Za-z]*)")
_BARE = pattern(  # rows without a header: a timestamp in front, or a power among the cells of the first line
    rb"(?:\xef\xbb\xbf)?\s*"
    rb"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3}\s*,|[^\n]*\b\d+\.\d\d k?W\s*(?:,|\r?\n|\Z))"
)
_WHOLE = pattern(r"\.\d\d$|[\sA-Z\]]W?$")  # how a last cell of power ends that was not cut
_HALVES = pattern(r"-?[0-9]+"), re.compile(r"[0-9]{1,3}\s*[A-Za-z]*")


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run for each file, with all its GPUs. Raises ReportError for a file whose power cannot be read at all."""
    known: dict[str, tuple[float, float, Log]] = {}
    for log in logs:
        told = _recording(log)
        if told.start is None or told.end is None or told.origin is None:
            raise log.refuse("no row of it can be read" if log.rows else "no row below the header; log for longer")
        early_s = (told.origin - told.start).total_seconds()
        for gpu in told.found.values():  # from the start of the log, whichever row stands first
            gpu.first_s, gpu.last_s = gpu.first_s + early_s, gpu.last_s + early_s
        _check_files(told.found, told.start, known, log)
        yield _run(log, told.found, told.start, told.end)


def _recording(log: Log) -> Recording:
    """All samples of a file, as they come where a column names the GPU."""
    if _BARE.match(log.head) and not any(name.startswith("power") for name in log.header):
        raise log.refuse(f"there is no header (--format=csv,noheader); put this line on top, its names mended: "
                         f"{_guess(log)}", 1)  # fmt: skip
    table, bound, told = Table(log), 0, Recording()
    columns: Columns | None = None
    for stretch in stretches(table, lambda: sieve(Columns(table).places)):
        block = None if stretch.sifted is None else stretch.sifted.told
        every = block is None or not block.keys <= told.found.keys()
        for row in stretch.rows(every=every):
            if bound != table.changed or columns is None:
                bound, columns = table.changed, Columns(table)
            sample = columns.read(row)
            if sample is not None and sample.gpu is not None:
                told.add(sample.gpu, sample)
            elif sample is not None:
                told.nameless.append(sample)
        if block is not None and not every:
            _take(block, told)
    _name(told, log)
    return told


def _take(block: Readings, told: Recording) -> None:
    """Take the plain rows of a block in."""
    assert told.origin is not None  # noqa: S101 - its GPUs were seen before
    told.span(block.first, block.last)
    for key, series in block.series(told.origin):
        told.found[key].extend(*series)


def _name(told: Recording, log: Log) -> None:
    """Sort samples that name no GPU: left out where others do, else told apart by their place within a query."""
    if told.found and told.nameless:
        log.say("CR008", f"{len(told.nameless)} rows name no GPU; left out")
        for sample in told.nameless:
            told.span(sample.at, sample.at)
    elif told.nameless:
        told.origin = min(sample.at for sample in told.nameless)
        for key, sample in _told_apart(told.nameless, log):
            told.add(key, sample)


def _guess(log: Log) -> str:
    """A header for rows that have none, as far as the first one's cells tell."""
    signs = ((r"[0-9]{4}/", "timestamp"), (r"GPU-", "uuid"), (r"[0-9A-F]{4,8}:[0-9A-F]{2}:", "pci.bus_id"),
             (r".* W$", "power.draw [W]"), (r".* %$", "utilization.gpu [%]"), (r".* MiB$", "memory.used [MiB]"),
             (r"[0-9]{1,2}$", "index"), (r"[0-9]+\.[0-9]{2}$", "power.draw [W]"), (r".*[A-Za-z]", "name"))  # fmt: skip
    cells = log.head.splitlines()[0].decode("utf-8-sig", "replace").split(",")
    found = (next((name for sign, name in signs if re.match(sign, cell.strip(), re.IGNORECASE)), "?") for cell in cells)
    return ", ".join(found)


class Columns:
    """The columns of one header. Raises ReportError where there is no time, or neither power nor energy."""

    def __init__(self, table: Table) -> None:
        self._log, self._width = table.log, len(table.header)
        self._decimal, self._log_delimiter = "," if table.delimiter == ";" else ".", table.delimiter
        bases = [re.sub(r"\s*\[.*\]$", "", name) for name in table.header]
        self._bracket = [_UNITS.get(name.rpartition("[")[2].rstrip("]")) for name in table.header]
        self._power = [bases.index(name) for name in POWER if name in bases]
        self._counter = [bases.index(name) for name in COUNTER if name in bases]
        self._limit = bases.index("power.limit") if "power.limit" in bases else None
        naming = [bases.index(name) for name in NAMING if name in bases]
        self._key = naming[0] if naming else None
        self._index = bases.index("index") if "index" in bases else self._key
        self._model = next((bases.index(name) for name in ("name", "gpu_name") if name in bases), None)
        if not self._power and not self._counter:
            raise self._log.refuse("no column tells the power; add power.draw to --query-gpu")
        if "timestamp" not in bases:
            raise self._log.refuse("no column tells the time; add timestamp to --query-gpu")
        self._time = bases.index("timestamp")
        self._zoned: bool | None = None

    @property
    def places(self) -> Places | None:
        """Where a block's columns stand, if they are such that its plain rows can be taken as they are: watts alone."""
        if len(self._power) != 1 or self._counter or self._key is None or self._decimal == ",":
            return None
        power, limit = self._power[0], self._limit
        if any(place is not None and self._bracket[place] not in {None, "W"} for place in (power, limit)):
            return None
        return Places(self._width, self._log_delimiter, self._time, self._key, power, limit)

    def read(self, row: Row) -> Sample | None:
        """One row, or None for one that was skipped and told. Raises ReportError for commas in comma-separated data."""
        cells = [cell.strip() for cell in row.cells]
        while len(cells) > self._width and not cells[-1]:
            cells.pop()
        if len(cells) != self._width:
            self._refuse_commas(cells, row.line)
            cut = not row.whole and len(cells) < self._width
            why = "the last line is cut" if cut else f"{len(cells)} cells where the header has {self._width}"
            self._log.skip(row.line, why, "CR003" if cut else "CR002")
            return None
        if not row.whole and self._width - 1 in self._power and not _WHOLE.search(cells[-1]):
            self._log.skip(row.line, "the last line is cut", "CR003")
            return None
        try:
            at = self._moment(cells[self._time])
            power_w, counter_kwh = self._first(cells, self._power, "W"), self._first(cells, self._counter, "kWh")
        except ValueError as error:
            self._log.skip(row.line, str(error))
            return None
        if power_w is not None and not 0 <= power_w <= self._most_w(cells):
            self._log.skip(row.line, f"{power_w:g} W is no power of one GPU", "CR035")
            return None
        key, index = self._cell(cells, self._key), self._cell(cells, self._index)
        label = None if index is None else f"GPU {plain(index, 40)}"
        return Sample(at, key, label, self._cell(cells, self._model), power_w, counter_kwh)

    def _moment(self, cell: str) -> datetime:
        """The moment. Raises ValueError also where it has a time zone and those above have none, or the reverse."""
        at = read_moment(cell.replace("/", "-"))
        if self._zoned is None:
            self._zoned = at.tzinfo is not None
        if self._zoned != (at.tzinfo is not None):
            told = "has no" if self._zoned else "has a"
            raise ValueError(f"'{plain(cell, 40)}' {told} time zone, unlike those above")
        return at

    def _cell(self, cells: list[str], place: int | None) -> str | None:
        return None if place is None or _missing(cells[place]) else cells[place]

    def _first(self, cells: list[str], places: list[int], wanted: str) -> float | None:
        """The first of several columns that has a reading, in the unit wanted."""
        for place in places:
            if not _missing(cells[place]):
                return self._quantity(cells[place], self._bracket[place] or ("W" if wanted == "W" else "mJ"), wanted)
        return None

    def _quantity(self, cell: str, unit: str, wanted: str) -> float:
        """A number with its own unit, or in its column's."""
        match = _QUANTITY.fullmatch(cell)
        written = _UNITS.get(match[2].lower()) if match and match[2] else unit
        if not match or not written or (wanted == "W") != written.endswith("W"):
            raise ValueError(f"'{plain(cell, 40)}' is no {'power' if wanted == 'W' else 'energy'}")
        return number(match[1], self._decimal) * units.factor(written, wanted)

    def _most_w(self, cells: list[str]) -> float:
        try:
            limit = self._first(cells, [] if self._limit is None else [self._limit], "W")
        except ValueError:
            limit = None
        return min(MOST_W, MOST_LIMITS * limit) if limit else MOST_W

    def _refuse_commas(self, cells: list[str], line: int) -> None:
        whole, rest = _HALVES
        halved = any(whole.fullmatch(one) and rest.fullmatch(two) for one, two in pairwise(cells))
        if len(cells) > self._width and halved:
            raise self._log.refuse(
                f"{len(cells)} cells where the header has {self._width}: decimal commas in comma-separated data; "
                "log with LC_ALL=C, or write points", line)  # fmt: skip


def _missing(cell: str) -> bool:
    return not cell or cell.startswith("[") or cell.lower() in {"n/a", "err!", "unknown", "-"}


def _told_apart(samples: list[Sample], log: Log) -> Iterator[tuple[str, Sample]]:
    """Each sample with a name for its GPU, which no column tells: its place within its query."""
    ticks = _ticks(samples, 0.0)
    if max(map(len, ticks)) == 1:
        near = _ticks(samples, TICK_S)
        alike = {len(tick) for tick in near[:-1]}
        ticks = near if len(near) > 2 and len(alike) == 1 and len(near[-1]) <= max(alike) else ticks
    many = max(map(len, ticks))
    if many > 1:
        log.say("CR044", f"no column names the GPU; {many} rows a query are taken as {many} GPUs "
                "(add index to --query-gpu)", level="note")  # fmt: skip
    for tick in ticks:
        yield from ((f"GPU {place}", sample) for place, sample in enumerate(tick))


def _ticks(samples: list[Sample], near_s: float) -> list[list[Sample]]:
    """The rows of each query: those that follow one another within so many seconds."""
    ticks = [[samples[0]]]
    for sample in samples[1:]:
        if 0 <= (sample.at - ticks[-1][-1].at).total_seconds() <= near_s:
            ticks[-1].append(sample)
        else:
            ticks.append([sample])
    return ticks


def _check_files(found: dict[str, Gpu], start: datetime, known: dict[str, tuple[float, float, Log]], log: Log) -> None:
    """Tell a GPU that another log holds for the same time: only a UUID proves two GPUs one."""
    from datetime import UTC

    zero = start.replace(tzinfo=start.tzinfo or UTC).timestamp()
    for key, gpu in found.items():
        span = (zero + gpu.first_s, zero + gpu.last_s, log)
        other = known.setdefault(key, span) if key.lower().startswith("gpu-") else span
        if other[2] is not log and min(other[1], span[1]) - max(other[0], span[0]) > 2:
            log.say("CR014", f"{gpu.gauge.name} is in {plain(other[2].name, 80)} for the same time, and counts twice; "
                    "give one of them alone")  # fmt: skip


def _run(log: Log, found: dict[str, Gpu], start: datetime, end: datetime) -> Run:
    gpus = list(found.values())
    readable = [gpu for gpu in gpus if len(gpu.gauge.times_s) > 1 or gpu.counter.readings > 1]
    if not readable and any(gpu.gauge.times_s or gpu.counter.readings for gpu in gpus):
        raise log.refuse("one sample has no duration: energy needs two of a GPU; log with -l 1, from start to end")
    duration_s = (end - start).total_seconds()
    for gpu in gpus:
        _tell(gpu, duration_s, log)
    traces = [gauges.integrate(gpu.gauge, log) for gpu in readable if len(gpu.gauge.times_s) > 1]
    sampled = {trace.name: trace.energy_kwh for trace in traces}
    energies = [gpu.counted_kwh(log) or sampled.get(gpu.gauge.name) for gpu in readable]
    known = [energy for energy in energies if energy is not None]
    if known and len(known) < len(gpus):
        log.say("CR025", f"the energy is that of {len(known)} of {len(gpus)} GPUs")
    energy_kwh = math.fsum(known) if known else None
    if energy_kwh == 0 and any(gpu.gauge.live for gpu in gpus):
        raise log.refuse("no time passes from sample to sample, so there is no energy; see what became of the clock")
    models = dict.fromkeys(gpu.model for gpu in gpus if gpu.model)
    return Run(
        id=log.path,
        tracker=IMPORTER.name,
        source=log.path,
        started_at=start,
        ended_at=end,
        duration_s=duration_s,
        energy_kwh=energy_kwh,
        gpu_energy_kwh=energy_kwh,
        basis="measured",
        gpu_model=" + ".join(models) or None,
        gpu_count=len(gpus),
        power_w=gauges.curve(traces),
        device_power_w=gauges.curves(traces),
    )


def _tell(gpu: Gpu, duration_s: float, log: Log) -> None:
    """Tell what a GPU's samples lack: readings, its beginning or its end."""
    name, times = gpu.gauge.name, gpu.gauge.times_s
    if not times and not gpu.counter.readings:
        log.say("CR027", f"{name}: not one reading of its power ([N/A]); it has no energy here")
        return
    if gpu.missing:
        log.say("CR026", f"{name}: {gpu.missing} readings missing ([N/A]); drawn straight between their neighbours")
    slack_s = max(1.0, 3 * gpu.gauge.ordinary_s)
    if gpu.first_s > slack_s:
        log.say("CR037", f"{name}: no reading in the first {gpu.first_s:.0f} s; counted from there")
    if duration_s - gpu.last_s > slack_s:
        log.say("CR037", f"{name}: no reading in the last {duration_s - gpu.last_s:.0f} s; counted up to there")


def _claims(log: Log) -> bool:
    header = log.header
    if _tells_power(header):
        return True
    if "timestamp" in header and any(name in header for name in OURS):
        return True
    first = log.head.lstrip(b"\xef\xbb\xbf \t\r\n\v\f").partition(b"\n")[0]
    return (first[:2].isdigit() or b"W" in first) and bool(_BARE.match(log.head))


@lru_cache(256)
def _tells_power(header: tuple[str, ...]) -> bool:
    return any(name.startswith(POWER) or name.partition(" ")[0] in COUNTER for name in header)


IMPORTER = Importer(
    name="nvidia-smi",
    says="nvidia-smi --query-gpu CSV with power.draw: several GPUs, with or without units",
    home="https://docs.nvidia.com/deploy/nvidia-smi/",
    minds="each GPU by itself; counters before samples; gaps and spikes told",
    claims=_claims,
    read=read,
)
