"""The Report: a Footprint with what its author adds, ready for any renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import reporter

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
    cite: str | None = None  # natbib, biblatex or plain; None: LaTeX takes what the paper loads
    siunitx: bool = False  # quantities in LaTeX that siunitx sets where the paper loads it
    answers: tuple[tuple[str, str], ...] = ()  # what no log tells, by the author: item and answer
    language: str = "en"  # of the outputs that people read
    digits: int | Literal["auto"] | None = None  # significant ones; "auto": as a figure's range supports
    statement_length: str | None = None  # short, paragraph or full; None: the statement and its method
    template: str | None = None  # path of the author's own template, for the output of that name

    def _repr_html_(self) -> str:
        made: str = reporter.view("report")(self)
        return made
