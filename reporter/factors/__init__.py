"""Every number that was not measured here: look-ups of published figures, each with its source and boundary."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import ReportError, plain

from . import editions, hardware, places
from .editions import EDITION, UNKNOWN_YEAR
from .places import alpha2, country, country_name
from .sources import Source, of_tracker, source
from .sources import own as own_source
from .tables import (
    BOUNDARY,
    CATEGORY,
    COUNTRY,
    ENERGY_MWH,
    KEY,
    KINDS,
    LABEL,
    MODELS,
    NAMES,
    POSITIONS,
    ROLE,
    SERIES,
    SOURCE,
    UNIT,
    VALUE,
    YEAR,
    ZONE,
    Factor,
    Row,
    distance,
    factor,
    missing,
    of_year,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "EDITION",
    "UNKNOWN_YEAR",
    "Factor",
    "Reference",
    "Source",
    "alpha2",
    "cloud",
    "cloud_regions",
    "country",
    "country_name",
    "embodied",
    "equivalents",
    "generation",
    "intensities",
    "intensity",
    "laid_over",
    "lifetime",
    "measurement",
    "of_tracker",
    "own_source",
    "pue",
    "reference_models",
    "require_edition",
    "search",
    "search_rows",
    "series",
    "social_cost",
    "source",
    "tdp",
]


#: How far the year of an intensity may lie from the one asked for: grids change, so a farther one is no figure of it.
NEAREST_YEARS = 3
require_edition = editions.require


@contextmanager
def laid_over(path: str | None) -> Iterator[None]:
    """Lay the user's figures of a CSV file over the bundled ones meanwhile; None leaves them as they are.

    Raises ReportError with file and line for a row that cannot be.
    """
    if path is None:
        yield
        return
    from . import own

    with own.laid_over(path):
        yield


def intensity(country: str, region: str | None = None, year: int | None = None) -> Factor:
    """Emissions of a kilowatt-hour of electricity in gCO2e/kWh: a country's lifecycle figure, or that of its region.

    ``region`` is a key, its last part or a name: ``US-CA``, ``CA``, ``california``, ``CAMX``. Figures of regions are
    direct emissions, as ``boundary`` says. Without a ``year`` it is the newest figure; with one that year's, or the
    nearest within three years, and then the note says so. Raises ReportError for an unknown place, and for a year
    without a figure: the world's average, the country's and another time's are never taken unasked.
    """
    code = places.country(country)
    found = [row for row in rows("intensity") if row[COUNTRY] == code]
    name = f"{places.country_name(code)} ({code})"
    if region is None:
        whole = [row for row in found if row[ROLE] == "default"]
        if whole:
            return _of_time("intensity", [*whole, *(row for row in found if row[ROLE] == "history")], year, name)
        raise missing("grid intensity of", name, (), "give --intensity VALUE, or the country whose grid it is on")
    parts = [row for row in found if row[ROLE] == "subnational"]
    wanted = places.fold(region)
    named = [row for row in parts if wanted and wanted in _names(row)]
    if named:
        return _of_time("intensity", [row for row in named if row[KEY] == named[0][KEY]], year, named[0][LABEL])
    known = [name for row in parts for name in (row[KEY], row[LABEL])]
    hint = f"leave it out to take the figure of {places.country_name(code)}, or give --intensity VALUE"
    raise missing(f"region of {code}", region, known, hint)


def _of_time(table: str, found: list[Row], year: int | None, name: str) -> Factor:
    """The first of the rows, or that of a year; a ReportError names the years there are where none is near it."""
    if year is None:
        return factor(table, found[0])
    if min(distance(row, year) for row in found) <= NEAREST_YEARS:
        return of_year(table, found, year)
    years = ", ".join(sorted({row[YEAR] for row in found}))
    raise ReportError(f"--intensity-year {year}: {plain(name, 60)} has no figure near it; there are {years}")


def _names(row: Row) -> tuple[str, ...]:
    key, label = row[KEY], row[LABEL]
    return tuple(places.fold(name) for name in (key, key.partition("-")[2], label, label.partition(" (")[0]))


def intensities() -> list[Factor]:
    """The lifecycle intensity of every country that has one, in gCO2e/kWh, as :func:`intensity` gives it."""
    return [factor("intensity", row) for row in rows("intensity") if row[ROLE] == "default"]


def cloud_regions(provider: str) -> list[Factor]:
    """The published intensities of a provider's regions, in gCO2e/kWh. Raises ReportError for an unknown provider."""
    name = places.provider(provider)
    found = [row for row in rows("cloud_regions") if row[KEY].startswith(f"{name}:") and row[ROLE] == "default"]
    return [factor("cloud_regions", row) for row in found if row[VALUE]]


def cloud(provider: str, region: str, year: int | None = None) -> tuple[str, Factor | None]:
    """The country (alpha-3) of a cloud region, and the intensity of its place in gCO2e/kWh if one is published.

    Google's regions have Google's own figure; those of AWS and Azure in the USA, Canada and Australia the grid area
    that they stand in; elsewhere it is None and the country's figure is the one to ask for. Mind the boundary: all
    of them are direct emissions; Google's were lifecycle until 2020. The year is as for ``intensity``. Raises
    ReportError for an unknown provider or region.
    """
    name = places.provider(provider)
    row = places.cloud_region(name, region)
    if row is None:
        known = [key.partition(":")[2] for key in (row[KEY] for row in rows("cloud_regions")) if key.startswith(name)]
        raise missing(f"{name} region", region, known, "give --country instead")
    if row[VALUE]:
        others = [one for one in rows("cloud_regions") if one[KEY] == row[KEY] and one[VALUE] and one is not row]
        return row[COUNTRY], _of_time("cloud_regions", [row, *others], year, row[LABEL])
    if not row[ZONE]:
        return row[COUNTRY], None
    area = intensity(row[COUNTRY], row[ZONE], year)
    return row[COUNTRY], area._replace(note=f"grid area of {row[LABEL]}; {area.note}")


def pue(provider: str | None = None, region: str | None = None, year: int | None = None) -> Factor:
    """Power usage effectiveness: energy of the whole data centre over that of its machines, without unit.

    Without a provider it is the average of Uptime's survey; with one, its region's figure where published, else that
    of its fleet. The year is the nearest published one, the latest if none is given; the note tells of every such
    step. Raises ReportError for a provider without a figure.
    """
    table = [row for row in rows("pue") if row[ROLE] != "comparison"]
    if provider is None:
        return of_year("pue", [row for row in table if row[KEY] == "uptime"], year)
    name = places.provider(provider)
    own = (region or "").casefold()
    area = places.cloud_area(name, own) if own else ""
    for place in filter(None, (own, area)):
        found = [row for row in table if row[KEY] == f"{name}:{place}"]
        if found:
            return of_year("pue", found, year)
    fleet = of_year("pue", [row for row in table if row[KEY] == name], year)
    return fleet._replace(note=f"fleet average, none for {region}; {fleet.note}".rstrip("; ")) if region else fleet


def series() -> list[str]:
    """Names of the series of the social cost of carbon, the default one first."""
    return list(dict.fromkeys(row[SERIES] for row in rows("social_cost")))


def social_cost(series: str, country: str | None, emission_year: int) -> Factor:
    """Damage done by a tonne of CO2 emitted in a year, in money of a fixed year such as ``USD2020/tCO2``.

    With a country it is the damage to that country alone, which only ``ricke2018`` has. Outside the years of a series
    the nearest one stands, and the note says so. Raises ReportError for a series or country that is not there.
    """
    found = [row for row in rows("social_cost") if row[SERIES] == series]
    if not found:
        names = list(dict.fromkeys(row[SERIES] for row in rows("social_cost")))
        raise missing("social cost", series, names, "known are " + ", ".join(names))
    code = places.country(country) if country else "WLD"
    key = series if code == "WLD" else f"{series}:{code}"
    years = [row for row in found if row[KEY] == key]
    if not years:
        hint = f"{series} counts the damage to the whole world or has none for {code}; leave the country out"
        raise missing(f"social cost of {series} for", places.country_name(code), (), hint)
    return of_year("social_cost", years, emission_year)


def equivalents(locale: str = "us") -> list[Factor]:
    """Familiar activities of a locale (us, eu, uk) in printing order, in kg CO2 or CO2e for one unit of activity."""
    position = POSITIONS.get(locale.casefold())
    if position is None:
        raise missing("locale", locale, POSITIONS, "known are " + ", ".join(POSITIONS))
    chosen = [row for row in rows("equivalents") if row[position]]
    return [factor("equivalents", row) for row in sorted(chosen, key=lambda row: int(row[position]))]


def tdp(model: str, kind: str) -> Factor | None:
    """Thermal design power in W of one processor; ``kind`` is cpu or gpu. An upper bound, not a measurement.

    The model's name may be written as the driver or a tracker does; None where no row has exactly that model.
    """
    wanted = hardware.model_key(model)
    for row in rows("tdp"):
        if row[CATEGORY] == kind and wanted and (row[KEY] == wanted or wanted in row[MODELS].split("|")):
            return factor("tdp", row)
    return None


def measurement(how: str) -> Factor:
    """True energy over the logged one, by how it was found: counter, sampled, reported, estimated; value 1, a range."""
    return next(factor("measurement", row) for row in rows("measurement") if row[KEY] == how)


def embodied(model: str) -> Factor | None:
    """Emissions of making one processor in kgCO2e/unit, as its boundary says; the range spans studies that differ.

    The model's name may be written as the driver or a tracker does; None where no row has exactly that model.
    """
    wanted = hardware.model_key(model)
    known = [row for row in rows("embodied") if row[CATEGORY] in {"gpu", "tpu", "cpu"}]
    found = [row for row in known if wanted and (row[KEY] == wanted or wanted in row[MODELS].split("|"))]
    usual = [row for row in found if row[ROLE] == "default"]
    return factor("embodied", (usual or found)[0]) if found else None


def lifetime(category: str) -> Factor | None:
    """Years that hardware is taken to serve, for a category (gpu, tpu, server); None where nobody assumes any."""
    found = [row for row in rows("embodied") if row[CATEGORY] == "lifetime" and row[KEY] == f"{category} lifetime"]
    return next((factor("embodied", row) for row in found if row[ROLE] == "default"), None)


class Reference(NamedTuple):
    """A published model: its emissions as published (tCO2e), energy in kWh where told, and whether ours are its like.

    ``comparable``: location-based or gross emissions of operation. Net, life-cycle and embodied figures are not.
    """

    factor: Factor
    energy_kwh: float | None
    comparable: bool


def reference_models() -> list[Reference]:
    """Emissions of published models, each with what it counts, from the least to the most.

    Of a model with several figures the usual one stands, and beside it those of another boundary.
    """
    published = [row for row in rows("reference_models") if row[UNIT] == "tCO2e"]
    found = [row for row in published if row[ROLE] == "default" or not _comparable(row)]
    made = [
        Reference(
            factor("reference_models", row),
            float(row[ENERGY_MWH]) * 1e3 if row[ENERGY_MWH] else None,
            _comparable(row),
        )
        for row in found
    ]
    return sorted(made, key=lambda reference: reference.factor.value)


def _comparable(row: Row) -> bool:
    return not any(word in row[BOUNDARY] for word in ("net (", "life cycle", "embodied", "months of use"))


def generation() -> dict[str, Factor]:
    """Lifecycle emissions in gCO2e/kWh of each kind of generation, by the names that ENTSO-E gives the kinds."""
    return {name: factor("generation", row) for row in rows("generation") for name in row[NAMES].split("|")}


def search(query: str | None) -> list[Factor]:
    """Figures that have every word of the query, in any case, in key, label, kind, table or source; None: all."""
    return [factor(table, row) for table, row in search_rows(query)]


def search_rows(query: str | None) -> list[tuple[str, Row]]:
    """The rows behind ``search``, each with the name of its table."""
    words = (query or "").casefold().split()
    found = []
    for table, kind in KINDS.items():
        for row in rows(table):
            text = " ".join((row[KEY], row[LABEL], kind, table, row[SOURCE])).casefold()
            if row[VALUE] and all(word in text for word in words):
                found.append((table, row))
    return found
