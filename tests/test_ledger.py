"""The ledger: written, read again, and the same report to the last digit."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import importers, ledger, renderers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.options import make
from reporter.report import Report
from reporter.run import Device, Reading, Run

from .conftest import SAMPLES
from .test_samples import EXPECTED


def written(runs: tuple[Run, ...], path: Path, name: str) -> Path:
    path.write_bytes(renderers.available()[name].render(Report(assess(Reading(runs, (), ())))))
    return path


@pytest.mark.parametrize("name", ["ledger", "parquet"])
def test_every_sample_s_runs_come_back_to_the_last_digit(name: str, tmp_path: Path) -> None:
    reading = importers.read([str(SAMPLES / case["path"]) for case in EXPECTED])
    path = written(reading.runs, tmp_path / ("runs.ledger.csv" if name == "ledger" else "runs.parquet"), name)
    again = importers.read([str(path)])
    assert again.runs == reading.runs
    assert {entry.tracker for entry in again.inputs} == {"ledger"}
    options = make({"country": "FRA", "pue": "1.3"})
    first, second = (json.loads(renderers.available()["json"].render(Report(assess(one, options))))
                     for one in (reading, again))  # fmt: skip
    for key in ("totals", "runs", "social_cost", "equivalents"):
        assert first[key] == second[key]


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
NUMBER = st.floats(0, 1e20)


@given(TEXT, NUMBER, st.none() | NUMBER, st.dictionaries(TEXT, TEXT, max_size=3), st.booleans())
def test_any_run_comes_back(
    name: str, energy: float, emissions: float | None, labels: dict[str, str], whole: bool
) -> None:
    run = Run(
        id=name, tracker="x", source="a b.csv", line=3, energy_kwh=energy, reported_emissions_kg=emissions,
        started_at=datetime(2026, 3, 1, 12, 0, 0, 5), machine_wide=whole, labels=labels,
        power_w=((1.0, energy), (2.0, 3.5)),
        devices=(Device("gpu", "A100, 80 GB", 8, 0.5, None), Device("ram", None, 64.0)),
    )  # fmt: skip
    columns = ledger.header([run])
    assert ledger.run_of(dict(zip(columns, ledger.row(run, columns), strict=True))) == run


def test_a_cell_is_never_a_formula(tmp_path: Path) -> None:
    run = Run(id="=cmd()", tracker="x", source="@x", energy_kwh=1.0, labels={"+a": "-1+1", "b": "'q"})
    path = written((run,), tmp_path / "x.ledger.csv", "ledger")
    cells = next(csv.DictReader(path.open(encoding="utf-8")))
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells.values())
    assert importers.read([str(path)]).runs == (run,)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("energy_kwh", "abc", "energy_kwh: 'abc' cannot be read"), ("energy_kwh", "inf", "cannot be read"),
        ("basis", "guessed", "basis"), ("started_at", "yesterday", "started_at"),
        ("machine_wide", "perhaps", "machine_wide"), ("devices", "[[1]]", "devices"),
        ("power_w", "[" * 100_000, "power_w"), ("id", "", "id: the cell is empty"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_told_with_its_line(column: str, cell: str, message: str, tmp_path: Path) -> None:
    run = Run(id="a", tracker="x", source="x", energy_kwh=1.0, started_at=datetime(2026, 1, 1), machine_wide=True)
    columns = ledger.header([run])
    row: dict[str, Any] = dict(zip(columns, ledger.row(run, columns), strict=True))
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows([row, {**row, "id": "b", column: cell}])
    reading = importers.read([str(path)])
    assert len(reading.runs) == 1
    assert any(message in finding.message and finding.where == f"{path}:3" for finding in reading.findings)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{ledger.MARK},id,tracker,source\n2,a,x,x\n", encoding="utf-8")
    with pytest.raises(ReportError, match="a ledger of version '2'"):
        importers.read([str(path)])
    wrong = tmp_path / "x.parquet"
    wrong.write_bytes(b"PAR1 and no more")
    with pytest.raises(ReportError, match="cannot be read"):
        importers.read([str(wrong)])
