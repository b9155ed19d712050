"""Writes one sample of experiment-impact-tracker logs by running it: make_eit.py CASE FOLDER, in its own Python.

The tracker itself runs: its monitor process, its sampling, its credit to the process, its files. Three things that it
asks of the machine are answered here instead: where it is (it would look up the address on the internet), the RAPL
energy counters and, for the one case with a GPU, nvidia-smi. So the power readings in these samples are made up.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from pathlib import Path

import psutil
from experiment_impact_tracker.cpu import rapl
from experiment_impact_tracker.emissions import get_region_metrics
from experiment_impact_tracker.gpu import nvidia

# case: (time zone of the machine, latitude and longitude in degrees, has a GPU)
CASES = {
    "runs/run0": ("UTC", (51.0, 10.0), False),
    "runs/run1": ("UTC", (51.0, 10.0), False),
    "crashed": ("UTC", (48.5, 2.5), False),
    "pacific": ("America/Los_Angeles", (37.0, -120.0), False),
    "appendix.zip": ("UTC", (52.5, -1.5), True),
}
IDLE_W, BUSY_CORE_W, DRAM_W = 12.0, 6.5, 2.0
RUN_S = 15


def made_counter(key: str, name: str, energy_j: float) -> rapl.RAPLDomain:
    """One RAPL domain as the tracker would have read it from /sys."""
    domain = rapl.RAPLDomain()
    domain.id, domain.name = key, name
    domain.values = {"energy_uj": int(energy_j * 1e6)}
    domain.max_values = {"energy_uj": 2**38}
    domain.subdomains, domain.parent = {}, None
    return domain


def made_sample() -> rapl.RAPLSample:
    """RAPL counters of a machine that draws IDLE_W and BUSY_CORE_W for each core second that psutil counts."""
    now, times = time.monotonic(), psutil.cpu_times()
    sample = rapl.RAPLSample()
    sample.timestamp = rapl.datetime.now()
    sample.domains, sample.domains_by_id = {}, {}
    package_j = (IDLE_W + DRAM_W) * now + BUSY_CORE_W * (times.user + times.system)
    for domain in (
        made_counter("intel-rapl:0", "package-0", package_j),
        made_counter("intel-rapl:0:0", "dram", DRAM_W * now),
    ):
        sample.domains_by_id[domain.id] = domain
        sample._link_tree(domain)  # noqa: SLF001 (the tracker's own way to hang a domain in the tree)
    return sample


def made_gpu_power(pids: list[int], **_: object) -> dict[str, object]:
    """The readings that two GPUs would give: a draw of their own each, of which the process is credited nine tenths."""
    wave = math.sin(time.monotonic())
    draws_w = {0: 200 + 20 * wave, 1: 170 - 15 * wave}
    busy = {gpu: draw / 250 for gpu, draw in draws_w.items()}
    return {
        "nvidia_draw_absolute": sum(draws_w.values()),
        "nvidia_estimated_attributable_power_draw": 0.9 * sum(draws_w.values()),
        "average_gpu_estimated_utilization_absolute": sum(busy.values()) / len(busy),
        "per_gpu_average_estimated_utilization_absolute": {str((gpu, pids[0])): share for gpu, share in busy.items()},
        "average_gpu_estimated_utilization_relative": 0.9,
        "per_gpu_performance_state": dict.fromkeys(draws_w, "P0"),
        "per_gpu_power_draw": draws_w,
    }


def answer_for_the_machine(where: tuple[float, float], *, gpu: bool) -> None:
    """Put the made-up answers in place; must come before the tracker's own modules take hold of the functions."""
    get_region_metrics.get_current_location = lambda: where
    rapl._is_rapl_compatible = lambda **_: True  # noqa: SLF001 (asked before each sample)
    rapl.RAPLMonitor.sample = made_sample
    nvidia.is_nvidia_compatible = lambda **_: gpu
    nvidia.get_nvidia_gpu_power = made_gpu_power
    made_card = {"name": "made-up GPU", "total_memory": "0 MiB", "driver_version": "0", "cuda_version": "0"}
    nvidia.get_gpu_info = lambda: [dict(made_card), dict(made_card)]


def measure(folder: Path, *, crash: bool) -> None:
    """Let the tracker watch a busy loop of RUN_S seconds, then end it as its own exit hook does, or not at all."""
    from experiment_impact_tracker.compute_tracker import ImpactTracker
    from experiment_impact_tracker.data_utils import log_final_info

    tracker = ImpactTracker(str(folder))
    tracker.launch_impact_monitor()
    end = time.monotonic() + RUN_S
    while time.monotonic() < end:
        sum(n * n for n in range(20_000))
    tracker.p.terminate()
    if not crash:
        log_final_info(str(folder))


def main() -> None:
    """Make the case; a case named .zip becomes the zip of a paper's appendix, made by the tracker's own function."""
    case, samples = sys.argv[1], Path(sys.argv[2])
    zone, where, gpu = CASES[case]
    os.environ["TZ"] = zone
    time.tzset()
    answer_for_the_machine(where, gpu=gpu)
    folder = samples / (case + ".folder" if case.endswith(".zip") else case)
    folder.mkdir(parents=True)
    measure(folder, crash=case == "crashed")
    if case.endswith(".zip"):
        from experiment_impact_tracker.data_utils import zip_data_and_info

        zip_data_and_info(str(folder), str(samples / case))
        shutil.rmtree(folder)
    sys.stdout.flush()
    os._exit(0)  # the tracker's exit hook would write experiment_end a second time


if __name__ == "__main__":
    main()
