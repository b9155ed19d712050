"""What a wrong figure looks like: the known slips, told from how many times as large it is as the right one."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.footprint import Footprint, RunFootprint

MOST_LOG_BYTES = 64 << 20
_CLOSE, _FAR = 1e-4, 0.03  # how near a ratio must come, whatever the digits are
_RATIOS = (
    (1e3, "1,000 times too much: a unit is one step off (g for kg, Wh for kWh)"),
    (1e-3, "1,000 times too little: a unit is one step off (kg where g are due, kWh for MWh)"),
    (1e6, "a million times too much: two steps of units are mixed up"),
    (1e-6, "a million times too little: two steps of units are mixed up (t where g are due)"),
    (3.6, "3.6 times too much: MJ were taken for kWh"),
    (1 / 3.6, "3.6 times too little: kWh were turned into MJ the wrong way"),
    (3600.0, "3,600 times too much: hours and seconds are mixed up"),
    (1 / 3600.0, "3,600 times too little: hours and seconds are mixed up"),
    (12 / 44, "this is the mass of carbon (C), not of CO2: it lacks the factor 44/12"),
    (44 / 12, "the factor 44/12 from carbon (C) to CO2 was applied to what is CO2 already"),
    (2.20462, "these are pounds, not kilograms"),
    (100.0, "100 times too much"),
    (10.0, "10 times too much: a digit or a decimal point"),
    (0.1, "10 times too little: a digit or a decimal point"),
)


class Known(NamedTuple):
    """What there is besides the right figures, for naming a wrong one.

    ``rows`` is the sum of all rows over that of each run's last one, by unit; ``pue`` the one that the text tells.
    """

    footprint: Footprint
    rows: dict[str, float]
    pue: float | None


def known(footprint: Footprint, pue: float | None = None) -> Known:
    """Gather what slips are told by. Reads CodeCarbon's logs once more, as one who adds up every row."""
    return Known(footprint, _sums_of_rows(footprint), pue)


def name(published: float, derived: float, dimension: str, told: Known, near: float) -> str:
    """The slip that turns the derived figure into the published one, in words; empty where none is known.

    ``near`` is how far, relative to the figure, the published digits let it be off.
    """
    near = min(max(near, _CLOSE), _FAR)
    for value, words in _others(dimension, told):
        if value and abs(published / value - 1) < near and abs(published / derived - 1) > near:
            return words
    ratio = published / derived if derived else 0.0
    for size, words in (*_of_pue(dimension, told), *_of_rows(dimension, told), *_RATIOS, *_of_runs(told)):
        if size and size != 1 and abs(ratio / size - 1) < near:
            return words
    return ""


def _others(dimension: str, told: Known) -> Iterator[tuple[float | None, str]]:
    """Other figures of the same logs that may have been printed by mistake."""
    footprint = told.footprint
    if dimension == "kgCO2e":
        yield footprint.reported_emissions_kg, "this is what the tracker itself reported, not energy times intensity"
        computed = footprint.computed.value if footprint.computed else None
        yield computed, "this is energy times the published intensity, not the tracker's own figure"
        yield from _of_one_run(told, lambda run: run.emissions.value if run.emissions else None)
    elif dimension == "kWh":
        machines = footprint.it_energy.value if footprint.it_energy else None
        yield machines, "this is the energy of the machines, without the PUE"
        facility = footprint.energy.value if footprint.energy else None
        yield facility, "this is the energy of the facility, with the PUE"
        for part, value in footprint.parts.items():
            yield value, f"this is the energy of the {part.upper()} alone"
        yield from _of_one_run(told, lambda run: run.energy.value if run.energy else None)


def _of_one_run(told: Known, figure: object) -> Iterator[tuple[float | None, str]]:
    runs: tuple[RunFootprint, ...] = told.footprint.runs
    if 1 < len(runs) <= 10_000 and callable(figure):
        for run in runs:
            yield figure(run), f"this is one run alone ({run.run.id[:12]}), of {len(runs):,}"


def _of_pue(dimension: str, told: Known) -> list[tuple[float, str]]:
    pue = told.footprint.pue.value if told.footprint.pue else 1.0
    if dimension in {"", "s", "g/kWh", "%"}:
        return []
    if pue > 1:
        return [(pue, f"the PUE of {pue:g} is counted twice"), (1 / pue, f"the PUE of {pue:g} is left out")]
    if not told.pue or told.pue <= 1:
        return []
    counted = f"the text counts a PUE of {told.pue:g}, the logs tell none; give --pue {told.pue:g} if it holds"
    return [(told.pue, counted)]


def _of_rows(dimension: str, told: Known) -> list[tuple[float, str]]:
    ratio = told.rows.get(dimension, 0.0)
    return [(ratio, "this is the sum of all rows, and each row of a run holds those before it")] if ratio > 1 else []


def _of_runs(told: Known) -> list[tuple[float, str]]:
    runs = len(told.footprint.runs)
    return [(1 / runs, f"this is the mean of the {runs:,} runs, not their sum")] if runs > 1 else []


def _sums_of_rows(footprint: Footprint) -> dict[str, float]:
    """For CodeCarbon: how many times as much the sum of all rows is as that of each run's last one, by dimension."""
    sums = {"emissions": 0.0, "energy_consumed": 0.0}
    last: dict[tuple[str, str, str], float] = {}
    for entry in footprint.inputs:
        path = entry.path
        if entry.tracker != "codecarbon" or not os.path.isfile(path) or os.path.getsize(path) > MOST_LOG_BYTES:
            continue
        try:
            with open(path, encoding="utf-8", errors="replace", newline="") as file:
                for row in csv.DictReader(file):
                    for column in sums:
                        value = _number(row.get(column))
                        sums[column] += value
                        last[path, column, str(row.get("run_id"))] = value
        except (csv.Error, OSError):
            return {}
    whole = {column: sum(value for key, value in last.items() if key[1] == column) for column in sums}
    names = {"emissions": "kgCO2e", "energy_consumed": "kWh"}
    return {names[column]: sums[column] / whole[column] for column in sums if whole[column] > 0}


def _number(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        return 0.0
    return value if value == value and abs(value) < 1e18 else 0.0  # noqa: PLR0124 - a NaN is unlike itself
