"""What a notebook shows of a Footprint: a compact page without script, a table for pandas, and the report's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.errors import ReportError, plain
from reporter.renderers import base, display, figures, json, tables
from reporter.renderers.locales import phrase, spoken
from reporter.report import DEFAULT_TITLE, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from reporter.footprint import Footprint
    from reporter.renderers.figures import Picture
    from reporter.run import Reading

SHOWN_RUNS = 10
_NUMBERS = ("_kwh", "_kg", "_s", "_per_kwh", "pue", "_coverage", "line")


def page(footprint: Footprint) -> str:
    """Statement, figures, and the groups or first runs as HTML; every text is escaped, and nothing is fetched."""
    return report(Report(footprint))


@spoken
def report(shown: Report) -> str:
    """The same of a report with its title."""
    footprint = shown.footprint
    rows = [(line.label, line.value, line.range, line.note) for line in tables.figures(shown)]
    title = "" if shown.title == phrase(DEFAULT_TITLE) else f"<h3>{_escape(shown.title)}</h3>"
    parts = [title, f"<p>{_escape(base.without_citations(base.words(shown, 'statement')))}</p>", _table((), rows)]
    if len(footprint.runs) > 1:
        listed = tables.groups(footprint) or tables.runs(footprint, SHOWN_RUNS)
        cells = [(line.name, line.duration, line.energy, line.emissions) for line in listed]
        parts.append(
            _table(
                (phrase("Group" if footprint.groups else "Run"), phrase("Duration"), phrase("Energy"), phrase("CO₂e")),
                cells,
            )
        )
        hidden = 0 if footprint.groups else len(footprint.runs) - SHOWN_RUNS
        if hidden > 0:
            parts.append(f"<p>… and {hidden:,} more runs; <code>.to_pandas()</code> has them all.</p>")
    if footprint.findings:
        graded = sorted(footprint.findings, key=lambda finding: ("error", "warning", "note").index(finding.level))
        told = "".join(f"<li>{_escape(f'{one.message} [{one.code}]')}</li>" for one in graded[:SHOWN_RUNS])
        parts.append(f"<details><summary>{len(graded):,} findings</summary><ul>{told}</ul></details>")
    return f"<div class='carbon-report'>{''.join(parts)}</div>"


def reading(read: Reading) -> str:
    """What was read: the files with their trackers and how many runs each gave."""
    rows = [(entry.path, entry.tracker, f"{entry.rows:,}", f"{entry.runs:,}", f"{entry.skipped:,}")
            for entry in read.inputs[:SHOWN_RUNS]]  # fmt: skip
    more = f"<p>… and {len(read.inputs) - SHOWN_RUNS:,} more files.</p>" if len(read.inputs) > SHOWN_RUNS else ""
    counts = ((len(read.runs), "run"), (len(read.inputs), "file"), (len(read.findings), "finding"))
    runs, files, findings = (f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
    said = f"{runs} from {files}, {findings}"
    table = _table(("File", "Tracker", "Rows", "Runs", "Skipped"), rows)
    return f"<div class='carbon-report'><p>{said}; <code>reporter.assess(…)</code> is next.</p>{table}{more}</div>"


def frame(footprint: Footprint) -> pd.DataFrame:
    """One row a run, with the names and units of the JSON report; a label is a column ``label_NAME``."""
    import pandas as pd

    rows = []
    for told in json.document(Report(footprint))["runs"]:
        labels = told.pop("labels")
        rows.append(told | {f"label_{key}": value for key, value in labels.items()})
    made = pd.DataFrame(rows)
    for name in made.columns:
        if name.endswith(_NUMBERS) and not name.startswith("label_"):
            made[name] = pd.to_numeric(made[name])
    return made


def figure(footprint: Footprint, name: str) -> Picture:
    """The figure of that name. Raises ReportError, which tells the names that there are, for another."""
    drawn = {picture.name: picture for picture in figures.pictures(footprint)}
    if name not in drawn:
        raise ReportError(f"figure '{plain(name, 40)}': there is data for {', '.join(drawn) or 'none'}")
    return drawn[name]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = f"<thead><tr>{''.join(f'<th>{_escape(cell)}</th>' for cell in heads)}</tr></thead>" if heads else ""
    told = ("".join(f"<td>{_escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table>{head}<tbody>{''.join(f'<tr>{cells}</tr>' for cells in told)}</tbody></table>"


def _escape(text: Any) -> str:
    from html import escape

    return escape(base.clean(display.short(str(text), 2000)), quote=True)
