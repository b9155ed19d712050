"""LaTeX in the papers of ACL, NeurIPS, ICML, ICLR, IEEE and ACM: every section, three ways to cite, no box too wide.

IEEEtran and acmart are the real ones; of the others, whose files no package holds, tests/latex/ has classes of ours
with the same page, columns, type size and packages.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter import importers
from reporter.assess import assess
from reporter.options import Options, make
from reporter.renderers import bibtex, columns, display, latex, locales, siunitx
from reporter.renderers.tables import Section
from reporter.report import Report

from .conftest import SWEEP

if TYPE_CHECKING:
    from collections.abc import Callable

#: The class of each venue with its options; acmart loses tables where it balances the columns of a last page.
VENUES = {
    "acl": ("acl", ""),
    "neurips": ("neurips", ""),
    "icml": ("icml", ""),
    "iclr": ("iclr", ""),
    "ieee": ("IEEEtran", "conference"),
    "acm-two-columns": ("acmart", "sigconf,nonacm,balance=false"),
    "acm-one-column": ("acmart", "acmsmall,nonacm"),
}
STYLES = {
    ("acmart", "natbib"): "ACM-Reference-Format",
    ("IEEEtran", "natbib"): "IEEEtranN",
    ("IEEEtran", "plain"): "IEEEtran",
}
FAULTS = re.compile(
    r"!|Overfull|Float too large|Missing character|Label `.*multiply defined"
    r"|.*(?:undefined on input line|There were undefined)"
)


def everything(folder: Path, **choices: object) -> Report:
    """A report with every section that a paper can have, of runs as small as a test's and prices with many digits."""
    read = importers.read([str(SWEEP)])
    rows = [f"{run.id},bert-base-uncased,sst2,0.{80 + place},66000000" for place, run in enumerate(read.runs)]
    (folder / "metrics.csv").write_text("\n".join(["run,model,dataset,accuracy,parameters", *rows]), encoding="utf-8")
    hours = [f"2026-11-{day}T{hour:02d}:00Z,{90 + 7 * hour}" for day in (20, 21, 22) for hour in range(24)]
    (folder / "series.csv").write_text("\n".join(["timestamp,gCO2e/kWh", *hours]), encoding="utf-8")
    chosen: dict[str, object] = {
        "cloud": "gcp:europe-west9", "what_if": ["country", "region", "pue=1.1,power=0.5"], "compare": True,
        "uncertainty": True, "working": True, "embodied": True, "hardware": "2 x A100-SXM4-80GB",
        "functional_unit": "1e6 inferences", "market_intensity_g_per_kwh": "20", "offsets_kg": "1 kg", "scc": "all",
        "phase": ["search=distil", "training=teacher"], "expected_calls": "1e9", "metrics": str(folder / "metrics.csv"),
        "metric": "accuracy", "intensity_series": str(folder / "series.csv"), "timezone": "UTC",
        "shift": ["flexible-start=24h", "pause-resume=100%"],
    }  # fmt: skip
    options = make(chosen | choices)
    footprint = assess(read, options)
    return Report(footprint, scope="the sweep of $\\alpha$_1 & all of its seeds", working=True,
                  cite=options.cite, siunitx=options.siunitx)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return everything(tmp_path_factory.mktemp("sections"))


def paper(venue: str, cite: str, more: str = "", body: str = r"\input{carbon}") -> str:
    """A short paper of the venue that inputs the fragment in its appendix, and prints its references."""
    kind, options = VENUES[venue]
    chosen = [options, "natbib=false" if kind == "acmart" else "nonatbib" if kind != "IEEEtran" else ""]
    lines = [rf"\documentclass[{','.join(filter(None, chosen if cite != 'natbib' else chosen[:1]))}]{{{kind}}}"]
    lines += [r"\usepackage{booktabs}"]
    lines += [r"\usepackage{lmodern}"] if kind == "acmart" else []  # the class's own fonts need 0.5 GB of packages
    lines += [r"\usepackage{natbib}"] if (kind, cite) == ("IEEEtran", "natbib") else []
    references = rf"\bibliographystyle{{{STYLES.get((kind, cite), 'plainnat' if cite == 'natbib' else 'plain')}}}"
    references += r"\bibliography{carbon}"
    if cite == "biblatex":
        style = "numeric" if kind in {"IEEEtran", "acmart"} else "authoryear"
        lines += [rf"\usepackage[backend=bibtex,style={style}]{{biblatex}}", r"\addbibresource{carbon.bib}"]
        lines += [r"\setcounter{biburllcpenalty}{7000}\AtBeginBibliography{\sloppy}"]  # long addresses, in any paper
        references = r"\printbibliography"
    text = "We train a model of the usual kind on the usual data. " * 25
    lines += [more, r"\begin{document}\title{A study}\author{A. Author}\maketitle", rf"\section{{Experiments}} {text}"]
    return "\n".join([*lines, "", rf"\appendix\section{{Carbon}} {body}", references, r"\end{document}", ""])


def typeset(folder: Path, program: Callable[[str], str], text: str) -> str:
    """Compile with bibliography, as an author would, and give the last log; the first two passes make no pages."""
    (folder / "paper.tex").write_text(text, encoding="utf-8")
    guarded = {**os.environ, "openin_any": "p", "openout_any": "p", "max_print_line": "10000", "BSTINPUTS": ".:",
               "TEXINPUTS": f".:{Path(__file__).parent / 'latex'}:"}  # fmt: skip
    for command in ("pdflatex -draftmode", "bibtex", "pdflatex -draftmode", "pdflatex"):
        name, *option = command.split()
        mode = [*option, "-no-shell-escape", "-interaction=nonstopmode"] if name == "pdflatex" else []
        done = subprocess.run([program(name), *mode, "paper"], cwd=folder, env=guarded, capture_output=True, text=True,
                              errors="replace", timeout=120, check=False)  # fmt: skip
        if name == "bibtex":
            assert "error message" not in done.stdout, done.stdout
            assert "Warning--I didn't find" not in done.stdout, done.stdout
    return (folder / "paper.log").read_text(encoding="utf-8", errors="replace")


def write(folder: Path, report: Report) -> None:
    (folder / "carbon.tex").write_bytes(latex.render(report))
    (folder / "carbon.bib").write_bytes(bibtex.render(report))
    (folder / "figures.tex").write_bytes(latex.macros(report))


@pytest.mark.component
@pytest.mark.parametrize("cite", ["natbib", "biblatex", "plain"])
@pytest.mark.parametrize("venue", VENUES)
def test_every_section_fits_every_venue(
    tmp_path: Path, program: Callable[[str], str], whole: Report, venue: str, cite: str
) -> None:
    write(tmp_path, whole)
    log = typeset(tmp_path, program, paper(venue, cite))

    text = (tmp_path / "carbon.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{table") >= 16
    assert [line for line in log.splitlines() if FAULTS.match(line)] == []
    assert "Output written on paper.pdf" in log
    cited = (tmp_path / "paper.bbl").read_text(encoding="utf-8", errors="replace")
    assert "henderson2020systematic" in cited


@pytest.mark.component
@pytest.mark.parametrize("venue", ["acl", "ieee"])
@pytest.mark.parametrize("package", ["siunitx", ""])
def test_siunitx_sets_the_figures_where_it_is_loaded(
    tmp_path: Path, program: Callable[[str], str], venue: str, package: str
) -> None:
    made = everything(tmp_path, siunitx=True)
    low, high = display.mass_range(made.footprint.emissions).replace(".", ",").split("–")
    write(tmp_path, made)
    load = r"\usepackage{siunitx}\sisetup{output-decimal-marker={,},range-phrase={ bis }}" if package else ""
    figures = r"\subsection{We used \carbonEnergy{} and \carbonEmissionsRange}\input{carbon}"
    log = typeset(tmp_path, program, paper(venue, "natbib", load + r"\input{figures}", figures))

    assert [line for line in log.splitlines() if FAULTS.match(line)] == []
    command = [program("pdftotext"), "-raw", "paper.pdf", "-"]
    words = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True).stdout
    words = " ".join(words.split()).replace("\u2009", " ")
    assert ("used 347,4 mWh" in words) == bool(package)
    assert ("used 347.4 mWh" in words) == (not package)
    assert (f"{low} mg bis {high}" in words) == bool(package)


@pytest.mark.component
def test_biblatex_takes_every_entry(tmp_path: Path, whole: Report, program: Callable[[str], str]) -> None:
    write(tmp_path, whole)
    text = paper("acl", "biblatex")
    log = typeset(tmp_path, program, text)
    told = (tmp_path / "paper.blg").read_text(encoding="utf-8", errors="replace")
    entries = re.findall(r"^@\w+\{([^,]+),", (tmp_path / "carbon.bib").read_text(encoding="utf-8"), re.MULTILINE)
    made = (tmp_path / "paper.bbl").read_text(encoding="utf-8", errors="replace")

    assert "Please (re)run" not in log
    assert "Warning" not in told
    assert [key for key in entries if rf"\entry{{{key}}}" not in made] == []


@pytest.mark.parametrize(
    ("cite", "command"), [("natbib", r"\citep{#1}"), ("biblatex", r"\parencite{#1}"), ("plain", r"\cite{#1}")]
)
def test_cite_chooses_the_command(whole: Report, cite: str, command: str) -> None:
    text = latex.render(dataclasses.replace(whole, cite=cite)).decode()

    assert rf"\providecommand{{\carboncite}}[1]{{{command}}}" in text.splitlines()


def test_a_document_of_its_own_cites_its_own_way(whole: Report) -> None:
    report = dataclasses.replace(whole, cite="natbib", standalone=True)

    assert r"\providecommand{\carboncite}[1]{\citep{#1}}" not in latex.render(report).decode()


def test_the_table_alone_is_the_summary_without_words(whole: Report) -> None:
    text = latex.table(whole).decode()

    assert text.count(r"\begin{table}") == 1
    assert r"\label{tab:carbon-report}" in text
    assert r"\carboncite{" not in text.replace(r"{\carboncite}", "")
    assert "carbonhead{" not in text.replace(r"{\carbonhead}", "")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("used 24.344 kWh.", r"used \carbonqty{24.344}{kWh}{24.344~kWh}."),
        ("(5.499–13.216 kg)", r"(\carbonrange{5.499}{13.216}{kg}{5.499--13.216~kg})"),
        ("1,234.5 t", r"\carbonqty{1234.5}{t}{1,234.5~t}"),
        ("35.0 gCO₂e/kWh", r"\carbonqty{35.0}{gCO\textsubscript{2}e/kWh}{35.0~gCO\textsubscript{2}e/kWh}"),
        ("3 h 12 min", r"\carbonqty{3}{h}{3~h} \carbonqty{12}{min}{12~min}"),
        ("$0.38 ($0.00, $0.95)", r"\$0.38 (\$0.00, \$0.95)"),
        ("CodeCarbon 3.3.2 says", "CodeCarbon 3.3.2 says"),
        ("5 grams, 12 hours", "5 grams, 12 hours"),
        ("2 %", r"\carbonqty{2}{\%}{2~\%}"),
        ("a_1 kg", r"a\_1~kg"),
    ],
)
def test_quantities(text: str, written: str) -> None:
    assert siunitx.written(text, latex.escape) == written


def test_quantities_in_another_language_are_numbers_all_the_same() -> None:
    before = locales._SPOKEN.set(locales.Locale("de", decimal=",", group="."))
    text = siunitx.written("24,344 kWh und 1.234,5 kWh; 5,5–13,2 kg", latex.escape)
    locales._SPOKEN.reset(before)

    assert r"\carbonqty{24.344}{kWh}{24,344~kWh}" in text
    assert r"\carbonqty{1234.5}{kWh}{1.234,5~kWh}" in text
    assert r"\carbonrange{5.5}{13.2}{kg}{5,5--13,2~kg}" in text


def test_columns_share_the_line_by_what_they_hold() -> None:
    glued = re.compile(r"(?<=\d) (?=kWh)")
    narrow = Section("k", "T", "", ("Place", "Energy"), (("France", "347.4 kWh"), ("Norway", "1.2 kWh")))
    wide = Section("k", "T", "", ("A", "B", "C"), (("word " * 12, "word " * 20, "word " * 4),))

    told = columns.layout(narrow, glued, 13)
    assert not told.whole_page
    assert told.shares[1] > told.shares[0]
    assert sum(told.shares) <= 1 - columns.GAP
    told = columns.layout(wide, glued, 13)
    assert told.whole_page
    assert told.shares[1] > told.shares[0] > told.shares[2]
    assert Options().cite is None
