"""What this machine is and how busy it is: its processors, memory and load, from /proc or psutil; never its name."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple


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
    memory = _meminfo(proc) or _psutil_memory()
    # Some hypervisors show every virtual processor as a socket of its own; a real one has had 4 threads for ages.
    real = len(sockets) if sockets and (count or 0) >= 4 * len(sockets) else 1
    return Machine(model or _other_model(), count, real, None if memory is None else memory[0] / 1e9)


class Load:
    """How much processor time passed and how much of it was used, cumulatively; steal is other guests' use."""

    def __init__(self, proc: str = "/proc") -> None:
        self._stat = f"{proc}/stat"
        self._last = self.seconds()

    def seconds(self) -> tuple[float, float] | None:
        """(busy, all) processor time since boot, in a unit of their own: only their ratio counts. None: not told."""
        try:
            with open(self._stat, "rb", buffering=0) as file:
                ticks = [float(word) for word in file.read(4096).split(b"\n", 1)[0].split()[1:9]]
        except (OSError, ValueError):
            return _psutil_seconds()
        if len(ticks) < 4:
            return None
        idle = sum(ticks[3:5])  # idle and waiting for a disk
        stolen = ticks[7] if len(ticks) > 7 else 0.0
        return sum(ticks) - idle - stolen, sum(ticks)

    def share(self) -> float | None:
        """The share of all processors' time that was used since the last call, 0 to 1; None where it is not told."""
        now, last = self.seconds(), self._last
        if now is None or last is None:
            return None
        passed = now[1] - last[1]
        if passed <= 0:  # less than a tick
            return None
        self._last = now
        return min(1.0, max(0.0, (now[0] - last[0]) / passed))


def memory_used_gb(proc: str = "/proc") -> float | None:
    """Memory in use, in 10^9 bytes."""
    memory = _meminfo(proc) or _psutil_memory()
    return None if memory is None else (memory[0] - memory[1]) / 1e9


def system() -> str:
    """The operating system's name and release and the kind of processor, without the host's name."""
    import platform

    return f"{platform.system()} {platform.release()} {platform.machine()}".strip()


def boot_hash(path: str = "/proc/sys/kernel/random/boot_id") -> str | None:
    """A hash of the kernel's random number for this boot: tells a reboot, and cannot be traced to the machine."""
    boot = _text(path).strip()
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


def _meminfo(proc: str) -> tuple[float, float] | None:
    """(total, available) bytes."""
    told = {}
    for line in _text(f"{proc}/meminfo").splitlines()[:4]:
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
    if sys.platform == "darwin":
        import subprocess

        told = subprocess.run(["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, check=False)
        return told.stdout.decode("utf-8", "replace").strip() or None
    import platform

    return platform.processor() or None
