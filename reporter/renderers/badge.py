"""Badges: a static SVG, and the JSON that shields.io's endpoint badge reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reporter.renderers import display, locales
from reporter.renderers.base import Language, Renderer, environment

if TYPE_CHECKING:
    from reporter.report import Report

LABEL = locales.message("carbon footprint")
_COLOUR = "#2e7d4f"
_UNKNOWN = "#6b7280"
_CHAR_WIDTH, _PADDING = 6.6, 12  # px of an average character at 11 px, and of the space round a text
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def escape(text: str) -> str:
    """Text as XML shows it, in elements and in attributes."""
    return "".join(_XML.get(char, char) for char in text)


def message(report: Report) -> str:
    """What the badge says: the emissions, or the energy where no emissions are known."""
    footprint = report.footprint
    if footprint.emissions is not None:
        return f"{display.mass(footprint.emissions)} CO₂e"
    return display.energy(footprint.energy) if footprint.energy else locales.phrase("not measured")


@locales.spoken
def svg(report: Report) -> bytes:
    """The badge as SVG, as wide as its text, with a title for screen readers."""
    label, text = locales.phrase(LABEL), message(report)
    left, right = (round(locales.width(part) * _CHAR_WIDTH + _PADDING) for part in (label, text))
    made = environment(Language(escape, lambda keys: ""), report)  # noqa: ARG005 - a badge cites nothing
    colour = _COLOUR if report.footprint.emissions else _UNKNOWN
    return made.get_template("badge.svg").render(
        label=label, message=text, left=left, right=right, whole=left + right, middle_left=left / 2,
        middle_right=left + right / 2, colour=colour,
    ).encode("utf-8", "replace")  # fmt: skip


@locales.spoken
def endpoint(report: Report) -> bytes:
    """The endpoint badge of shields.io: schemaVersion 1, label, message, colour."""
    colour = _COLOUR.removeprefix("#") if report.footprint.emissions else "lightgrey"
    content = {"schemaVersion": 1, "label": locales.phrase(LABEL), "message": message(report), "color": colour}
    return (json.dumps(content, ensure_ascii=False) + "\n").encode()


RENDERERS = (
    Renderer("badge", "a badge as SVG", (".svg",), svg),
    Renderer("shields", "the badge as JSON for shields.io's endpoint", (".shields.json",), endpoint),
)
