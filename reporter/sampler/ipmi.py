"""The whole server's power from its management controller, through ipmitool; asked for with --meters ipmi."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from reporter.patterns import pattern
from reporter.powerlog import Meter
from reporter.sampler.counting import Gauge

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

#: Seconds between two questions: each costs a process, and the controller itself averages over seconds.
EVERY_S = 10.0
COMMAND = ("ipmitool", "dcmi", "power", "reading")
DEVICE = "/dev/ipmi0"
_NOW = pattern(rb"Instantaneous power reading:\s*([0-9]+)\s*Watts")


class Controller:
    """A management controller: asked in the background, so that nobody waits for it."""

    def __init__(self, command: Sequence[str] = COMMAND, every_s: float = EVERY_S) -> None:
        self._command, self._every_s = list(command), every_s
        self._asked_s = float("-inf")
        self._last_w = self._answer(self._ask())
        self._asking: subprocess.Popen[bytes] | None = None

    def power_w(self) -> float:
        """The latest answer in W. Raises ValueError where it was none."""
        import time

        now_s = time.monotonic()
        if self._asking is not None and self._asking.poll() is not None:
            asked, self._asking = self._asking, None
            self._last_w = self._answer(asked)
        if self._asking is None and now_s - self._asked_s >= self._every_s:
            self._asking, self._asked_s = self._ask(), now_s
        return self._last_w

    def close(self) -> None:
        """Wait for what was asked last."""
        if self._asking is not None:
            self._asking.communicate()

    def _ask(self) -> subprocess.Popen[bytes]:
        import subprocess

        return subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def _answer(self, asked: subprocess.Popen[bytes]) -> float:
        told = _NOW.search(asked.communicate()[0])
        if told is None:
            raise ValueError("the controller tells no power")
        return float(told[1])


def find(*, asked: bool, device: str = DEVICE, command: Sequence[str] = COMMAND) -> tuple[list[Gauge], list[str]]:
    """The controller's power, where it is asked for and can be read; otherwise a line that says what to do."""
    if not os.path.exists(device):
        return [], []
    if not os.access(device, os.R_OK | os.W_OK):
        return [], [f"{device} may be used by root only; as root, --meters ipmi counts the whole server"]
    if shutil.which(command[0]) is None:
        return [], ["there is a management controller; with ipmitool, --meters ipmi counts the whole server"]
    if not asked:
        return [], ["there is a management controller: --meters all,ipmi counts the whole server at its supplies"]
    try:
        controller = Controller(command)
    except (OSError, ValueError) as error:
        return [], [f"{command[0]} tells no power ({error}): not used"]
    meter = Meter("supply-ipmi", "power", "supply", "ipmi-power*time")
    return [Gauge(meter, controller.power_w, close=controller.close)], []
