"""Experiments: the tree that carbon-report.toml describes, and which run belongs to which of its branches."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from reporter.errors import Finding, ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.run import Reading, Run

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
    """Where in the tree: ``experiment 'A / B': ``, or nothing at its root."""
    return f"experiment '{plain(PARTING.join(path), 120)}': " if path else ""


def placed(reading: Reading, tree: Sequence[Experiment]) -> Reading:
    """What was read, each run with the label ``experiment`` that tells its branch; the first that finds it has it.

    A filter is looked for in the path of the run's log, its id, and its labels (the value alone, and ``key=value``); a
    child's is looked for in its parent's runs alone. Runs of several branches and of none, and branches without runs,
    are told.
    """
    if not tree:
        return reading
    found: set[tuple[str, ...]] = set()
    several: list[Run] = []
    paths = [_path(run, tree, (), found, several) for run in reading.runs]
    runs = tuple(
        replace(run, labels={**run.labels, LABEL: PARTING.join(path) or NONE})
        for run, path in zip(reading.runs, paths, strict=True)
    )
    outside = [run for run, path in zip(reading.runs, paths, strict=True) if not path]
    notes = [*_told("CR125", outside, "in no experiment of the configuration"),
             *_told("CR127", several, "found by several experiments, and counted with the first of them")]  # fmt: skip
    notes += [Finding("CR126", "warning", f"experiment '{plain(PARTING.join(path), 120)}' finds no run")
              for path in _all(tree, ()) if path not in found]  # fmt: skip
    return reading._replace(runs=runs, findings=(*reading.findings, *notes))


def _path(
    run: Run, tree: Sequence[Experiment], above: tuple[str, ...], found: set[tuple[str, ...]], several: list[Run]
) -> tuple[str, ...]:
    """The names from the root to the run's branch; those above where no child finds it."""
    finders = [one for one in tree if one.filter is None or _finds(one.filter, run)]
    if not finders:
        return above
    if len(finders) > 1 and run not in several[-1:]:
        several.append(run)
    path = (*above, finders[0].name)
    found.add(path)
    return _path(run, finders[0].children, path, found, several)


def _finds(pattern: re.Pattern[str], run: Run) -> bool:
    labels = (text for key, value in run.labels.items() for text in (value, f"{key}={value}"))
    return any(pattern.search(text) for text in (run.source, run.id, *labels))


def _all(tree: Sequence[Experiment], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for one in tree:
        path = (*above, one.name)
        yield path
        yield from _all(one.children, path)


def _told(code: str, runs: Sequence[Run], what: str) -> list[Finding]:
    if not runs:
        return []
    number = f"{len(runs)} run is" if len(runs) == 1 else f"{len(runs)} runs are"
    return [Finding(code, "warning", f"{number} {what}: {', '.join(plain(run.id, 60) for run in runs[:3])}"
                    + (", …" if len(runs) > 3 else ""))]  # fmt: skip
