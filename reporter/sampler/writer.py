"""The file that a power log is written to: appended whole lines, one writer, what to do with one that is there."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Literal, NamedTuple

from reporter import powerlog
from reporter.errors import ReportError, plain

#: What to do with a log that exists: refuse it, go on with its run, or write another run below it.
Existing = Literal["refuse", "resume", "append"]


#: Seconds that processes which begin at the same time wait for each other.
PATIENCE_S = 0.5


class Earlier(NamedTuple):
    """What a log holds already: its last file, the run in it, and how many parts that has."""

    path: str
    run_id: str | None
    parts: int


class Busy(Exception):
    """Another process of this machine writes this log now."""


class LogFile:
    """One open log. Lines go out whole, with one call each; what a full disk took of one is cut off again."""

    def __init__(self, path: str, existing: Existing = "refuse") -> None:
        self.path, self._last = path, b""
        self._file = _opened(path, existing)
        try:
            _lock(self._file, path)
        except BaseException:
            os.close(self._file)
            raise
        self.size = os.fstat(self._file).st_size
        self._made = self.size == 0

    def append(self, text: str) -> None:
        """Append whole lines. Raises OSError, and then nothing of them is in the file."""
        content = text.encode()
        written = os.write(self._file, content)
        if written < len(content):
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(28, "No space left on device")
        self.size += written
        self._last = content

    def replace_last(self, text: str) -> bool:
        """Write a row over the row before, where a full disk has no place for another: so the totals go on.

        False where that is not possible: the row before is not the file's last line, or is shorter.
        """
        old, new = self._last, text.encode()
        if b"," not in old or old.count(b"\n") != 1 or len(new) > len(old):
            return False
        new = new[:-1].ljust(len(old) - 1) + b"\n"  # blanks after the last cell mean nothing
        with contextlib.suppress(OSError):
            file = os.open(self.path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
            try:
                place = os.fstat(file).st_size - len(old)
                if os.pread(file, len(old), place) == old:
                    os.pwrite(file, new, place)
                    self._last = new
                    return True
            finally:
                os.close(file)
        return False

    def finish_line(self) -> None:
        """End a last line that a crash left without its end, so that what follows stands on its own."""
        if self.size:
            with open(self.path, "rb") as file:
                file.seek(-1, os.SEEK_END)
                cut = file.read(1) != b"\n"
            if cut:
                self.append("\n")

    def sync(self) -> None:
        """Have the disk keep what was written. Raises OSError."""
        getattr(os, "fdatasync", os.fsync)(self._file)

    def close(self) -> None:
        """Close it, so that others may write it."""
        os.close(self._file)

    def remove(self) -> None:
        """Take it away where it was made here."""
        if self._made:
            with contextlib.suppress(OSError):
                os.unlink(self.path)


def earlier(path: str) -> Earlier:
    """The run that a log ends with, in the last of the files it goes on in."""
    run_id, parts, here = None, 0, path
    for _ in range(10_000):  # files that name each other in a circle end
        told = _heads(here)
        if told.run_id is not None and told.run_id != run_id:
            run_id, parts = told.run_id, 0
        parts = max(parts, told.parts)
        beside = os.path.join(os.path.dirname(here), told.path) if told.path else ""
        if not beside or not os.path.exists(beside):
            break
        here = beside
    return Earlier(here, run_id, parts)


def next_file(path: str) -> str:
    """The name of the file in which a log goes on: run.csv, run.1.csv, run.2.csv, ..."""
    stem, ending = os.path.splitext(path)
    front, _, number = stem.rpartition(".")
    if front and number.isdigit():
        return f"{front}.{int(number) + 1}{ending}"
    return f"{stem}.1{ending}"


def _heads(path: str) -> Earlier:
    """The last run of one file, its parts so far, and (as ``path``) the file it goes on in, if it says so."""
    run_id, part, beside = None, 0, ""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(powerlog.FIRST):
                part = 0
            elif line.startswith("# run:"):
                run_id, beside = line.partition(":")[2].strip() or None, ""
            elif line.startswith("# part:") and line[7:].strip().isdigit():
                part = int(line[7:])
            elif line.startswith(powerlog.CONTINUES):
                beside = os.path.basename(line.partition(":")[2].strip())
    return Earlier(beside, run_id, part + 1 if run_id else 0)


def _opened(path: str, existing: Existing) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    try:
        try:
            return os.open(path, flags | os.O_EXCL, 0o644)
        except FileExistsError:
            if existing != "refuse" and _is_log(path):
                return os.open(path, flags, 0o644)
            if existing == "refuse" and _is_being_written(path):
                raise Busy from None
        raise ReportError("exists already and is not written over; choose another -o FILE"
                          + (", or --resume it" if _is_log(path) else ""), file=plain(path))  # fmt: skip
    except OSError as error:
        raise ReportError(f"cannot be written: {error.strerror}", file=plain(path)) from error


def _is_log(path: str) -> bool:
    """Whether a file is empty or a power log, to which we may append."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        start = file.read(len(powerlog.FIRST))
        return start == powerlog.FIRST.encode()[: len(start)]
    return False


def _is_being_written(path: str) -> bool:
    """Whether another process writes a log now. Where files cannot be locked, nobody knows.

    An empty file is looked at for a while: whoever made it a moment ago has not locked it yet.
    """
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        until_s = time.monotonic() + PATIENCE_S
        while _lock_now(file):
            _unlock(file)
            if os.fstat(file).st_size or time.monotonic() > until_s:
                return False
            time.sleep(0.005)
    finally:
        os.close(file)
    return True


def _lock(file: int, path: str) -> None:
    """Have this file alone, till it is closed. Raises Busy where another process has it, and not just looks at it."""
    until_s = time.monotonic() + PATIENCE_S
    while not _lock_now(file):
        if time.monotonic() > until_s:
            raise Busy(path)
        time.sleep(0.003)


def _lock_now(file: int) -> bool:
    """Lock a file; False where another process has it. True too where files cannot be locked."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _unlock(file: int) -> None:
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
