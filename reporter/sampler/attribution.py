"""The job's share of a machine's energy: by its processor time, memory and GPU use, as Henderson et al. define it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reporter.powerlog import SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.sampler.counting import Metering
    from reporter.sampler.machine import Load
    from reporter.sampler.processes import Tree, Used

#: How the log's head tells of it. Each share is of what is in use, so that what the machine idles away is shared too:
#: e_total = sum over resources of p_resource * e_resource, Henderson et al. (2020), section 4.
TOLD = "process tree; cpu by processor time, ram by resident memory, gpu by process use; shares of what is in use"

#: The job is looked at no more often than keeps the cost at this share of one processor; energy waits meanwhile.
COST = 0.0002
#: How much the cost of the latest look tells of the next ones: now and then one goes through all processes.
LATEST = 0.2


class Attribution:
    """Follows the meters and the job's use, and adds up the job's joules by meter."""

    def __init__(self, meters: Sequence[Metering], load: Load, tree: Tree) -> None:
        self._shared = [(place, one) for place, one in enumerate(meters) if one.meter.part in SHARED]
        self._load, self._tree = load, tree
        self._joules: list[float | None] = [None] * len(self._shared)
        self._last_j: list[float | None] = [None] * len(self._shared)
        self._used: Used | None = None
        self._busy: float | None = None
        self._cpu: float | None = None  # the last shares known: a step may be shorter than a tick
        self._next_s = self._cost_s = 0.0

    def read(
        self, now_s: float, joules: Sequence[float | None], memory: float | None, *, last: bool
    ) -> list[float | None]:
        """The job's joules so far, of each meter that can be shared; None where its share is not told.

        ``joules`` are all meters' now, ``memory`` the bytes that the machine uses. ``last`` looks in any case.
        """
        if now_s < self._next_s and not last:
            return list(self._joules)
        start_s = time.thread_time()
        used = self._tree.look(now_s)
        shares = {"cpu": self._cpu_share(used), "ram": _ram_share(used, memory)}
        for place, (meter, metering) in enumerate(self._shared):
            part = metering.meter.part
            share = shares[part] if part in shares else metering.share(self._tree.pids)
            self._take(place, joules[meter], share)
        self._cost_s += LATEST * (time.thread_time() - start_s - self._cost_s)
        self._next_s = now_s + self._cost_s / COST
        return list(self._joules)

    def _take(self, place: int, now_j: float | None, share: float | None) -> None:
        """Add the share of a step. A step whose share is not told waits, and is shared like the next."""
        if now_j is None:
            return
        last_j = self._last_j[place]
        if last_j is None:
            self._last_j[place] = now_j
        elif share is not None:
            self._joules[place] = (self._joules[place] or 0.0) + share * max(0.0, now_j - last_j)
            self._last_j[place] = now_j

    def _cpu_share(self, used: Used | None) -> float | None:
        """The share of the processor time in use since the last look that was the job's."""
        busy = None if self._load.now is None else self._load.now[0]
        before, self._used = self._used, used or self._used
        if used is None or before is None or busy is None or self._busy is None:
            self._busy = busy
            return self._cpu
        passed, self._busy = busy - self._busy, busy
        if passed > 0:
            self._cpu = min(1.0, max(0.0, (used.cpu - before.cpu) / passed))
        return self._cpu


def _ram_share(used: Used | None, memory: float | None) -> float | None:
    """The job's share of the memory in use, 1 at most: pages that its processes share are counted in each."""
    return None if used is None or not memory or memory <= 0 else min(1.0, used.memory / memory)
