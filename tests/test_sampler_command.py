"""The commands `sample` and `doctor` as a user runs them: streams, signals, limits, options, the line at the end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter import importers, powerlog, sampler_commands
from reporter.errors import ReportError
from reporter.sampler import place

if TYPE_CHECKING:
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable


def head(path: Path) -> powerlog.Head:
    return powerlog.read_head(powerlog.comments(path.read_text()))


def test_streams_pass_through_and_a_line_at_the_end_says_what_to_type_next(carbon: Carbon, tmp_path: Path) -> None:
    code = "import sys; data = sys.stdin.read(); print(data.upper(), end=''); sys.stderr.write('err'); sys.exit(5)"
    done = carbon("sample", "--every", "0.1", "--", PYTHON, "-c", code, stdin="in\n")
    assert (done.returncode, done.stdout) == (5, "IN\n")
    assert done.stderr.startswith("err")
    line = done.stderr.splitlines()[-1]
    assert re.search(r"carbon-report: run\.csv: [0-9.]+ s, .*Wh \(.*\); .*next: carbon-report run\.csv$", line)
    assert carbon("run.csv").returncode == 0
    assert "Wh" not in carbon("sample", "--quiet", "-o", "b.csv", "--", PYTHON, "-c", "").stderr


def test_a_program_of_any_language_runs(carbon: Carbon, tmp_path: Path) -> None:
    done = carbon("sample", "--", "sh", "-c", "echo $0 $CARBON_REPORT_LOG; kill -TERM $$")
    assert done.stdout == f"sh {tmp_path}/run.csv\n"
    assert done.returncode == 128 + signal.SIGTERM
    assert head(tmp_path / "run.csv").command == "sh"


def test_a_command_is_ended_at_its_limit(carbon: Carbon, tmp_path: Path) -> None:
    began = time.monotonic()
    done = carbon("sample", "--every", "0.1", "--limit", "0.5s", "--", "sleep", "30")
    assert done.returncode == 124
    assert time.monotonic() - began < 10
    assert (tmp_path / "run.csv").read_text().endswith("exit=124\n")


def test_a_command_that_does_not_heed_its_limit_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reporter.sampler import command

    monkeypatch.setattr(command, "GRACE_S", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(30)"
    status = command.run([PYTHON, "-c", code], tmp_path / "run.csv", 0.1, limit_s=0.5, tell=lambda _: None)
    assert status == 124


def test_options_stand_in_the_log(carbon: Carbon, tmp_path: Path) -> None:
    labels = ["--label", "phase=search", "--label", "seed=1=2"]
    done = carbon("sample", "-o", "x.csv", "--every", "0.1", *labels, "--country", "France", "--meters", "ram",
                  "--count", "job", "--idle", "0.1", "--", "sleep", "0.3")  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = head(tmp_path / "x.csv")
    assert told.labels == (("phase", "search"), ("seed", "1=2"))
    assert (told.country, told.only, told.counts, told.every_s, told.idle_s) == ("FRA", "ram", "job", 0.1, 0.1)
    assert [meter.part for meter in told.meters] == ["ram"]
    (run,) = importers.read([str(tmp_path / "x.csv")]).runs
    assert (run.machine_wide, run.country) == (False, "FRA")


def test_a_preempted_command_goes_on_in_its_log(carbon: Carbon, tmp_path: Path) -> None:
    for _ in range(2):
        assert carbon("sample", "--resume", "--every", "0.1", "--", "sleep", "0.2").returncode == 0
    (run,) = importers.read([str(tmp_path / "run.csv")]).runs
    assert (run.duration_s or 0) >= 0.4
    assert carbon("sample", "--", "sleep", "0").returncode == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--every", "0"], "choose from"),
        (["--limit", "soon"], "write a number, or one with s, min"),
        (["--label", "phase"], "write NAME=VALUE"),
        (["--label", "1=2"], "begin with a letter"),
        (["--country", "Narnia"], "Narnia"),
        (["--meters", "tea-leaves"], "tea-leaves: this machine has none"),
        (["--rotate", "5"], "10KB or more"),
        (["--nonsense"], "carbon-report sample --help"),
    ],
)
def test_a_wrong_option_is_one_line_and_leaves_no_log(
    carbon: Carbon, tmp_path: Path, words: list[str], says: str
) -> None:
    done = carbon("sample", *words, "--", "touch", "ran")
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_times_and_sizes_with_units() -> None:
    assert [sampler_commands._seconds("--limit", text) for text in ("90", "1.5m", "2h", None)] == [90, 90, 7200, None]
    assert sampler_commands._bytes("64MB") == 64_000_000
    with pytest.raises(ReportError, match="--idle"):
        sampler_commands._seconds("--idle", "-3")


def test_the_time_zone_is_a_suggestion_and_the_configuration_tells(
    carbon: Carbon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    known = place.country_of_time_zone(zone="Europe/Paris") is not None  # a slim container has no table of them
    done = carbon("sample", "-o", "a.csv", "--", "sleep", "0", TZ="Europe/Paris")
    assert ("the time zone Europe/Paris suggests --country FRA" in done.stderr) == known
    assert head(tmp_path / "a.csv").country is None
    (tmp_path / "carbon-report.toml").write_text('country = "DEU"\n')
    done = carbon("sample", "-o", "b.csv", "--", "sleep", "0", TZ="Europe/Paris")
    assert "suggests" not in done.stderr
    assert head(tmp_path / "b.csv").country == "DEU"


def test_the_network_is_never_asked(tmp_path: Path) -> None:
    code = f"""
        import sys
        def watch(event, arguments):
            if event.startswith(("socket.", "urllib", "http")):
                print("NETWORK", event, arguments)
        sys.addaudithook(watch)
        from reporter.cli import main
        main(["doctor"])
        main(["sample", "--every", "0.1", "-o", {str(tmp_path / "run.csv")!r}, "--", "sleep", "0.3"])
        heavy = {{"pandas", "numpy", "matplotlib", "pint", "weasyprint", "socket"}} & set(sys.modules)
        print("HEAVY", sorted(heavy))
    """
    done = subprocess.run([PYTHON, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "NETWORK" not in done.stdout
    assert "HEAVY []" in done.stdout


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_sampling_takes_little_memory(tmp_path: Path) -> None:
    """The whole command, not the sampler alone: its limit is 40 MB."""
    options = ["--every", "0.1", "-o", str(tmp_path / "run.csv")]
    command = [PYTHON, "-m", "reporter", "sample", *options, "--", "sleep", "20"]
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while "0.5" not in _elapsed(tmp_path / "run.csv") and time.monotonic() < deadline:
            time.sleep(0.05)
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{child.pid}/status").read_text())
    finally:
        child.terminate()
        child.wait()
    assert peak is not None
    assert int(peak[1]) / 1024 <= 40


def _elapsed(path: Path) -> str:
    rows = path.read_text().splitlines() if path.exists() else []
    return rows[-1].split(",")[1][:3] if rows and rows[-1].count(",") > 3 else ""


def test_doctor_says_what_there_is_what_is_not_and_why(carbon: Carbon) -> None:
    done = carbon("doctor")
    assert done.returncode == 0
    assert re.search(r"^cost: [0-9.]+ ms", done.stdout, re.MULTILINE)
    for source in ("rapl", "nvml", "amdsmi", "powermetrics", "hwmon", "battery", "ipmi"):
        assert source in done.stdout.lower() or "note:" in done.stdout
    assert "absent: redfish: needs the network and a password" in done.stdout
    assert "place: " in done.stdout
