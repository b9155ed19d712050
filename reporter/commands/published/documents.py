"""A report.json (schema carbon-report/1) read back: its figures by their path, and the options that it tells."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import ReportError, plain

from .quantities import Quantity

if TYPE_CHECKING:
    from reporter.options import Options

SCHEMA = "carbon-report/1"
MOST_BYTES = 256 << 20
#: What is compared: figures, not the words and keys that only describe them.
PARTS = (
    "totals",
    "runs",
    "groups",
    "social_cost",
    "social_costs",
    "embodied",
    "sci",
    "contracts",
    "equivalents",
    "uncertainty",
    "factors",
)
_NAMES = ("id", "name", "series", "quantity", "cause", "key")
_WORDS = ("line", "year")
_CLOSE = 1e-9  # far more than the last bits of a sum in another order
_UNITS = (("_kwh", "kWh", "kWh"), ("_kg", "kgCO2e", "kg"), ("_s", "s", "s"), ("_g_per_kwh", "g/kWh", "g/kWh"))


class Document(NamedTuple):
    """A report.json: its values, and its text for telling lines."""

    values: dict[str, Any]
    lines: dict[str, int]

    def line(self, key: str) -> int | None:
        """The line of a figure of the totals, which stands once in the file."""
        return self.lines.get(key.rpartition(".")[2]) if key.startswith("totals.") else None


def read(path: str) -> Document | None:
    """The document at a path, or None where the file is no JSON object. Raises ReportError for JSON of another kind."""
    if path == "-" or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    name = plain(path)
    if len(data) > MOST_BYTES:
        raise ReportError(f"larger than {MOST_BYTES >> 20} MiB", file=name)
    try:
        text = data.decode("utf-8-sig")
        values = json.loads(text, parse_int=float)  # as float: 5,000 digits cost nothing then
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise ReportError("this is no whole JSON; write it again with --json", file=name, line=line) from error
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        raise ReportError(f"this is no JSON of schema {SCHEMA}; name one that --json wrote", file=name)
    return Document(values, _lines(text))


def _lines(text: str) -> dict[str, int]:
    """The first line of each key below ``totals``."""
    found: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith('"totals"'):
            inside = True
        elif inside and stripped.startswith("}"):
            break
        elif inside and stripped.startswith('"'):
            found.setdefault(stripped[1:80].partition('"')[0], number)
    return found


def flat(document: dict[str, Any]) -> dict[str, float | None]:
    """Every number by its path, such as ``totals.energy_kwh``; members of lists by their id, name or place."""
    made: dict[str, float | None] = {}
    for part in PARTS:
        _flatten(part, document.get(part), made)
    return made


def _flatten(path: str, value: object, made: dict[str, float | None], depth: int = 0) -> None:
    if isinstance(value, dict) and depth < 6:
        for key, inner in value.items():
            if key not in _WORDS:
                _flatten(f"{path}.{key}", inner, made, depth + 1)
    elif isinstance(value, list) and depth < 6:
        for place, inner in enumerate(value):
            told = next((inner[key] for key in _NAMES if isinstance(inner, dict) and inner.get(key)), place)
            name = f"{path}.{told}"
            _flatten(name if f"{name} " not in made else f"{name}#{place}", inner, made, depth + 1)
            made[f"{name} "] = None  # so that a second of the name gets one of its own
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float) or value is None:
        made[path] = None if value is None else float(value)


def same(one: float, other: float, tolerance: float) -> bool:
    """Whether two figures of full precision are one."""
    return math.isclose(one, other, rel_tol=max(tolerance, _CLOSE), abs_tol=1e-300)


def shown(key: str, value: float | None) -> Quantity | None:
    """A figure of the document as a Quantity, in the unit that its key ends in."""
    if value is None:
        return None
    dimension, unit = next(((found, sign) for ending, found, sign in _UNITS if key.endswith(ending)), ("", ""))
    return Quantity(value, 0.0, dimension, f"{value:.8g} {unit}".strip(), 0, 0)


def options_told(document: Document, options: Options) -> tuple[Options, list[str]]:
    """The options with what the report tells of its own and the user has left open, and how that would be typed."""
    found: dict[str, tuple[object, str]] = {}
    values = document.values
    totals = _table(values.get("totals"))
    computed = totals.get("computed_emissions_kg")
    if computed is not None and totals.get("emissions_kg") == computed and not options.has_context:
        found |= _context(values)
    cost = _table(values.get("social_cost"))
    if options.scc == "epa2023" and isinstance(cost.get("series"), str) and cost["series"] != "epa2023":
        country = f":{cost['country']}" if cost.get("country") else ""
        found["scc"] = (f"{cost['series']}{country}", f"--scc {plain(cost['series'], 40)}{plain(country, 10)}")
    if values.get("embodied") and not options.embodied:
        found["embodied"] = (True, "--embodied")
    if values.get("uncertainty") and not options.uncertainty:
        found["uncertainty"] = (True, "--uncertainty")
    offsets = _table(values.get("contracts")).get("offsets_kg")
    if isinstance(offsets, float) and options.offsets_kg is None:
        found["offsets_kg"] = (offsets, f"--offsets {offsets:g}kg")
    sci = _table(values.get("sci"))
    if isinstance(sci.get("functional_units"), float) and options.functional_unit is None:
        unit = str(sci.get("functional_unit"))
        number = sci["functional_units"]
        found["functional_unit"] = ((number, unit), f"--functional-unit '{number:g} {plain(unit, 40)}'")
    chosen: dict[str, Any] = {key: value for key, (value, _) in found.items()}
    return dataclasses.replace(options, **chosen), [words for _, words in found.values()]


def _context(values: dict[str, Any]) -> dict[str, tuple[object, str]]:
    """Country or intensity, and PUE, where all runs have the same."""
    runs = [run for run in values.get("runs") or () if isinstance(run, dict)]
    factors = [factor for factor in values.get("factors") or () if isinstance(factor, dict)]
    kinds = {str(factor.get("kind")) for factor in factors}
    found: dict[str, tuple[object, str]] = {}
    countries, intensities, ratios = (_all_one(runs, key) for key in ("country", "intensity_g_per_kwh", "pue"))
    cloud = next((str(one.get("key")) for one in factors if one.get("kind") == "intensity"), "")
    if ":" in cloud:
        provider, _, region = cloud.partition(":")
        found["cloud"] = ((provider, region), f"--cloud {plain(cloud, 60)}")
    elif "intensity" not in kinds and isinstance(intensities, float):
        found["intensity_g_per_kwh"] = (intensities, f"--intensity {intensities:g}")
    elif isinstance(countries, str):
        found["country"] = (countries, f"--country {plain(countries, 10)}")
    if isinstance(ratios, float) and 1 <= ratios <= 10 and "pue" not in kinds:
        found["pue"] = (ratios, f"--pue {ratios:g}")
    return found


def _all_one(runs: list[dict[str, Any]], key: str) -> object:
    """What all runs tell for a key, or None where they differ."""
    told = {str(run.get(key)): run.get(key) for run in runs}
    return next(iter(told.values())) if len(told) == 1 else None


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
