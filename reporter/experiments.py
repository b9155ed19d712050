"""Experiments: the tree of them that carbon-report.toml describes."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from reporter.errors import ReportError, plain

#: The label that tells a run's experiment, and what parts the names of a path in it.
LABEL, PARTING = "experiment", " / "
#: The experiment of runs that no filter finds.
NONE = "in no experiment"
MOST_LEVELS = 8
_KEYS = ("name", "description", "filter", "variables", "children")

Better = Literal["higher", "lower"] | None


class Variable(NamedTuple):
    """A label or metric to summarise, and which mean is the better one, where the author says so."""

    name: str
    better: Better


class Experiment(NamedTuple):
    """One branch: what its runs are found by (None: all that its parent has), and what is summarised of them."""

    name: str
    description: str  # Markdown
    filter: re.Pattern[str] | None
    variables: tuple[Variable, ...]
    children: tuple[Experiment, ...]


def read(tables: object, file: str | None) -> tuple[Experiment, ...]:
    """The tree as ``[[experiment]]`` tables tell it. Raises ReportError, which names file, branch and key."""
    return _branches(tables, "experiment", file, (), ())


def _branches(
    tables: object, key: str, file: str | None, above: tuple[str, ...], variables: tuple[Variable, ...]
) -> tuple[Experiment, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        heading = "[[experiment]]" if not above else "[[experiment.children]]"
        raise ReportError(f"{_at(above)}{key}: write tables, each under {heading}", file=file)
    if tables and len(above) >= MOST_LEVELS:
        raise ReportError(f"{_at(above)}{key}: more than {MOST_LEVELS} levels of experiments", file=file)
    made = tuple(_branch(table, place, file, above, variables) for place, table in enumerate(tables, 1))
    names = [one.name for one in made]
    for name in names:
        if names.count(name) > 1:
            raise ReportError(f"{_at(above)}{key}: two are called '{plain(name, 60)}'; rename one", file=file)
    return made


def _branch(
    table: dict[str, Any], place: int, file: str | None, above: tuple[str, ...], inherited: tuple[Variable, ...]
) -> Experiment:
    name = table.get("name")
    if not isinstance(name, str) or not name.strip() or PARTING in name or name == NONE:
        told = "missing" if name is None else f"{plain(name, 60)!r} cannot be"
        rule = f"write a text without '{PARTING}', other than '{NONE}'"
        raise ReportError(f"{_at(above)}experiment {place}: name: {told}; {rule}", file=file)
    path = (*above, name.strip())
    for key in table:
        if key not in _KEYS:
            raise ReportError(f"{_at(path)}'{plain(key, 60)}' is no key; known are {', '.join(_KEYS)}", file=file)
    description = table.get("description", "")
    if not isinstance(description, str):
        raise ReportError(f"{_at(path)}description: this must be text in Markdown", file=file)
    variables = _variables(table["variables"], path, file) if "variables" in table else inherited
    children = _branches(table.get("children", []), "children", file, path, variables)
    return Experiment(path[-1], description, _filter(table.get("filter"), path, file), variables, children)


def _filter(told: object, path: tuple[str, ...], file: str | None) -> re.Pattern[str] | None:
    if told is None:
        return None
    try:
        if isinstance(told, str) and told:
            return re.compile(told)
        reason = "write a text"
    except (re.error, RecursionError, OverflowError) as error:
        reason = str(error)
    raise ReportError(f"{_at(path)}filter: {plain(told, 60)} is no regular expression: {reason}", file=file)


def _variables(told: object, path: tuple[str, ...], file: str | None) -> tuple[Variable, ...]:
    if not isinstance(told, list) or not all(isinstance(one, str) and one.strip() for one in told):
        form = '["accuracy:higher", "loss:lower", "epochs"]'
        raise ReportError(f"{_at(path)}variables: write names of labels or metrics, such as {form}", file=file)
    made = []
    for one in told:
        name, _, better = one.rpartition(":")
        known: Better = "higher" if better == "higher" else "lower" if better == "lower" else None
        made.append(Variable(name.strip(), known) if known and name.strip() else Variable(one.strip(), None))
    return tuple(made)


def _at(path: tuple[str, ...]) -> str:
    """Where in the tree, for messages: ``experiment 'A / B': ``, or nothing at its root."""
    return f"experiment '{plain(PARTING.join(path), 120)}': " if path else ""
