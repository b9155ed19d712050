"""Zeus, what rows mean: windows that nest, 0 J, names with commas, opaque clocks; the older power and result files."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

HEADER = "start_time,window_name,elapsed_time,gpu0_energy"


def log(folder: Path, *lines: object, header: str = HEADER, name: str = "zeus.csv", end: str = "\n") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *map(str, lines))) + end, encoding="utf-8")
    return path


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def windows(reading: Reading) -> dict[str, tuple[float | None, float | None]]:
    """Of each window that counts: J and s."""
    return {
        run.labels["window"]: (None if run.energy_kwh is None else round(run.energy_kwh * 3.6e6, 6), run.duration_s)
        for run in reading.runs
    }


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        read(path)
    return str(caught.value)


def test_windows_one_after_the_other_add_up(tmp_path: Path) -> None:
    header = f"{HEADER},gpu3_energy"
    reading = read(log(tmp_path, "100.5,a,2,10,20", "103,b,4,30,40", "108,a,1,5,6", header=header))
    assert windows(reading) == {"a": (41, 3), "b": (70, 4)}
    run = reading.runs[0]
    assert (run.tracker, run.basis, run.gpu_count, run.line, run.started_at) == ("zeus", "measured", 2, 2, None)
    assert run.gpu_energy_kwh == run.energy_kwh
    assert codes(reading) == []


def test_the_sample_was_written_by_zeus_itself() -> None:
    reading = read(SAMPLES / "zeus" / "windows" / "zeus.csv")
    assert windows(reading) == {"train": (2525, 5.5)}
    assert str(reading.runs[0].started_at) == "2026-11-18 11:06:40+00:00"
    assert sorted(codes(reading)) == ["CR027", "CR036"]


def test_nested_windows_count_once_and_the_longest_cover_wins(tmp_path: Path) -> None:
    steps = [f"{1 + at},step,1,9" for at in range(3)]
    told = "counted are the 1 of 4 that cover the most time (3 of 3 s) without any second counting twice"
    for lines in ([*steps, "1,epoch,3,30"], ["1,epoch,3,30", *steps]):
        reading = read(log(tmp_path, *lines))
        assert windows(reading) == {"epoch": (30, 3)}
        assert [finding.message for finding in reading.findings] == [f"windows overlap; {told}; left out: 'step'"]
    beyond = read(log(tmp_path, "1,warm-up,2,50", "2,epoch,9,80", "11,epoch,9,80"))
    assert windows(beyond) == {"epoch": (160, 18)}
    assert "18 of 19 s" in beyond.findings[0].message


def test_an_outer_window_without_energy_leaves_the_count_to_inner_ones(tmp_path: Path) -> None:
    reading = read(log(tmp_path, "1,step,1,9", "2,step,1,9", "1,epoch,2,0.0"))
    assert windows(reading) == {"step": (18, 2)}
    assert codes(reading) == ["CR027"]


def test_zero_joules_are_not_measured(tmp_path: Path) -> None:
    reading = read(log(tmp_path, "1,a,0.01,0.0", "2,b,0.01,0.0"))
    assert windows(reading) == {"a": (None, 0.01), "b": (None, 0.01)}
    assert codes(reading) == ["CR027"]
    reading = read(log(tmp_path, "1,a,1,0.0,7", "3,b,1,8,8", header=f"{HEADER},gpu1_energy"))
    assert windows(reading) == {"a": (7, 1), "b": (16, 1)}
    assert codes(reading) == ["CR025"]


def test_names_may_hold_commas(tmp_path: Path) -> None:
    reading = read(log(tmp_path, "1,load, then save,2,30,40", "4,,2,30,40", header=f"{HEADER},gpu1_energy"))
    assert [(run.labels, run.duration_s) for run in reading.runs] == [({"window": "load, then save"}, 2), ({}, 2)]


def test_energies_of_other_devices_are_told_apart(tmp_path: Path) -> None:
    reading = read(log(tmp_path, "1,a,2,36,7.2,3.6", header=f"{HEADER},cpu0_energy,dram0_energy"))
    run = reading.runs[0]
    assert (run.gpu_energy_kwh, run.cpu_energy_kwh, run.ram_energy_kwh) == pytest.approx((1e-5, 2e-6, 1e-6))
    assert run.energy_kwh == pytest.approx(1.3e-5)


def test_a_monotonic_clock_that_begins_anew_nests_nothing(tmp_path: Path) -> None:
    reading = read(log(tmp_path, "1000,a,50,100", "1050,a,50,100", HEADER, "20,a,1100,2000"))
    assert windows(reading) == {"a": (2200, 1200)}
    assert codes(reading) == ["CR005"]


@pytest.mark.parametrize(
    ("line", "code"),
    [("1,a", "CR002"), ("x,a,1,5", "CR002"), ("1,a,1,five", "CR002"), ("1,a,-1,5", "CR035"), ("1,a,1,-5", "CR035")],
)
def test_rows_that_cannot_be_are_skipped(tmp_path: Path, line: str, code: str) -> None:
    reading = read(log(tmp_path, line, "50,b,1,5"))
    assert windows(reading) == {"b": (5, 1)}
    assert codes(reading) == [code]
    assert reading.inputs[0].skipped == 1


def test_files_without_an_energy_are_refused(tmp_path: Path) -> None:
    assert "Zeus found no GPU" in refused(log(tmp_path, "1,a,2,", header="start_time,window_name,elapsed_time,"))
    assert "no window: each is written when it ends" in refused(log(tmp_path))
    reading = read(log(tmp_path, "1,a,1,5", "2,b,1,1234", end=""))
    assert (windows(reading), codes(reading)) == ({"a": (5, 1)}, ["CR003"])


POWER = [f"2022-07-13 02:07:{at:02d}.708783111,32400" for at in range(11)]


def test_the_older_power_log_is_in_milliwatts_and_has_a_footer(tmp_path: Path) -> None:
    for footer in ("", "2022-07-13 02:0", "stopped"):
        reading = read(log(tmp_path, *POWER, footer, header="Time,Power", end=""))
        (run,) = reading.runs
        assert (run.gpu_count, run.duration_s, codes(reading)) == (1, 10, [])
        assert run.gpu_energy_kwh == pytest.approx(324 / 3.6e6)
        assert run.energy_kwh == run.gpu_energy_kwh
    reading = read(log(tmp_path, *POWER[:5], "oops", *POWER[5:], header="Time,Power"))
    assert codes(reading) == ["CR002"]


def test_results_of_the_data_loader(tmp_path: Path) -> None:
    path = tmp_path / "bs128+lr0.1.train.json"
    told = {"energy": 36000.0, "time": 120.0, "cost": 5.0, "num_epochs": 3, "reached": True}
    path.write_text(json.dumps(told))
    (run,) = read(path).runs
    assert run.energy_kwh == pytest.approx(0.01)
    assert run.duration_s == 120
    path.write_text(json.dumps({**told, "energy": "much"}))
    assert "'energy' is no number above 0" in refused(path)


def test_what_is_claimed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for text, claimed in (
        (HEADER, True), ("start_time,window_name,elapsed_time,", True), (f"Time,Power\n{POWER[0]}\n", True),
        ("Time,Power\n0.5,300\n", False), ('{"energy": 3, "time": 5}', False), ("start_time,elapsed_time", False),
    ):  # fmt: skip
        path.write_text(text)
        (found,) = importers.places.find([str(path)])
        assert isinstance(found, importers.places.Log)
        assert importers.available()["zeus"].claims(found) is claimed


QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=9)


@QUIET
@given(spans=SPANS)
def test_windows_that_count_never_overlap_and_none_cover_more(tmp_path: Path, spans: list[tuple[int, int]]) -> None:
    start = 1_790_000_000
    lines = [f"{start + at}.0,w{place},{long},1.0" for place, (at, long) in enumerate(spans)]
    named = {f"w{place}": (at, at + long) for place, (at, long) in enumerate(spans)}
    chosen = sorted(named[run.labels["window"]] for run in read(log(tmp_path, *lines)).runs)
    assert all(one[1] <= two[0] for one, two in pairwise(chosen))
    most = 0
    for subset in range(1 << len(spans)):
        parts = sorted(span for place, span in enumerate(named.values()) if subset >> place & 1)
        if all(one[1] <= two[0] for one, two in pairwise(parts)):
            most = max(most, sum(end - begin for begin, end in parts))
    assert sum(end - begin for begin, end in chosen) == most


@QUIET
@given(data=st.data(), joules=st.lists(st.integers(1, 999), min_size=2, max_size=8))
def test_the_order_of_rows_changes_nothing(tmp_path: Path, data: st.DataObject, joules: list[int]) -> None:
    lines = [f"{1_790_000_000 + 2 * at},w,1,{value}" for at, value in enumerate(joules)]
    one, other = (read(log(tmp_path, *part)).runs[0] for part in (lines, data.draw(st.permutations(lines))))
    assert math.isclose(one.energy_kwh or 0, sum(joules) / 3.6e6)
    assert (one.energy_kwh, one.duration_s, one.started_at) == (other.energy_kwh, other.duration_s, other.started_at)
