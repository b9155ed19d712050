"""The report as one HTML file: nothing is fetched, no script but ours runs, what is foreign is never markup."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import reporter
from reporter import assets, factors
from reporter.errors import ReportError
from reporter.patterns import pattern
from reporter.renderers import base, bibliography, display, sections, tables
from reporter.renderers.locales import message, phrase, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reporter.errors import Finding
    from reporter.footprint import Amount, Footprint
    from reporter.renderers.figures import Picture
    from reporter.report import Report

MOST_FINDINGS = 200  # beyond these a page only repeats itself; the JSON output has them all
#: Lines of the summary that the page's script may show, in their order.
_SUMMARY = {
    "pue": "PUE",
    "energy": "Energy with PUE",
    "intensity": "Carbon intensity",
    "emissions": "Emissions (CO₂e)",
    "claim": "Reported by the tracker",
    "cost": "Social cost of carbon",
}
#: Stands beside what the page's script does not compute again, and shows while anything is changed.
_AS_PUBLISHED = message("As published: your assumptions do not change this.")
_LEVELS = ("error", "warning", "note")
_BODY = pattern(r"\{([^{}]* and [^{}]*)\}")
_LINKS = ("http://", "https://", "mailto:")
_NOTES_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "h3", "h4", "h5", "h6", "hr", "i",
    "ins", "kbd", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead",
    "tr", "ul",
}  # fmt: skip


class Tile(NamedTuple):
    """One of the key figures at the top of the page; one without a value waits for the page's script."""

    key: str
    label: str
    value: str
    note: str


class Script(NamedTuple):
    """The page's script, the data that it computes with, and what the page's policy lets run: that script alone."""

    code: base.Safe
    data: base.Safe
    allowed: base.Safe


def render(report: Report) -> bytes:
    """The page for browsers: all runs, figures in the reader's light or dark mode, and what computes them again."""
    return page(report).encode()


@spoken
def page(
    report: Report, /, *, most_runs: int | None = None, paper: bool = False, template: str = "report.html",
    spoken_of: Sequence[str] = base.WORDS, **instead: Any,
) -> str:  # fmt: skip
    """The page as text; ``most_runs`` shortens the table of runs, ``paper`` leaves out what only a screen can do.

    Another ``template`` extends ours, and has no script; ``instead`` is what it prints in place of what it would print,
    and ``spoken_of`` names the words that it has.
    """
    footprint, numbers = report.footprint, _Numbers()
    live, told_beside = not paper and template == "report.html", phrase(_AS_PUBLISHED)
    runs, places = tables.runs(footprint, most_runs), _common_folder(footprint)
    made = base.environment(base.Language(_escape, numbers.cite), report)
    made.globals["paragraphs"] = lambda name: _paragraphs(str(made.globals["words"](name))) if name in spoken_of else []  # type: ignore[operator]
    made.globals["sources"] = lambda: numbers.listed([source.key for source in bibliography.sources(report)])
    ours: dict[str, Callable[[], Any]] = {
        "style": lambda: base.Safe(assets.read("styles", "report.css")),
        "version": lambda: reporter.__version__,
        "made_on": day,
        "script": lambda: _script(report) if live else None,
        "as_published": lambda: base.Safe(f'<p class="as-published" hidden>{_escape(told_beside)}</p>' * live),
        "tiles": lambda: _tiles(footprint, waiting=live),
        "lines": lambda: _lines(report, waiting=live),
        "pictures": lambda: _pictures(footprint, themed=not paper),
        "tracker": lambda: _only([run.tracker for run in runs]),
        "notes": lambda: prose(report.notes),
        "groups": lambda: tables.groups(footprint),
        "equivalents": lambda: tables.equivalents(footprint),
        "sections": lambda: sections.sections(report),
        "runs": lambda: runs,
        "runs_left_out": lambda: max(0, len(footprint.runs) - most_runs) if most_runs is not None else 0,
        "findings": lambda: _findings(footprint, places)[:MOST_FINDINGS],
        "findings_left_out": lambda: max(0, len(footprint.findings) - MOST_FINDINGS),
        "inputs": lambda: [item._replace(path=_place(item.path, places)) for item in footprint.inputs],
    }
    told = {name: make() for name, make in ours.items() if name not in instead}
    return made.get_template(template).render(told, **instead)


def _pictures(footprint: Footprint, *, themed: bool) -> list[Picture]:
    from reporter.renderers import drawings, figures

    return [drawings.inline(picture, themed=themed) for picture in figures.pictures(footprint)]


def _script(report: Report) -> Script:
    import hashlib
    from base64 import b64encode

    code = assets.read("templates", "report.js")
    digest = b64encode(hashlib.sha256(code.encode()).digest()).decode()
    from reporter.renderers import page_data

    return Script(base.Safe(code), base.Safe(page_data.text(report)), base.Safe(f"'sha256-{digest}'"))


def _lines(report: Report, *, waiting: bool) -> list[tables.Line]:
    """The summary; ``waiting`` adds, without a value, the lines that another place, PUE or price may call for."""
    lines = tables.figures(report)
    known = {line.key for line in lines}
    keys = list(_SUMMARY)
    for number, key in enumerate(keys):
        if waiting and key not in known:
            place = next((place for place, line in enumerate(lines) if line.key in keys[number + 1 :]), len(lines))
            lines.insert(place, tables.Line(phrase(_SUMMARY[key]), "", key=key))
    return lines


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


def _tiles(footprint: Footprint, *, waiting: bool) -> list[Tile]:
    emissions, pue = footprint.emissions, footprint.pue
    ends, overhead = display.mass_range(emissions), pue is not None and pue.value > 1
    around = phrase("with PUE") if overhead else phrase("of the machines alone")
    made = [
        Tile("emissions", phrase("Emissions (CO₂e)"), display.mass(emissions), _ends(ends) or _known(emissions)),
        Tile("energy", phrase("Energy"), display.energy(footprint.energy), around),
        Tile("context", phrase("Carbon intensity"), "", ""),
        Tile("duration", phrase("Duration"), display.duration(footprint.duration_s), display.runs(len(footprint.runs))),
        _cost_tile(footprint),
    ]
    if overhead:
        made[2] = Tile("context", phrase("PUE"), display.ratio(pue), _known(pue))
    elif footprint.intensity is not None:
        made[2] = made[2]._replace(value=display.intensity(footprint.intensity), note=_known(footprint.intensity))
    return [tile for tile in made if tile.value or waiting]


def _cost_tile(footprint: Footprint) -> Tile:
    cost, label = footprint.social_cost, phrase("Social cost")
    if cost is None:
        return Tile("cost", label, "", "")
    value = display.money(cost.amount.value, cost.amount.unit, cost.amount)
    return Tile("cost", label, value, _ends(display.cost_range(cost.amount, dash=True)) or cost.series)


def _ends(shown: str) -> str:
    return phrase("range {ends}", ends=shown) if shown else ""


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


def prose(text: str | None) -> base.Safe | None:
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
        _headed(made),
        tags=_NOTES_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_to_the_web,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return base.Safe(cleaned.replace('<a rel="noopener noreferrer">', "<a>"))  # what is left of a link to elsewhere


def _headed(made: str) -> str:
    """The notes with their highest headings right below the page's, whichever they were written with."""
    highest = min((int(level) for level in re.findall(r"<h([3-6])", made)), default=3)
    return re.sub(r"(</?h)([3-6])", lambda found: f"{found[1]}{int(found[2]) - highest + 3}", made)


def _only(names: list[str]) -> str | None:
    """What all are called, or None where they differ."""
    return names[0] if len(set(names)) == 1 else None


def _to_the_web(_: str, name: str, value: str) -> str | None:
    return value if name != "href" or value.lower().startswith(_LINKS) else None


def day() -> str | None:
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
