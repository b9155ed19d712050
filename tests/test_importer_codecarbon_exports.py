"""CodeCarbon's other exports: running totals of the logger, deltas of the dashboard and API, files that nest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import logs
from reporter.run import Reading, Run

from .conftest import SAMPLES, emissions_csv

EXPORTS = SAMPLES / "codecarbon-exports"
DASHBOARD = EXPORTS / "dashboard"
UUID = "5b0fa12a-3dd7-45bb-9766-{:012d}"
RUNS = (
    "runId,timestamp,emissions,energy_consumed,duration,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,"
    "gpu_model,region,provider,ram_total_size,tracking_mode"
)
EXPERIMENTS = "experiment_id,name,emissions,energy_consumed,duration"
DELTAS = (
    "timestamp,emissions_sum,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,"
    "energy_consumed"
)
UNKNOWN = "," * 11  # a run without metadata
PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def logged(energy: float, **others: object) -> dict[str, Any]:
    usual = {
        "timestamp": "2026-03-01T12:00:00", "project_name": "demo", "run_id": UUID.format(1), "duration": 3600.0,
        "emissions": energy * 0.05, "cpu_power": 80, "cpu_energy": energy / 4, "gpu_energy": energy / 2,
        "ram_energy": energy / 4, "energy_consumed": energy, "country_name": "France", "country_iso_code": "FRA",
        "region": None, "codecarbon_version": "3.3.2", "tracking_mode": "machine", "longitude": 2.3, "pue": 1,
    }  # fmt: skip
    return {**usual, **others}


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def energies(reading: Reading) -> dict[str, float | None]:
    return {run.id: run.energy_kwh for run in reading.runs}


def codes(reading: Reading) -> set[str]:
    return {finding.code for finding in reading.findings}


def only(reading: Reading) -> Run:
    (run,) = reading.runs
    return run


def test_the_logger_s_rows_hold_running_totals(tmp_path: Path) -> None:
    other = {"run_id": UUID.format(2)}
    rows = [logged(0.1, duration=10), logged(1, **other), logged(0.3, duration=30), logged(0.2, duration=20)]
    reading = read(write(tmp_path / "emissions.log", *rows))
    assert energies(reading) == {UUID.format(1): 0.3, UUID.format(2): 1.0}
    assert "CR010" in codes(reading)
    run = reading.runs[0]
    assert (run.tracker, run.duration_s, run.country, run.line) == ("codecarbon-exports", 30, "FRA", 3)
    assert run.reported_emissions_kg == pytest.approx(0.015)
    assert "2.3" not in repr(run.labels)


def test_its_pue_is_divided_out(tmp_path: Path) -> None:
    run = only(read(write(tmp_path / "emissions.json", logged(0.3, pue=1.5))))
    assert [run.energy_kwh, run.gpu_energy_kwh, run.reported_pue] == pytest.approx([0.2, 0.1, 1.5])


@pytest.mark.parametrize("form", [
    "{}", "INFO:emissions:{}", "2026-03-01 12:00:00,123 INFO {{epoch 3}} emissions: {}",
    '{{"jsonPayload": {}, "severity": "INFO"}}', "[{}]",
])  # fmt: skip
def test_whatever_a_formatter_puts_round_it(tmp_path: Path, form: str) -> None:
    text = form.format(json.dumps(logged(0.3)))
    before = ["2026-03-01 starting"] if "INFO" in form and not form.startswith("{") else []
    assert energies(read(write(tmp_path / "run.log", *before, text))) == {UUID.format(1): 0.3}


def test_a_pretty_printed_record(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(logged(0.3), indent=4, sort_keys=True))
    assert energies(read(path)) == {UUID.format(1): 0.3}


def test_bad_records_are_skipped_and_told(tmp_path: Path) -> None:
    bad = [logged(0.3), logged(1, energy_consumed="much"), logged(1, run_id="b", emissions=-1)]
    path = write(tmp_path / "emissions.log", *bad)
    path.write_text(path.read_text() + json.dumps(logged(5))[:80])
    reading = read(path)
    assert energies(reading) == {UUID.format(1): 0.3}
    assert (reading.inputs[0].rows, reading.inputs[0].skipped) == (4, 3)
    assert {"CR002", "CR003"} <= codes(reading)


@pytest.mark.parametrize("content, message", [
    (json.dumps(logged(1, energy_consumed="much")), "none of the 1 rows"),
    (EXPERIMENTS, "no row below it"),
    (EXPERIMENTS + "\na,b,c,d,e", "none of the 1 rows"),
    (RUNS, "no row below it"),
    ('{"projects": [{"experiments": []}]}', "no row below it"),
    ('{"projects": [{"experiments": [', "cut off"),
])  # fmt: skip
def test_what_cannot_be_read_says_why(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "export.txt"
    path.write_text(content + "\n")
    with pytest.raises(ReportError, match=message):
        read(path)


def test_deltas_are_added_up(tmp_path: Path) -> None:
    """The API's rows repeat a run's id: of emissions.csv the largest would count, here all do."""
    runs = {run.id: run for run in read(EXPORTS / "api").runs}
    told = {name[-2:]: [run.energy_kwh, run.reported_emissions_kg, run.duration_s] for name, run in runs.items()}
    assert told["01"] == pytest.approx([0.028, 0.0014, 90])
    assert told["02"] == pytest.approx([0.05, 0.0025, 60])
    assert "CR041" in codes(read(EXPORTS / "api"))


def test_one_run_s_emissions_take_its_id_from_the_file_s_name(tmp_path: Path) -> None:
    path = tmp_path / f"Demo_run_{UUID.format(7)}_emissions.csv"
    rest = ",0,1,2,3,0.1,0.2,0.1,0.4"
    write(path, DELTAS, f"2026-03-01T10:00:00,0.001{rest}", f"2026-03-01T10:01:00,0.002{rest}")
    run = only(read(path))
    assert (run.id, run.energy_kwh, run.cpu_energy_kwh, run.duration_s) == (UUID.format(7), 0.8, 0.2, None)
    assert str(run.ended_at) == "2026-03-01 10:01:00"


def test_a_sum_that_lacks_a_part_is_not_told(tmp_path: Path) -> None:
    rows = ("2026-03-01T10:00:00,N/A,0,1,2,3,,,,0.4", "2026-03-01T10:01:00,0.002,0,1,2,3,,,,0.4")
    run = only(read(write(tmp_path / "deltas.csv", DELTAS, *rows)))
    assert (run.energy_kwh, run.reported_emissions_kg) == (0.8, None)


def test_commas_in_names_add_cells(tmp_path: Path) -> None:
    line = "a,2026-03-01T10:00:00,0.002,0.04,600,Linux,3.11.7,3.3.2,16,{},{},{},N/A,aws,64,machine"
    for cpu, count, gpu in (
        ("Xeon, 8 cores", "1", "1 x Some GPU, 40 GB"), ("Xeon", "2", "2 x Some GPU"), ("a, b, c", "null", "N/A"),
    ):  # fmt: skip
        run = only(read(write(tmp_path / "Demo_runs.csv", RUNS, line.format(cpu, count, gpu))))
        assert (run.energy_kwh, run.cpu_count, run.cloud_provider, run.ram_gb) == (0.04, 16, "aws", 64)
        assert run.cpu_model == cpu
        assert run.gpu_model == (None if gpu == "N/A" else gpu)
        assert (str(run.started_at), str(run.ended_at)) == ("2026-03-01 10:00:00", "2026-03-01 10:10:00")
    run = only(read(write(tmp_path / "Demo_experiments.csv", EXPERIMENTS, "id-1,teacher, student, both,0.01,0.2,60")))
    assert (run.labels["experiment"], run.energy_kwh, run.duration_s) == ("teacher, student, both", 0.2, 60)


def test_files_of_one_project_nest_and_each_energy_counts_once() -> None:
    """Experiments hold runs, runs hold emissions, the JSON dump holds all: 0.35 kWh, where the files add up to 0.69."""
    reading = read(DASHBOARD)
    assert sorted(filter(None, energies(reading).values())) == pytest.approx([0.04, 0.06, 0.25])
    assert {"CR011", "CR041"} <= codes(reading)
    detailed = next(run for run in reading.runs if run.energy_kwh == pytest.approx(0.04))
    assert [detailed.cpu_energy_kwh, detailed.duration_s, detailed.cpu_count] == pytest.approx([0.013, 600, 16])


@pytest.mark.parametrize("left_out", sorted(path.name for path in DASHBOARD.iterdir()))
def test_without_any_one_of_its_files_nothing_is_lost_or_doubled(tmp_path: Path, left_out: str) -> None:
    shutil.copytree(DASHBOARD, tmp_path / "export")
    (tmp_path / "export" / left_out).unlink()
    total = sum(filter(None, energies(read(tmp_path / "export")).values()))
    assert total == pytest.approx(0.1 if left_out.endswith("_experiments.csv") else 0.35)


def test_an_experiment_with_more_than_its_runs_here_counts_instead(tmp_path: Path) -> None:
    """One run's emissions beside an experiment of several runs: the experiment has it all."""
    shutil.copy(DASHBOARD / "Toy_Project_experiments.csv", tmp_path)
    (emissions,) = DASHBOARD.glob("*_emissions.csv")
    shutil.copy(emissions, tmp_path)
    reading = read(tmp_path)
    assert sorted(filter(None, energies(reading).values())) == pytest.approx([0.1, 0.25])
    assert "the experiments count" in " ".join(finding.message for finding in reading.findings)


def test_a_project_s_runs_without_their_experiment_s_name(tmp_path: Path) -> None:
    write(tmp_path / "P_experiments.csv", EXPERIMENTS, "e1,one,0.01,0.2,60", "e2,two,0.01,0.3,60")
    stamp = "2026-03-01T10:00:00"
    write(tmp_path / "P_runs.csv", RUNS, f"a,{stamp},0.01,0.2,60{UNKNOWN}", f"b,{stamp},0.01,0.3,60{UNKNOWN}")
    write(tmp_path / "Q_runs.csv", RUNS, f"c,{stamp},0.01,7,60{UNKNOWN}")
    assert energies(read(tmp_path)) == {"a": 0.2, "b": 0.3, "c": 7}


def test_all_outputs_of_one_run_count_once(tmp_path: Path) -> None:
    """emissions.csv, the logger and a BoAmps report of one run in a folder: the one that tells most counts."""
    identity = UUID.format(3)
    emissions_csv(tmp_path, {"run_id": identity, "pue": 1.5})
    write(tmp_path / "emissions.log", logged(0.4, run_id=identity, pue=1.5))
    measure = {"measurementMethod": "codecarbon", "powerConsumption": 0.4}
    report = {"header": {"reportId": identity}, "measures": [measure]}
    write(tmp_path / f"boamps_report_{identity}.json", report)
    reading = read(tmp_path)
    run = only(reading)
    assert [run.energy_kwh, run.reported_pue] == pytest.approx([0.4 / 1.5, 1.5])
    assert run.reported_emissions_kg is not None
    assert "CR021" in codes(reading)


def test_a_d2m_pipeline_reads_as_codecarbon_by_stage(tmp_path: Path) -> None:
    """d2m writes one row a stage with project_name = stage; its plots say g, its figures are kg."""
    stages = {"preprocess": 0.001, "train": 0.02, "evaluate": 0.002}
    rows = [
        {"run_id": UUID.format(place), "project_name": stage, "emissions": kg}
        for place, (stage, kg) in enumerate(stages.items())
    ]
    runs = read(emissions_csv(tmp_path, *rows)).runs
    assert {run.labels["project"]: run.reported_emissions_kg for run in runs} == stages
    assert {run.tracker for run in runs} == {"codecarbon"}


def test_no_other_tracker_s_file_is_claimed(tmp_path: Path) -> None:
    ours = importers.available()["codecarbon-exports"]
    emissions_csv(tmp_path)
    write(tmp_path / "rows.jsonl", {"run_id": "a", "energy": 5, "emissions": 1})
    write(tmp_path / "generic.csv", "name,emissions,energy_consumed,duration", "a,1,2,3")
    write(tmp_path / "data.json", {"projects": [], "runs": []})
    found = [log for log in logs.find([str(tmp_path)]) if isinstance(log, logs.Log)]
    assert len(found) == 4
    assert not any(ours.claims(log) for log in found)


@given(parts=st.lists(st.floats(1e-6, 10), min_size=1, max_size=12), cut=st.integers(0, 12), shuffle=st.randoms())
@PROPERTY
def test_deltas_in_any_order_and_in_two_files(tmp_path: Path, parts: list[float], cut: int, shuffle: Any) -> None:
    header = "timestamp,run_id,duration,emissions_sum,energy_consumed"
    rows = [f"2026-01-01T00:00:00,run,1,{part / 20!r},{part!r}" for part in parts]
    whole = only(read(write(tmp_path / "all.csv", header, *rows))).energy_kwh
    assert whole == pytest.approx(sum(parts))
    shuffle.shuffle(rows)
    assert only(read(write(tmp_path / "all.csv", header, *rows))).energy_kwh == pytest.approx(whole)
    named = [row.replace(",run,", f",{'a' if place < cut else 'b'},") for place, row in enumerate(rows)]
    halves = read(write(tmp_path / "all.csv", header, *named))
    assert sum(run.energy_kwh or 0 for run in halves.runs) == pytest.approx(whole)


@given(totals=st.lists(st.floats(1e-6, 10), min_size=1, max_size=8), shuffle=st.randoms())
@PROPERTY
def test_running_totals_in_any_order_count_the_largest(tmp_path: Path, totals: list[float], shuffle: Any) -> None:
    rows = [logged(total) for total in totals]
    shuffle.shuffle(rows)
    path = write(tmp_path / "emissions.log", *rows, *rows)
    assert only(read(path)).energy_kwh == max(totals)
