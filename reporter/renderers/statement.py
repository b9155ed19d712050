"""The statement alone, as plain text: the sentence that a paper prints, and how its figures came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers.base import Renderer, without_citations, words

if TYPE_CHECKING:
    from reporter.report import Report


def render(report: Report) -> bytes:
    """The statement with its method, one paragraph each, as UTF-8 text."""
    parts = [without_citations(words(report, name)) for name in ("statement", "method")]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


RENDERERS = (Renderer("statement", "the statement alone, as plain text", (".txt",), render),)
