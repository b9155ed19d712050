"""Weights & Biases: panels of several runs, rows of system metrics, what is a draw and what is a limit or a share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

START = 1_763_700_000
POWER = "system/gpu.0.powerWatts"


def panel(path: Path, *rows: str, header: str) -> Reading:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return importers.read([str(path)])


def events(path: Path, *rows: dict[str, Any]) -> Reading:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return importers.read([str(path)])


def row(seconds: float, **watts: float) -> dict[str, Any]:
    named = {f"system.{key.replace('_', '.')}.powerWatts": value for key, value in watts.items()}
    return {"system.cpu": 5.0, **named, "_wandb": True, "_timestamp": START + seconds, "_runtime": seconds + 3}


def only(reading: Reading) -> Any:
    (run,) = reading.runs
    return run


def joules(run: Any) -> Any:
    assert run.energy_kwh is not None
    return run.energy_kwh * 3.6e6


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_each_run_of_a_panel_and_none_of_its_bounds(tmp_path: Path) -> None:
    columns = [f'"{run} - {POWER}{ending}"' for run in ("A - b", "Calm, Sea") for ending in ("", "__MIN", "__MAX")]
    header = '"Relative Time (Process)",' + ",".join(columns)
    rows = ("0,100,0,999,,,", "5,,,,50,0,0", "10,200,0,999,,,", "25,,,,50,0,0")
    reading = panel(tmp_path / "p.csv", *rows, header=header)
    assert {run.id: joules(run) for run in reading.runs} == pytest.approx({"A - b": 1500, "Calm, Sea": 1000})
    run = reading.runs[0]
    assert (run.duration_s, run.started_at, run.gpu_count, run.labels) == (10, None, 1, {"run": "A - b"})
    assert run.gpu_energy_kwh == run.energy_kwh
    assert [(finding.code, finding.level) for finding in reading.findings] == [("CR025", "note")]


@pytest.mark.parametrize(
    ("clock", "first", "second", "started"),
    [
        ("Relative Time (Wall)", "0", "10", None),
        ("_runtime", "0", "10", None),
        ("Wall Time", str(START), str(START + 10), "2025-11-21 04:40:00+00:00"),
        ("_timestamp", f"{START}.0", f"{START + 10}.0", "2025-11-21 04:40:00+00:00"),
        ("Time", f"{START}000", f"{START + 10}000", "2025-11-21 04:40:00+00:00"),
        ("Time", "2025-11-21T04:40:00Z", "2025-11-21T04:40:10Z", "2025-11-21 04:40:00+00:00"),
    ],
)
def test_clocks_of_panels(tmp_path: Path, clock: str, first: str, second: str, started: str | None) -> None:
    reading = panel(tmp_path / "p.csv", f"{first},30", f"{second},30", header=f'"{clock}","r - {POWER}"')
    run = only(reading)
    assert (joules(run), run.started_at and str(run.started_at)) == (pytest.approx(300), started)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (f'"Step","r - {POWER}"', "no column of time: set the panel's x axis"),
        ('"_runtime","r - system/gpu.0.enforcedPowerLimitWatts"', "no power of a GPU"),
        ('"_runtime","r - system/gpu.0.powerPercent"', "no power of a GPU"),
        (f'"_runtime","Group: lr 0.1 - {POWER}"', "no power of a GPU"),
    ],
)
def test_panels_that_tell_no_energy(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        panel(tmp_path / "p.csv", "0,30", "10,30", header=header)


def test_rows_of_system_metrics(tmp_path: Path) -> None:
    """Two GPUs, the process's own again, one reading missing; the limit and the percentage are no draws."""
    rows = [row(30 * step, gpu_0=100, gpu_1=50, gpu_process_0=100) for step in range(4)]
    rows[2].pop("system.gpu.1.powerWatts")
    rows[1] |= {"system.gpu.0.enforcedPowerLimitWatts": 999.0, "system.gpu.0.powerPercent": 99.0}
    path = tmp_path / "run-20251121_044000-1a2b3c4d" / "files" / "wandb-events.jsonl"
    reading = events(path, {"system.cpu": 1.0, "_timestamp": START - 9, "_runtime": 0}, *rows)
    run = only(reading)
    assert (run.id, joules(run), run.gpu_count, run.duration_s) == ("1a2b3c4d", pytest.approx(150 * 90), 2, 90)
    assert sorted(codes(reading)) == ["CR025", "CR038"]


def test_history_as_an_array_and_as_a_table(tmp_path: Path) -> None:
    rows = [row(30 * step, gpu_0=100) for step in range(4)]
    path = tmp_path / "h.json"
    path.write_text(json.dumps(rows))
    assert joules(only(importers.read([str(path)]))) == pytest.approx(9000)
    cells = [f"{step},{30 * step},{START + 30 * step},100" for step in range(4)]
    reading = panel(tmp_path / "h.csv", *cells, header=",_runtime,_timestamp,system.gpu.0.powerWatts")
    assert joules(only(reading)) == pytest.approx(9000)


def test_a_mac_s_system_holds_its_parts(tmp_path: Path) -> None:
    rows = [row(10 * step, gpu_0=5, cpu=10) | {"system.ane.power": 1.0} for step in range(3)]
    run = only(events(tmp_path / "a.jsonl", *rows))
    assert (joules(run), run.machine_wide) == (pytest.approx(320), None)
    assert [run.cpu_energy_kwh, run.gpu_energy_kwh] == pytest.approx([200 / 3.6e6, 100 / 3.6e6])
    reading = events(tmp_path / "a.jsonl", *(one | {"system.system.powerWatts": 30.0} for one in rows))
    run = only(reading)
    assert (joules(run), run.machine_wide, codes(reading)) == (pytest.approx(600), True, ["CR038"])


def test_nodes_of_one_run_are_devices_of_their_own(tmp_path: Path) -> None:
    nodes = {"system.gpu.0.powerWatts/l:a": 5.0, "system.gpu.0.powerWatts/l:b": 7.0}
    rows = [row(10 * step) | nodes for step in range(3)]
    assert joules(only(events(tmp_path / "a.jsonl", *rows))) == pytest.approx(240)


def test_an_offline_run_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "run-1a2b3c4d.wandb"
    path.write_bytes(b":W&B\xbe\xef\0" + bytes(60))
    with pytest.raises(ReportError, match=r"binary log of an offline run; 'wandb sync' it"):
        importers.read([str(path)])


def test_doubtful_rows(tmp_path: Path) -> None:
    rows = [row(10 * step, gpu_0=-1 if step == 1 else 5) for step in range(4)]
    rows.append({"system.gpu.0.powerWatts": 9.0, "_timestamp": None})
    reading = events(tmp_path / "a.jsonl", *rows)
    assert joules(only(reading)) == pytest.approx(150)
    assert sorted(codes(reading)) == ["CR002", "CR025", "CR035"]
    with pytest.raises(ReportError, match="energy needs two samples of power, and no run has them"):
        events(tmp_path / "b.jsonl", row(0, gpu_0=5))
    with pytest.raises(ReportError, match="W&B logged no power of a GPU here"):
        events(tmp_path / "c.jsonl", row(0), row(10))


def test_zeros_are_power_that_could_not_be_read(tmp_path: Path) -> None:
    reading = events(tmp_path / "a.jsonl", *(row(10 * step, gpu_0=0) for step in range(4)))
    assert only(reading).energy_kwh is None
    assert "CR027" in codes(reading)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watts=st.lists(st.integers(1, 700), min_size=4, max_size=20), data=st.data())
def test_order_of_columns_and_cuts_change_nothing(tmp_path: Path, watts: list[int], data: Any) -> None:
    runs = data.draw(st.permutations(["a", "b", "c"]))
    header = ",".join(["_runtime", *(f"{run} - {POWER}" for run in runs)])
    rows = [f"{15 * step}," + ",".join(str(power + ord(run)) for run in runs) for step, power in enumerate(watts)]
    cut = data.draw(st.integers(1, len(rows) - 2))
    whole, early, late = (
        {run.id: joules(run) for run in panel(tmp_path / "p.csv", *part, header=header).runs}
        for part in (rows, rows[: cut + 1], rows[cut:])
    )
    assert {run: early[run] + late[run] for run in "abc"} == pytest.approx(whole)
    assert whole["b"] - whole["a"] == pytest.approx(15 * (len(rows) - 1))
