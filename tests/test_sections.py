"""Analyses as sections: one table of text that every output prints, escaped like all else."""

from __future__ import annotations

import json

import pytest

from reporter import importers, renderers
from reporter.assess import assess
from reporter.options import Options
from reporter.renderers.sections import cause, sections
from reporter.report import Report

from .conftest import SWEEP


@pytest.fixture(scope="module")
def report() -> Report:
    return Report(assess(importers.read([str(SWEEP)]), Options(country="FRA", uncertainty=True)))


def test_a_report_without_analyses_has_no_sections() -> None:
    assert sections(Report(assess(importers.read([str(SWEEP)]), Options(country="FRA")))) == []


def test_the_budget_is_a_section_of_every_text(report: Report) -> None:
    (section,) = sections(report)
    assert section.title == "Uncertainty"
    assert {len(row) for row in section.rows} == {len(section.columns)}
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert "Uncertainty" in text, name
        assert "intensity of France" in text, name
        assert text.count("by Monte Carlo") == 3, name


def test_json_carries_the_budget_in_full(report: Report) -> None:
    told = json.loads(renderers.available()["json"].render(report))["uncertainty"]
    assert [entry["quantity"] for entry in told] == ["energy", "emissions", "social cost"]
    energy = told[0]
    assert energy["low"] == pytest.approx(energy["value"] * 0.6)  # a model's error does not cancel over its runs
    assert energy["monte_carlo"] == pytest.approx([energy["low"], energy["high"]], rel=0.01)
    assert sum(part["share"] for part in told[1]["contributions"]) == pytest.approx(1)


def test_causes_are_said_in_words() -> None:
    assert cause("intensity FRA") == "intensity of France"
    assert cause("pue gcp:europe-west9") == "PUE of gcp:europe-west9"
    assert cause("measurement: energy counters") == "measurement: energy counters"


def test_a_table_stays_a_table_in_markdown(report: Report) -> None:
    text = renderers.available()["markdown"].render(report).decode()
    lines = text[text.index("## Uncertainty") :].splitlines()
    table = [line for line in lines[: lines.index("## What the figures leave out")] if line.startswith("|")]
    assert {line.count("|") for line in table} == {4}
    assert len(table) == 2 + len(sections(report)[0].rows)
