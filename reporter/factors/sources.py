"""The sources of the figures: reads sources.bib, whose entries are ours, one field a line."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from typing import NamedTuple

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
        """Author and year as running text cites them: ``Ricke et al., 2018``."""
        names = self.author.split(" and ")
        first = names[0].partition(",")[0]
        if len(names) == 1:
            return f"{first}, {self.year}"
        two = len(names) == 2 and names[1] != "others"
        return f"{first} {'and ' + names[1].partition(',')[0] if two else 'et al.'}, {self.year}"


_ENTRY = re.compile(r"^@\w+\{([^,]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)
_ACCENT = re.compile(r"""\{\\(["'`^~v])\{?(\w)\}?\}""")
_COMBINING = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "v": "\u030c"}


def source(key: str) -> Source:
    """The source with this key of sources.bib. Raises ReportError where there is none."""
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


def of_tracker(name: str) -> str | None:
    """The key of the work that a tracker's authors ask to be cited, None where we have none."""
    wanted = f"  tracker = {{{name}}},\n"
    return next((key for key, entry in _entries().items() if wanted in entry), None)


@cache
def _entries() -> dict[str, str]:
    with open(os.path.join(os.path.dirname(__file__), "sources.bib"), encoding="utf-8") as file:
        return {match[1]: match[0] for match in _ENTRY.finditer(file.read())}


def _plain(text: str) -> str:
    text = _ACCENT.sub(lambda match: unicodedata.normalize("NFC", match[2] + _COMBINING[match[1]]), text)
    for tex, char in ((r"{\ss}", "ß"), (r"\&", "&"), ("$_2$", "2"), ("{", ""), ("}", "")):
        text = text.replace(tex, char)
    return text
