"""The tree of experiments in carbon-report.toml: which run is where, its statistics, and what is wrong with a tree."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

import pytest

from reporter import experiments, renderers
from reporter.assess.placed import placed
from reporter.errors import ReportError
from reporter.options import make
from reporter.report import Report
from reporter.run import Reading, Run

from .conftest import SAMPLES, SWEEP
from .test_assess import codes, footprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

TREE = [
    {
        "name": "Search", "filter": "search", "description": "Which **rate** to take.",
        "variables": ["accuracy:higher", "loss:lower", "epochs"],
        "children": [{"name": "Small", "filter": "size=small"}, {"name": "Large", "filter": "large"}],
    },
    {"name": "Final", "filter": "^final"},
]  # fmt: skip
ENERGIES = {"small": [1.0, 2.0, 4.0], "large": [8.0, 9.0]}


def tree(**chosen: Any) -> Any:
    runs = [
        {"id": f"search-{size}-{place}", "energy_kwh": energy,
         "labels": {"size": size, "accuracy": str(0.5 + energy / 100), "loss": str(1 / energy), "epochs": "3"}}
        for size, energies in ENERGIES.items() for place, energy in enumerate(energies)
    ]  # fmt: skip
    runs += [{"id": "search-middle", "energy_kwh": 5.0}, {"id": "other", "energy_kwh": 7.0}]
    return footprint(*runs, country="FRA", experiments=experiments.read(TREE, None), **chosen)


def branch(made: Any, name: str) -> Any:
    return next(one for one in made.experiments if one.group.name == name)


def test_every_run_has_its_branch_and_those_above_have_all_of_their_childrens() -> None:
    made = tree()
    assert [one.group.name for one in made.experiments] == [
        "Search", "Search / Small", "Search / Large", experiments.NONE,
    ]  # fmt: skip
    assert [branch(made, name).group.runs for name in ("Search", "Search / Small", "Search / Large")] == [6, 3, 2]
    assert branch(made, experiments.NONE).group.members == (6,)
    assert [run.run.labels["experiment"] for run in made.runs[5:]] == ["Search", experiments.NONE]
    assert made.group_by == ("experiment",)
    assert sum(group.runs for group in made.groups) == len(made.runs)


def test_statistics_are_those_of_the_runs_and_the_best_of_each_level_is_marked() -> None:
    made = tree()
    small, large = branch(made, "Search / Small"), branch(made, "Search / Large")
    told = {one.name: one for one in small.summaries}
    pue = made.runs[0].pue.value
    assert told["energy"].spread.mean == pytest.approx(pue * statistics.fmean(ENERGIES["small"]))
    assert told["energy"].spread.deviation == pytest.approx(pue * statistics.stdev(ENERGIES["small"]))
    assert told["energy"].spread.total == pytest.approx(small.group.energy.value)
    assert told["accuracy"].spread.median == pytest.approx(0.52)
    assert (told["loss"].spread.least, told["loss"].spread.most) == (0.25, 1.0)
    marks = {branch: [one.name for one in branch.summaries if one.best] for branch in (small, large)}
    assert marks[small] == ["energy", "emissions"]  # the durations are alike, and nobody said which epochs are better
    assert marks[large] == ["accuracy", "loss"]
    assert not any(one.best for one in branch(made, "Search").summaries)  # alone on its level


def test_runs_outside_and_branches_without_runs_are_told() -> None:
    found = {one.code: one.message for one in tree().findings}
    assert "1 run is in no experiment of the configuration: other" in found["CR125"]
    assert "'Final' finds no run" in found["CR126"]
    assert "CR127" not in found


def test_a_run_of_two_branches_counts_once_with_the_first() -> None:
    both = experiments.read([{"name": "A", "filter": "x"}, {"name": "B"}], None)
    made = placed(Reading((Run(id="x", tracker="t", source="s"),), (), ()), both)
    assert made.runs[0].labels == {"experiment": "A"}
    assert {one.code for one in made.findings} == {"CR126", "CR127"}


def test_every_output_prints_the_tree() -> None:
    report = Report(tree())
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert "Experiments" in text, name
        assert "Groups in statistics" not in text, name
    told = json.loads(renderers.available()["json"].render(report))["experiments"]
    assert told[1]["path"] == ["Search", "Small"]
    assert told[1]["variables"][0]["total"] == pytest.approx(told[1]["energy_kwh"])
    assert told[0]["description"] == "Which **rate** to take."


def test_other_groups_may_be_asked_for_beside_the_tree() -> None:
    made = tree(group_by="size")
    assert [group.name for group in made.groups] == ["small", "large", "not told"]
    assert len(made.experiments) == 4
    assert "CR125" in codes(made)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ("x", r"experiment: write tables, each under \[\[experiment\]\]"),
        ([{}], "experiment 1: name: missing"),
        ([{"name": "A / B"}], "experiment 1: name: 'A / B' cannot be"),
        ([{"name": "A", "filtre": "x"}], "experiment 'A': 'filtre' is no key; known are name"),
        ([{"name": "A", "filter": "("}], r"experiment 'A': filter: \( is no regular expression"),
        ([{"name": "A", "filter": 3}], "experiment 'A': filter: 3 is no regular expression: write a text"),
        ([{"name": "A", "children": [{"name": "B", "variables": "x"}]}], "experiment 'A / B': variables: write names"),
        ([{"name": "A", "children": 1}], r"experiment 'A': children: write tables, each under \[\[experiment.children"),
        ([{"name": "A"}, {"name": "A "}], "experiment: two are called 'A'"),
        ([{"name": "A", "description": 1}], "experiment 'A': description: this must be text"),
    ],
)
def test_what_is_wrong_is_named_by_file_branch_and_key(told: Any, error: str) -> None:
    with pytest.raises(ReportError, match=error) as raised:
        make({}, {"experiment": told}, "carbon-report.toml")
    assert raised.value.file == "carbon-report.toml"


def test_a_tree_deeper_than_anybody_reads_is_refused() -> None:
    told: dict[str, Any] = {"name": "A"}
    for _ in range(experiments.MOST_LEVELS):
        told = {"name": "A", "children": [told]}
    with pytest.raises(ReportError, match="more than 8 levels"):
        make({}, {"experiment": [told]}, "x.toml")


def test_the_configuration_file_groups_runs_on_the_command_line(
    carbon: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "carbon-report.toml").write_text(
        '[[experiment]]\nname = "Distillation"\n[[experiment.children]]\nname = "Teacher"\nfilter = "teacher"\n',
        encoding="utf-8",
    )
    done = carbon(SWEEP, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    whole, teacher = told["experiments"]
    assert whole["energy_kwh"] == pytest.approx(told["totals"]["energy_kwh"])
    assert 0 < teacher["runs"] < whole["runs"] == told["totals"]["runs"]
    assert {group["name"] for group in told["groups"]} == {"Distillation", "Distillation / Teacher"}


def test_published_archives_are_one_tree() -> None:
    folder = SAMPLES / "experiment-impact-tracker"
    options = make(
        {"logs": [str(folder)]},
        {"experiment": [{"name": "All", "children": [{"name": "Archive", "filter": r"\.zip"}, {"name": "Folders"}]}]},
    )
    from reporter.assembly import report_of

    made = report_of(options).footprint
    every, archive, folders = made.experiments
    assert every.group.runs == archive.group.runs + folders.group.runs == len(made.runs)
    assert every.group.energy is not None
    assert made.energy is not None
    assert every.group.energy.value == pytest.approx(made.energy.value)
    assert archive.summaries[0].spread is not None
