"""Countries, their regions, and the regions of cloud providers: which place a text means."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from functools import cache

from .tables import AREA, KEY, ROLE, Row, missing, rows

#: Names that a provider goes by, and the one that the tables use.
PROVIDERS = {
    "gcp": "gcp",
    "google": "gcp",
    "googlecloud": "gcp",
    "aws": "aws",
    "amazon": "aws",
    "azure": "azure",
    "microsoft": "azure",
    "meta": "meta",
    "oracle": "oracle",
    "oci": "oracle",
}


@cache
def _countries() -> list[Row]:
    with open(os.path.join(os.path.dirname(__file__), "countries.csv"), encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def fold(text: str) -> str:
    """A name without accents, case and punctuation, for comparing: ``'Côte d'Ivoire'`` becomes ``'cote d ivoire'``."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", " ", bare).strip().casefold()


def country(text: str) -> str:
    """ISO 3166-1 alpha-3 of a country told as alpha-2, alpha-3 or name; ``WLD`` is the world, ``EU27`` the Union.

    Raises ReportError with near matches where no country has that code or name.
    """
    code = text.strip().upper()
    for row in _countries():
        if code and code in (row[0], row[1]):
            return row[0]
    wanted = fold(text)
    names = {name: row[0] for row in _countries() for name in (row[2], *row[3].split("|")) if name}
    for name, alpha3 in names.items():
        if wanted and fold(name) == wanted:
            return alpha3
    raise missing("country", text, names, "write the ISO 3166 code, such as FRA, or the English name")


def country_name(iso3: str) -> str:
    """Common English name of a country by its alpha-3 code. Raises ReportError where there is no such code."""
    for row in _countries():
        if row[0] == iso3:
            return row[2]
    raise missing("country code", iso3, (row[0] for row in _countries()), "write an ISO 3166 code such as FRA")


def alpha2(iso3: str) -> str:
    """ISO 3166-1 alpha-2 of an alpha-3 code; empty where it has none."""
    return next((row[1] for row in _countries() if row[0] == iso3), "")


def provider(text: str) -> str:
    """The tables' name of a provider: gcp, aws, azure, meta or oracle. Raises ReportError for another."""
    name = PROVIDERS.get(re.sub(r"[\s_-]", "", text.casefold()))
    if name is None:
        raise missing("provider", text, PROVIDERS, "known are " + ", ".join(dict.fromkeys(PROVIDERS.values())))
    return name


def cloud_region(cloud: str, region: str) -> Row | None:
    """The row of a cloud region in force; a zone of it will do (``us-east-1a``, ``us-central1-a``), and ``East US``."""
    name = re.sub(r"\s", "", region.casefold())
    short = re.sub(r"-[a-z]$" if cloud == "gcp" else r"(?<=\d)[a-z]$", "", name)
    keys = (f"{cloud}:{name}", f"{cloud}:{short}")
    return next((row for row in rows("cloud_regions") if row[KEY] in keys and row[ROLE] != "history"), None)


def cloud_area(cloud: str, region: str) -> str:
    """The continent that a provider's figures are broken down by (americas, emea, apac), or an empty text."""
    row = cloud_region(cloud, region)
    return row[AREA] if row else ""
