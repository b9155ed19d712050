"""Measures commands side by side: each in a process of its own, in turn, so that all meet the same noise."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

#: A folder of virtual environments with what others use, each called after it: engines (polars, duckdb), codecarbon,
#: carbontracker, eit, ga4hpc. ``python -m venv peers/engines && peers/engines/bin/pip install polars duckdb`` is one;
#: eit needs ``experiment-impact-tracker 'pandas<2' 'numpy<2' 'setuptools<80'``. In ``ga4hpc/src`` lies a checkout of
#: GreenAlgorithms4HPC (536a29b), its own requirements installed. What is not there is left out, and told.
PEERS = Path(os.environ.get("CARBON_REPORT_PEERS", "peers"))


class Cost(NamedTuple):
    """What a process took: wall and processor time in s, memory at most in MiB."""

    wall_s: float
    cpu_s: float
    memory_mib: float


def peer(name: str, program: str = "python") -> str | None:
    """The path of a program in a peer's environment, None where it is not installed."""
    path = PEERS / name / "bin" / program
    return str(path) if path.exists() else None


def cost(command: list[str], cwd: str | None = None) -> Cost:
    """Run one command. Raises CalledProcessError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said[-2000:])
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def side_by_side(commands: dict[str, list[str]], rounds: int = 3) -> dict[str, Cost]:
    """The least that each command took over some rounds, in which they take turns. One that fails is told."""
    least: dict[str, Cost] = {}
    failed: set[str] = set()
    for _ in range(rounds):
        for name, command in commands.items():
            if name in failed:
                continue
            try:
                taken = cost(command)
            except subprocess.CalledProcessError as error:
                failed.add(name)
                last = (error.stderr or b"").decode(errors="replace").strip().splitlines()[-1:]
                print(f"{name} failed: {' '.join(last)}")
                continue
            least[name] = Cost(*map(min, taken, least.get(name, taken)))
    return least


def exponent(sizes: list[float], costs: list[float]) -> float:
    """How a cost grows with size: the slope through their logarithms; 1 is in proportion."""
    xs, ys = [math.log(size) for size in sizes], [math.log(value) for value in costs]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - mean_x) ** 2 for x in xs)


def machine() -> str:
    """This machine in a line: processor, cores, memory, system, Python, and how busy it is."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "?")
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{model}, {os.cpu_count()} cores, {memory_kib / 2**20:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
