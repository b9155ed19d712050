"""`carbon-report template`: lists the built-in templates, or prints one to start an own one from."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from reporter import assets
from reporter.arguments import wrong_usage
from reporter.errors import ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = "usage: carbon-report template [NAME]\nNAME as the list without it says, such as report.md"
#: What --template can take the place of; the others are parts, or outputs of one fixed form.
PAGES = {
    "fragment.tex": "--latex, or --template NAME.tex.j2",
    "document.tex": "--latex --standalone, or --template NAME.tex.j2",
    "report.md": "--markdown, or --template NAME.md.j2",
    "report.html": "--html, --pdf, or --template NAME.html.j2",
}


def run(arguments: Sequence[str]) -> int:
    """List the templates, or print the one that is named. Raises ReportError where there is none of that name."""
    if len(arguments) > 1:
        wrong_usage("template takes one name")
    if arguments and arguments[0] in {"-h", "--help"}:
        print(USAGE)
        return 0
    names = available()
    if not arguments:
        print("Templates of pages, which an own one can start from:")
        print("\n".join(f"  {name:26} {says}" for name, says in PAGES.items()))
        print("\nTheir parts, and those of other outputs:")
        print("\n".join(f"  {name}" for name in names if name not in PAGES))
        return 0
    if arguments[0] not in names:
        raise ReportError(f"template '{plain(arguments[0], 60)}': there is none; 'carbon-report template' lists them")
    sys.stdout.flush()
    sys.stdout.buffer.write(assets.read("templates", *arguments[0].split("/")).encode())
    return 0


def available() -> list[str]:
    """The names of the templates, as they include each other."""
    top, found = assets.folder("templates"), []
    for folder, _, files in os.walk(top):
        inside = os.path.relpath(folder, top).replace(os.sep, "/")
        found += [file if inside == "." else f"{inside}/{file}" for file in files]
    return sorted(name for name in found if name.endswith((".tex", ".md", ".html", ".svg", ".txt")))
