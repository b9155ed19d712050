"""Runs of one machine at the same time: named, and counted once where that is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.assess.overlaps import once, overlaps
from reporter.errors import ReportError
from reporter.options import make
from reporter.run import Run

from .test_assess import codes, footprint

START = datetime(2026, 5, 1, 8)


def run(name: str, start_s: float, duration_s: float, energy_kwh: float, **more: Any) -> Run:
    told: dict[str, Any] = {"tracker": "codecarbon", "source": f"{name}.csv", "machine_wide": True, "cpu_model": "x"}
    told |= more
    begin = START + timedelta(seconds=start_s)
    return Run(id=name, started_at=begin, duration_s=duration_s, energy_kwh=energy_kwh, **told)


def test_a_run_inside_another_is_named_and_left_out() -> None:
    whole, inside = run("whole", 0, 100, 2.0), run("inside", 20, 50, 1.0)
    (found,) = overlaps([inside, whole])
    assert (found.run.id, found.other.id, found.seconds, found.outside) == ("inside", "whole", 50, 0)
    assert [kept.id for kept in once([inside, whole], [found])] == ["whole"]


def test_of_a_run_that_is_covered_in_part_the_rest_counts() -> None:
    first = run("first", 0, 100, 2.0)
    second = run("second", 75, 100, 1.0, gpu_energy_kwh=0.4, reported_emissions_kg=0.8)
    kept = once([first, second], overlaps([first, second]))
    assert [item.energy_kwh for item in kept] == [2.0, pytest.approx(0.75)]
    assert kept[1].gpu_energy_kwh == pytest.approx(0.3)
    assert kept[1].reported_emissions_kg == pytest.approx(0.6)
    assert kept[1].ram_energy_kwh is None


def test_time_that_two_runs_cover_is_not_taken_out_twice() -> None:
    runs = [run("a", 0, 100, 9.0), run("b", 50, 100, 8.0), run("c", 60, 100, 7.0)]
    assert [round(item.outside, 9) for item in overlaps(runs)] == [0.5, 0.1]


@pytest.mark.parametrize(
    "other",
    [{"cpu_model": "y"}, {"machine_wide": False}, {"machine_wide": None}, {"host": "n1"}, {"tracker": "eco2ai"}],
)
def test_other_machines_and_shares_of_one_do_not_overlap(other: dict[str, Any]) -> None:
    assert overlaps([run("a", 0, 100, 1.0), run("b", 0, 100, 1.0, **other)]) == []


def test_one_host_is_one_machine_whatever_the_trackers_say() -> None:
    same = {"host": "n1", "tracker": "slurm", "cpu_model": None}
    assert len(overlaps([run("a", 0, 100, 1.0, host="n1"), run("b", 0, 100, 1.0, **same)])) == 1


def test_local_time_is_not_compared_with_universal_time() -> None:
    universal = run("b", 0, 100, 1.0)
    object.__setattr__(universal, "started_at", START.replace(tzinfo=UTC))
    assert overlaps([run("a", 0, 100, 1.0), universal]) == []


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(10, 200), st.floats(0.1, 9)), min_size=1, max_size=12))
def test_counted_once_no_moment_counts_twice_and_none_is_lost(spans: list[tuple[int, int, float]]) -> None:
    runs = [run(str(place), start, length, power * length) for place, (start, length, power) in enumerate(spans)]
    busy = len({second for start, length, _ in spans for second in range(start, start + length)})
    found = {item.run.id: item for item in overlaps(runs)}
    kept = sum((found[one.id].outside if one.id in found else 1.0) * (one.duration_s or 0) for one in runs)
    assert busy - 1e-6 <= kept <= busy + 2 * len(runs)  # overlaps of up to 2 s count as none


def test_the_option_decides_and_the_total_follows() -> None:
    spans = {"duration_s": 100.0, "machine_wide": True, "cpu_model": "x"}
    summed, counted = footprint(spans, spans), footprint(spans, spans, overlap="once")
    assert summed.it_energy is not None
    assert counted.it_energy is not None
    assert (summed.it_energy.value, counted.it_energy.value) == (4.0, 2.0)
    assert "CR014" in codes(summed)
    assert "CR014" in codes(counted)
    text = next(finding.message for finding in summed.findings if finding.code == "CR014")
    assert "2 kWh are counted twice" in text
    with pytest.raises(ReportError, match="write sum"):
        make({"overlap": "max"})
