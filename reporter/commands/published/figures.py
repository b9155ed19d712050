r"""The figures of a published text by their names: its sentences, table rows, bullets and \carbon... macros.

What this program prints is read the same way, so that a name means the same on either side. Tables count only inside
our markers or under Environmental Impact where a text has these, so that a README's other tables stay out of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.patterns import pattern

from . import quantities
from .text import page as page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .quantities import Quantity
    from .text import Page

_SPACE = pattern(r"\s+")
_MACRO = pattern(r"\\(?:(?:re)?newcommand\*?|providecommand\*?|def)\s*\{?\\(carbon[A-Z][A-Za-z]*)\}?\s*\{(.*)\}\s*$")
_BULLET = pattern(r"\s*[-*+]\s+([^:|]{2,60}):\s+(\S.*)$")
_START, _END = "<!-- carbon-report:start -->", "<!-- carbon-report:end -->"
_HEADING = pattern(r"(#{1,6})\s+(.*)")
_BARE = pattern(rf"({quantities.NUMBER})(?=\s*(?:$|[;(|]))")

#: A sentence's figure: its name, what stands before it, the unit that it has, and what ends the place of it.
_SENTENCES = (
    ("emissions", r"\bcontributed ", "kgCO2e", r" and used |\. "),
    ("energy", r"\band used |\bwork used ", "kWh", r" of electricity|, having|\. "),
    ("social cost", r"social (?:cost of carbon|carbon cost) of |social cost of (?=[$€£\d])", "money", r"\. |\["),
    ("duration", r"\bruns? lasting ", "s", r" in all|:|\. "),
    ("energy of the machines", r"\bthe machines used ", "kWh", r"\)|; |, and "),
    ("energy of the facility", r"\bthe facility used ", "kWh", r"\. "),
    ("intensity", r"\bmean carbon intensity of |\btimes a carbon intensity of ", "g/kWh", r" \(|\. "),
    ("tracker's emissions", r"\btracker itself reported ", "kgCO2e", r"\. "),
    ("emissions by published intensities", r"\bsame energy comes to ", "kgCO2e", r"; |\. "),
    ("emissions as car and flight", r"\bemissions equal those of ", "any", r"\. "),
    ("PUE", r"\(PUE\) of ", "", r" the "),
    ("runs", r"\bover (?=\d[\d,]* runs)", "", r" runs"),
)
_REACH = 320
_MONEY = frozenset({"USD", "EUR", "GBP", "CAD"})


class Figure(NamedTuple):
    """What stands under a name: the quantities in their order (a value, the ends of its range), and the line.

    ``claimed`` says that the text itself calls it a figure of ours (a sentence, a macro), so that it must be derived.
    """

    key: str
    name: str
    quantities: tuple[Quantity, ...]
    line: int
    claimed: bool


def of_page(page: Page) -> list[Figure]:
    """All figures of a text, in the order of their lines."""
    made = [*_sentences(page), *_macros(page), *_rows(page)]
    return sorted(made, key=lambda figure: figure.line)


def of_text(text: str, path: str = "") -> list[Figure]:
    """All figures of a text that stands in no file."""
    return of_page(page_of(text, path))


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _sentences(page: Page) -> Iterator[Figure]:
    flat = _SPACE.sub(lambda match: " " * len(match[0]), page.prose)
    for name, before, dimension, after in _SENTENCES:
        for match in re.finditer(before.replace(" ", " {1,20}"), flat):
            window = flat[match.end() : match.end() + _REACH]
            stop = re.search(after, window + " . ")
            told = _SPACE.sub(" ", window[: stop.start() if stop else _REACH])
            if "\\carbon" in told:
                continue  # a macro stands for the figure, and is looked at where it is defined
            found = tuple(_together(quantities.found(told, bare=not dimension), dimension))
            yield Figure(f"sentence:{name}", name, found, page.line(match.end() - 1), claimed=True)


def _together(found: Iterator[Quantity], dimension: str) -> list[Quantity]:
    """The quantities of a dimension; hours and minutes of one duration are added up."""
    kept: list[Quantity] = []
    for one in found:
        fits = dimension in {"any", one.dimension} or (dimension == "money" and one.dimension in _MONEY)
        if not fits or one.per:
            continue
        if kept and one.dimension == kept[-1].dimension == "s" and one.start - kept[-1].end <= 1:
            last = kept.pop()
            both = f"{last.text} {one.text}"
            kept.append(last._replace(value=last.value + one.value, half=one.half, text=both, end=one.end))
        else:
            kept.append(one)
    return kept


def _macros(page: Page) -> Iterator[Figure]:
    for number, line in enumerate(page.lines, 1):
        match = _MACRO.match(line.strip()) if "\\carbon" in line and number not in page.unread else None
        if match:
            value = page_of(match[2], ".tex").prose
            found = _of_cell(value)
            if found:
                yield Figure(f"macro:{match[1]}", f"\\{match[1]}", found, number, claimed=True)


def _rows(page: Page) -> Iterator[Figure]:
    inside = _regions(page)
    for number, line in enumerate(page.prose.split("\n"), 1):
        if inside and number not in inside:
            continue
        bullet = _BULLET.match(line)
        if bullet:
            name, cells = bullet[1], [bullet[2]]
        elif "|" in line:
            name, *cells = [cell.strip() for cell in line.strip().removeprefix("|").split("|")]
        else:
            continue
        found = tuple(one for cell in cells for one in _of_cell(cell))
        if found and _key(name):
            yield Figure(f"row:{_key(name)}", " ".join(name.split()), found, number, claimed=False)


def _of_cell(cell: str) -> tuple[Quantity, ...]:
    """The quantities of a cell; a number without a unit counts where it is all that a cell begins with."""
    bare = _BARE.match(cell)
    first = list(quantities.found(bare[1], bare=True)) if bare else []
    if not first and re.fullmatch(rf"{quantities.NUMBER}[eE][+-]?\d{{1,3}}", cell.strip()):
        first = list(quantities.found(cell.strip(), bare=True))
    return tuple(first + _together(quantities.found(cell), "any"))


def _regions(page: Page) -> set[int]:
    """The lines between our markers, or under a heading Environmental Impact; empty where a text has neither."""
    inside: set[int] = set()
    marked, depth = False, 0
    for number, line in enumerate(page.lines, 1):
        heading = _HEADING.match(line)
        if line.strip() in {_START, _END}:
            marked = line.strip() == _START
        elif heading and "environmental impact" in heading[2].lower():
            depth = len(heading[1])
        elif heading and len(heading[1]) <= depth:
            depth = 0
        if marked or depth:
            inside.add(number)
    return inside
