"""The terminal: bars and colours where somebody watches, plain text everywhere else, never wider than the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len as width

from reporter.renderers import screen

from .conftest import ROOT, SWEEP, emissions_csv
from .text_outputs import PAGE_NAMES, WORLD_NAMES, named

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WIDTHS = (40, 60, 80, 120, 200)


def watched(columns: int, *arguments: object, **environment: str) -> str:
    """What the command line writes to a terminal so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    around = {
        key: value
        for key, value in os.environ.items()
        if key not in {"NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS"}
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "reporter", *map(str, arguments), "--quiet"], stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=theirs, cwd=ROOT, env={**around, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
    )  # fmt: skip
    os.close(theirs)
    out = b""
    try:
        while part := os.read(ours, 65536):
            out += part
    except OSError:  # the other end is closed: Linux tells so
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0, out
    return out.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_is_wider_than_the_screen(columns: int) -> None:
    text = CODE.sub("", watched(columns, SWEEP, "--country", "FRA", "--pue", "1.3", "--what-if", "country"))
    lines = [line.rstrip() for line in text.splitlines()]
    assert max(map(width, lines)) <= min(columns, screen.WIDEST)
    figures = re.search(r"^Emissions \(CO₂e\) +(\S+ mg)", text, re.MULTILINE)
    assert figures is not None  # a figure is never cut, whatever the width
    assert figures[1] == "17.169 mg"
    assert text.count("teacher-seed") == 3


def test_bars_show_shares_and_are_coloured() -> None:
    text = watched(120, SWEEP)
    plain = CODE.sub("", text)
    cpu, memory = (
        re.search(rf"^of which {part} .*?([█▏▎▍▌▋▊▉]+) +(\d+) % *$", plain, re.MULTILINE) for part in ("CPU", "memory")
    )
    assert cpu is not None
    assert memory is not None
    assert (cpu[2], memory[2]) == ("11", "89")
    assert (len(cpu[1]), len(memory[1])) == (2, 15)  # of 16: 1.8 and 14.2
    assert "\x1b[36;" in text
    assert "and 2 more runs" in plain


def test_no_color_is_honoured() -> None:
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        text = watched(100, SWEEP, **environment)
        assert not re.search(r"\x1b\[[0-9;]*3[0-7]m|\x1b\[38", text)
        assert "█" in text


def test_a_pipe_gets_plain_text(carbon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    for environment in ({}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}):
        out = carbon(SWEEP, **environment).stdout
        assert "\x1b" not in out
        assert "█" not in out


def test_a_terminal_without_utf8_gets_plain_text() -> None:
    text = watched(100, SWEEP, PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert text.isascii()
    assert "Emissions (CO2e)" in text


def test_names_are_no_markup_and_no_escape(tmp_path: Path) -> None:
    log = emissions_csv(
        tmp_path, *named(("[bold red]x[/]", "[link=http://example.org]y[/link]", ":smile:", "\x1b[2J", "e" * 500))
    )
    text = watched(100, log, "--group-by", "project")
    plain = CODE.sub("", text)
    assert "\x1b[2J" not in text
    assert "\x1b]8" not in text
    for name in ("[bold red]x[/]", "[link=http://example.org]y[/link]", ":smile:"):
        assert name in plain


def test_names_of_the_world_keep_the_columns(tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, *named((*PAGE_NAMES, *WORLD_NAMES)))
    lines = CODE.sub("", watched(80, log, "--group-by", "project")).splitlines()
    assert max(width(line.rstrip()) for line in lines) <= 80
