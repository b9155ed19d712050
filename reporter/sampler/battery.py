"""What a laptop's battery delivers while nothing else feeds it: the whole machine's energy (Linux power_supply)."""

from __future__ import annotations

import os
import re

from reporter.powerlog import Meter
from reporter.sampler.counting import Gauge
from reporter.sampler.sysfs import Number, names_in, word

ROOT = "/sys/class/power_supply"


class Battery:
    """One battery: what it has delivered. Once a charger feeds the machine it tells nothing any more, to the end."""

    def __init__(self, folder: str) -> None:
        self._status = os.path.join(folder, "status")
        self._factors = [Number(os.path.join(folder, name)) for name in _quantities(folder)]
        self._on = True

    def power_w(self) -> float | None:
        """Watts now; None from when it was charged. Raises OSError."""
        self._on = self._on and word(self._status) == "Discharging"
        if not self._on:
            return None
        power_w = 1.0
        for factor in self._factors:
            power_w *= abs(factor.millionths())  # some drivers show what flows out as negative
        return power_w

    def close(self) -> None:
        """Close its files."""
        for factor in self._factors:
            factor.close()


def find(root: str = ROOT) -> tuple[list[Gauge], list[str]]:
    """The batteries that feed this machine, with a line for one that could be used without its charger."""
    meters, notes = [], []
    for name in names_in(root):
        folder = os.path.join(root, name)
        if word(os.path.join(folder, "type")) != "Battery" or word(os.path.join(folder, "scope")) == "Device":
            continue  # a mains adapter, or the battery of a mouse
        if word(os.path.join(folder, "status")) != "Discharging":
            notes.append(f"battery {name} tells the whole machine's power only without its charger: not used")
            continue
        try:
            battery = Battery(folder)
            label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
            meter = Meter(f"supply-{label}", "power", "supply", "battery")
            meters.append(Gauge(meter, battery.power_w, close=battery.close))
        except (OSError, ValueError) as error:
            notes.append(f"battery {name} tells no power ({error}): not used")
    return meters, notes


def _quantities(folder: str) -> tuple[str, ...]:
    """The files whose product is its power: power in uW, or current in uA and voltage in uV."""
    power = "power_now"
    return (power,) if os.path.exists(os.path.join(folder, power)) else ("current_now", "voltage_now")
