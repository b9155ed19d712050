"""Energy of Apple silicon (and of Intel Macs) through powermetrics, which macOS lets root alone run."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from reporter.patterns import pattern
from reporter.powerlog import Meter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PROGRAM = "/usr/bin/powermetrics"
REMEDY = (
    "powermetrics may be run by root only, so processor and GPU are modelled or not counted; to measure them: sudo "
    "carbon-report sample, or let sudo run powermetrics without a password"
)
_ELAPSED = pattern(rb"\(([0-9.]+)ms elapsed\)")
_POWER = pattern(rb"^(CPU|GPU|ANE) Power:\s*([0-9.]+) mW", re.MULTILINE)
_PACKAGE = pattern(rb"derived package power \(CPUs\+GT\+SA\):\s*([0-9.]+)\s*W")


class Stream:
    """powermetrics at work: a text of each interval's mean power, of which the joules are kept."""

    def __init__(self, command: Sequence[str]) -> None:
        import subprocess

        self._child = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        assert self._child.stdout is not None  # noqa: S101 - for mypy
        self._pipe = self._child.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._text = b""
        self.joules: dict[str, float] = {}

    def look(self) -> None:
        """Take in what it wrote since. Raises OSError where it has ended."""
        try:
            while piece := os.read(self._pipe, 65536):
                self._text += piece
            ended = True
        except BlockingIOError:
            ended = False
        *whole, self._text = self._text.split(b"\n*** Sampled")
        for text in whole:
            self._take(text)
        if ended:
            self._take(self._text)
            self._text = b""
            raise OSError("powermetrics has ended")

    def close(self) -> None:
        """End it: sudo's child cannot be killed by us, but does not outlive its pipe."""
        assert self._child.stdout is not None  # noqa: S101 - for mypy
        self._child.stdout.close()
        try:
            self._child.terminate()
        except OSError:
            return
        self._child.wait()

    def _take(self, text: bytes) -> None:
        elapsed = _ELAPSED.search(text)
        if elapsed is None:
            return
        seconds = float(elapsed[1]) / 1e3
        watts = {name.decode().lower(): float(milliwatts) / 1e3 for name, milliwatts in _POWER.findall(text)}
        package = _PACKAGE.search(text)
        if package:
            watts["cpu"] = float(package[1])
        for name, power_w in watts.items():
            self.joules[name] = self.joules.get(name, 0.0) + power_w * seconds


class AppleMeter:
    """The processor (``cpu``), or the GPU with the neural engine (``gpu`` and ``ane``)."""

    def __init__(self, meter: Meter, stream: Stream, names: Sequence[str], *, looks: bool) -> None:
        self.meter, self._stream, self._names, self._looks = meter, stream, names, looks

    def read(self, now_s: float) -> float:  # noqa: ARG002 - powermetrics keeps time itself
        """Joules since the start. Raises OSError where powermetrics has ended."""
        if self._looks:
            self._stream.look()
        return sum(self._stream.joules.get(name, 0.0) for name in self._names)

    def share(self, pids: Collection[int]) -> float | None:  # noqa: ARG002
        """Who uses it is not told."""
        return None

    def close(self) -> None:
        """End powermetrics with the meter that looks at it."""
        if self._looks:
            self._stream.close()


def find(every_s: float, program: str = PROGRAM, *, platform: str = sys.platform) -> tuple[list[AppleMeter], list[str]]:
    """Processor and GPU where powermetrics may be run, else a line that says how to allow it."""
    if platform != "darwin" or not os.path.exists(program):
        return [], []
    import subprocess

    command = [program, "--samplers", "cpu_power,gpu_power", "-i", str(max(100, round(every_s * 1000)))]
    if os.geteuid() != 0:
        allowed = subprocess.run(["sudo", "-n", "-l", program], capture_output=True, check=False)
        if allowed.returncode:
            return [], [REMEDY]
        command = ["sudo", "-n", *command]
    try:
        stream = Stream(command)
    except OSError as error:
        return [], [f"powermetrics cannot be started ({error.strerror}): not used"]
    return [
        AppleMeter(Meter("cpu-apple", "power", "cpu", "powermetrics"), stream, ("cpu",), looks=True),
        AppleMeter(Meter("gpu-apple", "power", "gpu", "powermetrics"), stream, ("gpu", "ane"), looks=False),
    ], []
