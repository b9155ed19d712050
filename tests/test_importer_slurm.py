"""Slurm: which energy is the job's, what is not measured, forms of times and tables, JSON, Jean Zay's dump."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import logs, sacct
from reporter.run import Reading, Run

from .conftest import SAMPLES, emissions_csv

HEADER = "JobID|JobName|Partition|State|Start|End|Elapsed|NCPUS|NodeList|AllocTRES|ConsumedEnergyRaw|ConsumedEnergy"
PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def row(job: str, energy: object = "", **others: object) -> str:
    usual: dict[str, object] = {
        "JobID": job, "JobName": "train", "Partition": "gpu", "State": "COMPLETED", "Start": "2026-02-03T08:00:00",
        "End": "2026-02-03T09:00:00", "Elapsed": "01:00:00", "NCPUS": 64, "NodeList": "", "AllocTRES": "",
        "ConsumedEnergyRaw": energy, "ConsumedEnergy": "",
    }  # fmt: skip
    return "|".join(str({**usual, **others}[name]) for name in HEADER.split("|"))


def table(folder: Path, *rows: str, header: str = HEADER, name: str = "sacct.txt") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def joules(reading: Reading) -> dict[str, float | None]:
    return {run.id: None if run.energy_kwh is None else round(run.energy_kwh * 3.6e6, 3) for run in reading.runs}


def codes(reading: Reading) -> set[str]:
    return {finding.code for finding in reading.findings}


def only(reading: Reading) -> Run:
    (run,) = reading.runs
    return run


def test_a_job_s_row_counts_and_its_steps_do_not(tmp_path: Path) -> None:
    """ARCHER2's four rows of one job all tell the same energy of the same nodes."""
    same = [row(job, 4_580_000) for job in ("41", "41.batch", "41.extern", "41.0")]
    reading = read(table(tmp_path, *same))
    assert joules(reading) == {"41": 4_580_000}
    assert {"CR039", "CR049"} <= codes(reading)
    assert not [finding for finding in reading.findings if finding.level != "note"]


def test_a_job_becomes_a_run() -> None:
    runs = {run.id: run for run in read(SAMPLES / "slurm" / "sacct").runs}
    run = runs["4102_1"]
    assert (run.energy_kwh, run.duration_s, run.cpu_count) == (7.5, 90_000, 128)
    assert (run.gpu_count, run.gpu_model, run.ram_gb) == (4, "a100", 200)
    assert (str(run.started_at), str(run.ended_at)) == ("2026-02-04 09:00:00", "2026-02-05 10:00:00")
    assert (run.basis, run.machine_wide, run.host) == ("measured", True, "/nid003")
    assert run.labels == {"job": "sweep", "partition": "standard", "state": "COMPLETED"}
    assert set(runs) == {"4101", "4102_1", "4102_2", "4103+0", "4103+1", "4104"}, "parts are jobs"


def test_nobody_s_name_is_kept(tmp_path: Path) -> None:
    header = "UID|User|Account|WorkDir|" + HEADER
    cancelled = row("1", 5, State="CANCELLED by 1001")
    path = table(tmp_path, "1001|someone|somebody|/home/someone|" + cancelled, header=header)
    assert not {"someone", "somebody", "1001", "CANCELLED by 1001"} & set(only(read(path)).labels.values())
    assert only(read(path)).labels["state"] == "CANCELLED"


@pytest.mark.parametrize("steps, expected", [
    ({"0": 60, "1": 40}, 100),
    ({"batch": 100, "extern": 100, "0": 60, "1": 40}, 100),
    ({"batch": 70, "0": 60, "1": 40}, 100),
    ({"batch": 130, "0": 60, "1": 40}, 130),
    ({"batch": 50}, 50),
    ({"extern": 90, "0": 80}, 90),
])  # fmt: skip
@pytest.mark.parametrize("own", ["", "0", None, "18446744073709551614"])
def test_without_the_job_s_energy_its_steps_tell_it(
    tmp_path: Path, steps: dict[str, int], expected: int, own: str | None
) -> None:
    times = {"0": ("08:00:00", "08:30:00"), "1": ("08:30:00", "09:00:00")}
    rows = [] if own is None else [row("7", own)]
    for name, energy in steps.items():
        start, end = times.get(name, ("08:00:00", "09:00:00"))
        rows.append(row(f"7.{name}", energy, Start=f"2026-02-03T{start}", End=f"2026-02-03T{end}", Elapsed="00:30:00"))
    reading = read(table(tmp_path, *rows))
    assert joules(reading) == {"7": expected}
    assert "CR039" in codes(reading)
    assert only(reading).duration_s in {3600, 1800}


def test_steps_side_by_side_saw_the_same_nodes(tmp_path: Path) -> None:
    rows = [row("7"), row("7.0", 60), row("7.1", 50, Start="2026-02-03T08:20:00")]
    assert joules(read(table(tmp_path, *rows))) == {"7": 60}
    header = "JobID|Elapsed|ConsumedEnergyRaw"
    bare = ("7|01:00:00|", "7.0|01:00:00|60", "7.1|00:59:00|50")
    assert joules(read(table(tmp_path, *bare, header=header))) == {"7": 60}, "their times are more than the job's"
    assert joules(read(table(tmp_path, *bare[1:], header=header))) == {"7": 110}, "nothing says that they overlap"


@pytest.mark.parametrize("cell", ["", "0", "N/A", "18446744073709551614", "18446744073709551615", "2e15", "Unknown"])
def test_what_is_not_measured_is_not_zero(tmp_path: Path, cell: str) -> None:
    reading = read(table(tmp_path, row("1", cell), row("2", 3600)))
    assert joules(reading) == {"1": None, "2": 3600}
    assert codes(reading) & {"CR013", "CR027"}
    assert all(finding.code != "CR008" for finding in reading.findings)


@pytest.mark.parametrize("cell, joule", [
    ("794", 794), ("4.58M", 4.58e6), ("1.20K", 1200), ("2.5G", 2.5e9), ("16.00E", None), ("0", None), ("", None),
])  # fmt: skip
def test_rounded_energies_have_decimal_prefixes(cell: str, joule: float | None) -> None:
    assert sacct.energy_j(cell) == pytest.approx(joule)


def test_the_exact_column_goes_before_the_rounded_one_and_that_before_tres(tmp_path: Path) -> None:
    tres = "billing=1,energy=4579999,gres/gpu=2"
    both = row("1", 4_579_211, ConsumedEnergy="4.58M", AllocTRES=tres)
    rounded = row("2", "", ConsumedEnergy="4.58M", AllocTRES=tres)
    allocated = row("3", "", AllocTRES=tres)
    assert joules(read(table(tmp_path, both, rounded, allocated))) == {"1": 4_579_211, "2": 4_580_000, "3": 4_579_999}


def test_energy_in_alloctres_alone_is_enough_but_usage_is_no_energy(tmp_path: Path) -> None:
    header = "JobID|Elapsed|AllocTRES|TRESUsageInTot"
    path = table(tmp_path, "1|00:10:00|cpu=4,energy=7200,node=1|cpu=00:10:00,energy=794", header=header)
    assert joules(read(path)) == {"1": 7200}
    path = table(tmp_path, "1|00:10:00|cpu=4,node=1|cpu=00:10:00,energy=794", header=header)
    with pytest.raises(ReportError, match="no known tracker"):
        read(path)


@pytest.mark.parametrize("text, seconds", [
    ("1-02:03:04", 93_784), ("02:03:04", 7384), ("03:04", 184), ("03:04.500", 184.5), ("7384", 7384), ("", None),
    ("Unknown", None), ("100:00:00", 360_000),
])  # fmt: skip
def test_elapsed(text: str, seconds: float | None) -> None:
    assert sacct.elapsed_s(text) == seconds


@pytest.mark.parametrize("text", ["1:2:3:4", "-5", "soon", "1-", "2026-01-01"])
def test_no_elapsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no number|is below 0"):
        sacct.elapsed_s(text)


@pytest.mark.parametrize("text, gb", [("250Gn", 500), ("6760Mc", 432.64), ("16G", 16), ("512000K", 0.512), ("", None)])
def test_memory_for_each_node_or_core(text: str, gb: float | None) -> None:
    assert sacct.memory_gb(text, 2, 64) == pytest.approx(gb)


def test_a_job_that_was_requeued_ran_twice_and_a_copy_did_not(tmp_path: Path) -> None:
    first, again = row("5", 100), row("5", 40, Start="2026-02-04T08:00:00")
    reading = read(table(tmp_path, first, again, first))
    assert sorted(filter(None, joules(reading).values())) == [40, 100]
    assert len({run.id for run in reading.runs}) == 2
    assert "CR021" in codes(reading)


def test_one_job_in_two_files_of_a_folder_counts_once(tmp_path: Path) -> None:
    table(tmp_path, row("5", 100), row("6", 10), name="a.txt")
    table(tmp_path, row("5", 100), row("5.batch", 90), row("7", 1), name="b.txt")
    reading = read(tmp_path)
    assert joules(reading) == {"5": 100, "6": 10, "7": 1}
    assert "CR021" in codes(reading)


def test_a_job_that_never_ran_is_no_run_and_one_that_runs_has_no_end(tmp_path: Path) -> None:
    never = row("1", "0", State="CANCELLED by 7", Elapsed="00:00:00", Start="Unknown", End="Unknown")
    reading = read(table(tmp_path, never, row("2", 5, State="RUNNING", End="Unknown")))
    run = only(reading)
    assert (run.id, run.ended_at) == ("2", None)
    assert "CR007" not in codes(reading)


def test_fixed_width_is_refused_with_the_command_to_use(tmp_path: Path) -> None:
    path = tmp_path / "sacct.txt"
    path.write_text("JobID           JobName      State ConsumedEn+ \n------------ ---------- ---------- ----------- \n"
                    "41             pretrai+  COMPLETED       4.58M \n")  # fmt: skip
    with pytest.raises(ReportError, match=r"sacct -P -o JobID"):
        read(path)


@pytest.mark.parametrize("content, message", [
    (HEADER + "\n", "no job in it"),
    (HEADER + "\n|train|gpu|COMPLETED||||||||5|\n", "none of the 1 rows"),
    ('{"jobs": [], "meta": {"association": 1}}', "no job in it"),
    ('{"jobs": [{"association": {}, "job_id": 4', "cut off"),
    ('{"jobs": {"association": 1}}', "no list 'jobs'"),
])  # fmt: skip
def test_what_cannot_be_read_says_why(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "sacct.txt"
    path.write_text(content)
    with pytest.raises(ReportError, match=message):
        read(path)


def test_a_bad_row_is_skipped_and_told(tmp_path: Path) -> None:
    path = table(tmp_path, row("1", 10), row("2", 20, JobName="a|b"), row("3", "many"))
    path.write_text(path.read_text() + "4|cut|gpu")
    reading = read(path)
    assert joules(reading) == {"1": 10, "3": None}
    assert {"CR002", "CR003", "CR008"} <= codes(reading)
    assert (reading.inputs[0].rows, reading.inputs[0].skipped) == (4, 2)


def test_json_says_whether_a_number_is_set() -> None:
    runs = {run.id: run for run in read(SAMPLES / "slurm" / "json").runs}
    assert {name: run.energy_kwh and run.energy_kwh * 3.6e6 for name, run in runs.items()} == {
        "38113": pytest.approx(20_543_125), "38115_5": pytest.approx(5_400_000), "38121": None,
    }  # fmt: skip
    assert str(runs["38113"].started_at) == "2024-03-15 19:24:16+00:00", "epoch seconds are true time"
    assert (runs["38113"].gpu_count, runs["38113"].host) == (16, "alps/nid[001002,001004,001012,001014]")


def test_json_without_the_job_s_energy(tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads((SAMPLES / "slurm" / "json" / "jobs.json").read_text())
    document["jobs"] = document["jobs"][:1]
    for piece in document["jobs"][0]["tres"]["allocated"]:
        piece["count"] = 18446744073709551614 if piece["type"] == "energy" else piece["count"]
    (tmp_path / "jobs.json").write_text(json.dumps(document))
    assert joules(read(tmp_path / "jobs.json")) == {"38113": 20_536_917}


def test_jean_zay() -> None:
    runs = {run.labels["job"]: run for run in read(SAMPLES / "slurm" / "jean-zay").runs}
    assert {name: (run.energy_kwh, run.gpu_count, run.gpu_model, run.cpu_count) for name, run in runs.items()} == {
        "finetune": (1, 4, "V100", 40), "pretrain": (4, 8, "A100", 64), "tokenise": (None, None, None, 40),
    }  # fmt: skip


def test_no_other_tracker_s_file_is_claimed(tmp_path: Path) -> None:
    ours = importers.available()["slurm"]
    emissions_csv(tmp_path)
    (tmp_path / "jobs.csv").write_text("jobid,name,energy\n1,a,5\n")
    (tmp_path / "squeue.json").write_text('{"jobs": [{"job_id": 1, "tres": "energy=5"}]}')
    found = [log for log in logs.find([str(tmp_path)]) if isinstance(log, logs.Log)]
    assert len(found) == 3
    assert not any(ours.claims(log) for log in found)
    estimated = next(log for log in logs.find([str(SAMPLES / "ga4hpc" / "jobs" / "sacct.txt")]))
    assert isinstance(estimated, logs.Log) and not ours.claims(estimated)


@given(energies=st.lists(st.integers(1, 10**9), min_size=1, max_size=8), shuffle=st.randoms())
@PROPERTY
def test_jobs_in_any_order_add_up_and_a_copy_adds_nothing(tmp_path: Path, energies: list[int], shuffle: Any) -> None:
    rows = [row(str(number), energy) for number, energy in enumerate(energies, 1)]
    steps = [row(f"{number}.batch", energy) for number, energy in enumerate(energies, 1)]
    mixed = [*rows, *steps]
    shuffle.shuffle(mixed)
    assert joules(read(table(tmp_path, *mixed))) == joules(read(table(tmp_path, *rows)))
    assert joules(read(table(tmp_path, *mixed, *mixed))) == joules(read(table(tmp_path, *rows)))
    other = [row(str(number + 1000), energy) for number, energy in enumerate(energies)]
    doubled = joules(read(table(tmp_path, *rows, *other)))
    assert sum(filter(None, doubled.values())) == 2 * sum(energies)
