"""What a meter is, and which ones this machine has: counters first, a model only for a part that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from reporter.sampler import machine, modelled, nvml, rapl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.powerlog import Meter


class Metering(Protocol):
    """One meter at work: counts joules from when it was first read."""

    meter: Meter

    def read(self, now_s: float) -> float | None:
        """Joules so far at ``now_s`` of a monotonic clock; None where that cannot be told now. May raise OSError."""

    def close(self) -> None:
        """Give back what the meter holds open."""


class Meters:
    """All meters of one machine, what else is looked at with each sample, and what there is to say about them."""

    def __init__(
        self, *, tdp_w: float | None = None, powercap: str = rapl.ROOT, proc: str = "/proc", nvml_module: Any = None
    ) -> None:
        self.machine = machine.look(proc)
        self._proc, self._load = proc, machine.Load(proc)
        self.gpus = nvml.Gpus(nvml_module)
        counters, notes = rapl.find(powercap)
        self.notes = [*notes, *self.gpus.notes]
        self.all: list[Metering] = [*counters, *self.gpus.meters]
        parts = {metering.meter.part for metering in self.all}
        if "cpu" not in parts and machine.Load(proc).seconds() is not None:
            self.all.append(modelled.ProcessorModel(machine.Load(proc).share, tdp_w, self.machine.sockets))
        if "ram" not in parts and self.machine.ram_gb is not None:
            self.all.append(modelled.MemoryModel(self.machine.ram_gb))

    @property
    def declared(self) -> tuple[Meter, ...]:
        """The meters as a log's head declares them."""
        return tuple(metering.meter for metering in self.all)

    def read(self, now_s: float) -> tuple[list[float | None], list[str]]:
        """Joules of every meter, None where one failed, and what failed. One meter's failure is not the others'."""
        joules: list[float | None] = []
        failed = []
        for metering in self.all:
            try:
                joules.append(metering.read(now_s))
            except Exception as error:
                joules.append(None)
                failed.append(f"{metering.meter.name} could not be read: {error}")
        return joules, failed

    def gauges(self) -> Sequence[float | None]:
        """Percent of the processors and of the GPUs in use, and memory in use in GB."""
        share = self._load.share()
        return None if share is None else 100 * share, self.gpus.percent(), machine.memory_used_gb(self._proc)

    def close(self) -> None:
        """Give back what the meters hold open."""
        for metering in self.all:
            metering.close()
        self.gpus.close()
