"""The sampler's meters against made-up machines, and the log that comes of them."""

from __future__ import annotations

import math
import os
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from reporter import importers, sampler
from reporter.errors import ReportError
from reporter.powerlog import Meter
from reporter.sampler import machine, nvml, rapl
from reporter.sampler.counting import Counter, Gauge
from reporter.sampler.meters import Meters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RANGE_UJ = 262_143_328_850


def zone(root: Path, place: str, name: str, energy_uj: int, range_uj: int | None = RANGE_UJ) -> Path:
    folder = root / place
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    if range_uj is not None:
        (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    """Two packages, one with memory, as sysfs shows them; intel-rapl-mmio repeats one."""
    root = tmp_path / "powercap"
    zone(root, "intel-rapl:0", "package-0", 1_000_000)
    zone(root, "intel-rapl:0:0", "core", 1_000_000)
    zone(root, "intel-rapl:0:1", "dram", 5_000_000)
    zone(root, "intel-rapl:1", "package-1", 0)
    zone(root, "intel-rapl:2", "psys", 0)
    zone(root, "intel-rapl-mmio:0", "package-0", 1_000_000)
    (root / "intel-rapl").mkdir()
    return root


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with 8 processors on one socket and 16 GiB."""
    folder = tmp_path / "proc"
    folder.mkdir()
    cpus = (f"processor\t: {n}\nmodel name\t: AMD EPYC 7742\nphysical id\t: 0\n" for n in range(8))
    (folder / "cpuinfo").write_text("\n".join(cpus))
    (folder / "meminfo").write_text("MemTotal: 16777216 kB\nMemFree: 100 kB\nMemAvailable: 8388608 kB\n")
    (folder / "stat").write_text("cpu  100 0 0 900 0 0 0 0 0 0\n")
    return folder


class FakeNvml:
    """NVML with two GPUs; ``counter`` says whether they have an energy counter."""

    def __init__(self, counter: bool = True) -> None:
        self.counter, self.millijoules, self.milliwatts, self.shut = counter, [5000, 7000], 300_000, False

    nvmlInit = staticmethod(int)  # noqa: N815

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.shut = True

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, handle: int) -> bytes | str:  # noqa: N802
        return b"NVIDIA H100" if handle else "NVIDIA H100"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:  # noqa: N802
        if not self.counter:
            raise RuntimeError("not supported")
        return self.millijoules[handle]

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: ARG002, N802
        return self.milliwatts

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=40 + 20 * handle)


class NoGpu:
    """NVML on a machine without its driver."""

    def nvmlInit(self) -> None:  # noqa: N802
        raise RuntimeError("no driver")


def no_meters(proc: Path, **more: Any) -> Meters:
    return Meters(**{"powercap": "/nowhere", "proc": str(proc), "nvml_module": NoGpu(), **more})


def quiet(_: str) -> None:
    """Say nothing."""


def names(meters: Meters) -> list[tuple[str, str, str]]:
    return [(meter.name, meter.kind, meter.part) for meter in meters.declared]


def test_rapl_takes_packages_memory_and_platform_once_each(powercap: Path) -> None:
    meters, notes = rapl.find(str(powercap))
    assert [(one.meter.name, one.meter.part) for one in meters] == [
        ("cpu-package-0", "cpu"),
        ("ram-dram-package-0", "ram"),
        ("cpu-package-1", "cpu"),
        ("machine-psys", "machine"),
    ]
    assert not notes


def test_rapl_goes_on_over_the_end_of_its_counter(tmp_path: Path) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", RANGE_UJ - 20_000_000)
    (meter,), _ = rapl.find(str(tmp_path))
    assert meter.read(100.0) == 0
    (folder / "energy_uj").write_text("30000000")
    assert meter.read(101.0) == pytest.approx(50.0)
    (folder / "energy_uj").write_text("90000000")
    assert meter.read(102.0) == pytest.approx(110.0)


@pytest.mark.parametrize("range_uj", [None, RANGE_UJ])
def test_rapl_does_not_take_a_reset_for_a_wrap(tmp_path: Path, range_uj: int | None) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", 9_000_000_000, range_uj)
    (meter,), _ = rapl.find(str(tmp_path))
    meter.read(100.0)
    (folder / "energy_uj").write_text("4000000")  # as a wrap: 253 kJ in a second
    assert meter.read(101.0) == 0
    (folder / "energy_uj").write_text("64000000")
    assert meter.read(102.0) == pytest.approx(60.0)


def test_permission_denied_is_told_with_its_remedy_and_the_part_is_modelled(
    powercap: Path, proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.open

    def denied(path: str, *rest: Any, **more: Any) -> int:
        if str(path).endswith("energy_uj"):
            raise PermissionError(13, "Permission denied", path)
        return really(path, *rest, **more)

    monkeypatch.setattr(os, "open", denied)
    meters = no_meters(proc, powercap=str(powercap))
    (note,) = meters.notes
    assert "sudo chmod a+r" in note
    assert f"{powercap}/intel-rapl:0/energy_uj" in note
    assert names(meters) == [("cpu-model", "modelled", "cpu"), ("ram-model", "modelled", "ram")]


def test_models_stand_in_only_for_parts_without_a_counter(powercap: Path, proc: Path) -> None:
    assert "modelled" not in {kind for _, kind, _ in names(no_meters(proc, powercap=str(powercap)))}
    for place in ("intel-rapl:0:1", "intel-rapl:2"):
        (powercap / place / "name").write_text("uncore")
    found = names(no_meters(proc, powercap=str(powercap)))
    assert [name for name, kind, _ in found if kind == "modelled"] == ["ram-model"]


def test_nvml_counts_from_the_first_reading_in_joules() -> None:
    fake = FakeNvml()
    gpus = nvml.Gpus(fake)
    assert gpus.names == ["NVIDIA H100", "NVIDIA H100"]
    assert [one.meter.kind for one in gpus.meters] == ["counter", "counter"]
    assert gpus.percent() == 50
    assert [one.read(0.0) for one in gpus.meters] == [0, 0]
    fake.millijoules = [6500, 7250]
    assert [one.read(1.0) for one in gpus.meters] == [1.5, 0.25]
    fake.millijoules = [100, 8000]  # the driver was loaded anew
    assert [one.read(2.0) for one in gpus.meters] == [1.5, 1.0]
    gpus.close()
    assert fake.shut


def test_nvml_without_a_counter_integrates_power() -> None:
    fake = FakeNvml(counter=False)
    (meter, _) = nvml.Gpus(fake).meters
    assert meter.meter.kind == "power"
    assert meter.read(10.0) == 0
    fake.milliwatts = 500_000
    assert meter.read(12.0) == pytest.approx(800.0)  # mean of 300 and 500 W for 2 s


def test_a_gpu_that_tells_nothing_is_said_not_to_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeNvml(counter=False)
    monkeypatch.delattr(FakeNvml, "nvmlDeviceGetPowerUsage")
    gpus = nvml.Gpus(fake)
    assert not gpus.meters
    assert len(gpus.notes) == 2
    assert "NOT counted" in gpus.notes[0]


def test_an_nvidia_gpu_without_the_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert "carbon-report[gpu]" in nvml.Gpus(None, str(tmp_path)).notes[0]
    assert not nvml.Gpus(None, str(tmp_path / "none")).notes


def test_load_is_the_share_since_the_last_look_without_steal(proc: Path) -> None:
    load = machine.Load(str(proc))
    share, other = load.share(), load.share()
    assert share() is None
    (proc / "stat").write_text("cpu  160 0 0 920 0 0 0 20 0 0\n")
    load.look()
    assert share() == pytest.approx(0.6)
    assert share() is None
    assert other() == pytest.approx(0.6)


def test_the_machine_is_looked_at(proc: Path) -> None:
    seen = machine.look(str(proc))
    assert (seen.cpu_model, seen.cpu_count, seen.sockets) == ("AMD EPYC 7742", 8, 1)
    assert seen.ram_gb == pytest.approx(17.179869184)
    assert machine.Memory(str(proc)).used() == pytest.approx(8.589934592e9)


def test_virtual_processors_that_pose_as_sockets_are_not_each_given_a_tdp(proc: Path) -> None:
    (proc / "cpuinfo").write_text("".join(f"processor: {n}\nphysical id: {n}\n" for n in range(16)))
    assert machine.look(str(proc)).sockets == 1
    (proc / "cpuinfo").write_text("".join(f"processor: {n}\nphysical id: {n % 2}\n" for n in range(128)))
    assert machine.look(str(proc)).sockets == 2


def driven(meters: Meters, steps: int, step_s: float, before: Callable[[int], None]) -> list[float | None]:
    for step in range(steps + 1):
        before(step)
        joules, failed = meters.read(step * step_s)
        assert not failed
    return joules


def test_half_as_many_samples_of_a_constant_load_tell_the_same_energy(tmp_path: Path, proc: Path) -> None:
    """65 W for ten minutes, over two wraps of a small counter, sampled every 1, 2 and 60 s."""
    range_uj = 20_000_000_000
    energies = []
    for step_s in (1.0, 2.0, 60.0):
        root = tmp_path / f"every-{step_s:g}"
        folder = zone(root, "intel-rapl:0", "package-0", 0, range_uj)

        def drawn(step: int, folder: Path = folder, step_s: float = step_s) -> None:
            (folder / "energy_uj").write_text(str(int(65e6 * step * step_s) % range_uj))

        meters = no_meters(proc, powercap=str(root))
        energies.append(driven(meters, int(600 / step_s), step_s, drawn))
        meters.close()
    for cpu_j, ram_j in energies:
        assert cpu_j == pytest.approx(65.0 * 600)
        assert ram_j == pytest.approx(0.3725 * 17.179869184 * 600)


def test_a_log_written_by_the_sampler_is_read_back(tmp_path: Path, powercap: Path, proc: Path) -> None:
    path = tmp_path / "run.csv"
    meters = Meters(powercap=str(powercap), proc=str(proc), nvml_module=FakeNvml())
    with sampler.Sampler(path, 0.02, command="train", tell=quiet, meters=meters):
        for place, energy_uj in (("0", 31_000_000), ("0:1", 8_000_000), ("1", 12_000_000), ("2", 60_000_000)):
            (powercap / f"intel-rapl:{place}" / "energy_uj").write_text(str(energy_uj))
        meters.gpus._nvml.millijoules = [105_000, 57_000]
        time.sleep(0.1)
    (run,) = importers.read([str(path)]).runs
    assert run.cpu_energy_kwh == pytest.approx(42 / 3.6e6)
    assert run.ram_energy_kwh == pytest.approx(3 / 3.6e6)
    assert run.gpu_energy_kwh == pytest.approx(150 / 3.6e6)
    assert run.energy_kwh == pytest.approx(210 / 3.6e6)  # platform and GPUs
    assert (run.basis, run.gpu_model, run.gpu_count) == ("measured", "NVIDIA H100", 2)
    assert run.duration_s == pytest.approx(0.1, abs=0.08)
    assert run.labels == {"command": "train"}
    assert run.started_at is not None
    assert run.started_at.tzinfo is not None


def test_a_meter_that_fails_does_not_stop_the_others_and_is_told(tmp_path: Path, powercap: Path, proc: Path) -> None:
    meters = no_meters(proc, powercap=str(powercap))
    told: list[str] = []
    with sampler.Sampler(tmp_path / "run.csv", 0.02, tell=told.append, meters=meters):
        (powercap / "intel-rapl:0" / "energy_uj").write_text("no number")
        (powercap / "intel-rapl:1" / "energy_uj").write_text("9000000")
        time.sleep(0.1)
    assert len(told) == 1
    assert "cpu-package-0 could not be read" in told[0]
    assert "times)" in told[0]
    (run,) = importers.read([str(tmp_path / "run.csv")]).runs
    assert run.cpu_energy_kwh == pytest.approx(9 / 3.6e6)


def test_a_zone_that_goes_and_comes_back_is_counted_on_and_told(tmp_path: Path, powercap: Path, proc: Path) -> None:
    """Hot-plug: a package goes off-line with its files, and comes back with a counter that went on."""
    (meter, *_), _ = rapl.find(str(powercap))
    folder, away = powercap / "intel-rapl:0", tmp_path / "away"
    assert meter.read(0.0) == 0
    (folder / "energy_uj").write_text("3000000")
    assert meter.read(1.0) == pytest.approx(2.0)
    folder.rename(away)
    meter._counter_j.__self__.close()  # type: ignore[attr-defined]  # as the kernel does, whose open file tells ENODEV
    with pytest.raises(OSError, match="energy_uj"):
        meter.read(2.0)
    away.rename(folder)
    (folder / "energy_uj").write_text("9000000")
    assert meter.read(3.0) == pytest.approx(8.0)


def test_a_counter_whose_open_file_tells_that_the_device_is_gone_is_opened_anew(
    powercap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (meter, *_), _ = rapl.find(str(powercap))
    really, gone = os.pread, [True]

    def once_gone(file: int, size: int, place: int) -> bytes:
        if gone.pop() if gone else False:
            raise OSError(19, "No such device")
        return really(file, size, place)

    monkeypatch.setattr(os, "pread", once_gone)
    assert meter.read(0.0) == 0
    assert not gone


@pytest.mark.parametrize("missing", ["energy_uj", "max_energy_range_uj", "name"])
def test_a_powercap_tree_with_files_missing_gives_what_there_is(powercap: Path, missing: str) -> None:
    (powercap / "intel-rapl:1" / missing).unlink()
    meters, notes = rapl.find(str(powercap))
    there = [one.meter.name for one in meters]
    assert ("cpu-package-1" in there) == (missing == "max_energy_range_uj")
    assert any("energy_uj cannot be read" in note for note in notes) == (missing == "energy_uj")
    assert {"cpu-package-0", "ram-dram-package-0", "machine-psys"} <= set(there)


def test_amd_processors_have_zones_of_intels_name(tmp_path: Path) -> None:
    """Linux names the zones of AMD's counters intel-rapl too; they have no dram, and their end is 2^32 units."""
    zone(tmp_path, "intel-rapl:0", "package-0", 65_532_610_987 - 1, 65_532_610_987)
    zone(tmp_path, "intel-rapl:0:0", "core", 0)
    (meter,), notes = rapl.find(str(tmp_path))
    assert (meter.meter.name, notes) == ("cpu-package-0", [])


def followed(
    energy: Callable[[float], float], power: Callable[[float], float], end_s: float, step_s: float
) -> tuple[float, float]:
    """What a counter of this energy and a gauge of this power tell at the end, read at every step."""
    clock = [0.0]
    counter = Counter(Meter("gpu-0", "counter", "gpu", "test"), lambda: energy(clock[0]))
    gauge = Gauge(Meter("gpu-1", "power", "gpu", "test"), lambda: power(clock[0]))
    told: tuple[float, float | None] = 0.0, None
    for place in range(round(end_s / step_s) + 1):
        clock[0] = place * step_s
        told = counter.read(clock[0]), gauge.read(clock[0])
    assert told[1] is not None
    return told[0], told[1]


def test_the_sum_of_counters_agrees_with_trapezoids_of_power_within_the_sampling_error() -> None:
    """Synthetic loads of known energy: a counter is exact at any rate, power x time errs as its rule says it may."""
    loads: dict[str, tuple[Callable[[float], float], Callable[[float], float], float]] = {
        # power in W, its integral in J, bound of the second derivative or of a jump
        "constant": (lambda _: 200.0, lambda t: 200.0 * t, 0.0),
        "ramp": (lambda t: 50 + 2 * t, lambda t: 50 * t + t * t, 0.0),
        "sine": (
            lambda t: 200 + 100 * math.sin(t / 5), lambda t: 200 * t + 500 * (1 - math.cos(t / 5)), 100 / 25,
        ),
    }  # fmt: skip
    end_s = 120.0
    for power, energy, bend in loads.values():
        for step_s in (0.5, 1.0, 2.0):
            counted, integrated = followed(energy, power, end_s, step_s)
            assert counted == pytest.approx(energy(end_s), rel=1e-12)
            assert abs(integrated - counted) <= bend * end_s * step_s**2 / 12 + 1e-6  # the trapezoidal rule's error


def test_a_step_of_power_is_wrong_by_half_a_step_at_most() -> None:
    for step_s in (0.5, 1.0, 4.0):
        _, integrated = followed(lambda t: t, lambda t: 400.0 if t >= 33.3 else 0.0, 100, step_s)
        assert abs(integrated - 400.0 * 66.7) <= 400.0 * step_s / 2 + 1e-9


def test_meters_can_be_chosen_by_source_part_and_name(powercap: Path, proc: Path) -> None:
    def chosen(*words: str) -> list[str]:
        meters = Meters(powercap=str(powercap), proc=str(proc), nvml_module=FakeNvml(), wanted=words)
        return [name for name, _, _ in names(meters)]

    assert chosen("nvml") == ["gpu-0", "gpu-1"]
    assert chosen("cpu", "gpu-1") == ["cpu-package-0", "cpu-package-1", "gpu-1"]
    assert len(chosen("all")) == len(chosen()) == 6
    with pytest.raises(ReportError, match="amdsmi: this machine has none; there are cpu-package-0"):
        chosen("nvml", "amdsmi")


def test_the_real_counters_of_this_machine_are_read_where_there_are_any(
    capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    """Exercises what this machine has (RAPL, NVML, others), and says which that was."""
    meters = Meters()
    began = time.monotonic()
    meters.read(began)
    time.sleep(0.3)
    now = time.monotonic()
    joules, failed = meters.read(now)
    ran = []
    for meter, joule in zip(meters.declared, joules, strict=True):
        assert joule is not None, failed
        assert 0 <= joule / (now - began) < 5000, f"{meter.name} tells {joule / (now - began)} W"
        ran.append(f"{meter.name} ({meter.source}): {joule / (now - began):.1f} W")
    meters.close()
    real = [one for one in meters.declared if one.kind != "modelled"]
    record_property("meters", ran)
    with capsys.disabled():
        print(f" [{'; '.join(ran)}; {len(real)} of them real]", end="")
    assert meters.declared


def test_without_proc_and_psutil_the_processors_are_said_not_to_be_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    meters = no_meters(tmp_path / "none")
    assert [note for note in meters.notes if "processors' energy is NOT counted" in note]
    assert not meters.declared
