"""Intensity series: what a kilowatt-hour emitted hour by hour, from the files that grid operators and services give."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reporter import factors, units
from reporter.errors import Finding, ReportError, plain

from . import moments
from .told import MOST_BYTES, UNIT, Signal, Told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo


@dataclass(frozen=True, slots=True)
class Series:
    """Carbon intensity over time in gCO2e/kWh: steps with start and end in s since 1970 (UTC), ascending, with gaps.

    ``signal`` says whether it is the mean of all generation or what one more kilowatt-hour causes; the two are never
    added up. ``boundary`` is lifecycle, direct or not told; ``spread`` the range as shares of the value.
    """

    files: tuple[str, ...]
    provider: str
    zone: str | None
    signal: Signal
    boundary: str
    starts: list[float]
    ends: list[float]
    values: list[float]
    step_s: float
    spread: tuple[float, float]
    factors: tuple[factors.Factor, ...]  # the first is the series itself
    findings: tuple[Finding, ...]
    unit: str = UNIT

    @property
    def first(self) -> datetime:
        """Start of the first step, UTC."""
        return datetime.fromtimestamp(self.starts[0], UTC)

    @property
    def last(self) -> datetime:
        """End of the last step, UTC."""
        return datetime.fromtimestamp(self.ends[-1], UTC)

    @property
    def resolution(self) -> str:
        """The length of a step in words: ``hourly``, ``5-minute``."""
        named = {3600.0: "hourly", moments.DAY_S: "daily"}
        if self.step_s >= 28 * moments.DAY_S:
            return "monthly" if self.step_s < 300 * moments.DAY_S else "yearly"
        if self.step_s % 60 or self.step_s >= moments.DAY_S:
            return named.get(self.step_s, f"{self.step_s:g}-second")
        return named.get(self.step_s, f"{self.step_s / 60:g}-minute")


def read(paths: Sequence[str], timezone: tzinfo | None = None) -> Series:
    """One series from one or several files of the same grid, signal and boundary.

    ``timezone`` holds for moments that a file writes without one. Raises ReportError with file and line for what
    cannot be read, and for files that must not be put together: marginal beside average, direct beside lifecycle.
    """
    read_files = [(path, _file(path, timezone)) for path in paths]
    (first_path, first), *others = read_files
    for path, told in others:
        _hold_together(first_path, first, path, told)
    rows = sorted(_rows(read_files), key=lambda row: row[0])
    _no_moment_twice(rows)
    starts, name = [row[0] for row in rows], plain(first_path)
    step_s = first.step_s or moments.typical_s(starts) or _named_step_s(first_path)
    if step_s is None:
        raise ReportError("one moment alone does not tell how long its step is; give the rows around it", file=name)
    steps = zip(starts, moments.ends(starts, step_s), (row[1] for row in rows), strict=True)
    kept = [(start, end, value) for start, end, value in steps if value is not None and end > start]
    if not kept:
        raise ReportError("no step of this series has a value", file=name)
    columns = [list(column) for column in zip(*kept, strict=True)]
    found = [finding for _, told in read_files for finding in told.findings]
    if len(kept) < len(rows):
        text = f"{len(rows) - len(kept):,} of {len(rows):,} steps of the intensity series tell no value; they are gaps"
        found.append(Finding("CR114", "note", text, name))
    return _made(paths, first, columns, step_s, tuple(dict.fromkeys(found)))


def _made(
    paths: Sequence[str], told: Told, columns: list[list[float]], step_s: float, found: tuple[Finding, ...]
) -> Series:
    starts, ends, values = columns
    bare = Series(tuple(paths), told.provider, told.zone, told.signal, told.boundary, starts, ends, values, step_s,
                  told.spread, (), found)  # fmt: skip
    name = plain(os.path.basename(paths[0]), 60)
    label = f"{told.provider} {told.zone or name}"
    itself = factors.Factor(
        "intensity", told.zone or name, f"{label}, {bare.resolution}", sum(values) / len(values), min(values),
        max(values), UNIT, bare.first.year, f"{told.boundary}, {told.signal}", told.source,
        f"mean, least and most of {len(values):,} steps from {bare.first:%Y-%m-%d %H:%M} to "
        f"{bare.last:%Y-%m-%d %H:%M} UTC",
        ", ".join(plain(os.path.basename(path), 60) for path in paths),
    )  # fmt: skip
    return Series(bare.files, bare.provider, bare.zone, bare.signal, bare.boundary, starts, ends, values, step_s,
                  told.spread, (itself, *told.factors), found)  # fmt: skip


def _file(path: str, timezone: tzinfo | None) -> Told:
    """One file by its layout. Raises ReportError where it has none that is known."""
    from . import delimited, documents, workbook

    name = plain(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReportError(f"--intensity-series: cannot be read: {error.strerror}", file=name) from error
    if len(data) > MOST_BYTES:
        raise ReportError(f"larger than {MOST_BYTES >> 20} MiB; keep the months that the runs need", file=name)
    if data.startswith(b"PK\x03\x04"):
        return workbook.read(data, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReportError("this is no text in UTF-8", file=name) from error
    if text.lstrip()[:1] in {"{", "["}:
        return documents.read(text, name, timezone)
    return delimited.read(text, name, timezone)


def _rows(files: Sequence[tuple[str, Told]]) -> list[tuple[float, float | None, str, int]]:
    """Start in s, value in g/kWh, file and line of every step. Raises ReportError for a value that cannot be."""
    rows: list[tuple[float, float | None, str, int]] = []
    for path, told in files:
        scale, lowest, name = units.factor(told.unit, UNIT), 0.0 if told.signal == "average" else -1e6, plain(path)
        for start, value, place in zip(told.starts, told.values, told.places, strict=True):
            scaled = None if value is None else value * scale
            if scaled is not None and not lowest <= scaled <= 1e6:
                raise ReportError(f"an intensity of {scaled:g} g/kWh cannot be", file=name, line=place or None)
            rows.append((start, scaled, name, place))
    if not rows:
        raise ReportError("no step stands in this file", file=plain(files[0][0]))
    return rows


def _no_moment_twice(rows: list[tuple[float, float | None, str, int]]) -> None:
    """Take out steps that are told twice alike; two values for one moment are an error."""
    kept = rows[:1]
    for row in rows[1:]:
        if row[0] != kept[-1][0]:
            kept.append(row)
        elif row[1] != kept[-1][1]:
            when = datetime.fromtimestamp(row[0], UTC)
            text = f"{when:%Y-%m-%d %H:%M} UTC has two values, {kept[-1][1]} and {row[1]}; keep one"
            raise ReportError(text, file=row[2], line=row[3] or None)
    rows[:] = kept


def _hold_together(first_path: str, first: Told, path: str, told: Told) -> None:
    pairs = (("signal", first.signal, told.signal), ("boundary", first.boundary, told.boundary),
             ("zone", first.zone, told.zone))  # fmt: skip
    for what, one, other in pairs:
        if one != other:
            text = f"the {what} is {plain(other, 40)} here and {plain(one, 40)} in {plain(first_path)}"
            raise ReportError(f"{text}; such figures are never added up, so give one of the two", file=plain(path))


def _named_step_s(path: str) -> float | None:
    """The length of a step by the name of a file with one row: FR_2023_yearly.csv."""
    name = os.path.basename(path).casefold()
    lengths = {"year": 365 * moments.DAY_S, "month": 30 * moments.DAY_S, "dail": moments.DAY_S, "hour": 3600.0}
    return next((length for word, length in lengths.items() if word in name), None)
