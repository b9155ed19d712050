"""Labels found by rules, groups in statistics, and two groups against each other as scipy has it by hand."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reporter import labels, renderers
from reporter.assess.labelled import labelled
from reporter.assess.statistics import contrast, spread
from reporter.errors import ReportError
from reporter.options import make
from reporter.report import Report
from reporter.run import Reading, Run

from .test_assess import codes, footprint

A, B = [1.0, 1.2, 0.9, 1.1, 1.3, 1.0], [1.6, 1.5, 1.8, 1.7, 1.4, 1.9, 1.6]


def run(name: str, source: str = "x.csv", **told: str) -> Run:
    return Run(id=name, tracker="x", source=source, energy_kwh=1.0, labels=told)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (r"seed=seed(\d+)", "7"), (r"model=(?P<model>bert|gpt)-large", "bert"), (r"where=runs/[a-z]+", "runs/bert"),
        (r"task=squad", "squad"),
    ],
)  # fmt: skip
def test_a_rule_finds_its_label_in_path_id_or_labels(rule: str, value: str) -> None:
    reading = Reading((run("seed7", "runs/bert-large/emissions.csv", project="squad"),), (), ())
    (made,) = labelled(reading, [labels.rule(rule)]).runs
    assert made.labels[rule.partition("=")[0]] == value
    assert made.labels["project"] == "squad"


def test_a_rule_that_finds_nothing_is_told() -> None:
    made = footprint(labels=("seed=nowhere(\\d)",))
    assert "CR124" in codes(made)
    with pytest.raises(ReportError, match="no regular expression"):
        make({"labels": "a=("})
    with pytest.raises(ReportError, match="write key=regex"):
        make({"labels": "seed"})


@given(st.lists(st.floats(0.001, 1e6), min_size=2, max_size=40))
def test_the_spread_is_that_of_the_statistics_module(values: list[float]) -> None:
    made = spread(values)
    assert made is not None
    assert (made.n, made.least, made.most) == (len(values), min(values), max(values))
    assert made.mean == pytest.approx(statistics.fmean(values))
    assert made.deviation == pytest.approx(statistics.stdev(values), abs=1e-9 * max(values))
    assert made.median == pytest.approx(statistics.median(values))


def test_one_run_has_no_deviation_and_none_no_spread() -> None:
    alone = spread([3.0])
    assert alone is not None
    assert alone.deviation is None
    assert spread([]) is None


def test_tests_and_interval_agree_with_scipy_called_by_hand() -> None:
    made = contrast("energy", "kWh", ("a", "b"), A, B)
    assert made is not None
    assert made.difference == pytest.approx(statistics.fmean(B) - statistics.fmean(A))
    assert made.ratio == pytest.approx(statistics.fmean(B) / statistics.fmean(A))
    p = {one.test: one.p for one in made.tests}
    assert p["Welch's t"] == pytest.approx(stats.ttest_ind(B, A, equal_var=False).pvalue)
    assert p["Mann-Whitney U"] == pytest.approx(stats.mannwhitneyu(B, A, alternative="two-sided").pvalue)
    assert p["permutation"] < 0.01
    assert made.interval is not None
    welch = stats.ttest_ind(B, A, equal_var=False).confidence_interval(0.95)
    assert made.interval == pytest.approx((welch.low, welch.high), abs=0.06)
    assert made.conclusion == "differ"


def test_what_so_many_runs_can_tell() -> None:
    few = contrast("energy", "kWh", ("a", "b"), A[:3], B[:3])
    assert few is not None
    assert few.conclusion == "few"
    same = contrast("energy", "kWh", ("a", "b"), A, [value + 0.01 for value in A])
    assert same is not None
    assert same.conclusion == "alike"
    single = contrast("energy", "kWh", ("a", "b"), [1.0], [2.0])
    assert single is not None
    assert (single.interval, single.tests) == (None, ())
    assert contrast("energy", "kWh", ("a", "b"), [], [2.0]) is None
    equal = contrast("energy", "kWh", ("a", "b"), [1.0] * 6, [1.0] * 6)
    assert equal is not None
    assert all(math.isfinite(one.p) for one in equal.tests)


def groups(**chosen: Any) -> Any:
    runs = [{"energy_kwh": value, "labels": {"method": "ours", "accuracy": str(0.8 + value / 100)}} for value in A]
    runs += [{"energy_kwh": value, "labels": {"method": "theirs", "accuracy": str(0.9)}} for value in B]
    return footprint(*runs, group_by="method", country="FRA", **chosen)


def test_groups_carry_their_statistics() -> None:
    ours, theirs = groups().groups
    assert ours.energies.n == len(A)
    assert ours.energies.mean == pytest.approx(1.5 * statistics.fmean(A))  # with the PUE of 1.5
    assert theirs.releases.total == pytest.approx(theirs.emissions.value)


def test_a_metric_is_compared_as_well() -> None:
    made = groups(versus="ours,theirs", metric="accuracy")
    assert [one.quantity for one in made.contrasts] == ["energy", "emissions", "accuracy"]
    assert made.contrasts[2].second.mean == pytest.approx(0.9)


def test_groups_that_are_not_there_are_named() -> None:
    with pytest.raises(ReportError, match="there are ours, theirs"):
        groups(versus="ours,nobody")
    with pytest.raises(ReportError, match="write two groups"):
        make({"versus": "ours"})
    with pytest.raises(ReportError, match="give --group-by"):
        footprint(versus="a,b")


def test_every_output_prints_them() -> None:
    report = Report(groups(versus="ours,theirs"))
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert "Groups in statistics" in text, name
        assert "One group against another" in text, name
        assert "the groups differ, by all three tests" in text or name == "terminal"
