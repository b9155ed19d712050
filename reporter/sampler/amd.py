"""Energy of AMD GPUs through amdsmi, which ROCm brings along (loaded when it is needed)."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from reporter.powerlog import Meter
from reporter.sampler.counting import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Collection

    from reporter.sampler.counting import Metering

#: Where amdsmi tells a GPU's power in W, best first; older versions know fewer of them, and say N/A.
_POWERS = ("current_socket_power", "socket_power", "average_socket_power")


class Gpus:
    """The AMD GPUs of this machine: their names, their meters, and how busy they are."""

    def __init__(self, amdsmi: Any = None, driver: str = "/sys/module/amdgpu") -> None:
        self.names: list[str] = []
        self.meters: list[Metering] = []
        self.notes: list[str] = []
        self._handles: list[Any] = []
        self._amdsmi: Any = amdsmi or (self._load() if os.path.isdir(driver) else None)
        if self._amdsmi is not None:
            self._find()

    def percent(self) -> float | None:
        """How busy the GPUs are, their mean in percent; None where none tells."""
        told = []
        for handle in self._handles:
            with contextlib.suppress(Exception):
                told.append(float(self._amdsmi.amdsmi_get_gpu_activity(handle)["gfx_activity"]))
        return sum(told) / len(told) if told else None

    def close(self) -> None:
        """Shut the library down."""
        if self._amdsmi is not None:
            with contextlib.suppress(Exception):
                self._amdsmi.amdsmi_shut_down()

    def _load(self) -> Any:
        import importlib
        import io

        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what it misses, where the command's output goes
                return importlib.import_module("amdsmi")
        except Exception as error:  # its import looks for ROCm's library, and fails in as many ways
            self.notes.append(f"there is an AMD GPU, and amdsmi, which ROCm brings along, cannot be loaded: {error}")
            return None

    def _find(self) -> None:
        try:
            self._amdsmi.amdsmi_init()
            handles = self._amdsmi.amdsmi_get_processor_handles()
        except Exception as error:
            self.notes.append(f"amdsmi finds no AMD GPU: {error}")
            self._amdsmi = None
            return
        for index, handle in enumerate(handles):
            try:
                self.names.append(str(self._amdsmi.amdsmi_get_gpu_asic_info(handle)["market_name"]))
                self._handles.append(handle)
                self.meters.append(self._meter(handle, index))
            except Exception as error:
                message = f"AMD GPU {index} tells neither energy nor power ({error}): its energy is NOT counted"
                self.notes.append(message)

    def _meter(self, handle: Any, index: int) -> Metering:
        """A GPU's own energy counter, else its power. Raises an error of amdsmi."""
        use = Use(self._amdsmi, handle)
        try:
            if self._energy_j(handle) <= 0:
                raise ValueError("the counter stands at 0")
            meter = Meter(f"gpu-amd-{index}", "counter", "gpu", "amdsmi")
            return Counter(meter, lambda: self._energy_j(handle), share=use.share)
        except Exception:
            meter = Meter(f"gpu-amd-{index}", "power", "gpu", "amdsmi-power*time")
            return Gauge(meter, lambda: self._power_w(handle), share=use.share)

    def _energy_j(self, handle: Any) -> float:
        told = self._amdsmi.amdsmi_get_energy_count(handle)
        ticks = told["energy_accumulator"] if "energy_accumulator" in told else told["power"]
        return float(ticks) * float(told["counter_resolution"]) / 1e6  # a tick is some microjoules

    def _power_w(self, handle: Any) -> float:
        told = self._amdsmi.amdsmi_get_power_info(handle)
        for key in _POWERS:
            with contextlib.suppress(ValueError, TypeError):
                return float(told.get(key))
        raise ValueError("no power is told")


class Use:
    """Who uses one GPU, by its processes' time on the graphics engine, else by their memory."""

    def __init__(self, amdsmi: Any, handle: Any) -> None:
        self._amdsmi, self._handle = amdsmi, handle
        self._last: dict[int, float] = {}

    def share(self, pids: Collection[int]) -> float | None:
        """The processes' share of what was in use since the last call; None where nothing is told."""
        try:
            processes = self._amdsmi.amdsmi_get_gpu_process_list(self._handle)
            times = {one["pid"]: float(one["engine_usage"]["gfx"]) for one in processes}
            memory = {one["pid"]: float(one["mem"]) for one in processes}
        except Exception:
            return None
        used = {pid: max(0.0, at - self._last.get(pid, 0.0)) for pid, at in times.items()}
        self._last = times
        used = used if any(used.values()) else memory
        total = sum(used.values())
        return sum(value for pid, value in used.items() if pid in pids) / total if total else None
