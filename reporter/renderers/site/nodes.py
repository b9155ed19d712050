"""The groups of a site as one tree: the author's experiments, then the groups of --group-by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter.experiments import LABEL
from reporter.footprint import Experiment, Summary
from reporter.renderers import experiment_sections
from reporter.renderers.locales import phrase
from reporter.renderers.site import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Footprint, Group
    from reporter.renderers.tables import Section


class Node(NamedTuple):
    """A group with its page: its place among all, what it is inside of, its children, and all inside it."""

    branch: Experiment
    path: str
    above: int | None
    children: tuple[int, ...]
    inside: tuple[int, ...]


def of(footprint: Footprint) -> list[Node]:
    """Every group that gets a page, each before those inside it."""
    branches = list(footprint.experiments)
    if not branches or footprint.group_by != (LABEL,):
        branches += [_flat(group) for group in footprint.groups]
    trees = len(footprint.experiments)
    made = []
    for place, branch in enumerate(branches):
        tree = place < trees
        path = names.of_group(branch.path if tree else (*footprint.group_by, *branch.path))
        before = range(place - 1, -1, -1) if tree else ()
        above = next((one for one in before if branches[one].path == branch.path[:-1]), None)
        inside = []
        for one in range(place + 1, trees if tree else place):
            if branches[one].path[: len(branch.path)] != branch.path:
                break
            inside.append(one)
        children = tuple(one for one in inside if len(branches[one].path) == len(branch.path) + 1)
        made.append(Node(branch, path, above, children, tuple(inside)))
    return made


def homes(nodes: Sequence[Node], runs: int) -> list[int | None]:
    """For each run the node that its page is under: the innermost experiment, else its group."""
    found: list[int | None] = [None] * runs
    for place, node in enumerate(nodes):
        for run in node.branch.group.members:
            held = found[run]
            if held is None or nodes[held].branch.path == node.branch.path[: len(nodes[held].branch.path)]:
                found[run] = place
    return found


def section(branches: Sequence[Experiment]) -> Section:
    """The statistics of a group and of those inside it."""
    return experiment_sections.of(branches, "statistics", phrase("Statistics"))


def _flat(group: Group) -> Experiment:
    """A group of --group-by as a branch of its own."""
    summaries = (Summary("energy", "kWh", group.energies, best=False),
                 Summary("emissions", "kgCO2e", group.releases, best=False))  # fmt: skip
    return Experiment((group.name,), "", group, summaries)
