"""MLPerf power logs, what lines mean: marks, channels, errors of the meter, the benchmark's time, time zones."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run

START = datetime(2026, 11, 21, 8, 0, 0, 500000)
TESTING, RANGING = "2026-11-21_resnet_testing", "2026-11-21_resnet_ranging"


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]


def line(seconds: float, watts: float = 100.0, mark: str = TESTING, more: str = "") -> str:
    return f"Time,{stamp(seconds)},Watts,{watts:.6f},Volts,230.100000,Amps,0.500000,PF,0.990000,Mark,{mark}{more}"


def log(folder: Path, *lines: str, name: str = "spl.txt", end: str = "\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def bounds(folder: Path, begin: float, end: float) -> None:
    lines = (
        f':::MLLOG {{"key": "power_{key}", "value": "{stamp(at)}", "time_ms": 1.0}}'
        for key, at in (("begin", begin), ("end", end))
    )
    log(folder, *lines, name="mlperf_log_detail.txt")


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def only(reading: Reading) -> Run:
    (run,) = reading.runs
    return run


def joules(reading: Reading) -> float:
    return (only(reading).energy_kwh or 0.0) * 3.6e6


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        read(path)
    return str(caught.value)


def test_a_measurement_becomes_a_run(tmp_path: Path) -> None:
    reading = read(log(tmp_path, line(0, 999), line(1, 100), line(3, 200)))
    run = only(reading)
    assert joules(reading) == pytest.approx(100 + 400)
    assert (run.tracker, run.basis, run.machine_wide, run.duration_s) == ("mlperf-power", "measured", True, 3)
    assert (run.started_at, run.labels) == (START, {"mark": TESTING, "phase": "testing"})
    assert (codes(reading), reading.inputs[0].rows) == ([], 3)


def test_the_sample_is_cut_to_the_benchmark() -> None:
    reading = read(SAMPLES / "mlperf-power")
    assert joules(reading) == pytest.approx(60 * 400)
    assert (only(reading).duration_s, codes(reading)) == (60, [])


def test_month_comes_first(tmp_path: Path) -> None:
    run = only(read(log(tmp_path, *(line(at).replace("11-21-2026", "02-03-2026") for at in range(3)))))
    assert str(run.started_at) == "2026-02-03 08:00:00.500000"


def test_channels_repeat_the_total(tmp_path: Path) -> None:
    more = ",Ch1,Watts,60.0,Volts,120.0,Amps,0.5,PF,0.9,Ch2,Watts,40.0,Volts,120.0,Amps,0.3,PF,0.9"
    assert joules(read(log(tmp_path, *(line(at, more=more) for at in range(11))))) == pytest.approx(1000)


def test_each_mark_is_a_run(tmp_path: Path) -> None:
    lines = [line(at, 100, RANGING) for at in range(5)] + [line(at, 300) for at in range(20, 30)]
    bounds(tmp_path, 20, 25)  # no telling which of the two it bounds
    reading = read(log(tmp_path, "Time,11-21-2026 07:59:00.000,NOTICE,Analyzer identity: WT310", *lines))
    found = {run.labels["phase"]: (run.energy_kwh or 0) * 3.6e6 for run in reading.runs}
    assert found == {"ranging": pytest.approx(400), "testing": pytest.approx(2700)}
    assert reading.inputs[0].rows == 15


def test_the_folder_tells_the_pass_where_the_mark_does_not(tmp_path: Path) -> None:
    log(tmp_path, line(0, mark="notset"), line(1, mark="notset"), name="ranging/spl.txt")
    log(tmp_path, line(9, mark="notset"), line(10, mark="notset"), name="run_1/spl.txt")
    assert sorted(run.labels["phase"] for run in read(tmp_path).runs) == ["ranging", "testing"]


def test_messages_and_errors_of_the_meter_are_no_samples(tmp_path: Path) -> None:
    messages = ["Time,11-21-2026 08:00:00.700,ERROR,Bad volts", "Buffer was 1.0;1", "Time,x,Temp,29.6,Mark,y"]
    reading = read(log(tmp_path, line(0), *messages, line(1, -1), line(2, 0), line(3)))
    assert joules(reading) == pytest.approx(300)
    assert (codes(reading), reading.inputs[0].rows) == (["CR035", "CR035"], 4)


def test_clocks_of_two_time_zones_are_brought_together(tmp_path: Path) -> None:
    path = log(tmp_path, *(line(at, 400 if 10 <= at < 70 else 80) for at in range(80)))
    bounds(tmp_path, 9.6 - 2 * 3600, 69.6 - 2 * 3600)
    reading = read(path)
    assert joules(reading) == pytest.approx(24000)
    assert codes(reading) == ["CR018"]
    bounds(tmp_path, 900000, 900060)
    assert codes(read(path)) == ["CR007"]
    (tmp_path / "mlperf_log_detail.txt").write_bytes(bytes(range(256)) * 20)
    assert codes(read(path)) == ["CR007"]


def test_bad_input_is_refused_or_skipped(tmp_path: Path) -> None:
    assert "one sample has no duration" in refused(log(tmp_path, line(0)))
    assert "no reading above 0 W" in refused(log(tmp_path, line(0, -1), line(1, -1)))
    reading = read(log(tmp_path, line(0), line(1), line(2)[:50], end=""))
    assert joules(reading) == pytest.approx(100)
    assert codes(reading) == ["CR003"]
    reading = read(log(tmp_path, line(0), line(1).replace("100.000000", "12 W"), line(2)))
    assert joules(reading) == pytest.approx(200)
    assert codes(reading) == ["CR002"]


def test_what_is_claimed(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    for text, claimed in (
        (line(0), True), (f"Time,11-21-2026 08:00:00.700,NOTICE,x\n{line(0)}", True),
        ("Time,Power\n2022-07-13 02:07:36.7,32402", False), ("Time,11-21-2026 08:00:00.700,Temp,29.6", False),
        (":::MLLOG {}", False),
    ):  # fmt: skip
        path.write_text(text + "\n")
        (found,) = importers.places.find([str(path)])
        assert isinstance(found, importers.places.Log)
        assert importers.available()["mlperf-power"].claims(found) is claimed


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 9000)), min_size=3, max_size=12), data=st.data())
def test_cutting_a_trace_at_any_sample_keeps_its_energy(
    tmp_path: Path, trace: list[tuple[int, int]], data: st.DataObject
) -> None:
    at, lines = 0, []
    for step_ms, watts in trace:
        at += step_ms
        lines.append(line(at / 1000, watts))
    cut = data.draw(st.integers(1, len(lines) - 2))
    whole, first, second = (joules(read(log(tmp_path, *part))) for part in (lines, lines[: cut + 1], lines[cut:]))
    assert math.isclose(whole, first + second, rel_tol=1e-9)
