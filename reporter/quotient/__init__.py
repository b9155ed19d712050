"""The green AI quotient: our own questionnaire, its answers in TOML, weighed and scored (after Sikand et al. 2023)."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, NamedTuple

from reporter.errors import ReportError, plain

#: What a question without a scale of its own may be answered, and what it is worth.
WORDS = {"yes": 1.0, "partly": 0.5, "no": 0.0}
NOT_APPLICABLE = "n/a"
NONE = ("", NOT_APPLICABLE)  # answers that are not scored
LOW = 0.5  # answers worth so much or less bring a recommendation


class Question(NamedTuple):
    """One question: ``most`` is its highest grade, or None where it is answered by WORDS."""

    key: str
    text: str
    weight: float
    most: int | None
    advice: str


class Category(NamedTuple):
    """A stage of the work, and how much it weighs in the whole."""

    key: str
    title: str
    weight: float
    questions: tuple[Question, ...]


class Score(NamedTuple):
    """A category's score in 0 to 100 (None: nothing answered), and how many of those that apply are answered."""

    category: Category
    score: float | None
    answered: int
    asked: int


class Advice(NamedTuple):
    """What a low answer leaves to do, with the points of the quotient that it costs."""

    category: str
    question: Question
    worth: float
    points: float


class Quotient(NamedTuple):
    """The quotient in 0 to 100, its categories, and recommendations, what costs most first."""

    total: float | None
    scores: tuple[Score, ...]
    advice: tuple[Advice, ...]


@cache
def categories() -> tuple[Category, ...]:
    """The questionnaire, as questions.toml beside this file has it."""
    import tomllib

    with open(os.path.join(os.path.dirname(__file__), "questions.toml"), "rb") as file:
        told = tomllib.load(file)["category"]
    return tuple(
        Category(one["key"], one["title"], float(one["weight"]), tuple(
            Question(asked["key"], asked["text"], float(asked["weight"]), asked.get("most"), asked["advice"])
            for asked in one["question"]
        )) for one in told
    )  # fmt: skip


def category_score(answers: list[tuple[float, float]]) -> float | None:
    """Score of a category: S = 100 x sum(w x a) / sum(w) of (weight w, worth a in 0 to 1); None without answers."""
    whole = sum(weight for weight, _ in answers)
    return 100.0 * sum(weight * worth for weight, worth in answers) / whole if whole else None


def quotient(scores: list[tuple[float, float | None]]) -> float | None:
    """Green AI quotient: Q = sum(W x S) / sum(W) of (weight W, score S) of the categories that have answers."""
    known = [(weight, score) for weight, score in scores if score is not None]
    whole = sum(weight for weight, _ in known)
    return sum(weight * score for weight, score in known) / whole if whole else None


def assessed(path: str) -> Quotient:
    """Score the answers in a TOML file. Raises ReportError, with the key, for what is no question or no answer to it.

    A question without an answer is not scored, and ``n/a`` is not even asked; both are told by the numbers answered.
    """
    told = _toml(path)
    known = {one.key: {question.key for question in one.questions} for one in categories()}
    for key, table in told.items():
        if key not in known:
            raise ReportError(f"{plain(key, 40)}: no such category; there are {', '.join(known)}", file=plain(path))
        if not isinstance(table, dict):
            raise ReportError(f"{plain(key, 40)}: write a table [{plain(key, 40)}] of answers", file=plain(path))
        for name in table:
            if name not in known[key]:
                there = ", ".join(sorted(known[key]))
                raise ReportError(f"{key}.{plain(name, 40)}: no such question; there are {there}", file=plain(path))
    normal = {key: {name: _normal(answer) for name, answer in table.items()} for key, table in told.items()}
    return _scored(normal, plain(path))


def _scored(told: dict[str, dict[str, Any]], file: str) -> Quotient:
    scores, low = [], list[tuple[Category, Question, float]]()
    for one in categories():
        answers, asked = list[tuple[float, float]](), len(one.questions)
        for question in one.questions:
            answer = told.get(one.key, {}).get(question.key, "")
            asked -= answer == NOT_APPLICABLE
            value = worth(question, answer, f"{one.key}.{question.key}", file)
            if value is not None:
                answers.append((question.weight, value))
                low += [(one, question, value)] if value <= LOW else []
        scores.append(Score(one, category_score(answers), len(answers), asked))
    total = quotient([(score.category.weight, score.score) for score in scores])
    answered = {score.category.key for score in scores if score.score is not None}
    whole = sum(one.weight for one in categories() if one.key in answered)
    advice = []
    for one, question, value in low:
        answers_of = told[one.key]
        weights = sum(other.weight for other in one.questions if answers_of.get(other.key, "") not in NONE)
        points = 100.0 * one.weight / whole * question.weight / weights * (1.0 - value)
        advice.append(Advice(one.title, question, value, points))
    return Quotient(total, tuple(scores), tuple(sorted(advice, key=lambda item: -item.points)))


def _normal(answer: object) -> object:
    """An answer without the blanks and capitals that people write; TOML's true and false are yes and no."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return answer.strip().casefold() if isinstance(answer, str) else answer


def worth(question: Question, answer: object, key: str, file: str) -> float | None:
    """What an answer is worth, 0 to 1; None for none. Raises ReportError for one outside the question's scale."""
    if answer in NONE:
        return None
    if question.most is None:
        if isinstance(answer, str) and answer in WORDS:
            return WORDS[answer]
        scale = '"yes", "partly" or "no"'
    else:
        if isinstance(answer, int | float) and 0 <= answer <= question.most:
            return answer / question.most
        scale = f"a number from 0 to {question.most}"
    raise ReportError(f'{key}: {plain(answer, 40)} is no answer; write {scale}, "{NOT_APPLICABLE}", or ""', file=file)


def _toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file=plain(path)) from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"this is no valid TOML: {plain(error)}", file=plain(path)) from error


def blank() -> str:
    """An answers file to fill in: every question as a comment above its empty answer."""
    import textwrap

    lines = ['# Answers for the green AI quotient of carbon-report: "yes", "partly", "no", or the grade asked for.',
             '# "" is not answered and not scored; "n/a" does not apply.']  # fmt: skip
    for one in categories():
        lines += ["", f"[{one.key}]  # {one.title}, weight {one.weight:g} of {sum(c.weight for c in categories()):g}"]
        for question in one.questions:
            scale = "yes, partly, no" if question.most is None else f"0 to {question.most}"
            text = f"{question.text} ({scale}; weight {question.weight:g})"
            lines += [f"# {line}" for line in textwrap.wrap(text, 110)]
            lines.append(f'{question.key} = ""')
    return "\n".join(lines) + "\n"
