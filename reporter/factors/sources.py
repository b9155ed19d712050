"""The sources of the figures: reads sources.bib, whose entries are ours, one field a line; holds those of users."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from typing import NamedTuple
from zlib import crc32

from reporter.patterns import pattern

from .tables import missing


class Source(NamedTuple):
    """A work that figures come from or that a report cites; texts are free of TeX, ``bibtex`` is the whole entry.

    ``author`` keeps BibTeX's order and its `` and ``; ``url`` is that of the DOI where there is one.
    """

    key: str
    title: str
    author: str
    year: str
    url: str
    licence: str
    bibtex: str

    @property
    def short(self) -> str:
        """Author and year as running text cites them: ``Ricke et al., 2018``; without a year the author alone."""
        if self.year == _NO_YEAR:
            return self.author
        names = self.author.split(" and ")
        first = names[0].partition(",")[0]
        if len(names) == 1:
            return f"{first}, {self.year}"
        two = len(names) == 2 and names[1] != "others"
        return f"{first} {'and ' + names[1].partition(',')[0] if two else 'et al.'}, {self.year}"


_NO_YEAR = "n.d."
#: Sources that users named, by keys that are made of their words, so that none is ever another's.
_own: dict[str, Source] = {}
_TEX = {char: f"\\{char}" for char in "&%$#_{}"} | {"~": "\\textasciitilde ", "^": "\\textasciicircum "}
_TEX["\\"] = "\\textbackslash "
_ENTRY = pattern(r"^@\w+\{([^,]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = pattern(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)
_ACCENT = pattern(r"""\{\\(["'`^~v])\{?(\w)\}?\}""")
_COMBINING = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "v": "\u030c"}


def source(key: str) -> Source:
    """The source with this key of sources.bib. Raises ReportError where there is none."""
    if key in _own:
        return _own[key]
    entry = _entries().get(key)
    if entry is None:
        raise missing("source", key, _entries(), "the keys stand in reporter/factors/sources.bib")
    fields = dict(_FIELD.findall(entry))
    doi = fields.get("doi")
    return Source(
        key,
        _plain(fields["title"]),
        _plain(fields["author"]),
        fields["year"],
        f"https://doi.org/{doi}" if doi else fields.get("url") or fields.get("link", ""),
        fields["licence"],
        entry,
    )


def own(text: str, licence: str = "", year: str = "") -> str:
    """The key of a source that the user names in words: it is cited as given. A key that we hold stays itself."""
    text, licence = ("".join(filter(str.isprintable, " ".join(words.split()))) for words in (text, licence))
    if text in _entries():
        return text
    told = re.search(r"\b(?:19|20)\d\d\b", text)
    year = told[0] if told else year or _NO_YEAR
    author = (text[: told.start()].strip(" ,;:.(") if told else "") or text
    link = re.search(r"https?://[^\s<>\"{}\\^`|]+", text)
    name = re.sub(r"[^a-z0-9]+", "-", text.casefold())[:24].strip("-")
    key = f"own-{name}-{crc32(f'{text}|{licence}|{year}'.encode(errors='replace')):08x}".replace("--", "-")
    fields = {"author": f"{{{_tex(author)}}}", "title": f"{{{_tex(text)}}}", "year": _tex(year)}
    fields |= {"url": _tex(link[0]) if link else "", "licence": _tex(licence)}
    entry = "".join(f"  {field} = {{{value}}},\n" for field, value in fields.items() if value)
    entry = f"@misc{{{key},\n{entry}}}"
    _own[key] = Source(key, text, author, year, link[0] if link else "", licence or "not told", entry)
    return key


def of_tracker(name: str) -> str | None:
    """The key of the work that a tracker's authors ask to be cited, None where we have none."""
    wanted = f"  tracker = {{{name}}},\n"
    return next((key for key, entry in _entries().items() if wanted in entry), None)


@cache
def _entries() -> dict[str, str]:
    with open(os.path.join(os.path.dirname(__file__), "sources.bib"), encoding="utf-8") as file:
        return {match[1]: match[0] for match in _ENTRY.finditer(file.read())}


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in text)


def _plain(text: str) -> str:
    text = _ACCENT.sub(lambda match: unicodedata.normalize("NFC", match[2] + _COMBINING[match[1]]), text)
    for tex, char in ((r"{\ss}", "ß"), (r"\&", "&"), ("$_2$", "2"), ("{", ""), ("}", "")):
        text = text.replace(tex, char)
    return text
