"""Writing a file whole or not at all: temporary file, fsync, rename; an edit only of what is still there to edit."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from reporter.errors import ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = ".carbon-report-"
LEFT_OVER_S = 600  # a temporary file older than this is what a killed process left: writing takes no minutes


def save(path: str, made: bytes, edited: bytes | None = None) -> None:
    """Write bytes to standard output (``-``) or to a file, by way of a temporary file beside it and a rename.

    ``edited`` is the content that ``made`` is an edit of. Raises ReportError where the file cannot be written, or
    holds something else by now; it then stays as it was.
    """
    if path == "-":
        _print(made)
        return
    target = os.path.realpath(path)  # a link stays a link
    import tempfile

    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=PREFIX, dir=os.path.dirname(target))
        with os.fdopen(handle, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        with _alone(os.path.dirname(target)):
            if edited is not None and _content(target) != edited:
                raise ReportError("another program has changed this file meanwhile; nothing was changed, run it again",
                                  file=plain(path))  # fmt: skip
            os.replace(temporary, target)
    except OSError as error:
        raise ReportError(f"cannot be written: {error.strerror}; nothing was changed", file=plain(path)) from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
    _sweep(os.path.dirname(target))


def _print(made: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left would fail again at the exit
        raise ReportError(f"standard output cannot be written: {error.strerror}") from error


def holds(path: str, made: bytes) -> bool:
    """Whether the file has these bytes; standard output (``-``) never tells."""
    return path != "-" and _content(path) == made


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


@contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Be the only one of us who renames something in the folder; afterwards the rename is on the disk.

    Where the folder cannot be locked or synchronised (Windows, some network file systems), without that.
    """
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        _try(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX))
        yield
        _try(lambda: os.fsync(descriptor))
    finally:
        os.close(descriptor)


def _try(step: Callable[[], None]) -> None:
    with suppress(OSError):  # not on this file system
        step()


def _sweep(folder: str) -> None:
    """Remove what a process of ours that was killed in the midst of writing left here."""
    import time

    try:
        for entry in os.scandir(folder):
            ours = entry.name.startswith(PREFIX) and entry.is_file(follow_symlinks=False)
            if ours and time.time() - entry.stat(follow_symlinks=False).st_mtime > LEFT_OVER_S:
                os.unlink(entry.path)
    except OSError:  # somebody else's, or swept by another of us
        pass


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
