"""experiment-impact-tracker: the energy of samples in UTC between a start and an end in an unknown local time."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from reporter import importers

from .eit_run import CPU, FIRST, GPU, JOULES, ROWS, codes, info_told, local, one_run, read_run, row, write_run


def test_each_sample_stands_for_the_time_before_it_and_the_last_for_the_rest(tmp_path: Path) -> None:
    run = one_run(tmp_path / "run0")
    assert run.energy_kwh == pytest.approx(JOULES / 3.6e6, rel=1e-12)
    assert run.cpu_energy_kwh == pytest.approx((4 * 20 + 10 * 40 + 16 * 20) / 3.6e6, rel=1e-12)
    assert run.gpu_energy_kwh == pytest.approx((14 * 100 + 16 * 50) / 3.6e6, rel=1e-12)
    assert run.duration_s == 30
    assert run.started_at == datetime.fromtimestamp(FIRST - 4, UTC)
    assert run.ended_at == datetime.fromtimestamp(FIRST + 26, UTC)
    assert [end for end, _ in run.power_w] == [4, 14, 24, 30]
    assert [watts for _, watts in run.power_w] == pytest.approx([120, 140, 70, 70])
    assert (run.basis, run.machine_wide, run.reported_pue) == ("measured", False, 1.58)
    assert (run.country, run.region, run.cpu_model, run.cpu_count) == ("US", "US-CA", "Intel Xeon", 32)
    assert (run.gpu_model, run.gpu_count, run.tracker_version) == ("TITAN V", 2, "0.1.8")
    assert run.labels == {"experiment": "run0"}
    assert run.id == str(tmp_path / "run0")


def test_the_tracker_s_own_emissions_hold_its_pue(tmp_path: Path) -> None:
    run = one_run(tmp_path)
    assert run.reported_emissions_kg == pytest.approx(1.58 * JOULES / 3.6e6 * 0.25, rel=1e-12)
    assert run.reported_intensity_g_per_kwh == 250


def test_live_intensity_is_filled_forward_then_backward(tmp_path: Path) -> None:
    rows = [
        row(FIRST, realtime_carbon_intensity="n/a"),
        row(FIRST + 10, cpu=40.0, realtime_carbon_intensity=300),
        ROWS[2],
    ]
    run = one_run(tmp_path, rows)
    assert run.reported_emissions_kg == pytest.approx(1.58 * JOULES / 3.6e6 * 0.3, rel=1e-12)
    rows[2] = row(FIRST + 20, gpu=50.0, realtime_carbon_intensity="500")
    run = one_run(tmp_path, rows)
    grams = (4 * 120 + 10 * 140) * 300 + 16 * 70 * 500
    assert run.reported_emissions_kg == pytest.approx(1.58 * grams / 3.6e6 / 1000, rel=1e-12)
    assert run.reported_intensity_g_per_kwh == pytest.approx((300 + 300 + 500 + 500) / 4)


def test_intensity_that_is_never_told_leaves_emissions_unknown(tmp_path: Path) -> None:
    rows = [row(FIRST, realtime_carbon_intensity=None)]
    run = one_run(tmp_path, rows, info_told(region_carbon_intensity_estimate="absent", region=None))
    assert (run.reported_emissions_kg, run.reported_intensity_g_per_kwh, run.country) == (None, None, None)
    assert run.energy_kwh is not None


@pytest.mark.parametrize("offset_s", [-12 * 3600, -28_800, -12_600, 0, 3600, 19_800, 20_700, 45_900, 14 * 3600])
def test_the_zone_is_found_from_the_first_sample(tmp_path: Path, offset_s: int) -> None:
    reading = read_run(
        tmp_path,
        info=info_told(experiment_start=local(FIRST - 4, offset_s), experiment_end=local(FIRST + 26, offset_s)),
    )
    assert reading.runs[0].energy_kwh == pytest.approx(JOULES / 3.6e6, rel=1e-12)
    assert reading.runs[0].started_at == datetime.fromtimestamp(FIRST - 4, UTC)
    assert ("CR018" in codes(reading)) == (offset_s != 0)


def test_a_first_sample_that_comes_late_is_no_other_zone(tmp_path: Path) -> None:
    run = one_run(tmp_path, info=info_told(experiment_start=local(FIRST - 800)))
    assert run.duration_s == 826


def test_aware_times_are_taken_as_they_are(tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=3))
    start, end = (datetime.fromtimestamp(FIRST + shift, zone) for shift in (-4, 26))
    reading = read_run(tmp_path, info=info_told(experiment_start=start, experiment_end=end))
    assert reading.runs[0].energy_kwh == pytest.approx(JOULES / 3.6e6, rel=1e-12)
    assert "CR018" not in codes(reading)


def test_a_start_that_no_zone_explains_is_told(tmp_path: Path) -> None:
    reading = read_run(
        tmp_path, info=info_told(experiment_start=local(FIRST + 5 * 86400), experiment_end=local(FIRST + 6 * 86400))
    )
    assert reading.runs[0].duration_s == 20
    assert [finding.level for finding in reading.findings if finding.code == "CR018"] == ["warning"]


@pytest.mark.parametrize(("first", "shift"), [(1_572_764_400.0, -3600), (1_583_660_400.0, 3600)])
def test_clocks_that_change_during_the_run(tmp_path: Path, first: float, shift: int) -> None:
    # the nights of 3 November 2019 and 8 March 2020 in California
    rows = [row(first + 10 * number) for number in range(1500)]
    end = first + 15_000
    info = info_told(experiment_start=local(first - 4), experiment_end=local(end + shift))
    run = one_run(tmp_path, rows, info)
    assert run.energy_kwh == pytest.approx(120 * 15_004 / 3.6e6, rel=1e-9)
    assert run.duration_s == 15_004


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata"])
def test_the_reader_s_own_zone_changes_nothing(tmp_path: Path, zone: str) -> None:
    write_run(tmp_path)
    code = "import sys; from reporter import importers; run, = importers.read(sys.argv[1:]).runs; print(repr(run))"
    root = str(Path(importers.__file__).parents[2])
    told = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "TZ": name, "PYTHONPATH": root},
            capture_output=True, text=True, check=True,
        ).stdout
        for name in ("UTC", zone)
    ]  # fmt: skip
    assert told[0] == told[1]
    assert f"energy_kwh={JOULES / 3.6e6!r}"[:20] in told[1]


def test_a_missing_end_is_the_last_sample(tmp_path: Path) -> None:
    reading = read_run(tmp_path, info=info_told(experiment_end="absent"))
    assert reading.runs[0].duration_s == 24
    assert reading.runs[0].energy_kwh == pytest.approx((JOULES - 6 * 70) / 3.6e6, rel=1e-12)
    assert codes(reading).count("CR019") == 1


def test_a_stretched_last_sample_is_told_with_its_share(tmp_path: Path) -> None:
    reading = read_run(
        tmp_path, [row(FIRST + 10 * number) for number in range(11)], info_told(experiment_end=local(FIRST + 420))
    )
    assert reading.runs[0].energy_kwh == pytest.approx(120 * 424 / 3.6e6, rel=1e-12)
    (told,) = [finding.message for finding in reading.findings if finding.code == "CR016"]
    assert "320 s" in told
    assert "75%" in told


def test_samples_far_apart_are_told(tmp_path: Path) -> None:
    rows = [row(FIRST + 10 * number) for number in range(10)] + [row(FIRST + 790)]
    reading = read_run(tmp_path, rows, info_told(experiment_end=local(FIRST + 790)))
    (told,) = [finding.message for finding in reading.findings if finding.code == "CR017"]
    assert "700 s" in told


def test_a_clock_that_moved_back_takes_nothing_away(tmp_path: Path) -> None:
    times = [FIRST, FIRST + 10, FIRST + 20, FIRST - 3580, FIRST - 3570]
    rows = [row(time, cpu=500.0 if time == FIRST - 3580 else 20.0) for time in times]
    reading = read_run(tmp_path, rows)
    # 4 + 10 + 10 s forward, nothing for the step back, 10 s, and 6 s beyond the latest reading up to the end
    assert reading.runs[0].energy_kwh == pytest.approx(120 * 40 / 3.6e6, rel=1e-9)
    assert reading.runs[0].duration_s == pytest.approx(40)
    assert "CR015" in codes(reading)


def test_an_end_before_the_last_sample_is_told(tmp_path: Path) -> None:
    reading = read_run(tmp_path, info=info_told(experiment_end=local(FIRST + 12)))
    assert reading.runs[0].duration_s == 24
    assert "CR015" in codes(reading)


def test_a_step_that_lacks_one_reading_counts_in_its_part_alone(tmp_path: Path) -> None:
    reading = read_run(tmp_path, [ROWS[0], row(FIRST + 10, cpu=40.0, gpu=None), ROWS[2]])
    run = reading.runs[0]
    assert run.energy_kwh == pytest.approx((JOULES - 10 * 140) / 3.6e6, rel=1e-12)
    assert run.cpu_energy_kwh == pytest.approx((4 * 20 + 10 * 40 + 16 * 20) / 3.6e6, rel=1e-12)
    assert "CR026" in codes(reading)


def test_without_gpu_info_the_gpu_is_left_out_and_told(tmp_path: Path) -> None:
    reading = read_run(tmp_path, info=info_told(gpu_info="absent"))
    assert reading.runs[0].energy_kwh == pytest.approx((4 * 20 + 10 * 40 + 16 * 20) / 3.6e6, rel=1e-12)
    assert (reading.runs[0].gpu_energy_kwh, reading.runs[0].gpu_count) == (None, None)
    assert "CR025" in codes(reading)


def test_a_gpu_that_was_not_metered_is_told(tmp_path: Path) -> None:
    rows = [{key: value for key, value in row.items() if "nvidia" not in key} for row in ROWS]
    reading = read_run(tmp_path, rows)
    assert reading.runs[0].energy_kwh == reading.runs[0].cpu_energy_kwh == pytest.approx(800 / 3.6e6)
    assert "CR025" in codes(reading)


@pytest.mark.parametrize(
    "rows", [[{"timestamp": FIRST, "cpu_time_seconds": {}}], [row(FIRST, 0, 0), row(FIRST + 10, 0, 0)]]
)
def test_power_that_could_not_be_read_is_not_zero_energy(tmp_path: Path, rows: Any) -> None:
    reading = read_run(tmp_path, rows)
    run = reading.runs[0]
    assert (run.energy_kwh, run.cpu_energy_kwh, run.gpu_energy_kwh, run.reported_emissions_kg) == (
        None,
        None,
        None,
        None,
    )
    assert run.duration_s == 30
    assert "CR013" in codes(reading)


def test_attributed_power_above_the_machine_s_is_kept_and_told(tmp_path: Path) -> None:
    reading = read_run(tmp_path, [row(FIRST, cpu=90.0)])
    assert reading.runs[0].energy_kwh == pytest.approx(30 * 190 / 3.6e6)
    assert "CR020" in codes(reading)


@pytest.mark.parametrize("wrong", [-5.0, 1e9, 1e308])
def test_impossible_power_is_not_told(tmp_path: Path, wrong: float) -> None:
    reading = read_run(tmp_path, [ROWS[0], row(FIRST + 10, cpu=wrong), ROWS[2]])
    assert reading.runs[0].energy_kwh == pytest.approx((JOULES - 10 * 140) / 3.6e6, rel=1e-12)
    assert "CR035" in codes(reading)


def test_zip_archives_and_trees(tmp_path: Path) -> None:
    source = write_run(tmp_path / "source") / "impacttracker"
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in (0, 1):
        with zipfile.ZipFile(logs / f"{number}.zip", "w") as archive:
            archive.write(source / "info.pkl", "info.pkl")
            archive.write(source / "data.json", "data.json")
    write_run(logs / "tree")
    reading = importers.read([str(logs)])
    assert {run.id: run.labels["experiment"] for run in reading.runs} == {
        str(logs / "0.zip"): "0", str(logs / "1.zip"): "1", str(logs / "tree"): "tree",
    }  # fmt: skip
    assert [run.energy_kwh for run in reading.runs] == pytest.approx([JOULES / 3.6e6] * 3, rel=1e-12)


def test_the_csv_of_the_first_versions(tmp_path: Path) -> None:
    place = write_run(tmp_path) / "impacttracker"
    keys = ["timestamp", CPU, GPU]
    rows = [
        ",".join(["", *keys]),
        *(",".join([str(n), *(str(row[key]) for key in keys)]) for n, row in enumerate(ROWS)),
    ]
    (place / "data.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    both = importers.read([str(tmp_path)])
    assert len(both.runs) == 1
    assert "CR011" in codes(both)
    (place / "data.json").unlink()
    (run,) = importers.read([str(tmp_path)]).runs
    assert run.energy_kwh == pytest.approx(JOULES / 3.6e6, rel=1e-12)


def test_the_drawn_curve_is_short_and_keeps_the_energy(tmp_path: Path) -> None:
    rows = [row(FIRST + 10 * number, cpu=float(number % 97)) for number in range(1203)]
    run = one_run(tmp_path, rows, info_told(experiment_end=local(FIRST + 12_100)))
    assert len(run.power_w) <= 500
    begun, joules = 0.0, 0.0
    for end, watts in run.power_w:
        joules += (end - begun) * watts
        begun = end
    assert begun == pytest.approx(run.duration_s)
    assert joules / 3.6e6 == pytest.approx(run.energy_kwh, rel=1e-9)
