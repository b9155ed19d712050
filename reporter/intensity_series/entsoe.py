"""ENTSO-E's generation per production type: an intensity from the mix of each step and a factor for each kind."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from reporter import factors
from reporter.errors import Finding, ReportError, plain
from reporter.patterns import pattern

from .moments import Clock
from .told import Taken, Told, number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from reporter.factors import Factor

    from .told import Line

_GENERATED = pattern(r"(.+?) ?- actual aggregated \[mw\]")
#: Water that was pumped up with electricity generated earlier: to count it would count that twice.
_STORED = "hydro pumped storage"
#: Where more than this share of the generation has no factor, the mean of the rest says little of the whole.
MUCH = 0.05


class _Kinds(NamedTuple):
    """Columns with a factor, and columns without one."""

    known: list[tuple[int, Factor]]
    unknown: list[int]


def claims(header: list[str]) -> bool:
    """Whether a folded header is that of generation per production type."""
    return any(cell.startswith("mtu") for cell in header) and any(_GENERATED.fullmatch(cell) for cell in header)


def clock(title: str, timezone: tzinfo | None) -> Clock:
    """The clock of a column of market time units: its header names the zone, else the user does."""
    from zoneinfo import ZoneInfo

    if "utc" in title:
        return Clock(UTC, day_first=True)
    return Clock(ZoneInfo("Europe/Brussels") if "cet" in title else timezone, day_first=True)


def first_moment(cell: str) -> str:
    """The start of a unit such as ``01.01.2024 00:00 - 01.01.2024 01:00 (CET/CEST)``; other text as it is.

    A zone at the end holds for both moments, unless it names summer and winter time together.
    """
    start, dash, end = cell.strip().partition(" - ")
    if not dash:
        return start
    zone = re.search(r"\((\w+)\)\s*$", end)
    return f"{start.strip()} ({zone[1]})" if zone and not start.rstrip().endswith(")") else start.strip()


def read(header: list[str], numbered: Iterable[Line], name: str, timezone: tzinfo | None) -> Told:
    """Intensity in g/kWh of each step: generation by kind times that kind's lifecycle factor, over the generation.

    It is that of what was generated in the area: imports and exports are not in the file. Raises ReportError with the
    line for what is no moment or number.
    """
    time, kinds = next(place for place, cell in enumerate(header) if cell.startswith("mtu")), _kinds(header)
    area = header.index("area") if "area" in header else None
    taken, units = Taken(name), None
    sums = [0.0, 0.0, 0.0, 0.0]  # generation without a factor; emissions low, central and high
    generated = 0.0
    for line, cells in numbered:
        with taken.at(line, time, cells):
            if units is None:
                units = clock(f"{header[time]} {cells[time].casefold()}", timezone)
            mix = [(_power(cells, place), factor) for place, factor in kinds.known]
            total = sum(power for power, _ in mix)
            emitted = sum(power * factor.value for power, factor in mix)
            taken.add(units.seconds(first_moment(cells[time])), emitted / total if total > 0 else None)
            generated += total
            sums[0] += sum(_power(cells, place) for place in kinds.unknown)
            sums[1] += sum(power * (factor.low or 0.0) for power, factor in mix)
            sums[2] += emitted
            sums[3] += sum(power * (factor.high or factor.value) for power, factor in mix)
            if area is not None and area < len(cells):
                taken.zone(cells[area].strip())
    used = tuple(dict.fromkeys(factor for _, factor in kinds.known))
    spread = (sums[1] / sums[2], sums[3] / sums[2]) if sums[2] else (1.0, 1.0)
    zone = re.sub(r"\s*\|.*", "", taken.named or "").removeprefix("BZN") or taken.named
    return Told("ENTSO-E generation", "entsoe", zone, "average", "lifecycle", "gCO2e/kWh", taken.starts, taken.values,
                taken.lines, None, spread, used, _findings(sums[0], generated, name))  # fmt: skip


def _power(cells: list[str], place: int) -> float:
    """Generation in MW; what a plant drew for itself, below 0, is none."""
    return max(number(cells[place]) or 0.0, 0.0) if place < len(cells) else 0.0


def _kinds(header: list[str]) -> _Kinds:
    by_name = {kind.casefold(): factor for kind, factor in factors.generation().items()}
    kinds = _Kinds([], [])
    for place, cell in enumerate(header):
        match = _GENERATED.fullmatch(cell)
        kind = match[1].strip() if match else None
        if kind in by_name:
            kinds.known.append((place, by_name[kind]))
        elif kind and kind != _STORED:
            kinds.unknown.append(place)
    if not kinds.known:
        raise ReportError(f"no column is of a known kind of generation: '{plain(', '.join(header), 120)}'")
    return kinds


def _findings(unknown: float, generated: float, name: str) -> tuple[Finding, ...]:
    if not unknown:
        return ()
    share = unknown / (unknown + generated)
    text = f"{share:.2g} of the generation is of kinds without a factor; the intensity is that of the rest"
    text = text.replace(f"{share:.2g}", f"{100 * share:.2g} %", 1)
    return (Finding("CR117", "warning" if share > MUCH else "note", text, name),)
