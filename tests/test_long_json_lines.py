"""Long JSON lines: blocks that pyarrow reads give what single lines give, whatever stands in them."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import logs_made
from reporter import importers
from reporter.errors import ReportError
from reporter.importers import blocks, experiment_impact_tracker, json_frames, json_lines, logs

from .eit_run import CPU, FIRST, GPU, info_told, local, row, write_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MANY = 60


def outcome(path: Path) -> Any:
    """All that comes of a run: its figures to 12 digits, the inputs, what was told; or the error."""
    try:
        reading = importers.read([str(path)])
    except ReportError as error:
        return [str(one) for one in getattr(error, "errors", (error,))]
    return [rounded(dataclasses.asdict(run)) for run in reading.runs], reading.inputs, reading.findings


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [*map(rounded, value)]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def both_ways(folder: Path, lines: Sequence[bytes], block_bytes: int, **info: Any) -> tuple[Any, Any, int]:
    """What comes of the lines one by one, of blocks of them, and how many blocks were plain."""
    plain = 0
    write_run(folder, b"".join(lines), info_told(**info))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "LONG_BYTES", float("inf"))
        rows = outcome(folder)
        patch.setattr(blocks, "LONG_BYTES", 0)
        patch.setattr(blocks, "FIRST_BYTES", block_bytes)
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        made = json_frames.stretches

        def counted(*told: Any) -> Any:
            nonlocal plain
            for part in made(*told):
                plain += isinstance(part, json_frames.Columns)
                yield part

        patch.setattr(json_frames, "stretches", counted)
        return rows, outcome(folder), plain


def told(place: int, **more: Any) -> bytes:
    """One line as the tracker writes it."""
    times = {"cpu_time_seconds": {"13199": {"user": float(place), "system": 0.23}}}
    watts = {"cpu": 20.0 + place % 7, "gpu": 100.0 + place % 11}
    return json.dumps(row(FIRST + 10 * place, **{**watts, **times, **more})).encode() + b"\n"


def test_a_long_log_is_read_in_blocks_and_the_same(tmp_path: Path) -> None:
    rows, sifted, plain = both_ways(tmp_path, [told(place) for place in range(MANY)], 2000)
    assert plain > 3, "no block was read by pyarrow: the test shows nothing"
    assert rows == sifted
    assert rows[1][0].rows == MANY


ODD = [
    b'{"timestamp": 1572411999.0}{"timestamp": 1572412000.0}\n', b'{"timestamp": 1572411999.0,\n"x": 1}\n', b"\n",
    b'{"timestamp": 1, "timestamp": 1572411999.0}\n', b'{"timestamp": NaN}\n', b"{}\n",
    b'{"timestamp": 1572411999.0, "x": Inf}\n', b'{"x": "\xff", "timestamp": 1572411999.0}\n',
    b'{"timestamp": 1572411999.0, "x": Infinity}\n', b'{"timestamp": "1572411999.0"}\n', b'{"timestamp": true}\n',
    b'{"timestamp": 1572411999.0, "x": 1e999}\n', b'{"timestamp": 1572411999.0,}\n',
    b'{"timestamp": 1572411999.0, "x": ' + b"[" * 3000 + b"]" * 3000 + b"}\n", b'{"timestamp": 01572411999.0}\n',
    b'{"timestamp": 1572411999.0, "x": "\\ud800"}\n', b"\xef\xbb\xbf{}\n", b"# no\n", b"null\n", b"[1]\n",
    b'{"timestamp": 1572411999.0} \n', b'{"\\u0074imestamp": 1572411999.0}\n', b'{"timestamp": 1572411999.0}\r\n',
    b'{"timestamp": 15724119990000000000000000000000}\n', b'{"timestamp": 1572411999.0, "x": "\x00"}\n', b"\0\0\0\n",
    b'{"timestamp": 1572411999.0, "x": {"y": 1}\n', b'{"x": {"timestamp": 1}, "timestamp": 1572411999.0}\n',
]  # fmt: skip
VALUES: list[Any] = [None, "n/a", "12.5", True, -1, 0, 1e7, math.nan, math.inf, [1], {}, 5000, "Inf"]


@st.composite
def damaged(draw: st.DrawFn) -> list[bytes]:
    lines = [told(place) for place in range(MANY)]
    for _ in range(draw(st.integers(1, 3))):
        place, other = draw(st.integers(0, MANY - 1)), draw(st.integers(0, MANY - 1))
        what = draw(st.sampled_from(["odd", "value", "swap", "again", "cut", "live", "late", "none"]))
        if what == "odd":
            lines[place] = draw(st.sampled_from(ODD))
        elif what == "value":
            key = draw(st.sampled_from([CPU, GPU, "rapl_power_draw_absolute", "realtime_carbon_intensity"]))
            lines[place] = told(place, **{key: draw(st.sampled_from(VALUES))})
        elif what == "swap":
            lines[place], lines[other] = lines[other], lines[place]
        elif what == "again":
            lines += lines[place : place + 20]
        elif what == "cut":
            lines[-1] = lines[-1][: place - MANY]
        elif what == "late":
            lines[place:] = [told(one + 500 * (one >= place)) for one in range(place, MANY)]
        else:
            more = {"realtime_carbon_intensity": 300.0 + place} if what == "live" else {GPU: 0.0}
            lines[place:other] = [told(one, **more) for one in range(place, other)]
    return lines


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged(), st.sampled_from([300, 2000, 9000]), st.booleans(), st.sampled_from([26, 595, 3000]))
def test_both_ways_read_a_damaged_log_alike(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], size: int, ended: bool, end: int
) -> None:
    last = {"experiment_end": local(FIRST + end) if ended else None}
    rows, sifted, _ = both_ways(tmp_path_factory.mktemp("run"), lines, size, **last)
    assert rows == sifted


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def same(lines: Sequence[bytes]) -> bool:
    """Whether lines are the same objects with the parser that may be installed and one by one, where it takes them."""
    quick = json_lines._quick()
    assert quick is not None, "orjson is not installed: the test shows nothing"
    together = json_lines._together(b"".join(lines), quick)
    return together is None or repr(as_floats(together)) == repr(as_floats([*map(json_lines._object, lines)]))


def as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [*map(as_floats, value)]
    # Neither the sign of a 0 nor whether a number is an integer is used.
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


DEEP = [b'{"a":' + b"1" * 5000 + b"}\n", b'{"a": -9223372036854775809}\n', b'{"a": 1}\n']
SPLIT = [
    b'{"a": 1},{"b": 2}\n', b'{"a": [{"b": 1}\n', b'{"c": 2}]}\n', b'{"a": "x}\n', b'{"y": 1}\n', b'{"a": {"b": 1}\n',
    b'{"a": 1}}\n', b'{{"a": 1}\n', b'{"a": 1, }\n', b'{"a": 1} {"a": 1}\n', b'{"a": 1}\x0c\n', b'{"a": "\\n}\n',
]  # fmt: skip


@pytest.mark.parametrize("line", [*ODD, *DEEP, *SPLIT])
def test_the_parser_that_may_be_installed_reads_odd_lines_alike(line: bytes) -> None:
    assert same([line])
    assert same([DEEP[-1], line, DEEP[-1]])


@pytest.mark.parametrize(
    "lines",
    [
        [b'{"a": 1},{"b": 2}\n', b'{"a": [{"b": 1}\n', b'{"c": 2}]}\n'],  # as a list: three objects of three lines
        [b'{"a": 1},{"b": 2}\n', b'{"x}\n', b'{": 1}\n'],  # likewise, where an end of a line may stand in a text
        [b'{"a": 1},{"b": 2}\n', b"\n"], [b'{"a": 1}\n', b'{"a": 2}'], [b'{"a": [1]}\n'], [b"1\n"],
    ],
)  # fmt: skip
def test_lines_that_make_sense_only_together_are_not_taken_for_rows(lines: list[bytes]) -> None:
    quick = json_lines._quick()
    assert quick is not None
    assert json_lines._together(b"".join(lines), quick) is None


@given(st.lists(st.sampled_from([*SPLIT, *ODD, DEEP[-1]]), min_size=1, max_size=6))
@settings(max_examples=500, deadline=None)
def test_lines_read_together_are_what_each_is(lines: list[bytes]) -> None:
    assert same(lines)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1, max_size=3), st.booleans())
def test_the_parser_that_may_be_installed_reads_all_lines_alike(rows: list[Any], plain: bool) -> None:
    assert same([json.dumps(one, ensure_ascii=plain).encode("utf-8", "surrogatepass") + b"\n" for one in rows])


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("block_bytes", [700, 100_000])
def test_a_log_means_the_same_with_and_without_it(
    installed: bool, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [told(place) for place in range(MANY)]
    lines[7], lines[8] = b'{"timestamp": 5}\n', b'{"timestamp": NaN}\n'
    lines[50] = b"{}}\n"
    write_run(tmp_path, b"".join(lines), info_told())
    used, taken, together = json_lines._quick() if installed else None, 0, json_lines._together

    def counted(*given: Any) -> Any:
        nonlocal taken
        made = together(*given)
        taken += made is not None
        return made

    monkeypatch.setattr(json_lines, "HEAD_BYTES", 0)
    monkeypatch.setattr(blocks, "FIRST_BYTES", block_bytes)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(json_lines, "_quick", lambda: used)
    monkeypatch.setattr(json_lines, "_together", counted)
    reading = importers.read([str(tmp_path)])
    assert [(one.message, one.where) for one in reading.findings if one.code == "CR002"] == [
        (f"timestamp: {what} is no time in seconds since 1970; row skipped", f"{reading.inputs[0].path}:{line}")
        for what, line in (("5", 8), ("nan", 9))
    ] + [("no JSON: Extra data at column 3; row skipped", f"{reading.inputs[0].path}:51")]
    assert (reading.inputs[0].rows, reading.inputs[0].skipped) == (MANY, 3)
    assert (taken > 5) is (installed and block_bytes == 700), "what was to be shown was not used"


def test_a_long_clean_log_is_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [told(place) for place in range(MANY)]
    write_run(tmp_path, b"".join(lines), info_told())
    expected = outcome(tmp_path)
    monkeypatch.setattr(json_lines, "HEAD_BYTES", 0)
    monkeypatch.setattr(json_lines, "_object", lambda _: pytest.fail("a line was read alone"))
    assert outcome(tmp_path) == expected


@pytest.mark.parametrize("together", [1, 7, 20, 59, 60])
def test_a_column_that_begins_or_ends_anywhere_stands_beside_its_times(
    together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are taken over so many at a time; a column may begin in any of these, or be missing in some."""
    live = {"realtime_carbon_intensity": 300.0}
    lines = [told(place, **(live if 20 <= place < 41 else {})) for place in range(MANY)]
    lines[30] = told(30, **{GPU: None}, **live)
    write_run(tmp_path, b"".join(lines), info_told())
    expected = outcome(tmp_path)
    monkeypatch.setattr(experiment_impact_tracker, "TOGETHER", together)
    assert outcome(tmp_path) == expected
    columns: dict[str, list[float]] = {}
    rows = [(place, json.loads(line)) for place, line in enumerate(lines)]
    times: list[float] = []
    log = next(one for one in logs.find([str(tmp_path)]) if isinstance(one, logs.Log))
    experiment_impact_tracker._take(rows, times, columns, log)
    intensities = columns["realtime_carbon_intensity"]
    assert {len(column) for column in columns.values()} == {len(times)} == {MANY}
    assert [place for place, value in enumerate(intensities) if value == 300.0] == [*range(20, 41)]
    assert [place for place, value in enumerate(columns[GPU]) if math.isnan(value)] == [30]


def test_a_deep_line_is_not_plain_though_pyarrow_reads_it() -> None:
    deep = b'{"timestamp": 1572411999.0, "x": ' + b"[" * 3000 + b"]" * 3000 + b"}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_frames, "MOST_NESTED", 10_000)
        assert json_frames.columns(deep, ("timestamp",), (0, math.inf), 10_000) is not None
    assert json_frames.columns(deep, ("timestamp",), (0, math.inf), 10_000) is None
    assert json_frames.columns(deep, ("timestamp",), (0, math.inf), 1000) is None


def test_a_log_of_the_benchmark_is_plain(tmp_path: Path) -> None:
    logs_made.impact_tracker(tmp_path / "data.json", 500)
    data = (tmp_path / "data.json").read_bytes()
    made = json_frames.columns(data, ("timestamp", CPU, "absent"), (0, math.inf), len(data))
    assert made is not None
    lines = [json.loads(line) for line in data.splitlines()]
    assert made.columns["timestamp"].tolist() == [line["timestamp"] for line in lines]
    assert made.columns[CPU].tolist() == [line[CPU] for line in lines]
    assert all(map(math.isnan, made.columns["absent"]))
