"""The works that a report cites, and all that it rests on: what the lists of references print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import factors
from reporter.renderers.base import WORDS, citations, words
from reporter.renderers.sections import sections

if TYPE_CHECKING:
    from reporter.report import Report


def cited(report: Report) -> list[factors.Source]:
    """What the words cite, once, in order: the entries that a paper's bibliography needs."""
    keys = [key for name in WORDS for key in citations(words(report, name))]
    keys += [key for section in sections(report) for key in section.sources]
    return [factors.source(key) for key in dict.fromkeys(keys)]


def sources(report: Report) -> list[factors.Source]:
    """Everything that the report's words and figures rest on, once: what is cited, then the other factors."""
    keys = [factor.source for factor in report.footprint.factors]
    return list(dict.fromkeys([*cited(report), *map(factors.source, keys)]))
