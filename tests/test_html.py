"""The HTML report: nothing foreign becomes markup, nothing is fetched, and a reader without eyes finds the way."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from reporter import importers
from reporter.assess import assess
from reporter.errors import Finding, ReportError
from reporter.options import Options
from reporter.renderers import figures, html, page_data
from reporter.report import Report

from .conftest import ROOT, SWEEP

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></svg><h1>taken</h1>",
    "{{ 7*7 }}{% for %}",
    "&lt;b&gt; & 'quotes'",
    "$\\frac{$ ]]> <!-- -->",
    "\x00\x1b[31m\u202ered\ud800",
    "日本語 🦊",
)


class Page(HTMLParser):
    """What a test asks about a page: its elements with their attributes, ids, and text by element."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def report(names: tuple[str, ...] = (), notes: str | None = None, title: str = "A study") -> Report:
    """The sample sweep with its first runs renamed, computed for France so that there are ranges and sources."""
    reading = importers.read([str(SWEEP)])
    runs = list(reading.runs)
    for place, name in enumerate(names):
        runs[place] = dataclasses.replace(runs[place], id=name, labels={"project": name, "task": name}, tracker=name)
    findings = (*reading.findings, *(Finding("CR001", "note", name, name) for name in names))
    footprint = assess(
        reading._replace(runs=tuple(runs), findings=findings), Options(country="FRA", pue=1.2, group_by=("project",))
    )
    return Report(footprint, title, names or ("Ada Lovelace",), names[0] if names else None, notes)


def page(made: Report) -> str:
    return html.render(made).decode()


def test_hostile_names_stay_text() -> None:
    made = Page(page(report(HOSTILE, title="".join(HOSTILE[:3]))))

    assert not {"img", "link", "iframe", "object", "base"} & made.tags()
    assert made.all("script") == [{"type": "application/json", "id": "report-data"}, {}]
    assert [attributes for attributes in made.all("form") if attributes] == []
    assert len(made.all("h1")) == 1
    assert not [name for _, attributes in made.elements for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in "".join(made.text)
    assert "{{ 7*7 }}{% for %}" in "".join(made.text)


def test_controls_and_halves_of_characters_are_replaced() -> None:
    made = html.render(report(HOSTILE))

    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", made)
    assert "\u202e" not in made.decode()
    assert "日本語 🦊" in made.decode()


def test_nothing_is_loaded_from_anywhere() -> None:
    made = Page(page(report(HOSTILE, notes="![x](http://127.0.0.1:9/x.png) [web](https://example.org)")))
    policy = made.all("meta")[1]
    ids = {attributes["id"] for _, attributes in made.elements if attributes.get("id")}

    assert policy["http-equiv"] == "Content-Security-Policy"
    assert (policy["content"] or "").startswith("default-src 'none'")
    assert not [attributes for _, attributes in made.elements if "src" in attributes or "srcset" in attributes]
    for tag, attributes in made.elements:
        if (link := attributes.get("href") or attributes.get("xlink:href")) is None:
            continue
        assert link[1:] in ids if link.startswith("#") else tag == "a" and link.startswith(("http://", "https://"))
    assert "@import" not in page(report())
    assert not [url for url in re.findall(r"url\(([^)]*)\)", page(report())) if not url.startswith("#")]


def test_ids_are_unique_though_several_figures_share_the_page() -> None:
    made = Page(page(report()))
    ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]

    assert len(made.all("svg")) >= 2
    assert len(ids) == len(set(ids))


def test_landmarks_headings_captions_and_scopes() -> None:
    text = page(report(notes="# Notes\n\n## More"))
    made = Page(text)
    levels = [int(tag[1]) for tag, _ in made.elements if re.fullmatch("h[1-6]", tag)]

    assert {"header", "main", "footer"} <= made.tags()
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(made.all("caption")) == len(made.all("table")) >= 5
    assert all(cell.get("scope") in {"col", "row"} for cell in made.all("th"))
    for svg in made.all("svg"):
        assert svg["role"] == "img"
        assert all(f'id="{name}"' in text for name in (svg["aria-labelledby"] or "").split())
    assert made.all("html")[0]["lang"] == "en"


def test_figures_tell_in_words_what_they_show() -> None:
    made = report()
    text = "".join(Page(page(made)).text)
    first = made.footprint.runs[0]

    assert f"teacher-seed1 ({first.run.id[:8]})" in text
    told = r"(?i)reported by the tracker [\d.]+ mg; in this report [\d.]+ mg \([\d.]+ mg to [\d.]+ mg\)"
    assert re.search(told, text)


def test_more_runs_than_bars_are_ranked_in_one_outline() -> None:
    made = report()
    many = dataclasses.replace(made.footprint, runs=made.footprint.runs * 100, groups=())
    text = page(dataclasses.replace(made, footprint=many))

    assert "1,200 runs ranked by energy: largest" in text
    assert text.count('<th scope="row">teacher-seed1') == 100
    assert len(text) < 600_000


def test_a_day_of_samples_is_thinned_and_keeps_its_energy() -> None:
    from reporter.renderers.power_figure import MOST_POINTS, thinned

    steps = [(float(second), 50.0 + second % 7) for second in range(1, 20_000)]
    joules = sum(watts for _, watts in steps)
    shorter = thinned(steps)
    kept = sum(
        watts * (end - start) for (end, watts), start in zip(shorter, [0.0, *(e for e, _ in shorter)], strict=False)
    )

    assert len(shorter) <= MOST_POINTS
    assert kept == pytest.approx(joules)


def test_power_is_drawn_for_the_runs_that_have_it() -> None:
    made = report()
    first = made.footprint.runs[0]
    powered = dataclasses.replace(first, run=dataclasses.replace(first.run, power_w=((1.0, 50.0), (2.0, 70.0))))
    text = page(
        dataclasses.replace(
            made, footprint=dataclasses.replace(made.footprint, runs=(powered, *made.footprint.runs[1:]))
        )
    )

    assert "Power over time" in text
    assert "highest step 70.000 W" in text


def test_notes_keep_words_and_lose_what_could_act() -> None:
    notes = (
        "# Heading\n\n**bold** <script>alert(1)</script> <style>*{display:none}</style>\n\n"
        "[bad](javascript:alert(1)) [file](file:///etc/passwd) [mail](mailto:a@example.org) ![i](https://e.org/i.png)\n\n"
        '<a href="//e.org" onclick="x()" id="summary">go</a>'
    )
    text = page(report(notes=notes)).partition('<script type="application/json"')[0]

    assert "<h3>Heading</h3>\n<p><strong>bold</strong>" in text
    assert not re.search(r"javascript:|file:///|<img|<script|onclick|display:none|//e\.org\"", text)
    assert '<a href="mailto:a@example.org" rel="noopener noreferrer">mail</a>' in text
    assert text.count('id="summary"') == 1


def test_notes_begin_right_below_the_headings_of_the_page() -> None:
    text = page(report(notes="## First\n\ntext\n\n### Under it\n\n#### Deeper"))

    assert "<h3>First</h3>" in text
    assert "<h4>Under it</h4>" in text
    assert "<h5>Deeper</h5>" in text


def test_data_for_the_script_cannot_leave_its_element() -> None:
    made = report(("</script><script>alert(1)//", "<!--", "\u2028"))
    data = page_data.text(made)

    assert not set("<>&\u2028") & set(data)
    assert json.loads(data)["runs"]["kwh"] == [run.it_energy.value for run in made.footprint.runs if run.it_energy]


def test_power_is_drawn_by_device_where_the_log_tells_it() -> None:
    log = ROOT / "samples" / "nvidia-smi" / "two-gpus"
    footprint = assess(importers.read([str(log)]), Options(country="NOR"))
    (run,) = footprint.runs
    together = [sum(watts) for watts in zip(*(watts for _, watts in run.run.device_power_w), strict=True)]
    picture = next(one for one in figures.pictures(footprint) if one.name == "power")

    assert together == pytest.approx([watts for _, watts in run.run.power_w])
    assert len(run.run.device_power_w) == 2
    assert all(name in picture.words and name in picture.svg for name, _ in run.run.device_power_w)


def test_places_and_costs_are_drawn_where_they_were_asked_for() -> None:
    reading = importers.read([str(SWEEP)])
    asked = assess(reading, Options(country="FRA", what_if=("country",), scc="epa2023,iwg2021,uk2021"))
    drawn = {one.name: one for one in figures.pictures(asked)}

    cleanest = min(asked.scenarios, key=lambda one: one.emissions.value if one.emissions else 0.0)
    assert cleanest.label in drawn["places-country"].words
    assert "This report" in drawn["places-country"].words
    assert "US dollars of 2020" in drawn["social-costs"].svg  # money of different kinds: an axis each
    assert "pounds of 2020" in drawn["social-costs"].svg
    assert not {"places-country", "social-costs"} & {one.name for one in figures.pictures(assess(reading, Options()))}


def test_notes_nested_without_end_are_refused_in_one_line() -> None:
    with pytest.raises(ReportError, match="nested too deeply"):
        html.render(report(notes="- " * 2_000 + "x"))


def test_every_citation_leads_to_a_numbered_source() -> None:
    text = page(report())
    cited = re.findall(r'<a href="#(source-[^"]+)">(\d+)</a>', text)
    listed = re.findall(r'<li id="(source-[^"]+)">', text)

    assert cited
    assert all(listed[int(number) - 1] == key for key, number in cited)


def test_findings_stand_with_the_gravest_first_and_without_the_authors_folders() -> None:
    made = report()
    findings = (
        Finding("CR002", "note", "a note", "/home/ada/secret/emissions.csv:4"),
        Finding("CR033", "warning", "a warning", None),
    )
    text = page(dataclasses.replace(made, footprint=dataclasses.replace(made.footprint, findings=findings)))

    assert text.index("a warning") < text.index("a note")
    assert "emissions.csv:4" in text
    assert "/home/ada" not in text
    assert str(ROOT) not in text


def test_same_report_same_bytes_whatever_the_hash_seed() -> None:
    command = (
        "import sys; sys.path.insert(0, sys.argv[1]); from tests import test_html as t; "
        "from reporter.renderers import html; "
        "sys.stdout.buffer.write(html.render(t.report(t.HOSTILE)))"
    )
    run = [sys.executable, "-c", command, str(ROOT)]
    made = {
        subprocess.run(
            run, env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}, capture_output=True, check=True
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }

    assert made == {html.render(report(HOSTILE))}


def test_a_date_stands_only_where_source_date_epoch_tells_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert "Made with carbon-report" in page(report())
    assert " on 20" not in page(report()).partition("<footer>")[2]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert " on 2026-01-01." in page(report()).partition("<footer>")[2]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(ReportError, match="SOURCE_DATE_EPOCH"):
        page(report())


def test_what_is_not_known_is_not_told_and_draws_nothing() -> None:
    made = report()
    run = dataclasses.replace(made.footprint.runs[0].run, energy_kwh=None, reported_emissions_kg=None,
                              cpu_energy_kwh=None, gpu_energy_kwh=None, ram_energy_kwh=None)  # fmt: skip
    reading = importers.read([str(SWEEP)])._replace(runs=(run,))
    text = page(Report(assess(reading, Options())))

    assert "not told" in text
    assert "<svg" not in text
    assert "not measured" in text


@pytest.mark.component
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_browser_says_nothing_asks_for_nothing_and_needs_no_sideways_scroll(
    tmp_path: Path, chromium: Any, width: int, scheme: str
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(html.render(report(HOSTILE, notes="![x](http://127.0.0.1:9/x.png) <img src=//127.0.0.1:9/y>")))
    told: list[str] = []
    tab = chromium.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    for event in ("console", "pageerror", "dialog"):
        tab.on(event, lambda said: told.append(str(said)))
    tab.on("request", lambda request: told.append(request.url))
    tab.goto(file.as_uri())
    reach = tab.evaluate("document.documentElement.scrollWidth")
    tab.close()

    assert told == [file.as_uri()]
    assert reach <= width
