"""carbontracker's measured epochs as energy: its devices added up, its parts told apart, what was not read left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporter.importers.samples import curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.importers.carbontracker_text import Block, Epoch
    from reporter.importers.logs import Log

AGREES = 0.02  # rounded durations, and power read between two epochs, change the energy by less than this share
ROUNDED_S = 0.01


@dataclass(slots=True)
class Measured:
    """Energy of some epochs in kWh without PUE; ``tracker_kwh`` is what carbontracker itself makes of them.

    ``averaged`` tells the devices whose mean power it takes for their sum, as 2.x does. ``complete`` is False where
    the power of an epoch was not read, so that no total can be held against these.
    """

    epochs: list[Epoch]
    powers_w: list[float]
    duration_s: float | None
    cpu_kwh: float | None = None
    gpu_kwh: float | None = None
    ram_kwh: float | None = None
    whole_kwh: float | None = None
    tracker_kwh: float = 0.0
    complete: bool = True
    averaged: tuple[str, ...] = ()

    def agrees(self, block: Block, pue: float) -> bool:
        """Whether a total is that of these epochs, as carbontracker adds them up."""
        if not self.complete or block.energy_kwh is None:
            return True
        told = block.energy_kwh / pue
        whole = all((epoch.duration_s or 0.0).is_integer() for epoch in self.epochs)  # before 1.1.3, cut to seconds
        lost_s = len(self.epochs) * (1.0 if whole else ROUNDED_S)
        slack = (AGREES + lost_s / (self.duration_s or lost_s)) * told + block.step_kwh
        return abs(self.tracker_kwh - told) <= slack

    def curve(self) -> tuple[tuple[float, float], ...]:
        """(Seconds since the first epoch, mean W of the epochs that end there), thinned the energy kept."""
        steps = [epoch.duration_s or 0.0 for epoch in self.epochs]
        return curve([power * step / 3.6e6 for power, step in zip(self.powers_w, steps, strict=True)], steps)


@dataclass(slots=True)
class _Part:
    """One component: energy in kWh by what its devices are, as far as it was read."""

    name: str
    read: int = 0
    missing: int = 0
    averaged: bool = False
    ram_kwh: float = 0.0
    other_kwh: float = 0.0
    tracker_kwh: float = 0.0


def measure(epochs: Sequence[Epoch], devices: dict[str, list[str]], log: Log) -> Measured:
    """Add up the epochs: duration times the power of all devices. What could not be read is told, and is not 0."""
    timed = [epoch for epoch in epochs if epoch.duration_s is not None]
    if len(timed) < len(epochs):
        log.say("CR003", f"{len(epochs) - len(timed)} epochs have no duration and are not counted", epochs[-1].line)
    powers_w = [0.0] * len(timed)
    names = list(dict.fromkeys([*devices, *(name for epoch in timed for name in epoch.powers_w)]))
    parts = [_part(name, timed, devices.get(name, []), powers_w) for name in names]
    known = [part for part in parts if part.other_kwh or part.ram_kwh]
    result = Measured(list(timed), powers_w, math.fsum(epoch.duration_s or 0.0 for epoch in timed) or None)
    for part in parts:
        _tell(part, len(timed), log, timed[0].line if timed else None, known=part in known)
        result.complete &= not part.missing
    if not known:
        return result
    result.whole_kwh = math.fsum(part.other_kwh + part.ram_kwh for part in known)
    result.tracker_kwh = math.fsum(part.tracker_kwh for part in known)
    whole = {part.name: part for part in known if not part.missing}
    result.cpu_kwh = whole["cpu"].other_kwh if "cpu" in whole else None
    result.gpu_kwh = whole["gpu"].other_kwh if "gpu" in whole else None
    result.ram_kwh = math.fsum(part.ram_kwh for part in whole.values()) or None
    result.averaged = tuple(f"{len(devices[part.name])} {part.name.upper()} devices" for part in known if part.averaged)
    return result


def _part(name: str, epochs: Sequence[Epoch], devices: list[str], powers_w: list[float]) -> _Part:
    """One component's energy; the power of each epoch is added to ``powers_w``."""
    part = _Part(name)
    for place, epoch in enumerate(epochs):
        watts = epoch.powers_w.get(name)
        if watts is None:
            part.missing += 1
            continue
        part.read += 1
        hours = (epoch.duration_s or 0.0) / 3600
        part.tracker_kwh += math.fsum(watts) * hours / 1000
        if len(watts) == 1 < len(devices):  # one number for several devices is their mean
            part.averaged = True
            watts *= len(devices)
        named = [] if part.averaged else devices
        ram = [w for w, device in zip(watts, named, strict=False) if device.startswith("dram")]
        whole = math.fsum(watts)
        part.ram_kwh += math.fsum(ram) * hours / 1000
        part.other_kwh += (whole - math.fsum(ram)) * hours / 1000
        powers_w[place] += whole
    return part


def _tell(part: _Part, epochs: int, log: Log, line: int | None, *, known: bool) -> None:
    name = part.name.upper()
    if not known:
        what = "is 0 W in every epoch" if part.read else "could not be read in any epoch"
        log.say("CR027", f"the power of the {name} {what}, so it was not measured; its energy is not known, and is not "
                "in the total", line)  # fmt: skip
    elif part.missing:
        log.say("CR026", f"the power of the {name} was not read in {part.missing} of {epochs} epochs; its energy there "
                "is not known", line)  # fmt: skip
