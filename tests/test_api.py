"""The public names of the package: what a program of others builds on."""

from __future__ import annotations

import ast
import contextlib
import gc
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import reporter
from reporter import importers

from . import typing_api
from .conftest import ROOT, SWEEP

if TYPE_CHECKING:
    from pathlib import Path


def test_the_main_path_in_four_calls(tmp_path: Path) -> None:
    reading = reporter.read([str(SWEEP)])
    footprint = reporter.assess(reading, reporter.Options(country="SWE", pue=1.2))
    report = reporter.Report(footprint, title="Ours")
    reporter.write(report, "markdown", str(tmp_path / "report.md"))
    assert isinstance(footprint, reporter.Footprint)
    assert all(isinstance(run, reporter.Run) for run in reading.runs)
    assert footprint.emissions is not None
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("# Ours\n")
    assert footprint.emissions != reporter.assess(reading).emissions


@pytest.mark.parametrize("before", ["import reporter.assess", "from reporter.assess import assess", "reporter.assess"])
def test_assess_is_callable_however_its_room_was_reached(before: str) -> None:
    code = f"import reporter\n{before}\nprint(reporter.assess(reporter.read([{str(SWEEP)!r}])).emissions.unit)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "kgCO2e"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in reporter.__all__:
        assert getattr(reporter, name) is not None
    assert set(reporter.__all__) < set(dir(reporter))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = reporter.nothing

#: What importing may not change, as one line: run before and after, and compared.
STATE = """
import logging, os, signal, sys, threading, warnings, locale, gc
def state():
    return repr((
        warnings.filters, warnings.showwarning, logging.root.handlers, logging.root.level,
        sorted(logging.root.manager.loggerDict), [signal.getsignal(one) for one in signal.valid_signals()],
        threading.enumerate(), sorted(os.environ.items()), sys.path, sys.excepthook, sys.displayhook, sys.meta_path,
        locale.setlocale(locale.LC_ALL), os.getcwd(), sys.getrecursionlimit(), gc.get_threshold(), os.umask(0o22),
    ))
done = []
def hook(event, values):
    if event == "open" and isinstance(values[0], str) and (values[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        done.append(f"writes {values[0]}")
    elif event.split(".")[0] in {"socket", "subprocess", "ftplib", "smtplib", "urllib", "webbrowser", "tempfile"}:
        done.append(event)
    elif event in {"os.mkdir", "os.remove", "os.rename", "os.system", "os.fork", "os.exec", "os.putenv", "os.chdir",
                   "os.chmod", "os.symlink", "signal.pthread_kill", "_thread.start_new_thread"}:
        done.append(event)
sys.dont_write_bytecode = True
sys.addaudithook(hook)
"""


@pytest.mark.parametrize("what", ["import reporter", "from reporter import *"])
def test_importing_has_no_side_effects(what: str, tmp_path: Path) -> None:
    """Nothing written, connected to, started or set, and no library loaded but the standard one."""
    code = (
        f"{STATE}\nbefore = state()\n{what}\nassert state() == before, (before, state())\nassert done == [], done\n"
        "names = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(sorted(name for name in names if not name.startswith('_') and not name.startswith('sitecustomize')))"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", "-c", code], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(ast.literal_eval(done.stdout)) <= {"reporter", *loaded_by_site(tmp_path)}
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("log", [str(SWEEP), "nothing.csv"])
def test_the_collector_rests_while_logs_are_read_and_no_longer(
    log: str, monkeypatch: pytest.MonkeyPatch, *, on: bool
) -> None:
    seen: list[bool] = []
    kinds = importers.available()

    def available() -> dict[str, reporter.Importer]:
        seen.append(gc.isenabled())
        return kinds

    monkeypatch.setattr(importers, "available", available)
    (gc.enable if on else gc.disable)()
    try:
        with contextlib.suppress(reporter.ReportError):
            reporter.read([log])
        assert gc.isenabled() is on
    finally:
        gc.enable()
    assert seen == [False]


def test_only_the_program_itself_gives_up_the_search_for_garbage() -> None:
    code = (
        "import gc, sys; before = gc.get_threshold(); from reporter import cli; cli.main(['formats']); "
        "assert (gc.get_freeze_count(), gc.get_threshold()) == (0, before); "
        "from reporter.__main__ import run; sys.argv[1:] = ['formats']; assert run() == 0; "
        "assert gc.get_freeze_count() > 1000"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def loaded_by_site(folder: Path) -> set[str]:
    """Modules that this environment loads at every start (``.pth`` files), whatever the program is."""
    code = "import sys; print({name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    return set(ast.literal_eval(done.stdout))


def test_the_typed_program_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.typing_api", str(SWEEP)], cwd=tmp_path, capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{reporter.__version__}: 12 runs, ")
    assert " kWh (" in first and " kgCO2e (" in first
    assert second.endswith(" warnings")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["totals"]["runs"] == 12


def test_the_typed_program_is_told_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert typing_api.main([str(tmp_path / "notes.csv")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no known tracker" in line


def test_the_typed_program_reads_and_writes_what_it_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its importer and renderer are objects of ours: taken as the entry points would hand them over."""
    (tmp_path / "log.txt").write_bytes(b"# joules\n7.2e6\n")
    known = {**importers.available(), "joules": typing_api.IMPORTER}
    monkeypatch.setattr(importers, "available", lambda: known)
    report = reporter.Report(reporter.assess(reporter.read([str(tmp_path / "log.txt")])))
    assert typing_api.RENDERER.render(report).startswith(b"2.0 kWh (")


def test_the_typed_program_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typing_api.watched("part.csv")
    assert typing_api.training(4) == 0.25
    for path in ("part.csv", "training.csv"):
        assert len(reporter.read([path]).runs) == 1


def test_the_typed_program_uses_every_public_name() -> None:
    text = (ROOT / "tests" / "typing_api.py").read_text(encoding="utf-8")
    used = {alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) for alias in node.names
            if node.module == "reporter"}  # fmt: skip
    assert used == set(reporter.__all__)


def test_the_package_says_that_it_is_typed_and_what_it_promises() -> None:
    assert (ROOT / "reporter" / "py.typed").exists()
    assert reporter.__doc__ is not None
    for word in ("DeprecationWarning", "default", "None", "ReportError", "factors_edition"):
        assert word in reporter.__doc__
    for name in reporter.__all__:
        assert getattr(reporter, name).__doc__, name
