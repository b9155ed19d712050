"""Markdown: the report as one page, and the snippet that keeps itself up to date between markers in a README."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reporter import __version__, factors
from reporter.patterns import pattern
from reporter.renderers import in_place, tables
from reporter.renderers.base import Language, Renderer, Safe, environment
from reporter.renderers.bibliography import sources
from reporter.renderers.locales import phrases, spoken
from reporter.renderers.sections import sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.report import Report

SHOWN_RUNS = 50
START, END = "<!-- carbon-report:start -->", "<!-- carbon-report:end -->"
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: Signs that mean something in Markdown where they stand; those that our own prose needs are harmless there: a hyphen
#: inside a word, round brackets that follow no square one, a colon before a blank, a dollar sign before a digit.
_SIGN = pattern(
    r"[\\`*_{}\[\]#|]|(?<!\w)[-+](?=\s)|^[-+]|(?<=^ )[-+]|(?<=\])\(|(?<=\\\])\(|!(?=\[)|(?<=\bwww)\."
)
_NUMBERED = pattern(r"^( ?\d{1,9})([.)])(?=\s|$)")
#: Signs that not every Markdown lets a backslash escape.
_ENTITY = pattern(r"[&<>~@]|\$(?!\d)|:(?=\S)|^=")


def escape(text: str) -> str:
    """Foreign text as Markdown that shows it, on one line: signs with a meaning are escaped, HTML becomes entities."""
    line = _NUMBERED.sub(r"\1\\\2", _SIGN.sub(r"\\\g<0>", re.sub(r"(?:(?![\u00a0\u202f])\s)+", " ", text)))
    return _ENTITY.sub(lambda match: _HTML.get(match[0]) or f"&#{ord(match[0])};", line)


def _cite(keys: tuple[str, ...]) -> str:
    """Sources as links on author and year: ``([Ricke et al., 2018](https://doi.org/...))``."""
    return f" ({'; '.join(map(_link, keys))})"


def _link(key: str) -> str:
    source = factors.source(key)
    text = escape(source.short)
    return f"[{text}]({quote(source.url, safe=':/?=&%')})" if source.url else text


LANGUAGE = Language(escape, _cite)


@spoken
def render(report: Report) -> bytes:
    """The report as GitHub-flavoured Markdown."""
    text = environment(LANGUAGE, report).get_template("report.md").render(**variables(report, _link))
    return text.encode("utf-8", "replace")


def variables(report: Report, link: Callable[[str], str]) -> dict[str, Any]:
    """What the page's template speaks of; ``link`` writes a source by its key."""
    hidden = 0 if report.footprint.groups else max(0, len(report.footprint.runs) - SHOWN_RUNS)
    return {
        "version": __version__,
        "lines": tables.figures(report),
        "listed": tables.groups(report.footprint) or tables.runs(report.footprint, SHOWN_RUNS),
        "hidden": phrases("{number} more run", "{number} more runs", hidden) if hidden else "",
        "equivalents": tables.equivalents(report.footprint),
        "sections": sections(report),
        "sources": [(Safe(link(source.key)), source) for source in sources(report)],
        "findings": report.footprint.findings,
    }


@spoken
def snippet(report: Report) -> bytes:
    """The README's snippet between its markers."""
    made = environment(LANGUAGE, report)
    text = made.get_template("readme.md").render(lines=tables.figures(report), version=__version__)
    return f"{START}\n{text.strip()}\n{END}\n".encode("utf-8", "replace")


def insert(report: Report, old: bytes) -> bytes:
    """A README with the snippet between its markers replaced, or added at the end; all else stays byte for byte.

    Raises ReportError where there is one marker without the other, or the file is no UTF-8.
    """
    text = in_place.decoded(old, "--readme")
    ending = in_place.line_end(text)
    block = snippet(report).decode().strip()
    made = in_place.between(text, block, (START, END), "--readme")
    return (in_place.appended(text, block, ending, "--readme") if made is None else made).encode()


RENDERERS = (
    Renderer("markdown", "the report as Markdown", (".md", ".markdown"), render),
    Renderer("readme", "a README's snippet; edits FILE between its markers", ("readme.md",), snippet, update=insert),
)
