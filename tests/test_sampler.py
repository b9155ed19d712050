"""The sampler: its meters against made-up machines, what it writes, and what a killed one leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from reporter import importers, powerlog, sampler
from reporter.errors import ReportError
from reporter.sampler import modelled

ROOT = Path(__file__).parent.parent


def quiet(_: str) -> None:
    """Say nothing."""


def test_processor_model_is_tdp_times_utilisation() -> None:
    shares = iter([None, 0.5, None, 1.0])
    model = modelled.ProcessorModel(lambda: next(shares), tdp_w=100.0, sockets=2)
    assert model.read(0.0) == 0
    assert model.read(10.0) == pytest.approx(1000.0)
    assert model.read(10.001) == pytest.approx(1000.0)  # less than a tick: made up for below
    assert model.read(15.0) == pytest.approx(2000.0)
    assert ("tdp", "assumed") not in model.meter.told
    assumed = modelled.ProcessorModel(lambda: 1.0)
    assumed.read(0.0)
    assert assumed.read(2.0) == pytest.approx(170.0)
    assert {("tdp_w", "85"), ("tdp", "assumed")} <= set(assumed.meter.told)


def test_memory_model_is_a_constant_power_for_each_gb() -> None:
    model = modelled.MemoryModel(64.0)
    model.read(5.0)
    assert model.read(15.0) == pytest.approx(64 * 0.3725 * 10)


def test_the_head_comes_back_as_it_was_written() -> None:
    meter = powerlog.Meter("cpu-model", "modelled", "cpu", "tdp*utilisation", (("tdp_w", "65"),))
    head = powerlog.Head(run_id="a", command='py"thon\n3', gpus=("A, B", "A, B"), ram_gb=16.5, meters=(meter,))
    back = powerlog.read_head(powerlog.comments(powerlog.write_head(head)))
    assert back.meters == (meter,)
    assert (back.run_id, back.command, back.gpus, back.ram_gb) == ("a", "py thon 3", ("A, B", "A, B"), 16.5)


def test_no_host_no_user_and_no_arguments_are_written(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    sampler.run([sys.executable, "-c", "'topsecret'"], path, 0.1, tell=quiet)
    text = path.read_text()
    assert f"# command: {Path(sys.executable).name}\n" in text
    assert "topsecret" not in text
    assert str(Path(sys.executable).parent) not in text
    assert os.uname().nodename not in text.replace(os.uname().release, "") or len(os.uname().nodename) < 5


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(0)", 0), ("raise SystemExit(7)", 7)])
def test_the_exit_status_is_passed_on(tmp_path: Path, code: str, status: int) -> None:
    assert sampler.run([sys.executable, "-c", code], tmp_path / "run.csv", 0.1, tell=quiet) == status
    assert (tmp_path / "run.csv").read_text().endswith(f"exit={status}\n")


def test_a_log_that_exists_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    path.write_text("precious")
    with pytest.raises(ReportError, match="choose another -o"):
        sampler.run([sys.executable, "-c", ""], path, 0.1, tell=quiet)
    assert path.read_text() == "precious"


def test_a_command_that_cannot_start_leaves_no_log(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF no program")
    broken.chmod(0o755)
    for command in ("no-such-program-here", str(broken)):
        with pytest.raises(ReportError, match=r"no such program|cannot be started"):
            sampler.run([command], tmp_path / "run.csv", 0.1, tell=quiet)
        assert not (tmp_path / "run.csv").exists()


@pytest.mark.parametrize("every_s", [0.0, -1.0, 0.001, 3600.0, float("nan")])
def test_a_period_without_sense_is_refused(tmp_path: Path, every_s: float) -> None:
    with pytest.raises(ReportError, match="choose from"):
        sampler.Sampler(tmp_path / "run.csv", every_s)


SAMPLE = """
    import sys
    from reporter import sampler
    sys.exit(sampler.run(sys.argv[2:], sys.argv[1], 0.05, tell=lambda line: None))
"""


def sampling(path: Path, *command: str) -> subprocess.Popen[bytes]:
    """A sampling process, once its log is there."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(SAMPLE), str(path), *command], env=env)
    deadline = time.monotonic() + 20
    while not (path.exists() and path.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    return child


@pytest.mark.parametrize("after_s", [0.21, 0.34, 0.52])
def test_a_killed_sampler_leaves_a_log_that_lacks_one_sample_at_most(tmp_path: Path, after_s: float) -> None:
    path = tmp_path / "run.csv"
    child = sampling(path, sys.executable, "-c", "import time; time.sleep(2)")
    time.sleep(after_s)
    child.kill()
    killed = time.time()
    child.wait()
    assert path.read_bytes().endswith(b"\n")
    reading = importers.read([str(path)])
    (run,) = reading.runs
    assert reading.inputs[0].skipped == 0
    assert reading.inputs[0].rows >= after_s / 0.05 - 3
    assert run.ended_at is not None
    assert killed - run.ended_at.timestamp() < 0.05 + 0.1  # a period, and what a busy machine may add
    assert run.energy_kwh is not None
    assert "CR019" in {finding.code for finding in reading.findings}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command_and_the_log_is_finished(tmp_path: Path, number: signal.Signals) -> None:
    path, ready = tmp_path / "run.csv", tmp_path / "ready"
    code = f"""
        import pathlib, signal, sys, time
        signal.signal({int(number)}, lambda *_: sys.exit(42))
        pathlib.Path({str(ready)!r}).touch()
        time.sleep(20)
    """
    child = sampling(path, sys.executable, "-c", textwrap.dedent(code))
    deadline = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(number)
    assert child.wait(20) == 42
    assert path.read_text().endswith("exit=42\n")


def test_a_command_ended_by_a_signal_gives_the_status_that_shells_give(tmp_path: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert sampler.run([sys.executable, "-c", code], tmp_path / "run.csv", 0.1, tell=quiet) == 137


def test_importing_the_sampler_loads_neither_drivers_nor_heavy_packages() -> None:
    heavy = {"psutil", "pynvml", "pandas", "subprocess", "uuid", "platform"}
    code = f"import sys, reporter.sampler, threading as t; print({heavy} & set(sys.modules), t.active_count())"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, text=True)
    assert told.stdout == "set() 1\n"
