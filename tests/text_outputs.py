"""What the tests of the text outputs share: names that try to break a page, and reports made from small logs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from reporter import importers
from reporter.assess import assess
from reporter.options import Options
from reporter.report import Report

from .conftest import emissions_csv

if TYPE_CHECKING:
    from pathlib import Path

#: One run with the figures of Henderson et al. (2020): 8.021 kg and 24.344 kWh with a PUE of 1.58, in the USA.
HENDERSON = {
    "timestamp": "2020-02-01T12:00:00",
    "duration": 36000.0,
    "emissions": 8.021,
    "energy_consumed": 24.344,
    "pue": 1.58,
    "country_name": "United States",
    "country_iso_code": "USA",
    "cpu_energy": "",
    "gpu_energy": "",
    "ram_energy": "",
    "cpu_power": "",
    "gpu_power": "",
    "ram_power": "",
}

#: Names that TeX would obey, misread or not be able to print.
TEX_NAMES = (
    r"\input{/etc/passwd}",
    r"\include{/etc/passwd}",
    r"\write18{touch pwned}",
    r"\immediate\write18{touch pwned}",
    r"\openout15=pwned.txt",
    r"\read0 to\x",
    r"\csname end\endcsname",
    r"\catcode`\%=12 x",
    r"\def\x{\x}\x",
    "^^5cinput x",
    "^^M^^@",
    "100 % sure",
    "a%b",
    "a{b",
    "a}b",
    "{}",
    "}{",
    "$x$",
    "a$b",
    "$$",
    "a & b",
    "&&",
    "#1",
    "##",
    "snake_case_name",
    "_",
    "a~b",
    "~/home",
    "x^2",
    "^",
    "[x]",
    "[10pt]",
    "[",
    "]",
    "*",
    "*[1pt]",
    r"\\",
    r"\\[10000pt]b",
    r"\\*",
    r"a \\ \hline b",
    r"\end{tabular}",
    r"\end{document}",
    r"\begin{verbatim}",
    r"\verb|x|",
    r"\verbatiminput{/etc/passwd}",
    r"\makeatletter\@@input /etc/passwd",
    r'\directlua{os.execute("touch pwned")}',
    r"\special{ps:x}",
    r"\par\par",
    r"\noalign{x}",
    r"\multicolumn{9}{c}{x}",
    r"\tabularnewline",
    r"\bottomrule",
    r"\cite{nothing}",
    r"\label{tab:carbon-report}",
    r"\footnote{x}",
    r"\url{http://example.org/%20}",
    r"\expandafter\stop",
    r"\relax",
    "--",
    "---",
    "a----b",
    "?`",
    "!`",
    ",,x''",
    "``quoted''",
    "'single'",
    '"double"',
    "`back`",
    "<<x>>",
    "a|b",
    "|",
    "a-b-c",
    "- item",
    "a\nb",
    "a\n\nb",
    "a\tb",
    "a\x07b",
    "a\x1b[31mred",
    "C:\\new\\table",
    "http://example.org/a_b?c=d&e=%20#f",
    "x" * 300,
    "a-" * 150,
    "W" * 61,
    "{" * 80,
    "\\" * 70,
    "%" * 90,
    "/very/long/path/without/any/blank/" * 5,
)

#: Names beyond ASCII: no tool may fail on them, though the old encodings cannot print them all.
WORLD_NAMES = (
    "日本語の実験",
    "한국어",
    "Русский",
    "ελληνικά",
    "עברית",
    "العربية",
    "🦊🔥",
    "👩‍🔬",
    "e\u0301cole",
    "n\u0303",
    "a\u0335b",
    "Zażółć gęślą jaźń",
    "Đorđe",
    "Þór Ðæ",
    "ŋ ħ ŧ ĸ ŉ Ŀ ſ",
    "Straße Ærø ÿ",
    "½ ² ³ µ Ω",
    "№ ™ © ®",
    "“quoted” „so“ «or» ‘so’",
    "en–dash em—dash …",
    "a\u200bb\u2060c",
    "a\u202etxt.exe",
    "\ufeffbom",
    "\u00ad soft",
    "\u2028line",
    "nb\u00a0sp",
    "Ⅷ ﬁ",
)

#: Names that HTML, Markdown, YAML or a terminal would obey.
PAGE_NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</title></style><h1>x</h1>",
    "<!-- carbon-report:end -->",
    "<!-- carbon-report:start -->",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "&#x3c;b&#x3e;",
    "<b>bold</b>",
    "[link](javascript:alert(1))",
    "![image](http://example.org/x.png)",
    "[ref][1]",
    "[1]: http://example.org",
    "<http://example.org>",
    "http://example.org/x",
    "www.example.org",
    "me@example.org",
    "@someone",
    "#123",
    "a|b|c",
    "a\\|b",
    "|---|",
    "a\nb",
    "a\r\n\r\n# b",
    "**bold**",
    "__bold__",
    "*it*",
    "_it_",
    "~~gone~~",
    "`code`",
    "```",
    "~~~",
    "# heading",
    "## Environmental Impact",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "1) item",
    "---",
    "===",
    "$x^2$",
    "$$x$$",
    ":smile:",
    "[^1]",
    "[ ] task",
    "a  \nb",
    "    code",
    "{{ 7*7 }}",
    "{% raw %}",
    "{0} %s",
    "\\",
    "\\*",
    "<details>",
    "&nbsp;",
    "\x1b[2J",
    "x" * 300,
)


def report(folder: Path, *rows: dict[str, Any], **choices: Any) -> Report:
    """A report on a CodeCarbon log with these rows; choices are Options, or fields of the Report."""
    fields = {field.name for field in dataclasses.fields(Report)} - {"footprint"}
    words = {key: choices.pop(key) for key in list(choices) if key in fields}
    log = emissions_csv(folder, *rows)
    return Report(assess(importers.read([str(log)]), Options(**choices)), **words)


def named(names: tuple[str, ...], **values: object) -> list[dict[str, object]]:
    """A run for each name as its project; each an hour after the one before."""
    return [
        {
            "project_name": name,
            "run_id": f"run-{place}",
            "timestamp": f"2026-03-{1 + place // 24:02}T{place % 24:02}:00:00",
        }
        | values
        for place, name in enumerate(names)
    ]
