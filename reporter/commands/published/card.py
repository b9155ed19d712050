"""The ``co2_eq_emissions`` of a model card's metadata as it is written: text, type and line of each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.patterns import pattern

from . import quantities

if TYPE_CHECKING:
    from .text import Page

MOST_LINES, MOST_CHARACTERS = 200, 1 << 16
_KEY = pattern(r"""^['"]?co2_eq_emissions['"]?\s*:""")
_NEXT = pattern(r"^[^\s#\-}\]]")


class Value(NamedTuple):
    """One value as written: its text, the type that YAML gives it (float, int, str, null, ...), and its line."""

    text: str
    kind: str
    line: int


class Claim(NamedTuple):
    """What ``co2_eq_emissions`` holds. ``shape`` is number, mapping, list, other, or broken (no YAML)."""

    line: int
    shape: str
    values: dict[str, Value]
    trouble: str = ""

    @property
    def emissions(self) -> Value | None:
        """The figure itself, as written."""
        return self.values.get("emissions")

    @property
    def grams(self) -> quantities.Quantity | None:
        """The figure as the Hub takes it, a number of grams, in kg; None where it is no bare number."""
        told = self.emissions
        if told is None or not re.fullmatch(rf"[+]?{quantities.NUMBER}(?:[eE][+-]?\d{{1,3}})?", told.text):
            return None
        value, half = quantities.number_of(told.text.lstrip("+"))
        return quantities.Quantity(value / 1e3, half / 1e3, "kgCO2e", f"{told.text} g", 0, 0)


def claim(page: Page) -> Claim | None:
    """The claim of a card, or None where its metadata have none. Its other metadata are not looked at."""
    if page.front is None:
        return None
    first, end = page.front
    place = next((place for place in range(first, end - 1) if _KEY.match(page.lines[place])), None)
    if place is None:
        return None
    after = range(place + 1, min(end - 1, place + MOST_LINES))
    stop = next((number for number in after if _NEXT.match(page.lines[number])), after.stop)
    return _read("\n".join(page.lines[place : max(stop, place + 1)])[:MOST_CHARACTERS], place + 1)


def _read(block: str, line: int) -> Claim:
    import yaml

    try:
        root = yaml.compose(block, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Claim(line, "broken", {}, " ".join(str(getattr(error, "problem", error)).split())[:100])
    node = root.value[0][1] if isinstance(root, yaml.MappingNode) and root.value else None
    if isinstance(node, yaml.ScalarNode):
        return Claim(line, "number", {"emissions": _value(node, line)})
    if isinstance(node, yaml.MappingNode):
        return Claim(line, "mapping", _values(node, line))
    if isinstance(node, yaml.SequenceNode):
        parts = [part for part in node.value if isinstance(part, yaml.MappingNode)]
        return Claim(line, "list", {key: value for part in parts for key, value in _values(part, line).items()})
    return Claim(line, "other", {})


def _values(node: object, line: int) -> dict[str, Value]:
    pairs = getattr(node, "value", ())
    return {str(key.value)[:60]: _value(value, line) for key, value in pairs if isinstance(value.value, str)}


def _value(node: object, line: int) -> Value:
    kind = str(getattr(node, "tag", "")).rpartition(":")[2]
    mark = getattr(node, "start_mark", None)
    return Value(str(getattr(node, "value", ""))[:300].strip(), kind, line + (mark.line if mark else 0))
