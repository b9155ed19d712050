"""The bundled figures as tables of the site, each with its range, year, boundary, source and the source's licence."""

from __future__ import annotations

import csv
import html
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reporter import factors
from reporter.factors import editions
from reporter.factors import sources as works
from reporter.factors.tables import KINDS

FOLDER = Path(works.__file__).parent
#: Of each table: its title, and what its page says of it.
TABLES = {
    "intensity": "Intensity of electricity by country and region",
    "cloud_regions": "Intensity of electricity by cloud region",
    "pue": "Power usage effectiveness",
    "social_cost": "Social cost of carbon",
    "equivalents": "Relatable equivalents",
    "tdp": "Design power of hardware",
    "embodied": "Embodied emissions of hardware",
    "generation": "Emissions of generation by fuel",
    "measurement": "How far meters are off",
    "reference_models": "Published models",
}
#: Columns that have a place of their own in a row; what a table has besides is told under the note.
_PLACED = ("key", "label", "value", "low", "high", "unit", "year", "boundary", "source", "role", "note")
_NAMES = {
    "grid_g_per_kwh": "grid, g/kWh", "energy_mwh": "energy, MWh", "lifetime_years": "lifetime, years", "models": "also",
    "us": "place in the US", "eu": "place in the EU", "uk": "place in the UK", "power_w": "power, W",
    "energy_basis": "energy is", "names": "stands for",
}  # fmt: skip
#: What the field to filter a table shows while it is empty.
_EXAMPLES = {
    "tdp": "a100", "embodied": "h100", "social_cost": "ricke2018 USA", "equivalents": "flight", "pue": "google",
    "cloud_regions": "gcp", "reference_models": "GPT",
}  # fmt: skip
#: Beyond so many rows a field to filter them is shown.
MANY = 20


class Table(NamedTuple):
    """One CSV: its columns and its rows as texts by column."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


@cache
def read(name: str) -> Table:
    """The table as it is shipped."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Table(tuple(rows[0]), tuple(rows))


def listed(_: str) -> str:
    """Every table with the number of its figures, as a list of links."""
    if set(TABLES) != set(KINDS):
        raise ValueError(f"docs/factor_tables.py and reporter/factors differ: {sorted(set(TABLES) ^ set(KINDS))}")
    lines = [f"- [{title}]({name}.md): {len(read(name).rows):,} figures" for name, title in TABLES.items()]
    return "\n".join([f"Edition **{editions.EDITION}**.", "", *lines])


def table(name: str) -> str:
    """One table as HTML: rows that turn into cards on a phone, and can be filtered where there are many."""
    rows = read(name).rows
    heads = ("figure", "value", "year and boundary", "source and licence", "note")
    head = "".join(f"<th scope='col'>{text}</th>" for text in heads)
    body = "\n".join(f"<tr>{_figure(row)}{_value(row)}{_bounds(row)}{_source(row)}{_note(row)}</tr>" for row in rows)
    field = _filter(name, len(rows)) if len(rows) > MANY else ""
    whole = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
    return f"{field}<table class='figures' id='figures'>{whole}</table>\n"


def _filter(name: str, many: int) -> str:
    return (
        f"<p class='filter' hidden><label>Show rows with <input type='search' id='filter' aria-controls='figures' "
        f"placeholder='{_EXAMPLES.get(name, 'France')}'></label> "
        f"<span id='filtered' role='status'>{many:,} figures</span></p>\n"
    )


def _figure(row: dict[str, str]) -> str:
    role = "" if row["role"] == "default" else f" <em class='role'>{html.escape(row['role'])}</em>"
    return f"<th scope='row'>{html.escape(row['label'])}{role}<br><code>{html.escape(row['key'])}</code></th>"


def _value(row: dict[str, str]) -> str:
    made = f"<strong>{html.escape(row['value'])}</strong> {html.escape(row['unit'])}"
    if row["low"] or row["high"]:
        made += f"<br><small>{html.escape(row['low'] or '–')} to {html.escape(row['high'] or '–')}</small>"
    return f"<td>{made}</td>"


def _bounds(row: dict[str, str]) -> str:
    return f"<td>{'<br>'.join(html.escape(row[column]) for column in ('year', 'boundary') if row[column])}</td>"


def _source(row: dict[str, str]) -> str:
    if not row["source"]:
        return "<td></td>"
    work = factors.source(row["source"])
    link = f"<a href='sources.html#source-{_anchor(row['source'])}'>{html.escape(work.short)}</a>"
    return f"<td>{link}<br><small>{html.escape(work.licence)}</small></td>"


def _note(row: dict[str, str]) -> str:
    note = [html.escape(part) for part in row["note"].split("; ") if part]
    more = [f"<small>{_NAMES.get(column, column)}: {html.escape(text.replace('|', ', '))}</small>"
            for column, text in row.items() if text and column not in _PLACED]  # fmt: skip
    return f"<td>{'<br>'.join([*note, *more])}</td>"


def _anchor(key: str) -> str:
    return re.sub(r"[^a-z0-9-]", "-", key.casefold())


def sources(_: str) -> str:
    """Every work of sources.bib with its licence and the tables that use it."""
    used: dict[str, list[str]] = {}
    for name in TABLES:
        for key in dict.fromkeys(row["source"] for row in read(name).rows if row["source"]):
            used.setdefault(key, []).append(name)
    lines = []
    for key in re.findall(r"^@\w+\{([^,]+),$", (FOLDER / "sources.bib").read_text(encoding="utf-8"), re.MULTILINE):
        work = factors.source(key)
        title = f"[{_plain(work.title)}]({work.url})" if work.url else _plain(work.title)
        tables = ", ".join(f"[{TABLES[name]}]({name}.md)" for name in used.get(key, []))
        lines += [f"[`{key}`]{{#source-{_anchor(key)}}} {_plain(work.short)}", f": {title}.", "",
                  f"  Licence: {_plain(work.licence)}." + (f" Figures: {tables}." if tables else ""), ""]  # fmt: skip
    return "\n".join(lines)


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]{}<>|$#~^])", r"\\\1", " ".join(text.split()))
