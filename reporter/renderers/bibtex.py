"""BibTeX: the entries that the report cites, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers.base import Renderer
from reporter.renderers.bibliography import cited

if TYPE_CHECKING:
    from reporter.report import Report


def render(report: Report) -> bytes:
    """The entries as UTF-8 BibTeX, in the order of their first use."""
    entries = [source.bibtex.strip() for source in cited(report)]
    return ("\n\n".join(entries or ["% Nothing is cited."]) + "\n").encode()


RENDERERS = (Renderer("bibtex", "BibTeX entries of what is cited", (".bib",), render),)
