"""`carbon-report verify FILE PATH...`: a published statement, card, macros or report held against the logs."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, NamedTuple

from reporter.arguments import options_of
from reporter.assembly import report_of
from reporter.errors import ReportError, plain
from reporter.options import Output
from reporter.renderers import json as as_json
from reporter.renderers import latex, markdown, model_card

from .published import card, documents, figures, quantities, slips, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.options import Options
    from reporter.report import Report

    from .published.quantities import Quantity
    from .published.text import Page

USAGE = "carbon-report verify FILE PATH... [options] [--tolerance 1%]"


class Compared(NamedTuple):
    """One published figure beside the derived one (None: the logs do not give it); ``agrees`` within the rounding."""

    where: str
    name: str
    published: Quantity | None
    derived: Quantity | None
    agrees: bool


def run(arguments: Sequence[str]) -> int:
    """Hold every figure of a published file against the logs; 0 where all agree within their printed digits, else 1.

    Raises ReportError where the file holds no figure that this program makes, and where a log or an option is wrong.
    """
    rest, tolerance = _tolerance(list(arguments))
    if len(rest) < 2 or (rest[0].startswith("-") and rest[0] != "-"):
        raise ReportError(f"name the published file and the logs: {USAGE}")
    file, *others = rest
    options = options_of(others)
    if options.outputs != (Output("terminal", "-"),):
        raise ReportError(f"verify writes no file; leave --{options.outputs[0].name} out, and name the logs last")
    if file in options.logs:
        raise ReportError("this is the published file and cannot be its own log; name the logs", file=plain(file))
    told = documents.read(file)
    if told is not None:
        compared, report, chosen = _document(file, told, options, tolerance)
        if chosen:
            print(f"with {' '.join(chosen)}, as the report itself tells")
    else:
        page = text.read(file)
        _refuse_without_figures(page)
        report = report_of(options)
        compared = list(_page(page, report, tolerance))
    if not compared:
        raise ReportError(
            "holds no figure that these logs give; name a statement, card, macros or report.json of ours",
            file=plain(file),
        )
    return _tell(compared, report, tolerance, quiet=options.quiet)


def _tolerance(arguments: list[str]) -> tuple[list[str], float]:
    """The arguments without ``--tolerance``, and it as a share. Raises ReportError for what is no share."""
    rest: list[str] = []
    given = iter(arguments)
    tolerance = 0.0
    for argument in given:
        name, sign, value = argument.partition("=")
        if name != "--tolerance":
            rest.append(argument)
            continue
        value = value if sign else next(given, "")
        try:
            tolerance = float(value.rstrip("% ")) / (100 if value.endswith("%") else 1)
        except ValueError:
            tolerance = -1.0
        if not 0 <= tolerance < 1:
            raise ReportError(f"--tolerance {plain(value, 40)}: write a share, such as 1% or 0.01")
    return rest, tolerance


def _refuse_without_figures(page: Page) -> None:
    """Say so before the logs are read where a text holds nothing to compare. Raises ReportError."""
    if not figures.of_page(page) and card.claim(page) is None:
        raise ReportError(
            "holds nothing to compare: no statement of ours, no co2_eq_emissions, no table of figures, no macros",
            file=plain(page.path),
        )


def _page(page: Page, report: Report, tolerance: float) -> Iterator[Compared]:
    """Each figure of a text beside the one of the same name that the logs give."""
    derived: dict[str, list[tuple[Quantity, ...]]] = {}
    for figure in _derived(report):
        derived.setdefault(figure.key, []).append(figure.quantities)
    claim = card.claim(page)
    if claim is not None and claim.emissions is not None:
        yield _claim(claim, f"{page.path}:{claim.emissions.line}", report, tolerance)
    for figure in figures.of_page(page):
        where = f"{page.path}:{figure.line}"
        choices = derived.get(figure.key)
        if choices:
            made = [list(_pairs(where, figure, choice, tolerance)) for choice in choices]
            yield from min(made, key=lambda one: sum(not compared.agrees for compared in one))
        elif figure.claimed and figure.quantities:
            yield Compared(where, figure.name, figure.quantities[0], None, agrees=False)


def _derived(report: Report) -> Iterator[figures.Figure]:
    """What this program prints of the logs now, in every form that names figures, read as a published text is."""
    report = dataclasses.replace(report, standalone=False)
    yield from figures.of_text(markdown.render(report).decode())
    yield from figures.of_text(model_card.section(report))
    yield from figures.of_text(latex.macros(report).decode(), ".tex")


_NAMES = ("", ", low end", ", high end")


def _pairs(where: str, figure: figures.Figure, derived: tuple[Quantity, ...], tolerance: float) -> Iterator[Compared]:
    """A figure's quantities beside the derived ones: the value, then the ends of its range."""
    if derived and not figure.quantities and figure.claimed:
        yield Compared(where, figure.name, None, derived[0], agrees=False)
    ranged = len(derived) == 3 and derived[1].value <= derived[0].value <= derived[2].value
    ends = _NAMES if ranged and len({one.dimension for one in derived}) == 1 else ()
    for place, (one, other) in enumerate(zip(figure.quantities, derived, strict=False)):
        part = ends[place] if ends else f", part {place + 1}" if place else ""
        agrees = one.dimension == other.dimension and _agree(one, other, tolerance)
        yield Compared(where, f"{figure.name}{part}", one, other, agrees)


def _agree(published: Quantity, derived: Quantity, tolerance: float) -> bool:
    """Whether both can be one value, rounded; of two with the same last digit every digit has to be the same."""
    alike = 0.5 < published.half / derived.half < 2 if derived.half else False
    slack = derived.half if alike else published.half + derived.half
    return abs(published.value - derived.value) <= max(slack * (1 + 1e-9), tolerance * abs(derived.value))


def _claim(claim: card.Claim, where: str, report: Report, tolerance: float) -> Compared:
    """The metadata's grams beside ours, which have all their digits."""
    emissions, name = report.footprint.emissions, "co2_eq_emissions"
    told = claim.grams or next(iter(quantities.found(claim.emissions.text if claim.emissions else "")), None)
    if emissions is None or told is None:
        return Compared(where, name, told, None, agrees=False)
    shown = f"{1e3 * emissions.value:.6g} g"
    derived = quantities.Quantity(emissions.value, 1e-9 * abs(emissions.value), "kgCO2e", shown, 0, 0)
    return Compared(where, name, told, derived, told.dimension == "kgCO2e" and _agree(told, derived, tolerance))


def _document(
    file: str, told: documents.Document, options: Options, tolerance: float
) -> tuple[list[Compared], Report, list[str]]:
    """A report.json beside a fresh one: with the options given, and where these differ, with those that it tells."""
    report = report_of(options)
    compared = list(_values(file, told, report, tolerance))
    wanted, words = documents.options_told(told, options)
    if not words or all(one.agrees for one in compared):
        return compared, report, []
    second = report_of(wanted)
    again = list(_values(file, told, second, tolerance))
    if sum(not one.agrees for one in again) < sum(not one.agrees for one in compared):
        return again, second, words
    return compared, report, []


def _values(file: str, told: documents.Document, report: Report, tolerance: float) -> Iterator[Compared]:
    derived = documents.flat(as_json.document(report))
    for key, value in documents.flat(told.values).items():
        other = derived.pop(key, None)
        if value is None and other is None:
            continue
        agrees = value is not None and other is not None and documents.same(value, other, tolerance)
        where = f"{file}:{told.line(key)}" if told.line(key) else file
        yield Compared(where, key, documents.shown(key, value), documents.shown(key, other), agrees)
    for key, other in derived.items():
        if other is not None and key.startswith("runs."):
            yield Compared(file, key, None, documents.shown(key, other), agrees=False)
    statement = told.values.get("statement")
    for one in _page(text.page(statement), report, tolerance) if isinstance(statement, str) else ():
        yield one._replace(where=file, name=f"statement: {one.name}")


def _tell(compared: list[Compared], report: Report, tolerance: float, *, quiet: bool) -> int:
    wrong = [one for one in compared if not one.agrees]
    pue = next((one.published.value for one in compared if one.name == "PUE" and one.published), None)
    known = slips.known(report.footprint, pue) if wrong else None
    for one in compared:
        if not (quiet and one.agrees):
            sys.stdout.write(f"{plain(one.where)}: {_line(one, known)}\n")
    within = f"within {100 * tolerance:g} %" if tolerance else "within the printed digits"
    right = len(compared) - len(wrong)
    agree = f"{right:,} {'figure agrees' if right == 1 else 'figures agree'} {within}"
    differ = f"{len(wrong):,} {'differs' if len(wrong) == 1 else 'differ'}"
    sys.stdout.write(f"{agree}, {differ}\n" if wrong else f"{agree}\n")
    return 1 if wrong else 0


def _line(one: Compared, known: slips.Known | None) -> str:
    name, published, derived = plain(one.name, 80), one.published, one.derived
    if published is None:
        return f"{name}: DIFFERS: no figure stands here; the logs give {derived.text if derived else 'none either'}"
    if derived is None:
        return f"{name}: DIFFERS: {plain(published.text, 60)} is published; the logs and options give no such figure"
    both = f"{plain(published.text, 60)} is published, the logs give {plain(derived.text, 60)}"
    if one.agrees:
        return f"{name}: agrees: {both}"
    if published.dimension != derived.dimension:
        return f"{name}: DIFFERS: {both}: a figure of another kind"
    slip = ""
    if known is not None and not one.name.endswith(_NAMES[1:]):
        near = published.half / abs(published.value or 1.0) + derived.half / abs(derived.value or 1.0)
        slip = slips.name(published.value, derived.value, derived.dimension, known, near)
    times = f", {published.value / derived.value:.4g} times as much" if derived.value else ""
    return f"{name}: DIFFERS: {both}{times}{f': {slip}' if slip else ''}"
