# ruff: noqa: N802, N816, ARG001 - the names and signatures are NVML's
"""Stands in for NVIDIA's library where there is no GPU: two GPUs whose power follows the clock, told in mW.

Copied as ``pynvml.py`` to the front of PYTHONPATH, it lets trackers that read NVML through Python run their own code.
"""

import time

NVML_CLOCK_SM = NVML_CLOCK_MEM = NVML_CLOCK_GRAPHICS = 0
POWERS_MW = (200_000, 100_000)


class NVMLError(Exception):
    """What NVML raises."""


NVMLError_Uninitialized = NVMLError


class Memory:
    """Memory of one GPU in bytes."""

    total, used = 80 << 30, 8 << 30


class Rates:
    """Utilisation of one GPU in per cent."""

    gpu, memory = 50, 10


def nvmlInit():
    """Do nothing."""


nvmlShutdown = nvmlInit


def nvmlDeviceGetCount():
    """Two GPUs."""
    return len(POWERS_MW)


def nvmlDeviceGetHandleByIndex(index):
    """A handle is the index."""
    return index


def nvmlDeviceGetPowerUsage(handle):
    """Power in mW: a tenth more every second second."""
    return int(POWERS_MW[handle] * (1.1 if int(time.time()) % 2 else 1.0))


def nvmlDeviceGetEnforcedPowerLimit(handle):
    """The limit in mW."""
    return 2 * POWERS_MW[handle]


nvmlDeviceGetPowerManagementDefaultLimit = nvmlDeviceGetEnforcedPowerLimit


def nvmlDeviceGetMemoryInfo(handle):
    """Memory."""
    return Memory()


def nvmlDeviceGetUtilizationRates(handle):
    """Utilisation."""
    return Rates()


def nvmlDeviceGetClockInfo(handle, kind):
    """Clock in MHz; 0 where it cannot be read."""
    return 0


def nvmlDeviceGetUUID(handle):
    """A name that tells the GPUs apart."""
    return f"GPU-{handle}"


def nvmlDeviceGetName(handle):
    """A model that does not exist."""
    return "Stand-in GPU"


def nvmlSystemGetCudaDriverVersion():
    """A version."""
    return 0


def nvmlSystemGetDriverVersion():
    """A version."""
    return "0"
