"""What is seldom said: lines and errors that only odd reports, odd files and odd options bring forth."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from reporter import cli, experiments, factors, importers, intensity_series, renderers
from reporter.assess.selection import summed_up
from reporter.commands import explain
from reporter.commands.published import documents
from reporter.errors import ReportError
from reporter.footprint import Footprint
from reporter.intensity_series import workbook as reader
from reporter.options import make
from reporter.renderers import site
from reporter.report import Report
from reporter.run import Device

from .conftest import emissions_csv
from .test_assess import footprint
from .test_groups import A
from .test_intensity_series import workbook
from .test_shifting import DAY, HOUR
from .test_shifting import footprint as shifted
from .test_shifting import written as series_csv

NOTHING = {"energy_kwh": None, "duration_s": None, "reported_emissions_kg": None, "country": None,
           "reported_intensity_g_per_kwh": None, "reported_pue": None}  # fmt: skip


def page(made: Footprint, output: str = "markdown") -> str:
    return renderers.available()[output].render(Report(made)).decode()


# --- explain ------------------------------------------------------------------------------------------------------


def test_more_runs_than_anybody_reads_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, object]] = [{"run_id": f"run-{place}"} for place in range(53)]
    path = emissions_csv(tmp_path, *rows)
    assert explain.run(["emissions", str(path)]) == 0
    told = capsys.readouterr().out
    assert told.count("emissions.csv:") == 50
    assert "... and 3 more; explain a run's id for one of them" in told


def test_a_run_that_nobody_metered_is_explained_by_its_hardware(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs.toml"
    runs.write_text('[[run]]\nname = "guess"\nhours = 2\nhardware = "3 x A100-SXM4-80GB"\nutilisation = 0.5\n', "utf-8")
    (name,) = [run.id for run in importers.read([str(runs)]).runs]
    assert explain.run([name, str(runs)]) == 0
    told = capsys.readouterr().out
    assert "3 x A100-SXM4-80GB, design power of the model, utilisation 0.5" in told


# --- groups, indicators, shifts -----------------------------------------------------------------------------------


def groups(first: list[float], second: list[float], **chosen: Any) -> str:
    runs = [{"energy_kwh": value, "labels": {"method": name}} for name, values in (("a", first), ("b", second))
            for value in values]  # fmt: skip
    return page(footprint(*runs, group_by="method", versus="a,b", country="FRA", **chosen))


def test_what_a_contrast_can_say() -> None:
    assert "2 runs on one side are too few for a test to tell more than a gross difference" in groups(A[:2], A)
    assert "no difference can be shown with so many runs, which does not show that there is none" in groups(A, A)
    spread = [1.6, 1.7, 1.8, 1.9, 2.0, 40.0]
    assert "the tests disagree at the level of 5 %" in groups([1.0, 1.1, 1.2, 1.3, 1.4, 1.5], spread)
    assert "too few" in groups(A[:1], A)  # without an interval


def test_more_runs_and_larger_numbers_than_a_table_holds() -> None:
    runs = [{"energy_kwh": 1.0 + place, "labels": {"acc": "0.5", "flops": "3e18", "model": f"m{place}"}}
            for place in range(60)]  # fmt: skip
    assert "JSON has them all" in page(footprint(*runs, metric="acc"))
    alone = page(footprint({"labels": {"acc": "0.5"}}, metric="acc"))
    assert "JSON has them all" not in alone


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("pause-resume=total:4h", "4h in total"), ("pause-resume=until:2024-03-01T04:00Z", "until 2024-03-01T04"),
        ("flexible-start=2h", "2h"),
    ],
)  # fmt: skip
def test_windows_in_words(tmp_path: Path, asked: str, words: str) -> None:
    made = shifted(series_csv(tmp_path, DAY), shift=asked)
    assert words in page(made)


def test_a_shift_of_a_traced_run_and_of_one_that_stays(tmp_path: Path) -> None:
    path = series_csv(tmp_path, DAY)
    traced = shifted(path, {"power_w": ((HOUR, 200.0), (2 * HOUR, 1800.0))}, shift=("pause-resume=2h",))
    assert "Its saving is against the same mean power at the real start." in page(traced)
    late = shifted(path, shift="flexible-start=until:2024-03-01T01:00Z")
    assert "not moved" in page(late)
    assert "shift" not in json.loads(page(footprint(), "json"))["statement"]


# --- a report of nothing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["markdown", "latex", "html", "terminal", "model-card", "badge", "readme"])
def test_every_output_stands_a_report_of_nothing(output: str) -> None:
    """A run of which only its name is known: no figure, and no 0 in its place."""
    if output not in renderers.available():
        pytest.skip(f"there is no output {output}")
    told = page(footprint(NOTHING), output)
    assert told
    assert "0.0 kWh" not in told and "0 kWh" not in told and "0.0 kg" not in told


@pytest.mark.parametrize("name", sorted(one for one in renderers.available() if "checklist" in one or one in {
    "neurips", "arr", "cvpr", "climate-card", "eu-gpai"}))  # fmt: skip
def test_checklists_of_a_report_of_nothing_say_what_is_missing(name: str) -> None:
    told = page(footprint(NOTHING), name)
    assert "None" not in told and "nan" not in told
    full = page(footprint({"labels": {"phase": "training"}}, {"labels": {"phase": "inference", "calls": "10"}},
                          country="FRA"), name)  # fmt: skip
    assert len(full) != len(told)


def test_a_site_of_a_run_of_which_little_is_known(tmp_path: Path) -> None:
    made = Report(footprint({**NOTHING, "cpu_model": "Some CPU", "country": "XQ", "cpu_energy_kwh": None}))
    site.write(made, str(tmp_path / "site"), summed_up)
    told = "".join(path.read_text("utf-8") for path in (tmp_path / "site").rglob("*.html"))
    assert "Some CPU" in told
    assert "None" not in told.replace("none", "")


# --- what a published report tells of its options ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ({"scc": "ricke2018:USA"}, "--scc ricke2018:USA"), ({"scc": "iwg2021"}, "--scc iwg2021"),
        ({"embodied": True}, "--embodied"), ({"functional_unit": "1e6 calls"}, "--functional-unit '1e+06 calls'"),
        ({"cloud": "gcp:europe-west9"}, "--cloud gcp:europe-west9"), ({"intensity_g_per_kwh": "77"}, "--intensity 77"),
        ({"country": "FRA"}, "--country FRA"), ({"country": "FRA", "pue": "1.3"}, "--pue 1.3"),
        ({"offsets_kg": "2 kg"}, "--offsets 2kg"), ({"uncertainty": True}, "--uncertainty"),
    ],
)  # fmt: skip
def test_a_report_tells_each_of_its_options(chosen: dict[str, Any], typed: str) -> None:
    made = footprint({"gpu_model": "A100-SXM4-80GB"}, **chosen)
    values = json.loads(page(made, "json"), parse_int=float)
    options, told = documents.options_told(documents.Document(values, {}), make({}))
    assert typed in told
    wanted = make(chosen)
    for name in chosen:
        assert getattr(options, name) == getattr(wanted, name)


# --- files and options that cannot be -----------------------------------------------------------------------------

HEADER = "table,key,value,unit,source,category,country"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{HEADER}\nintensity,FRA,3,g/kWh,"x"y,,\n', "this is no valid CSV"),
        ("table,key,key,value,unit,source\n", "the header has key twice"),
        (f"{HEADER}\nintensity,gcp:,3,g/kWh,x,,\n", "gcp:"),
        (f"{HEADER}\nsocial_cost,mine,3,USD,x,,\n", "'USD' is no social cost; write a unit such as USD2020/tCO2"),
        (f"{HEADER}\nsocial_cost,mine,3,USD/kWh,x,,\n", "'USD/kWh' is no social cost: a cost is that of a tCO2"),
        (f"{HEADER}\ntdp,Mine 1,300,W,x,fan,\n", "a design power needs the column category"),
        (f"{HEADER}\ntdp,Mine 1,300,kW,x,gpu,\n", "'kW' is no design power; write it in W"),
        (f"{HEADER}\nembodied,Mine 1,300,kWh/unit,x,gpu,\n", "'kWh/unit' is no embodied emission"),
        (f"{HEADER}\nembodied,Mine 1,300,kgCO2e,x,gpu,\n", "'kgCO2e' is no embodied emission"),
        (f"{HEADER}\nequivalents,walk,3,kWh/km,x,,\n", "'kWh/km' is no mass of CO2e, such as kgCO2e/km"),
    ],
)  # fmt: skip
def test_figures_of_ones_own_that_cannot_be(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        footprint(factors=str(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_figures_of_ones_own_in_another_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(f"{HEADER}\nintensity,FRA,3,g/kWh,Électricité,,\n".encode("latin-1"))
    with pytest.raises(ReportError, match="this is no text in UTF-8"):
        footprint(factors=str(path))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"data": [{"x": 1}]}, "neither WattTime's point_time nor the UK API's from and intensity are there"),
        ({"data": [{"point_time": "2024-03-01T00:00Z", "value": 1}]}, "the key meta is missing"),
        ({"data": {"data": [{"from": "2024-03-01T00:00Z", "to": "2024-03-01T00:30Z", "intensity": {"actual": 1}},
                            {"from": "2024-03-01T00:30Z"}]}}, "step 2: no intensity is told"),
        ({"data": [{"from": 3, "to": "2024-03-01T00:30Z", "intensity": {"actual": 1}}]}, "step 1: from is missing"),
        ({"data": [{"from": "2024-03-01T00:00Z", "to": "2024-03-01T00:30Z", "intensity": {"actual": "much"}}]},
         "step 1: 'much' is no finite number"),
        ({"data": [{"from": "2024-03-01T00:00Z", "to": "2024-03-01T00:30Z", "intensity": {"actual": True}}]},
         "step 1: 'True' is no finite number"),
    ],
)  # fmt: skip
def test_intensities_in_json_that_cannot_be(tmp_path: Path, document: Any, message: str) -> None:
    path = tmp_path / "series.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        intensity_series.read([str(path)])
    assert message in str(caught.value)


def test_workbooks_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path(workbook(tmp_path / "whole.xlsx"))
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(ReportError, match=r"no readable workbook|is neither|no "):
        intensity_series.read([str(torn)])

    def rewritten(name: str, change: Any) -> str:
        path = tmp_path / name
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
            for part in old.namelist():
                text = change(part, old.read(part).decode())
                if text is not None:
                    new.writestr(part, text)
        return str(path)

    bare = "<worksheet><sheetData/></worksheet>"
    empty = rewritten("empty.xlsx", lambda part, text: bare if "sheet1" in part else text)
    with pytest.raises(ReportError, match="has no rows"):
        intensity_series.read([empty])
    untexted = rewritten("plain.xlsx", lambda part, text: None if "shared" in part else text)
    with pytest.raises(ReportError, match="no readable workbook"):  # its cells point to texts that are not there
        intensity_series.read([untexted])
    packed = tmp_path / "packed.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, old.read(part))
    damaged = bytearray(packed.read_bytes())
    damaged[60:90] = b"\xff" * 30
    packed.write_bytes(damaged)
    with pytest.raises(ReportError, match="no readable workbook"):
        intensity_series.read([str(packed)])
    monkeypatch.setattr(reader, "MOST_BYTES", 10)
    with pytest.raises(ReportError, match="too large"):
        reader.read(whole.read_bytes(), "whole.xlsx")


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (MemoryError(), "carbon-report: the memory is not enough; read fewer logs at a time", 1),
        (KeyboardInterrupt(), "carbon-report: interrupted; nothing was written", 130),
        (KeyboardInterrupt("a.md is there"), "carbon-report: interrupted; a.md is there", 130),
    ],
)  # fmt: skip
def test_how_the_command_line_ends(
    error: BaseException, message: str, status: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fail(arguments: Any) -> int:
        raise error

    monkeypatch.setattr(cli, "report", fail)
    assert cli.main(["log.csv"]) == status
    assert capsys.readouterr().err.strip().splitlines()[-1] == message


def test_a_value_that_is_missing_is_told_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["factors", "DEU", "--edition"]) == 1
    told = capsys.readouterr().err
    assert "usage: carbon-report factors" in told or "is no option" in told


def test_many_devices_share_a_colour_in_a_runs_curve() -> None:
    from reporter.renderers.site import curve

    steps = tuple((HOUR * place, 100.0) for place in range(1, 4))
    devices = tuple((f"gpu {place}", (10.0, 20.0, 30.0)) for place in range(12))
    made = footprint({"power_w": steps, "device_power_w": devices})
    picture = curve.drawn(made.runs[0])
    assert picture is not None
    assert "more devices" in str(picture.svg)
    assert "stacked by device" in picture.caption
    assert str(picture.svg).count('Z"') == 12


def test_an_experiment_tree_without_runs_is_no_section() -> None:
    made = footprint(experiments=experiments.read([{"name": "A", "filter": "nowhere"}], None))
    assert "in no experiment" in page(made)


def test_published_figures_are_laid_over_and_put_back(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"{HEADER}\nintensity,FRA,3,g/kWh,x,,\n\n,,,,,,\ntdp,Mine 1,300,W,x,gpu,\n", encoding="utf-8")
    before = factors.intensity("FRA").value
    run = {"energy_kwh": None, "reported_emissions_kg": None, "devices": (Device("gpu", "Mine 1"),), "country": "FRA"}
    made = footprint(run, factors=str(path))
    assert made.it_energy is not None and made.it_energy.value == pytest.approx(0.3)
    assert made.intensity is not None and made.intensity.value == pytest.approx(3.0)
    assert factors.intensity("FRA").value == before
