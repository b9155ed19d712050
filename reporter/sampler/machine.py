"""What this machine is and how busy it is: its processors, memory and load, from /proc or psutil; never its name."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Machine(NamedTuple):
    """The facts that stand in a log's head and that models need; None where the system does not tell."""

    cpu_model: str | None
    cpu_count: int | None  # logical processors
    sockets: int
    ram_gb: float | None  # 10^9 bytes


def look(proc: str = "/proc") -> Machine:
    """Look at this machine (Linux from /proc, others through psutil where it is installed)."""
    model, sockets, siblings = None, set(), 0
    for line in _text(f"{proc}/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        siblings += key.strip() == "processor"
        if key.strip() in {"model name", "Model"} and model is None:
            model = value.strip()
        elif key.strip() == "physical id":
            sockets.add(value.strip())
    count = siblings or os.cpu_count()
    memory = _meminfo(_text(f"{proc}/meminfo")) or _psutil_memory()
    # Some hypervisors show every virtual processor as a socket of its own; a real one has had 4 threads for ages.
    real = len(sockets) if sockets and (count or 0) >= 4 * len(sockets) else 1
    return Machine(model or _other_model(), count, real, None if memory is None else memory[0] / 1e9)


class Load:
    """How much processor time passed and how much of it was used, cumulatively; steal is other guests' use."""

    def __init__(self, proc: str = "/proc") -> None:
        self._stat = _Kept(f"{proc}/stat")
        self.now = self.look()

    def look(self) -> tuple[float, float] | None:
        """(busy, all) processor time since boot, in clock ticks (elsewhere in s), kept in ``now``. None: not told."""
        self.now = self._seconds()
        return self.now

    def share(self) -> Callable[[], float | None]:
        """A function that tells the share (0 to 1) of all processors' time used between its last call and ``now``.

        It tells None where that is less than a tick, and counts on from there.
        """
        last = self.now

        def since() -> float | None:
            nonlocal last
            now, before = self.now, last
            if now is None or before is None or now[1] <= before[1]:
                return None
            last = now
            return min(1.0, max(0.0, (now[0] - before[0]) / (now[1] - before[1])))

        return since

    def close(self) -> None:
        """Close what is kept open."""
        self._stat.close()

    def _seconds(self) -> tuple[float, float] | None:
        try:
            ticks = [float(word) for word in self._stat.read(512).split(b"\n", 1)[0].split()[1:9]]
        except (OSError, ValueError):
            return _psutil_seconds()
        if len(ticks) < 4:
            return None
        idle = sum(ticks[3:5])  # idle and waiting for a disk
        stolen = ticks[7] if len(ticks) > 7 else 0.0
        return sum(ticks) - idle - stolen, sum(ticks)


class Memory:
    """How much memory there is and how much of it is used."""

    def __init__(self, proc: str = "/proc") -> None:
        self._meminfo = _Kept(f"{proc}/meminfo")

    def used(self) -> float | None:
        """Bytes in use, None where that is not told."""
        try:
            told = _meminfo(self._meminfo.read(512).decode("ascii", "replace"))
        except OSError:
            told = None
        told = told or _psutil_memory()
        return None if told is None else told[0] - told[1]

    def close(self) -> None:
        """Close what is kept open."""
        self._meminfo.close()


class _Kept:
    """A file that is read from its beginning again and again, and stays open meanwhile."""

    def __init__(self, path: str) -> None:
        self._path, self._file = path, -1

    def read(self, size: int) -> bytes:
        """The first ``size`` bytes. Raises OSError."""
        if self._file < 0:
            self._file = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        return os.pread(self._file, size, 0)

    def close(self) -> None:
        """Close it."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def system() -> str:
    """The operating system's name and release and the kind of processor, without the host's name."""
    import platform

    return f"{platform.system()} {platform.release()} {platform.machine()}".strip()


def boot_hash(path: str = "/proc/sys/kernel/random/boot_id") -> str | None:
    """A hash of the kernel's random number for this boot: tells a reboot, and cannot be traced to the machine."""
    boot = _text(path).strip() or _sysctl("kern.bootsessionuuid")
    if not boot:
        return None
    import hashlib

    return hashlib.sha256(boot.encode()).hexdigest()[:16]


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _meminfo(text: str) -> tuple[float, float] | None:
    """(total, available) bytes."""
    told = {}
    for line in text.splitlines()[:4]:
        key, _, value = line.partition(":")
        number = value.split()[:1]
        if number and number[0].isdigit():
            told[key] = float(number[0]) * 1024
    return (told["MemTotal"], told["MemAvailable"]) if {"MemTotal", "MemAvailable"} <= set(told) else None


def _psutil_memory() -> tuple[float, float] | None:
    try:
        import psutil
    except ImportError:
        return None
    memory = psutil.virtual_memory()
    return float(memory.total), float(memory.available)


def _psutil_seconds() -> tuple[float, float] | None:
    try:
        import psutil
    except ImportError:
        return None
    times = psutil.cpu_times()
    total = float(sum(times))
    return total - float(times.idle), total


def _other_model() -> str | None:
    """The processor's name where /proc does not tell it."""
    import platform

    return _sysctl("machdep.cpu.brand_string") or platform.processor() or None


def _sysctl(name: str) -> str | None:
    """What macOS tells of itself, None on other systems."""
    if sys.platform != "darwin":
        return None
    import subprocess

    told = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, check=False)
    return told.stdout.decode("utf-8", "replace").strip() or None
