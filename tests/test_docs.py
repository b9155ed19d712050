"""README and docs: every code block runs, the site builds without a warning, and every link of it leads somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from reporter.errors import FINDINGS

from .conftest import ROOT
from .docs_blocks import Command, blocks, commands
from .docs_page import SHOWN, Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Elements = dict[Path, list[tuple[str, dict[str, str | None]]]]

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
#: What no test can run, by the beginning of the command, and why.
NOT_RUN = {
    "pip install": "installs from the network; tests/test_wheel.py installs what is built",
    "make demo": "the whole set-up; CI runs it before the tests",
    "make test": "is what runs this",
    "carbon-report runs/ --to mlflow": "needs a server; tests/test_destinations.py runs one",
    "carbon-report emissions.csv --to mlflow": "the same",
    "carbon-report emissions.csv --to hub": "needs an account; tests/test_to_hub.py has a stand-in",
    "carbon-report 's3://": "needs object storage; tests/test_cluster.py runs a server",
    "carbon-report logs/ --dask": "starts worker processes; tests/test_cluster.py does",
    "carbon-report sample.wattlog.txt": "needs the plug-in installed; tests/test_plugin.py installs it",
    "cat energy.oneline": "the same",
}


def skipped(command: Command) -> bool:
    return any(command.text.startswith(start) for start in NOT_RUN)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_runs_as_the_page_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    program: Callable[[str], str],
) -> None:  # fmt: skip
    found = blocks(path, ROOT)
    if not found:
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    page = Page(tmp_path, capfd, program)
    for block in found:
        page.run(block, skipped)
    page.finish()
    assert page.ran or all(block.language in SHOWN or _all_skipped(block) for block in found)


def _all_skipped(block: object) -> bool:
    return all(skipped(command) for command in commands(block))  # type: ignore[arg-type]


@pytest.mark.parametrize("start", NOT_RUN)
def test_what_is_not_run_is_still_there(start: str) -> None:
    told = [command.text for path in PAGES for block in blocks(path, ROOT) if block.language == "console"
            for command in commands(block)]  # fmt: skip
    assert any(text.startswith(start) for text in told), f"no page shows '{start}' any more; take it out of NOT_RUN"


def test_a_line_that_is_not_printed_is_noticed() -> None:
    from .docs_blocks import missing

    assert missing(("...", "two", "three"), "one two\n three") is None
    assert missing(("two", "one"), "one two") is not None
    assert missing(("four",), "one two") is not None


def test_every_finding_is_explained_and_no_other() -> None:
    told = tomllib.loads((DOCS / "findings.toml").read_text(encoding="utf-8"))
    assert list(told) == list(FINDINGS)
    for code, entry in told.items():
        assert set(entry) == {"meaning", "do"}, code
        assert all(text.endswith(".") for text in entry.values()), f"{code}: whole sentences"


def test_every_equation_names_a_function_that_there_is() -> None:
    text = (DOCS / "reference" / "method.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:assess|footprint|importers|quotient|sampler)\.[\w.]+)`", text))
    assert len(named) > 30
    for name in named:
        module, _, function = name.rpartition(".")
        parts: list[str] = []
        while True:
            try:
                found = import_module(f"reporter.{module}")
                break
            except ModuleNotFoundError:
                module, _, part = module.rpartition(".")
                parts.insert(0, part)
        for part in (*parts, function):
            found = getattr(found, part)
        assert callable(found), name


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` builds it."""
    out = tmp_path_factory.mktemp("site")
    how = ("-b", "html", "-W", "--keep-going", "-n", "-q", "-E")
    command = [sys.executable, "-m", "sphinx", *how, str(DOCS), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    shutil.rmtree(out / ".doctrees", ignore_errors=True)
    assert done.returncode == 0, done.stderr
    return out


class _Elements(HTMLParser):
    """The elements of a page, as tags with their attributes."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def elements(site: Path) -> Elements:
    """Every page of the site with its elements."""
    return {page: _Elements(page).found for page in site.rglob("*.html")}


def test_every_link_of_the_site_leads_somewhere(site: Path, elements: Elements) -> None:
    anchors = {page: {one.get(key) for _, one in found for key in ("id", "name")} for page, found in elements.items()}
    lost, many = set(), 0
    for page, found in elements.items():
        for link in {one.get("href") or one.get("src") for _, one in found} - {None}:
            many += 1
            if not _leads_somewhere(page, str(link), anchors):
                lost.add(f"{page.relative_to(site)}: {link}")
    assert not lost, "\n".join(sorted(lost)[:50])
    assert many > 2000


def _leads_somewhere(page: Path, link: str, anchors: dict[Path, set[str | None]]) -> bool:
    """Whether a file and an anchor of the site are there; of a link to elsewhere, whether it has the form of one."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return parts.scheme in {"https", "http", "mailto", "data"} and " " not in link
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    return target.is_file() and (not parts.fragment or unquote(parts.fragment) in anchors.get(target, set()))


def test_the_site_fetches_nothing(site: Path, elements: Elements) -> None:
    for page, found in elements.items():
        for tag, one in found:
            fetched = one.get("src") or (one.get("href") if tag == "link" else None)
            assert not (fetched or "").startswith(("http:", "https:", "//")), f"{page.name}: {fetched}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_generated_pages_hold_what_the_program_tells(site: Path) -> None:
    from reporter import importers, options, renderers
    from reporter.factors.tables import KINDS, bundled

    text = {page.stem: page.read_text(encoding="utf-8") for page in (site / "reference").glob("*.html")}
    assert all(f'id="{code.lower()}"' in text["findings"] for code in FINDINGS)
    assert all(f'id="option-{key}"' in text["command-line"] for key in options.CONFIG if key != "experiment")
    assert all(f'id="key-{key}"' in text["configuration"] for key in options.CONFIG)
    assert all(name in text["importers"] for name in importers.available())
    assert all(f"--{name}" in text["outputs"] for name, one in renderers.available().items() if one.says)
    for table in KINDS:
        page = (site / "reference" / "factors" / f"{table}.html").read_text(encoding="utf-8")
        assert page.count("<tr>") == len(bundled(table)) + 1, table


def test_pages_fit_a_phone_and_are_open_to_all(site: Path, chromium: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    phone = chromium.new_page(viewport={"width": 320, "height": 800})
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    for page in sorted(site.rglob("*.html")):
        phone.goto(page.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth") == 320, f"{page.name} is wider than a phone"
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    for scheme in ("light", "dark"):
        look = chromium.new_page(color_scheme=scheme)
        for name in ("index", "tutorial", "reference/json", "reference/factors/measurement"):
            look.goto((site / f"{name}.html").as_uri())
            found = Axe().run(look).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], f"{name}, {scheme}"


def test_figures_are_filtered_as_the_reader_types(site: Path, chromium: Any) -> None:
    page = chromium.new_page()
    page.goto((site / "reference" / "factors" / "tdp.html").as_uri())
    rows = page.locator("#figures tbody tr:visible")
    many = rows.count()
    page.fill("#filter", "A100 SXM")
    told = rows.all_inner_texts()
    assert 0 < len(told) < many / 10
    assert all("a100" in text.casefold() and "sxm" in text.casefold() for text in told)
    assert page.inner_text("#filtered") == f"{len(told)} of {many:,} figures"
    page.fill("#filter", "")
    assert rows.count() == many
