"""Logs as they seldom are: shapes of JSON, lines that are no samples, archives that cannot be opened, slips by hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from reporter import importers
from reporter.errors import ReportError

from .conftest import emissions_csv
from .test_importer_kepler import CPU, START, answer, codes, joules, only, series

GROWN = series(CPU, (0, 100), zone="package")


@pytest.mark.parametrize(
    "document",
    [
        [GROWN], [json.loads(answer(GROWN))], [[GROWN]],
        {"status": "success", "data": {"resultType": "matrix", "result": [GROWN, {"metric": 3, "values": []}]}},
    ],
)  # fmt: skip
def test_series_of_prometheus_in_every_shape(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert joules(only(importers.read([str(path)]))) == pytest.approx(100)


def test_lines_that_are_no_samples_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "metrics.txt"
    lines = [f'{CPU}{{zone="package",instance="n1"}} {value} {1000 * (START + 15 * place)}'
             for place, value in enumerate((0, 50, 90))]  # fmt: skip
    path.write_text("\n".join(["# TYPE x counter", lines[0], "half a line {", "", *lines[1:], "cut"]), encoding="utf-8")
    read = importers.read([str(path)], reader="kepler")
    assert joules(only(read)) == pytest.approx(90)
    assert {"CR002", "CR003"} <= set(codes(read))
    assert sum(entry.skipped for entry in read.inputs) == 2


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("hours = 1\nhardware = 3", "hardware: 3 is no text"), ("hours = 0\nhardware = '1 x A100'", "hours"),
        ("duration = '0h'\nhardware = '1 x A100'", "must be above 0"), ("energy = '0 kWh'", "must be above 0"),
        ("energy_kwh = 3\nenergy_includes_pue = 'maybe'", "write true or false"),
    ],
)  # fmt: skip
def test_slips_by_hand_name_the_key(tmp_path: Path, keys: str, message: str) -> None:
    path = tmp_path / "runs.toml"
    path.write_text(f"[[run]]\n{keys}\n", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        importers.read([str(path)])
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_words_for_true_and_false_in_a_table(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("name,energy_kwh,energy_includes_pue\na,3,yes\nb,3,no\n", encoding="utf-8")
    assert [run.pue_inside for run in importers.read([str(path)]).runs] == [True, False]


def archive(folder: Path) -> Path:
    path = folder / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(emissions_csv(folder), "emissions.csv")
    return path


def test_an_archive_that_is_encrypted_or_damaged_says_what_to_do(tmp_path: Path) -> None:
    path = archive(tmp_path)
    whole = path.read_bytes()
    encrypted = bytearray(whole)
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[whole.index(head) + flags] |= 1
    path.write_bytes(encrypted)
    with pytest.raises(ReportError, match="encrypted; unpack the archive"):
        importers.read([str(path)])
    damaged = bytearray(whole)
    damaged[60:80] = b"\xff" * 20
    path.write_bytes(damaged)
    with pytest.raises(ReportError, match="archive is damaged"):
        importers.read([str(path)])


def test_a_pattern_finds_its_files_or_says_that_there_is_none(tmp_path: Path) -> None:
    emissions_csv(tmp_path, name="one.csv")
    emissions_csv(tmp_path, {"run_id": "run-2"}, name="two.csv")
    assert len(importers.read([str(tmp_path / "*.csv")]).runs) == 2
    with pytest.raises(ReportError, match="no file matches this pattern"):
        importers.read([str(tmp_path / "*.txt")])
