"""The static site: every link leads somewhere, only what changed is written, and nothing of others is touched."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import html5lib
import pytest

from reporter import experiments, importers, renderers
from reporter.anonymous import anonymous
from reporter.assess import assess
from reporter.assess.selection import summed_up
from reporter.errors import ReportError
from reporter.options import Options
from reporter.output_options import SITE_MANIFEST
from reporter.renderers import site
from reporter.renderers.site import names
from reporter.report import Report

from .conftest import SAMPLES, SWEEP
from .test_html import HOSTILE, Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

CHILDREN = [{"name": "Teacher", "filter": "teacher"}, {"name": "Students", "filter": "student"}]
DESCRIPTION = "Who **learns** from whom. <script>alert(1)</script>"
TREE = [{"name": "Distillation", "description": DESCRIPTION, "children": CHILDREN}]
LONG = ("../../x", "x\x00y", "a" * 10_000, "🦊", "con", "..", "/etc/passwd", *HOSTILE)


def report(*ids: str, **changed: Any) -> Report:
    """The sample sweep as a tree of experiments, its first runs with other ids and a curve of power in the first."""
    reading = importers.read([str(SWEEP)])
    runs = list(reading.runs)
    runs[0] = dataclasses.replace(runs[0], power_w=((1.0, 50.0), (2.5, 70.0), (4.0, 60.0)))
    for place, name in enumerate(ids):
        runs[place] = dataclasses.replace(runs[place], id=name, labels={"project": name, "task": name})
    tree = experiments.read(TREE, None)
    options = Options(country="FRA", pue=1.2, experiments=tree)
    footprint = assess(reading._replace(runs=tuple(runs)), options)
    told = Report(footprint, "A study", ("Ada Lovelace",), notes="## Note\n\nText.")
    return dataclasses.replace(told, **changed)


def write(folder: Path, made: Report) -> site.Written:
    return site.write(made, str(folder), summed_up)


def files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of runs whose names would like to be something else."""
    folder = tmp_path_factory.mktemp("hostile") / "site"
    write(folder, report(*LONG[:10]))
    return folder


def links(page: Page) -> list[str]:
    return [link for _, told in page.elements for key in ("href", "src", "xlink:href") if (link := told.get(key))]


def test_every_link_leads_to_a_file_or_place_inside(hostile: Path) -> None:
    pages = {path: Page(file.read_text("utf-8")) for path, file in files(hostile).items() if path.endswith(".html")}
    reached = {"index.html"}
    for path, page in pages.items():
        for link in links(page):
            if link.startswith(("http://", "https://")):
                continue  # to a source, which the reader may follow
            assert not re.match(r"[a-z]+:|/|\\", link), (path, link)
            file, _, place = link.partition("#")
            there = os.path.normpath(os.path.join(os.path.dirname(path), unquote(file))) if file else path
            assert (hostile / there).is_file(), (path, link)
            assert not there.startswith("..")
            if place:
                assert any(told.get("id") == place for _, told in pages[there].elements), (path, link)
            reached.add(there)
    assert set(files(hostile)) == reached | {SITE_MANIFEST}  # nothing stands there that no page leads to


def test_nothing_is_loaded_but_the_style_and_no_script_is_needed(hostile: Path) -> None:
    for path, file in files(hostile).items():
        if not path.endswith(".html") or path == "report.html":
            continue
        page = Page(file.read_text("utf-8"))
        assert [told["href"] for told in page.all("link")] == ["../" * path.count("/") + "style.css"]
        assert not {"script", "img", "iframe", "object", "embed", "base"} & page.tags(), path
        assert not [told for _, told in page.elements if "src" in told or any(key.startswith("on") for key in told)]
        assert (page.all("meta")[1]["content"] or "").startswith("default-src 'none'; style-src 'self'")
    assert "url(" not in (hostile / "style.css").read_text("utf-8")
    assert "@import" not in (hostile / "style.css").read_text("utf-8")


def test_every_page_is_valid_html(hostile: Path) -> None:
    for path, file in files(hostile).items():
        if path.endswith(".html"):
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(file.read_bytes(), transport_encoding="utf-8")
            assert [(place, code) for place, code, _ in parser.errors] == [], path
            page = Page(file.read_text("utf-8"))
            ids = [told["id"] for _, told in page.elements if "id" in told]
            assert len(ids) == len(set(ids)), path
            assert len(page.all("h1")) == 1


def test_names_of_files_are_plain_whatever_runs_are_called(hostile: Path) -> None:
    made = files(hostile)
    assert all(re.fullmatch(r"(?:(?:runs|groups|data)/)?[a-z0-9-]+(?:\.\d+)?\.[a-z]+", path) for path in made
               if path != SITE_MANIFEST)  # fmt: skip
    assert all(len(path) < 80 for path in made)
    assert sum(path.startswith("runs/") for path in made) == len(report().footprint.runs)
    assert not list(hostile.parent.glob("x*"))


def test_runs_that_share_everything_have_a_page_each() -> None:
    (one, *_) = report().footprint.runs
    made = names.of_runs([one] * 5)
    assert len(set(made)) == 5
    assert names.of_runs([one]) == made[:1]  # a later twin does not take an older one's address


def test_a_page_says_what_json_says(tmp_path: Path) -> None:
    made = report()
    write(tmp_path / "site", made)
    told = json.loads((tmp_path / "site" / "data" / "report.json").read_bytes())
    from reporter.renderers import display

    for run, path in zip(told["runs"], names.of_runs(made.footprint.runs), strict=True):
        text = "".join(Page((tmp_path / "site" / path).read_text("utf-8")).text)
        assert display.energy(run["energy_kwh"]) in text
        assert display.mass(run["emissions_kg"]) in text
        assert "How these numbers were made" in text
    assert told["totals"]["energy_kwh"] == pytest.approx(sum(run["energy_kwh"] for run in told["runs"]))
    for branch in told["experiments"]:
        text = "".join(Page((tmp_path / "site" / names.of_group(branch["path"])).read_text("utf-8")).text)
        assert display.energy(branch["energy_kwh"]) in text
        assert display.energy(branch["variables"][0]["mean"]) in text
    again = importers.read([str(tmp_path / "site" / "data" / "runs.csv")])
    assert [run.energy_kwh for run in again.runs] == [item.run.energy_kwh for item in made.footprint.runs]


def test_only_what_changed_is_written_again(tmp_path: Path) -> None:
    first = write(tmp_path, report())
    before = {path: file.stat().st_mtime_ns for path, file in files(tmp_path).items()}
    same = write(tmp_path, report())
    assert (first.kept, same.written, same.removed) == (0, 0, 0)
    assert {path: file.stat().st_mtime_ns for path, file in files(tmp_path).items()} | {SITE_MANIFEST: 0} == (
        before | {SITE_MANIFEST: 0}
    )
    made = report()
    runs = list(made.footprint.runs)
    runs[3] = dataclasses.replace(runs[3], run=dataclasses.replace(runs[3].run, cpu_model="Another processor"))
    changed = dataclasses.replace(made, footprint=dataclasses.replace(made.footprint, runs=tuple(runs)))
    write(tmp_path, changed)
    now = {path for path, file in files(tmp_path).items() if file.stat().st_mtime_ns != before[path]}
    assert {path for path in now if path.startswith("runs/")} == {names.of_runs(runs)[3]}
    assert "Another processor" in (tmp_path / names.of_runs(runs)[3]).read_text("utf-8")


def test_a_page_that_was_lost_or_torn_is_made_again(tmp_path: Path) -> None:
    write(tmp_path, report())
    whole = {path: file.read_bytes() for path, file in files(tmp_path).items()}
    lost, torn = [path for path in whole if path.startswith("runs/")][:2]
    (tmp_path / lost).unlink()
    (tmp_path / torn).write_bytes(whole[torn][:100])
    assert write(tmp_path, report()).written == 2
    assert {path: file.read_bytes() for path, file in files(tmp_path).items()} == whole


def test_an_interrupted_site_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    def stop(done: int, total: int, name: str) -> None:
        if done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.write(report(), str(tmp_path), summed_up, stop)
    with (tmp_path / SITE_MANIFEST).open("ab") as manifest:
        manifest.write(b'{"path": "runs/cut')  # as a crash may leave it
    begun = {path for path in files(tmp_path) if path != SITE_MANIFEST}
    done = write(tmp_path, report())
    assert len(begun) == 12
    assert done.kept == 12
    assert (tmp_path / "index.html").exists()
    assert write(tmp_path, report()).written == 0


def test_pages_of_runs_that_are_gone_go_and_files_of_others_stay(tmp_path: Path) -> None:
    write(tmp_path, report("one", "two", "three"))
    one, two, three = names.of_runs(report("one", "two", "three").footprint.runs)[:3]
    (tmp_path / "runs" / "mine.html").write_text("mine")
    (tmp_path / two).write_text("changed by hand")
    done = write(tmp_path, report())
    assert (done.removed, done.changed) == (2, (two,))
    assert not (tmp_path / one).exists()
    assert not (tmp_path / three).exists()
    assert (tmp_path / two).read_text() == "changed by hand"
    assert (tmp_path / "runs" / "mine.html").read_text() == "mine"


def test_a_file_of_the_user_is_never_replaced(tmp_path: Path) -> None:
    write(tmp_path, report())
    (tmp_path / names.of_runs(report("new").footprint.runs)[0]).write_text("mine")
    with pytest.raises(ReportError, match="was not written by carbon-report"):
        write(tmp_path, report("new"))


def test_a_folder_that_is_no_site_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ReportError, match="no site of carbon-report"):
        write(tmp_path, report())
    with pytest.raises(ReportError, match="no site of carbon-report"):
        write(tmp_path / "thesis.tex", report())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    (tmp_path / SITE_MANIFEST).write_text('{"path": "thesis.tex", "of": "", "sha256": "x"}\n')
    with pytest.raises(ReportError, match="no manifest of ours"):
        write(tmp_path, report())


def test_a_manifest_cannot_name_files_outside(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write(folder, report())
    (tmp_path / "victim").write_bytes(b"x")
    sha = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    with (folder / SITE_MANIFEST).open("a") as manifest:
        manifest.write(json.dumps({"path": "../victim", "of": "", "sha256": sha}) + "\n")
    write(folder, report())
    assert (tmp_path / "victim").exists()


def test_folders_and_machines_are_not_published(tmp_path: Path) -> None:
    made = report()
    runs = [
        dataclasses.replace(item, run=dataclasses.replace(item.run, host="node-of-ada"))
        for item in made.footprint.runs
    ]
    write(tmp_path, dataclasses.replace(made, footprint=dataclasses.replace(made.footprint, runs=tuple(runs))))
    for file in files(tmp_path).values():
        text = file.read_text("utf-8")
        assert "node-of-ada" not in text, file
        assert str(SAMPLES) not in text, file


def test_an_anonymous_site_names_nobody(tmp_path: Path) -> None:
    write(tmp_path, anonymous(report()))
    for file in files(tmp_path).values():
        text = file.read_text("utf-8")
        assert "Lovelace" not in text
        assert "teacher-seed1" not in text


def test_thousands_of_runs_are_listed_on_several_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.renderers.site.pages.PER_PAGE", 5)
    write(tmp_path, report())
    made = files(tmp_path)
    assert [path for path in made if path.startswith("runs/page.")] == ["runs/page.2.html", "runs/page.3.html"]
    listed: list[str] = []
    for path in ("index.html", "runs/page.2.html", "runs/page.3.html"):
        page = Page(made[path].read_text("utf-8"))
        listed += [link.rpartition("/")[2] for link in links(page) if link.rpartition("/")[2] in
                   {name.rpartition("/")[2] for name in names.of_runs(report().footprint.runs)}]  # fmt: skip
    assert len(listed) == len(set(listed)) == 12
    assert 'rel="next"' in made["index.html"].read_text("utf-8")
    assert "Runs 11 to 12 of 12" in made["runs/page.3.html"].read_text("utf-8")


def test_groups_without_a_tree_have_pages_too(tmp_path: Path) -> None:
    footprint = assess(importers.read([str(SWEEP)]), Options(country="FRA", group_by=("project",)))
    write(tmp_path, Report(footprint))
    assert sum(path.startswith("groups/") for path in files(tmp_path)) == len(footprint.groups) > 1


def test_descriptions_keep_words_and_lose_what_could_act(tmp_path: Path) -> None:
    write(tmp_path, report())
    text = (tmp_path / names.of_group(["Distillation"])).read_text("utf-8")
    assert "Who <strong>learns</strong> from whom." in text
    assert "alert(1)" not in text


def test_the_command_writes_a_site_and_a_search_for_logs_passes_it_by(
    carbon: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "emissions.csv").write_bytes(SWEEP.read_bytes())
    done = carbon("logs", "--site", "logs/site")
    assert (done.returncode, done.stdout) == (0, "")
    assert "files written, 0 as they were, 0 removed" in done.stderr
    again = carbon("logs", "--site", "logs/site", "--json")
    assert json.loads(again.stdout)["totals"]["runs"] == 12
    assert ": 0 files written" in again.stderr
    refused = carbon("logs/site/data/runs.csv", "--site", "logs/site")
    assert refused.returncode == 1
    assert "an input is in this folder" in refused.stderr
    assert carbon("logs", "--site", "logs").returncode == 1
    assert "--check looks at files" in carbon("logs", "--site", "x", "--check").stderr


@pytest.mark.component
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_browser_shows_it_from_the_disk_without_scripts_and_axe_finds_nothing(
    chromium: Any, hostile: Path, width: int, scheme: str
) -> None:
    axe = Path(pytest.importorskip("axe_playwright_python").__file__).with_name("axe.min.js")
    made = files(hostile)
    power = names.of_runs(report(*LONG[:10]).footprint.runs)[0]
    for path in ("index.html", next(path for path in made if path.startswith("groups/")), power):
        told: list[str] = []
        screen = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
        tab = chromium.new_page(**screen, java_script_enabled=False)
        for event in ("console", "pageerror", "dialog"):
            tab.on(event, lambda said, told=told: told.append(str(said)))
        tab.on("request", lambda request, told=told: told.append(request.url))
        tab.goto(made[path].as_uri())
        tab.close()
        assert told == [made[path].as_uri(), made["style.css"].as_uri()]
        tab = chromium.new_page(**screen, bypass_csp=True)
        tab.goto(made[path].as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate("getComputedStyle(document.body).maxWidth") == "896px"  # the style was let in
        tab.add_script_tag(path=axe)
        found = tab.evaluate("axe.run(document)")
        tab.close()
        assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]] == []


def test_published_archives_are_a_site(tmp_path: Path) -> None:
    footprint = assess(importers.read([str(SAMPLES / "experiment-impact-tracker")]), Options())
    write(tmp_path, Report(footprint))
    pages = [file.read_text("utf-8") for path, file in files(tmp_path).items() if path.startswith("runs/")]
    assert len(pages) == len(footprint.runs) > 2
    assert sum("Power over time" in page for page in pages) == sum(len(item.run.power_w) > 1 for item in footprint.runs)
    assert renderers.available()["json"].render(Report(footprint))
