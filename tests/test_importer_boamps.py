"""BoAmps reports: units, several measures, hidden PUE, stamps, damage."""

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

REPORTS = SAMPLES / "boamps"
UUID = "5b0fa12a-3dd7-45bb-9766-000000000001"
PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def report(folder: Path, *measures: dict[str, Any], **others: object) -> Path:
    usual = {"measurementMethod": "wattmeter", "powerConsumption": 2.0, "measurementDuration": 3600,
             "measurementDateTime": "2026-02-09 10:00:00"}  # fmt: skip
    document = {
        "header": {"reportId": UUID, "reportDatetime": "2026-02-10 08:30:00"},
        "measures": [{**usual, **measure} for measure in measures or ({},)],
        "environment": {"country": "France", "latitude": 48.8, "longitude": 2.3},
        **others,
    }
    path = folder / "report.json"
    path.write_text(json.dumps(document))
    return path


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def only(path: Path) -> Run:
    (run,) = read(path).runs
    return run


def codes(reading: Reading) -> set[str]:
    return {finding.code for finding in reading.findings}


def test_a_report_of_codecarbon() -> None:
    (path,) = (REPORTS / "codecarbon-3.3.2").glob("*.json")
    run = only(path)
    assert (run.id, run.energy_kwh, run.duration_s) == (
        "c2b2d5ca-3645-4818-ac9e-35fb70278694", 3.0940285858640726e-05, 4.03138023000065,
    )  # fmt: skip
    assert (run.country, run.cpu_model, run.cpu_count, run.python_version) == ("France", "AMD EPYC", None, "3.11.7")
    assert str(run.ended_at) == "2026-11-21 13:45:42", "CodeCarbon stamps the end, as it stamps the report"
    assert run.labels == {"phase": "training", "task": "classification", "model": "toy classifier",
                          "method": "codecarbon", "quality": "low"}  # fmt: skip
    assert "CR041" in codes(read(path))


def test_the_pue_that_the_emissions_csv_beside_it_tells(tmp_path: Path) -> None:
    path = report(tmp_path, {"measurementMethod": "codecarbon", "powerConsumption": 0.6})
    emissions_csv(tmp_path, {"run_id": "another", "pue": 1.9}, {"run_id": UUID, "pue": 1.5})
    run = only(path)
    assert [run.energy_kwh, run.reported_pue] == pytest.approx([0.4, 1.5])
    assert "CR041" not in codes(read(path))


@pytest.mark.parametrize("unit, factor", [
    (None, 1), ("kWh", 1), ("Wh", 1e-3), ("MWh", 1e3), ("MJoule", 1 / 3.6), ("kJoule", 1 / 3600), ("GJoule", 1e3 / 3.6),
])  # fmt: skip
def test_units_of_older_reports(tmp_path: Path, unit: str | None, factor: float) -> None:
    assert only(report(tmp_path, {"unit": unit})).energy_kwh == pytest.approx(2 * factor)


def test_several_meters_saw_one_task(tmp_path: Path) -> None:
    path = report(tmp_path, {"powerConsumption": 3}, {"measurementMethod": "codecarbon", "powerConsumption": 2})
    assert only(path).energy_kwh == 3
    assert "CR036" in codes(read(path))
    assert only(report(tmp_path, {}, {"powerConsumption": 0.5})).energy_kwh == 2.5, "one method, stretch by stretch"


def test_the_start_is_told_and_coordinates_are_not_kept() -> None:
    run = only(REPORTS / "other-units" / "report.json")
    assert (str(run.started_at), str(run.ended_at)) == ("2026-02-09 10:02:05", "2026-02-09 10:27:05")
    assert [run.energy_kwh, run.reported_intensity_g_per_kwh] == pytest.approx([0.351, 25])
    assert (run.gpu_model, run.gpu_count, run.cloud_provider) == ("NVIDIA GeForce rtx4080", 2, "aws")
    assert "48.8" not in repr(run)


def test_an_energy_of_0_was_not_measured(tmp_path: Path) -> None:
    path = report(tmp_path, {"powerConsumption": 0})
    assert only(path).energy_kwh is None
    assert "CR027" in codes(read(path))


@pytest.mark.parametrize("measure, message", [
    ({"powerConsumption": "much"}, "'much' is no energy"), ({"powerConsumption": -1}, "'-1.0' is no energy"),
    ({"unit": "kiloFLOPS"}, "no unit of energy"), ({"powerConsumption": None}, "no measure tells a powerConsumption"),
])  # fmt: skip
def test_what_is_no_energy_is_refused(tmp_path: Path, measure: dict[str, Any], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read(report(tmp_path, measure))


def test_a_cut_report_is_refused(tmp_path: Path) -> None:
    path = report(tmp_path)
    path.write_text(path.read_text()[:-30])
    with pytest.raises(ReportError, match="cut off"):
        read(path)


def test_a_report_in_two_folders_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    shutil.copytree(report(tmp_path / "a").parent, tmp_path / "b")
    reading = read(tmp_path)
    assert len(reading.runs) == 1
    assert "CR021" in codes(reading)


def test_no_other_file_is_claimed(tmp_path: Path) -> None:
    ours = importers.available()["boamps"]
    (tmp_path / "a.json").write_text('{"measures": [], "power": 3}')
    (tmp_path / "b.json").write_text('[{"measures": [{"powerConsumption": 3}]}]')
    emissions_csv(tmp_path)
    found = [log for log in logs.find([str(tmp_path)]) if isinstance(log, logs.Log)]
    assert len(found) == 3
    assert not any(ours.claims(log) for log in found)


@given(parts=st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=6))
@PROPERTY
def test_stretches_add_up_and_twice_as_many_are_twice_as_much(tmp_path: Path, parts: list[float]) -> None:
    measures = [{"powerConsumption": part} for part in parts]
    once = only(report(tmp_path, *measures)).energy_kwh
    twice = only(report(tmp_path, *measures, *measures)).energy_kwh
    assert once == pytest.approx(sum(parts))
    assert twice == pytest.approx(2 * sum(parts))
