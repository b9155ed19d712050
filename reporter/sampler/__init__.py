"""The sampler: reads this machine's energy meters while a command or a block of Python runs, into a power log."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reporter import powerlog
from reporter.errors import ReportError, plain
from reporter.powerlog import Head, write_end, write_head, write_metric, write_row
from reporter.sampler.place import checked_country, cloud
from reporter.sampler.writer import Busy, Earlier, Existing, LogFile, earlier, next_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    from reporter.sampler.command import run
    from reporter.sampler.decorated import sampled
    from reporter.sampler.meters import Meters
    from reporter.sampler.notebook import load_ipython_extension

__all__ = ["Sampler", "load_ipython_extension", "log", "run", "sampled"]

#: Seconds between samples that make sense: below, sampling is itself a load; above, a counter may wrap twice unseen.
EVERY_S = (0.02, 60.0)
SYNC_S = 1.0
#: Seconds within which a sampler that began has written its log's head.
HEAD_S = 10.0
BLANK = (None,) * len(powerlog.GAUGES)
#: Told to what runs below: the run that is sampled already, and its log, to which a child may add its metrics.
RUN_VARIABLE, LOG_VARIABLE = "CARBON_REPORT_RUN", "CARBON_REPORT_LOG"

_running: list[Sampler] = []


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"carbon-report: {line}\n")


class Sampler:
    """Writes a power log at ``path`` from ``with`` to the block's end, a sample every ``every_s`` seconds.

    ``existing`` says what becomes of a log that is there: "refuse", "resume" (go on with its run, after preemption) or
    "append" (another run below it). ``labels`` and ``country`` (ISO 3166 alpha-3) stand in its head. ``only`` are the
    meters to take (sources, parts or names). ``counts`` is "machine", or "job" for the job's share of it. Before the
    start the machine is watched at rest for ``idle_s``. A file above ``rotate_bytes`` goes on in another. ``tdp_w`` is
    the TDP of one processor in W, used only where no counter can be read. ``tell`` gets what there is to say (by
    default on standard error). Raises ReportError where the log may not be written.

    Where another process of this machine writes the same log, this one only passes: the machine is counted once.
    """

    def __init__(
        self, path: str | os.PathLike[str] = "run.csv", every_s: float = 1.0, *, existing: Existing = "refuse",
        labels: Mapping[str, str] | None = None, country: str | None = None, only: Collection[str] = (),
        counts: powerlog.Counts = "machine", idle_s: float = 0.0, rotate_bytes: int | None = None,
        tdp_w: float | None = None, command: str | None = None, tell: Callable[[str], None] = _to_stderr,
        meters: Meters | None = None,
    ) -> None:  # fmt: skip
        if not EVERY_S[0] <= every_s <= EVERY_S[1]:
            raise ReportError(f"a sample every {every_s:g} s: choose from {EVERY_S[0]:g} to {EVERY_S[1]:g} s")
        self.path, self.every_s = os.fspath(path), every_s
        self.status: int | None = None  # the command's exit status, for the last line
        self.elapsed_s = 0.0
        self.joules: list[float | None] = []  # of all meters at the last sample, then the job's shares of them
        self._existing, self._only, self._counts = existing, tuple(sorted(only)), counts
        self._labels = tuple((_name(key), str(value)) for key, value in (labels or {}).items())
        self._country, self._idle_s, self._rotate_bytes = checked_country(country), idle_s, rotate_bytes
        self._tdp_w, self._command, self._tell, self._given = tdp_w, command, tell, meters
        self._troubles: dict[str, int] = {}
        self._stopping, self._writing = threading.Event(), threading.Lock()
        self._file: LogFile | None = None

    def __enter__(self) -> Sampler:
        self._stopping.clear()
        try:
            self._file = self._opened()
        except Busy:
            self._pass()
            return self
        try:
            self._begin()
        except BaseException as error:
            self._file.remove()
            self._file.close()
            if isinstance(error, OSError):
                raise ReportError(f"cannot be written: {error.strerror}", file=plain(self.path)) from error
            raise
        for note in self.meters.notes:
            self._tell(note)
        self._pid = os.getpid()
        self._around = {name: os.environ.get(name) for name in (RUN_VARIABLE, LOG_VARIABLE)}
        os.environ[RUN_VARIABLE] = f"{self._head.boot}:{self._head.run_id}"
        os.environ[LOG_VARIABLE] = os.path.abspath(self.path)
        _running.append(self)
        self._thread = threading.Thread(target=self._go_on, name="carbon-report sampler", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is None or os.getpid() != self._pid:  # it only passes, or is a fork of the one that samples
            return
        self._stopping.set()  # from here on metrics are added to the file like another process's
        self._thread.join()
        _running.remove(self)
        for name, value in self._around.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        self._sample(last=True)
        with self._noted():
            self._file.append(write_end(datetime.now(UTC), self.status))
            self._file.sync()
        self._file.close()
        self.meters.close()
        for trouble, times in self._troubles.items():
            self._tell(f"{plain(self.path)}: {trouble}" + (f" ({times} times)" if times > 1 else ""))

    def log(self, **metrics: object) -> None:
        """Write figures of the job, such as ``accuracy=0.91``, into the log; of each name the last one counts."""
        lines = "".join(write_metric(datetime.now(UTC), _name(name), value) for name, value in metrics.items())
        if self._file is None or self._stopping.is_set():
            _append_to(self.path, lines)
            return
        with self._noted(), self._writing:
            self._file.append(lines)

    def remove(self) -> None:
        """Take the log away again where it was made here: nothing was sampled."""
        self._log().remove()

    @property
    def passing(self) -> bool:
        """Whether another process of this machine writes this log, and this one does nothing."""
        return self._file is None

    def _opened(self) -> LogFile:
        """The log's file, and in ``_earlier`` what it holds. Raises ReportError and Busy."""
        self._earlier = Earlier(self.path, None, 0)
        if self._existing == "resume" and os.path.exists(self.path):
            try:
                self._earlier = earlier(self.path)
            except OSError as error:
                raise ReportError(f"cannot be read: {error.strerror}", file=plain(self.path)) from error
        return LogFile(self._earlier.path, self._existing)

    def _pass(self) -> None:
        from reporter.sampler.machine import boot_hash

        ours, until_s = boot_hash(), time.monotonic() + HEAD_S
        while (theirs := powerlog.boot_of(self.path)) != ours and theirs is None and time.monotonic() < until_s:
            time.sleep(0.02)  # it has only begun
        if theirs != ours:
            raise ReportError("another machine writes this log now; name each machine's own", file=plain(self.path))
        self._tell(f"{plain(self.path)} is written by another process of this machine: it is counted there, once")

    def _begin(self) -> None:
        """Read the meters for the first time, and write the head and the row from which they count."""
        from reporter.sampler.attribution import Attribution
        from reporter.sampler.meters import Meters
        from reporter.sampler.processes import tree_of

        assert self._file is not None  # noqa: S101 - for mypy
        self.meters = self._given or Meters(tdp_w=self._tdp_w, wanted=self._only, every_s=self.every_s)
        idle_w = self._rested()
        self._attribution = Attribution(self.meters.all, self.meters.load, tree_of(os.getpid()))
        self._start_s = self._from_s = self._synced_s = time.monotonic()
        self._from_j: Sequence[float | None] = ()
        joules = self._read(self._start_s, last=True)
        self._from_j = joules
        self._part = self._earlier.parts or None
        self._head = self._told(idle_w)
        self._file.finish_line()
        self._file.append(write_head(self._head) + write_row(datetime.now(UTC), 0.0, self._since(joules)))

    def _rested(self) -> tuple[tuple[str, float], ...]:
        """Watch the machine before the start; each meter's mean power in W."""
        if self._idle_s <= 0:
            return ()
        start_s = time.monotonic()
        before, _ = self.meters.read(start_s)
        time.sleep(self._idle_s)
        now_s = time.monotonic()
        after, _ = self.meters.read(now_s)
        steps = zip(self.meters.declared, before, after, strict=True)
        return tuple(
            (meter.name, (last_j - first_j) / (now_s - start_s))
            for meter, first_j, last_j in steps if first_j is not None and last_j is not None
        )  # fmt: skip

    def _go_on(self) -> None:
        """The sampler's thread: samples on a fixed beat, so that slow ones do not add up; missed beats are left out."""
        beat = 1
        while not self._stopping.wait(max(0.0, self._start_s + beat * self.every_s - time.monotonic())):
            self._sample()
            beat = max(beat + 1, int((time.monotonic() - self._start_s) / self.every_s))

    def _sample(self, *, last: bool = False) -> None:
        with self._noted():
            now_s = time.monotonic()
            joules = self._read(now_s, last=last)
            self.elapsed_s, self.joules = now_s - self._start_s, joules
            with self._writing:
                self._write_row(now_s, joules)
            if now_s - self._synced_s >= SYNC_S:
                self._synced_s = now_s
                self._log().sync()
            if self._rotate_bytes and self._log().size >= self._rotate_bytes and not last:
                with self._writing:
                    self._rotate(now_s, joules)

    def _read(self, now_s: float, *, last: bool) -> list[float | None]:
        """Joules of every meter, and of the job's share of those that have one."""
        joules, failed = self.meters.read(now_s)
        for what in failed:
            self._trouble(what)
        self._memory = self.meters.memory()
        return joules + self._attribution.read(now_s, joules, self._memory, last=last)

    def _since(self, joules: Sequence[float | None]) -> list[float | None]:
        """Joules since this file's first row; a blank there counts as none."""
        before = self._from_j or [0.0] * len(joules)
        return [None if now is None else now - (first or 0.0) for now, first in zip(joules, before, strict=True)]

    def _write_row(self, now_s: float, joules: Sequence[float | None]) -> None:
        """Append a row. Where the disk is full it takes the last row's place, so that the totals are kept."""
        row = datetime.now(UTC), now_s - self._from_s, self._since(joules)
        gauges = self.meters.gauges(self._memory)
        try:
            self._log().append(write_row(*row, gauges))
        except OSError as error:
            for told, decimals in ((gauges, 6), (BLANK, 6), (BLANK, 3), (BLANK, 1)):
                if self._log().replace_last(write_row(*row, told, decimals)):
                    self._trouble(f"{error.strerror or error}: rows took the last one's place, and the totals are kept")
                    return
            raise

    def _rotate(self, now_s: float, joules: Sequence[float | None]) -> None:
        """Go on in another file, as the run's next part, which counts from this row."""
        import dataclasses

        old, path = self._log(), next_file(self._log().path)
        self._rotate_bytes = None if os.path.exists(path) else self._rotate_bytes
        new = LogFile(path)
        self._part = (self._part or 0) + 1
        self._head = dataclasses.replace(self._head, part=self._part, started_at=datetime.now(UTC).astimezone())
        self._from_s, self._from_j = now_s, joules
        new.append(write_head(self._head) + write_row(datetime.now(UTC), 0.0, self._since(joules)))
        self._file = new
        old.append(powerlog.write_continues(datetime.now(UTC), os.path.basename(path)))
        old.close()

    def _log(self) -> LogFile:
        assert self._file is not None  # noqa: S101 - for mypy
        return self._file

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """Remember what goes wrong, to tell it at the end. The meters count on, so a lost row loses no energy."""
        try:
            yield
        except OSError as error:
            self._trouble(f"a sample could not be written: {error.strerror or error}")
        except Exception as error:
            self._trouble(f"a sample failed: {error!r}")

    def _trouble(self, what: str) -> None:
        self._troubles[what] = self._troubles.get(what, 0) + 1

    def _told(self, idle_w: tuple[tuple[str, float], ...]) -> Head:
        import uuid

        from reporter import __version__
        from reporter.sampler.attribution import TOLD
        from reporter.sampler.machine import boot_hash, system

        machine, boot, (region, doubt) = self.meters.machine, boot_hash(), cloud()
        if doubt:
            self._tell(doubt)
        around = os.environ.get(RUN_VARIABLE, "").partition(":")
        return Head(
            run_id=self._earlier.run_id or str(uuid.uuid4()),
            command=self._command,
            started_at=datetime.now(UTC).astimezone(),
            every_s=self.every_s,
            sampler=f"carbon-report {__version__}",
            cpu_model=machine.cpu_model,
            cpu_count=machine.cpu_count,
            gpus=self.meters.gpu_names,
            ram_gb=None if machine.ram_gb is None else round(machine.ram_gb, 3),
            system=system(),
            python_version=".".join(map(str, sys.version_info[:3])),
            boot=boot,
            part=self._part,
            within=around[2] if boot and around[0] == boot else None,
            only=",".join(self._only) or None,
            country=self._country,
            cloud=region,
            labels=self._labels,
            job=TOLD,
            counts="job" if self._counts == "job" else None,
            idle_s=self._idle_s or None,
            idle_w=idle_w,
            meters=self.meters.declared,
        )


def log(**metrics: object) -> None:
    """Write figures of the job, such as ``accuracy=0.91``, into the log of the sampler that runs around this process.

    Raises ReportError where none does.
    """
    if _running:
        _running[-1].log(**metrics)
        return
    path = os.environ.get(LOG_VARIABLE)
    if path is None:
        raise ReportError("no sampler is running: use 'with reporter.Sampler(...)' or 'carbon-report sample -- ...'")
    _append_to(path, "".join(write_metric(datetime.now(UTC), _name(name), value) for name, value in metrics.items()))


def _append_to(path: str, lines: str) -> None:
    """Add whole lines to a log that another process writes. Raises ReportError where it is not there."""
    try:
        with open(path, "ab", buffering=0, opener=lambda name, _: os.open(name, os.O_WRONLY | os.O_APPEND)) as file:
            file.write(lines.encode())
    except OSError as error:
        raise ReportError(f"cannot be written: {error.strerror}", file=plain(path)) from error


def _name(text: str) -> str:
    try:
        return powerlog.label_name(text)
    except ValueError as error:
        raise ReportError(plain(error)) from error


def __getattr__(name: str) -> object:
    """``run``, ``sampled`` and the notebook's magic load when they are used."""
    import importlib

    places = {"run": "command", "sampled": "decorated", "load_ipython_extension": "notebook"}
    if name not in places:
        raise AttributeError(f"module 'reporter.sampler' has no attribute '{name}'")
    return getattr(importlib.import_module(f"reporter.sampler.{places[name]}"), name)
