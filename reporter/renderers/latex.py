r"""LaTeX: a fragment to ``\input`` that needs booktabs alone, or with --standalone a whole document; --macros."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import decomposition, normalize

from reporter import __version__
from reporter.errors import plain
from reporter.patterns import pattern
from reporter.renderers import display, siunitx, tables
from reporter.renderers.base import Language, Renderer, Safe, environment
from reporter.renderers.bibliography import cited
from reporter.renderers.columns import GAP, layout
from reporter.renderers.locales import current, phrases, spoken
from reporter.renderers.sections import sections

if TYPE_CHECKING:
    from reporter.factors import Source
    from reporter.footprint import Amount
    from reporter.renderers.tables import Section
    from reporter.report import Report

LONGEST_PART = 13  # letters that fit any column of ours without a break
SHOWN_RUNS, SHOWN_GROUPS = 12, 30  # a table cannot go over a page
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "[": "{[}", "]": "{]}", "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}", "|": r"\ensuremath{|}", '"': r"\char34{}", "'": "{'}", "`": r"\char96{}", "’": "{'}",
    "₂": r"\textsubscript{2}", "µ": r"\ensuremath{\mu}", "μ": r"\ensuremath{\mu}", "–": "--", "—": "---",
    "…": r"\ldots{}", "×": r"\ensuremath{\times}", "±": r"\ensuremath{\pm}", "°": r"\ensuremath{^{\circ}}",
    "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "‘": r"\textquoteleft{}", "÷": r"\ensuremath{\div}",
    "−": r"\ensuremath{-}", "®": r"\textregistered{}", "™": r"\texttrademark{}", "·": r"\ensuremath{\cdot}",
    "†": r"\dag{}", "Σ": r"\ensuremath{\Sigma}", "θ": r"\ensuremath{\theta}", "α": r"\ensuremath{\alpha}",
    "€": "EUR ", "£": r"\pounds{}", "\u00a0": "~", "\u202f": r"\,", "\n": " ", "\t": " ",
    "\x00": r"\allowbreak{}", "\x01": r"\kern0pt{}",
}  # fmt: skip
_SPECIAL |= {sign: rf"\textsuperscript{{{plain}}}" for sign, plain in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)}
_UNITS = pattern(r"(?<=\d) (?=(?:[kmµ]?g|t|[kMGmµ]?Wh|[kM]?W|gCO|min|k?m|[shd])\b|%)")
_JOINS = "-/.:,=_"
_PARTS = pattern(rf"[^{_JOINS}\x00]+|.", re.DOTALL)
_FIGURES = pattern(r"[0-9$€£(),.;–-]+")
_MAY_BREAK, _APART = "\x00", "\x01"  # taken out of all foreign text before it comes here
_CHINESE = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef"  # which only a page in Chinese has letters for
_LONG = pattern(rf"[^\s\u00a0\x00{_CHINESE}]{{17,}}")
_LIGATURE = pattern("[-–—](?=[-–—])|,(?=,)|'(?=')|[`?!](?=`)")
#: Letters that are no letter with an accent, and accents, as commands that need no input encoding and no engine.
_LETTERS = {
    "Æ": r"\AE{}", "æ": r"\ae{}", "Œ": r"\OE{}", "œ": r"\oe{}", "Ø": r"\O{}", "ø": r"\o{}", "Ł": r"\L{}", "ł": r"\l{}",
    "ß": r"\ss{}", "ı": r"\i{}", "Ð": r"\DH{}", "ð": r"\dh{}", "Þ": r"\TH{}", "þ": r"\th{}", "Đ": r"\DJ{}",
    "đ": r"\dj{}", "Ŋ": r"\NG{}", "ŋ": r"\ng{}",
}  # fmt: skip
_ACCENTS = {
    "0300": "`", "0301": "'", "0302": "^", "0303": "~", "0304": "=", "0306": "u", "0307": ".", "0308": '"', "030A": "r",
    "030B": "H", "030C": "v", "0323": "d", "0327": "c", "0328": "k", "0331": "b",
}  # fmt: skip
#: What OT1 lacks of these, each with what it prints in a paper without T1.
_LACKING = {
    r"\k{": r"{\k}[1]{#1}", r"\DH{": r"{\DH}{D}", r"\dh{": r"{\dh}{d}", r"\TH{": r"{\TH}{Th}", r"\th{": r"{\th}{th}",
    r"\DJ{": r"{\DJ}{D}", r"\dj{": r"{\dj}{d}", r"\NG{": r"{\NG}{N}", r"\ng{": r"{\ng}{n}",
}  # fmt: skip
_FOREIGN = pattern(f"[^\n\t -~{_MAY_BREAK}{re.escape(''.join(_SPECIAL))}]")


def escape(text: str) -> str:
    """Foreign text as LaTeX that prints it and does nothing else, in OT1 and T1, pdflatex and lualatex.

    Brackets are braced too (after a table's line end they would be an option); what the old encodings cannot print
    becomes ``U+XXXX``; words too long for a column get places where they may break, and pairs that would grow into one
    sign are kept apart by a kern, since braces do not do that in LuaTeX.
    """
    told = _FOREIGN.sub(_letter_or_code, normalize("NFC", text))
    marked = _LIGATURE.sub(rf"\g<0>{_APART}", _LONG.sub(_breakable, _UNITS.sub("\u00a0", told)))
    return "".join(_SPECIAL.get(char) or (char if char < "\x7f" else _letter(char) or char) for char in marked)


def _letter(char: str) -> str:
    """A letter beyond ASCII as LaTeX's commands for it; empty where the old encodings have none."""
    base, _, accent = decomposition(char).partition(" ")
    if char in _LETTERS or accent not in _ACCENTS or len(base) != 4:
        return _LETTERS.get(char, "")
    letter = chr(int(base, 16))
    return rf"\{_ACCENTS[accent]}{{{letter}}}" if "A" <= letter <= "z" else ""


def _letter_or_code(match: re.Match[str]) -> str:
    if current().code == "zh" and re.match(f"[{_CHINESE}]", match[0]):
        return match[0]
    code, rest = ord(match[0]), match.string[match.end() : match.end() + 1]
    if code <= 0xA0 or _letter(match[0]):
        return " " if code <= 0xA0 else match[0]
    return f"U+{code:04X}{_MAY_BREAK if rest.strip() else ''}"


def _breakable(match: re.Match[str]) -> str:
    """Mark where a long word may break: after a sign that joins its parts, and within a part too long for a column."""
    word = match[0]
    if _FIGURES.fullmatch(word):
        return word.replace("–", f"–{_MAY_BREAK}")
    out, done = [], 0
    for part in _PARTS.findall(word):
        done += len(part)
        whole = len(part) <= LONGEST_PART
        out.append(part if whole else _MAY_BREAK.join(part[place : place + 7] for place in range(0, len(part), 7)))
        if part in _JOINS and 2 < done < len(word) - 2:
            out.append(_MAY_BREAK)
    return "".join(out)


def _cite(keys: tuple[str, ...]) -> str:
    return rf"~\carboncite{{{','.join(keys)}}}"


def _with_quantities(text: str) -> str:
    return siunitx.written(text, escape)


_DELIMITERS = ("<%", "%>", "<<", ">>")
LANGUAGE = Language(escape, _cite, _DELIMITERS)
WITH_SIUNITX = Language(_with_quantities, _cite, _DELIMITERS)
#: What a citation becomes, by ``--cite``; without it the paper's own packages decide.
CITE = {
    None: r"\ifdefined\citep\citep{#1}\else\ifdefined\parencite\parencite{#1}\else\cite{#1}\fi\fi",
    "natbib": r"\citep{#1}",
    "biblatex": r"\parencite{#1}",
    "plain": r"\cite{#1}",
}


@spoken
def render(report: Report) -> bytes:
    """The fragment, or with ``report.standalone`` a document with its own list of references."""
    return _written(report, "document.tex" if report.standalone else "fragment.tex")


@spoken
def table(report: Report) -> bytes:
    """The summary's table alone, for a paper that says the rest in its own words."""
    return _written(report, "fragment.tex", table_alone=True)


def _written(report: Report, template: str, *, table_alone: bool = False) -> bytes:
    made = environment(WITH_SIUNITX if report.siunitx else LANGUAGE, report)
    groups = tables.groups(report.footprint)
    shown = groups[:SHOWN_GROUPS] or tables.runs(report.footprint, SHOWN_RUNS)
    hidden = len(groups or report.footprint.runs) - len(shown)
    several = len(report.footprint.runs) > 1
    whole = template == "document.tex"
    text = made.get_template(template).render(
        version=__version__,
        lines=tables.figures(report),
        listed=shown if several else [],
        sections=[(section, _says(section), layout(section, _UNITS, LONGEST_PART)) for section in sections(report)],
        gap=GAP,
        hidden=_hidden(hidden, of_groups=bool(groups)) if hidden else "",
        sources=[(Safe(source.key), Safe(_reference(source))) for source in cited(report)],
        cites=Safe("" if table_alone else ", ".join(source.key for source in cited(report))),
        cite_command=Safe(CITE[None if whole else report.cite]),
        table_alone=table_alone,
        hashes=[(_remark(entry.path), entry.sha256[:12]) for entry in report.footprint.inputs],
    )
    return (text if whole else _with_letters(text)).encode("utf-8", "replace")


def _hidden(number: int, *, of_groups: bool) -> str:
    if of_groups:
        return phrases("{number} more group", "{number} more groups", number)
    return phrases("{number} more run", "{number} more runs", number)


def _says(section: Section) -> str:
    """A section's sentences without the last full stop, which comes after the reference to its table."""
    return section.says.removesuffix(".").removesuffix("。")


def _with_letters(text: str) -> str:
    """LaTeX with the letters that it uses made printable in OT1 too, after the comment in its first line."""
    used = [rf"\ProvideTextCommandDefault{made}" for command, made in _LACKING.items() if command in text]
    head, end, rest = text.partition("\n")
    return "\n".join([head, *used]) + end + rest


def _remark(path: str) -> Safe:
    """The last parts of a path for a comment, which ends with its line whatever stands in it."""
    return Safe(plain("/".join(path.split("/")[-3:])).encode("ascii", "replace").decode())


def _reference(source: Source) -> str:
    names = source.author.replace(" and others", " et al").replace(" and ", "; ").removesuffix(".")
    link = f" {escape(source.url)}" if source.url else ""
    return f"{escape(names)}. \\emph{{{escape(source.title)}}}. {escape(source.year)}.{link}"


@spoken
def macros(report: Report) -> bytes:
    r"""One ``\newcommand`` a figure, so that prose cites numbers that follow the logs."""
    footprint = report.footprint
    cost, car = footprint.social_cost, footprint.equivalents[:1]
    emissions, not_told = footprint.emissions, display.not_told()
    values = {
        "Runs": display.whole(len(footprint.runs)),
        "Duration": display.duration(footprint.duration_s),
        "MachineEnergy": display.energy(footprint.it_energy),
        "Energy": display.energy(footprint.energy),
        "EnergyKwh": _plain(footprint.energy),
        "PUE": display.ratio(footprint.pue),
        "Intensity": display.intensity(footprint.intensity),
        "Emissions": display.mass(emissions),
        "EmissionsRange": display.mass_range(emissions) or not_told,
        "EmissionsKg": _plain(emissions),
        "ReportedEmissions": display.mass(footprint.reported_emissions_kg),
        "ComputedEmissions": display.mass(footprint.computed),
        "SocialCost": display.money(cost.amount.value, cost.amount.unit, cost.amount) if cost else not_told,
        "SocialCostRange": (display.cost_range(cost.amount, joint=", ") if cost else "") or not_told,
        "CarDistance": display.quantity(car[0].amount) if car else not_told,
        "Trackers": ", ".join(tables.trackers(footprint)),
    }
    language = WITH_SIUNITX if report.siunitx else LANGUAGE
    lines = [rf"\newcommand{{\carbon{name}}}{{{language.escape(value)}}}" for name, value in values.items()]
    head = f"% Figures by carbon-report {__version__}; made from the logs, do not edit.\n"
    if report.siunitx:
        head += environment(language, report).get_template("siunitx.tex").render()
    return _with_letters(head + "\n".join(lines) + "\n").encode("utf-8", "replace")


def _plain(amount: Amount | None) -> str:
    """A bare number in the base unit with six significant digits, for those who set units themselves."""
    return display.not_told() if amount is None else f"{amount.value:.6g}"


RENDERERS = (
    Renderer("latex", r"fragment to \input into a paper (booktabs)", (".tex",), render),
    Renderer("latex-table", "the table of figures alone, as LaTeX", (".table.tex",), table),
    Renderer("macros", r"a \newcommand for each figure", (".macros.tex", ".sty"), macros),
)
