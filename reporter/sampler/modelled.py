"""Energy of parts that no counter tells: processors as TDP times utilisation, memory by its size. Estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.powerlog import Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

#: W a socket where the processor's TDP is not known: what CodeCarbon takes for a processor that its list lacks
#: (POWER_CONSTANT in codecarbon/external/hardware.py). An assumption, and written into the log as one.
ASSUMED_TDP_W = 85.0

#: W a GB of memory, used or not: Lannelongue, Grealey & Inouye, Green Algorithms (2021), doi:10.1002/advs.202100707.
RAM_W_PER_GB = 0.3725


class ProcessorModel:
    """The processors as their TDP times the share of their time that is used; at rest they count as 0 W."""

    def __init__(self, share: Callable[[], float | None], tdp_w: float | None = None, sockets: int = 1) -> None:
        assumed = () if tdp_w is not None else (("tdp", "assumed"),)
        per_socket_w = ASSUMED_TDP_W if tdp_w is None else tdp_w
        told = (("tdp_w", f"{per_socket_w:g}"), ("sockets", str(sockets)), *assumed)
        self.meter = Meter("cpu-model", "modelled", "cpu", "tdp*utilisation", told)
        self._share, self._tdp_w = share, per_socket_w * sockets
        self._last_s: float | None = None
        self._joules = 0.0

    def read(self, now_s: float) -> float:
        """Joules since the first call. Less than a tick after the last one they stand, and the next call makes up."""
        share = self._share()
        if self._last_s is None:
            self._last_s = now_s
        elif share is not None:
            self._joules += self._tdp_w * share * max(0.0, now_s - self._last_s)
            self._last_s = now_s
        return self._joules

    def share(self, pids: Collection[int]) -> float | None:  # noqa: ARG002
        """A model knows nothing of processes."""
        return None

    def close(self) -> None:
        """Nothing to close."""


class MemoryModel:
    """The memory as a constant power for each GB installed."""

    def __init__(self, ram_gb: float) -> None:
        told = (("w_per_gb", f"{RAM_W_PER_GB:g}"), ("gb", f"{ram_gb:.2f}"))
        self.meter = Meter("ram-model", "modelled", "ram", "size*w_per_gb", told)
        self._power_w = RAM_W_PER_GB * ram_gb
        self._first_s: float | None = None

    def read(self, now_s: float) -> float:
        """Joules since the first call."""
        if self._first_s is None:
            self._first_s = now_s
        return self._power_w * (now_s - self._first_s)

    def share(self, pids: Collection[int]) -> float | None:  # noqa: ARG002
        """A model knows nothing of processes."""
        return None

    def close(self) -> None:
        """Nothing to close."""
