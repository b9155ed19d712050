"""Badges: strict XML with nothing but shapes and words, and the JSON that shields.io's endpoint reads."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reporter.renderers import badge, base
from reporter.report import Report

from .text_outputs import HENDERSON, PAGE_NAMES, TEX_NAMES, WORLD_NAMES, named, report

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {
    "svg": {"width", "height", "viewBox", "role", "aria-label"},
    "title": set(),
    "rect": {"width", "height", "rx", "fill"},
    "path": {"d", "fill"},
    "g": {"fill", "font-family", "font-size", "text-anchor"},
    "text": {"x", "y"},
}


def parsed(made: Report) -> ET.Element:
    return ET.fromstring(badge.svg(made))  # noqa: S314 - we wrote it


def without_emissions(made: Report, **known: object) -> Report:
    footprint = dataclasses.replace(made.footprint, emissions=None, **known)  # type: ignore[arg-type]
    return dataclasses.replace(made, footprint=footprint)


def test_only_shapes_and_words_whatever_the_names(tmp_path: Path) -> None:
    names = PAGE_NAMES + TEX_NAMES + WORLD_NAMES + ("\x00", "\uffff", "]]><svg/>")
    rows = [row | {"codecarbon_version": row["project_name"]} for row in named(names)]
    made = report(tmp_path, *rows, title="<script>", authors=("<b>",), scope='"')

    for element in parsed(made).iter():
        assert element.tag.startswith(SVG)
        assert set(element.attrib) <= ALLOWED[element.tag.removeprefix(SVG)]
    assert badge.svg(made) == badge.svg(report(tmp_path, *named(names)))


def test_escape_holds_in_elements_and_attributes() -> None:
    for name in PAGE_NAMES:
        clean = base.clean(name)
        text = badge.escape(clean)
        element = ET.fromstring(f'<a b="{text}">{text}</a>')  # noqa: S314 - we wrote it
        assert element.text == clean.replace("\r\n", "\n")
        assert list(element) == []


def test_it_says_the_emissions_to_eyes_and_ears(tmp_path: Path) -> None:
    root = parsed(report(tmp_path, HENDERSON))
    words = [element.text for element in root.iter(f"{SVG}text")]

    assert words == ["carbon footprint", "8.021 kg CO₂e"]
    assert root.attrib["aria-label"] == root.findtext(f"{SVG}title") == "carbon footprint: 8.021 kg CO₂e"
    assert root.attrib["role"] == "img"


def test_texts_fit_and_parts_add_up(tmp_path: Path) -> None:
    for kilograms in (1e-9, 8.021, 1.5e9):
        root = parsed(report(tmp_path, {"emissions": kilograms}))
        width = float(root.attrib["width"])
        centres = [float(element.attrib["x"]) for element in root.iter(f"{SVG}text")]
        texts = [element.text or "" for element in root.iter(f"{SVG}text")]
        assert root.attrib["viewBox"] == f"0 0 {width:.0f} 20"
        for centre, text in zip(centres, texts, strict=True):
            assert centre - 3 * len(text) > 0
            assert centre + 3 * len(text) < width


def test_contrast_of_white_on_each_colour(tmp_path: Path) -> None:
    for made in (report(tmp_path, HENDERSON), without_emissions(report(tmp_path, HENDERSON))):
        fills = {
            element.attrib["fill"] for element in parsed(made).iter() if element.tag in {f"{SVG}rect", f"{SVG}path"}
        }
        assert len(fills) == 2
        for fill in fills:
            channels = [int(fill[place : place + 2], 16) / 255 for place in (1, 3, 5)]
            linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
            luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
            assert 1.05 / (luminance + 0.05) >= 4.5


def test_what_is_not_known_is_not_claimed(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON)

    assert badge.message(without_emissions(made)) == "24.344 kWh"
    assert badge.message(without_emissions(made, energy=None)) == "not measured"
    assert json.loads(badge.endpoint(without_emissions(made)))["color"] == "lightgrey"


@pytest.mark.parametrize("kilograms", [0.0, 1e-9, 8.021, 1e6])
def test_endpoint_has_the_fields_of_the_schema(tmp_path: Path, kilograms: float) -> None:
    made = report(tmp_path, {"emissions": kilograms})
    content = json.loads(badge.endpoint(made))

    assert list(content) == ["schemaVersion", "label", "message", "color"]
    assert content["schemaVersion"] == 1
    assert type(content["schemaVersion"]) is int
    assert content["label"] == "carbon footprint"
    assert content["message"] == badge.message(made) != ""
    assert content["color"].isalnum()
