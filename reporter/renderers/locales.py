"""The language of a page: its words, numbers, dates and places as its readers write them. English is the code's own.

English costs nothing. For another language Babel and its catalogue are loaded when first spoken, and what is spoken
holds for one thread or task until the renderer is done.
"""

from __future__ import annotations

import dataclasses
import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast

from reporter import assets, factors, wording
from reporter.errors import ReportError
from reporter.report import DEFAULT_TITLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date as day
    from gettext import GNUTranslations

    from reporter.report import Report

    Digits = int | Literal["auto"] | None

_Render = TypeVar("_Render", bound="Callable[..., Any]")

_TAGS = {"zh": "zh-Hans"}
#: Territories that ISO 3166 has no alpha-2 for, as Unicode's CLDR calls them.
_TERRITORIES = {"WLD": "001", "EU27": "EU"}
#: From this size on thousands are parted, where that is not 1,000 (minimumGroupingDigits in CLDR; Babel leaves it out).
_PARTED_FROM = {"es": 10_000}


class Locale(NamedTuple):
    """How one language writes: its catalogue (None: English), its signs in numbers, and the digits that were asked for.

    ``digits``: None as the size of a figure asks, a number of significant digits, or as its range supports ("auto").
    """

    code: str = "en"
    digits: Digits = None
    catalogue: GNUTranslations | None = None
    decimal: str = "."
    group: str = ","
    percent: str = " %"


ENGLISH = Locale()
_SPOKEN: ContextVar[Locale] = ContextVar("carbon-report's language", default=ENGLISH)


def current() -> Locale:
    """What is spoken here and now."""
    return _SPOKEN.get()


def width(text: str) -> int:
    """How many columns of a terminal a text takes: what East Asians write takes two a character."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def tag() -> str:
    """The language as BCP 47 writes it, for HTML and PDF: ``en``, ``zh-Hans``."""
    return _TAGS.get(current().code, current().code)


@contextmanager
def speaking(code: str = "en", digits: Digits = None) -> Iterator[None]:
    """Speak a language inside ``with``. Raises ReportError for one that is not known, or where Babel is missing."""
    before = _SPOKEN.set(_locale(code)._replace(digits=digits))
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken(render: _Render) -> _Render:
    """A renderer for people: it speaks the report's language; a title that nobody chose is in that language too."""

    @wraps(render)
    def in_its_language(report: Report, *arguments: Any, **named: Any) -> Any:
        with speaking(report.language, report.digits):
            if report.title == DEFAULT_TITLE:
                report = dataclasses.replace(report, title=phrase(DEFAULT_TITLE))
            return render(report, *arguments, **named)

    return cast("_Render", in_its_language)


def phrase(message: str, /, **values: object) -> str:
    """The message in the spoken language, with what stands in its braces; a message without translation stays."""
    catalogue = current().catalogue
    told = catalogue.gettext(message) if catalogue and message else message
    return told.format(**values) if values else told


def message(english: str) -> str:
    """The message itself: marks a constant for the catalogues, which phrase() looks up where it is printed."""
    return english


def phrases(one: str, many: str, number: int, /, **values: object) -> str:
    """A message that depends on a number, which ``{number}`` stands for."""
    catalogue = current().catalogue
    told = catalogue.ngettext(one, many, number) if catalogue else one if number == 1 else many
    return told.format(number=figure(f"{number:,}"), **values)


def figure(text: str) -> str:
    """A number written in English (``1,234.5``) with the signs of the spoken language (``1.234,5``)."""
    spoken_here = current()
    if spoken_here.catalogue is None:
        return text
    whole = text.lstrip("-−").partition(".")[0]
    if len(whole.replace(",", "")) < len(str(_PARTED_FROM.get(spoken_here.code, 0))):
        text = text.replace(",", "")
    return text.translate({ord(","): spoken_here.group, ord("."): spoken_here.decimal})


def money(number: str, currency: str, sign: str) -> str:
    """An amount of money (``number`` as figure() takes it) with its currency where readers expect that."""
    if current().catalogue is None:
        return f"{sign}{number}"
    babel, numbers = _babel(), _babel_part("numbers")
    pattern: str = babel.Locale(current().code).currency_formats["standard"].pattern
    symbol, shown = numbers.get_currency_symbol(currency, current().code), figure(number)
    return f"{symbol}{shown}" if pattern.startswith("¤") else f"{shown}\u00a0{symbol}"


def currency(code: str, english: str) -> str:
    """A currency's name, as after a number."""
    if current().catalogue is None:
        return english
    name: str = _babel_part("numbers").get_currency_name(code, 2, current().code)
    return name


def country(iso3: str) -> str:
    """A country's name by its alpha-3 code. Raises ReportError where there is no such code."""
    english = factors.country_name(iso3)
    if current().catalogue is None:
        return english
    territories = _babel().Locale(current().code).territories
    name: str = territories.get(_TERRITORIES.get(iso3) or factors.alpha2(iso3), english)
    return name


def date(when: day) -> str:
    """A day: ``2026-11-21``, ``21.11.2026``, ``2026年11月21日``."""
    if current().catalogue is None:
        return when.isoformat()
    shown: str = _babel_part("dates").format_date(when, "medium", current().code)
    return shown


def _babel() -> Any:
    try:
        import babel
    except ImportError as error:
        raise ReportError("--language needs Babel for all but English: pip install babel") from error
    return babel


def _babel_part(name: str) -> Any:
    import importlib

    _babel()
    return importlib.import_module(f"babel.{name}")


@cache
def _locale(code: str) -> Locale:
    if wording.language(code) == "en":
        return ENGLISH
    known = _babel().Locale(code)
    signs = known.number_symbols["latn"]
    percent = "%" if known.percent_formats[None].pattern.endswith("0%") else "\u00a0%"
    return Locale(code, None, _catalogue(code), signs["decimal"], signs["group"], percent)


def _catalogue(code: str) -> GNUTranslations:
    """The labels of templates/words/CODE/labels.po, compiled here, so that a translator needs no tool to see them."""
    import io
    from gettext import GNUTranslations

    made = io.BytesIO()
    path = os.path.join(assets.folder("templates"), "words", code, "labels.po")
    with open(path, "rb") as file:
        _babel_part("messages.mofile").write_mo(made, _babel_part("messages.pofile").read_po(file, code))
    made.seek(0)
    return GNUTranslations(made)
