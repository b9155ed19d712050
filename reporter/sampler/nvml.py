"""Energy of NVIDIA GPUs through NVML (the package nvidia-ml-py, loaded when it is needed)."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from reporter.powerlog import Meter


class EnergyMeter:
    """A GPU's own energy counter (Volta and later): millijoules since the driver was loaded."""

    def __init__(self, nvml: Any, handle: Any, index: int) -> None:
        self.meter = Meter(f"gpu-{index}", "counter", "gpu", "nvml")
        self._nvml, self._handle, self._joules = nvml, handle, 0.0
        self._last_mj = self._counter_mj()
        self._begun = False

    def read(self, now_s: float) -> float:  # noqa: ARG002 - a counter needs no clock
        """Joules since the first call. A driver that was loaded anew began at 0, and that step is not known."""
        counter_mj = self._counter_mj()
        if self._begun:
            self._joules += max(0, counter_mj - self._last_mj) / 1e3
        self._begun = True
        self._last_mj = counter_mj
        return self._joules

    def close(self) -> None:
        """Nothing to close: the library is shut down once for all its meters."""

    def _counter_mj(self) -> int:
        return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))


class PowerMeter:
    """A GPU without an energy counter: its power readings times the time between them (trapezoids)."""

    def __init__(self, nvml: Any, handle: Any, index: int) -> None:
        self.meter = Meter(f"gpu-{index}", "power", "gpu", "nvml-power*time")
        self._nvml, self._handle, self._joules = nvml, handle, 0.0
        self._last_w = self._power_w()
        self._last_s: float | None = None

    def read(self, now_s: float) -> float:
        """Joules since the first call."""
        power_w = self._power_w()
        if self._last_s is not None:
            self._joules += (power_w + self._last_w) / 2 * max(0.0, now_s - self._last_s)
        self._last_w, self._last_s = power_w, now_s
        return self._joules

    def close(self) -> None:
        """Nothing to close: the library is shut down once for all its meters."""

    def _power_w(self) -> float:
        return float(self._nvml.nvmlDeviceGetPowerUsage(self._handle)) / 1e3


class Gpus:
    """The NVIDIA GPUs of this machine: their names, their meters, and how busy they are."""

    def __init__(self, nvml: Any, driver: str = "/proc/driver/nvidia") -> None:
        self.names: list[str] = []
        self.meters: list[EnergyMeter | PowerMeter] = []
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
                self.meters.append(_meter(self._nvml, handle, index))
            except Exception as error:
                self.notes.append(f"GPU {index} tells neither energy nor power ({error}): its energy is NOT counted")


def _meter(nvml: Any, handle: Any, index: int) -> EnergyMeter | PowerMeter:
    try:
        return EnergyMeter(nvml, handle, index)
    except Exception:
        return PowerMeter(nvml, handle, index)
