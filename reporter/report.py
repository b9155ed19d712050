"""The Report: a Footprint with what its author adds, ready for any renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporter.footprint import Footprint

DEFAULT_TITLE = "Carbon impact report"


@dataclass(frozen=True, slots=True)
class Report:
    """What renderers show: the figures, and the author's words about them."""

    footprint: Footprint
    title: str = DEFAULT_TITLE
    authors: tuple[str, ...] = ()
    scope: str | None = None  # what the figures cover, in the author's words
    notes: str | None = None  # the author's own description, as Markdown
    standalone: bool = False  # a whole LaTeX document instead of a fragment
    working: bool = False  # a section on how the numbers were made
