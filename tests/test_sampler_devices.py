"""Meters that few machines have, against made-up ones: NVML's branches, AMD, Macs, sensors, batteries, controllers."""
# ruff: noqa: ARG002, N802 - made-up drivers take what real ones take, under their names
from __future__ import annotations

import os
import stat
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from reporter.powerlog import Meter
from reporter.sampler import amd, apple, battery, hwmon, ipmi, nvml
from reporter.sampler.meters import Meters

if TYPE_CHECKING:
    from pathlib import Path

HOST, CONTAINER = "pid:[4026531836]", "pid:[4026532201]"


class Nvml:
    """NVML with one GPU, of which each call may be made to fail: names in ``broken`` raise."""

    def __init__(self, *broken: str, mig: bool = False, count: int = 1) -> None:
        self.broken, self.mig, self.count = set(broken), mig, count
        self.samples: list[tuple[int, int, int]] = []  # pid, timestamp in us, percent
        self.running: list[tuple[int, int | None]] = []  # pid, memory
        self.instances: dict[int, tuple[int, list[int]]] = {}  # place: slices, pids

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            raise AttributeError(name)

        def call(*arguments: Any) -> Any:
            if name in self.broken:
                raise RuntimeError(f"{name} is not supported")
            return getattr(self, "_" + name.removeprefix("nvml"))(*arguments)

        return call

    _Init = _Shutdown = staticmethod(int)

    def _DeviceGetCount(self) -> int:
        return self.count

    def _DeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def _DeviceGetName(self, handle: int) -> str:
        return "NVIDIA A100"

    def _DeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        return 1000

    def _DeviceGetPowerUsage(self, handle: int) -> int:
        return 250_000

    def _DeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:
        return SimpleNamespace(gpu=50)

    def _DeviceGetMigMode(self, handle: int) -> list[int]:
        return [int(self.mig), 1]

    def _DeviceGetProcessUtilization(self, handle: int, since: int) -> list[SimpleNamespace]:
        new = [one for one in self.samples if one[1] > since]
        if not new:
            raise RuntimeError("Not Found")
        return [SimpleNamespace(pid=pid, timeStamp=at, smUtil=percent) for pid, at, percent in new]

    def _DeviceGetComputeRunningProcesses(self, handle: Any) -> list[SimpleNamespace]:
        if isinstance(handle, tuple):
            return [SimpleNamespace(pid=pid, usedGpuMemory=1) for pid in self.instances[handle[1]][1]]
        return [SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in self.running]

    def _DeviceGetMaxMigDeviceCount(self, handle: int) -> int:
        return 7

    def _DeviceGetMigDeviceHandleByIndex(self, handle: int, place: int) -> tuple[str, int]:
        if place not in self.instances:
            raise RuntimeError("Not Found")
        return "mig", place

    def _DeviceGetAttributes(self, handle: tuple[str, int]) -> SimpleNamespace:
        return SimpleNamespace(gpuInstanceSliceCount=self.instances[handle[1]][0])


def use(fake: Nvml, folder: Path, space: str = HOST) -> nvml.Use:
    link = folder / "pid"
    link.unlink(missing_ok=True)
    link.symlink_to(space)
    return nvml.Use(fake, 0, str(link))


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetCount"])
def test_nvml_that_cannot_start_gives_no_meters_and_no_trouble(broken: str) -> None:
    gpus = nvml.Gpus(Nvml(broken))
    assert (gpus.meters, gpus.notes, gpus.percent()) == ([], [], None)
    gpus.close()


@pytest.mark.parametrize("broken", ["nvmlDeviceGetHandleByIndex", "nvmlDeviceGetName"])
def test_a_gpu_that_cannot_be_asked_is_told_and_the_rest_goes_on(broken: str) -> None:
    gpus = nvml.Gpus(Nvml(broken, count=2))
    assert (len(gpus.meters), len(gpus.notes)) == (0, 2)
    gpus.close()


def test_nvml_falls_back_to_power_and_then_says_that_nothing_is_counted() -> None:
    (meter,) = nvml.Gpus(Nvml("nvmlDeviceGetTotalEnergyConsumption")).meters
    assert (meter.meter.kind, meter.meter.source) == ("power", "nvml-power*time")
    gpus = nvml.Gpus(Nvml("nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetPowerUsage"))
    assert "NOT counted" in gpus.notes[0]


def test_a_gpu_that_tells_no_use_or_fails_to_shut_down_is_no_trouble() -> None:
    gpus = nvml.Gpus(Nvml("nvmlDeviceGetUtilizationRates", "nvmlShutdown"))
    assert gpus.percent() is None
    gpus.close()


def test_the_jobs_share_of_a_gpu_is_its_share_of_the_time_in_use(tmp_path: Path) -> None:
    fake = Nvml()
    one = use(fake, tmp_path)
    fake.samples = [(10, 100, 30), (11, 100, 10), (99, 100, 10), (10, 200, 30)]
    assert one.share({10, 11}) == pytest.approx(70 / 80)
    assert one.share({10, 11}) is None  # nothing new, nobody holds memory
    fake.samples.append((99, 300, 50))
    assert one.share({10, 11}) == 0


def test_without_times_the_share_is_that_of_the_gpus_memory(tmp_path: Path) -> None:
    fake = Nvml("nvmlDeviceGetProcessUtilization")
    one = use(fake, tmp_path)
    fake.running = [(10, 6_000), (99, 2_000)]
    assert one.share({10}) == pytest.approx(0.75)
    fake.running = [(10, None), (99, 2_000)]  # Windows does not tell the memory
    assert one.share({10}) == pytest.approx(0.5)
    fake.broken.add("nvmlDeviceGetComputeRunningProcesses")
    assert one.share({10}) is None


def test_in_a_container_unknown_process_numbers_are_not_taken_for_strangers(tmp_path: Path) -> None:
    fake = Nvml()
    fake.running = [(4711, 1_000)]
    assert use(fake, tmp_path, CONTAINER).share({10}) is None
    assert use(fake, tmp_path, HOST).share({10}) == 0
    assert use(fake, tmp_path, CONTAINER).share({4711}) == 1
    assert not nvml.Use(fake, 0, str(tmp_path / "none"))._contained


def test_a_split_gpu_is_shared_by_the_slices_in_use_and_is_told(tmp_path: Path) -> None:
    fake = Nvml(mig=True)
    fake.instances = {0: (3, [10]), 1: (2, [99]), 4: (1, [])}
    assert use(fake, tmp_path).share({10}) == pytest.approx(3 / 5)
    fake.broken.add("nvmlDeviceGetMaxMigDeviceCount")
    assert use(fake, tmp_path).share({10}) is None
    gpus = nvml.Gpus(Nvml(mig=True))
    assert ("mig", "on") in gpus.meters[0].meter.told
    assert "MIG" in gpus.notes[0]
    assert not use(Nvml("nvmlDeviceGetMigMode"), tmp_path).mig


class Amdsmi:
    """amdsmi with one GPU."""

    def __init__(self, ticks: int = 1000, **power: Any) -> None:
        self.ticks, self.power = ticks, power
        self.processes: list[dict[str, Any]] = []

    amdsmi_init = amdsmi_shut_down = staticmethod(int)

    def amdsmi_get_processor_handles(self) -> list[str]:
        return ["gpu"]

    def amdsmi_get_gpu_asic_info(self, handle: str) -> dict[str, str]:
        return {"market_name": "AMD Instinct MI210"}

    def amdsmi_get_energy_count(self, handle: str) -> dict[str, float]:
        return {"energy_accumulator": self.ticks, "counter_resolution": 15.3, "timestamp": 0}

    def amdsmi_get_power_info(self, handle: str) -> dict[str, Any]:
        return self.power

    def amdsmi_get_gpu_activity(self, handle: str) -> dict[str, Any]:
        return {"gfx_activity": 80}

    def amdsmi_get_gpu_process_list(self, handle: str) -> list[dict[str, Any]]:
        return self.processes


def test_an_amd_gpu_counts_ticks_of_its_resolution() -> None:
    fake = Amdsmi()
    gpus = amd.Gpus(fake)
    (meter,) = gpus.meters
    assert (gpus.names, meter.meter.kind, gpus.percent()) == (["AMD Instinct MI210"], "counter", 80)
    assert meter.read(0.0) == 0
    fake.ticks += 2_000_000
    assert meter.read(1.0) == pytest.approx(30.6)
    gpus.close()


def test_an_amd_gpu_whose_counter_stands_at_0_is_integrated_or_told() -> None:
    (meter,) = amd.Gpus(Amdsmi(0, current_socket_power="N/A", average_socket_power=150)).meters
    assert meter.meter.kind == "power"
    meter.read(0.0)
    assert meter.read(2.0) == pytest.approx(300)
    assert "NOT counted" in amd.Gpus(Amdsmi(0, current_socket_power="N/A")).notes[0]


def test_an_amd_gpu_is_shared_by_engine_time_else_by_memory() -> None:
    fake = Amdsmi()
    (meter,) = amd.Gpus(fake).meters

    def process(pid: int, gfx: int, memory: int) -> dict[str, Any]:
        return {"pid": pid, "mem": memory, "engine_usage": {"gfx": gfx, "enc": 0}}

    fake.processes = [process(10, 0, 100), process(99, 0, 300)]
    assert meter.share({10}) == pytest.approx(0.25)
    fake.processes = [process(10, 900, 100), process(99, 100, 300)]
    assert meter.share({10}) == pytest.approx(0.9)
    fake.processes = []
    assert meter.share({10}) is None
    fake.processes = [{"pid": 10}]  # an old version's form
    assert meter.share({10}) is None


def test_amdsmi_is_asked_for_only_where_its_driver_is_and_told_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "amdsmi", None)
    assert not amd.Gpus(None, str(tmp_path / "none")).notes
    assert "cannot be loaded" in amd.Gpus(None, str(tmp_path)).notes[0]
    broken = Amdsmi()
    broken.amdsmi_get_processor_handles = None  # type: ignore[assignment, method-assign]
    assert "finds no AMD GPU" in amd.Gpus(broken).notes[0]


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


POWERMETRICS = """Machine model: Mac14,3
*** Sampled system activity (Sat Mar  1 10:00:01 2026 +0100) (1000.00ms elapsed) ***
CPU Power: 4000 mW
GPU Power: 1500 mW
ANE Power: 500 mW
Combined Power (CPU + GPU + ANE): 6000 mW
*** Sampled system activity (Sat Mar  1 10:00:03 2026 +0100) (2000.00ms elapsed) ***
CPU Power: 1000 mW
GPU Power: 0 mW
ANE Power: 0 mW
"""


def test_powermetrics_text_is_added_up_as_power_of_each_interval(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(POWERMETRICS)
    stream = apple.Stream([str(program(tmp_path / "powermetrics", f"cat {tmp_path}/text; sleep 30"))])
    deadline = time.monotonic() + 10
    while not stream.joules and time.monotonic() < deadline:
        time.sleep(0.01)
        stream.look()
    assert stream.joules == {"cpu": pytest.approx(4.0), "gpu": pytest.approx(1.5), "ane": pytest.approx(0.5)}
    stream.close()


def test_the_last_interval_counts_when_powermetrics_ends_and_intel_macs_tell_a_package(tmp_path: Path) -> None:
    text = POWERMETRICS + "Intel energy model derived package power (CPUs+GT+SA): 3.50W\n"
    (tmp_path / "text").write_text(text)
    stream = apple.Stream([str(program(tmp_path / "powermetrics", f"cat {tmp_path}/text"))])
    meter = apple.AppleMeter(Meter("cpu-apple", "power", "cpu", "powermetrics"), stream, ("cpu",), looks=True)
    stream._child.wait()
    with pytest.raises(OSError, match="has ended"):
        meter.read(0.0)
    assert stream.joules["cpu"] == pytest.approx(4.0 + 2 * 3.5)
    meter.close()


def test_powermetrics_is_for_macs_and_its_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = program(tmp_path / "powermetrics", "exec sleep 5")
    assert apple.find(1.0, str(tool), platform="linux") == ([], [])
    assert apple.find(1.0, str(tmp_path / "none"), platform="darwin") == ([], [])
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program(tmp_path / "sudo", "exit 1")
    assert apple.find(1.0, str(tool), platform="darwin") == ([], [apple.REMEDY])
    program(tmp_path / "sudo", 'case "$*" in *-l*) exit 0;; esac; shift; exec "$@"')
    (cpu, gpu), notes = apple.find(1.0, str(tool), platform="darwin")
    assert (cpu.meter.part, gpu.meter.part, notes, cpu.share({1})) == ("cpu", "gpu", [], None)
    assert (cpu.read(0.0), gpu.read(0.0)) == (0, 0)
    gpu.close()
    cpu.close()


def sensor(root: Path, place: str, driver: str, **files: object) -> Path:
    folder = root / place
    folder.mkdir(parents=True)
    (folder / "name").write_text(driver)
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n")
    return folder


def test_sensors_of_the_kernel_are_taken_by_driver_and_channel(tmp_path: Path) -> None:
    sensor(tmp_path, "hwmon0", "coretemp", temp1_input=40000)
    sensor(tmp_path, "hwmon1", "power_meter", power1_average=180_000_000, power1_input=1)
    sensor(tmp_path, "hwmon2", "amd_energy", energy1_input=5_000_000, energy1_label="Ecore000",
           energy17_input=9_000_000, energy17_label="Esocket0")  # fmt: skip
    gpu = sensor(tmp_path, "hwmon3", "xe", energy1_input=1_000_000, energy1_label="card", energy2_input=7,
                 energy2_label="pkg")  # fmt: skip
    meters, notes = hwmon.find(str(tmp_path))
    assert [(one.meter.part, one.meter.kind) for one in meters] == [
        ("supply", "power"), ("cpu", "counter"), ("gpu", "counter"),
    ]  # fmt: skip
    assert not notes
    for one in meters:
        one.read(0.0)
    (gpu / "energy1_input").write_text("31000000")
    assert [one.read(1.0) for one in meters] == [pytest.approx(180), 0, pytest.approx(30)]
    assert [one.meter.part for one in hwmon.find(str(tmp_path), ("gpu",))[0]] == ["gpu"]
    (gpu / "energy1_input").write_text("nothing")
    assert "cannot be read" in hwmon.find(str(tmp_path), ("gpu",))[1][0]


def test_a_battery_counts_while_it_alone_feeds_the_machine(tmp_path: Path) -> None:
    folder = sensor(tmp_path, "BAT0", "-", type="Battery", status="Discharging", power_now=12_000_000)
    sensor(tmp_path, "AC", "-", type="Mains", online=0)
    sensor(tmp_path, "mouse", "-", type="Battery", scope="Device", status="Discharging", power_now=1)
    (meter,), notes = battery.find(str(tmp_path))
    assert (meter.meter.name, meter.meter.part, notes) == ("supply-bat0", "supply", [])
    meter.read(0.0)
    assert meter.read(10.0) == pytest.approx(120)
    (folder / "status").write_text("Charging")
    assert meter.read(20.0) is None
    (folder / "status").write_text("Discharging")
    assert meter.read(30.0) is None  # what was drawn meanwhile is not known
    meter.close()


def test_a_battery_of_current_and_voltage_one_that_is_charged_and_one_that_tells_nothing(tmp_path: Path) -> None:
    folder = sensor(tmp_path, "BAT1", "-", type="Battery", status="Discharging", current_now=-2_000_000,
                    voltage_now=11_000_000)  # fmt: skip
    (meter,), _ = battery.find(str(tmp_path))
    meter.read(0.0)
    assert meter.read(1.0) == pytest.approx(22)
    (folder / "voltage_now").unlink()
    assert "tells no power" in battery.find(str(tmp_path))[1][0]
    (folder / "status").write_text("Full")
    assert "without its charger" in battery.find(str(tmp_path))[1][0]


def test_a_controller_is_asked_in_the_background_and_only_if_wanted(tmp_path: Path) -> None:
    tool = program(tmp_path / "ipmitool", f"cat {tmp_path}/answer")
    (tmp_path / "answer").write_text("    Instantaneous power reading:                   220 Watts\n")
    device, command = str(tmp_path / "answer"), [str(tool)]
    assert ipmi.find(asked=True, device=str(tmp_path / "none")) == ([], [])
    assert "--meters all,ipmi" in ipmi.find(asked=False, device=device, command=command)[1][0]
    assert "ipmitool" in ipmi.find(asked=True, device=device, command=["no-such-ipmitool"])[1][0]
    controller = ipmi.Controller(command, every_s=0.0)
    assert controller.power_w() == 220
    (tmp_path / "answer").write_text("Instantaneous power reading: 300 Watts\n")
    deadline = time.monotonic() + 10
    while controller.power_w() != 300 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert controller.power_w() == 300
    controller.close()
    (tmp_path / "answer").write_text("DCMI request failed\n")
    assert "tells no power" in ipmi.find(asked=True, device=device, command=command)[1][0]


def test_one_way_to_the_whole_machine_is_taken_the_best_one(tmp_path: Path) -> None:
    sensor(tmp_path / "hwmon", "hwmon1", "power_meter", power1_average=180_000_000)
    sensor(tmp_path / "supply", "BAT0", "-", type="Battery", status="Discharging", power_now=12_000_000)

    def supplies(sensors: str) -> list[str]:
        meters = Meters(powercap="/nowhere", nvml_module=Nvml("nvmlInit"), sensors=sensors,
                        batteries=str(tmp_path / "supply"))  # fmt: skip
        return [one.source for one in meters.declared if one.part == "supply"]

    assert supplies(str(tmp_path / "hwmon")) == ["hwmon-power*time"]
    assert supplies("/nowhere") == ["battery"]
