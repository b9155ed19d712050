"""The progress bar: on a terminal, after a second, on standard error; never anywhere else."""

from __future__ import annotations

import io
import sys

import pytest

from reporter import importers
from reporter.progress import Progress

from .conftest import SAMPLES


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(
    monkeypatch: pytest.MonkeyPatch, *, patience_s: float = 0.0, quiet: bool = False, terminal: bool = True
) -> str:
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("reporter.progress.PATIENCE_S", patience_s)
    monkeypatch.setenv("TERM", "xterm")
    with Progress("reading logs", quiet=quiet) as step:
        step(1, 4, "a.csv")
        step(3, 4, "[bold]b.csv")
    return screen.getvalue()


def test_a_terminal_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = shown(monkeypatch)
    assert "reading logs" in screen
    assert "3/4" in screen
    assert "[bold]b.csv" in screen  # a name is no markup


def test_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=False) == ""
    assert shown(monkeypatch, quiet=True) == ""
    assert shown(monkeypatch, patience_s=60.0) == ""


def test_every_file_is_a_step() -> None:
    steps: list[tuple[int, int, str]] = []
    importers.read([str(SAMPLES / "codecarbon")], step=lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1] == max(done for done, _, _ in steps)
    assert steps[-1][1] > 19
    assert len({name for _, _, name in steps}) == steps[-1][1]
