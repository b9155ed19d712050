"""Figures put into the page: one <svg> each, without what only files need, in colours that CSS may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers import base, figures

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: What a drawn colour is called in styles/report.css, which has another one for the dark.
_VARIABLES = {
    **{colour: f"var(--ink-{name})" for name, colour in figures.INK.items()},
    "#24292f": "currentColor",
    "#8a939c": "var(--axis)",
    "#d9dee3": "var(--rule)",
}
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"


def inline(picture: figures.Picture, *, themed: bool) -> figures.Picture:
    """The figure, its ``svg`` without metadata, stylesheet or an id that another figure of the page may have."""
    from xml.etree import ElementTree as ET

    root = ET.fromstring(picture.svg)  # noqa: S314 - matplotlib's own text, in which foreign names are escaped
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag.rpartition("}")[2] in ("metadata", "style")]:
            parent.remove(child)
    for element in root.iter():
        _tidy(element, picture.name, themed)
    _drop_unused_ids(root)
    root.attrib = {
        "viewBox": root.get("viewBox", ""),
        "role": "img",
        "aria-labelledby": f"{picture.name}-title {picture.name}-words",
        "stroke-linejoin": "round",
        "fill": _colour("#24292f", themed),
    }
    for place, (tag, part, text) in enumerate((("title", "title", picture.title), ("desc", "words", picture.words))):
        child = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{picture.name}-{part}"})
        child.text = text
        root.insert(place, child)
    ET.register_namespace("", _SVG)
    return picture._replace(svg=base.Safe(ET.tostring(root, encoding="unicode")))


def _tidy(element: Element, name: str, themed: bool) -> None:
    if "id" in element.attrib:
        element.set("id", f"{name}-{element.attrib['id']}")
    if link := element.attrib.pop(_XLINK, None):
        element.set("href", f"#{name}-{link[1:]}")
    if clip := element.get("clip-path"):
        element.set("clip-path", clip.replace("url(#", f"url(#{name}-"))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if path := element.get("d"):
        element.set("d", " ".join(path.split()))
    if style := element.get("style"):
        told = (part.strip().partition(": ") for part in style.split(";") if "font-family" not in part)
        element.set("style", "; ".join(f"{key}: {_colour(value, themed)}" for key, _, value in told))
    element.text, element.tail = (text if text and text.strip() else None for text in (element.text, element.tail))


def _colour(drawn: str, themed: bool) -> str:
    return _VARIABLES.get(drawn, drawn) if themed else drawn


def _drop_unused_ids(root: Element) -> None:
    links = {element.get("href", "")[1:] for element in root.iter()}
    clips = {element.get("clip-path", "")[5:-1] for element in root.iter()}
    for element in root.iter():
        if element.get("id") not in links | clips:
            element.attrib.pop("id", None)
