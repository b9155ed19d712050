"""Reads our own sampler's power logs: cumulative joules by meter, of which the last row holds the totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter import powerlog, units
from reporter.importers.base import Importer, read_moment
from reporter.importers.head import encoding_of, named
from reporter.importers.table import Table, number
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.errors import Level
    from reporter.importers.logs import Log
    from reporter.importers.table import Row
    from reporter.powerlog import Head, Meter, Part

MOST_POINTS = 500  # of power_w

#: A counter that stands still for so many seconds is no counter: a processor at rest draws some watts.
STILL_S = 10.0


def claims(log: Log) -> bool:
    """Our first line says what the file is."""
    return log.head.removeprefix(b"\xef\xbb\xbf").lstrip(b'"').startswith(powerlog.FIRST.encode())


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run for each recording. Files may hold several, one after the other; a copy of one is counted once."""
    known: dict[str, tuple[Recording, Log]] = {}
    for log in logs:
        for recording in _recordings(log):
            key = recording.head.run_id or f"{log.path}:{recording.line}"
            other = known.get(key)
            if other is not None:
                log.say("CR021", f"run {key} is in {other[1].name} too; the longer is counted", recording.line)
            if other is None or other[0].elapsed_s < recording.elapsed_s:
                known[key] = recording, log
    for recording, _ in known.values():
        yield recording.run()


def _recordings(log: Log) -> list[Recording]:
    """The recordings of one file that have energy. Raises ReportError where there is none."""
    table, begun, bound = Table(log), list[Recording](), 0
    comments = powerlog.comments(log.head.decode(encoding_of(log.head) or "utf-8", "replace"))
    for row in table:
        if row.cells[0].startswith("#"):
            log.rows -= 1
            _comment(",".join(row.cells), row, comments, begun)
        elif named(row.cells[0]) == powerlog.TIME:  # another log was appended, with other meters
            log.rows -= 1
            table.header, table.changed = tuple(map(named, row.cells)), table.changed + 1
        else:
            if comments:
                begun.append(_begun(log, comments, row))
                comments, bound = [], 0
            elif not begun:
                raise log.refuse(f"the lines above the header are missing: '{powerlog.FIRST}' and its meters")
            if bound != table.changed:
                bound = table.changed
                begun[-1].bind(table)
            begun[-1].add(row)
    told = [recording for recording in begun if recording.check()]
    if not told:
        raise log.refuse("no sample after the start: the run ended or was killed before; it has no energy to report")
    return told


def _comment(text: str, row: Row, comments: list[str], begun: list[Recording]) -> None:
    """A comment among the rows: the end of a recording, or the head of the next one."""
    if text.startswith(powerlog.ENDED):
        if begun and not comments:
            begun[-1].ended = row.whole
    elif text.startswith(powerlog.FIRST) or comments:
        comments.append(text)


def _begun(log: Log, comments: list[str], row: Row) -> Recording:
    try:
        head = powerlog.read_head(comments)
    except ValueError as error:
        raise log.refuse(str(error)) from error
    if not head.meters:
        raise log.refuse("no '# meter:' line tells which columns are energies; sample again")
    return Recording(log, head, row.line)


class Sample(NamedTuple):
    """One row's figures; ``joules`` holds None where a meter could not be read."""

    at: datetime | None
    elapsed_s: float
    joules: dict[Meter, float | None]


class Recording:
    """One sampler's rows, added up as they come, in constant memory."""

    def __init__(self, log: Log, head: Head, line: int) -> None:
        self.log, self.head, self.line, self.ended = log, head, line, False  # ended: its last line is there
        self.counts = {meter: powerlog.Count() for meter in head.meters}
        self._columns: dict[Meter, int | None] = {}
        self.elapsed_s = 0.0  # of all stretches
        self._before_s = 0.0
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None
        self._points, self._every, self._rows = list[tuple[float, list[float]]](), 1, 0
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
        declared = {meter.column for meter in self.head.meters}
        for name in table.header:
            if name.endswith("_j") and name not in declared:
                self._say("CR008", f"column '{name}': no '# meter:' line tells what it is; left out", self.line - 1)
        self._last_is_energy = bool(table.header) and table.header[-1] in declared | {powerlog.TIME, powerlog.ELAPSED}

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
        self._rows += 1
        self._first_at = min(filter(None, (self._first_at, sample.at)), default=None)
        self._take(sample, row.line)

    def _sample(self, row: Row) -> Sample:
        joules = {}
        for meter, place in self._columns.items():
            cell = "" if place is None else row.cells[place]
            joules[meter] = self._positive(cell, meter.column) if cell.strip() else None
        elapsed_s = self._positive(row.cells[self._elapsed], powerlog.ELAPSED)
        try:
            at = read_moment(row.cells[self._time].strip())
            if at.tzinfo is None:
                raise ValueError(f"'{row.cells[self._time]}' has no offset from UTC")
        except ValueError as error:
            self._say("CR007", f"time: {error}; elapsed_s is taken instead", row.line)
            at = None
        return Sample(at, elapsed_s, joules)

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
        if self._before_s + sample.elapsed_s < self.elapsed_s:
            if at is None or last_at is None or at <= last_at:
                self._say("CR024", "rows are out of order; taken by elapsed_s", line, "note")
                return  # later rows hold its energy
            self._say("CR022", "elapsed_s begins anew here; both stretches are counted", line)
            self._before_s = self.elapsed_s
            for count in self.counts.values():
                count.restart(0.0)
        elif at is not None and last_at is not None and at < last_at:
            self._say("CR015", "the clock was set back here; durations are taken from elapsed_s", line, "note")
        self.elapsed_s = self._before_s + sample.elapsed_s
        self._last_at = at or last_at
        for meter, value_j in sample.joules.items():
            if value_j is not None and not self.counts[meter].take(value_j, self.elapsed_s):
                self._say("CR022", f"{meter.column} goes back here; counted on from there", line)
        if self._rows % self._every == 0:
            self._point()

    def _point(self) -> None:
        """Keep the energies up to here for the course of the power. Thinned out they stay exact, being cumulative."""
        self._points.append((self.elapsed_s, [count.total_j or 0.0 for count in self.counts.values()]))
        if len(self._points) > 2 * MOST_POINTS:
            del self._points[::2]
            self._every *= 2

    def check(self) -> bool:
        """Tell what the recording lacks; False where it has no energy at all."""
        if self.elapsed_s <= 0 or all(count.total_j is None for count in self.counts.values()):
            self._say("CR013", "no sample after the start tells an energy; the run is left out", self.line)
            return False
        if not self.ended:
            self._say("CR019", "no '# ended:' line: the sampler was killed or still runs; counted so far", None, "note")
        for meter, count in self.counts.items():
            if meter.kind == "modelled" or self.elapsed_s - count.grew_s < STILL_S:
                continue
            if not count.total_j:
                count.last_j = None
                self._say("CR023", f"{meter.name} never counted anything; its energy is not told, and not taken as 0")
            else:
                self._say("CR023", f"{meter.name} stood still from {count.grew_s:.0f} s to the end; counted so far")
        return True

    def run(self) -> Run:
        """The Run of all rows that were added. ``duration_s`` is the monotonic clock's."""
        head, counted = self.head, self._counted()
        modelled = sorted({meter.part for meter in counted if meter.kind == "modelled"})
        if modelled:
            self._say("CR108", f"{' and '.join(modelled)} had no counter that could be read; modelled", None, "note")
        return Run(
            id=head.run_id or self.log.path,
            tracker=IMPORTER.name,
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
            cpu_model=head.cpu_model,
            gpu_model=" + ".join(dict.fromkeys(head.gpus)) or None,
            cpu_count=head.cpu_count,
            gpu_count=len(head.gpus) or None,
            ram_gb=head.ram_gb,
            system=head.system,
            python_version=head.python_version,
            tracker_version=head.sampler.removeprefix("carbon-report ") if head.sampler else None,
            machine_wide=True,
            power_w=self._power_w(counted),
            labels={"command": head.command} if head.command else {},
        )

    def _of(self, *parts: Part) -> list[Meter]:
        """The meters of some parts that told something."""
        return [meter for meter, count in self.counts.items() if meter.part in parts and count.total_j is not None]

    def _counted(self) -> list[Meter]:
        """The meters whose sum is the machine's energy.

        A platform meter (psys) holds processors and memory, so it stands for both, and GPUs are added to it. Some
        boards feed it nonsense: where it shows less than the processors' own counters, the parts are summed instead.
        """
        machine = self._of("machine")
        within = [meter for meter in self._of("cpu") if meter.kind != "modelled"]
        if machine and (self._kwh(machine) or 0.0) < 0.9 * (self._kwh(within) or 0.0):
            self._say("CR030", f"{machine[0].name} shows less than the processors in it; the parts are summed instead")
            machine = []
        return machine + self._of("gpu") if machine else self._of("cpu", "gpu", "ram")

    def _kwh(self, meters: Sequence[Meter]) -> float | None:
        joules = [total_j for meter in meters if (total_j := self.counts[meter].total_j) is not None]
        return sum(joules) * units.factor("J", "kWh") if joules else None

    def _power_w(self, counted: Sequence[Meter]) -> tuple[tuple[float, float], ...]:
        """(seconds since the start, mean W of the step that ends there), MOST_POINTS at most."""
        self._point()
        places = [place for place, meter in enumerate(self.counts) if meter in counted]
        stride = -(-len(self._points) // (MOST_POINTS - 1))
        course, last_s, last_j = [], 0.0, 0.0
        for at_s, totals in [*self._points[:-1:stride], self._points[-1]]:
            total_j = sum(totals[place] for place in places)
            if at_s - last_s > 1e-3:
                course.append((at_s, (total_j - last_j) / (at_s - last_s)))
                last_s, last_j = at_s, total_j
        return tuple(course)

    def _say(self, code: str, message: str, line: int | None = None, level: Level = "warning") -> None:
        """Tell each thing once a recording."""
        if message not in self._told:
            self._told.add(message)
            self.log.say(code, message, line, level)


IMPORTER = Importer(
    name="power-log",
    says="power logs of 'carbon-report sample'",
    home="https://github.com/carbon-report/carbon-report",
    claims=claims,
    read=read,
)
