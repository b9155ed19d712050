"""Zeus: the window CSV of ZeusMonitor in joules, the power CSV of its older monitor in mW, results of ZeusDataLoader.

What a naive reader gets wrong: windows nest and overlap, so their sum counts energy twice; 0 J over some time means
that the window was shorter than the counter's period; names of windows are written unquoted, commas and all; the start
was a monotonic clock's (seconds since the machine started) before it became seconds since 1970.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import plain
from reporter.importers.base import Importer
from reporter.importers.table import Table, number
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log
    from reporter.importers.table import Row

FRONT = ("start_time", "window_name", "elapsed_time")
EPOCH_S = 1e9  # a start below this is a monotonic clock's
TOUCH_S = 1e-3  # windows one after the other may seem to overlap by this much
RESULTS = {"energy", "time", "cost", "num_epochs", "reached"}

_DEVICE = pattern(r"(gpu|cpu|dram)(\d+)_energy")
_POWER = pattern(rb"(?:\xef\xbb\xbf)?Time,Power\r?\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?,\d+\r?\n")


class Window(NamedTuple):
    """One row: what was measured between a start and an end, in J for each device (None where it was not)."""

    line: int
    name: str
    start_s: float
    elapsed_s: float
    joules: tuple[float | None, ...]
    clock: int  # windows of one clock can be compared: seconds since 1970, or a monotonic clock up to the next header

    @property
    def end_s(self) -> float:
        """When it ended, on the clock of its start."""
        return self.start_s + self.elapsed_s


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """The Runs of each file: one for each name of a window that counts, or one for a power log or a training."""
    for log in logs:
        if log.header[:3] == FRONT:
            yield from _windows_runs(log)
        elif _POWER.match(log.head):
            yield _power_run(log)
        else:
            yield _training_run(log)


class _Clocks(Table):
    """Rows under a header, which a log that was appended to another repeats: another monitor, maybe another clock."""

    headers = 0

    def _is_header(self, row: Row) -> bool:
        found = super()._is_header(row)
        self.headers += found
        return found


def _windows_runs(log: Log) -> Iterator[Run]:
    table = _Clocks(log)
    windows = [window for row in table if (window := _window(table, row)) is not None]
    devices = [match.groups() for name in table.header[3:] if (match := _DEVICE.fullmatch(name))]
    if not devices:
        raise log.refuse("no column of energy: Zeus found no GPU, and writes no other energy to this file")
    if not windows:
        raise log.refuse("no window: each is written when it ends (end_window), and none did")
    measured = [window for window in windows if any(joules is not None for joules in window.joules)]
    _tell_missing(windows, measured, devices, log)
    chosen = _longest(measured, log) if measured else windows
    by_name: dict[str, list[Window]] = {}
    for window in chosen:
        by_name.setdefault(window.name, []).append(window)
    for name, alike in by_name.items():
        yield _run(log, name, alike, [kind for kind, _ in devices])


def _window(table: _Clocks, row: Row) -> Window | None:
    """One row, or None for one that was skipped and told. Its numbers are counted from the right."""
    log, cells = table.log, list(row.cells)
    energies = sum(1 for name in table.header[3:] if name)
    if len(table.header) > 3 + energies:
        cells = cells[: len(cells) - (len(table.header) - 3 - energies)]  # the comma at the end where there is no GPU
    if len(cells) < 3 + energies or (not row.whole and energies):
        if row.whole:
            log.skip(row.line, f"{len(row.cells)} cells where the header has {len(table.header)}")
        else:
            log.skip(row.line, "the last line has no line break, as one that was cut; add it if it is whole", "CR003")
        return None
    place = len(cells) - energies - 1
    try:
        start_s, elapsed_s = number(cells[0]), number(cells[place])
        joules = [number(cell) if cell.strip() else None for cell in cells[place + 1 :]]
    except ValueError as error:
        log.skip(row.line, str(error))
        return None
    if elapsed_s <= 0 or any(value is not None and value < 0 for value in joules):
        wrong = f"{elapsed_s:g} s" if elapsed_s <= 0 else f"{min(value for value in joules if value is not None):g} J"
        log.skip(row.line, f"a window of {wrong} cannot be", "CR035")
        return None
    clock = table.headers if start_s < EPOCH_S else 0
    name, told = ",".join(cells[1:place]), tuple(value or None for value in joules)
    return Window(row.line, name, start_s, elapsed_s, told, clock)


def _tell_missing(
    windows: list[Window], measured: list[Window], devices: Sequence[Sequence[str]], log: Log
) -> None:
    """Tell windows without energy, and devices that have none in some."""
    if len(measured) < len(windows):
        first = next(window for window in windows if not any(window.joules))
        log.say("CR027", f"{len(windows) - len(measured)} of {len(windows)} windows show 0 J, as those do that are "
                "shorter than the counter's period; their energy is not told, not 0", first.line)  # fmt: skip
    for place, (kind, index) in enumerate(devices):
        without = [window for window in measured if window.joules[place] is None]
        if without:
            log.say("CR025", f"{kind}{index}: no energy in {len(without)} windows that have that of others",
                    without[0].line)  # fmt: skip


def _longest(windows: list[Window], log: Log) -> list[Window]:
    """Of windows that overlap, those without overlap that cover the most time; an outer one before what fills it."""
    clocks: dict[int, list[Window]] = {}
    for window in windows:
        clocks.setdefault(window.clock, []).append(window)
    stretches = clocks.values()
    chosen = [window for stretch in stretches for window in _schedule(stretch)]
    if len(chosen) < len(windows):
        covered_s = math.fsum(window.elapsed_s for window in chosen)
        any_s = math.fsum(_union_s(stretch) for stretch in stretches)
        kept = {window.line for window in chosen}
        names = dict.fromkeys(window.name for window in windows if window.line not in kept)
        shown = ", ".join(f"'{plain(name, 40)}'" for name in list(names)[:3]) + (", ..." if len(names) > 3 else "")
        log.say("CR036", f"windows overlap; counted are the {len(chosen)} of {len(windows)} that cover the most time "
                f"({covered_s:.6g} of {any_s:.6g} s) without any second counting twice; left out: {shown}")  # fmt: skip
    return chosen


def _schedule(windows: list[Window]) -> list[Window]:
    """Weighted interval scheduling, the weight being the time.

    A window weighs a little less than its time, so that an outer one beats the inner ones that fill it.
    """
    order = sorted(windows, key=lambda window: (window.end_s, window.start_s))
    ends = [window.end_s for window in order]
    best = [0.0]  # the most that the first n windows can weigh
    take: list[int | None] = []  # of the n-th: how many windows before it are free, if it is taken
    for place, window in enumerate(order):
        slack_s = min(TOUCH_S, window.elapsed_s / 2)
        free = min(place, bisect_right(ends, window.start_s + slack_s))
        with_it = best[free] + window.elapsed_s - slack_s
        take.append(free if with_it > best[-1] else None)
        best.append(max(with_it, best[-1]))
    chosen, place = [], len(order)
    while place:
        free_before = take[place - 1]
        if free_before is not None:
            chosen.append(order[place - 1])
        place = place - 1 if free_before is None else free_before
    return chosen[::-1]


def _union_s(windows: list[Window]) -> float:
    """Seconds that any window covers."""
    total, reached = 0.0, -math.inf
    for window in sorted(windows, key=lambda window: window.start_s):
        total += max(0.0, window.end_s - max(window.start_s, reached))
        reached = max(reached, window.end_s)
    return total


def _run(log: Log, name: str, windows: list[Window], kinds: list[str]) -> Run:
    """The windows of one name, none of which overlap."""
    from datetime import UTC, datetime

    parts = [_kwh(windows, [place for place, of in enumerate(kinds) if of == kind]) for kind in ("gpu", "cpu", "dram")]
    known = [kwh for kwh in parts if kwh is not None]
    first, last = min(window.start_s for window in windows), max(window.end_s for window in windows)
    moments = [datetime.fromtimestamp(at, UTC) if EPOCH_S < at < 4.1e9 else None for at in (first, last)]
    return Run(
        id=f"{log.path}:{name}",
        tracker=IMPORTER.name,
        source=log.path,
        line=windows[0].line,
        started_at=moments[0],
        ended_at=moments[1],
        duration_s=math.fsum(window.elapsed_s for window in windows),
        energy_kwh=math.fsum(known) if known else None,
        gpu_energy_kwh=parts[0],
        cpu_energy_kwh=parts[1],
        ram_energy_kwh=parts[2],
        basis="measured",
        gpu_count=kinds.count("gpu") or None,
        labels={"window": name} if name else {},
    )


def _kwh(windows: list[Window], places: list[int]) -> float | None:
    """What the devices at these places of all windows used together; None where none was measured."""
    joules = [value for window in windows for place in places if (value := window.joules[place]) is not None]
    return math.fsum(joules) / 3.6e6 if joules else None


def _power_run(log: Log) -> Run:
    """The older monitor's power of one GPU in mW; its last line is a footer, or a row that was cut."""
    from reporter.importers import gauges
    from reporter.importers.base import read_moment

    gauge, moments = gauges.Gauge("GPU"), []
    failed: tuple[int, str] | None = None
    for row in Table(log):
        if failed:
            log.skip(*failed)
        failed = None
        try:
            at, power_mw = read_moment(row.cells[0].strip()), number(row.cells[1])
        except (ValueError, IndexError):
            failed = row.line, "no time and power"
            continue
        if row.whole:
            moments.append(at)
            gauge.add((at - moments[0]).total_seconds(), power_mw / 1e3)
    log.rows -= failed is not None
    trace = gauges.integrate(gauge, log)
    return Run(
        id=log.path,
        tracker=IMPORTER.name,
        source=log.path,
        started_at=moments[0],
        ended_at=moments[-1],
        duration_s=trace.end_s - trace.start_s,
        energy_kwh=trace.energy_kwh,
        gpu_energy_kwh=trace.energy_kwh,
        basis="measured",
        gpu_count=1,
        power_w=gauges.curve([trace]),
    )


def _training_run(log: Log) -> Run:
    """What ZeusDataLoader wrote when a training ended: J of all its GPUs, s, epochs."""
    from reporter.importers.json_documents import whole

    log.rows += 1
    told = whole(log)
    if not isinstance(told, dict):
        raise log.refuse("no JSON object with 'energy' and 'time'")
    numbers = {}
    for key in ("energy", "time"):
        value = told.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
            raise log.refuse(f"'{key}' is no number above 0: {plain(value, 40)}")
        numbers[key] = float(value)
    energy_kwh = numbers["energy"] / 3.6e6
    return Run(
        id=log.path,
        tracker=IMPORTER.name,
        source=log.path,
        duration_s=numbers["time"],
        energy_kwh=energy_kwh,
        gpu_energy_kwh=energy_kwh,
        basis="measured",
    )


def _claims(log: Log) -> bool:
    if log.header[:3] == FRONT or _POWER.match(log.head):
        return True
    if not log.head.lstrip().startswith(b'{"energy"') or len(log.head) > 1000:
        return False
    return {name.decode("ascii", "replace") for name in re.findall(rb'"(\w+)"\s*:', log.head)} == RESULTS


IMPORTER = Importer(
    name="zeus",
    says="Zeus: window CSV of every version, power CSV and *train.json of the older ones",
    home="https://github.com/ml-energy/zeus",
    minds="joules; of nested windows one set counts",
    claims=_claims,
    read=read,
)
