"""At another time: Flexible Start and Pause & Resume by hand, against brute force, and within their bounds."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import renderers
from reporter.assess import assess, schedules
from reporter.assess.schedules import Schedule, Step, flexible_start, pause_resume
from reporter.assess.shifting import window
from reporter.cli import main
from reporter.errors import ReportError
from reporter.footprint import Footprint, Shift
from reporter.options import make
from reporter.renderers import shifting_figure
from reporter.report import Report
from reporter.run import Reading, Run

MARCH = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = 3600.0
USUAL: dict[str, Any] = {
    "id": "a", "tracker": "power-log", "source": "run.csv", "line": 2, "started_at": MARCH, "duration_s": 2 * HOUR,
    "energy_kwh": 2.0, "basis": "measured",
}  # fmt: skip


def steps(*values: float, length: float = HOUR) -> list[Step]:
    return [Step(place * length, (place + 1) * length, value) for place, value in enumerate(values)]


def even(duration_s: float) -> list[tuple[float, float]]:
    return [(duration_s, 500.0)]


def flexible(*arguments: Any) -> Schedule:
    found = flexible_start(*arguments)
    assert found is not None
    return found


def paused(*arguments: Any) -> Schedule:
    found = pause_resume(*arguments)
    assert found is not None
    return found


# --- by hand ------------------------------------------------------------------------------------------------------


def test_flexible_start_finds_the_cheapest_span() -> None:
    found = flexible(steps(400, 300, 100, 200, 500), 3 * HOUR, even(2 * HOUR))
    assert found.intervals == ((2 * HOUR, 4 * HOUR),)
    assert found.mean == pytest.approx(150)
    assert flexible(steps(400, 300, 100, 200, 500), 1 * HOUR, even(2 * HOUR)).mean == pytest.approx(200)


def test_a_start_between_two_steps() -> None:
    """An hour and a half fits best when it ends with the cheap hours, half an hour into a step."""
    found = flexible(steps(400, 200, 100, 300), 2.5 * HOUR, even(1.5 * HOUR))
    assert found.intervals == ((1.5 * HOUR, 3 * HOUR),)
    assert found.mean == pytest.approx((0.5 * 200 + 100) / 1.5)


def test_the_power_curve_decides_which_hour_is_to_be_the_cheap_one() -> None:
    curve = [(HOUR, 100.0), (2 * HOUR, 900.0)]
    found = flexible(steps(300, 300, 200, 100, 300), 3 * HOUR, curve)
    assert found.intervals[0][0] == 2 * HOUR  # the strong hour at 100: (0.1 x 200 + 0.9 x 100)
    assert found.mean == pytest.approx(110)
    backwards = flexible(steps(300, 300, 200, 100, 300), 3 * HOUR, [(HOUR, 900.0), (2 * HOUR, 100.0)])
    assert backwards.intervals[0][0] == 3 * HOUR
    assert backwards.mean == pytest.approx(0.9 * 100 + 0.1 * 300)


def test_pause_resume_takes_the_cheapest_intervals_and_parts_of_them() -> None:
    found = paused(steps(400, 100, 300, 200, 500), 2 * HOUR)
    assert found.intervals == ((HOUR, 2 * HOUR), (3 * HOUR, 4 * HOUR))
    assert found.mean == pytest.approx(150)
    assert found.pauses == 1
    part = paused(steps(400, 100, 300, 200, 500), 2.25 * HOUR)
    assert part.intervals == ((HOUR, 2.25 * HOUR), (3 * HOUR, 4 * HOUR))  # of the hour at 300, without a pause
    assert part.mean == pytest.approx((100 + 200 + 0.25 * 300) / 2.25)
    before = paused(steps(400, 300, 100, 500), 1.5 * HOUR)
    assert before.intervals == ((1.5 * HOUR, 3 * HOUR),)  # the end of the step before


def test_of_equal_choices_the_one_with_the_fewest_pauses() -> None:
    found = paused(steps(100, 200, 100, 300, 200, 300, 100), 4 * HOUR)
    assert found.intervals == ((0, 3 * HOUR), (6 * HOUR, 7 * HOUR))


def test_a_constant_series_saves_nothing_and_nothing_moves() -> None:
    constant = steps(*[230.0] * 12)
    for found in (flexible(constant, 9 * HOUR, even(3 * HOUR)), paused(constant, 3 * HOUR),
                  flexible(constant, 9 * HOUR, [(HOUR, 5.0), (3 * HOUR, 700.0)])):  # fmt: skip
        assert found == Schedule(((0.0, 3 * HOUR),), 230.0)


def test_gaps_are_neither_started_in_nor_worked_in() -> None:
    told = ((0, 400), (1, 400), (3, 100), (4, 300))
    holed = [Step(hour * HOUR, (hour + 1) * HOUR, value) for hour, value in told]
    assert flexible(holed, 9 * HOUR, even(2 * HOUR)).intervals == ((3 * HOUR, 5 * HOUR),)
    assert flexible(holed, 2 * HOUR, even(2 * HOUR)).intervals == ((0, 2 * HOUR),)
    assert paused(holed, 3 * HOUR).intervals == ((0, HOUR), (3 * HOUR, 5 * HOUR))
    assert flexible_start(holed, 9 * HOUR, even(3 * HOUR)) is None
    assert pause_resume(holed, 5 * HOUR) is None
    assert flexible_start([], HOUR, even(HOUR)) is None


# --- against brute force, and within bounds -----------------------------------------------------------------------

GRID = st.lists(st.integers(0, 6).map(lambda tens: 10.0 * tens), min_size=2, max_size=9)
REAL = st.lists(st.floats(0, 900), min_size=2, max_size=30)
CURVES = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 9)), min_size=1, max_size=5)


def segments(places: tuple[int, ...]) -> int:
    return sum(place - 1 not in places for place in places)


@given(GRID, st.data())
def test_pause_resume_is_the_best_of_all_choices_of_whole_steps(values: list[float], data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(values)))
    every = [(sum(values[place] for place in places), segments(places))
             for places in combinations(range(len(values)), number)]  # fmt: skip
    least, fewest = min(every)
    found = paused(steps(*values), number * HOUR)
    assert found.mean * number == pytest.approx(least)
    assert len(found.intervals) == fewest


@given(GRID, CURVES, st.integers(0, 8))
def test_flexible_start_is_the_best_of_all_starts_on_a_grid(
    values: list[float], pieces: list[tuple[int, int]], slack: int
) -> None:
    """Powers and intensities that change on quarters of an hour: no start on that grid is better, and one as good."""
    curve, second = [], 0.0
    for quarters, watts in pieces:
        second += quarters * HOUR / 4
        curve.append((second, float(watts)))
    if not any(watts for _, watts in curve):
        return
    told = steps(*values)
    starts = [0.25 * HOUR * place for place in range(4 * slack + 1)]
    starts = [start for start in starts if start + second <= len(values) * HOUR]
    found = flexible_start(told, slack * HOUR, curve)
    if not starts:
        assert found is None
        return
    assert found is not None
    each = [direct(told, start, curve) for start in starts]
    assert found.mean == pytest.approx(min(each), abs=1e-6)
    assert found.mean == pytest.approx(direct(told, found.intervals[0][0], curve), abs=1e-6)
    first = next(start for start, mean in zip(starts, each, strict=True) if mean <= min(each) + 1e-6)
    assert found.intervals[0][0] == pytest.approx(first, abs=1)


def direct(told: list[Step], start: float, curve: list[tuple[float, float]]) -> float:
    """The mean intensity of a run's energy, written out."""
    weighed, energy, begin = 0.0, 0.0, start
    for second, watts in curve:
        for step in told:
            seconds = min(step.end, start + second) - max(step.start, begin)
            weighed += max(seconds, 0.0) * watts * step.value
        energy += watts * (start + second - begin)
        begin = start + second
    return weighed / energy


@given(REAL, st.floats(0.1, 6), st.floats(0, 24), st.floats(0, 6))
def test_bounds(values: list[float], hours: float, slack: float, more: float) -> None:
    """Cheapest hours <= Pause & Resume <= Flexible Start <= the real start, and a longer window is never worse."""
    end, duration = len(values) * HOUR, hours * HOUR
    if duration > end:
        return
    waits = HOUR * slack, HOUR * (slack + more)
    told = [schedules.steps_within(*series(values), 0.0, min(end, duration + wait)) for wait in waits]
    real = flexible(told[0], 0.0, even(duration))
    one, other = (flexible(each, wait, even(duration)) for each, wait in zip(told, waits, strict=True))
    few, many = (paused(each, duration) for each in told)
    assert few.mean <= one.mean + 1e-6
    assert one.mean <= real.mean + 1e-6
    assert other.mean <= one.mean + 1e-6
    assert many.mean <= few.mean + 1e-6
    cheapest = sorted(values)
    whole = math.floor(hours)
    least = (sum(cheapest[:whole]) + (hours - whole) * (cheapest[whole] if whole < len(cheapest) else 0)) / hours
    assert many.mean >= least - 1e-6
    for found in (one, few, many):
        assert sum(last - first for first, last in found.intervals) == pytest.approx(duration)
        assert all(earlier[1] < later[0] for earlier, later in zip(found.intervals, found.intervals[1:], strict=False))


def series(values: list[float]) -> tuple[list[float], list[float], list[float]]:
    starts = [HOUR * place for place in range(len(values))]
    return starts, [start + HOUR for start in starts], values


# --- in a report --------------------------------------------------------------------------------------------------


def written(folder: Path, values: list[float], step_s: float = HOUR) -> str:
    moments = (MARCH + timedelta(seconds=step_s * place) for place in range(len(values)))
    rows = (f"{moment:%Y-%m-%dT%H:%M:%SZ},{value}" for moment, value in zip(moments, values, strict=True))
    path = folder / "series.csv"
    path.write_text("timestamp,lifecycle gCO2e/kWh\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def footprint(path: str, *changes: dict[str, Any], **chosen: Any) -> Footprint:
    runs = tuple(Run(**{**USUAL, "id": str(place), **change}) for place, change in enumerate(changes or ({},)))
    return assess(Reading(runs, (), ()), make({"intensity_series": (path,), **chosen}))


def codes(made: Footprint) -> list[str]:
    return [finding.code for finding in made.findings]


DAY = [400.0, 300.0, 100.0, 300.0, 100.0, 500.0]


def test_savings_against_the_real_start(tmp_path: Path) -> None:
    made = footprint(written(tmp_path, DAY), shift=("flexible-start=3h", "pause-resume=3h"), pue="1.5")
    start, paused_run = made.shifts
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(3 * 0.350)
    assert start.baseline.value == pytest.approx(made.emissions.value)
    assert start.emissions.value == pytest.approx(3 * 0.200)  # the hours of 300 and 100
    assert start.saving == pytest.approx(1 - 200 / 350)
    assert start.runs[0].intervals == ((MARCH + timedelta(hours=1), MARCH + timedelta(hours=3)),)
    assert paused_run.emissions.value == pytest.approx(3 * 0.100)
    assert paused_run.pauses == 1
    assert paused_run.pauses_per_hour == pytest.approx(0.5)
    assert start.energy.value == paused_run.energy.value == pytest.approx(3.0)  # a pause draws nothing
    assert "CR123" not in codes(made)


@pytest.mark.parametrize("asked", ["2h", "100%", "total:4h", "120min", "until:2024-03-01T04:00Z", "2"])
def test_every_way_to_tell_the_same_window(tmp_path: Path, asked: str) -> None:
    (made,) = footprint(written(tmp_path, DAY), shift=f"pause-resume={asked}").shifts
    assert made.emissions.value == pytest.approx(0.2 * (100 + 300) / 2 / 0.2 * 2 / 1000)
    assert made.runs[0].intervals == ((MARCH + timedelta(hours=1), MARCH + timedelta(hours=3)),)


def test_runs_are_moved_by_themselves_and_added_up(tmp_path: Path) -> None:
    later = {"started_at": MARCH + timedelta(hours=3), "duration_s": HOUR, "energy_kwh": 1.0}
    made = footprint(written(tmp_path, DAY), {}, later, shift="flexible-start=1h")
    (shift,) = made.shifts
    assert [run.emissions.value for run in shift.runs] == pytest.approx([0.4, 0.1])
    assert shift.emissions.value == pytest.approx(0.5)
    assert shift.saving == pytest.approx(1 - 0.5 / (0.7 + 0.3))


def test_the_curve_moves_as_a_whole_and_pause_resume_is_at_constant_power(tmp_path: Path) -> None:
    traced = {"power_w": ((HOUR, 200.0), (2 * HOUR, 1800.0))}
    made = footprint(written(tmp_path, DAY), traced, shift=("flexible-start=2h", "pause-resume=2h"))
    start, pausing = made.shifts
    assert made.emissions is not None
    assert start.baseline.value == pytest.approx(made.emissions.value) == pytest.approx(2 * (0.1 * 0.4 + 0.9 * 0.3))
    assert start.emissions.value == pytest.approx(2 * (0.1 * 0.3 + 0.9 * 0.1))
    assert pausing.baseline.value == pytest.approx(2 * 0.35)
    assert pausing.emissions.value == pytest.approx(2 * 0.2)


def test_what_the_series_does_not_cover_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, DAY)
    cut = footprint(path, shift="pause-resume=24h")
    assert [finding.message for finding in cut.findings if finding.code == "CR123"] == [
        ("--shift pause-resume=24h: the intensity series covers the window of 1 of 1 run in part; other times do not "
         "count")
    ]  # fmt: skip
    outside = {"started_at": MARCH + timedelta(hours=5)}  # its second hour is not covered
    partly = footprint(path, {}, outside, shift="pause-resume=2h")
    (shift,) = partly.shifts
    assert partly.emissions is not None
    assert [run.start is None for run in shift.runs] == [False, True]
    assert shift.emissions.value == pytest.approx(partly.emissions.value - 0.7 + 0.4)
    assert "1 of 2 runs not moved" in next(one.message for one in partly.findings if one.code == "CR123")
    late = footprint(path, shift="flexible-start=until:2024-03-01T01:00Z")
    assert late.shifts[0].runs[0].start is None
    assert late.shifts[0].saving == pytest.approx(0)


def test_marginal_intensity_below_nothing_has_no_share(tmp_path: Path) -> None:
    path = tmp_path / "marginal.json"
    points = [{"point_time": f"{MARCH + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}", "value": value}
              for hour, value in enumerate([-100.0, -50.0, -300.0, 100.0])]  # fmt: skip
    meta = {"region": "X", "signal_type": "co2_moer", "units": "lbs_co2_per_mwh", "data_point_period_seconds": 3600}
    path.write_text(json.dumps({"data": points, "meta": meta}), encoding="utf-8")
    (shift,) = footprint(str(path), {"duration_s": HOUR}, shift="pause-resume=2h").shifts
    assert shift.emissions.value < shift.baseline.value < 0
    assert shift.saving is None
    assert shift.signal == "marginal"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("sleep=24h", "write flexible-start=24h"), ("flexible-start", "write flexible-start=24h"),
        ("pause-resume=soon", "write flexible-start=24h"), ("pause-resume=-2h", "0 or longer"),
        ("pause-resume=5kg", "write flexible-start"), ("pause-resume=until:2024-03-01T04:00", "which time zone"),
        ("pause-resume=until:noon", "write flexible-start"), ("flexible-start=40000d", "no longer than a century"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(asked: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        window(asked)


def test_without_a_series_the_option_says_what_it_needs() -> None:
    with pytest.raises(ReportError, match="--intensity-series"):
        assess(Reading((Run(**USUAL),), (), ()), make({"shift": "flexible-start=24h"}))


def test_pages_tell_it_and_json_has_the_intervals(tmp_path: Path) -> None:
    made = footprint(written(tmp_path, DAY), shift=("flexible-start=3h", "pause-resume=100%"))
    report = Report(made)
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert "At another time" in text, name
        assert "2024-03-01 01:00 UTC" in text.replace("&#58;", ":"), name
        assert name == "terminal" or "idle draw" in text.replace("\n", " "), name
    start, pausing = json.loads(renderers.available()["json"].render(report))["scenarios"]
    assert (start["kind"], start["key"]) == ("flexible-start", "3h")
    assert (pausing["kind"], pausing["key"]) == ("pause-resume", "100%")
    assert start["ratio"] == pytest.approx(200 / 350)
    assert start["runs"][0]["intervals"] == [["2024-03-01T01:00:00+00:00", "2024-03-01T03:00:00+00:00"]]
    assert (pausing["saving"], pausing["pauses"]) == (pytest.approx(1 - 200 / 350), 0)


def test_the_figure_marks_the_intervals(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    def canvas(height: float) -> tuple[Figure, tuple[Any, ...]]:
        figure = Figure(figsize=(6, height))
        return figure, (figure.subplots(),)

    made = footprint(written(tmp_path, DAY), {}, {"energy_kwh": 5.0}, shift="pause-resume=3h")
    drawn = shifting_figure.drawn(made, canvas)
    assert drawn is not None
    name, _, caption, words, figure = drawn
    top, below = figure.axes
    assert name == "shifting"
    assert "The run is 1, which emits most." in caption
    assert "begins after 2 h 0 min, with 1 pause." in words
    assert list(top.patches[0].get_data().values) == DAY[:5]
    bars = [[path.get_extents().intervalx.tolist() for path in bar.get_paths()] for bar in below.collections]
    assert bars == [[[0.0, 2.0]], [[2.0, 3.0], [4.0, 5.0]]]
    assert shifting_figure.drawn(footprint(written(tmp_path, DAY)), canvas) is None


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "emissions.csv"
    log.write_text("timestamp,project_name,run_id,duration,emissions,energy_consumed,country_name,country_iso_code\n"
                   "2024-03-01T02:00:00,train,r1,7200,0.1,2.0,France,FRA\n", encoding="utf-8")  # fmt: skip
    series_file = written(tmp_path, DAY)
    arguments = [str(log), "--intensity-series", series_file, "--timezone", "UTC", "--shift", "flexible-start=3h"]
    assert main([*arguments, "--shift", "pause-resume=3h", "--markdown", "-"]) == 0
    out = capsys.readouterr().out
    assert "42.9 %" in out
    assert "71.4 %" in out


def test_a_year_of_5_minutes_and_a_month_long_run_take_seconds(tmp_path: Path) -> None:
    values = [300 + 120 * math.sin(place / 288 * 2 * math.pi) + place % 7 for place in range(366 * 288)]
    begun = time.process_time()
    made: tuple[Shift, ...] = footprint(
        written(tmp_path, values, 300.0), {"duration_s": 30 * 86_400.0, "energy_kwh": 9e3},
        shift=("flexible-start=24h", "pause-resume=24h", "flexible-start=300d", "pause-resume=300d"),
    ).shifts  # fmt: skip
    assert time.process_time() - begun < 20  # measured: 1.5 s, most of it to read the series
    savings = [shift.saving for shift in made]
    assert all(saving is not None and saving >= 0 for saving in savings)
    steps_told = made[0].runs[0].window
    curve = [(60.0 * (minute + 1), 200.0 + minute % 13) for minute in range(30 * 1440)]
    begun = time.process_time()
    traced = flexible([Step(*step) for step in steps_told], 86_400.0, curve)
    assert time.process_time() - begun < 30  # measured: 3 s
    assert traced.mean == pytest.approx(direct_mean(steps_told, traced, curve), rel=1e-9)


def direct_mean(
    told: tuple[tuple[float, float, float], ...], found: Schedule, curve: list[tuple[float, float]]
) -> float:
    """The mean of a run whose every step of power lies within one of the series, which 5 minutes and a minute give."""
    start, weighed = found.intervals[0][0], 0.0
    assert start % 60 == 0
    for second, watts in curve:
        weighed += watts * told[int((start + second - 30) // 300)][2]
    return weighed / sum(watts for _, watts in curve)
