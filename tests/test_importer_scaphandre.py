"""Scaphandre: microwatts, levels that contain one another, arrays left open, reports without host or time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

START = 1_763_700_000.0


def report(time: float, watts: float, **others: Any) -> dict[str, Any]:
    """A report of a host; its socket has half of the power, and one program all."""
    parts = {"consumption": 5e5 * watts, "timestamp": time, "id": 0}
    program = {"exe": "/home/ada/bin/train", "cmdline": "train --key x", "consumption": 1e6 * watts, "timestamp": time}
    return {
        "host": {"consumption": 1e6 * watts, "timestamp": time, "components": {"disks": None}},
        "consumers": [program], "sockets": [{**parts, "domains": [{**parts, "name": "core"}]}], **others,
    }  # fmt: skip


def read(path: Path, content: str) -> Reading:
    path.write_text(content, encoding="utf-8")
    return importers.read([str(path)])


def only(reading: Reading) -> Any:
    (run,) = reading.runs
    return run


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_the_host_counts_once_and_power_is_the_mean_since_the_last_report(tmp_path: Path) -> None:
    """36 W for 100 s, then 72 W for 100 s: the first report's power belongs to time before the log."""
    watts = (999, 36, 72)
    reading = read(tmp_path / "a.json", json.dumps([report(START + 100 * step, watts[step]) for step in range(3)]))
    run = only(reading)
    assert run.energy_kwh == pytest.approx(0.003, rel=1e-12)
    assert (run.tracker, run.basis, run.machine_wide, run.duration_s) == ("scaphandre", "measured", True, 200)
    assert str(run.started_at) == "2025-11-21 04:40:00+00:00"
    assert (run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh) == (None, None, None)
    assert (codes(reading), reading.inputs[0].rows) == ([], 3)


def test_a_program_is_named_without_its_folder_and_arguments(tmp_path: Path) -> None:
    run = only(read(tmp_path / "a.json", json.dumps([report(START + step, 5) for step in range(3)])))
    assert run.labels == {"top process": "train"}


@pytest.mark.parametrize("host", [None, {}, {"consumption": None}])
def test_without_a_host_the_sockets_stand_in(tmp_path: Path, host: Any) -> None:
    reports = [report(START + step, 40, host=host) for step in range(37)]
    for one in reports:
        one["sockets"] += [dict(one["sockets"][0], id=1)]
    reading = read(tmp_path / "a.json", json.dumps(reports))
    assert only(reading).energy_kwh == pytest.approx(40 * 36 / 3.6e6)
    assert codes(reading) == ["CR026"]


def test_a_report_before_the_second_reading_is_told_as_a_note(tmp_path: Path) -> None:
    reports = [{"host": None, "consumers": [], "sockets": []}, *(report(START + step, 40) for step in range(3))]
    reading = read(tmp_path / "a.json", json.dumps(reports))
    assert [(finding.code, finding.level) for finding in reading.findings] == [("CR026", "note")]


@pytest.mark.parametrize(
    "joined", ["[{0},{1},{2}]", "[{0},{1},{2}", "[{0},{1},{2},", "{0}\n{1}\n{2}\n", "{0}{1}{2}", "[{0}]\n[{1},{2}]"]
)
def test_arrays_that_are_open_or_were_never_there(tmp_path: Path, joined: str) -> None:
    parts = [json.dumps(report(START + 10 * step, 36)) for step in range(3)]
    reading = read(tmp_path / "a.json", joined.replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}")
                   .replace("{{1}}", "{1}").replace("{{2}}", "{2}").format(*parts))  # fmt: skip
    assert only(reading).energy_kwh == pytest.approx(36 * 20 / 3.6e6)
    assert codes(reading) == []


def test_a_report_that_was_cut_is_skipped(tmp_path: Path) -> None:
    text = json.dumps([report(START + 10 * step, 36) for step in range(4)])
    reading = read(tmp_path / "a.json", text[: text.rindex('"domains"')])
    assert only(reading).energy_kwh == pytest.approx(36 * 20 / 3.6e6)
    assert (codes(reading), reading.inputs[0].skipped) == (["CR003"], 1)


def test_reports_without_times_are_refused(tmp_path: Path) -> None:
    old = [{"host": {"consumption": 5.0}, "consumers": [], "sockets": []}] * 3
    with pytest.raises(ReportError, match=r"a.json: the reports hold no timestamps.*record with 0\.4 or later"):
        read(tmp_path / "a.json", json.dumps(old))


@pytest.mark.parametrize(("count", "said"), [(1, "there is 1"), (0, "there is none")])
def test_one_reading_is_no_energy(tmp_path: Path, count: int, said: str) -> None:
    reports = [report(START, 5)] * count or [{"host": None, "consumers": [], "sockets": [], "consumption": 0}]
    with pytest.raises(ReportError, match=f"energy needs reports of two times .* {said}"):
        read(tmp_path / "a.json", json.dumps(reports))


def test_power_that_was_never_read_is_no_energy(tmp_path: Path) -> None:
    reading = read(tmp_path / "a.json", json.dumps([report(START + step, 0) for step in range(5)]))
    assert only(reading).energy_kwh is None
    assert codes(reading)[:1] == ["CR027"]


def test_a_power_below_0_is_skipped(tmp_path: Path) -> None:
    reports = [report(START + 10 * step, -5 if step == 1 else 36) for step in range(3)]
    reading = read(tmp_path / "a.json", json.dumps(reports))
    assert only(reading).energy_kwh == pytest.approx(36 * 20 / 3.6e6)
    assert codes(reading) == ["CR035"]


def test_a_pause_is_not_filled(tmp_path: Path) -> None:
    times = [*range(0, 100, 10), *range(10_000, 10_100, 10)]
    reading = read(tmp_path / "a.json", json.dumps([report(START + time, 36) for time in times]))
    assert only(reading).energy_kwh == pytest.approx(36 * (90 + 100 + 90) / 3.6e6)
    assert codes(reading) == ["CR017"]


@given(watts=st.lists(st.floats(0.1, 1e4), min_size=4, max_size=40), data=st.data())
def test_cutting_a_trace_keeps_its_energy(
    watts: list[float], data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trace")
    reports = [report(START + 2 * step, power) for step, power in enumerate(watts)]
    cut = data.draw(st.integers(1, len(watts) - 2))
    parts = [reports, reports[: cut + 1], reports[cut:]]
    energies = [only(read(folder / f"{place}.json", json.dumps(part))).energy_kwh for place, part in enumerate(parts)]
    assert sum(energies[1:]) == pytest.approx(energies[0], rel=1e-9)
