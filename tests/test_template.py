"""Own templates: a copy of ours makes the same page, escaping stays on, and hostile ones end in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest

from reporter import renderers
from reporter.cli import main
from reporter.commands import template as command
from reporter.renderers import display, own_process, template

from .conftest import ROOT, emissions_csv
from .text_outputs import HENDERSON, report

DOCS = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
PAGES = {"fragment.tex": "latex", "document.tex": "latex", "report.md": "markdown", "report.html": "html"}


@pytest.fixture
def written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write a template and render it from the command line; gives the status, and what was said."""
    log = emissions_csv(tmp_path, {**HENDERSON, "project_name": "a_b & <i> \\input{x}"})

    def make(text: str, name: str = "my.txt.j2", *more: str) -> tuple[int, str, str]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        status = main([str(log), "--template", str(tmp_path / name), "--quiet", *more])
        told = capsys.readouterr()
        return status, told.out, told.err

    return make


@pytest.mark.parametrize("name", PAGES)
def test_a_copy_of_ours_makes_the_same_page(
    name: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["template", name]) == 0
    own = tmp_path / f"own.{name.rpartition('.')[2]}.j2"
    own.write_bytes(capsysbinary.readouterr().out)
    made = report(tmp_path, HENDERSON, template=str(own), standalone=name == "document.tex")
    ours = renderers.available()[PAGES[name]].render(made)
    assert template.render(made) == ours
    own.write_text(own.read_text(encoding="utf-8") + "mine", encoding="utf-8")
    assert template.render(made) == ours + b"mine"


def test_every_template_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["template"]) == 0
    listed = capsys.readouterr().out
    for name in command.available():
        assert re.search(rf"^  {re.escape(name)}\b", listed, re.MULTILINE)
        assert main(["template", name]) == 0
        assert capsys.readouterr().out == (ROOT / "templates" / name).read_text(encoding="utf-8")
    assert set(command.PAGES) == set(PAGES)
    assert main(["template", "../pyproject.toml"]) == 1
    assert "there is none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.tex.j2", "<< footprint.runs[0].run.labels.project >>", r"a\_b \& \ensuremath{<}i\ensuremath{>} "),
        ("a.md.j2", "{{ footprint.runs[0].run.labels.project|safe }}", r"a\_b &amp; &lt;i&gt; \\input\{x\}"),
        ("a.html.j2", "{{ footprint.runs[0].run.labels.project|safe }}", r"a_b &amp; &lt;i&gt; \input{x}"),
        ("a.txt.j2", "{{ footprint.runs[0].run.labels.project }}", r"a_b & <i> \input{x}"),
        ("a.txt.j2", "{{ footprint.emissions|mass }}{{ footprint.sci }}", "8.021 kgnot told"),
        (
            "a.txt.j2",
            "{{ '{} {:>3}'.format('a', 1) }} {{ 'x'.upper() }} {{ cite('henderson2020systematic') }}",
            "a   1 X  (Henderson",
        ),
    ],
)
def test_text_is_escaped_for_its_language(name: str, text: str, expected: str, written: Any) -> None:
    status, out, _ = written(text, name)
    assert (status, out[: len(expected)]) == (0, expected)


HOSTILE = {
    "{{ report.__class__ }}": "unsafe",
    "{{ ''|attr('__class__') }}": "unsafe",
    "{{ '{0.__class__}'.format(report) }}": "unsafe",
    "{{ cycler.__init__.__globals__ }}": "unsafe",
    "{{ report.footprint.runs[0].run.labels.clear() }}": "unsafe",
    "{{ footprint.to_pandas() }}": "may not call",
    "{% for i in range(10**9) %}{% endfor %}": "Range too big",
    "{{ 'x' * 10**11 }}": "more memory",
    "{{ '%0*d'|format(10**11, 1) }}": "more memory",
    "{{ 'x'.ljust(10**11) }}": "more memory",
    "{% set n = namespace(x='x') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}": "memory",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}": "ran for more than",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": "without end",
    "{% include '/etc/passwd' %}": "no other file is read",
    "{% include '../secret.txt' %}": "no other file is read",
    "{% include 'link.txt' %}": "no other file is read",
    "{% include 'pipe' %}": "no other file is read",
    "{% include 'my.txt.j2' %}": "without end",
    "{{ nothing }}": "undefined",
    "{% if %}": "Expected",
    "\n\n{{ 1/0 }}": "division by zero",
    "{{ words('../../pyproject') }}": "none of the templates",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_template_ends_in_one_line(
    text: str, tmp_path: Path, written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    (tmp_path.parent / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path.parent / "secret.txt")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(template, "_PATIENCE_S", 2.0)
    monkeypatch.setattr(own_process, "MOST_MEMORY", 2**28)
    status, out, err = written(text)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert HOSTILE[text] in err
    assert err.startswith("carbon-report: ")
    assert "Traceback" not in err
    assert "ran for" in err or "stopped" in err or "my.txt.j2:" in err


def test_the_line_of_a_mistake_is_told(written: Any, tmp_path: Path) -> None:
    assert "my.txt.j2:3: --template: division by zero" in written("\n\n{{ 1/0 }}")[2]
    (tmp_path / "part.txt").write_text("\n{{ gone }}", encoding="utf-8")
    assert "part.txt:2: --template: 'gone' is undefined" in written("{% include 'part.txt' %}")[2]


def test_more_than_a_page_is_refused(written: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "MOST_OUTPUT", 1000)
    assert "more than" in written("{{ 'x' * 2000 }}")[2]


def test_a_part_beside_the_template_takes_the_place_of_ours(written: Any, tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text("OUR TABLE", encoding="utf-8")
    status, out, _ = written('<% include "body.tex" %>', "my.tex.j2")
    assert (status, out.count("OUR TABLE"), out.count(r"\toprule")) == (0, 1, 0)


def test_where_the_page_goes(written: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.rst"  # no ending of ours is needed
    assert written("told", "my.txt.j2", "-o", str(out))[:2] == (0, "")
    assert out.read_text(encoding="utf-8") == "told"
    status, _, err = written("told", "my.txt.j2", "-o", str(tmp_path / "my.txt.j2"))
    assert (status, "would overwrite this input" in err) == (1, True)
    assert "no .txt file" in written("told", "my.txt.j2", "-o", str(out))[2]  # it is there now, and no .txt


@pytest.mark.parametrize(("name", "told"), [("my.j2", "language"), ("gone.md.j2", "no such file"), (".", "language")])
def test_a_name_that_cannot_be(name: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "my.j2").write_text("x", encoding="utf-8")
    assert main([str(emissions_csv(tmp_path)), "--template", str(tmp_path / name)]) == 1
    err = capsys.readouterr().err
    assert (told in err, err.count("\n")) == (True, 1)


def test_the_guide_names_every_filter_and_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the pages of each language are handed is what docs/templates.md says."""
    filters = set(re.findall(r"`(\w+)`", DOCS.partition("Filters: ")[2].partition("\n\n")[0]))
    assert filters == set(display.FILTERS)
    told = re.findall(r"^\| `(\w+)` \| (x?) *\| (x?) *\| (x?) *\|", DOCS.partition("## Variables")[2], re.MULTILINE)
    seen: dict[str, set[str]] = {}
    rendered = jinja2.Template.render

    def spy(self: jinja2.Template, *arguments: Any, **named: Any) -> str:
        seen[str(self.name)] = set(dict(*arguments, **named))
        return rendered(self, *arguments, **named)

    monkeypatch.setattr(jinja2.Template, "render", spy)
    made = report(tmp_path, HENDERSON)
    for name in ("latex", "markdown", "html"):
        renderers.available()[name].render(made)
    for place, name in enumerate(("fragment.tex", "report.md", "report.html"), 1):
        assert {line[0] for line in told if line[place]} == seen[name], name


def test_other_outputs_keep_our_templates(written: Any, tmp_path: Path) -> None:
    status, out, _ = written("MINE", "my.md.j2", "--markdown", str(tmp_path / "ours.md"))
    assert (status, out) == (0, "MINE")
    assert (tmp_path / "ours.md").read_text(encoding="utf-8").startswith("# Carbon impact report")
