"""The golden files: one fixed report in every text format and language. python -m tests.golden --write makes them anew.

What a test cannot hold still is left out of them: our version, and of the page its style, script and drawings.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from reporter import __version__, importers
from reporter.assess import assess
from reporter.options import Options
from reporter.renderers import badge, bibtex, html, latex, markdown, model_card, statement, terminal
from reporter.renderers import json as json_output
from reporter.report import Report
from reporter.wording import LANGUAGES

from .conftest import ROOT

FOLDER = ROOT / "tests" / "golden"
LOGS = ("samples/codecarbon/2.8.4-texas", "samples/codecarbon/3.3.2-sweep")
_MOVING = re.compile(r"<(style|script|svg)\b.*?</\1>", re.DOTALL)


@cache
def report() -> Report:
    """The fixed report: two of the samples, with most of what a report can say."""
    options = Options(
        scc="ricke2018:USA,epa2023", what_if=("pue=1.1,power=0.5",), uncertainty=True, embodied=True,
        hardware=("1 x NVIDIA A100 PCIe 80GB",), functional_unit=(1000.0, "images"), offsets_kg=1e-5,
        market_intensity_g_per_kwh=100.0,
    )  # fmt: skip
    with contextlib.chdir(ROOT):
        footprint = assess(importers.read(LOGS), options)
    budgets = tuple(budget._replace(simulated=None) for budget in footprint.budgets)  # numpy may draw other numbers
    made = dataclasses.replace(footprint, budgets=budgets)
    return Report(made, authors=("Ada Lovelace", "Grete Hermann"), scope="Two of the samples.", working=True)


def _page(told: Report) -> bytes:
    text = html.render(told).decode()
    return _MOVING.sub(lambda match: f"<{match[1]}></{match[1]}>", text).encode()


def _statement(length: str | None) -> Callable[[Report], bytes]:
    return lambda told: statement.render(dataclasses.replace(told, statement_length=length))


FORMATS: dict[str, Callable[[Report], bytes]] = {
    "statement.txt": _statement(None),
    "statement-short.txt": _statement("short"),
    "statement-paragraph.txt": _statement("paragraph"),
    "statement-full.txt": _statement("full"),
    "terminal.txt": terminal.render,
    "report.md": markdown.render,
    "readme.md": markdown.snippet,
    "model_card.md": model_card.render,
    "fragment.tex": latex.render,
    "document.tex": lambda told: latex.render(dataclasses.replace(told, standalone=True)),
    "table.tex": latex.table,
    "macros.tex": latex.macros,
    "siunitx.tex": lambda told: latex.macros(dataclasses.replace(told, siunitx=True)),
    "report.html": _page,
    "badge.svg": badge.svg,
    "shields.json": badge.endpoint,
}
#: What programs read: the same bytes in every language.
MACHINE_FORMATS: dict[str, Callable[[Report], bytes]] = {
    "report.json": json_output.render,
    "sources.bib": bibtex.render,
    "metadata.yaml": lambda told: model_card.front_matter(told).encode(),
}


def render(name: str, language: str) -> bytes:
    """One format of the fixed report, with our version taken out."""
    make = {**FORMATS, **MACHINE_FORMATS}[name]
    return make(dataclasses.replace(report(), language=language)).replace(__version__.encode(), b"VERSION")


def path_of(name: str, language: str) -> Path:
    return FOLDER / language / name


def files() -> list[tuple[str, str]]:
    """Format and language of every golden file."""
    told = [(name, language) for language in LANGUAGES for name in FORMATS]
    return told + [(name, "en") for name in MACHINE_FORMATS]


def main() -> None:
    changed = 0
    for name, language in files():
        path, made = path_of(name, language), render(name, language)
        if path.exists() and path.read_bytes() == made:
            continue
        changed += 1
        print(path.relative_to(ROOT))
        if "--write" in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)
    print(f"{changed} of {len(files())} differ")


if __name__ == "__main__":
    main()
