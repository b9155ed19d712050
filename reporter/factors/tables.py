"""The tables of figures: reads one CSV when it is first needed, lays the user's rows over it, builds Factors."""

from __future__ import annotations

import csv
import os
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Columns that every table has, in this order; what a kind needs besides comes after them.
COLUMNS = ("key", "label", "value", "low", "high", "unit", "year", "boundary", "source", "role", "note")
KEY, LABEL, VALUE, LOW, HIGH, UNIT, YEAR, BOUNDARY, SOURCE, ROLE, NOTE = range(len(COLUMNS))
#: The first columns of a table's own: the country (intensity, cloud_regions), its grid zone and the provider's area.
COUNTRY, ZONE, AREA = 11, 12, 13
SERIES = 11  # social_cost
CATEGORY, MODELS = 11, 12  # tdp, embodied: cpu, gpu, tpu, memory ...; other keys of the same model
ENERGY_MWH = 12  # reference_models
NAMES = 11  # generation: what the operators of grids call that kind of generation
POSITIONS = {"us": 12, "eu": 13, "uk": 14}  # equivalents: place in the default list of a locale

#: A table's name and the kind of its figures.
KINDS = {
    "intensity": "intensity",
    "cloud_regions": "intensity",
    "pue": "pue",
    "social_cost": "social_cost",
    "equivalents": "equivalent",
    "tdp": "tdp",
    "measurement": "measurement",
    "embodied": "embodied",
    "generation": "generation",
    "reference_models": "reference_model",
}
#: The columns that a table has of its own, after those of all.
OWN_COLUMNS = {
    "intensity": ("country",),
    "cloud_regions": ("country", "zone", "area"),
    "pue": (),
    "measurement": (),
    "social_cost": ("series", "country"),
    "equivalents": ("category", "us", "eu", "uk"),
    "tdp": ("category", "models"),
    "embodied": ("category", "models", "lifetime_years"),
    "generation": ("names",),
    "reference_models": ("developer", "energy_mwh", "energy_basis", "pue", "grid_g_per_kwh", "accelerator",
                         "accelerators", "accelerator_hours", "days", "power_w"),
}  # fmt: skip
Row = list[str]


class OwnRow(Row):
    """A row that the user gave; ``origin`` is where it stands, ``factors.csv:3``."""

    origin = ""


class Factor(NamedTuple):
    """One published figure: value, range and unit as published, and what it bounds.

    ``year`` is the year the figure is for (social cost: of the emission), ``boundary`` what it counts (lifecycle,
    direct, domestic damage ...), ``source`` a key of sources.bib. A range that nobody published says so in ``note``
    after ``range:``. For the intensity of a country it runs from the lowest to the highest lifecycle figure among the
    editions we hold, widened to at least +/-10 %; where only one figure is known it is +/-15 %. Both widths are our
    judgement, not a statistic. ``origin`` is empty for a bundled figure, else the file and line that the user gave.
    """

    kind: str
    key: str
    label: str
    value: float
    low: float | None
    high: float | None
    unit: str
    year: int | None
    boundary: str
    source: str
    note: str
    origin: str = ""


#: The tables as they are with the user's rows, only those that he changes. Each report has its own.
_laid_over: ContextVar[Mapping[str, list[Row]] | None] = ContextVar("laid_over", default=None)


def rows(table: str) -> list[Row]:
    """Rows of a table, as text and without the header: the user's, if there are, before the bundled ones."""
    over = _laid_over.get()
    return over[table] if over and table in over else bundled(table)


@cache
def bundled(table: str) -> list[Row]:
    """Rows of ``<table>.csv`` beside this file."""
    # Plain csv and not pandas: pandas costs half a second and reads Namibia's NA as a missing value.
    with open(os.path.join(os.path.dirname(__file__), table + ".csv"), encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def factor(table: str, row: Row, remark: str = "") -> Factor:
    """The figure in a row of a table; ``remark`` is put before its note."""
    return Factor(
        KINDS[table],
        row[KEY],
        row[LABEL],
        float(row[VALUE]),
        float(row[LOW]) if row[LOW] else None,
        float(row[HIGH]) if row[HIGH] else None,
        row[UNIT],
        int(row[YEAR]) if row[YEAR] else None,
        row[BOUNDARY],
        row[SOURCE],
        "; ".join(filter(None, (remark, row[NOTE]))),
        getattr(row, "origin", ""),
    )


def of_year(table: str, found: list[Row], year: int | None) -> Factor:
    """Of several years' rows the one of ``year`` or nearest to it, and then the note says so; None takes the latest.

    A row without a year holds for any.
    """
    if year is None:
        return factor(table, max(found, key=lambda row: int(row[YEAR] or 0)))
    row = min(found, key=lambda row: (distance(row, year), row[YEAR]))
    remark = f"figure for {row[YEAR]}, none for {year}" if distance(row, year) else ""
    return factor(table, row, remark)


def distance(row: Row, year: int) -> int:
    """How many years a row is away from a year; 0 where it tells none."""
    return abs(int(row[YEAR]) - year) if row[YEAR] else 0


def missing(what: str, text: str, known: Iterable[str], hint: str) -> ReportError:
    """The error for a key that no table has: names near matches, or else says what to do."""
    from difflib import get_close_matches

    spellings = {name.casefold(): name for name in known}
    near = [spellings[name] for name in get_close_matches(text.casefold(), spellings, n=3, cutoff=0.6)]
    advice = f"did you mean {' or '.join(near)}?" if near else hint
    return ReportError(f"{what} '{plain(text, 60)}' is not known: {advice}")
