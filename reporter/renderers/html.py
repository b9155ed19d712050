"""The report as one HTML file: nothing is fetched, no script runs, and what is foreign is text and never markup."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

import reporter
from reporter import assets, factors
from reporter.errors import ReportError
from reporter.renderers import base, display, figures, sections, tables

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from reporter.errors import Finding
    from reporter.footprint import Amount, Footprint
    from reporter.report import Report

MOST_FINDINGS = 200  # beyond these a page only repeats itself; the JSON output has them all
_LEVELS = ("error", "warning", "note")
_BODY = re.compile(r"\{([^{}]* and [^{}]*)\}")
_LINKS = ("http://", "https://", "mailto:")
_NOTES_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "h3", "h4", "h5", "h6", "hr", "i",
    "ins", "kbd", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead",
    "tr", "ul",
}  # fmt: skip
#: What a drawn colour is called in styles/report.css, which has another one for the dark.
_VARIABLES = {
    **{colour: f"var(--ink-{name})" for name, colour in figures.INK.items()},
    "#24292f": "currentColor",
    "#8a939c": "var(--axis)",
    "#d9dee3": "var(--rule)",
}
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"


class Tile(NamedTuple):
    """One of the key figures at the top of the page."""

    label: str
    value: str
    note: str


def render(report: Report) -> bytes:
    """The page for browsers: all runs, figures in the colours of the reader's light or dark mode."""
    return page(report).encode()


def page(report: Report, *, most_runs: int | None = None, themed: bool = True) -> str:
    """The page as text; ``most_runs`` shortens the table of runs, ``themed`` leaves the figures' colours to the CSS."""
    footprint, numbers = report.footprint, _Numbers()
    runs, places = tables.runs(footprint, most_runs), _common_folder(footprint)
    made = base.environment(base.Language(_escape, numbers.cite), report)
    made.globals["paragraphs"] = lambda name: _paragraphs(str(made.globals["words"](name)))  # type: ignore[operator]
    made.globals["sources"] = lambda: numbers.listed([source.key for source in base.sources(report)])
    return made.get_template("report.html").render(
        style=base.Safe(assets.read("styles", "report.css")),
        version=reporter.__version__,
        made_on=_day(),
        tiles=_tiles(footprint),
        lines=tables.figures(report),
        pictures=[picture._replace(svg=_inline(picture, themed)) for picture in figures.pictures(footprint)],
        tracker=_only([run.tracker for run in runs]),
        notes=_notes(report.notes),
        groups=tables.groups(footprint),
        equivalents=tables.equivalents(footprint),
        sections=sections.sections(report),
        runs=runs,
        runs_left_out=max(0, len(footprint.runs) - most_runs) if most_runs is not None else 0,
        findings=_findings(footprint, places)[:MOST_FINDINGS],
        findings_left_out=max(0, len(footprint.findings) - MOST_FINDINGS),
        inputs=[item._replace(path=_place(item.path, places)) for item in footprint.inputs],
    )


class _Numbers:
    """Numbers the sources in the order in which the page cites them."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def cite(self, keys: tuple[str, ...]) -> str:
        """Links to the sources' entries, as `` [1, 2]``."""
        told = (f'<a href="#source-{_escape(key)}">{self._of.setdefault(key, len(self._of) + 1)}</a>' for key in keys)
        return f' <span class="cite">[{", ".join(told)}]</span>'

    def listed(self, more: list[str]) -> list[factors.Source]:
        """The cited sources by number, then those that the figures rest on without a citation."""
        return [_named(factors.source(key)) for key in dict.fromkeys((*self._of, *more))]


def _named(source: factors.Source) -> factors.Source:
    """The source with its authors parted by semicolons; an ``and`` inside a body's name, which BibTeX braces, stays."""
    names = source.author
    for body in _BODY.findall(source.bibtex.partition("author = {")[2].partition("\n")[0]):
        names = names.replace(body, body.replace(" and ", "\0"))
    names = names.removesuffix(" and others").replace(" and ", "; ").replace("\0", " and ")
    return source._replace(author=names + " et al." * source.author.endswith(" and others"))


def _escape(text: str) -> str:
    from html import escape  # with its table of all named characters, which text outputs need not load

    return escape(text, quote=True)


def _paragraphs(text: str) -> list[base.Safe]:
    return [base.Safe(part) for part in text.split("\n\n") if part]


def _tiles(footprint: Footprint) -> list[Tile]:
    emissions, cost, runs = footprint.emissions, footprint.social_cost, display.count(len(footprint.runs), "run")
    ends, overhead = display.mass_range(emissions), footprint.pue is not None and footprint.pue.value > 1
    tiles = [
        Tile("Emissions (CO₂e)", display.mass(emissions), f"range {ends}" if ends else _known(emissions)),
        Tile("Energy", display.energy(footprint.energy), "with PUE" if overhead else "of the machines alone"),
    ]
    if overhead:
        tiles.append(Tile("PUE", display.ratio(footprint.pue), _known(footprint.pue)))
    elif footprint.intensity is not None:
        tiles.append(Tile("Carbon intensity", display.intensity(footprint.intensity), _known(footprint.intensity)))
    tiles.append(Tile("Duration", display.duration(footprint.duration_s), runs))
    if cost is not None:
        value, _, ends = display.cost(cost.amount).rstrip(")").partition(" (")
        tiles.append(Tile("Social cost", value, f"range {ends.replace(', ', '–')}" if ends else cost.series))
    return tiles


def _known(amount: Amount | None) -> str:
    return display.basis(amount.basis) if amount else ""


def _findings(footprint: Footprint, folder: str) -> list[Finding]:
    """The gravest first, otherwise as they came."""
    graded = sorted(footprint.findings, key=lambda finding: _LEVELS.index(finding.level))
    return [finding._replace(where=_place(finding.where or "", folder)) for finding in graded]


def _common_folder(footprint: Footprint) -> str:
    """The folder that all inputs are in: it says where the author keeps files and nothing about them."""
    try:
        return os.path.commonpath([os.path.dirname(item.path) for item in footprint.inputs])
    except ValueError:  # no inputs, or absolute and relative paths
        return ""


def _place(path: str, folder: str) -> str:
    inside = path.removeprefix(folder + os.sep) if folder else path
    outside = inside.startswith((os.sep, "/")) or (folder and inside == path)
    return os.path.basename(path) if outside else inside


def _notes(text: str | None) -> base.Safe | None:
    """The author's Markdown as HTML without images, scripts, styles, ids or links to anything but the web and mail."""
    if not text or not text.strip():
        return None
    import markdown
    import nh3

    plain = "".join(" " if ord(char) in (2, 3) else char for char in base.clean(text))
    try:
        made = markdown.markdown(plain, extensions=["tables", "fenced_code", "sane_lists", "toc"],
                                 extension_configs={"toc": {"baselevel": 3, "marker": ""}})  # fmt: skip
    except RecursionError as error:
        raise ReportError("--notes: the Markdown is nested too deeply; take some of its levels out") from error
    cleaned = nh3.clean(
        made,
        tags=_NOTES_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_to_the_web,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return base.Safe(cleaned.replace('<a rel="noopener noreferrer">', "<a>"))  # what is left of a link to elsewhere


def _only(names: list[str]) -> str | None:
    """What all are called, or None where they differ."""
    return names[0] if len(set(names)) == 1 else None


def _inline(picture: figures.Picture, themed: bool) -> base.Safe:
    """The figure as one <svg> without metadata, stylesheet or an id that another figure of the page may have."""
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
    return base.Safe(ET.tostring(root, encoding="unicode"))


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


def _to_the_web(_: str, name: str, value: str) -> str | None:
    return value if name != "href" or value.lower().startswith(_LINKS) else None


def _day() -> str | None:
    """The day of SOURCE_DATE_EPOCH; no clock is read, so that the same logs give the same page."""
    from datetime import UTC, datetime

    told = os.environ.get("SOURCE_DATE_EPOCH")
    if not told:
        return None
    try:
        return datetime.fromtimestamp(int(told), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise ReportError("SOURCE_DATE_EPOCH is no number of seconds since 1970; unset it or set it right") from error


RENDERERS = (
    base.Renderer(
        name="html", says="one-file report", endings=(".html", ".htm"), render=render, document="carbon-report.html"
    ),
)
