"""perun: PUE in the round but not in its hosts, one run in several files, grams called kilograms."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

SAMPLE = SAMPLES / "perun" / "1.0.0-pue"
COLUMNS = ",run id,hostname,device_group,sensor,unit,magnitude,timestep,value"
ID = "2026-03-01T10:00:00.123456"


def metric(name: str, value: float, unit: str = "J", mag: float = 1.0) -> dict[str, Any]:
    return {name: {"type": name, "value": value, "metric_md": {"unit": unit, "mag": mag}, "agg": "sum"}}


def node(
    name: str, *metrics: dict[str, Any], nodes: Any = (), metadata: dict[str, str] | None = None
) -> dict[str, Any]:
    merged = {key: value for one in metrics for key, value in one.items()}
    children = [{child["id"]: child for child in nodes}]
    return {"id": name, "type": 1, "metadata": metadata or {}, "metrics": merged, "regions": None, "deviceType": None,
            "processed": True, "nodes": children}  # fmt: skip


def app(*rounds: dict[str, Any], **settings_: str) -> dict[str, Any]:
    told = {f"post-processing.{key}": value for key, value in settings_.items()}
    metadata = {"execution_dt": ID, "perun_version": "1.0.0", **told}
    return node("train", nodes=[node(ID, nodes=rounds, metadata=metadata)])


def one_round(name: str = "0", pue: float = 1.5, *hosts: float) -> dict[str, Any]:
    energies = hosts or (3.6e6, 1.8e6)
    whole = sum(energies)
    return node(name, metric("energy", pue * whole), metric("cpu_energy", whole / 2), metric("gpu_energy", whole / 4),
                metric("dram_energy", whole / 4), metric("runtime", 600, "s"), metric("co2", 800.0, "g"),
                nodes=[node(f"h{place}", metric("energy", energy)) for place, energy in enumerate(energies)],
                metadata={"platform": "Linux-6", "python": "3.11.7 (main)", "hostname": "h0"})  # fmt: skip


def read(path: Path, document: Any) -> Reading:
    path.write_text(json.dumps(document), encoding="utf-8")
    return importers.read([str(path)])


def table(path: Path, *rows: str) -> Reading:
    lines = [COLUMNS, *(f"{place},{row}" for place, row in enumerate(rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return importers.read([str(path)])


def report(path: Path, *rows: str, summary: str = "", header: str = "RUNTIME |    ENERGY") -> Reading:
    text = f"PERUN REPORT\n\nApp name: train\nFirst run: x\n\n\nRUN ID: {ID}\n\n| Round # | Host | {header} |\n"
    path.write_text(f"{text}|--:|--:|--:|\n" + "\n".join(rows) + f"\n\n{summary}", encoding="utf-8")
    return importers.read([str(path)])


def only(reading: Reading) -> Any:
    (run,) = reading.runs
    return run


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_the_pue_is_in_the_round_and_not_in_its_hosts(tmp_path: Path) -> None:
    run = only(read(tmp_path / "train.json", app(one_round(), pue="1.5", emissions_factor="400")))
    assert (run.energy_kwh, run.reported_pue, run.reported_emissions_kg) == pytest.approx((1.5, 1.5, 0.8))
    assert (run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh) == pytest.approx((0.75, 0.375, 0.375))
    assert (run.id, run.duration_s, str(run.started_at)) == (f"train {ID}", 600, "2026-03-01 10:00:00.123456")
    assert (run.tracker_version, run.python_version, run.system) == ("1.0.0", "3.11.7", "Linux-6")
    assert (run.host, run.machine_wide, run.basis, run.labels) == (None, True, "measured", {"project": "train"})
    assert run.reported_intensity_g_per_kwh == 400


def test_a_pue_that_is_not_told_shows_from_the_hosts(tmp_path: Path) -> None:
    assert only(read(tmp_path / "a.json", app(one_round()))).reported_pue == pytest.approx(1.5)
    bare = one_round()
    bare["nodes"] = [{}]
    reading = read(tmp_path / "a.json", app(bare))
    assert (only(reading).energy_kwh, only(reading).reported_pue) == (pytest.approx(2.25), None)
    assert codes(reading) == ["CR041"]
    assert only(read(tmp_path / "a.json", app(bare, pue="1.5"))).energy_kwh == pytest.approx(1.5)


def test_units_carry_a_magnitude(tmp_path: Path) -> None:
    one = node("0", nodes=[node("h", metric("energy", 3.6, mag=1e6))])
    assert only(read(tmp_path / "a.json", app(one))).energy_kwh == pytest.approx(1)


def test_an_overhead_is_told(tmp_path: Path) -> None:
    reading = read(tmp_path / "a.json", app(one_round(), pue="1.5", power_overhead="30"))
    assert (only(reading).basis, codes(reading)) == ("reported", ["CR025"])
    assert "add 30 W a host" in reading.findings[0].message


def test_each_round_is_a_run(tmp_path: Path) -> None:
    runs: Any = read(tmp_path / "a.json", app(one_round("0"), one_round("1", 1.5, 7.2e6), pue="1.5")).runs
    assert [(run.id[-7:], run.energy_kwh, run.started_at) for run in runs] == [
        ("round 0", pytest.approx(1.5), None), ("round 1", pytest.approx(2), None),
    ]  # fmt: skip


def test_without_a_meter_there_is_no_energy(tmp_path: Path) -> None:
    reading = read(tmp_path / "a.json", app(node("0", metric("runtime", 5, "s"))))
    assert (only(reading).energy_kwh, only(reading).duration_s, codes(reading)) == (None, 5, ["CR013"])
    reading = read(tmp_path / "a.json", app(one_round("0", 1.5, 0.0), pue="1.5"))
    assert (only(reading).energy_kwh, only(reading).reported_emissions_kg, codes(reading)) == (None, None, ["CR027"])


def test_samples_are_integrated_and_other_groups_are_left_out(tmp_path: Path) -> None:
    rows = [f"0,h,{group},{sensor},W,{mag},{time},{value}" for group, sensor, mag, value in
            (("gpu", "CUDA:0_POWER", 0.001, 36_000), ("cpu", "cpu_0_package-0", 1.0, 72), ("other", "module", 1.0, 500))
            for time in (0.0, 50.0, 100.0)]  # fmt: skip
    rows += [f"0,h,cpu,CPU_USAGE_0,%,1.0,{time},90" for time in (0.0, 50.0)]
    run = only(table(tmp_path / f"train_{ID}.csv", *rows))
    assert (run.id, run.energy_kwh, run.duration_s) == (f"train {ID}", pytest.approx(0.003), 100)
    assert (run.cpu_energy_kwh, run.gpu_energy_kwh) == pytest.approx((0.002, 0.001))
    assert run.ram_energy_kwh is None
    assert (str(run.started_at), run.ended_at, run.reported_pue) == ("2026-03-01 10:00:00.123456", None, None)


def test_counters_of_old_versions(tmp_path: Path) -> None:
    values = (10e6, 46e6, 5e6, 41e6)
    reading = table(tmp_path / "a.csv", *(f"0,h,cpu,p,J,1e-06,{time},{value}" for time, value in enumerate(values)))
    assert (only(reading).energy_kwh, codes(reading)) == (pytest.approx(72 / 3.6e6), ["CR022"])


def test_a_report_s_table_holds_energy_with_and_without_pue(tmp_path: Path) -> None:
    rows = ("| 0 |  All | 600.000 s | 8.100 MJ |", "| 0 | h0 | 599.000 s | 3.600 MJ |",
            "| 0 | h1 | 600.000 s | 1800.000 kJ |")  # fmt: skip
    summary = "The application has been run 1 times. In total, released a total of 0.800 kgCO2e into the atmosphere"
    run = only(report(tmp_path / "a.txt", *rows, summary=summary))
    assert (run.id, run.energy_kwh, run.duration_s) == (f"train {ID}", pytest.approx(1.5), 600)
    assert (run.reported_pue, run.reported_emissions_kg, run.basis) == (pytest.approx(1.5), 0.8, "reported")


@pytest.mark.parametrize(
    ("times", "told", "emissions_kg", "said"),
    [(1, "900.000", 0.9, ["CR035"]), (1, "0.005", None, []), (3, "0.800", None, [])],
)
def test_a_summary_s_emissions(
    tmp_path: Path, times: int, told: str, emissions_kg: float | None, said: list[str]
) -> None:
    """Grams called kilograms are put right; a figure of one digit, or of other runs too, is none."""
    summary = f"The application has been run {times} times. In total, released a total of {told} kgCO2e into the"
    reading = report(tmp_path / "a.txt", "| 0 | All | 9 s | 3.600 MJ |", "| 0 | h | 9 s | 3.600 MJ |", summary=summary)
    run = only(reading)
    assert (run.reported_emissions_kg, run.reported_pue, run.energy_kwh, codes(reading)) == (
        emissions_kg, None, pytest.approx(1), said,
    )  # fmt: skip


def test_rows_of_devices_are_parts_of_their_host(tmp_path: Path) -> None:
    rows = ("| 0 | All | All | 3.600 MJ |", "| 0 | h | All | 3.600 MJ |", "| 0 | h | cpu | 1.600 MJ |")
    reading = report(tmp_path / "a.txt", *rows, header="Device | Avg ENERGY")
    assert only(reading).energy_kwh == pytest.approx(1)


def test_a_report_without_energy(tmp_path: Path) -> None:
    reading = report(tmp_path / "a.txt", "| 0 | All | 9.000 s |", "| 0 | h | 9.000 s |", header="RUNTIME")
    assert (only(reading).energy_kwh, only(reading).duration_s, codes(reading)) == (None, 9, ["CR013"])


def test_one_run_in_several_files_counts_once(tmp_path: Path) -> None:
    """The table has the double of the report's single precision, the report four digits."""
    runs = {}
    for path in SAMPLE.iterdir():
        shutil.copy(path, tmp_path)
        runs[path.suffix] = importers.read([str(path)]).runs
    reading = importers.read([str(tmp_path)])
    assert [run.source.rpartition(".")[2] for run in reading.runs] == ["json", "json"]
    assert codes(reading).count("CR011") == 2
    for ending, precision in ((".csv", 1e-6), (".txt", 1e-3)):
        energies = [run.energy_kwh for run in runs[ending]]
        assert energies == pytest.approx([run.energy_kwh for run in runs[".json"]], rel=precision), ending
        assert {run.id for run in runs[".txt"]} == {run.id for run in runs[".json"]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", '[{"name": "t_1 - RUNTIME", "unit": "s", "value": 2.5}]', "a benchmark export holds means"),
        ("a.json", json.dumps(app()), "no run of it"),
        ("a.json", json.dumps(app(one_round()))[:-30], "the file is cut off"),
        ("a.csv", COLUMNS + "\n", "a header but no sample"),
        ("a.txt", "PERUN REPORT\n\nApp name: x\nRUNTIME: 5 s\n", "no table of rounds and hosts"),
    ],
)
def test_what_holds_no_energy_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ReportError, match=said):
        importers.read([str(path)])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watts=st.lists(st.integers(1, 700), min_size=4, max_size=20), data=st.data())
def test_cutting_a_trace_keeps_its_energy(tmp_path: Path, watts: list[int], data: Any) -> None:
    rows = [f"0,h,gpu,P,W,1.0,{step},{power}" for step, power in enumerate(watts)]
    cut = data.draw(st.integers(1, len(rows) - 2))
    parts = (rows, rows[: cut + 1], rows[cut:])
    whole, early, late = (only(table(tmp_path / "a.csv", *part)).energy_kwh or 0.0 for part in parts)
    assert early + late == pytest.approx(whole)
