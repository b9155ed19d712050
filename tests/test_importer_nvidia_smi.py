"""nvidia-smi, what rows mean: units of cells, several GPUs, missing readings, restarts, spikes, counters."""

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

HEADER = "timestamp, index, name, power.draw [W], utilization.gpu [%]"
SAMPLE = SAMPLES / "nvidia-smi"
START = datetime(2026, 11, 21, 8, 0, 0, 123000)


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).strftime("%Y/%m/%d %H:%M:%S.%f")[:-3]


def row(seconds: float, power: object = "120.00 W", gpu: object = 0) -> str:
    return f"{stamp(seconds)}, {gpu}, NVIDIA H200, {power}, 98 %"


def log(folder: Path, *lines: str, header: str = HEADER, name: str = "gpu.csv", end: str = "\n") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *lines)) + end, encoding="utf-8")
    return path


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def only(reading: Reading) -> Run:
    (run,) = reading.runs
    return run


def joules(reading: Reading) -> float:
    energy_kwh = only(reading).energy_kwh
    assert energy_kwh is not None
    return energy_kwh * 3.6e6


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        read(path)
    return str(caught.value)


def test_a_file_becomes_a_run(tmp_path: Path) -> None:
    path = log(tmp_path, *(row(second) for second in range(10)))
    reading = read(path)
    run = only(reading)
    assert joules(reading) == pytest.approx(9 * 120)
    assert run.energy_kwh == run.gpu_energy_kwh
    assert (run.tracker, run.source, run.basis, run.gpu_model) == ("nvidia-smi", str(path), "measured", "NVIDIA H200")
    assert (run.gpu_count, run.duration_s, run.started_at, run.ended_at) == (1, 9, START, START + timedelta(seconds=9))
    assert sum(watts for _, watts in run.power_w) / len(run.power_w) == pytest.approx(120)
    assert codes(reading) == []


@pytest.mark.parametrize(
    ("folder", "expected", "gpus", "told"),
    [
        ("two-gpus", (600 * 20 + 120 * 9) + (650 * 20 + 170 * 9), 2, ["CR026"]),
        ("restarted", 33555, 2, ["CR005", "CR044"]),
        ("counters", 50 * 250, 1, []),
    ],
)
def test_samples(folder: str, expected: float, gpus: int, told: list[str]) -> None:
    reading = read(SAMPLE / folder / "gpu.csv")
    assert joules(reading) == pytest.approx(expected)
    assert only(reading).gpu_count == gpus
    assert codes(reading) == told


@pytest.mark.parametrize(
    ("header", "cell"),
    [("power.draw [W]", "120.00 W"), ("power.draw [W]", "120.00"), ("power.draw", "120.00 W"), ("power.draw", "120"),
     ("power.draw [W]", "0.12 kW"), ("power.draw [kW]", "0.12"), ("power.draw [W]", "120000 mW"),
     ("power.draw.instant [W]", "120.00 W"), ("power.draw.average [W]", "120.00 W")],
)  # fmt: skip
def test_the_unit_is_the_cell_s_then_the_column_s(tmp_path: Path, header: str, cell: str) -> None:
    header = HEADER.replace("power.draw [W]", header)
    assert joules(read(log(tmp_path, row(0, cell), row(10, cell), header=header))) == pytest.approx(1200)


def test_a_unit_that_is_no_power_is_no_reading(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row(0), row(1), row(2, "120 J"), row(3)))
    assert joules(reading) == pytest.approx(360)
    assert codes(reading) == ["CR002"]


def test_the_average_is_preferred_and_the_limit_is_no_draw(tmp_path: Path) -> None:
    header = "timestamp, power.limit [W], power.draw.instant [W], power.draw.average [W], power.draw [W]"
    lines = [f"{stamp(at)}, 700.00 W, 333.00 W, {average}, 100.00 W" for at, average in ((0, "100 W"), (9, "[N/A]"))]
    assert joules(read(log(tmp_path, *lines, header=header))) == pytest.approx(900)
    only_limit = log(tmp_path, f"{stamp(0)}, 700.00 W", header="timestamp, power.limit [W]", name="limit.csv")
    assert "add power.draw to --query-gpu" in refused(only_limit)


def test_semicolons_may_have_decimal_commas_but_commas_may_not(tmp_path: Path) -> None:
    lines = [row(second, "120,50 W") for second in range(3)]
    semicolons = log(tmp_path, *(line.replace(", ", ";") for line in lines), header=HEADER.replace(", ", ";"))
    assert joules(read(semicolons)) == pytest.approx(241)
    assert "2: 6 cells where the header has 5: decimal commas" in refused(log(tmp_path, *lines, name="commas.csv"))


def test_missing_readings_are_not_zero(tmp_path: Path) -> None:
    words = ["[N/A]", "[Not Supported]", "[Unknown Error]", "N/A", ""]
    lines = [row(0), *(row(at, word) for at, word in enumerate(words, 1)), row(6)]
    reading = read(log(tmp_path, *lines))
    assert joules(reading) == pytest.approx(720)
    assert codes(reading) == ["CR026"]


@pytest.mark.parametrize("power", ["[N/A]", "0.00 W"])
def test_power_that_was_never_measured_is_no_energy(tmp_path: Path, power: str) -> None:
    reading = read(log(tmp_path, *(row(at, power) for at in range(5))))
    assert (only(reading).energy_kwh, codes(reading)) == (None, ["CR027"])
    beside = [line for at in range(5) for line in (row(at, power), row(at, gpu=1))]
    reading = read(log(tmp_path, *beside))
    assert joules(reading) == pytest.approx(480)
    assert sorted(codes(reading)) == ["CR025", "CR027"]


def test_a_gpu_that_vanishes_is_told(tmp_path: Path) -> None:
    lines = [line for at in range(10) for line in ((row(at), row(at, gpu=1)) if at < 5 else (row(at),))]
    reading = read(log(tmp_path, *lines))
    assert joules(reading) == pytest.approx(9 * 120 + 4 * 120)
    assert codes(reading) == ["CR037"]
    assert "GPU 1: no reading in the last 5 s" in reading.findings[0].message


def test_spikes_beyond_any_device_are_skipped(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row(0), row(1, "5000000.00 W"), row(2, "-3.00 W"), row(3)))
    assert joules(reading) == pytest.approx(360)
    assert codes(reading) == ["CR035", "CR035"]
    assert reading.inputs[0].skipped == 2
    header = "timestamp, power.draw [W], power.limit [W]"
    lines = [f"{stamp(at)}, {watts} W, 70.00 W" for at, watts in ((0, 60), (1, 900), (2, 60))]
    reading = read(log(tmp_path, *lines, header=header))
    assert joules(reading) == pytest.approx(120)
    assert codes(reading) == ["CR035"]


def test_gpus_without_a_name_are_told_apart_by_their_place(tmp_path: Path) -> None:
    header = "timestamp, power.draw [W]"
    same = [f"{stamp(at)}, {watts} W" for at in range(5) for watts in (100, 300, 500)]
    near = [f"{stamp(at + 0.004 * place)}, {watts} W" for at in range(5) for place, watts in enumerate((100, 300, 500))]
    for lines in (same, near):
        reading = read(log(tmp_path, *lines, header=header))
        assert joules(reading) == pytest.approx(4 * 900)
        assert only(reading).gpu_count == 3
        assert codes(reading) == ["CR044"]
    fast = [f"{stamp(at / 100)}, 100 W" for at in range(101)]
    reading = read(log(tmp_path, *fast, header=header))
    assert joules(reading) == pytest.approx(100)
    assert (only(reading).gpu_count, codes(reading)) == (1, [])


def test_a_restart_writes_the_header_again(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row(0), row(1), HEADER, row(3600), row(3601)))
    assert joules(reading) == pytest.approx(2 * 120 + 60 * 120)  # of an hour's gap, a minute is counted
    assert sorted(codes(reading)) == ["CR005", "CR017"]
    other = "timestamp, index, power.draw [W]"
    reading = read(log(tmp_path, row(0), row(1), other, f"{stamp(2)}, 0, 120 W", f"{stamp(3)}, 0, 120 W"))
    assert joules(reading) == pytest.approx(360)
    assert codes(reading) == ["CR005"]


def test_counters_are_preferred_and_may_begin_anew(tmp_path: Path) -> None:
    header = "timestamp, index, power.draw [W], total_energy_consumption [mJ]"
    values = [1000, 301000, 601000, 5000, 305000]
    lines = [f"{stamp(at)}, 0, 100 W, {value} mJ" for at, value in enumerate(values)]
    reading = read(log(tmp_path, *lines, header=header))
    assert joules(reading) == pytest.approx(900)
    assert codes(reading) == ["CR022"]
    still = [f"{stamp(at)}, 0, 100 W, 7 mJ" for at in range(4)]
    assert joules(read(log(tmp_path, *still, header=header))) == pytest.approx(300)


def test_the_same_gpu_in_two_files_is_told(tmp_path: Path) -> None:
    header = "timestamp, uuid, power.draw [W]"
    lines = [f"{stamp(at)}, GPU-5b0fa12a-3dd7-45bb-9766-000000000000, 100 W" for at in range(9)]
    log(tmp_path, *lines, header=header, name="a.csv")
    log(tmp_path, *lines[:5], header=header, name="b.csv")
    reading = read(tmp_path)
    assert (len(reading.runs), codes(reading)) == (2, ["CR014"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (row(0), "put this line on top, its names mended: timestamp, index, name, power.draw [W], utilization.gpu [%]"),
        ("0, 120.00 W", "put this line on top, its names mended: index, power.draw [W]"),
        (f"{stamp(0)}, 120.00", "put this line on top, its names mended: timestamp, power.draw [W]"),
    ],
)
def test_rows_without_a_header_are_refused_with_advice(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "gpu.csv"
    path.write_text(f"{line}\n{line}\n")
    assert told in refused(path)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "no row below the header"),
        ([row(0)], "one sample has no duration"),
        ([row(0), row(0, gpu=1)], "one sample has no duration"),
        (["yesterday, 0, H200, 120 W, 3 %"], "no row of it can be read"),
    ],
)
def test_files_that_cannot_have_an_energy_are_refused(tmp_path: Path, lines: list[str], told: str) -> None:
    assert told in refused(log(tmp_path, *lines))
    no_time = log(tmp_path, "0, 120.00 W", header="index, power.draw [W]", name="timeless.csv")
    assert "add timestamp to --query-gpu" in refused(no_time)


def test_a_cut_last_line_is_told(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row(0), row(1), row(2)[:40], end=""))
    assert joules(reading) == pytest.approx(120)
    assert codes(reading) == ["CR003"]
    last = [f"{stamp(at)}, 0, {power}" for at, power in ((0, "120.00 W"), (1, "120.00 W"), (2, "1"))]
    reading = read(log(tmp_path, *last, header="timestamp, index, power.draw [W]", end=""))
    assert joules(reading) == pytest.approx(120)
    assert codes(reading) == ["CR003"]


def test_what_is_claimed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for header, claimed in (
        ("timestamp, power.draw [W]", True), ("Timestamp,utilization.gpu [%]", True),
        ("timestamp,power", False), ("timestamp,project_name,gpu_power", False), ("Time,Power", False),
    ):  # fmt: skip
        path.write_text(f"{header}\n")
        (found,) = importers.places.find([str(path)])
        assert isinstance(found, importers.places.Log)
        assert importers.available()["nvidia-smi"].claims(found) is claimed


QUIET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
TRACE = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 700)).filter(any), min_size=3, max_size=12)


@QUIET
@given(trace=TRACE, data=st.data())
def test_cutting_a_trace_at_any_tick_keeps_its_energy(
    tmp_path: Path, trace: list[tuple[int, int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(trace) - 2))
    ticks = [[row(at, f"{power + 1}.00 W", gpu) for gpu, power in enumerate(powers)] for at, powers in enumerate(trace)]
    parts = [ticks, ticks[: cut + 1], ticks[cut:]]
    whole, first, second = (joules(read(log(tmp_path, *(line for tick in part for line in tick)))) for part in parts)
    assert math.isclose(whole, first + second, rel_tol=1e-12)


@QUIET
@given(trace=TRACE, data=st.data())
def test_the_order_of_rows_within_a_tick_changes_nothing(
    tmp_path: Path, trace: list[tuple[int, int]], data: st.DataObject
) -> None:
    ticks = [[row(at, f"{power + 1}.00 W", gpu) for gpu, power in enumerate(powers)] for at, powers in enumerate(trace)]
    mixed = [data.draw(st.permutations(tick)) for tick in ticks]
    one, other = (only(read(log(tmp_path, *(line for tick in part for line in tick)))) for part in (ticks, mixed))
    assert math.isclose(one.energy_kwh or 0, other.energy_kwh or 0, rel_tol=1e-12)
    assert (one.gpu_count, one.duration_s) == (other.gpu_count, other.duration_s)
