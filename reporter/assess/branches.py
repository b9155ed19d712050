"""The author's tree of experiments with its runs: each branch added up, its variables in statistics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reporter.assess.groups import group
from reporter.assess.statistics import spread
from reporter.experiments import LABEL, NONE, PARTING, Experiment, Variable
from reporter.footprint import Experiment as Branch
from reporter.footprint import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.footprint import Group, RunFootprint


def summarised(runs: Sequence[RunFootprint], tree: Sequence[Experiment]) -> tuple[Branch, ...]:
    """Every branch that has runs, before its children; runs in no experiment are the last one."""
    if not tree:
        return ()
    paths = [tuple(run.run.labels.get(LABEL, NONE).split(PARTING)) for run in runs]
    branches = _marked(_branches(runs, paths, tree, ()))
    outside = [place for place, path in enumerate(paths) if path == (NONE,)]
    if outside:
        rest = group(NONE, [runs[place] for place in outside], outside)
        branches.append(Branch((NONE,), "", rest, tuple(_summaries(rest, runs, ()))))
    return tuple(branches)


def _branches(
    runs: Sequence[RunFootprint], paths: Sequence[tuple[str, ...]], tree: Sequence[Experiment], above: tuple[str, ...]
) -> Iterator[tuple[Branch, tuple[Variable, ...]]]:
    for one in tree:
        path = (*above, one.name)
        members = [place for place, told in enumerate(paths) if told[: len(path)] == path]
        if not members:
            continue
        whole = group(PARTING.join(path), [runs[place] for place in members], members)
        yield Branch(path, one.description, whole, tuple(_summaries(whole, runs, one.variables))), one.variables
        yield from _branches(runs, paths, one.children, path)


def _summaries(whole: Group, runs: Sequence[RunFootprint], variables: Sequence[Variable]) -> Iterator[Summary]:
    """Energy with PUE, emissions, duration, then what the author asks for."""
    members = [runs[place] for place in whole.members]
    yield Summary("energy", "kWh", whole.energies, best=False)
    yield Summary("emissions", "kgCO2e", whole.releases, best=False)
    times = [run.run.duration_s for run in members if run.run.duration_s is not None]
    yield Summary("duration", "s", spread(times), best=False)
    for variable in variables:
        yield Summary(variable.name, "", spread(_values(members, variable.name)), best=False)


def _values(runs: Sequence[RunFootprint], label: str) -> list[float]:
    """The label's value in the runs that tell it as a finite number."""
    values = []
    for run in runs:
        try:
            values.append(float(run.run.labels[label]))
        except (KeyError, ValueError):
            continue
    return [value for value in values if math.isfinite(value)]


def _marked(branches: Iterator[tuple[Branch, tuple[Variable, ...]]]) -> list[Branch]:
    """The branches with the best mean of each variable marked, among the children of one parent."""
    told = list(branches)
    best: dict[tuple[tuple[str, ...], int, str], list[float]] = {}
    signs = [_signs(branch, variables) for branch, variables in told]
    for (branch, _), of_place in zip(told, signs, strict=True):
        for place, one in enumerate(branch.summaries):
            if one.spread is not None and of_place[place]:
                best.setdefault(_key(branch, place, one), []).append(of_place[place] * one.spread.mean)
    made = []
    for (branch, _), of_place in zip(told, signs, strict=True):
        marked = []
        for place, one in enumerate(branch.summaries):
            means = best.get(_key(branch, place, one), [])
            differ = bool(of_place[place] and means) and min(means) < max(means)
            is_best = differ and one.spread is not None and of_place[place] * one.spread.mean == min(means)
            marked.append(one._replace(best=is_best))
        made.append(branch._replace(summaries=tuple(marked)))
    return made


def _key(branch: Branch, place: int, one: Summary) -> tuple[tuple[str, ...], int, str]:
    """What is compared with one another; an author's variable may be called as one of ours is."""
    return branch.path[:-1], min(place, 3), one.name


def _signs(branch: Branch, variables: Sequence[Variable]) -> list[int]:
    """For each summary 1 where less is better, -1 where more is, 0 where nobody says."""
    own = [0 if one.better is None else 1 if one.better == "lower" else -1 for one in variables]
    return [1, 1, 1, *own][: len(branch.summaries)]
