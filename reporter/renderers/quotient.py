"""The green AI quotient as sections: the score of each category and in total, and what low answers leave to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers.locales import figure
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from reporter.footprint import Footprint
    from reporter.quotient import Quotient

SOURCE = "sikand2023green"
MOST = 10  # recommendations; JSON has them all


def section(footprint: Footprint) -> Section | None:
    """The scores, where answers were given."""
    return scores(footprint.quotient) if footprint.quotient else None


def recommendations(footprint: Footprint) -> Section | None:
    """The recommendations, where answers were given and some are low."""
    return advice(footprint.quotient) if footprint.quotient else None


def scores(made: Quotient) -> Section:
    """Score, weight and answered questions of each category, and the quotient."""
    rows = [
        (one.category.title, f"{one.category.weight:g}", f"{one.answered} of {one.asked}", _points(one.score))
        for one in made.scores
    ]
    answered, asked = sum(one.answered for one in made.scores), sum(one.asked for one in made.scores)
    rows.append(("Green AI quotient", "", f"{answered} of {asked}", _points(made.total)))
    columns = ("Category", "Weight", "Answered", "Score of 100")
    says = (
        "The authors' own answers to the questionnaire of carbon-report, whose questions and weights are its own, "
        "scored after the method of the green AI quotient. Only what is answered is scored."
    )
    return Section("quotient", "Green AI quotient", says, columns, tuple(rows), frozenset(columns[1:]), (SOURCE,))


def advice(made: Quotient) -> Section | None:
    """What to do next, the step that would gain most first."""
    if not made.advice:
        return None
    rows = tuple((one.category, one.question.advice, figure(f"{one.points:.1f}")) for one in made.advice[:MOST])
    more = len(made.advice) - MOST
    says = "What the low answers leave to do, with the points of the quotient that it would gain."
    says += f" {more} more are in the JSON report." if more > 0 else ""
    columns = ("Category", "Recommendation", "Points")
    return Section("quotient-advice", "Recommendations", says, columns, rows, frozenset(columns[2:]))


def _points(score: float | None) -> str:
    return "not answered" if score is None else f"{score:.0f}"
