"""The pages of a site: what stands on each, where it is, and what it is made of."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import reporter
from reporter import assets
from reporter.renderers import base, display, html, sections, tables
from reporter.renderers.locales import message, phrase, phrases
from reporter.renderers.site import curve, names, nodes, run_sections
from reporter.renderers.site.folder import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reporter.footprint import Footprint, RunFootprint
    from reporter.report import Report

    SummedUp = Callable[[Sequence[RunFootprint]], Footprint]

PER_PAGE = 250  # runs of a list
TEMPLATES = ("report.html", "site/page.html")
#: What can be downloaded: the file, the renderer that makes it, what it is called, what it is.
DATA = (
    ("data/report.json", "json", "JSON", message("everything, in full precision, for other programs")),
    ("data/runs.csv", "ledger", "CSV", message("the table of runs, which carbon-report reads again")),
    ("data/report.tex", "latex", "LaTeX", message("a fragment for a paper")),
    ("data/report.bib", "bibtex", "BibTeX", message("the works that the fragment cites")),
)
ONE_PAGE = "report.html"
#: What the further pages of a list leave to its first.
_UNLISTED = ("tiles", "lines", "pictures", "groups", "equivalents", "sections", "findings", "inputs")


class Link(NamedTuple):
    """A link by its name; one without an address is where the reader is, ``rel`` as HTML has it."""

    name: str
    link: str
    rel: str = ""


class Download(NamedTuple):
    """A file to download or (not ``kept``) to look at."""

    path: str
    name: str
    note: str
    kept: bool


def every_page(report: Report, run_names: Sequence[str], summed_up: SummedUp) -> list[Page]:
    """Every file of the site, the pages that others link to after those that they are made of."""
    return list(_Site(report, run_names, summed_up).all())


class _Site:
    """What the pages share: the report, its files' names, and what a page of this version is made of besides data."""

    def __init__(self, report: Report, run_names: Sequence[str], summed_up: SummedUp) -> None:
        self.report, self.footprint, self.summed_up = report, report.footprint, summed_up
        self.run_names = run_names
        self.nodes = nodes.of(self.footprint)
        self.home = nodes.homes(self.nodes, len(self.footprint.runs))
        self.findings, self.inputs = defaultdict(list), defaultdict(list)
        for finding in self.footprint.findings:
            path, _, line = (finding.where or "").rpartition(":")
            self.findings[path if line.isdigit() else finding.where].append(finding)
        for entry in self.footprint.inputs:
            for place in {entry.path, entry.path.rpartition("/")[0]}:
                self.inputs[place].append(entry)
        texts = [assets.read("templates", *name.split("/")) for name in TEMPLATES]
        meant = (reporter.__version__, replace(report, footprint=None), html.day(), texts)  # type: ignore[arg-type]
        self.base = repr(meant)

    def all(self) -> Iterator[Page]:
        from reporter.renderers import available

        yield Page("style.css", "", lambda: assets.read("styles", "report.css").encode())
        for path, name, _, _ in (*DATA, (ONE_PAGE, "html", "", "")):
            yield Page(path, "", lambda name=name: available()[name].render(self.report))  # type: ignore[misc]
        digests = [self._digest(place) for place in range(len(self.run_names))]
        for place, path in enumerate(self.run_names):
            yield Page(path, digests[place], lambda place=place: self._run(place))  # type: ignore[misc]
        for node in self.nodes:
            members = node.branch.group.members
            known = [self.base, repr(node), *(digests[place] + self.run_names[place] for place in members)]
            digest = _sha256(*known, *(repr(self.nodes[child]) for child in node.inside))
            yield Page(node.path, digest, lambda node=node: self._group(node))  # type: ignore[misc]
            yield from self._rest(node.path, node.branch.path[-1], members, self._crumbs(node.path, node.above))
        yield Page("index.html", "", self._index)
        yield from self._rest("index.html", phrase("All runs"), range(len(self.run_names)), self._crumbs("runs/", None))

    # --- one page of each kind ------------------------------------------------------------------------------------

    def _index(self) -> bytes:
        downloads = [Download(path, name, phrase(note), kept=True) for path, _, name, note in DATA]
        whole = phrase("the same report as one page, which computes and sorts")
        downloads.append(Download(ONE_PAGE, "HTML", whole, kept=False))
        places = range(len(self.run_names))
        return self._page(
            "index.html", self.report, spoken_of=base.WORDS, downloads=downloads,
            groups=self._lines("index.html", range(len(self.nodes))), **self._listed("index.html", places, 1),
        )  # fmt: skip

    def _group(self, node: nodes.Node) -> bytes:
        branch, members = node.branch, node.branch.group.members
        whole = replace(
            self.summed_up([self.footprint.runs[place] for place in members]),
            groups=tuple(self.nodes[child].branch.group for child in node.children), group_by=self.footprint.group_by,
        )  # fmt: skip
        report = replace(self.report, footprint=whole, title=branch.path[-1], scope=None, notes=None)
        statistics = nodes.section([branch, *(self.nodes[child].branch for child in node.inside)])
        return self._page(
            node.path, report, crumbs=self._crumbs(node.path, node.above), spoken_of=("statement",),
            intro=html.prose(branch.description), groups=self._lines(node.path, node.inside), sections=[statistics],
            **self._listed(node.path, members, 1),
        )  # fmt: skip

    def _run(self, place: int) -> bytes:
        item, path = self.footprint.runs[place], self.run_names[place]
        inputs = [entry for entry in self.inputs.get(item.run.source, ()) if entry.runs]
        whole = replace(self.summed_up([item]), inputs=tuple(inputs), findings=tuple(self._told(item)))
        name = display.short(tables.name_of(item), 120)
        report = replace(self.report, footprint=whole, title=name, scope=None, notes=None, working=True)
        drawn = curve.drawn(item)
        told = [run_sections.facts(item), run_sections.labels(item), run_sections.factors(whole)]
        home = self.home[place]
        return self._page(
            path, report, crumbs=self._crumbs(path, home), spoken_of=(), groups=[], runs=None,
            pictures=[drawn] if drawn else [], lines=_of_one(tables.figures(report)),
            sections=[*(one for one in told if one is not None), *sections.sections(report)],
        )  # fmt: skip

    def _rest(self, path: str, name: str, members: Sequence[int], crumbs: list[Link]) -> Iterator[Page]:
        """The pages of a list of runs after its first."""
        for number in range(2, -(-len(members) // PER_PAGE) + 1):
            there = names.part(path, number)
            title = display.short(name, 120)
            above = [*crumbs, Link(title, _relative(there, path))] if path != "index.html" else crumbs

            def made(there: str = there, number: int = number, title: str = title, above: Any = above) -> bytes:
                empty: dict[str, Any] = {key: [] for key in _UNLISTED}
                report = replace(self.report, title=title, scope=None, notes=None)
                listed = self._listed(path, members, number)
                return self._page(there, report, crumbs=above, spoken_of=(), **empty, **listed)

            yield Page(there, "", made)

    # --- parts of pages -------------------------------------------------------------------------------------------

    def _page(self, path: str, report: Report, **told: Any) -> bytes:
        told = {"crumbs": [], "downloads": [], "intro": None, "runs_caption": "", "pages": [], **told}
        groups_caption = phrase("Each with the runs inside it; a name leads to its page.")
        made = html.page(report, template="site/page.html", root="../" * path.count("/"),
                         site_title=self.report.title, groups_caption=groups_caption, **told)  # fmt: skip
        return made.encode()

    def _crumbs(self, path: str, node: int | None) -> list[Link]:
        """The way from the index to a page: all that it is inside of."""
        way = []
        while node is not None:
            above = self.nodes[node]
            way.append(Link(display.short(above.branch.path[-1]), _relative(path, above.path)))
            node = above.above
        return [Link(display.short(self.report.title), _relative(path, "index.html")), *reversed(way)]

    def _lines(self, path: str, inside: Sequence[int]) -> list[tables.GroupLine]:
        top = min((len(self.nodes[place].branch.path) for place in inside), default=1)
        return [
            tables.group(node.branch.group, node.branch.path[-1])._replace(
                link=_relative(path, node.path), level=min(7, len(node.branch.path) - top)
            )
            for node in (self.nodes[place] for place in inside)
        ]

    def _listed(self, path: str, members: Sequence[int], number: int) -> dict[str, Any]:
        """One page of a list of runs: its lines, its caption, and the way to the others."""
        here, first = names.part(path, number), PER_PAGE * (number - 1)
        shown = members[first : first + PER_PAGE]
        told = tables.runs(self.summed_up([self.footprint.runs[place] for place in shown]))
        lines = [
            line._replace(link=_relative(here, self.run_names[place]))
            for place, line in zip(shown, told, strict=True)
        ]
        caption = phrase("Runs {first} to {last} of {number}; a name leads to the run's page.", first=first + 1,
                         last=display.whole(first + len(shown)), number=display.whole(len(members)))  # fmt: skip
        return {"runs": lines, "runs_caption": caption, "pages": _pager(path, number, -(-len(members) // PER_PAGE))}

    def _told(self, item: RunFootprint) -> Iterator[Any]:
        """The findings on the run's file, without those on lines of other runs."""
        for finding in self.findings.get(item.run.source, ()):
            line = (finding.where or "").rpartition(":")[2]
            if item.run.line is None or not line.isdigit() or int(line) == item.run.line:
                yield finding

    def _digest(self, place: int) -> str:
        item = self.footprint.runs[place]
        inputs = self.inputs.get(item.run.source, ())
        return _sha256(self.base, repr(item), repr(inputs), repr(list(self._told(item))), repr(
            self._crumbs(self.run_names[place], self.home[place])))  # fmt: skip


def _of_one(lines: Sequence[tables.Line]) -> list[tables.Line]:
    """The summary of a single run: nothing is summed, and there is nothing to count."""
    return [lines[1]._replace(label=phrase("Duration")), *lines[2:]]


def _pager(path: str, number: int, last: int) -> list[Link]:
    """Links to the pages of a list: the one before and after, the first and the last."""
    if last < 2:
        return []
    here = names.part(path, number)

    def link(name: str, to: int, rel: str = "") -> list[Link]:
        return [Link(name, _relative(here, names.part(path, to)), rel)] if 1 <= to <= last and to != number else []

    where = phrases("Page {page} of {number}", "Page {page} of {number}", last, page=display.whole(number))
    return [*link(phrase("First"), 1), *link(phrase("Previous"), number - 1, "prev"), Link(where, ""),
            *link(phrase("Next"), number + 1, "next"), *link(phrase("Last"), last)]  # fmt: skip


def _relative(here: str, there: str) -> str:
    """The link from one file of the site to another."""
    return "../" * here.count("/") + there


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
