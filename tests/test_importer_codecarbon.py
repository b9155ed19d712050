"""CodeCarbon, what rows mean: running totals, restarts, chains of backups, PUE, task files, every schema."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers

from .conftest import HEADER, SAMPLES, emissions_csv

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run

SAMPLE = SAMPLES / "codecarbon"
UUID = "5b0fa12a-3dd7-45bb-9766-{:012d}"


def read(*paths: Path) -> Reading:
    return importers.read([str(path) for path in paths])


def row(energy: float, **others: object) -> dict[str, object]:
    """A row whose parts and emissions go with its energy (1 kWh: 50 g)."""
    parts = {"cpu_energy": energy / 4, "gpu_energy": energy / 2, "ram_energy": energy / 4}
    return {"energy_consumed": energy, "emissions": energy * 0.05, **parts, **others}


def table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def said(reading: Reading, code: str) -> list[str]:
    return [f"{finding.where}: {finding.message}" for finding in reading.findings if finding.code == code]


def energies(reading: Reading) -> dict[str, float | None]:
    return {run.id: run.energy_kwh for run in reading.runs}


def only(reading: Reading) -> Run:
    (run,) = reading.runs
    return run


def test_a_row_becomes_a_run(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path)
    run = only(read(path))
    assert (run.id, run.tracker, run.source, run.line) == ("run-1", "codecarbon", str(path), 2)
    assert (run.energy_kwh, run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh) == (0.4, 0.08, 0.3, 0.02)
    assert (run.duration_s, str(run.started_at), str(run.ended_at)) == (
        3600, "2026-03-01 11:00:00", "2026-03-01 12:00:00",
    )  # fmt: skip
    assert (run.reported_emissions_kg, run.reported_pue, run.country, run.region) == (0.0165, 1.0, "FRA", None)
    assert run.reported_intensity_g_per_kwh == pytest.approx(41.25)
    assert (run.tracker_version, run.gpu_model, run.machine_wide) == ("3.3.2", "1 x Some GPU", True)
    assert (run.labels, run.basis) == ({"project": "demo"}, "reported")


def test_rows_hold_running_totals_and_the_largest_counts(tmp_path: Path) -> None:
    a, b = {"run_id": "a"}, {"run_id": "b"}
    interleaved = [row(0.1, **a, duration=10), row(1, **b, duration=11), row(0.2, **a, duration=20),
                   row(3, **b, duration=31), row(0.3, **a, duration=30)]  # fmt: skip
    reading = read(emissions_csv(tmp_path, *interleaved))
    assert energies(reading) == {"a": 0.3, "b": 3.0}
    assert [run.duration_s for run in reading.runs] == [30, 31]
    assert [run.line for run in reading.runs] == [6, 5]
    assert [run.reported_emissions_kg for run in reading.runs] == pytest.approx([0.015, 0.15])
    assert codes(reading) == ["CR010"]
    assert (reading.inputs[0].rows, reading.inputs[0].runs, reading.inputs[0].skipped) == (5, 2, 0)


def test_an_earlier_total_below_a_later_one_changes_nothing(tmp_path: Path) -> None:
    rows = [row(0.3, duration=30), row(0.1, duration=10), row(0.3, duration=30)]
    run = only(read(emissions_csv(tmp_path, *rows)))
    assert (run.energy_kwh, run.duration_s) == (0.3, 30)


def test_a_restarted_tracker_counts_energy_on_but_its_clock_from_0(tmp_path: Path) -> None:
    run = only(read(emissions_csv(tmp_path, row(0.3, duration=40), row(0.5, duration=20), row(0.6, duration=25))))
    assert (run.energy_kwh, run.duration_s) == (0.6, 65)
    assert only(read(SAMPLE / "3.3.2-restart")).duration_s == pytest.approx(4.005753956000035 + 2.000712366000016)


def test_a_chain_of_backups_is_one_log(tmp_path: Path) -> None:
    """Named so that the order of names is not their age: a restart's durations tell the order they were read in."""
    legs = {"emissions.csv.bak": (0.1, 40), "emissions.csv_2.bak": (0.2, 30), "emissions.csv_10.bak": (0.3, 20),
            "emissions.csv": (0.4, 10)}  # fmt: skip
    for name, (energy, duration) in legs.items():
        other = {"run_id": f"only-in-{name}"}
        emissions_csv(tmp_path, row(energy, duration=duration), row(1, **other), name=name)
    reading = read(tmp_path)
    found = energies(reading)
    assert (len(found), found["run-1"]) == (5, 0.4)
    assert next(run for run in reading.runs if run.id == "run-1").duration_s == 100
    assert "CR011" not in codes(reading)


def test_one_file_of_a_chain_tells_what_its_siblings_would_add(tmp_path: Path) -> None:
    emissions_csv(tmp_path, row(1, run_id="a"), row(2, run_id="b"), name="emissions.csv.bak")
    emissions_csv(tmp_path, row(2.5, run_id="b"), row(4, run_id="c"), row(4.5, run_id="c"), name="emissions.csv_0.bak")
    live = emissions_csv(tmp_path, row(8, run_id="d"))
    emissions_csv(tmp_path, row(99, run_id="e"), name="other.csv")
    reading = read(live)
    assert energies(reading) == {"d": 8}
    (told,) = said(reading, "CR011")
    assert "emissions.csv.bak, emissions.csv_0.bak" in told
    assert "add 3 runs and 8 kWh" in told
    (told,) = said(read(tmp_path / "emissions.csv.bak"), "CR011")
    assert "add 2 runs and 13 kWh" in told, "b has 0.5 kWh more in the next file: 0.5 + 4.5 + 8"
    (told,) = said(read(tmp_path / "emissions.csv.bak", live), "CR011")
    assert "emissions.csv_0.bak beside it would add 1 runs and 5 kWh" in told
    assert said(read(tmp_path), "CR011") == []


def test_a_damaged_sibling_does_not_stop_the_file_that_was_named(tmp_path: Path) -> None:
    live = emissions_csv(tmp_path)
    (tmp_path / "emissions.csv.bak").write_text(HEADER + "\n<<<<<<< ours\n")
    assert "cannot be read" in said(read(live), "CR011")[0]


def test_pue_is_divided_out_of_energies_but_not_of_emissions(tmp_path: Path) -> None:
    run = only(read(emissions_csv(tmp_path, row(0.6, pue=1.5))))
    assert [run.energy_kwh, run.reported_pue] == pytest.approx([0.4, 1.5])
    assert (run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh) == pytest.approx((0.1, 0.2, 0.1))
    assert run.reported_emissions_kg == pytest.approx(0.03)
    assert run.reported_intensity_g_per_kwh == pytest.approx(50), "grams over energy with PUE, as the tracker reckons"


@pytest.mark.parametrize(("pue", "told"), [("0.5", ["CR033"]), ("0", ["CR033"]), ("", []), ("x", ["CR008"])])
def test_a_pue_that_cannot_be_is_not_divided_out(tmp_path: Path, pue: str, told: list[str]) -> None:
    reading = read(emissions_csv(tmp_path, {"pue": pue}))
    assert (only(reading).energy_kwh, only(reading).reported_pue) == (0.4, None)
    assert codes(reading) == told


def test_before_2_2_3_there_is_no_pue() -> None:
    reading = read(SAMPLE / "2.1.4-flush")
    assert [run.reported_pue for run in reading.runs] == [None, None]
    assert math.fsum(run.energy_kwh or 0 for run in reading.runs) == pytest.approx(0.00012832135126587742, rel=1e-12)


def test_tasks_beside_their_run_are_not_added_but_tell_its_duration() -> None:
    reading = read(SAMPLE / "3.3.2-tasks")
    run = only(reading)
    assert run.energy_kwh == 6.223266812666553e-05
    assert run.duration_s == pytest.approx(2.0009240150000096 + 4.000773611999875 + 2.0009317660001216)
    assert codes(reading) == ["CR012"]
    (path,) = (SAMPLE / "3.3.2-tasks").glob("emissions_base*")
    reading = read(SAMPLE / "3.3.2-tasks" / "emissions.csv", SAMPLE / ".." / "codecarbon" / "3.3.2-tasks" / path.name)
    assert only(reading).energy_kwh == run.energy_kwh, "one folder, however it is written"


def test_tasks_alone_add_up() -> None:
    (path,) = (SAMPLE / "3.3.2-tasks").glob("emissions_base*")
    reading = read(path)
    run = only(reading)
    assert run.energy_kwh == pytest.approx((1.5559733143332628 + 3.11140524500004 + 1.5558882533332508) * 1e-5)
    assert run.reported_emissions_kg == pytest.approx((0.87195188562 + 1.74360038525 + 0.87190421829) * 1e-6)
    assert run.cpu_energy_kwh == pytest.approx((4.44635286 + 8.89032502222 + 4.44613542222) * 1e-6)
    assert run.duration_s == pytest.approx(8.0026293)
    assert (run.id, str(run.ended_at)) == ("7a0766e3-116f-4e51-bff2-dc762a393cd1", "2026-11-21 11:15:27")
    assert codes(reading) == ["CR012"]


A_HEADER = (
    "experiment_id,timestamp,project_name,duration,emissions,energy_consumed,country_name,country_iso_code,region,"
    "on_cloud,cloud_provider,cloud_region"
)
B_HEADER = A_HEADER.replace("experiment_id,timestamp", "timestamp,experiment_id")
OLD_TAIL = "demo,10,0.1,0.5,Canada,CAN,quebec,N,,"


def test_before_2_0_every_row_is_a_run(tmp_path: Path) -> None:
    first, second = UUID.format(1), UUID.format(2)
    for header, cells in ((A_HEADER, "{1},{0}"), (B_HEADER, "{0},{1}")):
        rows = [f"{cells.format('2021-03-01T10:00:00', name)},{OLD_TAIL}" for name in (first, second)]
        reading = read(table(tmp_path / "emissions.csv", header, *rows))
        assert [run.energy_kwh for run in reading.runs] == [0.5, 0.5]
        assert [str(run.ended_at) for run in reading.runs] == ["2021-03-01 10:00:00"] * 2
        assert [(run.country, run.region, run.tracker_version) for run in reading.runs] == [("CAN", "quebec", None)] * 2
        assert codes(reading) == []


def test_rows_of_1_x_under_the_header_of_0_x_are_put_right(tmp_path: Path) -> None:
    rows = [f"{UUID.format(1)},2021-03-01T10:00:00,{OLD_TAIL}", f"2021-03-01T11:00:00,{UUID.format(2)},{OLD_TAIL}"]
    reading = read(table(tmp_path / "emissions.csv", A_HEADER, *rows))
    assert [str(run.ended_at) for run in reading.runs] == ["2021-03-01 10:00:00", "2021-03-01 11:00:00"]
    assert codes(reading) == []


def test_a_blank_run_id_makes_each_row_a_run_of_its_own(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, row(1, run_id=""), row(2, run_id=" "), row(3, run_id="c"))
    reading = read(path)
    assert energies(reading) == {f"{path}:2": 1, f"{path}:3": 2, "c": 3}


def test_schemas_of_forks_are_read_by_name(tmp_path: Path) -> None:
    """An index column, padded and upper-case names, other orders and names, unknown columns, empty ones at the end."""
    header = ",Energy_Consumed , DURATION,accuracy,emissions,country,experiment_name,cloud_provider,notes,,"
    row_ = '0, 0.5 ,10,0.93,0.1,Canada,trial,,"long, note",,'
    short = "1,0.25,20,0.94,0.2,Germany,trial 2,,fine"
    reading = read(table(tmp_path / "mine.csv", header, row_, short))
    assert [run.energy_kwh for run in reading.runs] == [0.5, 0.25]
    assert [run.reported_emissions_kg for run in reading.runs] == [0.1, 0.2]
    assert [run.country for run in reading.runs] == ["Canada", "Germany"]
    assert [run.labels for run in reading.runs] == [{"experiment": "trial"}, {"experiment": "trial 2"}]
    assert (codes(reading), reading.inputs[0].skipped) == ([], 0), "a row that lacks unnamed cells alone is whole"


def test_empty_columns_at_the_end_do_not_hide_the_pue(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, row(0.6, pue=1.5))
    lines = path.read_text().splitlines()
    path.write_text(f"{lines[0]},,\n{lines[1]}\n{lines[1].replace('run-1', 'run-2')},,,,\n")
    reading = read(path)
    assert [run.energy_kwh for run in reading.runs] == pytest.approx([0.4, 0.4])
    assert codes(reading) == []


def test_a_country_s_name_stands_in_for_a_blank_code(tmp_path: Path) -> None:
    assert only(read(emissions_csv(tmp_path, {"country_iso_code": ""}))).country == "France"


def test_without_the_total_the_parts_are_added(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b", "ram_energy": ""}, {"run_id": "c"})
    lines = path.read_text().splitlines()
    column = HEADER.split(",").index("energy_consumed")
    cut = [",".join(cell for place, cell in enumerate(line.split(",")) if place != column) for line in lines]
    cut[3] = cut[3].replace("0.08,0.3,0.02", ",,")
    reading = read(table(path, *cut))
    assert energies(reading) == pytest.approx({"run-1": 0.4, "b": 0.38})
    assert "CR013" in codes(reading)
    assert said(reading, "CR002") == [f"{path}:4: no energy is told; row skipped"]


def test_doubtful_figures_are_told(tmp_path: Path) -> None:
    late, backwards = row(0.4, run_id="b", duration=36000), row(0.4, run_id="c", duration=-5)
    reading = read(emissions_csv(tmp_path, {"cpu_energy": 0.5}, late, backwards))
    assert codes(reading) == ["CR030", "CR035", "CR015"]
    assert [run.duration_s for run in reading.runs] == [3600, 36000, None]
    assert reading.runs[2].started_at is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_files_of_a_folder_do_not_change_the_totals(tmp_path: Path, data: Any) -> None:
    energies_kwh = data.draw(st.lists(st.floats(1e-9, 1e3), min_size=2, max_size=8))
    rows = [row(energy, run_id=f"run-{number}", pue=1.25) for number, energy in enumerate(energies_kwh)]
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(1, len(rows) - 1))
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir(exist_ok=True)
    whole = read(emissions_csv(one, *rows))
    emissions_csv(two, *shuffled[:cut], name="emissions.csv.bak")
    emissions_csv(two, *shuffled[cut:])
    split = read(two)
    assert energies(whole) == energies(split)
    assert sum(energies_kwh) / 1.25 == pytest.approx(math.fsum(run.energy_kwh or 0 for run in whole.runs))
    assert {run.id: run.reported_emissions_kg for run in whole.runs} == {
        run.id: run.reported_emissions_kg for run in split.runs
    }


def test_a_row_without_emissions_keeps_its_energy(tmp_path: Path) -> None:
    run = only(read(emissions_csv(tmp_path, {"emissions": ""})))
    assert run.energy_kwh == 0.4
    assert run.reported_emissions_kg is None
    assert run.reported_intensity_g_per_kwh is None


def test_a_sum_over_tasks_that_lacks_a_part_is_not_told(tmp_path: Path) -> None:
    header = "task_name,run_id,timestamp,duration,emissions,energy_consumed,cpu_energy,country_name,country_iso_code"
    rows = ["a,r,2026-03-01T12:00:00,10,0.1,1.0,0.5,France,FRA", "b,r,2026-03-01T12:01:00,,,2.0,,France,FRA"]
    path = tmp_path / "emissions_base_r.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    run = only(read(path))
    assert run.energy_kwh == 3.0
    assert (run.duration_s, run.cpu_energy_kwh, run.reported_emissions_kg) == (None, None, None)
