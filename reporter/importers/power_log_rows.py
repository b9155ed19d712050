"""One recording of a power log: its rows added up as they come, in constant memory, and the Run they make."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from reporter import powerlog, units
from reporter.importers.base import read_moment
from reporter.importers.table import number
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from reporter.errors import Level
    from reporter.importers.logs import Log
    from reporter.importers.table import Row, Table
    from reporter.powerlog import Head, Meter, Part

TRACKER = "power-log"
MOST_POINTS = 500  # of power_w
FINEST_S = 1 / 64  # between two of them

#: A counter that stands still for so many seconds is no counter: a processor at rest draws some watts.
STILL_S = 10.0


class Sample(NamedTuple):
    """One row's figures; ``joules`` holds None where a meter could not be read, ``job`` where its share is not told."""

    at: datetime | None
    elapsed_s: float
    joules: dict[Meter, float | None]
    job: dict[Meter, float | None]


class Course:
    """Energies up to some moments, of which the last in each stretch of time is kept.

    The stretches are as long as a power of two of seconds that leaves 2 MOST_POINTS at most, which the moments alone
    decide: whoever leaves out moments that are not the last of their stretch keeps the same. What is kept stays exact,
    being cumulative.
    """

    def __init__(self) -> None:
        self.points: list[tuple[float, list[float]]] = []
        self.width_s = FINEST_S

    def add(self, elapsed_s: float, totals_j: list[float]) -> None:
        """Keep the totals at a moment, which is not before the last one."""
        if self.points and int(self.points[-1][0] / self.width_s) == int(elapsed_s / self.width_s):
            self.points.pop()
        self.points.append((elapsed_s, totals_j))
        while len(self.points) > 2 * MOST_POINTS:
            self.widen(2 * self.width_s)

    def widen(self, width_s: float) -> None:
        """Make the stretches at least so long, as they will be by all moments, of which some are left out."""
        if self.width_s < width_s:
            self.width_s = width_s
            last = {int(at_s / self.width_s): (at_s, totals) for at_s, totals in self.points}
            self.points = list(last.values())


class Recording:
    """One sampler's rows, added up as they come, in constant memory."""

    def __init__(self, log: Log, head: Head, line: int) -> None:
        self.log, self.head, self.line, self.ended = log, head, line, False  # ended: its last line is there
        self.continues: str | None = None  # the file in which its run goes on
        self.counts = {meter: powerlog.Count() for meter in head.meters}
        self.job = {meter: powerlog.Count() for meter in head.meters if head.job and meter.part in powerlog.SHARED}
        self.metrics: dict[str, str] = {}
        self.shares: dict[Meter, float] = {}  # of what others that ran beside it counted too, where they did
        self._columns: dict[Meter, int | None] = {}
        self._job_columns: dict[Meter, int] = {}
        self.elapsed_s = 0.0  # of all stretches
        self.before_s = 0.0
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None
        self.course = Course()
        self._told: set[str] = set()

    def bind(self, table: Table) -> None:
        """Find the columns in the header that is in force. Raises ReportError where one that must be is not there."""
        places = {name: place for place, name in enumerate(table.header)}
        self._width, self._decimal = len(table.header), "," if table.delimiter == ";" else "."
        for name in (powerlog.TIME, powerlog.ELAPSED):
            if name not in places:
                raise self.log.refuse(f"column '{name}' is missing", self.line - 1)
        self._time, self._elapsed = places[powerlog.TIME], places[powerlog.ELAPSED]
        for meter in self.head.meters:
            self._columns[meter] = places.get(meter.column)
            if meter.column not in places:
                self._say("CR008", f"column '{meter.column}' is missing; its energy is not told", self.line - 1)
        self._job_columns = {meter: places[meter.job_column] for meter in self.job if meter.job_column in places}
        declared = {meter.column for meter in self.head.meters} | {meter.job_column for meter in self.job}
        for name in table.header:
            if name.endswith("_j") and name not in declared:
                self._say("CR008", f"column '{name}': no '# meter:' line tells what it is; left out", self.line - 1)
        self._last_is_energy = bool(table.header) and table.header[-1] in declared | {powerlog.TIME, powerlog.ELAPSED}

    @property
    def places(self) -> dict[str, int] | None:
        """Where time, elapsed_s and all joules stand in the header in force; None for decimal commas."""
        meters = {meter.column: place for meter, place in self._columns.items() if place is not None}
        job = {meter.job_column: place for meter, place in self._job_columns.items()}
        own = {powerlog.TIME: self._time, powerlog.ELAPSED: self._elapsed}
        return {**own, **meters, **job} if self._decimal == "." else None

    def goes_on(self, at: datetime, elapsed_s: float, joules: Mapping[str, float]) -> bool:
        """Whether a row with these figures follows the last one: no clock and no counter smaller than before."""
        if self._last_at is None or at < self._last_at or self.before_s + elapsed_s < self.elapsed_s:
            return False
        counts = {meter.column: count for meter, count in self.counts.items()}
        counts |= {meter.job_column: count for meter, count in self.job.items()}
        return all(value >= (counts[name].last_j or 0.0) for name, value in joules.items())

    def add(self, row: Row) -> None:
        """Add one row; one that cannot be read is skipped and told."""
        few = len(row.cells) < self._width
        if not row.whole and (few or self._last_is_energy):
            self.log.skip(row.line, "the last line is cut", "CR003")
            return
        if few or any(cell.strip() for cell in row.cells[self._width :]):
            self.log.skip(row.line, f"{len(row.cells)} cells where the header has {self._width}")
            return
        try:
            sample = self._sample(row)
        except ValueError as error:
            self.log.skip(row.line, str(error))
            return
        self._first_at = min(filter(None, (self._first_at, sample.at)), default=None)
        self._take(sample, row.line)

    def _sample(self, row: Row) -> Sample:
        joules = {meter: self._read(row, place, meter.column) for meter, place in self._columns.items()}
        job = {meter: self._read(row, place, meter.job_column) for meter, place in self._job_columns.items()}
        elapsed_s = self._positive(row.cells[self._elapsed], powerlog.ELAPSED)
        try:
            at = read_moment(row.cells[self._time].strip())
            if at.tzinfo is None:
                raise ValueError(f"'{row.cells[self._time]}' has no offset from UTC")
        except ValueError as error:
            self._say("CR007", f"time: {error}; elapsed_s is taken instead", row.line)
            at = None
        return Sample(at, elapsed_s, joules, job)

    def _read(self, row: Row, place: int | None, column: str) -> float | None:
        cell = "" if place is None else row.cells[place]
        return self._positive(cell, column) if cell.strip() else None

    def _positive(self, cell: str, column: str) -> float:
        try:
            value = number(cell, self._decimal)
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from error
        if value < 0:
            raise ValueError(f"{column}: '{cell}' is negative, but it counts up")
        return value

    def _take(self, sample: Sample, line: int) -> None:
        """Bring a sample in: a row further on, a row out of its place, or the first of another stretch."""
        at, last_at = sample.at, self._last_at
        if self.before_s + sample.elapsed_s < self.elapsed_s:
            if at is None or last_at is None or at <= last_at:
                self._say("CR024", "rows are out of order; taken by elapsed_s", line, "note")
                return  # later rows hold its energy
            self._say("CR022", "elapsed_s begins anew here; both stretches are counted", line)
            self.before_s = self.elapsed_s
            for count in (*self.counts.values(), *self.job.values()):
                count.restart(0.0)
        elif at is not None and last_at is not None and at < last_at:
            self._say("CR015", "the clock was set back here; durations are taken from elapsed_s", line, "note")
        self.elapsed_s = self.before_s + sample.elapsed_s
        self._last_at = at or last_at
        for meter, value_j in sample.joules.items():
            if value_j is not None and not self.counts[meter].take(value_j, self.elapsed_s):
                self._say("CR022", f"{meter.column} goes back here; counted on from there", line)
        for meter, value_j in sample.job.items():
            if value_j is not None:
                self.job[meter].take(value_j, self.elapsed_s)
        self.course.add(self.elapsed_s, [count.total_j or 0.0 for count in self.counts.values()])

    def check(self) -> bool:
        """Tell what the recording lacks; False where it has no energy at all."""
        if self.elapsed_s <= 0 or all(count.total_j is None for count in self.counts.values()):
            self._say("CR013", "no sample after the start tells an energy; the run is left out", self.line)
            return False
        for meter, count in self.counts.items():
            if meter.kind == "modelled" or self.elapsed_s - count.grew_s < STILL_S:
                continue
            if not count.total_j:
                count.last_j = None
                self._say("CR023", f"{meter.name} never counted anything; its energy is not told, and not taken as 0")
            else:
                self._say("CR023", f"{meter.name} stood still from {count.grew_s:.0f} s to the end; counted so far")
        return True

    def tell_no_end(self) -> None:
        """Tell that the sampler did not end by itself."""
        if not self.ended:
            self._say("CR019", "no '# ended:' line: the sampler was killed or still runs; counted so far", None, "note")

    def joules_at(self, meter: Meter, elapsed_s: float) -> float:
        """What a meter had counted by then, in J: between the points that are kept it counts evenly."""
        points = self.course.points
        place = bisect_left(points, elapsed_s, key=lambda point: point[0])
        column = list(self.counts).index(meter)
        if place >= len(points):
            return points[-1][1][column]
        (start_s, first), (end_s, last) = points[max(place - 1, 0)], points[place]
        share = 1.0 if end_s <= start_s else (elapsed_s - start_s) / (end_s - start_s)
        return first[column] + share * (last[column] - first[column])

    def run(self) -> Run:
        """The Run of all rows that were added. ``duration_s`` is the monotonic clock's."""
        head, counted = self.head, self._counted()
        self._tell_shares(counted)
        provider, _, region = (head.cloud or "").partition(":")
        modelled = sorted({meter.part for meter in counted if meter.kind == "modelled"})
        if modelled:
            self._say("CR108", f"{' and '.join(modelled)} had no counter that could be read; modelled", None, "note")
        return Run(
            id=head.run_id or self.log.path,
            tracker=TRACKER,
            source=self.log.path,
            line=self.line,
            started_at=head.started_at or self._first_at,
            ended_at=self._last_at,
            duration_s=self.elapsed_s,
            energy_kwh=self._kwh(counted),
            cpu_energy_kwh=self._kwh(self._of("cpu")),
            gpu_energy_kwh=self._kwh(self._of("gpu")),
            ram_energy_kwh=self._kwh(self._of("ram")),
            basis="estimated" if modelled else "measured",
            counted=all(meter.kind == "counter" for meter in counted),
            country=head.country,
            cloud_provider=provider if region else None,
            cloud_region=region or None,
            cpu_model=head.cpu_model,
            gpu_model=" + ".join(dict.fromkeys(head.gpus)) or None,
            cpu_count=head.cpu_count,
            gpu_count=len(head.gpus) or None,
            ram_gb=head.ram_gb,
            system=head.system,
            python_version=head.python_version,
            tracker_version=head.sampler.removeprefix("carbon-report ") if head.sampler else None,
            host=head.boot,
            machine_wide=head.counts != "job" and not self.shares,
            power_w=self._power_w(counted),
            device_power_w=self._device_power_w(counted),
            labels={**({"command": head.command} if head.command else {}), **dict(head.labels), **self.metrics},
        )

    def _tell_shares(self, counted: Sequence[Meter]) -> None:
        """Tell what is not in the energy, what the job's share of it was, and what the machine drew at rest."""
        head, told = self.head, {meter: count.total_j for meter, count in self.job.items()}
        if head.only:
            self._say("CR025", f"only {head.only} was metered, as was asked; the rest of the machine is not counted")
        job_kwh, all_kwh = self._sum_kwh(told.values()), self._kwh(counted)
        if head.counts == "job":
            silent = sorted({meter.part for meter, joules in told.items() if joules is None})
            if silent:
                self._say("CR025", f"the job's share of {' and '.join(silent)} is not told, and is not in its energy")
        elif job_kwh is not None and all_kwh is not None:
            text = f"the job's own share is {job_kwh:.4g} of the {all_kwh:.4g} kWh that its machine drew meanwhile"
            self._say("CR045", text, None, "note")
        if head.idle_w:
            at_rest = ", ".join(f"{name} {watts:.4g} W" for name, watts in head.idle_w)
            self._say("CR048", f"before the start the machine drew {at_rest}; not subtracted", None, "note")

    def _of(self, *parts: Part) -> list[Meter]:
        """The meters of some parts that told something."""
        return [meter for meter in self.counts if meter.part in parts and self._total_j(meter) is not None]

    def _total_j(self, meter: Meter) -> float | None:
        """The joules of a meter that count: the machine's (its share, where others counted them too) or the job's."""
        count = self.counts.get(meter) if self.head.counts != "job" else self.job.get(meter)
        total_j = None if count is None else count.total_j
        return None if total_j is None else total_j * self.shares.get(meter, 1.0)

    def _counted(self) -> list[Meter]:
        """The meters whose sum is the machine's energy.

        What the power supply or the battery told to the end stands for everything. A platform meter (psys) holds
        processors and memory, so it stands for both, and GPUs are added to it. Some boards feed them nonsense: where
        they show less than the counters of what they hold, the parts are summed instead.
        """
        supply = [meter for meter in self._of("supply") if self.elapsed_s - self.counts[meter].grew_s < STILL_S]
        if supply and (self._kwh(supply) or 0.0) < 0.9 * (self._kwh(self._metered("cpu", "gpu")) or 0.0):
            self._say("CR030", f"{supply[0].name} shows less than what it supplies; the parts are summed instead")
            supply = []
        if supply:
            return supply
        machine = self._of("machine")
        if machine and (self._kwh(machine) or 0.0) < 0.9 * (self._kwh(self._metered("cpu")) or 0.0):
            self._say("CR030", f"{machine[0].name} shows less than the processors in it; the parts are summed instead")
            machine = []
        return machine + self._of("gpu") if machine else self._of("cpu", "gpu", "ram")

    def _metered(self, *parts: Part) -> list[Meter]:
        return [meter for meter in self._of(*parts) if meter.kind != "modelled"]

    def _kwh(self, meters: Sequence[Meter]) -> float | None:
        return self._sum_kwh(map(self._total_j, meters))

    def _sum_kwh(self, joules: Iterable[float | None]) -> float | None:
        told = [value for value in joules if value is not None]
        return sum(told) * units.factor("J", "kWh") if told else None

    def _power_w(self, counted: Sequence[Meter]) -> tuple[tuple[float, float], ...]:
        """(seconds since the start, mean W of the step that ends there), MOST_POINTS at most."""
        places = [(place, self._share_of(meter)) for place, meter in enumerate(self.counts) if meter in counted]
        points = self.course.points
        stride = -(-len(points) // (MOST_POINTS - 1))
        course, last_s, last_j = [], 0.0, 0.0
        for at_s, totals in [*points[:-1:stride], points[-1]]:
            total_j = sum(share * totals[place] for place, share in places)
            if at_s - last_s > 1e-3:
                course.append((at_s, (total_j - last_j) / (at_s - last_s)))
                last_s, last_j = at_s, total_j
        return tuple(course)

    def _device_power_w(self, counted: Sequence[Meter]) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """The same of each meter by itself, where there are several."""
        if len(counted) < 2:
            return ()
        return tuple((meter.name, tuple(watts for _, watts in self._power_w([meter]))) for meter in counted)

    def _share_of(self, meter: Meter) -> float:
        """What counts of a meter's joules, 0 to 1: over the whole run, since its course is known for the machine."""
        total_j = self.counts[meter].total_j
        return (self._total_j(meter) or 0.0) / total_j if total_j else 0.0

    def _say(self, code: str, message: str, line: int | None = None, level: Level = "warning") -> None:
        """Tell each thing once a recording."""
        if message not in self._told:
            self._told.add(message)
            self.log.say(code, message, line, level)


