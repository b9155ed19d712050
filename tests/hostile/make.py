"""Makes the hostile corpus: `python -m tests.hostile.make FOLDER [CASE...]` writes each case into a folder of its own.

Big files are made only when they are needed. In every file MARKER, CANARY and PORT stand for what the runner watches:
a path that only executed code would make, a file that nothing may read, a port that nothing may connect to.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .damage import FILES, NUMBERS
from .names import NAMES
from .oddities import oddities
from .subjects import SUBJECTS, argument, copied, with_name, with_number

if TYPE_CHECKING:
    from collections.abc import Callable

#: A name of each kind, for the trackers' own texts; CodeCarbon's gets them all.
OF_EACH_KIND = ("formula", "script", "tex-input", "yaml-break", "markdown-link", "jinja", "terminal-escape", "url-file")
#: Names that the PDF is made with as well, which takes a second each.
IN_PDF = (
    "url-file",
    "url-http",
    "url-attachment",
    "url-import",
    "url-object",
    "script-close",
    "svg-entity",
    "matplotlib",
    "long",
)
ENDLESS = 1 << 20


class Case(NamedTuple):
    """One hostile input: whose log, what is wrong, how it is made, and which outputs are to be made of it."""

    tracker: str
    fault: str
    make: Callable[[Path], str]
    outputs: str  # "few", "all" or "pdf"
    never: str = ""


def cases() -> dict[str, Case]:
    """All cases by name."""
    made: dict[str, Case] = {}
    for tracker, subject in SUBJECTS.items():
        made[f"control/{tracker}"] = Case(tracker, "nothing (control)", _changed(tracker, bytes), "few")
        for name, (fault, change) in FILES.items():
            made[f"file/{tracker}/{name}"] = Case(tracker, fault, _changed(tracker, change), "few")
        for name, (fault, number) in NUMBERS.items():
            make = _changed(tracker, partial(with_number, tracker=tracker, number=number))
            made[f"number/{tracker}/{name}"] = Case(tracker, f"a number: {fault}", make, "few")
        if subject.name:
            for name in NAMES if tracker == "codecarbon" else OF_EACH_KIND:
                made[f"name/{tracker}/{name}"] = _named(tracker, name)
    for name, odd in oddities().items():
        made[name] = Case(odd.tracker, odd.fault, odd.make, "few")
    return made


def _changed(tracker: str, change: Callable[[bytes], bytes]) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        path = copied(tracker, folder)
        path.write_bytes(change(path.read_bytes()))
        return argument(tracker)

    return make


def _named(tracker: str, name: str) -> Case:
    hostile = NAMES[name]
    outputs = "pdf" if tracker == "codecarbon" and name in IN_PDF else "all"
    make = _changed(tracker, lambda content: with_name(content, tracker, hostile.text))
    return Case(tracker, f"a name that tries to {hostile.tries}", make, outputs, hostile.never)


def write(case: Case, folder: Path, words: dict[str, str]) -> str:
    """Make a case in an empty folder, MARKER and the others put in; gives what is named on the command line."""
    named = case.make(folder)
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            target = str(path.readlink())
            if target in words:
                path.unlink()
                path.symlink_to(words[target])
        elif path.is_file() and path.stat().st_size < ENDLESS:
            content = path.read_bytes()
            filled = content
            for word, meant in words.items():
                filled = filled.replace(word.encode(), meant.encode().ljust(len(word)))
            if filled != content and not _is_binary(content):
                path.write_bytes(filled)
    return named


def _is_binary(content: bytes) -> bool:
    return content.startswith((b"PK", b"\x80"))


def main() -> int:
    """Write all cases, or those named, below a folder."""
    top, wanted = Path(sys.argv[1]), sys.argv[2:]
    for name, case in cases().items():
        if not wanted or name in wanted:
            folder = top / name
            folder.mkdir(parents=True, exist_ok=True)
            write(case, folder, {})
    return 0


if __name__ == "__main__":
    sys.exit(main())
