"""The hostile corpus is as its manifest says: nothing executed, fetched or read that was not named, all bounded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.hostile import document, run
from tests.hostile.make import cases
from tests.hostile.subjects import SUBJECTS

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the runner watches processes as Unix has them")


def test_the_manifest_names_every_case_and_no_other() -> None:
    assert list(run.manifest()) == list(cases())
    assert len(cases()) > 1000


def test_every_tracker_has_its_cases() -> None:
    from reporter import importers

    assert sorted(SUBJECTS) == sorted(importers.available())
    for tracker in SUBJECTS:
        assert sum(expected.tracker == tracker for expected in run.manifest().values()) >= 30


def test_the_manifest_says_something_of_every_case() -> None:
    for expected in run.manifest().values():
        assert expected.expect in {"refused", "told", "quiet", "inert"}
        assert (expected.exit == "1") == (expected.expect == "refused")
        assert expected.says or expected.expect in {"quiet", "inert"}
        assert not expected.kwh or expected.expect != "refused"


def test_the_page_has_the_limits_and_the_corpus_of_today() -> None:
    """`python -m tests.hostile.document --write` writes both tables."""
    text = document.PAGE.read_text(encoding="utf-8")
    assert document.page(text) == text
    assert document.limits_table() in text
    assert document.corpus_table() in text
    assert set(document.GROUPS) == {case.split("/")[0] for case in cases()}
    assert f"{len(cases())} cases, 0 tracebacks, 0 executed, 0 fetched" in text


def test_every_case_is_as_the_manifest_says() -> None:
    """All of them in processes of their own; see tests/hostile/run.py for what is watched."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.run"], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert " cases, 0 tracebacks, 0 executed, 0 fetched, peak RSS " in done.stdout


def test_a_log_that_stands_there_twice_counts_once_and_a_clock_set_back_counts_as_it_is() -> None:
    from reporter.importers.samples import again

    times, watts = [10.0, 11.0, 12.0, 13.0], [50.0, 60.0, 70.0, 60.0]
    assert again(times, watts) == []
    assert again(times * 3, watts * 3) == [slice(4, 8), slice(8, 12)]
    assert again(times + times[:2], watts + watts[:2]) == [slice(4, 6)]  # the copy is cut off
    assert again(times + times, [*watts, 50.0, 60.0, 71.0, 60.0]) == []  # an hour that the clock shows twice
    assert again([0.0, *times, *times], [0.0, *watts, *watts]) == [slice(5, 9)]
    assert again([*times, 9.0, 10.0, 11.0], [*watts, 1.0, 50.0, 61.0]) == []


def test_the_watch_sees_what_it_is_to_see() -> None:
    """A runner that notes nothing would let everything pass: here a process does what no case may do."""
    code = (
        "import os, sys, socket, tempfile; from pathlib import Path; from tests.hostile import watched\n"
        "os.environ['MPLCONFIGDIR'] = '/nonexistent'; folder = Path(sys.argv[1]); (folder / 'out').mkdir()\n"
        "watched._watch(folder, str(folder / 'named'))\n"
        "os.system('true'); open('/etc/hostname', 'rb'); open(folder / 'x', 'w')\n"
        "try: socket.create_connection(('127.0.0.1', 9), 0.1)\n"
        "except OSError: pass\n"
        "print((folder / 'noted').read_text())"
    )
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", code, folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    kinds = [line.split()[0] for line in done.stdout.splitlines() if line]
    assert kinds.count("executed") == 1
    assert kinds.count("opened") == 2
    assert "fetched" in kinds
