"""The job's share of a machine: its process tree, and how energy is shared by what is in use."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from reporter import importers, sampler
from reporter.powerlog import Meter
from reporter.sampler import processes
from reporter.sampler.attribution import Attribution
from reporter.sampler.meters import Meters
from reporter.sampler.processes import Used

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def process(proc: Path, pid: int, parent: int, ticks: int, *, born: int = 5) -> None:
    """A process of 10 pages whose name looks like more."""
    folder = proc / str(pid)
    folder.mkdir(parents=True, exist_ok=True)
    words = ["S", str(parent), *["0"] * 9, str(ticks), "0", "0", "0", *["0"] * 4, str(born), "0", "10", "0"]
    (folder / "stat").write_text(f"{pid} (a) b (c) {' '.join(words)}\n")


def gone(proc: Path, pid: int) -> None:
    (proc / str(pid) / "stat").unlink()
    (proc / str(pid)).rmdir()


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A process 10 with a child and a grandchild, beside others."""
    folder = tmp_path / "proc"
    process(folder, 1, 0, 999)
    process(folder, 10, 1, 100)
    process(folder, 11, 10, 50)
    process(folder, 12, 11, 7)
    process(folder, 20, 1, 500)
    return folder


def test_a_tree_holds_all_that_comes_of_a_process(proc: Path) -> None:
    tree = processes.ProcTree(10, str(proc))
    assert tree.look(0.0) == Used(0.0, 30 * PAGE)
    assert tree.pids == {10, 11, 12}
    process(proc, 10, 1, 130)
    process(proc, 12, 11, 8)
    process(proc, 20, 1, 900)
    assert tree.look(10.0) == Used(31.0, 30 * PAGE)


def test_a_process_that_began_counts_from_its_start_and_one_that_ended_in_its_parents_time(proc: Path) -> None:
    tree = processes.ProcTree(10, str(proc))
    tree.look(0.0)
    process(proc, 13, 10, 40)
    assert tree.look(1e6) == Used(40.0, 40 * PAGE)
    gone(proc, 13)
    process(proc, 10, 1, 145)  # 5 ticks of its own, and the 40 of the child that it waited for
    assert tree.look(2e6) == Used(45.0, 30 * PAGE)


def test_an_orphan_stays_in_the_tree_and_a_number_used_again_does_not(proc: Path) -> None:
    tree = processes.ProcTree(10, str(proc))
    tree.look(0.0)
    gone(proc, 11)
    process(proc, 12, 1, 17)  # its parent has gone
    assert tree.look(1e6) == Used(0.0, 20 * PAGE)  # its 10 ticks, less what of 11 nobody waited for
    assert tree.pids == {10, 12}
    process(proc, 12, 1, 3, born=77)
    tree.look(2e6)
    assert tree.pids == {10}


def test_between_looks_through_all_processes_the_children_of_a_few_are_asked_for(proc: Path) -> None:
    tree = processes.ProcTree(10, str(proc))
    tree.look(0.0)
    tree._next_s = 1e9
    process(proc, 14, 10, 3)
    (proc / "10" / "task" / "10").mkdir(parents=True)
    (proc / "10" / "task" / "10" / "children").write_text("11 14 ")
    tree.look(1.0)
    assert tree.pids == {10, 11, 12, 14}


def test_a_tree_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "10").mkdir()
    assert processes.tree_of(10, str(tmp_path)).look(0.0) is None


class Scene:
    """A machine by hand: meters, its load, its job."""

    def __init__(self, *parts: Any) -> None:
        self.gpu_share: float | None = 0.5
        self.load = SimpleNamespace(now=(0.0, 0.0))
        self.used: Used | None = Used(0.0, 1e9)
        declared = [Meter(f"{part}-0", "counter", part, "test") for part in parts]
        meters = [SimpleNamespace(meter=meter, share=self._share) for meter in declared]
        tree = SimpleNamespace(pids={10}, look=lambda _: self.used)
        self.attribution = Attribution(meters, self.load, tree)  # type: ignore[arg-type]
        self.now = 0.0

    def _share(self, pids: Collection[int]) -> float | None:
        assert pids == {10}
        return self.gpu_share

    def step(self, busy: float, job: float, *joules: float | None) -> list[float | None]:
        self.now += 1000
        self.load.now = (busy, 10 * busy)
        self.used = None if self.used is None else Used(job, self.used.memory)
        return self.attribution.read(self.now, joules, 4e9, last=True)


def test_each_part_is_shared_by_its_own_use_and_the_whole_machine_by_none() -> None:
    scene = Scene("machine", "cpu", "gpu", "ram", "supply")
    assert scene.step(0, 0, 0, 0, 0, 0, 0) == [None, None, None]
    # a quarter of the processor time, half of the GPU, 1 of 4 GB
    assert scene.step(100, 25, 999, 80, 60, 40, 9999) == [20, 30, 10]
    scene.gpu_share = 1.0
    assert scene.step(200, 125, 999, 100, 100, 40, 9999) == [40, 70, 10]


def test_a_step_whose_share_is_not_told_waits_for_the_next() -> None:
    scene = Scene("gpu")
    scene.step(0, 0, 0)
    scene.gpu_share = None
    assert scene.step(1, 1, 100) == [None]
    scene.gpu_share = 0.5
    assert scene.step(2, 2, 300) == [150]
    assert scene.step(3, 3, None) == [150]


def test_a_step_below_a_tick_is_shared_like_the_one_before_and_no_share_exceeds_one() -> None:
    scene = Scene("cpu")
    scene.step(0, 0, 0)
    assert scene.step(100, 50, 10) == [5]
    assert scene.step(100, 50, 20) == [10]
    assert scene.step(101, 90, 30) == [20]
    scene.used = None
    assert scene.step(200, 0, 40) == [30]


def test_the_job_is_looked_at_no_more_often_than_its_cost_allows() -> None:
    scene = Scene("cpu")
    scene.step(0, 0, 0)
    before = scene.step(100, 50, 10)
    scene.attribution._next_s = scene.now + 5
    scene.load.now, scene.used = (200.0, 0.0), Used(100.0, 1e9)
    assert scene.attribution.read(scene.now + 1, [20.0], 4e9, last=False) == before
    assert scene.attribution.read(scene.now + 2, [20.0], 4e9, last=True) != before


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_real_job_is_told_apart_from_a_real_stranger(tmp_path: Path) -> None:
    """Two processes that do the same, one of them ours: about half of the processor's energy is the job's."""
    spin = "import time\nend = time.monotonic() + 2.5\nwhile time.monotonic() < end: pass"
    stranger = subprocess.Popen([sys.executable, "-c", spin], start_new_session=True)
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}])"  # a grandchild
    try:
        sampler.run([sys.executable, "-c", textwrap.dedent(code)], tmp_path / "run.csv", 0.1, tell=lambda _: None,
                    meters=Meters(wanted=["cpu"]))  # fmt: skip
    finally:
        stranger.kill()
        stranger.wait()
    header, *rows = [line.split(",") for line in (tmp_path / "run.csv").read_text().splitlines() if line[0] != "#"]
    machine, job = (float(rows[-1][header.index(f"{header[2].removesuffix('_j')}{end}")]) for end in ("_j", "_job_j"))
    assert 0.15 * machine < job < 0.85 * machine
    reading = importers.read([str(tmp_path / "run.csv")])
    assert "CR045" in {finding.code for finding in reading.findings}
    assert reading.runs[0].cpu_energy_kwh == pytest.approx(machine / 3.6e6)


def test_psutil_stands_in_for_proc() -> None:
    pytest.importorskip("psutil")
    tree = processes.PsutilTree(os.getpid())
    first = tree.look(0.0)
    assert first is not None
    assert first.memory > 1e6
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    second = tree.look(1.0)
    assert second is not None
    assert second.cpu >= 0.15
    assert processes.PsutilTree(2**22 + 1).look(0.0) is None
