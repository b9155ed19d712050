"""The processes of a job: a process and all that come of it, with their processor time and memory."""

from __future__ import annotations

import os
import time
from typing import NamedTuple, Protocol

#: A look through all processes is made no more often than keeps its cost at this share of one processor.
COST = 0.0001
#: The first process and this many more are looked at for children each time: most jobs are no larger.
FEW = 8


class Used(NamedTuple):
    """What a job has used: processor time since its start (in the unit of machine.Load), and bytes of memory now."""

    cpu: float
    memory: float


class Tree(Protocol):
    """The processes of a job."""

    pids: set[int]

    def look(self, now_s: float) -> Used | None:
        """What the job has used by now; None where that is not told."""


class ProcTree:
    """A process tree from Linux's /proc. What ended counts in its parent's time, once that has waited for it."""

    def __init__(self, root: int, proc: str = "/proc") -> None:
        self._proc, self._page = proc, os.sysconf("SC_PAGE_SIZE")
        self._born: dict[int, bytes] = {}  # a number that is used again is another process
        self.pids = {root}
        self._next_s = 0.0
        self._last: float | None = None
        self._cpu = 0.0

    def look(self, now_s: float) -> Used | None:
        """Ticks used since the first look, and bytes in use. None where /proc does not tell."""
        self._find(now_s)
        ticks = pages = 0.0
        for pid in list(self.pids):
            words = self._stat(pid)
            if words is None or self._born.setdefault(pid, words[19]) != words[19]:
                self.pids.discard(pid)
                self._born.pop(pid, None)
                continue
            ticks += sum(map(int, words[11:15]))
            pages += int(words[21])
        if self._last is not None:
            self._cpu += max(0.0, ticks - self._last)
        elif not self.pids:
            return None
        self._last = ticks
        return Used(self._cpu, pages * self._page)

    def _find(self, now_s: float) -> None:
        """Find children that are new: of a few processes by asking each, from time to time by going through all."""
        if now_s >= self._next_s:
            start_s = time.thread_time()
            self._go_through_all()
            self._next_s = now_s + (time.thread_time() - start_s) / COST
        elif len(self.pids) <= FEW:
            for pid in list(self.pids):
                try:
                    with open(f"{self._proc}/{pid}/task/{pid}/children", "rb", buffering=0) as file:
                        self.pids.update(map(int, file.read(4096).split()))
                except (OSError, ValueError):
                    continue

    def _go_through_all(self) -> None:
        children: dict[int, list[int]] = {}
        for name in os.listdir(self._proc):
            words = self._stat(int(name)) if name.isdigit() else None
            if words is not None:
                children.setdefault(int(words[1]), []).append(int(name))
        found = list(self.pids)
        while found:
            new = [pid for pid in children.get(found.pop(), ()) if pid not in self.pids]
            self.pids.update(new)
            found += new

    def _stat(self, pid: int) -> list[bytes] | None:
        """The words of a process's line after its name: state, parent, ...; None where it is gone."""
        try:
            with open(f"{self._proc}/{pid}/stat", "rb", buffering=0) as file:
                words = file.read(1024).rpartition(b")")[2].split()
        except OSError:
            return None
        return words if len(words) > 21 else None


class PsutilTree:
    """A process tree through psutil, for systems without /proc."""

    def __init__(self, root: int) -> None:
        self.pids = {root}
        self._root = root
        self._seen: dict[int, float] = {}
        self._first: float | None = None

    def look(self, now_s: float) -> Used | None:  # noqa: ARG002 - of the same form as ProcTree's
        """Seconds used since the first look, and bytes in use; None without psutil, or once the job is over."""
        try:
            import psutil
        except ImportError:
            return None
        memory = 0.0
        try:
            root = psutil.Process(self._root)
            for process in (root, *root.children(recursive=True)):
                times = process.cpu_times()
                self._seen[process.pid] = float(times.user + times.system)
                memory += float(process.memory_info().rss)
        except psutil.Error:
            return None
        self.pids = set(self._seen)
        total = sum(self._seen.values())
        self._first = total if self._first is None else self._first
        return Used(max(0.0, total - self._first), memory)


def tree_of(root: int, proc: str = "/proc") -> Tree:
    """The job of a process, and of all that come of it."""
    return ProcTree(root, proc) if os.path.isdir(os.path.join(proc, str(root))) else PsutilTree(root)
