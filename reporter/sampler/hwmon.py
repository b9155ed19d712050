"""Energy and power among the kernel's sensors (hwmon): of power supplies, processors, and GPUs without a library."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.powerlog import Meter
from reporter.sampler.counting import Counter, Gauge
from reporter.sampler.sysfs import Number, names_in, word

if TYPE_CHECKING:
    from reporter.powerlog import Part
    from reporter.sampler.counting import Metering

ROOT = "/sys/class/hwmon"


class Sensor(NamedTuple):
    """Which channels of a driver are meters of what; ``label`` (a pattern) tells apart the ones to take."""

    part: Part
    file: str  # the channel's file, a pattern: energies are in uJ, powers in uW
    label: str = ".*"


#: By the driver's name. ACPI's power_meter sits between the machine and its socket.
SENSORS = {
    "power_meter": Sensor("supply", r"power\d+_(average|input)"),
    "corsairpsu": Sensor("supply", r"power\d+_input", "power total"),
    "amd_energy": Sensor("cpu", r"energy\d+_input", "Esocket.*"),
    "amdgpu": Sensor("gpu", r"power\d+_(average|input)"),
    "i915": Sensor("gpu", r"energy\d+_input"),
    "xe": Sensor("gpu", r"energy\d+_input", "(card|pkg)?"),
}


def find(root: str = ROOT, parts: tuple[Part, ...] = ("supply", "cpu", "gpu")) -> tuple[list[Metering], list[str]]:
    """The sensors that are meters of these parts, one for each channel, with a line for one that cannot be read."""
    meters: list[Metering] = []
    notes = []
    for device in names_in(root):
        folder = os.path.join(root, device)
        driver = word(os.path.join(folder, "name"))
        sensor = SENSORS.get(driver)
        if sensor is None or sensor.part not in parts:
            continue
        for file in _channels(folder, sensor):
            path = os.path.join(folder, file)
            try:
                meters.append(_meter(path, driver, sensor.part, f"{len(meters)}"))
            except (OSError, ValueError) as error:
                notes.append(f"{path} ({driver}) cannot be read ({error}): not used")
    return meters, notes


def _channels(folder: str, sensor: Sensor) -> list[str]:
    """One file of each channel whose label is wanted: the average where the driver tells it too.

    Of a GPU the first channel alone: those after it are parts of it (xe tells the card, and the chip on it).
    """
    found: dict[str, str] = {}
    for name in names_in(folder):  # power1_average comes before power1_input
        channel, _, kind = name.partition("_")
        if re.fullmatch(sensor.file, name) and kind:
            label = word(os.path.join(folder, f"{channel}_label"))
            if re.fullmatch(sensor.label, label):
                found.setdefault(channel, name)
    return list(found.values())[: 1 if sensor.part == "gpu" else None]


def _meter(path: str, driver: str, part: Part, place: str) -> Metering:
    number, name = Number(path), f"{part}-{driver.replace('_', '-')}-{place}"
    if os.path.basename(path).startswith("energy"):
        return Counter(Meter(name, "counter", part, "hwmon"), number.millionths, close=number.close)
    return Gauge(Meter(name, "power", part, "hwmon-power*time"), number.millionths, close=number.close)
