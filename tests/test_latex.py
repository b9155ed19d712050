"""LaTeX: every name is printed and none obeyed, in narrow columns and old encodings, without a box that overflows."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reporter.renderers import bibtex, display, latex

from .text_outputs import HENDERSON, TEX_NAMES, WORLD_NAMES, named, report

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = TEX_NAMES + WORLD_NAMES
PLAIN = "\\documentclass{article}\n\\usepackage{booktabs}\n"
TWO_COLUMNS = r"""\documentclass[11pt,twocolumn]{article}
\usepackage[a4paper,margin=25mm,columnsep=6mm]{geometry}
\usepackage{times,cmap}
\usepackage[T1]{fontenc}
\usepackage{natbib,url,xcolor,caption,booktabs}
\usepackage[colorlinks]{hyperref}
"""
UNICODE = TWO_COLUMNS.replace("{times,cmap}", "{cmap}").replace("\\usepackage[T1]{fontenc}\n", "")


def compile_(engine: str, folder: Path, text: str, name: str = "paper") -> str:
    """Compile once, as an author would who trusts nobody, and give TeX's whole log."""
    (folder / f"{name}.tex").write_text(text, encoding="utf-8")
    guarded = {**os.environ, "openin_any": "p", "openout_any": "p", "max_print_line": "10000"}
    command = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
    done = subprocess.run(command, cwd=folder, env=guarded, capture_output=True, timeout=240, check=False)
    log = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, re.findall(r"^!.*(?:\n.*){0,6}", log, re.MULTILINE)[:2]
    return log


def text_of(program: Callable[[str], str], folder: Path, name: str = "paper") -> str:
    """The words of a PDF in the order they were set, without what setting them changes: blanks, hyphens, quotes."""
    command = [program("pdftotext"), "-raw", f"{name}.pdf", "-"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True).stdout
    return bare(made)


def bare(text: str) -> str:
    """Text without blanks and hyphens, with straight quotes, and with three full stops for a character of three."""
    return re.sub(r"[\s\u00a0\u00ad-]", "", text.replace("…", "...").translate(str.maketrans("“”‘’‚", '""`\'`')))


def shown(name: str) -> str:
    return bare(display.short(name))


@pytest.fixture
def fragments(tmp_path: Path) -> list[str]:
    """Fragments with all names, ten to a table; the first names it a study of one of them."""
    parts = [NAMES[start : start + 10] for start in range(0, len(NAMES), 10)]
    scope = r"a \b {c} [x] 50 % of Wałęsa's ,,runs'' ---"
    made = [report(tmp_path, *named(part), group_by=("project",), scope=scope) for part in parts]
    return [latex.render(one).decode() for one in made]


def papers(fragments: list[str], preamble: str) -> str:
    body = "\n\\clearpage\n".join(fragments)
    return f"{preamble}\\begin{{document}}\n\\listoftables\n{body}\n\\end{{document}}\n"


def test_there_are_enough_names() -> None:
    assert len(set(TEX_NAMES)) >= 60


@pytest.mark.component
@pytest.mark.parametrize(
    ("engine", "preamble"),
    [("pdflatex", PLAIN), ("pdflatex", TWO_COLUMNS), ("lualatex", UNICODE)],
    ids=["article", "two columns", "lualatex"],
)
def test_every_name_compiles_fits_and_stands_in_the_page(
    tmp_path: Path, program: Callable[[str], str], fragments: list[str], engine: str, preamble: str
) -> None:
    text = papers(fragments, preamble)
    compile_(program(engine), tmp_path, text)
    log = compile_(program(engine), tmp_path, text)
    words = text_of(program, tmp_path)

    assert "Overfull" not in log
    assert "Missing character" not in log
    assert "Float too large" not in log
    assert not (tmp_path / "pwned").exists()
    plain = [name for name in TEX_NAMES if name.isprintable()]
    if "[T1]" not in preamble:  # OT1 has no straight quotes, braces, underlines and backslashes that a PDF tells apart
        plain = [name for name in plain if re.fullmatch(r"[A-Za-z0-9 .:/=?!*+-]+", name)]
    assert [name for name in plain if shown(name) not in words] == []
    assert "U+65E5U+672C" in words


@pytest.mark.component
@pytest.mark.parametrize("style", ["plain", "plainnat"])
@pytest.mark.parametrize("choices", [{"scc": "ricke2018:USA"}, {"country": "FRA", "pue": 1.2}, {"country": "USA"}])
def test_bibliography_has_what_is_cited_and_nothing_else(
    tmp_path: Path, program: Callable[[str], str], style: str, choices: dict[str, Any]
) -> None:
    made = report(tmp_path, HENDERSON, **choices)
    fragment = latex.render(made).decode()
    (tmp_path / "carbon.tex").write_text(fragment, encoding="utf-8")
    (tmp_path / "carbon.bib").write_bytes(bibtex.render(made))
    preamble = TWO_COLUMNS if style == "plainnat" else PLAIN
    end = f"\\bibliographystyle{{{style}}}\n\\bibliography{{carbon}}\n\\end{{document}}\n"
    paper = f"{preamble}\\begin{{document}}\n\\input{{carbon}}\n{end}"
    compile_(program("pdflatex"), tmp_path, paper)
    command = [program("bibtex"), "paper"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    compile_(program("pdflatex"), tmp_path, paper)
    log = compile_(program("pdflatex"), tmp_path, paper)

    assert told.returncode == 0, told.stdout
    assert "Warning" not in told.stdout
    assert "undefined" not in log
    assert "Overfull" not in log
    entries = re.findall(r"@\w+\{([^,]+),", bibtex.render(made).decode())
    keys = [key for keys in re.findall(r"\\carboncite\{([^}]*)\}", fragment) for key in keys.split(",")]
    assert sorted(entries) == sorted(set(keys))
    assert len(entries) >= 2


@pytest.mark.component
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_a_standalone_document_is_whole_after_two_passes(
    tmp_path: Path, program: Callable[[str], str], engine: str
) -> None:
    title, authors = r"\input{/etc/passwd} 50% & ``more'' [x]_y", (r"Ewa Wałęsa", r"B\\[1pt] {C}", "x" * 300)
    made = report(tmp_path, *named(NAMES[:9]), title=title, authors=authors, scope="W" * 200, standalone=True)
    text = latex.render(made).decode()
    first = compile_(program(engine), tmp_path, text)
    log = compile_(program(engine), tmp_path, text)

    assert "There were undefined references" not in log
    assert "Rerun" not in log
    assert "Overfull" not in first + log
    words = text_of(program, tmp_path)
    assert bare(title) in words
    assert bare(authors[0]) in words
    assert "Henderson" not in words or "References" in words
    used = set(re.findall(r"\\carboncite\{([^}]*)\}", text))
    assert set(re.findall(r"\\bibitem\{([^}]*)\}", text)) == {key for keys in used for key in keys.split(",")}


@pytest.mark.component
@pytest.mark.parametrize("preamble", [PLAIN, TWO_COLUMNS], ids=["article", "two columns"])
def test_macros_can_be_loaded_and_used(tmp_path: Path, program: Callable[[str], str], preamble: str) -> None:
    version = r"3 \x_{y} ą 100% #1 [z]"
    made = report(tmp_path, HENDERSON | {"codecarbon_version": version}, scc="ricke2018:USA")
    text = latex.macros(made).decode()
    names = re.findall(r"\\newcommand\{\\(\w+)\}", text)
    (tmp_path / "numbers.tex").write_text(text, encoding="utf-8")
    uses = "\n\n".join(f"{name}: \\{name}{{}} end" for name in names)
    log = compile_(
        program("pdflatex"),
        tmp_path,
        f"\\input{{numbers}}\n{preamble}\\begin{{document}}\n{uses}\n"
        f"\\section{{\\carbonEnergy{{}} for \\carbonTrackers}}\n\\end{{document}}\n",
    )

    assert all(re.fullmatch("[A-Za-z]+", name) for name in names)
    assert len(names) == len(set(names)) >= 12
    assert "Overfull" not in log
    words = text_of(program, tmp_path)
    assert "carbonEmissions:8.021kgend" in words
    assert "carbonSocialCost:$0.38end" in words
    assert "carbonSocialCostRange:$0.00,$0.95end" in words


@pytest.mark.component
def test_chktex_finds_no_error(tmp_path: Path, program: Callable[[str], str], fragments: list[str]) -> None:
    chktex = program("chktex")
    for place, fragment in enumerate(fragments):
        (tmp_path / f"{place}.tex").write_text(fragment, encoding="utf-8")
        command = [chktex, "-q", "-f", "%k %n %l: %m\n", f"{place}.tex"]
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False).stdout
        assert [line for line in told.splitlines() if line.startswith("Error")] == []


@pytest.mark.component
@pytest.mark.parametrize("encoding", ["OT1", "T1"])
def test_every_letter_of_latin_scripts_compiles(tmp_path: Path, program: Callable[[str], str], encoding: str) -> None:
    letters = "".join(
        map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x1E00, 0x1F00), *range(0x2010, 0x2070)])
    )
    text = latex.macros(report(tmp_path, {"codecarbon_version": letters})).decode()
    body = f"{text}\\begin{{document}}\\carbonTrackers\\end{{document}}\n"
    compile_(program("pdflatex"), tmp_path, f"\\documentclass{{article}}\\usepackage[{encoding}]{{fontenc}}\n{body}")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_b", r"a\_b"),
        ("50%", r"50\%"),
        ("[x]", "{[}x{]}"),
        ("--", r"-\kern0pt{}-"),
        ("---", r"-\kern0pt{}-\kern0pt{}-"),
        ("1–2", "1--2"),
        ("–-$1", r"--\kern0pt{}-\$1"),
        ("-–", r"-\kern0pt{}--"),
        (",,", r",\kern0pt{},"),
        ("?`", r"?\kern0pt{}\char96{}"),
        ("''", r"{'}\kern0pt{}{'}"),
        ("\n", " "),
        ("日", "U+65E5"),
        ("e\u0301", r"\'{e}"),
        ("ęł", r"\k{e}\l{}"),
        ("ế", "U+1EBF"),
        ("ħ", "U+0127"),
        ("8.021 kg", "8.021~kg"),
        ("\\x", r"\textbackslash{}x"),
        ("CO₂e", r"CO\textsubscript{2}e"),
        ("^^5c", r"\textasciicircum{}\textasciicircum{}5c"),
    ],
)
def test_escape(text: str, written: str) -> None:
    assert latex.escape(text) == written


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leaves_a_sign_that_tex_reads(name: str) -> None:
    made = latex.escape(display.short(name))
    rest = re.sub(
        r"\\(?:textbackslash|textasciitilde|textasciicircum|char34|char96|allowbreak|kern0pt|ldots|ensuremath"
        r"|textsubscript|pounds|mu|times|div|pm|circ|cdot|textregistered|texttrademark|textsuperscript|textquote\w+|AE|ae|o|O|l|ss|DH|TH|DJ|dh|th|dj|NG|ng|[a-zA-Z](?=[{])|['~`.^\"]|[{}$&%#_,])",
        "",
        made,
    )

    assert "\\" not in rest
    assert not re.search(r"[%#$&_]", rest)
    assert rest.count("{") == rest.count("}")
    assert made.isascii()


def test_statement_of_henderson_to_the_digit(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON, scc="ricke2018:USA")
    text = latex.render(made).decode()

    assert "contributed 8.021~kg of CO\\textsubscript{2}e" in text
    assert "used 24.344~kWh of electricity, having a USA-specific social cost of carbon of " in text
    assert r"\$0.38 (\$0.00, \$0.95)" in text
    assert r"\newcommand{\carbonSocialCostRange}{\$0.00, \$0.95}" in latex.macros(made).decode()


def test_fragment_needs_booktabs_alone(tmp_path: Path) -> None:
    text = latex.render(report(tmp_path, *named(NAMES[:5]))).decode()

    assert "\\usepackage" not in re.sub(r"^%.*$", "", text, flags=re.MULTILINE)
    assert "\\documentclass" not in text
    assert "booktabs" in text.partition("\\providecommand")[0]
    assert text.startswith("%")


def test_a_table_is_no_longer_than_a_page_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    rows = named(tuple(f"p{place}" for place in range(40)))

    assert "; 28 more runs not shown" in latex.render(report(tmp_path, *rows)).decode()
    assert "; 10 more groups not shown" in latex.render(report(tmp_path, *rows, group_by=("project",))).decode()
