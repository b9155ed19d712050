"""Energy of NVIDIA GPUs through NVML (the package nvidia-ml-py, loaded when it is needed)."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from reporter.powerlog import Meter
from reporter.sampler.counting import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Collection

    from reporter.sampler.counting import Metering

#: What the kernel calls the first space of process numbers; in any other NVML's numbers mean nothing.
_HOST = "pid:[4026531836]"


class Gpus:
    """The NVIDIA GPUs of this machine: their names, their meters, and how busy they are."""

    def __init__(self, nvml: Any, driver: str = "/proc/driver/nvidia") -> None:
        self.names: list[str] = []
        self.meters: list[Metering] = []
        self.notes: list[str] = []
        self._handles: list[Any] = []
        self._nvml = nvml or self._load(driver)
        if self._nvml is not None:
            self._find()

    def percent(self) -> float | None:
        """How busy the GPUs are, their mean in percent; None where none tells."""
        told = []
        for handle in self._handles:
            with contextlib.suppress(Exception):
                told.append(float(self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu))
        return sum(told) / len(told) if told else None

    def close(self) -> None:
        """Shut the library down."""
        if self._nvml is not None:
            with contextlib.suppress(Exception):  # NVML's errors are made when it is loaded
                self._nvml.nvmlShutdown()

    def _load(self, driver: str) -> Any:
        try:
            import pynvml
        except ImportError:
            if os.path.isdir(driver):
                self.notes.append(
                    "there is an NVIDIA GPU, whose energy is NOT counted: pip install 'carbon-report[gpu]'"
                )
            return None
        return pynvml

    def _find(self) -> None:
        try:
            self._nvml.nvmlInit()
            count = self._nvml.nvmlDeviceGetCount()
        except Exception:
            self._nvml = None
            return
        for index in range(count):
            try:
                handle = self._nvml.nvmlDeviceGetHandleByIndex(index)
                name = self._nvml.nvmlDeviceGetName(handle)
                self.names.append(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name))
                self._handles.append(handle)
                self.meters.append(self._meter(handle, index))
            except Exception as error:
                self.notes.append(f"GPU {index} tells neither energy nor power ({error}): its energy is NOT counted")

    def _meter(self, handle: Any, index: int) -> Metering:
        """A GPU's own energy counter (Volta and later), else its power. Raises NVMLError."""
        nvml, use = self._nvml, Use(self._nvml, handle)
        told = (("mig", "on"),) if use.mig else ()
        if use.mig:
            self.notes.append(f"GPU {index} is split (MIG) and tells the energy of all its instances together")
        try:
            return Counter(
                Meter(f"gpu-{index}", "counter", "gpu", "nvml", told),
                lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3, share=use.share,
            )  # fmt: skip
        except Exception:
            return Gauge(
                Meter(f"gpu-{index}", "power", "gpu", "nvml-power*time", told),
                lambda: float(nvml.nvmlDeviceGetPowerUsage(handle)) / 1e3, share=use.share,
            )  # fmt: skip


class Use:
    """Who uses one GPU: the share of some processes in what is in use, as Henderson et al. (2020) define it."""

    def __init__(self, nvml: Any, handle: Any, namespace: str = "/proc/self/ns/pid") -> None:
        self._nvml, self._handle, self._seen_us = nvml, handle, 0
        self.mig = self._is_split()
        try:
            self._contained = os.readlink(namespace) != _HOST
        except OSError:
            self._contained = False

    def share(self, pids: Collection[int]) -> float | None:
        """The processes' share of the GPU's time since the last call; of a split GPU, of the slices in use.

        Where no times are told, the share of the GPU's memory. None where nothing is told, or where none of the
        processes is known to the GPU and that may be a container's doing.
        """
        used = self._slices(pids) if self.mig else self._times() or self._memory(self._handle)
        total, ours = sum(used.values()), sum(value for pid, value in used.items() if pid in pids)
        if not total or (not ours and self._contained):
            return None
        return ours / total

    def _is_split(self) -> bool:
        try:
            return bool(self._nvml.nvmlDeviceGetMigMode(self._handle)[0])
        except Exception:  # an error of NVML, or a version without the call: no MIG
            return False

    def _times(self) -> dict[int, float]:
        """Percent of the multiprocessors' time by process, summed over the samples that are new."""
        used: dict[int, float] = {}
        with contextlib.suppress(Exception):  # NotFound where nothing ran
            for one in self._nvml.nvmlDeviceGetProcessUtilization(self._handle, self._seen_us):
                used[one.pid] = used.get(one.pid, 0.0) + one.smUtil
                self._seen_us = max(self._seen_us, one.timeStamp)
        return used if any(used.values()) else {}

    def _memory(self, handle: Any) -> dict[int, float]:
        """Memory by process; 1 each where the driver does not tell it."""
        with contextlib.suppress(Exception):
            processes = self._nvml.nvmlDeviceGetComputeRunningProcesses(handle)
            sizes = {one.pid: one.usedGpuMemory for one in processes}
            known = all(size is not None for size in sizes.values())
            return {pid: float(size) if known else 1.0 for pid, size in sizes.items()}
        return {}

    def _slices(self, pids: Collection[int]) -> dict[int, float]:
        """Compute slices by process, those of an instance with one of ``pids`` all as that one's."""
        used: dict[int, float] = {}
        with contextlib.suppress(Exception):
            for place in range(self._nvml.nvmlDeviceGetMaxMigDeviceCount(self._handle)):
                with contextlib.suppress(Exception):  # an instance that was not made
                    instance = self._nvml.nvmlDeviceGetMigDeviceHandleByIndex(self._handle, place)
                    there = self._memory(instance)
                    slices = self._nvml.nvmlDeviceGetAttributes(instance).gpuInstanceSliceCount
                    if there:
                        pid = next((one for one in there if one in pids), next(iter(there)))
                        used[pid] = used.get(pid, 0.0) + float(slices)
        return used
