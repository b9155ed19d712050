"""Cuts a Markdown report to a size, for places that take no more: a comment on a pull request, a job's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.patterns import pattern
from reporter.renderers import markdown
from reporter.renderers.base import Renderer
from reporter.renderers.locales import figure, phrase, spoken

if TYPE_CHECKING:
    from reporter.report import Report

#: GitHub takes 65,536 characters in a comment, others more; a few are left for what is put before the report.
MOST_OF_A_COMMENT = 65_000
_NO_ROW = pattern(rb"\|[ :|-]+\|")  # the line between a table's head and its rows


@spoken
def cut(report: Report, page: bytes, most: int) -> bytes:  # noqa: ARG001 - its language is that of the note
    """The page where it has at most ``most`` bytes; else its first lines, and a note that the rest is missing.

    No line is cut in two, so that a table keeps whole rows; a heading or a table's head with nothing below it goes.
    """
    if len(page) <= most:
        return page
    whole = figure(f"{len(page):,}")
    said = phrase("Cut here: the whole report has {whole} bytes, which is more than fits.", whole=whole)
    note = f"\n*{said}*\n".encode()
    lines = page[: page.rfind(b"\n", 0, max(0, most - len(note)))].split(b"\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith(b"#") or _NO_ROW.fullmatch(lines[-1])):
        if _NO_ROW.fullmatch(lines.pop()) and lines:
            lines.pop()
    return b"\n".join(lines) + b"\n" + note


def comment(report: Report) -> bytes:
    """The Markdown report, as much of it as fits a comment."""
    return cut(report, markdown.render(report), MOST_OF_A_COMMENT)


RENDERERS = (Renderer("comment", "the Markdown, cut to what fits a comment (64 kB)", (".comment.md",), comment),)
