"""Samplers that are killed, and disks that fill up: what is left can be read and lacks one sample at most."""

from __future__ import annotations

import mmap
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter import importers, powerlog, sampler
from reporter.sampler.meters import Meters

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).parent.parent
KILLED, AT_ONCE = 1000, 16
EVERY_S, STEP_J = 0.02, 7.0


class Witness:
    """A counter that adds STEP_J each time it is read, and keeps in memory shared with the test how often that was."""

    meter = powerlog.Meter("gpu-0", "counter", "gpu", "witness")

    def __init__(self, shared: mmap.mmap, place: int) -> None:
        self._shared, self._place, self._times = shared, place, 0

    def read(self, now_s: float) -> float:  # noqa: ARG002
        self._times += 1
        struct.pack_into("q", self._shared, 8 * self._place, self._times)
        return STEP_J * (self._times - 1)

    def share(self, pids: Collection[int]) -> float | None:  # noqa: ARG002
        return None

    def close(self) -> None:
        """Nothing to close."""


def forked(path: Path, shared: mmap.mmap, place: int) -> int:
    """A process that samples into ``path`` until it is killed; made by fork, since 1,000 starts would take minutes."""
    pid = os.fork()
    if pid:
        return pid
    try:
        meters = Meters(wanted=["ram"])
        meters.all = [Witness(shared, place)]
        with sampler.Sampler(path, EVERY_S, tell=lambda _: None, meters=meters):
            time.sleep(60)
    finally:
        os._exit(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_thousand_samplers_killed_at_random_moments_leave_a_thousand_readable_logs(tmp_path: Path) -> None:
    """Each is a process with the real Sampler, its thread and its file, and gets SIGKILL within five of its samples.

    The meter writes down in shared memory when it was read; every reading but the last must be in the log, whole.
    """
    with sampler.Sampler(tmp_path / "warm.csv", EVERY_S, tell=lambda _: None):
        """What it loads is loaded once, before the forks."""
    chance = random.Random(8)  # noqa: S311
    shared = mmap.mmap(-1, 8 * KILLED)
    at_work: dict[int, tuple[int, float]] = {}
    begun = lost = 0

    def times(place: int) -> int:
        return int(struct.unpack_from("q", shared, 8 * place)[0])

    while begun < KILLED or at_work:
        while begun < KILLED and len(at_work) < AT_ONCE:
            at_work[begun] = forked(tmp_path / f"{begun}.csv", shared, begun), 0.0
            begun += 1
        now = time.monotonic()
        for place, (pid, due) in list(at_work.items()):
            if not due and times(place) >= 3:
                at_work[place] = pid, now + chance.uniform(0, 5 * EVERY_S)
            elif due and now >= due:
                os.kill(pid, signal.SIGKILL)
                assert os.waitpid(pid, 0)[1] == signal.SIGKILL
                del at_work[place]
        time.sleep(0.0005)
    for place in range(KILLED):
        path = tmp_path / f"{place}.csv"
        reading = importers.read([str(path)])
        (run,) = reading.runs
        assert path.read_bytes().endswith(b"\n"), "a row was torn"
        assert reading.inputs[0].skipped == 0
        missing = times(place) - reading.inputs[0].rows
        assert missing in (0, 1)
        assert run.gpu_energy_kwh == pytest.approx(STEP_J * (times(place) - 1 - missing) / 3.6e6)
        lost += missing
    assert lost < KILLED / 4, "nearly every kill cost a sample: the moments were not random"


FILLING = """
    import resource, sys, time
    from reporter.sampler import Sampler
    from reporter.sampler.meters import Meters
    tell = lambda line: print(line, file=sys.stderr)
    with Sampler(sys.argv[1], 0.02, tell=tell, meters=Meters(wanted=["ram"])) as one:
        time.sleep(0.1)
        size = one._file.size + 100  # place for a row and a half
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        time.sleep(0.5)
        print(one._file.size, flush=True)
        time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("killed", [False, True])
def test_on_a_full_disk_rows_take_the_last_ones_place_so_that_no_energy_is_lost(tmp_path: Path, killed: bool) -> None:
    """The kernel refuses to let the file grow (RLIMIT_FSIZE), in the midst of a row, as a full disk does."""
    path = tmp_path / "run.csv"
    command = [sys.executable, "-c", textwrap.dedent(FILLING), str(path), "30" if killed else "0"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    child.stdout.readline()
    now = time.time()
    if killed:
        child.kill()
    told = child.communicate()[1].decode()
    reading = importers.read([str(path)])
    (run,) = reading.runs
    assert reading.inputs[0].skipped == 0
    assert (run.duration_s or 0) >= 0.55
    assert run.ram_energy_kwh == pytest.approx((run.duration_s or 0) * _ram_w(path) / 3.6e6, rel=1e-3)
    assert run.ended_at is not None
    assert abs(now - run.ended_at.timestamp()) < 0.3
    assert killed or "rows took the last one's place, and the totals are kept" in told


def _ram_w(path: Path) -> float:
    told = powerlog.read_head(powerlog.comments(path.read_text())).meters[0].told
    return float(dict(told)["w_per_gb"]) * float(dict(told)["gb"])


@pytest.mark.parametrize("cut", [1, 7, 30, 200])
def test_a_run_goes_on_below_a_line_or_a_head_that_a_crash_cut(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "run.csv"
    for turn in range(3):
        with sampler.Sampler(path, 0.02, existing="resume", tell=lambda _: None, meters=Meters(wanted=["ram"])):
            time.sleep(0.08)
        if turn < 2:
            content = path.read_bytes()
            path.write_bytes(content[: len(content) - cut])
    reading = importers.read([str(path)])
    (run,) = reading.runs
    assert (run.duration_s or 0) >= (0.2 if cut < 100 else 0.1)
    assert run.ram_energy_kwh == pytest.approx((run.duration_s or 0) * _ram_w(path) / 3.6e6, rel=1e-3)


def test_the_limit_on_files_is_ours_alone() -> None:
    """The test above sets it in a child; here it must be as it was."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
