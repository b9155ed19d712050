"""Quantities as LaTeX commands that siunitx sets where a paper loads it, and that else print plain text."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reporter.renderers.locales import current

if TYPE_CHECKING:
    from collections.abc import Callable

_UNIT = r"gCO₂e/kWh|[kmµ]?g|t|[kMGmµ]?Wh|[kM]?W|min|k?m|[shd]|%"


@cache
def _quantity(decimal: str, group: str) -> re.Pattern[str]:
    """A figure or a range with its unit, in numbers that a language writes with these signs."""
    number = rf"\d+(?:{re.escape(group)}\d{{3}})*(?:{re.escape(decimal)}\d+)?"
    return re.compile(
        rf"(?<![\w.,$€£–-])(?:(?P<low>{number})–)?(?P<value>{number})[ \u00a0](?P<unit>{_UNIT})(?![\w/%])", re.ASCII
    )


def written(text: str, escape: Callable[[str], str]) -> str:
    r"""Plain text as LaTeX by ``escape``, each figure with a unit as ``\carbonqty{24.344}{kWh}{24.344~kWh}``.

    The last argument is what prints without siunitx; a range becomes ``\carbonrange`` with both its ends.
    """
    out, done = [], 0
    for match in _quantity(current().decimal, current().group).finditer(text):
        out += [escape(text[done : match.start()]), _command(match, escape)]
        done = match.end()
    return "".join([*out, escape(text[done:])])


def _command(match: re.Match[str], escape: Callable[[str], str]) -> str:
    ends = [match[name].replace(current().group, "") for name in ("low", "value") if match[name]]
    ends = [end.replace(current().decimal, ".") for end in ends]
    numbers = "".join(f"{{{end}}}" for end in ends)
    plain = escape(match[0].replace(" ", "\u00a0"))
    return rf"\carbon{'range' if len(ends) > 1 else 'qty'}{numbers}{{{escape(match['unit'])}}}{{{plain}}}"
