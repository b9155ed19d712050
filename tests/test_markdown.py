"""Markdown: names stay text in every table cell, and a README is edited between its markers and nowhere else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import markdown as reader
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import renderers
from reporter.errors import ReportError
from reporter.renderers import display, markdown

from .text_outputs import HENDERSON, PAGE_NAMES, TEX_NAMES, WORLD_NAMES, named, report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from reporter.report import Report

NAMES = PAGE_NAMES + TEX_NAMES + WORLD_NAMES
OURS = {"h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "a"}


class Page(HTMLParser):
    """The tags, links and cells of the page that a reader of Markdown makes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(reader.markdown(text, extensions=["tables", "fenced_code", "sane_lists"]))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for key, value in attrs if key in {"href", "src"}]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cells:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.cells.append("")


def shown(name: str) -> str:
    """A name as a table shows it: on one line, cut in its middle, without what no page can show."""
    return renderers.base.clean(display.short(name))


@pytest.fixture
def readme(tmp_path: Path) -> Callable[[bytes], bytes]:
    """Edit a README and give its bytes; what is edited twice is the same as once."""
    made = report(tmp_path, HENDERSON)

    def edit(old: bytes) -> bytes:
        file = tmp_path / "README.md"
        file.write_bytes(old)
        renderers.write(made, "readme", str(file))
        once = file.read_bytes()
        renderers.write(made, "readme", str(file))
        assert file.read_bytes() == once
        return once

    return edit


def test_names_stay_text_and_tables_keep_their_shape(tmp_path: Path) -> None:
    text = markdown.render(report(tmp_path, *named(NAMES), group_by=("project",))).decode()
    page = Page(text)
    table = text.partition("## Groups\n\n")[2].partition("\n\n")[0].splitlines()
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table}

    assert len(table) == 2 + len(dict.fromkeys(NAMES))
    assert set(page.tags) <= OURS
    assert widths == {5}
    cells = [" ".join(cell.split()) for cell in page.cells]
    assert [name for name in map(shown, dict.fromkeys(NAMES)) if name not in cells] == []
    assert all(link.startswith("https://") and "example.org" not in link for link in page.links)


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_a_title_scope_or_author_opens_nothing(tmp_path: Path, name: str) -> None:
    made = report(tmp_path, title=name, scope=name, authors=(name, f" {name}"))
    text = markdown.render(made).decode()
    page, plain = Page(text), Page(markdown.render(report(tmp_path, title="t", scope="s", authors=("a", "b"))).decode())

    assert page.tags == plain.tags
    assert page.links == plain.links
    assert page.text.count(" ".join(renderers.base.clean(name).split())) >= 4


@pytest.mark.parametrize(
    "name", ["www.example.org", "http://example.org", "mailto:x", "x@y.org", ":smile:", "~~x~~", "$x$"]
)
def test_signs_of_github_are_written_so_that_it_does_not_see_them(name: str) -> None:
    written = markdown.escape(name)

    assert not re.search(r"www\.|://|:\w|@|~|\$", written)
    assert Page(written).text == name


def test_statement_of_henderson_to_the_digit(tmp_path: Path) -> None:
    text = markdown.render(report(tmp_path, HENDERSON, scc="ricke2018:USA")).decode()

    assert "contributed 8.021 kg of CO₂e" in text
    assert "used 24.344 kWh of electricity, having a USA-specific social cost of carbon of $0.38 ($0.00, $0.95)" in text
    assert "social cost of carbon of $0.38 ($0.00, $0.95)" in Page(text).text


def test_sources_are_links_with_a_licence(tmp_path: Path) -> None:
    text = markdown.render(report(tmp_path, HENDERSON, scc="ricke2018:USA")).decode()
    listed = text.partition("## Sources")[2]

    assert re.search(r"^- \[Ricke et al\., 2018\]\(https://doi\.org/[^)]+\): .+ Licence: .+$", listed, re.MULTILINE)
    assert len(re.findall(r"^- \[", listed, re.MULTILINE)) >= 4


def test_a_readme_without_markers_gets_them_at_its_end(readme: Callable[[bytes], bytes]) -> None:
    for old in (b"", b"# Mine\n", b"# Mine", b"\xef\xbb\xbf# Mine\n\n"):
        new = readme(old)
        assert new.startswith(old)
        assert new.count(markdown.START.encode()) == new.count(markdown.END.encode()) == 1
        assert new.endswith(f"{markdown.END}\n".encode())


def test_a_readme_is_changed_between_its_markers_alone(readme: Callable[[bytes], bytes]) -> None:
    before, after = "# Mine é\n\n  text <!-- x -->\n\n".encode(), b"\n\n## Licence\n\ttrailing  \n\n"
    old = before + markdown.START.encode() + b"\nold\n" + markdown.END.encode() + after
    new = readme(old)

    assert new.startswith(before + markdown.START.encode())
    assert new.endswith(markdown.END.encode() + after)
    assert b"old" not in new
    assert "8.021 kg" in new.decode()


def test_line_ends_of_windows_stay(readme: Callable[[bytes], bytes]) -> None:
    new = readme(f"# Mine\r\n\r\n{markdown.START}\r\nold\r\n{markdown.END}\r\nend\r\n".encode())

    assert new.count(b"\n") == new.count(b"\r\n") > 5
    assert new.endswith(b"end\r\n")


@pytest.mark.parametrize(
    "old",
    [
        f"x {markdown.START}\n", f"x {markdown.END}\n", f"{markdown.END}\n{markdown.START}\n",
        f"{markdown.START}{markdown.END}{markdown.START}{markdown.END}", "caf\xe9",
    ],
)  # fmt: skip
def test_markers_that_do_not_pair_are_an_error_and_the_file_stays(tmp_path: Path, old: str) -> None:
    file = tmp_path / "README.md"
    file.write_bytes(old.encode("latin-1"))
    with pytest.raises(ReportError, match="nothing was changed"):
        renderers.write(report(tmp_path), "readme", str(file))
    assert file.read_bytes() == old.encode("latin-1")


def test_markers_in_fenced_code_are_talk_about_markers(readme: Callable[[bytes], bytes]) -> None:
    told = f"# How\n\n```\n{markdown.START}\n{markdown.END}\n```\n"
    new = readme(told.encode()).decode()
    assert new.startswith(told)
    assert new.count(markdown.START) == 2


def test_an_open_fence_would_swallow_the_block(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="not closed"):
        markdown.insert(report(tmp_path), b"# Mine\n\n```\ncode\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One report for tests that need no other."""
    return report(tmp_path_factory.mktemp("readme"), HENDERSON)


PIECES = st.sampled_from([
    "# H\n", "\n", "text", "\r\n", "\r", "```\n", "~~~~\n", "`", "<!-- x -->", "<!--", "-->",
    "\t ", "  \n", "é🦊\u2028\x85",
    "\ufeff", "\x00", "| a |\n|---|\n", "carbon-report:end",
])  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(PIECES, max_size=12).map("".join), after=st.lists(PIECES, max_size=8).map("".join),
       inside=st.lists(PIECES, max_size=3).map("".join), marked=st.booleans())  # fmt: skip
def test_everything_outside_of_the_markers_stays_byte_for_byte(
    made: Report, before: str, inside: str, after: str, *, marked: bool
) -> None:
    old = f"{before}{markdown.START}{inside}{markdown.END}{after}" if marked else before
    try:
        once = markdown.insert(made, old.encode())
    except ReportError as error:
        told = str(error)  # an open fence, mostly
        assert "nothing was changed" in told
        assert "``" in old or "~~~" in old  # an open fence, or one that holds a single marker
        return
    assert markdown.insert(made, once) == once
    new = once.decode()
    if marked and new.count(markdown.START) == 1:
        assert new.startswith(before + markdown.START)
        assert new.endswith(markdown.END + after)
    else:
        assert new.startswith(old)
        assert new[len(old) :].strip().startswith(markdown.START)


def test_a_name_with_a_marker_does_not_end_the_snippet(tmp_path: Path) -> None:
    version = f"3 {markdown.END} injected"
    made = report(tmp_path, HENDERSON | {"codecarbon_version": version, "project_name": markdown.END})
    old = f"a\n{markdown.START}\n{markdown.END}\nz\n".encode()
    once = markdown.insert(made, old)

    assert markdown.insert(made, once) == once
    assert once.decode().count(markdown.END) == 1
    assert markdown.END not in markdown.escape(version)
    assert once.endswith(b"\nz\n")


def test_command_line_tells_and_keeps_the_file(
    tmp_path: Path, carbon: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    log = report(tmp_path) and tmp_path / "emissions.csv"
    (tmp_path / "README.md").write_text(f"{markdown.START}\n", encoding="utf-8")
    done = carbon(log, "--readme", "README.md")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == f"{markdown.START}\n"
