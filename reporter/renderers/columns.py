"""How wide the columns of a printed table must be: by the longest piece that cannot break, then by the longest text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reporter.patterns import pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from reporter.renderers.tables import Section

#: Widths in em of footnotesize: what the narrowest column of a two-column paper holds (ACL: 7.7 cm in 9 point), and
#: the narrowest page (article: 345 pt in 8 point).
COLUMN, PAGE = 24.0, 43.0
#: The space between two columns, as a share of the line.
GAP = 0.03
_LINES = 1.7  # a table whose longest row takes more lines than this in a column goes over the page
_SLIM, _BROAD = frozenset("ijltfI.,:;'|!()[]/ -"), frozenset("mwMWOQGD%@—…")
_KEPT = pattern("[\u00a0\u202f]")  # as between a sum of money and its sign
_PIECE = pattern(r"[^\s\u00a0–]+–?")


class Layout(NamedTuple):
    """Whether a table goes over the whole page, and each column's share of the line."""

    whole_page: bool
    shares: tuple[float, ...]


def layout(section: Section, glued: re.Pattern[str], longest_part: int) -> Layout:
    """The layout of a section's table: ``glued`` are blanks that do not break, ``longest_part`` letters that do."""
    columns = list(zip(section.columns, *section.rows, strict=True))
    least = [max(_unbroken(cell, glued, longest_part) for cell in column) for column in columns]
    most = [max(low, *map(_width, column)) for column, low in zip(columns, least, strict=True)]
    gaps = GAP * (len(columns) - 1)
    room = COLUMN * (1 - gaps)
    whole_page = sum(least) > room or sum(most) > _LINES * room
    return Layout(whole_page, _shares(least, most, PAGE * (1 - gaps) if whole_page else room, 1 - gaps))


def _shares(least: Sequence[float], most: Sequence[float], room: float, whole: float) -> tuple[float, ...]:
    """Each column its least, and of what is left as much as its longest text asks for."""
    left = max(0.0, room - sum(least))
    asked = sum(most) - sum(least)
    extra = [(high - low) / asked if asked else 1 / len(least) for low, high in zip(least, most, strict=True)]
    wide = [low + left * part for low, part in zip(least, extra, strict=True)]
    return tuple(int(1e3 * whole * width / sum(wide)) / 1e3 for width in wide)


def _unbroken(text: str, glued: re.Pattern[str], longest_part: int) -> float:
    """The width of the widest piece of a text that TeX does not break."""
    pieces = glued.sub("_", _KEPT.sub("_", text)).split()
    parts = (part for piece in pieces for part in _PIECE.findall(piece))
    return max((_width(part[: longest_part + 4]) for part in parts), default=0.0)


def _width(text: str) -> float:
    """Width in em, a little too wide rather than too narrow."""
    return sum(0.33 if char in _SLIM else 0.85 if char in _BROAD else 0.7 if char.isupper() else 0.52 for char in text)
