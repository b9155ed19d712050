"""Notebooks: a Footprint, a Report and a Reading show themselves, without script and with every name escaped."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import reporter
from reporter.errors import ReportError
from reporter.report import Report

from .conftest import SAMPLES, SWEEP, emissions_csv
from .text_outputs import PAGE_NAMES, named

TAGS = {"div", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li", "code", "h3"}


class Tags(HTMLParser):
    """The tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_footprint_shows_its_statement_and_figures() -> None:
    footprint = reporter.assess(reporter.read([str(SWEEP)]))
    page = Tags(footprint._repr_html_())
    assert "This work contributed 121.4 mg of CO₂e" in page.text
    assert "Energy of the machines" in page.text
    assert "teacher-seed1" in page.text
    assert "and 2 more runs" in page.text
    assert set(page.tags) <= TAGS
    titled = Report(footprint, title="Mine & yours")._repr_html_()
    assert "<h3>Mine &amp; yours</h3>" in titled
    assert "<h3>" not in footprint._repr_html_()  # nobody chose a title


def test_a_reading_shows_its_files() -> None:
    page = Tags(reporter.read([str(SAMPLES / "codecarbon")])._repr_html_())
    assert "57 runs from " in page.text
    assert "codecarbon" in page.text
    assert "more files" in page.text
    one = Tags(reporter.read([str(SWEEP)])._repr_html_())
    assert "12 runs from 1 file," in one.text


def test_names_open_nothing(tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, *named(PAGE_NAMES))
    read = reporter.read([str(log)])
    footprint = reporter.assess(read, reporter.Options(group_by=("project",)))
    for shown in (footprint, read, Report(footprint, title="<script>alert(1)</script>")):
        page = Tags(shown._repr_html_())
        assert set(page.tags) <= TAGS
        assert page.attributes <= {"class"}
    assert "<script>alert(1)</script>" in Tags(footprint._repr_html_()).text


def test_a_table_for_pandas(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"project_name": "a", "run_id": "r1"},
        {"project_name": "b", "run_id": "r2", "emissions": 0.5},
    ]
    footprint = reporter.assess(reporter.read([str(emissions_csv(tmp_path, *rows))]))
    table = footprint.to_pandas()
    assert list(table["label_project"]) == ["a", "b"]
    assert list(table["emissions_kg"]) == [0.0165, 0.5]
    assert table["it_energy_kwh"].sum() == pytest.approx(footprint.it_energy.value if footprint.it_energy else None)
    assert table["predicted_energy_kwh"].isna().all()  # not told is no 0
    numbers = [name for name in table.columns if name.endswith(("_kwh", "_kg", "_s"))]
    assert {str(kind) for kind in table[numbers].dtypes} == {"float64"}
    assert len(numbers) >= 10


def test_figures_by_their_names() -> None:
    footprint = reporter.assess(reporter.read([str(SWEEP)]))
    energy = footprint.figure("energy")
    assert energy.svg.startswith("<?xml")
    assert energy._repr_svg_() == energy.svg  # type: ignore[attr-defined]
    assert type(energy.figure).__name__ == "Figure"
    assert "teacher-seed1" in energy.words
    with pytest.raises(ReportError, match="energy, emissions"):
        footprint.figure("nothing")


def test_nothing_is_loaded_before_it_is_shown() -> None:
    code = (
        "import sys, reporter; f = reporter.assess(reporter.read([sys.argv[1]]));"
        "print([m for m in sys.modules if m.startswith(('reporter.renderers', 'pandas', 'matplotlib'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(SWEEP)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
