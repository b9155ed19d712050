"""CodeCarbon, damaged and re-saved: short and long rows, cut lines, headers in between, encodings, foreign numbers."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

import pytest

from reporter import importers
from reporter.errors import ReportError

from .conftest import HEADER, SAMPLES, emissions_csv
from .test_importer_codecarbon import SAMPLE, codes, energies, only, read, row, said, table

if TYPE_CHECKING:
    from pathlib import Path

SHIFTED = (SAMPLE / "3.2.9-shifted" / "emissions.csv").read_text(encoding="utf-8").splitlines()


def test_rows_that_lost_their_empty_cells_are_repaired() -> None:
    reading = read(SAMPLE / "3.2.9-shifted")
    assert codes(reading) == ["CR004"] * 4, "three of five are told, then how many more"
    assert "2 more lines" in said(reading, "CR004")[3]
    assert [run.energy_kwh for run in reading.runs] == [
        1.3964003532940837e-05, 1.3344829845692339e-05, 1.2737706789558883e-05, 1.199097423998669e-05,
        1.1856547820734906e-05, 1.207605132256216e-05,
    ]  # fmt: skip
    assert {run.tracker_version for run in reading.runs} == {"3.2.9"}, "and not 3.11.7, which is Python's"
    assert {run.reported_pue for run in reading.runs} == {1.0}
    assert {run.machine_wide for run in reading.runs} == {True}
    assert [run.country for run in reading.runs] == ["FRA"] * 2 + ["USA"] * 2 + ["DEU"] * 2
    assert {(run.cpu_count, run.system) for run in reading.runs[1:]} == {(None, None)}, "nothing is guessed"


def test_a_pue_in_the_tail_of_a_short_row_is_divided_out(tmp_path: Path) -> None:
    rows = [SHIFTED[1].replace(",N,1.0,0.0", ",N,1.5,0.0"), SHIFTED[2].replace(",N,1.0,0.0", ",N,1.5,0.0")]
    reading = read(table(tmp_path / "emissions.csv", SHIFTED[0], *rows))
    assert [run.reported_pue for run in reading.runs] == [1.5, 1.5]
    first, second = 1.3964003532940837e-05, 1.3344829845692339e-05
    assert [run.energy_kwh for run in reading.runs] == pytest.approx([first / 1.5, second / 1.5])
    odd = SHIFTED[2].replace(",N,1.0,0.0", ",N,nan,0.0")
    assert only(read(table(tmp_path / "emissions.csv", SHIFTED[0], odd))).reported_pue is None


def test_another_cell_in_the_place_of_a_missing_country_is_no_country(tmp_path: Path) -> None:
    path = table(tmp_path / "emissions.csv", SHIFTED[0], SHIFTED[2].replace(",France,FRA,", ","))
    run = only(read(path))
    assert (run.country, run.energy_kwh) == (None, 1.3344829845692339e-05)


def test_a_short_row_whose_energies_do_not_add_up_is_skipped(tmp_path: Path) -> None:
    shifted_early = SHIFTED[2].replace(",toy-classifier-france-seed2,", ",")
    torn = ",".join(SHIFTED[3].split(",")[5:])
    path = table(tmp_path / "emissions.csv", SHIFTED[0], SHIFTED[1], shifted_early, torn)
    reading = read(path)
    assert len(reading.runs) == 1
    assert [line.split(": ")[0] for line in said(reading, "CR002")] == [f"{path}:3", f"{path}:4"]
    assert reading.inputs[0].skipped == 2


def test_a_cut_last_line_is_told_and_left_out(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, row(1, run_id="a"), row(2, run_id="b"))
    path.write_text(path.read_text()[:-60])
    reading = read(path)
    assert energies(reading) == {"a": 1}
    assert said(reading, "CR003") == [f"{path}:3: the last line is cut (11 of 21 cells); row skipped"]


def test_a_last_line_without_its_newline_is_whole(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, row(1, run_id="a"), row(2, run_id="b"))
    path.write_text(path.read_text().rstrip("\n"))
    assert energies(read(path)) == {"a": 1, "b": 2}


def test_two_rows_in_one_line_are_skipped_with_the_line(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b"}, {"run_id": "c"})
    head, first, second, third = path.read_text().splitlines()
    reading = read(table(path, head, first, second + third))
    assert energies(reading) == {"run-1": 0.4}
    assert said(reading, "CR002")[0].startswith(f"{path}:3: 41 cells under a header of 21")


def test_a_repeated_header_is_passed_over(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b"})
    head, first, second = path.read_text().splitlines()
    reading = read(table(path, head, first, head, second))
    assert (energies(reading), reading.inputs[0].rows) == ({"run-1": 0.4, "b": 0.4}, 2)
    assert said(reading, "CR005") == [f"{path}:3: the header stands here again; passed over"]


@pytest.mark.parametrize("wide_first", [True, False])
def test_rows_below_another_header_are_read_by_it(tmp_path: Path, wide_first: bool) -> None:
    wide = emissions_csv(tmp_path, {"run_id": "wide"}).read_text().splitlines()
    narrow = ["emissions,duration,run_id,energy_consumed,country_name", "0.1,10,narrow,0.7,France"]
    blocks = [wide, narrow] if wide_first else [narrow, wide]
    reading = read(table(tmp_path / "emissions.csv", *blocks[0], *blocks[1]))
    assert energies(reading) == {"wide": 0.4, "narrow": 0.7}
    assert codes(reading) == ["CR005"]


def test_a_merge_conflict_is_refused_with_its_line(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b"})
    head, first, second = path.read_text().splitlines()
    table(path, "# made by hand", head, first, "<<<<<<< HEAD", second, "=======", second, ">>>>>>> theirs")
    with pytest.raises(ReportError, match=r"emissions\.csv:4: a git merge conflict"):
        read(path)
    table(path, "<<<<<<< HEAD", head, first)
    with pytest.raises(ReportError, match=r"emissions\.csv:1: a git merge conflict"):
        importers.read([str(path)], reader="codecarbon")


def test_a_quotation_mark_that_is_not_closed_swallows_no_rows_in_silence(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b", "project_name": "@"}, {"run_id": "c"}, {"run_id": "d"})
    path.write_text(path.read_text().replace("@", '"demo'))
    with pytest.raises(ReportError, match=r"emissions\.csv:3: a quotation mark in this line is not closed"):
        read(path)


def test_a_line_break_in_a_name_is_part_of_the_name(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {"project_name": "two\nlines, one name"}, {"run_id": "b", "energy_consumed": "x"})
    reading = read(path)
    assert only(reading).labels == {"project": "two\nlines, one name"}
    assert said(reading, "CR002")[0].startswith(f"{path}:4: energy_consumed: 'x' is no number")


ENCODED = {
    "BOM": ("utf-8-sig", "\n", []), "UTF-16": ("utf-16", "\n", ["CR006"]), "Latin-1": ("latin-1", "\n", ["CR006"]),
    "CRLF": ("utf-8", "\r\n", []), "CRCRLF": ("utf-8", "\r\r\n", []), "old Mac": ("utf-8", "\r", []),
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODED)
def test_encodings_and_line_ends(tmp_path: Path, name: str) -> None:
    encoding, end, told = ENCODED[name]
    path = emissions_csv(tmp_path, {"project_name": "Zürich"}, {"run_id": "b", "project_name": "Orléans"})
    path.write_bytes(path.read_text(encoding="utf-8").replace("\n", end).encode(encoding))
    reading = read(path)
    assert energies(reading) == {"run-1": 0.4, "b": 0.4}
    assert [run.labels["project"] for run in reading.runs] == ["Zürich", "Orléans"]
    assert codes(reading) == told


def test_nul_and_lone_carriage_returns_are_shown_not_obeyed(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {"project_name": "a@b"}, {"run_id": "b", "project_name": "c%d"}, {"run_id": "c"})
    path.write_bytes(path.read_bytes().replace(b"@", b"\r").replace(b"%", b"\0"))
    reading = read(path)
    assert [run.labels["project"] for run in reading.runs] == ["a\ufffdb", "c\ufffdd", "demo"]
    assert said(reading, "CR006") == [f"{path}:3: column 22: a NUL byte in the text"]


def test_semicolons_with_decimal_commas(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {"cpu_model": ""}, row(1.5, run_id="b", duration=7))
    path.write_text(path.read_text().replace(",", ";").replace(".", ",").replace("3,3,2", "3.3.2"))
    reading = read(path)
    assert energies(reading) == {"run-1": 0.4, "b": 1.5}
    assert (codes(reading), reading.runs[0].tracker_version) == ([], "3.3.2")


def test_decimal_commas_and_points_in_one_file_are_refused(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b"})
    head, first, second = path.read_text().replace(",", ";").splitlines()
    table(path, head, first, second.replace(".", ","))
    with pytest.raises(ReportError, match=r"emissions\.csv:3: some decimals have a comma"):
        read(path)


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_other_delimiters(tmp_path: Path, sign: str) -> None:
    path = emissions_csv(tmp_path)
    path.write_text(path.read_text().replace(",", sign))
    assert only(read(path)).energy_kwh == 0.4


NO_NUMBERS = ["nan", "inf", "-inf", "1e999", "0x1F", "1_000", "\uff11\uff12", "\u0663", "1,5", "1 0", "N/A", "", "1e40"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_skipped_with_line_column_and_text(tmp_path: Path, text: str) -> None:
    path = emissions_csv(tmp_path, {}, {"run_id": "b", "energy_consumed": text}, {"run_id": "c", "gpu_energy": text})
    reading = read(path)
    assert energies(reading) == {"run-1": 0.4, "c": 0.4}
    assert reading.runs[1].gpu_energy_kwh is None
    (told,) = said(reading, "CR002")
    assert told.startswith(f"{path}:3: energy_consumed: ")
    assert (f"'{text}'" if text else "the cell is empty") in told
    assert codes(reading).count("CR008") == (1 if text else 0)
    assert (reading.inputs[0].rows, reading.inputs[0].skipped) == (3, 1)


@pytest.mark.parametrize("bad", [row(-0.4), {"emissions": "-0.1"}, row(2e12), {"energy_consumed": ""}])
def test_what_cannot_be_is_skipped(tmp_path: Path, bad: dict[str, object]) -> None:
    reading = read(emissions_csv(tmp_path, {}, {**bad, "run_id": "b"}))
    assert (energies(reading), codes(reading)) == ({"run-1": 0.4}, ["CR002"])


def test_many_bad_rows_are_told_three_times_and_counted(tmp_path: Path) -> None:
    bad: list[dict[str, object]] = [{"run_id": f"bad-{number}", "energy_consumed": "abc"} for number in range(20)]
    bad += [{"run_id": f"odd-{number}", "gpu_count": "N/A", "cpu_energy": "?"} for number in range(20)]
    reading = read(emissions_csv(tmp_path, {}, *bad))
    assert [line.split(": ", 1)[1] for line in said(reading, "CR002")][-1] == "17 more of 41 rows skipped"
    assert (codes(reading).count("CR002"), codes(reading).count("CR008")) == (4, 4)
    assert "17 more lines" in said(reading, "CR008")[-1]
    assert (len(reading.runs), reading.inputs[0].skipped) == (21, 20)


def test_a_file_without_any_good_row_is_refused_and_names_the_first(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path, {"energy_consumed": "abc"}, {"energy_consumed": "def"})
    wanted = r"emissions\.csv: none of the 2 rows can be read: line 2: energy_consumed: 'abc' is no number$"
    with pytest.raises(ReportError, match=wanted):
        read(path)


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="a header but no run"):
        read(table(tmp_path / "emissions.csv", HEADER))


NOT_OURS = {
    "dashboard experiments": "experiment_id,name,emissions,energy_consumed,duration",
    "dashboard runs": "runId,timestamp,emissions,energy_consumed,duration,os,region,country_name",
    "dashboard emissions": "timestamp,emissions_sum,emissions_rate,cpu_energy,gpu_energy,ram_energy,energy_consumed",
    "API dump": ",timestamp,run_id,duration,emissions_sum,energy_consumed,emissions,experiment_id,country_name",
    "eco2AI": "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),"
              "CO2_emissions(kg),CPU_name,GPU_name,OS,region/country,cost",
    "EIT": ",timestamp,rapl_power_draw_absolute,rapl_estimated_attributable_power_draw,nvidia_draw_absolute",
    "any table": "timestamp,duration,loss,accuracy",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_OURS)
def test_other_tables_are_not_claimed(tmp_path: Path, name: str) -> None:
    from reporter.importers.codecarbon import IMPORTER
    from reporter.importers.logs import Log, find

    path = table(tmp_path / "emissions.csv", NOT_OURS[name], ",".join("1" for _ in NOT_OURS[name].split(",")))
    (log,) = find([str(path)])
    assert isinstance(log, Log)
    assert not IMPORTER.claims(log)


@pytest.mark.parametrize(
    "sample", ["1.2.0-usa", "2.3.5-flush", "2.7.0-pue", "3.2.9-shifted", "3.3.2-restart", "3.3.2-pue"]
)
def test_a_file_cut_anywhere_never_holds_more_than_the_whole(tmp_path: Path, sample: str) -> None:
    content = (SAMPLES / "codecarbon" / sample / "emissions.csv").read_bytes()
    path = tmp_path / "emissions.csv"

    def totals(size: int) -> tuple[float, float, int]:
        """Energy with PUE, emissions and the number of runs in the first bytes of the sample."""
        path.write_bytes(content[:size])
        try:
            runs = read(path).runs
        except ReportError:
            return 0.0, 0.0, 0
        energy = math.fsum((run.energy_kwh or 0.0) * (run.reported_pue or 1.0) for run in runs)
        return energy, math.fsum(run.reported_emissions_kg or 0.0 for run in runs), len(runs)

    whole = totals(len(content))
    most = [value * (1 + 1e-12) for value in whole]
    assert min(whole) > 0
    for size in range(0, len(content), 7):
        assert all(map(operator.le, totals(size), most)), f"cut after {size} bytes"


@pytest.mark.parametrize("gone", ["energy_consumed", "emissions", "duration", "run_id", "timestamp", "pue"])
def test_a_second_header_that_lacks_a_column_reads_without_it(tmp_path: Path, gone: str) -> None:
    names = HEADER.split(",")
    path = emissions_csv(tmp_path, {"run_id": "a"}, {"run_id": "b"})
    lines = path.read_text(encoding="utf-8").splitlines()
    place = names.index(gone)
    fewer = [",".join(cell for at, cell in enumerate(line.split(",")) if at != place) for line in (lines[0], lines[2])]
    short = fewer[1].rpartition(",")[0]
    path.write_text("\n".join([*lines[:2], *fewer, short, "x,y"]) + "\n", encoding="utf-8")
    found = importers.read([str(path)])
    assert found.runs[0].energy_kwh == 0.4
    assert len(found.runs) >= 2
