"""PowerJoular, what rows mean: power since the row before, totals and parts, files of processes, Ada's dates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers.powerjoular import _moment

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run

MAIN = "Date,CPU Utilization,Total Power,CPU Power,GPU Power"
PROCESS = "Date,CPU Utilization,CPU Power"
SAMPLE = SAMPLES / "powerjoular"


def date(seconds: float) -> str:
    whole, milli = divmod(round(seconds * 1000), 1000)
    return f" 2026- 11- 21  8: {whole // 60}: {whole % 60}. {milli}"


def row(seconds: float, cpu: float = 20.0, gpu: float = 0.0, total: float | None = None) -> str:
    return f"{date(seconds)},0.25,{cpu + gpu if total is None else total:.14f},{cpu:.14f},{gpu:.14f}"


def log(folder: Path, *lines: str, header: str = MAIN, name: str = "power.csv", end: str = "\n") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *lines)) + end, encoding="utf-8")
    return path


def read(*paths: Path) -> Reading:
    return importers.read([str(path) for path in paths])


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


def test_power_counts_for_the_step_that_ends_with_it(tmp_path: Path) -> None:
    path = log(tmp_path, row(0, 999), row(1, 10), row(3, 20), row(3.5, 30))
    run = only(read(path))
    assert joules(read(path)) == pytest.approx(10 * 1 + 20 * 2 + 30 * 0.5)
    assert run.cpu_energy_kwh == pytest.approx(run.energy_kwh)
    assert (run.gpu_energy_kwh, run.duration_s, run.machine_wide, run.basis) == (None, 3.5, True, "measured")
    assert (str(run.started_at), str(run.ended_at)) == ("2026-11-21 08:00:00", "2026-11-21 08:00:03.500000")
    assert (run.labels, codes(read(path))) == ({}, [])


def test_the_total_holds_its_parts(tmp_path: Path) -> None:
    reading = read(log(tmp_path, *(row(at, 20, 80) for at in range(11))))
    run = only(reading)
    parts = [(value or 0) * 3.6e6 for value in (run.energy_kwh, run.cpu_energy_kwh, run.gpu_energy_kwh)]
    assert parts == pytest.approx([1000, 200, 800])
    assert codes(reading) == []
    odd = read(log(tmp_path, *(row(at, 20, 80, total=150) for at in range(11))))
    assert joules(odd) == pytest.approx(1500)
    assert codes(odd) == ["CR030"]


def test_samples() -> None:
    machine = read(SAMPLE / "machine")
    assert joules(machine) == pytest.approx(89 * 1.008 * 20 + 29 * 1.008 * 90)
    assert [(entry.rows, entry.runs) for entry in machine.inputs] == [(90, 1), (90, 0)]
    assert codes(machine) == ["CR012"]
    process = read(SAMPLE / "process")
    assert joules(process) == pytest.approx(89 * 1.008 * 8)
    assert (only(process).labels, only(process).machine_wide) == ({"process": "4242"}, False)


def test_a_process_beside_its_main_file_is_a_part_of_it(tmp_path: Path) -> None:
    main = log(tmp_path, *(row(at) for at in range(5)))
    lines = [[f"{date(at)},0.1,{watts:.14f}" for at in range(5)] for watts in (5, 6, 7)]
    pid = log(tmp_path, *lines[1], header=PROCESS, name="power.csv-77.csv")
    log(tmp_path, *lines[2], header=PROCESS, name="power.csv-my-app.csv")
    log(tmp_path, *lines[0], header=PROCESS, name="other.csv-9.csv")
    reading = read(tmp_path)
    assert {run.labels.get("process"): run.energy_kwh for run in reading.runs} == {
        None: pytest.approx(80 / 3.6e6), "9": pytest.approx(20 / 3.6e6),
    }  # fmt: skip
    assert codes(reading) == ["CR012", "CR012"]
    assert only(read(pid)).labels == {"process": "77"}
    main.write_text(f"{MAIN}\n{row(0)}\n")  # a main file that cannot be read does not take its processes with it
    assert sorted(run.labels["process"] for run in read(tmp_path).runs) == ["77", "9", "my-app"]


def test_older_headers_lack_columns(tmp_path: Path) -> None:
    lines = [f"2022-10-05 10:11:{at:02d},0.5,30.5" for at in range(3)]
    run = only(read(log(tmp_path, *lines, header=PROCESS)))
    assert run.energy_kwh == pytest.approx(61 / 3.6e6)
    assert (run.machine_wide, run.labels) == (None, {})


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        (" 2025- 7- 2  18: 15: 4. 89", "2025-07-02 18:15:04.089000"),
        ("2025-7-2 18:15:4.5", "2025-07-02 18:15:04.005000"),
        ("2025-07-02 18:15:04", "2025-07-02 18:15:04"),
        (" 2025- 12- 31  24: 0: 0. 0", "2026-01-01 00:00:00"),
        ("2025-07-02 18:15:04 +02:00", "2025-07-02 18:15:04+02:00"),
    ],
)
def test_dates(cell: str, moment: str) -> None:
    assert str(_moment(cell)) == moment


@pytest.mark.parametrize("cell", ["2025- 13- 1  1: 1: 1. 1", "2025- 1- 1  25: 1: 1. 1", "now", "1999- 1- 1  1: 1: 1"])
def test_what_is_no_date_is_a_row_skipped(tmp_path: Path, cell: str) -> None:
    reading = read(log(tmp_path, row(0), row(1).replace(date(1), cell), row(2)))
    assert joules(reading) == pytest.approx(40)
    assert codes(reading) == ["CR002"]


def test_overwriting_leaves_no_energy(tmp_path: Path) -> None:
    assert "without -o (overwrite)" in refused(log(tmp_path, row(7)))
    bare = tmp_path / "bare.csv"
    bare.write_text(row(7) + "\n")
    assert "there is no header, as -o (overwrite) leaves it" in refused(bare)
    assert "no row of it can be read" in refused(log(tmp_path))


def test_impossible_and_missing_powers(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row(0), row(1, 9e9), row(2, -5), row(3), row(4).replace("20.0", "x20.0", 1)))
    assert joules(reading) == pytest.approx(60)
    assert sorted(codes(reading)) == ["CR002", "CR035", "CR035"]
    zeros = read(log(tmp_path, *(row(at, 0) for at in range(5))))
    assert (only(zeros).energy_kwh, set(codes(zeros))) == (None, {"CR027"})


def test_a_cut_last_line_is_told(tmp_path: Path) -> None:
    for cut in (row(2)[:30], row(2).rpartition(".")[0]):
        reading = read(log(tmp_path, row(0), row(1), cut, end=""))
        assert joules(reading) == pytest.approx(20)
        assert codes(reading) == ["CR003"]
    assert joules(read(log(tmp_path, row(0), row(1), row(2), end=""))) == pytest.approx(40)


def test_what_is_claimed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for text, claimed in (
        (MAIN, True), (PROCESS, True), ("Date,CPU Utilization,Total Power,CPU Power", True), (row(0), True),
        ("Date,Power", False), ("2026-01-01,1,2", False), ("CPU Power,Date", False),
    ):  # fmt: skip
        path.write_text(f"{text}\n")
        (found,) = importers.places.find([str(path)])
        assert isinstance(found, importers.places.Log)
        assert importers.available()["powerjoular"].claims(found) is claimed


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    trace=st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 500)), min_size=3, max_size=12), data=st.data()
)
def test_cutting_a_trace_at_any_row_keeps_its_energy(
    tmp_path: Path, trace: list[tuple[int, int]], data: st.DataObject
) -> None:
    at, rows = 0, []
    for step_ms, power in trace:
        at += step_ms
        rows.append(row(at / 1000, power))
    cut = data.draw(st.integers(1, len(rows) - 2))
    whole, first, second = (joules(read(log(tmp_path, *part))) for part in (rows, rows[: cut + 1], rows[cut:]))
    assert math.isclose(whole, first + second, rel_tol=1e-9)
