"""Energy counters of the processor (RAPL of Intel and AMD) as Linux shows them under /sys/class/powercap."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reporter.powerlog import Meter

if TYPE_CHECKING:
    from reporter.powerlog import Part

ROOT = "/sys/class/powercap"

#: More than any zone can draw, in W: a step back of the counter that implies more is a reset, not a wrap.
MOST_W = 5000.0

# intel-rapl-mmio:0 is a second view of package 0, and is left out by this pattern.
_ZONE = re.compile(r"intel-rapl:([0-9]+)(?::([0-9]+))?")


class RaplMeter:
    """One zone's counter, followed over its wrap-arounds (a package of 200 W wraps about every 20 minutes)."""

    def __init__(self, meter: Meter, folder: str) -> None:
        self.meter = meter
        self._file = os.open(os.path.join(folder, "energy_uj"), os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            self._last_uj = self._counter_uj()
        except (OSError, ValueError):
            os.close(self._file)
            raise
        self._last_s: float | None = None
        self._range_uj = _range_uj(folder)
        self._joules = 0.0

    def read(self, now_s: float) -> float:
        """Joules since the first call; ``now_s`` is a monotonic clock's time. Raises OSError."""
        counter_uj = self._counter_uj()
        if self._last_s is None:
            self._last_uj, self._last_s = counter_uj, now_s
        step_j = (counter_uj - self._last_uj) / 1e6
        if step_j < 0:
            step_j = self._over_the_end(step_j, now_s - self._last_s)
        self._last_uj, self._last_s = counter_uj, now_s
        self._joules += step_j
        return self._joules

    def close(self) -> None:
        """Close the counter's file."""
        os.close(self._file)

    def _over_the_end(self, step_j: float, step_s: float) -> float:
        """The step of a counter that went back: over its end if that is plausible, otherwise unknown and taken as 0."""
        if self._range_uj is None:
            return 0.0
        wrapped_j = step_j + self._range_uj / 1e6
        return wrapped_j if 0 <= wrapped_j <= MOST_W * max(step_s, 1e-3) else 0.0

    def _counter_uj(self) -> int:
        os.lseek(self._file, 0, os.SEEK_SET)
        return int(os.read(self._file, 64))


def find(root: str = ROOT) -> tuple[list[RaplMeter], list[str]]:
    """Every package, its memory (dram) and the platform (psys), with a line for what is there but cannot be read."""
    zones = _zones(root)
    meters, denied, notes = [], [], []
    for (zone, subzone), folder in sorted(zones.items()):
        name = _word(os.path.join(folder, "name"))
        package = _word(os.path.join(zones.get((zone, -1), folder), "name"))
        meter = _meter(name, package if subzone >= 0 else name)
        if meter is None:
            continue
        try:
            meters.append(RaplMeter(meter, folder))
        except PermissionError:
            denied.append(os.path.join(folder, "energy_uj"))
        except (OSError, ValueError) as error:
            notes.append(f"{folder}/energy_uj cannot be read ({error}): not used")
    if denied:
        notes.append(
            f"the processor's energy counter {denied[0]} may be read by root only (since CVE-2020-8694), "
            f"so its energy is modelled; to measure it: sudo chmod a+r {root}/intel-rapl:*/energy_uj"
        )
    return meters, notes


def _zones(root: str) -> dict[tuple[int, int], str]:
    """Folder of each zone by (zone, subzone), the zone itself under subzone -1. Sysfs lists subzones twice."""
    found: dict[tuple[int, int], str] = {}
    for place in (root, *(os.path.join(root, name) for name in _names(root) if _ZONE.fullmatch(name))):
        for name in _names(place):
            match = _ZONE.fullmatch(name)
            if match:
                key = (int(match[1]), -1 if match[2] is None else int(match[2]))
                found.setdefault(key, os.path.join(place, name))
    return found


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _meter(name: str, package: str) -> Meter | None:
    """The meter of a zone; None for core and uncore, which their package holds already."""
    part: Part
    if name.startswith("package"):
        part, label = "cpu", name
    elif name == "dram":
        part, label = "ram", f"dram-{package}"
    elif name == "psys":
        part, label = "machine", name
    else:
        return None
    label = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return Meter(f"{part}-{label}", "counter", part, "rapl")


def _word(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(200).strip()
    except OSError:
        return ""


def _range_uj(folder: str) -> int | None:
    told = _word(os.path.join(folder, "max_energy_range_uj"))
    return int(told) if told.isdigit() and int(told) > 0 else None
