"""Conversion of units: pint decides, once for a pair of units, never once for a value."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from reporter.errors import ReportError, plain

# Importing pint costs more than reading a whole ordinary log, so the pairs that such logs need stand here;
# a test holds every one of them equal to pint.
COMMON = {
    ("kWh", "kWh"): 1.0,
    ("Wh", "kWh"): 1e-3,
    ("MWh", "kWh"): 1e3,
    ("J", "kWh"): 1 / 3.6e6,
    ("s", "s"): 1.0,
    ("h", "s"): 3600.0,
    ("W", "W"): 1.0,
    ("kgCO2e", "kgCO2e"): 1.0,
    ("kgCO2e", "kgCO2"): 1.0,
    ("kgCO2e", "tCO2"): 1e-3,
    ("kgCO2e", "tCO2e"): 1e-3,
    ("kgCO2e", "gCO2e"): 1e3,
    ("gCO2e", "kgCO2e"): 1e-3,
    ("tCO2e", "kgCO2e"): 1e3,
    ("gCO2e/kWh", "gCO2e/kWh"): 1.0,
    ("kgCO2e/kWh", "gCO2e/kWh"): 1e3,
    ("GB", "GB"): 1.0,
}

#: The ending of a field's name and the unit it stands for.
ENDINGS = {
    "_g_per_kwh": "gCO2e/kWh",
    "_kwh": "kWh",
    "_kg": "kgCO2e",
    "_gb": "GB",
    "_s": "s",
    "_w": "W",
}


@cache
def factor(written: str, wanted: str) -> float:
    """What a value written in one unit is multiplied by to be in another.

    Raises ReportError where the two have different dimensions (kWh and kg CO2e, W and kWh) or a unit is not known.
    """
    pair = (written, wanted)
    if pair in COMMON:
        return COMMON[pair]
    import pint

    try:
        return float(registry().Quantity(1.0, written).to(wanted).magnitude)
    except pint.UndefinedUnitError as error:
        raise ReportError(f"unit '{plain(written, 60)}' is not known: {plain(error)}") from error
    except (pint.DimensionalityError, pint.DefinitionSyntaxError, ValueError) as error:
        raise ReportError(f"'{plain(written, 60)}' cannot be turned into '{wanted}'") from error


@cache
def registry() -> Any:
    """Our own pint registry, from units.txt: some forty lines, CO2e with a dimension of its own."""
    import pint

    return pint.UnitRegistry(os.path.join(os.path.dirname(__file__), "units.txt"))


@cache
def of_field(name: str) -> str | None:
    """The unit that a field's name ends in, or None where the field is a plain number, or a ratio of no known unit."""
    found = (unit for ending, unit in ENDINGS.items() if name.endswith(ending) and not name.endswith(f"_per{ending}"))
    return next(found, None)


def parse(text: str, wanted: str, bare: str | None = None) -> float:
    """Read ``"300 g/kWh"``-like text as a value in ``wanted``; a bare number is taken to be in ``bare``.

    Raises ReportError where the text is no number with a unit of the right dimension.
    """
    import re

    match = re.fullmatch(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", text, re.ASCII)
    unit = _spelled(match[2] or bare or "") if match else None
    # Only products and quotients of names: pint would work out any arithmetic, however long it takes.
    if not match or not unit or not re.fullmatch(r"[^\W\d]\w*( ?[/*] ?[^\W\d]\w*)*", unit):
        advice = f"write a number and a unit, such as '1.5 {wanted}'"
        raise ReportError(f"'{plain(text, 60)}' is no value in {wanted}: {advice}")
    return float(match[1]) * factor(unit, wanted)


def _spelled(unit: str) -> str:
    """Say plainly-written masses of CO2e in our spelling: people write ``g/kWh`` and ``kg`` where CO2e is meant."""
    unit = unit.replace("\N{SUBSCRIPT TWO}", "2").replace(" CO2", "CO2").replace("CO2eq", "CO2e")
    head, slash, tail = unit.partition("/")
    if head.strip() in {"mg", "g", "kg", "t", "lb"}:
        head = f"{head.strip()}CO2e"
    return f"{head}{slash}{tail}"
