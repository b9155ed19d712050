"""Which meters this machine has, read together: counters first, a model only for a part that has none."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from reporter.errors import ReportError, plain
from reporter.sampler import amd, apple, battery, hwmon, ipmi, machine, modelled, nvml, rapl

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from reporter.powerlog import Meter, Part
    from reporter.sampler.counting import Metering

#: The word of --meters for every source.
ALL = "all"


class Meters:
    """All meters of one machine, what else is looked at with each sample, and what there is to say about them.

    ``wanted`` are sources, parts or names of meters; without it all are taken. Raises ReportError where this machine
    has none that is wanted.
    """

    def __init__(
        self, *, tdp_w: float | None = None, wanted: Collection[str] = (), every_s: float = 1.0,
        powercap: str = rapl.ROOT, proc: str = "/proc", nvml_module: Any = None, amdsmi_module: Any = None,
        sensors: str = hwmon.ROOT, batteries: str = battery.ROOT,
    ) -> None:  # fmt: skip
        self.machine = machine.look(proc)
        self.load, self._memory = machine.Load(proc), machine.Memory(proc)
        self._share = self.load.share()
        self.wanted = frozenset(wanted) - {ALL}
        self.gpus = nvml.Gpus(nvml_module)
        self.amd_gpus = amd.Gpus(amdsmi_module)
        self.notes: list[str] = []
        self.all: list[Metering] = []
        everything = not self.wanted or ALL in wanted
        self._take(*rapl.find(powercap))
        self._take(self.gpus.meters, self.gpus.notes)
        self._take(self.amd_gpus.meters, self.amd_gpus.notes)
        self._take(*apple.find(every_s))
        rest: tuple[Part, ...] = ("cpu", "gpu")
        self._take(*hwmon.find(sensors, tuple(part for part in rest if part not in self.parts)))
        self._add_supply(sensors, batteries)
        self._add_models(tdp_w)
        if not everything:
            self._keep_wanted()

    @property
    def parts(self) -> set[str]:
        """The parts of the machine that have a meter."""
        return {metering.meter.part for metering in self.all}

    @property
    def declared(self) -> tuple[Meter, ...]:
        """The meters as a log's head declares them."""
        return tuple(metering.meter for metering in self.all)

    @property
    def gpu_names(self) -> tuple[str, ...]:
        """The names of all GPUs, as their drivers write them."""
        return (*self.gpus.names, *self.amd_gpus.names)

    def read(self, now_s: float) -> tuple[list[float | None], list[str]]:
        """Joules of every meter, None where one failed, and what failed. One meter's failure is not the others'."""
        self.load.look()
        joules: list[float | None] = []
        failed = []
        for metering in self.all:
            try:
                joules.append(metering.read(now_s))
            except Exception as error:
                joules.append(None)
                failed.append(f"{metering.meter.name} could not be read: {error}")
        return joules, failed

    def memory(self) -> float | None:
        """Bytes of memory in use."""
        return self._memory.used()

    def gauges(self, memory: float | None) -> Sequence[float | None]:
        """Percent of the processors and of the GPUs in use, and memory in use in GB."""
        share = self._share()
        percents = [told for told in (self.gpus.percent(), self.amd_gpus.percent()) if told is not None]
        gpu = sum(percents) / len(percents) if percents else None
        return None if share is None else 100 * share, gpu, None if memory is None else memory / 1e9

    def close(self) -> None:
        """Give back what the meters hold open."""
        rest = self.gpus.close, self.amd_gpus.close, self.load.close, self._memory.close
        for close in (*(one.close for one in self.all), *rest):
            with contextlib.suppress(Exception):
                close()

    def _take(self, meters: Sequence[Metering], notes: Sequence[str]) -> None:
        self.all += meters
        self.notes += notes

    def _add_supply(self, sensors: str, batteries: str) -> None:
        """Take one way to the whole machine's energy, the best there is: they all tell the same."""
        finds: tuple[Callable[[], tuple[Sequence[Metering], list[str]]], ...] = (
            lambda: hwmon.find(sensors, ("supply",)),
            lambda: ipmi.find(asked="ipmi" in self.wanted),
            lambda: battery.find(batteries),
        )
        for find in finds:
            if "supply" not in self.parts:
                self._take(*find())

    def _add_models(self, tdp_w: float | None) -> None:
        if "cpu" not in self.parts and self.load.now is not None:
            self.all.append(modelled.ProcessorModel(self.load.share(), tdp_w, self.machine.sockets))
        elif "cpu" not in self.parts:
            self.notes.append("the processors' energy is NOT counted or modelled: pip install 'carbon-report[sampler]'")
        if "ram" not in self.parts and self.machine.ram_gb is not None:
            self.all.append(modelled.MemoryModel(self.machine.ram_gb))

    def _keep_wanted(self) -> None:
        """Leave the meters that are not wanted. Raises ReportError for a word that fits none."""
        fits = {word: [one for one in self.all if word in _words(one.meter)] for word in self.wanted}
        for word, found in sorted(fits.items()):
            if not found:
                there = ", ".join(one.meter.name for one in self.all)
                raise ReportError(
                    f"--meters {plain(word)}: this machine has none; there are {there}; carbon-report doctor tells why"
                )
        kept = [one for one in self.all if any(one in found for found in fits.values())]
        for one in self.all:
            if one not in kept:
                one.close()
        self.all = kept


def _words(meter: Meter) -> set[str]:
    """What a meter goes by: its source (such as nvml), its part (such as gpu) and its name."""
    source = "model" if meter.kind == "modelled" else meter.source.partition("-")[0]
    return {source, meter.part, meter.name}
