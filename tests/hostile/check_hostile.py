"""The hostile corpus is as its manifest says: nothing executed, fetched or read that was not named, all bounded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.hostile import run
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


def test_every_case_is_as_the_manifest_says() -> None:
    """All of them in processes of their own; see tests/hostile/run.py for what is watched."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.run"], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert " cases, 0 tracebacks, 0 executed, 0 fetched, peak RSS " in done.stdout


def test_the_watch_sees_what_it_is_to_see() -> None:
    """A runner that notes nothing would let everything pass: here a process does what no case may do."""
    code = (
        "import os, sys, socket, tempfile; from pathlib import Path; from tests.hostile import watched\n"
        "os.environ['MPLCONFIGDIR'] = '/nonexistent'; folder = Path(sys.argv[1]); (folder / 'out').mkdir()\n"
        "watched._watch(folder, '')\n"
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
