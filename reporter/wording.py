"""Options of the wording: the page's language, the digits of its figures, the length of the statement."""

from __future__ import annotations

from typing import Literal

from reporter.errors import ReportError, plain

#: The languages by code, as each calls itself.
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "français", "es": "español", "nb": "bokmål", "zh": "中文"}
LENGTHS = ("short", "paragraph", "full")
_ALSO = {"no": "nb"}  # "no" stands for both written forms of Norwegian; this is the one that there is
MOST_DIGITS = 12


def language(value: object) -> str:
    """A language by its code, with or without its country (``de``, ``de-AT``). Raises ReportError for another."""
    code = str(value).strip().lower().replace("_", "-").partition("-")[0]
    code = _ALSO.get(code, code)
    if code not in LANGUAGES:
        there = ", ".join(f"{one} ({name})" for one, name in LANGUAGES.items())
        raise ReportError(f"--language {plain(value, 40)}: there are {there}")
    return code


def digits(value: object) -> int | Literal["auto"]:
    """How many significant digits, or ``auto``. Raises ReportError for what is neither."""
    text = str(value).strip()
    if text == "auto":
        return "auto"
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_DIGITS:
        return int(text)
    raise ReportError(f"--digits {plain(value, 40)}: write auto (as the ranges support) or a number such as 3")


def statement_length(value: object) -> str:
    """How much the statement says. Raises ReportError for what is no length."""
    if value not in LENGTHS:
        raise ReportError(f"--statement-length {plain(value, 40)}: write {', '.join(LENGTHS[:-1])} or {LENGTHS[-1]}")
    return str(value)
