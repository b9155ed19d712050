"""The code blocks of README and docs, and console blocks parted into commands and what is shown beneath."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<directive>\{[\w-]+\})?[ ]*(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ ]*$", re.M | re.S
)
_OPTION = re.compile(r"^:(\w+):[ ]*(.*)\n", re.M)


class Block(NamedTuple):
    """One block: its page, its line there, its language, the file that it is to be saved as ("" for none), its text."""

    page: str
    line: int
    language: str
    caption: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


class Command(NamedTuple):
    """One command of a console block, and the lines that are shown beneath it."""

    where: str
    text: str
    shown: tuple[str, ...]


def blocks(path: Path, root: Path) -> list[Block]:
    """The code blocks of a page in their order; other directives than ``code-block`` are Sphinx's own business."""
    text = path.read_text(encoding="utf-8")
    page = str(path.relative_to(root))
    found = []
    for match in _FENCE.finditer(text):
        body, caption = match["body"], ""
        if match["directive"] not in {None, "{code-block}"}:
            continue
        if match["directive"]:
            head = re.match(r"((?::\w+:.*\n)*)\n?", body)
            assert head is not None
            caption = dict(_OPTION.findall(head[1])).get("caption", "")
            body = body[head.end() :]
        found.append(Block(page, text.count("\n", 0, match.start()) + 1, match["language"].strip(), caption, body))
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block: lines after ``$ ``, which a backslash at the end continues."""
    lines = block.text.splitlines()
    place = 0
    while place < len(lines):
        assert lines[place].startswith("$ "), f"{block.where}: a console block begins with a command: '$ ...'"
        where, text = f"{block.page}:{block.line + place + 1}", lines[place][2:]
        place += 1
        while text.endswith("\\"):
            text = text[:-1] + lines[place]
            place += 1
        shown = []
        while place < len(lines) and not lines[place].startswith("$ "):
            shown.append(lines[place])
            place += 1
        yield Command(where, text, tuple(shown))


def missing(shown: tuple[str, ...], printed: str) -> str | None:
    """The first shown line that was not printed after those before it; None where all were. ``...`` is any lines.

    Line breaks and runs of blanks are not compared: pages wrap where a terminal does not.
    """
    rest = " ".join(printed.split())
    for line in shown:
        wanted = " ".join(line.split())
        if wanted in {"", "...", "…"}:
            continue
        before, found, rest = rest.partition(wanted)
        if not found:
            return f"{line!r} is not in {before[-3000:]!r}"
    return None
