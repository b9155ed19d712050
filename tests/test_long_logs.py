"""Long logs: sifted in blocks they read just as row by row, whatever is wrong, by pyarrow and by pandas alike."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import io
import math
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import logs_made
from reporter import importers
from reporter.errors import ReportError
from reporter.importers import arrow_frames, blocks, frames, gauges, logs, power_log_frames, power_log_rows
from reporter.importers.base import read_moment
from reporter.importers.table import number

from .conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 120


def outcome(path: Path) -> Any:
    """All that comes of a log: runs, inputs, findings, or the error; energies to 12 digits."""
    try:
        reading = importers.read([str(path)])
    except ReportError as error:
        return [str(one) for one in getattr(error, "errors", (error,))]
    return [*map(rounded, reading.runs)], reading.inputs, reading.findings


def rounded(run: Any) -> dict[str, Any]:
    fields = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
    fields["power_w"] = [(round(at, 6), float(f"{watts:.9g}")) for at, watts in run.power_w]
    return {name: float(f"{value:.12g}") if isinstance(value, float) else value for name, value in fields.items()}


class BothWays:
    """Reads a log row by row, and sifted in blocks of so many bytes, by pandas and by pyarrow; counts plain blocks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, block_bytes: int = 3000) -> None:
        self.patch, self.block_bytes = monkeypatch, block_bytes
        self.plain = dict.fromkeys((False, True), 0)  # blocks that pandas and pyarrow took
        self.arrow = True
        table, columns = frames.table, arrow_frames.columns

        def counted(*arguments: Any, **options: Any) -> Any:
            frame = table(*arguments, **options)
            self.plain[self.arrow] += frame is not None
            return frame

        monkeypatch.setattr(frames, "table", counted)
        monkeypatch.setattr(arrow_frames, "columns", lambda *told: columns(*told) if self.arrow else None)

    def __call__(self, path: Path) -> tuple[Any, Any]:
        """What is read row by row, and what by pyarrow, after pandas was shown to read the same."""
        self.patch.setattr(blocks, "LONG_BYTES", float("inf"))
        rows = outcome(path)
        self.patch.setattr(blocks, "LONG_BYTES", 0)
        self.patch.setattr(blocks, "FIRST_BYTES", 1500)
        self.patch.setattr(blocks, "BLOCK_BYTES", self.block_bytes)
        self.arrow = False
        pandas = outcome(path)
        self.arrow = True
        arrow = outcome(path)
        assert pandas == arrow
        return rows, arrow


MAKERS: dict[str, Callable[[Path], None]] = {
    "codecarbon": lambda path: logs_made.codecarbon(path, ROWS, 25),
    "power-log": lambda path: logs_made.power_log(path, ROWS),
    "nvidia-smi": lambda path: logs_made.nvidia_smi(path, ROWS, 2),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_plain_log_is_sifted_and_reads_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both, path = BothWays(monkeypatch), tmp_path / "log.csv"
    MAKERS[name](path)
    rows, sifted = both(path)
    assert rows == sifted
    assert rows[1][0].rows == ROWS
    assert rows[1][0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert min(both.plain.values()) > 2, "no block was sifted: the test shows nothing"


CELLS = ["", " ", "abc", "nan", "inf", "-5", "1e400", "1_0", "0", "1,5", '"1.5"', '"a,b"', '"a\nb"', '"open', '5"',
         "9" * 30, "2026-13-01T00:00:00", "2026-03-01T08:00:00.5", "2025-03-01T08:00:00", "[N/A]", "0.30 kW", "7 W",
         "\xe9", "\x00", "1\r"]  # fmt: skip
LINES = ["", " ", ",,,", "<<<<<<< HEAD", "# metric: 2026-03-01T08:00:00Z loss=3", "# a comment", "one,two", "\r", '"']


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[str, int, int, str]]:
    one = st.one_of(
        st.tuples(st.just("cell"), st.integers(0, ROWS), st.integers(0, 37), st.sampled_from(CELLS)),
        st.tuples(st.just("line"), st.integers(0, ROWS), st.just(0), st.sampled_from(LINES)),
        st.tuples(st.sampled_from(["again", "swap", "glue", "cut", "drop", "header", "crlf", "end"]),
                  st.integers(1, ROWS), st.integers(1, ROWS), st.just("")),
    )  # fmt: skip
    return draw(st.lists(one, min_size=1, max_size=3))


def damaged(lines: list[str], what: str, place: int, other: int, text: str) -> list[str]:
    head = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    place, other = (min(head + 1 + one, len(lines) - 1) for one in (place, other))
    if what == "cell":
        cells = lines[place].split(",")
        cells[other % len(cells)] = text
        lines[place] = ",".join(cells)
    elif what in {"line", "header", "again"}:
        lines.insert(place, {"line": text, "header": lines[head], "again": lines[other]}[what])
    elif what == "swap":
        lines[place], lines[other] = lines[other], lines[place]
    elif what == "glue":
        lines[place] += lines[other]
        del lines[other]
    elif what == "cut":
        lines[place] = lines[place][: len(lines[place]) * other // (2 * ROWS)]
    elif what == "crlf":
        lines = [f"{line}\r" for line in lines]
    elif what == "drop":
        del lines[place]
    else:
        lines[-1:] = [lines[-1][:-3]]
    return lines


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages(), st.sampled_from([500, 3000, 9000]), st.booleans())
def test_both_ways_read_a_damaged_log_alike(
    name: str, tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[str, int, int, str]], size: int, ends: bool
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.csv"
    MAKERS[name](path)
    lines = path.read_text(encoding="utf-8").splitlines()
    for one in damage:
        lines = damaged(lines, *one)
    path.write_bytes(("\n".join(lines) + "\n" * ends).encode("latin-1"))
    with pytest.MonkeyPatch.context() as patch:
        rows, sifted = BothWays(patch, size)(path)
    assert rows == sifted


def test_totals_that_fall_back_over_a_blocks_border_read_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tracker that is started again counts its time from 0: wherever in a block that falls, no hour is lost."""
    both, path = BothWays(monkeypatch, 2500), tmp_path / "log.csv"
    logs_made.codecarbon(path, 90, 30)
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    generator = random.Random(5)  # noqa: S311
    for _ in range(30):
        mixed = rows[: generator.randrange(90)] + rows[generator.randrange(40) :]
        path.write_text("\n".join([head, *mixed]) + "\n", encoding="utf-8")
        once, sifted = both(path)
        assert once == sifted


@pytest.mark.parametrize("block_bytes", [4000, 300_000])
def test_the_course_of_a_long_power_log_does_not_depend_on_what_is_left_out(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power_log_rows, "MOST_POINTS", 20)
    monkeypatch.setattr(power_log_frames, "MOST_POINTS", 20)
    both, path = BothWays(monkeypatch, block_bytes), tmp_path / "log.csv"
    logs_made.power_log(path, 2000)
    rows, sifted = both(path)
    assert rows == sifted
    course = rows[0][0]["power_w"]
    assert 5 < len(course) <= 20
    before = [0.0, *(at for at, _ in course)]
    kwh = sum((at - start) * watts for start, (at, watts) in zip(before, course, strict=False)) / 3.6e6
    assert kwh == pytest.approx(rows[0][0]["energy_kwh"])


def test_a_long_gauge_keeps_the_energy_the_gaps_and_the_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(3)  # noqa: S311
    log = logs.Log("log.csv", io.BytesIO, "", {})
    times, now = [], 0.0
    for place in range(5000):
        now += 1000.0 if place in {700, 4000} else generator.choice([0.9, 1.0, 1.1])
        times.append(now - (500.0 if place in {2000, 2001} else 0.0))  # the clock is wrong for two samples
    watts = [100 + 50 * generator.random() for _ in times]
    held, exact = {}, {}
    for thin in (False, True):
        monkeypatch.setattr(gauges, "MOST", 64)
        gauge = gauges.Gauge("GPU 0", thin=thin)
        for time, power in zip(times, watts, strict=True):
            gauge.add(time, power)
        exact[thin], held[thin] = gauges.integrate(gauge, log), gauges.integrate(gauge, log, held=True)
        assert len(gauge.times_s) < 200 or not thin
    for kind in (exact, held):
        assert kind[True].energy_kwh == pytest.approx(kind[False].energy_kwh, rel=1e-12)
        assert (kind[True].start_s, kind[True].end_s) == (kind[False].start_s, kind[False].end_s)
    said = [finding.message for finding in log.findings]
    assert said[0] == "GPU 0: the clock went back 1 times; no time counts twice"
    assert said[1].startswith("GPU 0: 2 gaps between samples; 18")
    assert said == said[:2] * 4
    one, other = gauges.curve([exact[False]], 50), gauges.curve([exact[True]], 50)
    assert [at for at, _ in other] == pytest.approx([at for at, _ in one])
    assert [watts for _, watts in other] == pytest.approx([watts for _, watts in one], rel=0.03)


NUMBERS = st.one_of(
    st.floats(allow_nan=True).map(repr), st.text("0123456789.eE+-_ ,naifxINF", max_size=8),
    st.from_regex(r"[0-9]{1,25}\.[0-9]{0,25}(e-?[0-9]{1,3})?", fullmatch=True),
)  # fmt: skip


@pytest.mark.parametrize("arrow", [False, True])
@settings(max_examples=300, deadline=None)
@given(NUMBERS)
def test_a_number_in_a_frame_is_the_row_readers_or_none(arrow: bool, text: str) -> None:
    if any(sign in text for sign in ',"\n'):
        return
    with pytest.MonkeyPatch.context() as patch:
        if not arrow:
            patch.setattr(arrow_frames, "columns", lambda *_: None)
        check_number(text)


def check_number(text: str) -> None:
    frame = frames.table(f"1,{text}\n2,3\n".encode(), 2, {"x": 1}, frozenset("x"), ",")
    try:
        expected: float | None = number(text)
    except ValueError:
        expected = None
    if frame is None:
        return
    value = float(frame.columns["x"][0])
    if not text.strip():
        assert math.isnan(value)
    elif expected is None:
        assert abs(value) > 1e30, "what is no number must not pass for one"
    else:
        assert value == expected


FORMS = [
    "2026-03-01T08:00:00", "2026-03-01 08:00:00", "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.5",
    "2026/03/01 08:00:00.123", "2026-03-01T08:00:00.123456Z", "2026-03-01T08:00:00.1234567", "2026-03-01T24:00:00",
    "2026-03-01T08:00:60", "2026-03-01", "2026-03-01T08:00", "2026-03-01T080000.1", "2026-03-01T08:00:00+0100",
    "2026-03-01T08:00:00.12+01", "1999-12-31T23:59:59", "2101-01-01T00:00:00", "2026-03-01T08:00:00.",
    "12026-3-01T08:00:00", "2026-02-29T08:00:00",
    "2026-03-01t08:00:00", "2026-03-01T08:00:00z", "2026-03/01 08:00:00", "20\u0662026-03-01T08:00:0", "",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=3), st.integers(0, 30), st.sampled_from("0159-/:. TZ+"))
def test_a_moment_in_a_frame_is_the_row_readers_or_not_fine(texts: list[str], place: int, sign: str) -> None:
    texts = [texts[0], *texts, texts[0][:place] + sign + texts[0][place + 1 :]]
    for known in (texts, texts[:1] * 2, texts[-1:] * 2):
        data = "".join(f"{text},1\n" for text in known).encode()
        frame = frames.table(data, 2, {"at": 0}, frozenset(), ",", times=frozenset({"at"}))
        assert frame is not None
        micro, fine, blank, zoned = frame.columns["at"]
        assert blank.tolist() == [not text for text in known]
        for text, value, sure in zip(known, micro.tolist(), fine.tolist(), strict=True):
            if sure:
                moment = read_moment(text.replace("/", "-"))  # nvidia-smi's, whose reader takes them so
                assert (moment.tzinfo is not None) == zoned
                since = moment.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)
                assert value == since // datetime.timedelta(microseconds=1)


@pytest.mark.parametrize("width", [(2, 3), (3, 2), (1, 4), (4, 1)])
def test_rows_of_another_width_are_never_plain(width: tuple[int, int]) -> None:
    """Too few cells in one row and too many in the next make the right number of commas."""
    data = "".join(",".join("7" * many) + "\n" for many in width).encode()
    wide = sum(width) // 2
    assert frames.table(data, wide, {"x": 0}, frozenset("x"), ",") is None
    block = arrow_frames.Plain(data, 2, wide, ",", quoted=False)
    assert arrow_frames.columns(block, {"x": 0}, frozenset("x"), frozenset(), ("",)) is None


MEMORY = """
import re, sys
from reporter import importers
importers.read([sys.argv[1]])
# Of this program alone; the most that getrusage tells began with what its parent held.
print(int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("name", ["power_log", "nvidia_smi"])
def test_memory_does_not_grow_with_the_log(name: str, tmp_path: Path) -> None:
    needed = []
    for rows in (1_000_000, 2_000_000):  # above what a gauge keeps of its samples
        path = tmp_path / f"{rows}.csv"
        getattr(logs_made, name)(path, rows)
        command = [sys.executable, "-c", MEMORY, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        needed.append(float(done.stdout))
        path.unlink()
    assert needed[1] < needed[0] + 40, f"{needed} MiB"
    assert needed[1] < 600
