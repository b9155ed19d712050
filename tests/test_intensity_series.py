"""Intensity series: every layout, steps in time, and runs put on them; all alignments are computed by hand here."""

from __future__ import annotations

import json
import time
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import factors, intensity_series
from reporter.assess import assess
from reporter.assess.alignment import Alignment
from reporter.cli import main
from reporter.errors import ReportError
from reporter.footprint import Amount, Footprint
from reporter.intensity_series import Series
from reporter.options import make
from reporter.renderers import content
from reporter.report import Report
from reporter.run import Reading, Run

from .conftest import ROOT

SAMPLES = ROOT / "samples" / "intensity-series"
MARCH = datetime(2024, 3, 1, tzinfo=UTC)
LB = 453.59237  # grams
PLAIN = str(SAMPLES / "plain.csv")  # 4 hours of 100, 200, 300, 400 g/kWh
USUAL: dict[str, Any] = {
    "id": "a", "tracker": "power-log", "source": "run.csv", "line": 2, "started_at": MARCH, "duration_s": 3600.0,
    "energy_kwh": 2.0, "basis": "measured", "country": "FRA",
}  # fmt: skip


def footprint(*changes: dict[str, Any], **chosen: Any) -> Footprint:
    runs = tuple(Run(**{**USUAL, "id": str(place), **change}) for place, change in enumerate(changes or ({},)))
    return assess(Reading(runs, (), ()), make({"intensity_series": (PLAIN,), **chosen}))


def intensity(made: Footprint, place: int = 0) -> Amount:
    found = made.runs[place].intensity
    assert found is not None
    return found


def codes(made: Footprint) -> list[str]:
    return [finding.code for finding in made.findings]


def written(folder: Path, text: str, name: str = "series.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def hours(values: list[float], start: datetime = MARCH, step_s: float = 3600.0) -> str:
    rows = (
        f"{start + timedelta(seconds=step_s * place):%Y-%m-%dT%H:%M:%SZ},{value!r}"
        for place, value in enumerate(values)
    )
    return "timestamp,lifecycle gCO2e/kWh\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("name", "provider", "zone", "signal", "boundary", "step_s", "values"),
    [
        ("electricity-maps-new.csv", "Electricity Maps", "FR", "average", "lifecycle", 3600, [40, 44, 52, 60, 48, 36]),
        ("electricity-maps-old.csv", "Electricity Maps", "FR", "average", "lifecycle", 3600, [40, 44, 52, 60, 48, 36]),
        ("watttime.json", "WattTime", "EXAMPLE_NORTH", "marginal", "direct", 300,
         [LB / 1000 * (1000 + 100 * place) for place in range(12)]),
        ("uk-api.json", "UK Carbon Intensity", "GB", "average", "direct", 1800, [110, 111, 112, 103]),
        ("uk-website.csv", "UK Carbon Intensity", "GB", "average", "direct", 1800, [110, 111, 112, 103]),
        ("neso-mix.csv", "NESO", "GB", "average", "direct", 1800, [150, 160, 170, 180]),
        ("eia-930.csv", "EIA-930", "EXMP", "average", "direct", 3600, [0.5 * LB, 0.6 * LB, 0.7 * LB]),
        # (500 x 230 + 1000 x 743 + 5000 x 29 + 3500 x 26) / 10000, and so on; pumped storage and Other do not count
        ("entsoe-generation.csv", "ENTSO-E generation", "Example (EX)", "average", "lifecycle", 3600,
         [109.4, 171.2, (995e3 + 232e3) / 9000]),
        ("entsoe-intensity.csv", "intensity series", None, "average", "boundary not told", 3600, [200, 201, 202]),
        ("plain.csv", "intensity series", None, "average", "boundary not told", 3600, [100, 200, 300, 400]),
    ],
)  # fmt: skip
def test_every_layout(
    name: str, provider: str, zone: str | None, signal: str, boundary: str, step_s: float, values: list[float]
) -> None:
    series = intensity_series.read([str(SAMPLES / name)])
    assert (series.provider, series.zone, series.signal, series.boundary) == (provider, zone, signal, boundary)
    assert series.values == pytest.approx(values)
    assert series.first == MARCH  # EIA-930 tells the end of the hour, ENTSO-E Central European time
    assert series.starts == [MARCH.timestamp() + step_s * place for place in range(len(values))]
    assert series.ends == [start + step_s for start in series.starts]
    assert factors.source(series.factors[0].source).title
    assert series.unit == series.factors[0].unit == "gCO2e/kWh"


def test_what_is_estimated_or_left_out_is_told() -> None:
    for name in ("electricity-maps-new.csv", "uk-api.json", "uk-website.csv"):
        assert [finding.code for finding in intensity_series.read([str(SAMPLES / name)]).findings] == ["CR115"]
    series = intensity_series.read([str(SAMPLES / "entsoe-generation.csv")])
    assert [finding.code for finding in series.findings] == ["CR117"]
    assert "3.3 %" in series.findings[0].message  # 1,000 of 30,000 MWh
    assert series.spread[0] < 1 < series.spread[1]


def workbook(path: Path, sheet: str = "Published Hourly Data", doctype: str = "") -> str:
    """A workbook as EIA writes it: shared texts, moments as days since 1900."""
    day = (MARCH - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86_400
    texts = ["BA", "UTC time", "Remarks", "CO2 Emissions Intensity for Consumed Electricity", "EXMP"]
    cells = "".join(f'<c r="{column}1" t="s"><v>{place}</v></c>' for place, column in enumerate("ABCD"))
    rows = f'<row r="1">{cells}</row>' + "".join(
        f'<row r="{hour + 2}"><c r="A{hour + 2}" t="s"><v>4</v></c>'
        f'<c r="B{hour + 2}"><v>{day + (hour + 1) / 24!r}</v></c>'
        f'<c r="D{hour + 2}"><v>{0.5 + hour / 10}</v></c></row>'
        for hour in range(3)
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns:r="x"><sheets><sheet name="{sheet}" r:id="r1"/></sheets></workbook>'
        )
        book.writestr("xl/_rels/workbook.xml.rels", '<R><Relationship Id="r1" Target="worksheets/sheet1.xml"/></R>')
        book.writestr("xl/sharedStrings.xml", f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in texts)}</sst>")
        book.writestr("xl/worksheets/sheet1.xml", f"{doctype}<worksheet><sheetData>{rows}</sheetData></worksheet>")
    return str(path)


def test_a_workbook_reads_as_its_hourly_sheet_saved_as_csv(tmp_path: Path) -> None:
    series = intensity_series.read([workbook(tmp_path / "EXMP.xlsx")])
    same = intensity_series.read([str(SAMPLES / "eia-930.csv")])
    assert (series.provider, series.zone, series.starts, series.ends) == (
        same.provider,
        same.zone,
        same.starts,
        same.ends,
    )
    assert series.values == pytest.approx(same.values)
    with pytest.raises(ReportError, match="no sheet 'Published Hourly Data'"):
        intensity_series.read([workbook(tmp_path / "other.xlsx", sheet="Notes")])
    with pytest.raises(ReportError, match="document type"):
        intensity_series.read([workbook(tmp_path / "bomb.xlsx", doctype="<!DOCTYPE x [<!ENTITY a 'b'>]>")])


def test_the_repeated_hour_counts_twice() -> None:
    series = intensity_series.read([str(SAMPLES / "plain-local.csv")], ZoneInfo("Europe/Paris"))
    assert series.first == datetime(2024, 10, 26, 23, tzinfo=UTC)
    assert [(start - series.starts[0]) / 3600 for start in series.starts] == [0, 1, 2, 3]
    assert series.values == [100.5, 200, 300, 400]


def test_gaps_stay_gaps_and_months_end_with_the_calendars(tmp_path: Path) -> None:
    rows = (("00", "1"), ("01", "2"), ("02", ""), ("03", "4"), ("09", "9"))
    text = "time (UTC),g/kWh\n" + "".join(f"2024-03-01 {hour}:00,{value}\n" for hour, value in rows)
    gap = intensity_series.read([written(tmp_path, text)])
    assert [(start - gap.starts[0]) / 3600 for start in gap.starts] == [0, 1, 3, 9]
    assert [(end - gap.starts[0]) / 3600 for end in gap.ends] == [1, 2, 4, 10]
    assert "CR114" in [finding.code for finding in gap.findings]
    months = intensity_series.read([written(tmp_path, "date utc,g/kWh\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n")])
    assert (months.last, months.resolution) == (datetime(2024, 4, 1, tzinfo=UTC), "monthly")
    head = (SAMPLES / "electricity-maps-new.csv").read_text(encoding="utf-8").split("\n")[0]
    year = written(tmp_path, f"{head}\n2023-01-01 00:00:00,France,France,FR,30,50,,,x,false,\n", "FR_2023_yearly.csv")
    assert intensity_series.read([year]).last == datetime(2024, 1, 1, tzinfo=UTC)


def test_files_of_one_grid_make_one_series_and_others_do_not(tmp_path: Path) -> None:
    first, second = (
        written(tmp_path, hours([1.0, 2.0]), "a.csv"),
        written(tmp_path, hours([2.0, 3.0], MARCH + timedelta(hours=1)), "b.csv"),
    )
    assert intensity_series.read([second, first]).values == [1.0, 2.0, 3.0]
    other = written(tmp_path, hours([9.0], MARCH + timedelta(hours=1)), "c.csv")
    with pytest.raises(ReportError, match=r"c\.csv:2: 2024-03-01 01:00 UTC has two values, 2.0 and 9.0"):
        intensity_series.read([first, other])
    maps, watttime = str(SAMPLES / "electricity-maps-new.csv"), str(SAMPLES / "watttime.json")
    with pytest.raises(ReportError, match=r"marginal here and average .*never added up"):
        intensity_series.read([maps, watttime])
    with pytest.raises(ReportError, match="direct here and lifecycle"):
        intensity_series.read([maps, str(SAMPLES / "uk-website.csv")])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("timestamp,g/kWh\n2024-03-01T00:00Z,abc\n", 2, "'abc' is no finite number"),
        ("timestamp,g/kWh\n2024-03-01T00:00Z,1\n2024-03-01T01:00Z,inf\n", 3, "'inf' is no finite number"),
        ("timestamp,g/kWh\n2024-03-01T00:00Z,-5\n2024-03-01T01:00Z,1\n", 2, "-5 g/kWh cannot be"),
        ("timestamp,g/kWh\nyesterday,5\n", 2, "'yesterday' is no moment"),
        ("timestamp,g/kWh\n03/04/2024 01:00,5\n", 2, "day or month first"),
        ("timestamp,g/kWh\n2024-03-01 00:00,5\n", 2, "tells no time zone"),
        ("timestamp,g/kWh\n2024-03-01T00:00Z\n", 2, "has 1 cells and needs 2"),
        ("timestamp,zone,g/kWh\n2024-03-01T00:00Z,FR,1\n2024-03-01T01:00Z,DE,1\n", 3, "zone DE beside FR"),
        ("timestamp,energy (kWh)\n2024-03-01T00:00Z,5\n", 1, "no column has a unit of an intensity"),
        ("timestamp,carbon intensity (kWh)\n2024-03-01T00:00Z,5\n", 1, "has no unit of an intensity"),
        ("timestamp,value\n2024-03-01T00:00Z,5\n", 1, "name its unit in the header"),
        ("timestamp,a g/kWh,b g/kWh\n2024-03-01T00:00Z,5,6\n", 1, "several columns"),
        ("a,g/kWh\n2024-03-01T00:00Z,5\n", 1, "no column of moments"),
        ("timestamp,g/kWh\n2024-03-01T00:00Z,5\n", None, "one moment alone"),
        ("timestamp,g/kWh\n2024-03-01T00:00Z,\n2024-03-01T01:00Z,n/e\n", None, "no step of this series has a value"),
        ("timestamp,g/kWh\n", None, "no step stands in this file"),
        ('{"data": []}', None, "no list of steps"),
        ('{"data": [{"point_time": "2024-03-01T00:00Z", "value": 1}], "meta": {"signal_type": "health_damage"}}', None,
         "is no carbon intensity"),
        ('{"meta": {"signal_type": "co2_moer", "units": "kWh"}, "data": [{"point_time": "2024-03-01", "value": 1}]}',
         None, "no unit of an intensity"),
        ('{"data": [\n,', 2, "no valid JSON"),
        ("", 1, "no column of moments"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_place(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        intensity_series.read([written(tmp_path, text)])
    assert message in caught.value.message
    assert "\n" not in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith(str(tmp_path))


def test_a_header_without_a_unit_is_read_as_grams_and_told(tmp_path: Path) -> None:
    text = hours([5.0, 7.0]).replace("lifecycle gCO2e/kWh", "carbon intensity")
    series = intensity_series.read([written(tmp_path, text)])
    assert series.values == [5.0, 7.0]
    assert series.findings[0].code == "CR116"


@pytest.mark.parametrize(
    ("unit", "grams"),
    [
        ("g/kWh", 1.0),
        ("kgCO2eq per MWh", 1.0),
        ("kg/kWh", 1000.0),
        ("lbs_co2_per_mwh", LB / 1000),
        ("tCO2/MWh", 1000.0),
    ],
)
def test_units_of_the_header(tmp_path: Path, unit: str, grams: float) -> None:
    text = f"timestamp,{unit}\n2024-03-01T00:00Z,2\n2024-03-01T01:00Z,3\n"
    assert intensity_series.read([written(tmp_path, text)]).values == pytest.approx([2 * grams, 3 * grams])


# Runs on a series of 100, 200, 300, 400 g/kWh in four hours.


def test_without_a_trace_time_weighs() -> None:
    made = footprint({"started_at": MARCH + timedelta(minutes=45), "duration_s": 5400.0})
    # 15 minutes at 100, an hour at 200, 15 minutes at 300
    found = intensity(made)
    assert found.value == pytest.approx((0.25 * 100 + 200 + 0.25 * 300) / 1.5)
    assert (found.low, found.high) == pytest.approx((100, 300))  # all energy may have been drawn in one of the steps
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(2.0 * 200 / 1000)
    assert made.runs[0].coverage == 1.0
    assert "CR112" not in codes(made)


def test_with_a_trace_energy_weighs() -> None:
    # 1 kW for half an hour, then 3 kW for an hour, from 00:30: 0.5 kWh at 100, 3 kWh at 200
    trace = ((1800.0, 1000.0), (5400.0, 3000.0))
    made = footprint({"started_at": MARCH + timedelta(minutes=30), "duration_s": 5400.0, "power_w": trace})
    found = intensity(made)
    assert found.value == pytest.approx((0.5 * 100 + 3 * 200) / 3.5)
    assert found.low is found.high is None
    # a step of the trace over two hours is parted by time: 1 kW from 00:00 to 02:00
    whole = intensity(footprint({"duration_s": 7200.0, "power_w": ((7200.0, 1000.0),)}))
    assert whole.value == pytest.approx(150)
    idle = intensity(footprint({"duration_s": 7200.0, "power_w": ((7200.0, 0.0),)}))
    assert idle.value == pytest.approx(150)  # a trace of nothing weighs nothing, so time does


def test_what_is_not_covered_takes_the_mean_of_what_is() -> None:
    made = footprint({"started_at": MARCH + timedelta(hours=3), "duration_s": 7200.0})
    found = intensity(made)
    assert (found.value, made.runs[0].coverage) == (400, 0.5)
    assert found.low == pytest.approx(400 - 0.5 * 300)  # that half may have been at 100
    assert found.high == pytest.approx(400)
    warned = next(finding for finding in made.findings if finding.code == "CR112")
    assert "covers 50 % of the energy" in warned.message
    assert warned.where == "run.csv:2"
    traced = footprint({"started_at": MARCH + timedelta(hours=3), "duration_s": 7200.0,
                        "power_w": ((3600.0, 3000.0), (7200.0, 1000.0))})  # fmt: skip
    assert traced.runs[0].coverage == pytest.approx(0.75)
    assert traced.intensity_series is not None
    assert traced.intensity_series.coverage == pytest.approx(0.75)


@pytest.mark.parametrize(
    "change",
    [
        {"started_at": MARCH - timedelta(days=1)},
        {"started_at": MARCH + timedelta(days=1)},
        {"started_at": MARCH + timedelta(days=1), "power_w": ((3600.0, 5.0),)},
        {"started_at": MARCH - timedelta(hours=1)},
    ],
)
def test_a_run_that_is_not_covered_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ReportError, match=r"run.csv:2: the run '1' .* is not covered by the") as caught:
        footprint({}, change)
    assert "\n" not in str(caught.value)


def test_a_run_without_time_or_zone_is_refused_and_one_without_energy_is_not() -> None:
    with pytest.raises(ReportError, match="give --timezone"):
        footprint({"started_at": datetime(2024, 3, 1)})
    with pytest.raises(ReportError, match="tells no start, end or duration"):
        footprint({"started_at": None})
    made = footprint({}, {"started_at": None, "energy_kwh": None})
    assert made.runs[1].intensity is None
    assert made.runs[1].coverage is None


def test_naive_moments_take_the_zone_that_is_given() -> None:
    naive = {"started_at": datetime(2024, 3, 1, 2)}
    assert intensity(footprint(naive, timezone="Europe/Paris")).value == 200  # 01:00 UTC
    assert intensity(footprint(naive, timezone="UTC")).value == 300
    aware = {"started_at": datetime(2024, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))}
    assert intensity(footprint(aware, timezone="Asia/Tokyo")).value == 100
    with pytest.raises(ReportError, match="no such time zone"):
        footprint(timezone="Europe/Atlantis")
    with pytest.raises(ReportError, match="no such time zone"):
        footprint(timezone="../../etc/passwd")


def test_a_naive_run_over_the_change_of_clocks_is_counted_from_its_end(tmp_path: Path) -> None:
    # Paris, 31 March 2024: 01:30 + 2 h is 04:30 on the wall; the tracker worked out a start of 02:30 from the end.
    night = datetime(2024, 3, 31, 0, tzinfo=UTC)
    path = written(tmp_path, hours([10.0, 20.0, 30.0, 40.0], night))
    run = {"started_at": datetime(2024, 3, 31, 2, 30), "ended_at": datetime(2024, 3, 31, 4, 30), "duration_s": 7200.0}
    made = footprint(run, timezone="Europe/Paris", intensity_series=(path,))
    # it ends at 02:30 UTC and began at 00:30 UTC
    assert intensity(made).value == pytest.approx((0.5 * 10 + 20 + 0.5 * 30) / 2)


@given(
    value=st.floats(min_value=0.1, max_value=2000),
    start=st.integers(min_value=0, max_value=40_000),
    length=st.floats(min_value=1, max_value=40_000),
    traced=st.booleans(),
)
def test_a_constant_series_equals_the_constant(value: float, start: int, length: float, traced: bool) -> None:
    begin = MARCH.timestamp()
    starts = [begin + 3600 * place for place in range(24)]
    ends = [second + 3600 for second in starts]
    made = Series(("x",), "x", None, "average", "lifecycle", starts, ends, [value] * 24, 3600.0, (1.0, 1.0), (), ())
    trace = ((length / 3, 100.0), (length, 37.0)) if traced else ()
    run = Run(**{**USUAL, "started_at": MARCH + timedelta(seconds=start), "duration_s": length, "power_w": trace})
    assert Alignment(made, None).intensity(run) == Amount(value, "gCO2e/kWh", basis="estimated")


def test_a_constant_series_equals_the_constant_option(tmp_path: Path) -> None:
    constant = footprint(
        {}, {"duration_s": 5000.0}, intensity_series=(written(tmp_path, hours([300.0] * 4)),), pue="1.3"
    )
    plain = footprint({}, {"duration_s": 5000.0}, intensity_series=(), intensity_g_per_kwh="300", pue="1.3")
    assert constant.emissions is not None
    assert plain.emissions is not None
    assert constant.emissions[:4] == plain.emissions[:4]


def test_long_spans_take_the_same_mean_as_adding_up() -> None:
    values = [100.0 + (place * 7919) % 613 for place in range(20_000)]
    begin = MARCH.timestamp()
    starts = [begin + 300 * place for place in range(20_000)]
    series = Series(("x",), "x", None, "average", "direct", starts, [start + 300 for start in starts], values, 300.0,
                    (1.0, 1.0), (), ())  # fmt: skip
    run = Run(**{**USUAL, "started_at": MARCH + timedelta(seconds=150), "duration_s": 300.0 * 19_000})
    found = Alignment(series, None).intensity(run)
    assert found is not None
    exact = (sum(values[1:19_000]) + 0.5 * values[0] + 0.5 * values[19_000]) / 19_000
    assert found.value == pytest.approx(exact, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((min(values[:19_001]), max(values[:19_001])))


def test_marginal_intensity_is_labelled() -> None:
    made = footprint({"duration_s": 1800.0}, intensity_series=(str(SAMPLES / "watttime.json"),))
    assert "CR113" in codes(made)
    text = content(Report(made), "statement").decode()
    assert "at marginal intensity" in text
    assert "These emissions are therefore no inventory" in content(Report(made), "markdown").decode()
    average = content(Report(footprint()), "statement").decode()
    assert "marginal" not in average


def test_the_report_tells_the_series_and_its_coverage() -> None:
    made = footprint({"started_at": MARCH + timedelta(hours=3), "duration_s": 7200.0})
    document = json.loads(content(Report(made), "json"))
    told = document["intensity_series"]
    assert (told["coverage"], told["steps"], told["signal"], told["unit"]) == (0.5, 4, "average", "gCO2e/kWh")
    assert (told["from"], told["to"]) == ("2024-03-01T00:00:00+00:00", "2024-03-01T04:00:00+00:00")
    assert (told["runs_weighted_by_time"], told["runs_covered_in_part"]) == (1, 1)
    assert document["runs"][0]["intensity_coverage"] == 0.5
    assert any("plain.csv" in factor["origin"] for factor in document["factors"] if factor["origin"])
    text = content(Report(made), "statement").decode()
    assert "The series covers 50 % of the energy; the mean of the covered part of a run stands for the rest" in text
    assert b"plain.csv" in content(Report(made), "bibtex")


def test_one_intensity_and_a_series_contradict_each_other() -> None:
    with pytest.raises(ReportError, match="contradict"):
        footprint(intensity_g_per_kwh="100")


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(ROOT / "samples" / "codecarbon" / "3.3.2-france" / "emissions.csv")
    assert main([log, "--intensity-series", PLAIN]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert "give --timezone" in told[0]
    assert main([log, "--intensity-series", PLAIN, "--timezone", "Europe/Paris"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert "not covered" in told[0]
    wide = written(tmp_path, hours([50.0] * 40, datetime(2026, 11, 1, tzinfo=UTC), 86_400.0))
    assert main([log, "--intensity-series", wide, "--timezone", "Europe/Paris", "--quiet", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {run["intensity_g_per_kwh"] for run in document["runs"]} == {50.0}
    assert main([log, "--intensity-series", str(tmp_path / "gone.csv")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_year_of_five_minutes_and_a_thousand_runs_are_quick(tmp_path: Path) -> None:
    year = datetime(2023, 1, 1, tzinfo=UTC)
    path = written(tmp_path, hours([50.0 + place % 97 for place in range(105_120)], year, 300.0))
    trace = tuple((36.0 * (place + 1), 100.0 + place % 7) for place in range(500))
    runs = [
        {
            "started_at": year + timedelta(hours=8 * place % 8000),
            "duration_s": 18_000.0,
            "power_w": trace if place % 2 else (),
        }
        for place in range(1000)
    ]
    start = time.perf_counter()
    made = footprint(*runs, intensity_series=(path,))
    assert time.perf_counter() - start < 2 * 5  # two seconds on a quiet machine, five times that on a busy one
    assert made.intensity_series is not None
    assert (made.intensity_series.coverage, made.intensity_series.traced) == (1.0, 500)
