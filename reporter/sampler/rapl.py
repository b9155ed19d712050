"""Energy counters of the processor (RAPL of Intel and AMD) as Linux shows them under /sys/class/powercap."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reporter.patterns import pattern
from reporter.powerlog import Meter
from reporter.sampler.counting import Counter
from reporter.sampler.sysfs import Number, names_in, word

if TYPE_CHECKING:
    from reporter.powerlog import Part

ROOT = "/sys/class/powercap"

# intel-rapl-mmio:0 is a second view of package 0, and is left out by this pattern. AMD's zones bear Intel's name.
_ZONE = pattern(r"intel-rapl:([0-9]+)(?::([0-9]+))?")


def find(root: str = ROOT) -> tuple[list[Counter], list[str]]:
    """Every package, its memory (dram) and the platform (psys), with a line for what is there but cannot be read."""
    zones = _zones(root)
    meters, denied, notes = [], [], []
    for (zone, subzone), folder in sorted(zones.items()):
        name = word(os.path.join(folder, "name"))
        package = word(os.path.join(zones.get((zone, -1), folder), "name"))
        meter = _meter(name, package if subzone >= 0 else name)
        if meter is None:
            continue
        path = os.path.join(folder, "energy_uj")
        try:
            number = Number(path)
            meters.append(Counter(meter, number.millionths, _range_j(folder), close=number.close))
        except PermissionError:
            denied.append(path)
        except (OSError, ValueError) as error:
            notes.append(f"{path} cannot be read ({error}): not used")
    if denied:
        notes.append(
            f"the processor's energy counter {denied[0]} may be read by root only (since CVE-2020-8694), "
            f"so its energy is modelled; to measure it: sudo chmod a+r {root}/intel-rapl:*/energy_uj"
        )
    return meters, notes


def _zones(root: str) -> dict[tuple[int, int], str]:
    """Folder of each zone by (zone, subzone), the zone itself under subzone -1. Sysfs lists subzones twice."""
    found: dict[tuple[int, int], str] = {}
    for place in (root, *(os.path.join(root, name) for name in names_in(root) if _ZONE.fullmatch(name))):
        for name in names_in(place):
            match = _ZONE.fullmatch(name)
            if match:
                key = (int(match[1]), -1 if match[2] is None else int(match[2]))
                found.setdefault(key, os.path.join(place, name))
    return found


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


def _range_j(folder: str) -> float | None:
    told = word(os.path.join(folder, "max_energy_range_uj"))
    return int(told) / 1e6 if told.isdigit() and int(told) > 0 else None
