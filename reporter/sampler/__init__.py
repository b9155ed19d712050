"""The sampler: reads this machine's energy meters while a command or a block of Python runs, into a power log."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from reporter.errors import ReportError, plain
from reporter.powerlog import Head, write_end, write_head, write_row

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType, TracebackType

    from reporter.sampler.meters import Meters

__all__ = ["Sampler", "run"]

#: Seconds between samples that make sense: below, sampling is itself a load; above, a counter may wrap twice unseen.
EVERY_S = (0.02, 60.0)
SYNC_S = 1.0


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"carbon-report: {line}\n")


class Sampler:
    """Writes a power log at ``path`` from ``with`` to the block's end, a sample every ``every_s`` seconds.

    ``tdp_w`` is the TDP of one processor in W, used only where no energy counter can be read. ``tell`` gets what there
    is to say (by default on standard error): a counter that may not be read, a sample that could not be written.
    Raises ReportError where the log exists already, or cannot be made.
    """

    def __init__(
        self, path: str | os.PathLike[str], every_s: float = 1.0, *, tdp_w: float | None = None,
        command: str | None = None, tell: Callable[[str], None] = _to_stderr, meters: Meters | None = None,
    ) -> None:  # fmt: skip
        if not EVERY_S[0] <= every_s <= EVERY_S[1]:
            raise ReportError(f"a sample every {every_s:g} s: choose from {EVERY_S[0]:g} to {EVERY_S[1]:g} s")
        self.path, self.every_s = os.fspath(path), every_s
        self.status: int | None = None  # the command's exit status, for the last line
        self._tdp_w, self._command, self._tell, self._given = tdp_w, command, tell, meters
        self._troubles: dict[str, int] = {}
        self._stopping = threading.Event()

    def __enter__(self) -> Sampler:
        from reporter.sampler.meters import Meters

        self._file = _made(self.path)
        try:
            self._meters = self._given or Meters(tdp_w=self._tdp_w)
            head = write_head(self._head())
            self._start_s = self._synced_s = time.monotonic()
            joules, _ = self._meters.read(self._start_s)  # from here on they count
            self._write(head + write_row(datetime.now(UTC), 0.0, joules))
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError):
                raise ReportError(f"cannot be written: {error.strerror}", file=plain(self.path)) from error
            raise
        for note in self._meters.notes:
            self._tell(note)
        self._thread = threading.Thread(target=self._go_on, name="carbon-report sampler", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._sample()
        with self._noted():
            self._write(write_end(datetime.now(UTC), self.status))
            _sync(self._file)
        os.close(self._file)
        self._meters.close()
        for trouble, times in self._troubles.items():
            self._tell(f"{plain(self.path)}: {trouble}" + (f" ({times} times)" if times > 1 else ""))

    def discard(self) -> None:
        """Take the log away again: nothing was sampled."""
        os.close(self._file)
        _removed(self.path)

    def _go_on(self) -> None:
        """The sampler's thread: samples on a fixed beat, so that slow ones do not add up; missed beats are left out."""
        beat = 1
        while not self._stopping.wait(max(0.0, self._start_s + beat * self.every_s - time.monotonic())):
            self._sample()
            beat = max(beat + 1, int((time.monotonic() - self._start_s) / self.every_s))

    def _sample(self) -> None:
        with self._noted():
            self._write(self._row())
            if time.monotonic() - self._synced_s >= SYNC_S:
                _sync(self._file)
                self._synced_s = time.monotonic()

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

    def _row(self) -> str:
        now_s = time.monotonic()
        joules, failed = self._meters.read(now_s)
        for what in failed:
            self._trouble(what)
        return write_row(datetime.now(UTC), now_s - self._start_s, joules, self._meters.gauges())

    def _write(self, text: str) -> None:
        """Append whole lines with one call; what a full disk took of them is cut off again."""
        content = text.encode()
        written = os.write(self._file, content)
        if written < len(content):
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(0, "the disk is full")

    def _head(self) -> Head:
        import uuid

        from reporter import __version__
        from reporter.sampler.machine import boot_hash, system

        machine = self._meters.machine
        return Head(
            run_id=str(uuid.uuid4()),
            command=self._command,
            started_at=datetime.now(UTC).astimezone(),
            every_s=self.every_s,
            sampler=f"carbon-report {__version__}",
            cpu_model=machine.cpu_model,
            cpu_count=machine.cpu_count,
            gpus=tuple(self._meters.gpus.names),
            ram_gb=None if machine.ram_gb is None else round(machine.ram_gb, 3),
            system=system(),
            python_version=".".join(map(str, sys.version_info[:3])),
            boot=boot_hash(),
            meters=self._meters.declared,
        )


def run(
    command: Sequence[str], path: str | os.PathLike[str], every_s: float = 1.0, *,
    tdp_w: float | None = None, tell: Callable[[str], None] = _to_stderr,
) -> int:  # fmt: skip
    """Run a command, sample until it ends, and return its exit status (128 + number for a signal, as shells do).

    Signals that end programs are passed on to it, and the log is finished all the same. Only the program's bare name
    is logged. Raises ReportError where the command cannot be started; no log is left then.
    """
    import shutil
    import subprocess

    if not command:
        raise ReportError("no command to run: carbon-report sample -- COMMAND ...")
    if shutil.which(command[0]) is None:
        raise ReportError(f"{plain(command[0])}: no such program")
    sampler = Sampler(path, every_s, tdp_w=tdp_w, command=os.path.basename(command[0]), tell=tell)
    with _passed_on() as pass_on_to, sampler:
        try:
            child = subprocess.Popen(list(command))
        except OSError as error:
            _removed(sampler.path)
            raise ReportError(f"{plain(command[0])} cannot be started: {error.strerror}") from error
        pass_on_to(child)
        code = child.wait()
        sampler.status = status = code if code >= 0 else 128 - code
    return status


class _PassOnTo(Protocol):
    def __call__(self, child: subprocess.Popen[bytes], /) -> None: ...


@contextlib.contextmanager
def _passed_on() -> Iterator[_PassOnTo]:
    """Pass signals on to a child. One typed at the terminal reached the child already, and is not sent twice."""
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if not children:
            early.append(number)
        elif number not in typed or not _in_foreground():
            children[0].send_signal(number)

    def pass_on_to(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    typed = {signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGINT)}
    wanted = [*typed, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, handle) for number in wanted}
    try:
        yield pass_on_to
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to our group of processes."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _made(path: str) -> int:
    """Make a new file for appending; a log that exists is never written over."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, flags, 0o644)
    except FileExistsError:
        raise ReportError("exists already and is not written over; choose another -o FILE", file=plain(path)) from None
    except OSError as error:
        raise ReportError(f"cannot be written: {error.strerror}", file=plain(path)) from error


def _removed(path: str) -> None:
    from pathlib import Path

    Path(path).unlink(missing_ok=True)


def _sync(file: int) -> None:
    getattr(os, "fdatasync", os.fsync)(file)
