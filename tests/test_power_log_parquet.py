"""Power logs as Parquet give what their CSV gives: from the few rows of a batch that count, or from each."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import logs_made
from reporter import importers
from reporter.errors import ReportError
from reporter.importers import power_log_parquet, power_log_rows

from .conftest import IN_CI

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 3000
parquet: Any = __import__("pyarrow.parquet").parquet if IN_CI else pytest.importorskip("pyarrow.parquet")

CONVERTED = """
import sys, pandas, pyarrow.parquet
lines = [line for line in open(sys.argv[1]) if line.startswith("#")]
table = pyarrow.Table.from_pandas(pandas.read_csv(sys.argv[1], comment="#", parse_dates=["time"]))
pyarrow.parquet.write_table(table.replace_schema_metadata({"carbon-report": "".join(lines)}), sys.argv[2])
"""


def converted(path: Path, out: Path) -> Path:
    subprocess.run([sys.executable, "-c", CONVERTED, str(path), str(out)], check=True)
    return out


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "power.csv"
    logs_made.power_log(path, ROWS)
    return path


@pytest.fixture(scope="module")
def stored(log: Path) -> Path:
    return converted(log, log.parent / "power.parquet")


def told(path: Path) -> tuple[dict[str, Any], list[tuple[str, str]], int]:
    """All of a run that does not name the file, what was told, and how many rows there were."""
    reading = importers.read([str(path)])
    (run,) = reading.runs
    fields = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
    for name in ("source", "line"):
        del fields[name]
    return fields, [(one.code, one.message) for one in reading.findings], reading.inputs[0].rows


def test_it_gives_what_the_csv_gives(log: Path, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = told(log)
    assert told(stored) == expected
    assert expected[2] == ROWS
    added: list[int] = []
    add = power_log_rows.Recording.add

    def counted(self: power_log_rows.Recording, row: Any) -> None:
        added.append(row.line)
        add(self, row)

    monkeypatch.setattr(power_log_rows.Recording, "add", counted)
    monkeypatch.setattr(power_log_rows, "FINEST_S", 16)
    monkeypatch.setattr(power_log_parquet, "BATCH_ROWS", 1000)
    assert told(stored)[0]["energy_kwh"] == expected[0]["energy_kwh"]
    assert 6 <= len(added) < 100, "the sieve left out nothing, or too much"


def changed(stored: Path, out: Path, change: Any, rows: slice = slice(None)) -> Path:
    """A copy of the Parquet file whose columns were changed as lists."""
    import pyarrow as pa  # type: ignore[import-untyped]

    table = parquet.read_table(stored)
    columns = table.to_pydict()
    change(columns)
    made = pa.table({name: values[rows] for name, values in columns.items()}).replace_schema_metadata(
        table.schema.metadata
    )
    parquet.write_table(made, out)
    return out


def as_csv(log: Path, out: Path, change: Any, rows: slice = slice(None)) -> Path:
    """The same change to the CSV."""
    lines = log.read_text(encoding="utf-8").splitlines()
    first = next(place for place, line in enumerate(lines) if not line.startswith("#"))
    names = lines[first].split(",")
    cells = [line.split(",") for line in lines[first + 1 : -1]]
    columns: dict[str, list[Any]] = {name: [row[place] for row in cells] for place, name in enumerate(names)}
    change(columns)
    made = [",".join("" if cell is None else str(cell) for cell in row) for row in zip(*columns.values(), strict=True)]
    out.write_text("\n".join([*lines[: first + 1], *made[rows], lines[-1], ""]), encoding="utf-8")
    return out


def restart(columns: dict[str, list[Any]]) -> None:
    for name in ("elapsed_s", "gpu-0_j", "cpu-package-0_j"):
        columns[name][2000:] = columns[name][:1000]


def missing(columns: dict[str, list[Any]]) -> None:
    columns["gpu-0_j"][1500] = None
    columns["cpu-package-0_j"][1501] = "-1"


def clock(columns: dict[str, list[Any]]) -> None:
    columns["time"][1700] = columns["time"][20]


def still(columns: dict[str, list[Any]]) -> None:
    columns["gpu-0_j"][1234:] = [columns["gpu-0_j"][1234]] * (ROWS - 1234)


def test_where_a_counter_stood_still_is_told_to_the_row(
    log: Path, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power_log_rows, "FINEST_S", 16)  # so that the rows between are left out

    def numbers(columns: dict[str, list[Any]]) -> None:
        still(columns)
        columns["gpu-0_j"] = [*map(float, columns["gpu-0_j"])]

    ours = told(changed(stored, tmp_path / "power.parquet", numbers))
    assert ours == told(as_csv(log, tmp_path / "power.csv", still))
    assert ("CR023", "gpu-0 stood still from 123 s to the end; counted so far") in ours[1]


@pytest.mark.parametrize("change", [restart, missing, clock])
def test_rows_that_are_not_plain_are_judged_as_in_the_csv(
    change: Any, log: Path, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power_log_parquet, "BATCH_ROWS", 500)

    def numbers(columns: dict[str, list[Any]]) -> None:
        change(columns)
        for name in ("gpu-0_j", "cpu-package-0_j"):
            columns[name] = [None if value is None else float(value) for value in columns[name]]

    ours = told(changed(stored, tmp_path / "power.parquet", numbers))
    theirs = told(as_csv(log, tmp_path / "power.csv", change))
    assert (ours[0], ours[2]) == (theirs[0], theirs[2])
    assert [code for code, _ in ours[1]] == [code for code, _ in theirs[1]]


@pytest.mark.parametrize("harm", ["cut", "bytes", "no column", "no time"])
def test_a_damaged_one_is_refused_in_a_line(harm: str, stored: Path, tmp_path: Path) -> None:
    content = bytearray(stored.read_bytes())
    path = tmp_path / "power.parquet"
    if harm == "bytes":
        content[100:20_000] = bytes(19_900)
    elif harm == "cut":
        del content[40_000:60_000]
    path.write_bytes(content)
    if harm.startswith("no"):
        name = "elapsed_s" if harm == "no column" else "time"
        changed(stored, path, lambda columns: columns.pop(name))
    with pytest.raises(ReportError) as refused:
        importers.read([str(path)])
    assert "\n" not in str(refused.value)
    assert "power.parquet" in str(refused.value)


def test_a_few_bytes_that_unpack_to_very_many_rows_are_refused(stored: Path, tmp_path: Path) -> None:
    def constant(columns: dict[str, list[Any]]) -> None:
        for name, values in columns.items():
            columns[name] = values[:1] * 2_000_000

    path = changed(stored, tmp_path / "power.parquet", constant)
    with pytest.raises(ReportError, match=r"2,000,000 rows in .* bytes"):
        importers.read([str(path)])


def test_without_pyarrow_it_is_told_what_to_install(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ReportError, match=r"pip install 'carbon-report\[parquet\]'"):
        importers.read([str(stored)])


@pytest.mark.parametrize(("unit", "zone"), [("ns", "UTC"), ("ms", "UTC"), ("us", "Europe/Berlin"), ("us", "+05:30")])
def test_moments_may_be_stored_in_any_unit_and_zone(
    unit: str, zone: str, log: Path, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa

    table = parquet.read_table(stored)
    place = table.schema.get_field_index("time")
    times = table.column(place).cast(pa.timestamp(unit, zone))
    parquet.write_table(table.set_column(place, "time", times), tmp_path / "power.parquet")
    monkeypatch.setattr(power_log_parquet, "BATCH_ROWS", 500)
    assert told(tmp_path / "power.parquet") == told(log)


@pytest.mark.parametrize("place", [0, 1500])
@pytest.mark.parametrize("micro", [2**62, -(2**62), 2**63 - 1])
def test_a_moment_in_no_year_is_told_and_the_rest_read(place: int, micro: int, stored: Path, tmp_path: Path) -> None:
    import pyarrow as pa

    table = parquet.read_table(stored)
    column = table.schema.get_field_index("time")
    values = table.column(column).cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    values[place] = micro
    times = pa.array(values, pa.int64()).cast(pa.timestamp("us", "UTC"))
    parquet.write_table(table.set_column(column, "time", times), tmp_path / "power.parquet")
    fields, findings, rows = told(tmp_path / "power.parquet")
    assert rows == ROWS
    assert fields["energy_kwh"] == told(stored)[0]["energy_kwh"]
    assert any(code == "CR007" and str(micro) in message for code, message in findings), findings


def test_it_needs_no_pandas_and_makes_the_hash_of_the_whole_file(stored: Path) -> None:
    code = (
        "import hashlib, sys; from reporter import importers; (one,) = importers.read(sys.argv[1:]).inputs; "
        "assert 'pandas' not in sys.modules; assert 'pyarrow' in sys.modules; "
        "assert one.sha256 == hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()"
    )
    subprocess.run([sys.executable, "-c", code, str(stored)], check=True)
