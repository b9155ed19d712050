"""What a renderer is, and the jinja environment of each way of escaping. Data never reaches a page unescaped."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import assets
from reporter.patterns import pattern
from reporter.renderers import display, locales, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import jinja2

    from reporter.report import Report

_OPEN, _CLOSE = "\ue000", "\ue001"  # round the keys of a citation inside plain words; taken out of foreign text
_CITATION = pattern(f" ?{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_BLANKS = pattern("[ \t\n]+")  # not those that keep a number and its unit on one line
#: The sentences that a report prints, in their order.
WORDS = ("statement", "method", "equivalents", "limits")
_OWN: ContextVar[Callable[[Language], jinja2.Environment] | None] = ContextVar("the author's templates", default=None)
_UNWANTED = pattern(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000\ue001\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


class Renderer(NamedTuple):
    """One output: ``render(report)`` makes its bytes; only ``renderers.write`` touches the disk.

    ``endings`` are the file endings that choose it for ``-o``. ``document`` is the file it goes to when none is
    named; None means standard output. ``update(report, old)`` edits a file that is already there.
    """

    name: str
    says: str
    endings: tuple[str, ...]
    render: Callable[[Report], bytes]
    document: str | None = None
    update: Callable[[Report, bytes], bytes] | None = None


class Safe(str):
    """Text that is already in the output's language."""

    __slots__ = ()


class Language(NamedTuple):
    """How one output language writes foreign text and citations; ``cite(keys, short)`` gets Source.short texts."""

    escape: Callable[[str], str]
    cite: Callable[[tuple[str, ...]], str]
    delimiters: tuple[str, str, str, str] = ("{%", "%}", "{{", "}}")


def environment(language: Language, report: Report) -> jinja2.Environment:
    """A jinja environment whose every expression is escaped for the language; templates only print.

    ``words(name)`` in a template gives the sentences of templates/words/NAME.txt, escaped and with citations, in the
    report's language, ``_("Figure")`` a label, and ``put("See {link}.", link=...)`` a sentence with markup in it.
    """
    own = _OWN.get()
    made = own(language) if own else _bare(language, _thread())
    made.globals["tag"] = locales.tag()
    made.globals["report"] = report
    made.globals["footprint"] = report.footprint
    made.globals["words"] = lambda name: Safe(_written(words(report, name), language))
    made.globals["cite"] = lambda *keys: Safe(language.cite(keys)) if keys else ""
    made.globals["put"] = lambda message, **markup: Safe(_with_markup(locales.phrase(message), language, markup))
    return made


@contextmanager
def templates_of(make: Callable[[Language], jinja2.Environment]) -> Iterator[None]:
    """Meanwhile every page is made in the environment that ``make`` gives: the author's templates, not ours."""
    token = _OWN.set(make)
    try:
        yield
    finally:
        _OWN.reset(token)


def words(report: Report, name: str) -> str:
    """The sentences of templates/words/NAME.txt, in the spoken language, as plain text, citations still marked."""
    code = locales.current().code
    names = [f"words/{name}.txt"] if code == "en" else [f"words/{code}/{name}.txt", f"words/{name}.txt"]
    rendered = _bare(PLAIN, _thread()).select_template(names).render(
        report=report,
        footprint=report.footprint,
        cite=lambda *keys: Safe(PLAIN.cite(keys)) if keys else "",
        **vocabulary.of(report),
    )
    return "\n\n".join(_BLANKS.sub(" ", part).strip() for part in rendered.split("\n\n") if part.strip())


def without_citations(text: str) -> str:
    """Plain words with the citation marks taken out."""
    return _CITATION.sub("", text)


def citations(text: str) -> list[str]:
    """The keys cited in plain words, in order."""
    return [key for match in _CITATION.finditer(text) for key in match[1].split(",")]


def clean(text: str) -> str:
    """Foreign text without controls, invisible marks and halves of characters, which no page can show."""
    return str(text) if isinstance(text, Safe) else _UNWANTED.sub("\ufffd", text)


def _written(text: str, language: Language) -> str:
    parts = enumerate(_CITATION.split(text))
    return "".join(language.cite(tuple(part.split(","))) if odd % 2 else language.escape(part) for odd, part in parts)


def _with_markup(text: str, language: Language, markup: dict[str, str]) -> str:
    parts = enumerate(re.split(r"\{(\w+)\}", text))
    return "".join(markup[part] if odd % 2 else language.escape(part) for odd, part in parts)


def _thread() -> int:
    from threading import get_ident  # which jinja2 loads as well

    return get_ident()


def _escaped(value: Any, language: Language) -> Any:
    if value is None:
        return display.not_told()
    return value if isinstance(value, Safe) else Safe(language.escape(clean(str(value))))


@lru_cache(maxsize=32)
def _bare(language: Language, thread: int) -> jinja2.Environment:  # noqa: ARG001 - it is part of the cache's key
    """The environment of a language, made once, so that each template is compiled once; each thread has its own."""
    import jinja2

    made = furnished(jinja2.Environment, language)
    made.loader = jinja2.FileSystemLoader(assets.folder("templates"))
    made.bytecode_cache = _compiled()
    return made


def furnished(kind: type[jinja2.Environment], language: Language) -> jinja2.Environment:
    """An environment with the language's delimiters, filters and escaping (by ``finalize``); it has no loader yet."""
    import jinja2

    block_start, block_end, variable_start, variable_end = language.delimiters
    made = kind(
        block_start_string=block_start,
        block_end_string=block_end,
        variable_start_string=variable_start,
        variable_end_string=variable_end,
        comment_start_string="<#" if block_start == "<%" else "{#",
        comment_end_string="#>" if block_start == "<%" else "#}",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: _escaped(value, language),
    )
    made.filters.update(display.FILTERS)
    made.globals["_"] = locales.phrase
    return made


@cache
def _compiled() -> jinja2.FileSystemBytecodeCache | None:
    """Compiled templates beside their sources, as Python keeps its own; compiling takes longer than all the rest.

    None where the folder cannot be written, as in some installations of a whole system.
    """
    import jinja2

    folder = os.path.join(assets.folder("templates"), "__pycache__")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return None
    return jinja2.FileSystemBytecodeCache(folder) if os.access(folder, os.W_OK) else None


#: Sentences before they are written in a language: citations stay marked, nothing is escaped.
PLAIN = Language(str, lambda keys: f"{_OPEN}{','.join(keys)}{_CLOSE}")
