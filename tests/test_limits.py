"""Limits: each is told when it is hit, and the option that it names raises it."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from reporter import importers, limits
from reporter.errors import ReportError
from reporter.options import make

from .conftest import HEADER, ROOT, emissions_csv


def test_every_limit_is_documented() -> None:
    text = (ROOT / "docs" / "hostile.md").read_text(encoding="utf-8")
    shown = [(name, limits.shown(name, limit.value)) for name, limit in limits.LIMITS.items()]
    assert [name for name, value in shown if not re.search(rf"\| `{name}` \| {value} \|", text)] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("size=8GiB", 8 << 30),
        ("size=1 kB", 1000),
        ("size=5", 5),
        ("seconds=2h", 7200),
        ("seconds=30", 30),
        ("ratio=9", 9),
    ],
)
def test_a_limit_is_read_with_its_unit(text: str, value: int) -> None:
    assert limits.read(text) == (text.partition("=")[0], value)
    assert make({"limits": [text]}).limits == (limits.read(text),)


@pytest.mark.parametrize(
    "text", ["size", "size=", "size=0", "size=-1", "size=1e9", "size=3s", "ratio=2GiB", "x=1", "=", "files=9" * 9]
)
def test_a_limit_that_is_none_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ReportError) as told:
        limits.read(text)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith("--limit ")


def test_what_is_shown_is_read_again() -> None:
    for name, limit in limits.LIMITS.items():
        assert limits.read(f"{name}={limits.shown(name, limit.value)}") == (name, limit.value)


def archive(folder: Path, *members: tuple[str, bytes]) -> Path:
    path = folder / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return path


def case(name: str, folder: Path) -> str:
    """An input that a small value of the limit keeps out, and that is read when the limit is raised."""
    log = emissions_csv(folder)
    content = log.read_bytes()
    if name == "files":
        for number in range(5):
            (folder / f"{number}.csv").write_bytes(b"a,b\n")
        return str(folder)
    if name in {"unpacked", "archive"}:
        return str(archive(folder, ("emissions.csv", content)))
    if name == "ratio":
        rows = b"".join(content.split(b"\n")[1].replace(b"run-1", b"r%d" % number) + b"\n" for number in range(9000))
        return str(archive(folder, ("emissions.csv", content + rows)))
    if name in {"document", "line"}:
        return str(ROOT / "samples/scaphandre/array.json")
    if name == "runs":
        emissions_csv(folder, *[dict[str, object](run_id=f"r{number}") for number in range(5)])
    return str(log)


SMALL = {"size": 20, "unpacked": 20, "archive": 20, "ratio": 2, "files": 3, "document": 2000, "line": 1000, "cell": 4,
         "columns": 4, "runs": 2}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_a_limit_that_is_hit_is_told_with_its_option_and_raised_by_it(name: str, tmp_path: Path) -> None:
    path = case(name, tmp_path)
    with pytest.raises(ReportError) as told:
        importers.read([path], chosen={name: SMALL[name]})
    message = str(told.value)
    assert f"the limit is {limits.shown(name, SMALL[name])}, raise it with --limit {name}=..." in message
    assert "\n" not in message
    assert importers.read([path], chosen={name: limits.LIMITS[name].value}).runs


def test_time_is_limited_and_told() -> None:
    def endless() -> None:
        with limits.time(1, "reading this"):
            while True:
                with contextlib.suppress(Exception):  # as a library may do
                    time.sleep(0.01)

    started = time.monotonic()
    with pytest.raises(ReportError, match=r"reading this takes longer; the limit is 1s, raise it with --limit sec"):
        endless()
    assert time.monotonic() - started < 5


def test_no_alarm_is_left_behind_and_none_rings_beside_the_main_thread() -> None:
    import signal

    before = signal.getsignal(signal.SIGALRM)
    with limits.time(100, "x"):
        pass
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    done = []

    def work() -> None:
        with limits.time(1, "x"):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_standard_input_is_limited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = emissions_csv(tmp_path).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with pytest.raises(ReportError, match="standard input: more than can be held in memory; the limit is 20B"):
        importers.read(["-"], chosen={"unpacked": 20})


def test_a_line_without_end_is_not_held_in_memory(tmp_path: Path) -> None:
    """Whatever the encoding: what is read of a line that never ends stays below the limit."""
    path = tmp_path / "emissions.csv"
    path.write_bytes(b"\xff\xfe" + HEADER.encode("utf-16-le") + b"\n\0" + b"x\0" * 200_000)
    with pytest.raises(ReportError, match="a line is longer; the limit is 64KiB"):
        importers.read([str(path)], chosen={"line": 1 << 16})


def test_a_limit_of_the_configuration_file_holds(tmp_path: Path) -> None:
    options = make({}, {"limit": ["columns=3", "seconds=60"]}, "carbon-report.toml")
    assert dict(options.limits) == {"columns": 3, "seconds": 60}
    with pytest.raises(ReportError, match="21 columns; the limit is 3"):
        importers.read([str(emissions_csv(tmp_path))], chosen=dict(options.limits))


def test_deep_values_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    path.write_text(json.dumps([{"consumers": [], "host": {"consumption": deep, "timestamp": 1}}]), encoding="utf-8")
    with pytest.raises(ReportError) as told:
        importers.read([str(path)])
    assert "\n" not in str(told.value)
