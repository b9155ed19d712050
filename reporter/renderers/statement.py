"""The statement alone, as plain text: a sentence, a paragraph, or with how its figures came to be and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers.base import Renderer, without_citations, words
from reporter.renderers.locales import current, spoken

if TYPE_CHECKING:
    from reporter.report import Report

#: What each length holds, as paragraphs of sentences from templates/words/.
_PARTS = {
    None: (("statement",), ("method",)),
    "short": (("statement",),),
    "paragraph": (("statement", "facts"),),
    "full": (("statement",), ("method",), ("limits",)),
}


@spoken
def render(report: Report) -> bytes:
    """The statement in the length that was chosen; without a choice with its method, one paragraph each, as UTF-8."""
    joint = "" if current().code == "zh" else " "
    parts = (joint.join(filter(None, (_plain(report, name) for name in names)))
             for names in _PARTS[report.statement_length])  # fmt: skip
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _plain(report: Report, name: str) -> str:
    return without_citations(words(report, name))


RENDERERS = (Renderer("statement", "the statement alone, as plain text", (".txt",), render),)
