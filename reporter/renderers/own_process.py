"""Work in a process of its own, with limits of time and memory; where the system cannot fork, without them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NoReturn

from reporter.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MEMORY, MOST_OUTPUT = 2**30, 2**26  # bytes: above what the process has already, and of what it gives
_DONE, _FAILED = b"+", b"-"


def within(work: Callable[[], bytes], told: Callable[[Exception], ReportError], limit_s: float) -> bytes:
    """What the work gives. Raises ReportError, as ``told`` says of what it raised, or where a limit is passed."""
    if not hasattr(os, "fork"):
        try:
            return work()
        except Exception as error:
            raise told(error) from error
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, told, writing)
    os.close(writing)
    try:
        answer = _answer(reading, time.monotonic() + limit_s)
    finally:
        os.close(reading)
        _end(child)
    if answer is None:
        raise ReportError(f"--template: it ran for more than {limit_s:.0f} s; nothing was written")
    if answer[:1] == _DONE:
        return answer[1:]
    file, line, message, *_ = [*answer[1:].decode("utf-8", "replace").split("\0", 2), "", ""]
    if not message:
        raise ReportError("--template: it was stopped, it takes more memory than a page needs; nothing was written")
    raise ReportError(message, file=file or None, line=int(line) if line else None)


def _work(work: Callable[[], bytes], told: Callable[[Exception], ReportError], writing: int) -> NoReturn:
    """The process of its own: does the work, answers, and ends without anything that was the parent's to do."""
    status = 1
    try:
        try:
            _limit_memory()
            made = work()
            if len(made) > MOST_OUTPUT:
                raise ReportError(f"--template: it makes more than {MOST_OUTPUT >> 20} MiB; nothing was written")
            answer = _DONE + made
        except Exception as error:
            wrong = told(error)
            said = f"{wrong.file or ''}\0{wrong.line or ''}\0{wrong.message}"
            answer = _FAILED + said.encode("utf-8", "replace")
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        os._exit(status)


def _limit_memory() -> None:
    import resource

    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        has = pages * resource.getpagesize()
    except OSError:  # no Linux: what other systems count differs, so that only the time is limited there
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = has + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _answer(reading: int, deadline: float) -> bytes | None:
    """All that the process writes until it closes the pipe; None where the time is over before."""
    import select

    parts: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return None
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _end(child: int) -> None:
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
