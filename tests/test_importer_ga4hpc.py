"""GreenAlgorithms4HPC: its own model on sacct's table, cluster_info.yaml, and the report that it prints."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from reporter import importers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.importers import logs
from reporter.options import Options
from reporter.run import Reading, Run

from .conftest import SAMPLES

JOBS, PRINTED = SAMPLES / "ga4hpc" / "jobs", SAMPLES / "ga4hpc" / "report"


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    shutil.copytree(JOBS, tmp_path / "jobs")
    return tmp_path / "jobs"


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def energy_kwh(reading: Reading) -> dict[str, float | None]:
    footprint = assess(reading, Options())
    return {item.run.id: item.energy and item.energy.value for item in footprint.runs}


def codes(reading: Reading) -> set[str]:
    return {finding.code for finding in reading.findings}


def test_a_job_is_cores_cards_and_memory_by_the_tool_s_formula(jobs: Path) -> None:
    """CPU time x W of a core + wall time x (cards x W + GB x 0.3725 W), times the PUE."""
    runs = {run.id: run for run in read(jobs).runs}
    assert set(runs) == {"556141", "552375"}, "a job that still waits is left out"
    cpu, gpu = runs["556141"], runs["552375"]
    assert [(device.kind, device.count, device.power_w) for device in gpu.devices] == [
        ("cpu", 64, 4.4), ("gpu", 8, 300), ("ram", 500, 0.3725),
    ]  # fmt: skip
    assert cpu.devices[0].utilisation == pytest.approx(104 / 128), "4-08:00:00 of 5-08:00:00 core time"
    assert gpu.devices[0].utilisation == 1, "a TotalCPU of 0 is not recorded, and stands for full use"
    assert (cpu.basis, cpu.energy_kwh, cpu.reported_pue, cpu.reported_intensity_g_per_kwh) == (
        "estimated", None, 1.15, 231.12,
    )  # fmt: skip
    assert energy_kwh(read(jobs)) == pytest.approx({
        "556141": 1.15 * (104 * 5.9 + 216.32 * 0.3725 * 4) / 1e3,
        "552375": 1.15 * (64 * 24 * 4.4 + 8 * 24 * 300 + 500 * 0.3725 * 24) / 1e3,
    })  # fmt: skip


def test_steps_change_nothing(jobs: Path) -> None:
    path = jobs / "sacct.txt"
    before = energy_kwh(read(jobs))
    path.write_text("\n".join(line for line in path.read_text().splitlines() if ".batch" not in line) + "\n")
    assert energy_kwh(read(jobs)) == before


def test_nobody_s_name_is_kept(jobs: Path) -> None:
    for run in read(jobs).runs:
        assert "someone" not in repr(run)


def test_without_design_powers_there_is_no_energy(jobs: Path) -> None:
    (jobs / "cluster_info.yaml").unlink()
    reading = read(jobs)
    assert "CR013" in codes(reading)
    assert set(energy_kwh(reading).values()) == {None}
    assert any("cluster_info.yaml" in finding.message for finding in reading.findings)


def test_a_partition_that_the_cluster_s_file_does_not_name(jobs: Path) -> None:
    edited(jobs / "cluster_info.yaml", "  ampere:", "  volta:")
    reading = read(jobs)
    assert energy_kwh(reading)["552375"] is None
    assert energy_kwh(reading)["556141"] is not None
    assert any("does not name partition 'ampere'" in finding.message for finding in reading.findings)


def test_a_cluster_s_file_that_cannot_be_read(jobs: Path) -> None:
    edited(jobs / "cluster_info.yaml", "PUE: 1.15", "PUE 1.15")
    with pytest.raises(ReportError, match=r"cluster_info\.yaml beside it is no YAML: line 16: "):
        read(jobs)


def test_a_cluster_s_file_may_be_any_yaml(jobs: Path) -> None:
    """GA4HPC reads it with PyYAML too: in one line or many, with anchors, the names quoted or not."""
    import yaml

    expected = [dataclasses.replace(run, source="") for run in read(jobs).runs]
    path = jobs / "cluster_info.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    anchored = yaml.safe_dump({**told, "PUE": "anchor"}).replace("PUE: anchor", "PUE: *pue")
    for text in (
        yaml.safe_dump(told, default_flow_style=True), json.dumps(told, indent=2),
        yaml.safe_dump(told, default_flow_style=False, indent=8, default_style='"'),
        "own: &pue !!float 1.15\n" + anchored,
    ):  # fmt: skip
        path.write_text(text, encoding="utf-8")
        assert [dataclasses.replace(run, source="") for run in read(jobs).runs] == expected, text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- 1\n", None), ("", None), ("partitions: [1, 2]\n", None), ("a: &a [*a]\n", "no YAML: line 1"),
        ("partitions: {cpu: {model: [1], TDP: {}}}\n", None), ("a: \0\n", "no text"), ("{[a]: 1}\n", "no YAML"),
        ("a: b: c\n", "line 1: mapping values"), ("[" * 2000, "no YAML"),
        ("a: 1\n" * 60_000, "longer than 256 KiB"), ("a: !!python/object/apply:os.system [exit]\n", None),
    ],
)  # fmt: skip
def test_a_damaged_cluster_s_file_is_told_or_names_no_partition(text: str, told: str | None, jobs: Path) -> None:
    (jobs / "cluster_info.yaml").write_text(text, encoding="utf-8")
    if told is None:
        assert set(energy_kwh(read(jobs)).values()) == {None}
    else:
        with pytest.raises(ReportError, match=told):
            read(jobs)


def test_a_job_with_energy_is_slurm_s(jobs: Path) -> None:
    edited(jobs / "sacct.txt", "mem=216320M", "energy=3600000,mem=216320M")
    assert {run.tracker for run in read(jobs).runs} == {"slurm"}


def test_a_cluster_that_prints_energies_but_measures_none(jobs: Path) -> None:
    path = jobs / "sacct.txt"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join((f"{head}|ConsumedEnergyRaw", *(f"{row}|" for row in rows))) + "\n")
    reading = read(jobs)
    assert set(energy_kwh(reading).values()) == {None}
    assert any("--from ga4hpc estimates it" in finding.message for finding in reading.findings)
    estimated = importers.read([str(path)], reader="ga4hpc")
    assert sum(filter(None, energy_kwh(estimated).values())) == pytest.approx(80.22896432)


def printed() -> Run:
    (run,) = read(PRINTED).runs
    return run


def test_a_printed_report(tmp_path: Path) -> None:
    """GA4HPC divides grams by 1000 and prints T: 4,255 TCO2e are 18,410.35 kWh x 231.12 g/kWh = 4,255 kg."""
    run = printed()
    assert (run.energy_kwh, run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh) == (16009, 12000, 2500, 1509)
    assert run.reported_pue == pytest.approx(1.15)
    assert run.reported_emissions_kg == 4255
    assert str(run.started_at) == "2026-01-03 00:00:00"
    assert run.labels == {"cluster": "Example cluster"}
    assert "someone" not in repr(run)


@pytest.mark.parametrize("text, kg", [("4 TCO2e", 4000), ("855 kgCO2e", 855), ("21 gCO2e", 0.021)])
def test_a_report_whose_tonnes_are_tonnes(tmp_path: Path, text: str, kg: float) -> None:
    path = tmp_path / "report.txt"
    shutil.copy(PRINTED / "report.txt", path)
    edited(path, "4,255 TCO2e", text)
    (run,) = read(path).runs
    assert run.reported_emissions_kg == kg


@pytest.mark.parametrize("old, new, message", [
    ("- CPUs", "- Cores", "the report is cut"),
    ("12,000.00", "9" * 40, "is too large"),
    ("Data centre overheads", "Other", "no known tracker"),
])  # fmt: skip
def test_a_damaged_report_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "report.txt"
    shutil.copy(PRINTED / "report.txt", path)
    edited(path, old, new)
    with pytest.raises(ReportError, match=message):
        read(path)


def test_a_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "sacct.txt"
    path.write_text((JOBS / "sacct.txt").read_text().splitlines()[0] + "\n")
    with pytest.raises(ReportError, match="no job below it"):
        read(path)


def test_measured_jobs_are_not_claimed() -> None:
    ours = importers.available()["ga4hpc"]
    found = [log for log in logs.find([str(SAMPLES / "slurm")]) if isinstance(log, logs.Log)]
    assert len(found) == 4
    assert not any(ours.claims(log) for log in found)
