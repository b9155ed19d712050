"""Runs a command and samples until it ends: its exit status, signals and streams pass through."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Protocol

from reporter.errors import ReportError, plain
from reporter.sampler import Sampler

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

#: The exit status of a command that was ended at its limit, as timeout(1) gives it.
TIMED_OUT = 124
#: Seconds that a command has to end after SIGTERM, before SIGKILL.
GRACE_S = 10.0


def run(
    command: Sequence[str], path: str | os.PathLike[str] = "run.csv", every_s: float = 1.0, *,
    limit_s: float | None = None, summary: Callable[[Sampler], None] | None = None, **more: Any,
) -> int:  # fmt: skip
    """Run a command, sample until it ends, and return its exit status (128 + number for a signal, as shells do).

    Signals that end programs are passed on to it, and the log is finished all the same. After ``limit_s`` it is ended,
    and the status is 124. Only the program's bare name is logged. ``more`` goes to Sampler; ``summary`` is called with
    it at the end. Raises ReportError where the command cannot be started; no log is left then.
    """
    import shutil
    import subprocess

    if not command:
        raise ReportError("no command to run: carbon-report sample -- COMMAND ...")
    if shutil.which(command[0]) is None:
        raise ReportError(f"{plain(command[0])}: no such program")
    sampler = Sampler(path, every_s, command=os.path.basename(command[0]), **more)
    with _passed_on() as pass_on_to, sampler:
        try:
            child = subprocess.Popen(list(command))
        except OSError as error:
            if not sampler.passing:
                sampler.remove()
            raise ReportError(f"{plain(command[0])} cannot be started: {error.strerror}") from error
        pass_on_to(child)
        sampler.status = status = _ended(child, limit_s)
    if summary is not None and not sampler.passing:
        summary(sampler)
    return status


def _ended(child: subprocess.Popen[bytes], limit_s: float | None) -> int:
    """Wait for the command, no longer than its limit, and return its exit status."""
    import subprocess

    try:
        code = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        child.terminate()
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        return TIMED_OUT
    return code if code >= 0 else 128 - code


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
    others = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"))
    before = {}
    if threading.current_thread() is threading.main_thread():
        wanted = [*typed, *(number for number in others if number is not None)]
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
