"""Runs with the label that tells their place in the author's tree of experiments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reporter.errors import Finding, plain
from reporter.experiments import LABEL, NONE, PARTING, Experiment

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from reporter.run import Reading, Run


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
    number = "1 run is" if len(runs) == 1 else f"{len(runs)} runs are"
    names = ", ".join(plain("/".join(run.id.split("/")[-2:]), 60) for run in runs[:3])
    return [Finding(code, "warning", f"{number} {what}: {names}{', …' if len(runs) > 3 else ''}")]
