"""Numbers with units as people print them: value, the last printed digit, and what they are an amount of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,30})(?:\.\d{1,30})?"
_POWER_OF_TEN = r"(?:[eE][+-]?\d{1,3}|\s?[×x]\s?10\^?\{?-?\d{1,2}\}?)?"
_SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9}
_LARGEST = 1e30  # more than anything that was ever measured
_MONEY = {"$": "USD", "€": "EUR", "£": "GBP"}
_NAMED = {
    "gram": ("kgCO2e", 1e-3), "kilogram": ("kgCO2e", 1.0), "ton": ("kgCO2e", 1e3), "tonne": ("kgCO2e", 1e3),
    "metric ton": ("kgCO2e", 1e3), "metric tonne": ("kgCO2e", 1e3), "t": ("kgCO2e", 1e3), "kt": ("kgCO2e", 1e6),
    "lb": ("kgCO2e", 0.45359237), "pound": ("kgCO2e", 0.45359237), "mt": ("kgCO2e", 1e9),
    "s": ("s", 1.0), "sec": ("s", 1.0), "second": ("s", 1.0), "min": ("s", 60.0), "minute": ("s", 60.0),
    "h": ("s", 3600.0), "hr": ("s", 3600.0), "hour": ("s", 3600.0), "d": ("s", 86400.0), "day": ("s", 86400.0),
    "%": ("%", 1.0), "m": ("m", 1.0), "km": ("m", 1e3), "passenger-km": ("pm", 1e3), "passenger-metres": ("pm", 1.0),
    "watt": ("W", 1.0), "kilowatt": ("W", 1e3), "megawatt": ("W", 1e6),
    "watt-hour": ("kWh", 1e-3), "kilowatt-hour": ("kWh", 1.0), "megawatt-hour": ("kWh", 1e3),
    "gigawatt-hour": ("kWh", 1e6), "gpu-hour": ("GPU h", 1.0), "gpu-h": ("GPU h", 1.0),
}  # fmt: skip
_UNIT = (
    r"(?:kilo|mega|giga)?watt[- ]?hours?|(?:kilo|mega)?watts?|[kMGTmuµμ]?W[·⋅ ]?hr?s?|[kMGT]?J|[kMG]?W|"
    r"metric tonn?es?|metric tons?|kilograms?|grams?|tonn?es?|tons?|kt|Mt|[mkuµμ]?g|t|lbs?|pounds?|"
    r"GPU[- ]?(?:hours?|hrs?|h)|passenger-(?:km|metres)|km|minutes?|min|seconds?|secs?|hours?|hrs?|days?|[mshd]|%"
)
_QUANTITY = pattern(
    rf"(?<![\w.,^])(?<!\d )(?:(?P<low>{NUMBER}{_POWER_OF_TEN})\s?(?:–|-|to)\s?)?"
    rf"(?P<money>[$€£]|(?:USD|EUR|GBP|CAD) )?(?P<number>{NUMBER}{_POWER_OF_TEN})"
    rf"(?P<times>\s?(?:[kKM]|million|billion)(?=[ -](?:[A-Z]\w* )?(?:GPU|tons?|tonnes?|kg|MWh|kWh|[A-Z]\d+ GPU)))?"
    rf"(?:[ \t]?\n?[ \t]?-?(?:[A-Z]+\d+ )?(?P<unit>{_UNIT})"
    rf"(?P<co2>[ -]?(?:eq\.? ?)?(?:of )?\(?CO2e?\)?)?(?![A-Za-z\d]))?"
)
_PER = pattern(
    r"\s?(?:/|per\b|⋅|·|p\.)\s?\(?(?P<of>kWh|kilowatt[- ]?hour|MWh|[A-Za-z][\w-]{0,20}|[\d,]{1,12}\s\w{1,20})"
)


class Quantity(NamedTuple):
    """A printed figure in a base unit (kWh, kgCO2e, s, W, m, g/kWh, money, % or none) and half its last digit.

    ``per`` is what it is divided by (``image``, ``km``), empty for a total; ``co2`` tells whether CO2 stands beside a
    mass.
    """

    value: float
    half: float
    dimension: str
    text: str
    start: int
    end: int
    per: str = ""
    co2: bool = False

    @property
    def digits(self) -> int:
        """How many significant digits are printed; zeros at an integer's end do not count."""
        number = re.match(NUMBER, re.sub(r"^[^\d-]+", "", self.text))
        told = (number[0] if number else "").lstrip("-").replace(",", "")
        return len((told if "." in told else told.rstrip("0")).replace(".", "").lstrip("0"))


def found(text: str, *, bare: bool = False) -> Iterator[Quantity]:
    """Find the quantities in plain text; numbers without a unit only where ``bare`` is set. Both ends of a range."""
    for match in _QUANTITY.finditer(text):
        money, unit, low = match["money"], match["unit"], match["low"]
        if not (money or unit or bare):
            continue
        if not unit and re.match(r"\.?\d|[A-Za-z_]", text[match.end() : match.end() + 2]):
            continue  # a version, a date, a name
        scale, dimension = _meaning(unit, money)
        per = _PER.match(text, match.end())
        of = per["of"] if per and unit and dimension in {"kgCO2e", "kWh"} else ""
        if dimension == "kgCO2e" and of.lower() in {"kwh", "kilowatt-hour", "kilowatt hour", "mwh"}:
            scale, dimension, of = scale * (1.0 if of.lower() == "mwh" else 1e3), "g/kWh", ""
        end = per.end() if per and dimension == "g/kWh" else match.end()
        for number in filter(None, (low, match["number"])):
            value, half = number_of(number)
            size = scale * _times(match["times"])
            if abs(value * size) > _LARGEST:
                continue
            shown = text[match.start("money") if money else match.start("number") : end].strip()
            printed = shown if number != low else f"{number} {unit or ''}".strip()
            yield Quantity(value * size, half * size, dimension, " ".join(printed.split()), match.start(), end, of,
                           bool(match["co2"]))  # fmt: skip


def number_of(text: str) -> tuple[float, float]:
    """A printed number's value and half of its last digit; up to two digits stay, zeros after them may be rounding."""
    mantissa, power = re.match(NUMBER, text), re.search(r"(?:[eE]|10\^?\{?)([+-]?\d{1,3})\}?$", text[1:])
    told = (mantissa[0] if mantissa else "0").replace(",", "")
    raised = int(power[1]) if power and mantissa and mantissa.end() < len(text) else 0
    scale = 10.0 ** max(-300, min(300, raised))
    if "." in told:
        last = 10.0 ** -len(told.partition(".")[2])
    else:
        whole = told.lstrip("-")
        last = 10.0 ** max(0, min(len(whole) - len(whole.rstrip("0")), len(whole) - 2))
    return float(told) * scale, last * scale / 2


def _times(word: str | None) -> float:
    return {"k": 1e3, "K": 1e3, "M": 1e6, "million": 1e6, "billion": 1e9}.get((word or "").strip(), 1.0)


def _meaning(unit: str | None, money: str | None) -> tuple[float, str]:
    """What a printed unit is multiplied by to be in the base unit, and that unit."""
    if money:
        return 1.0, _MONEY.get(money, money.strip())
    if not unit:
        return 1.0, ""
    name = re.sub(r"[ -]+", " " if unit.startswith("metric") else "-", unit.strip())
    if unit == "Mt":
        return 1e9, "kgCO2e"
    if match := re.fullmatch(r"([kMGTmuµμ]?)W[-·⋅]?hr?s?", name):
        return _SCALES[match[1]] * 1e-3, "kWh"
    if match := re.fullmatch(r"([kMGT]?)J", name):
        return _SCALES[match[1]] / 3.6e6, "kWh"
    if match := re.fullmatch(r"([kMG]?)W", name):
        return _SCALES[match[1]], "W"
    if match := re.fullmatch(r"([mkuµμ]?)g", name):
        return _SCALES[match[1]] * 1e-3, "kgCO2e"
    lower = name.lower().replace("watthour", "watt-hour").replace("gpuh", "gpu-h").replace("hrs", "hour")
    for known in (lower, lower.removesuffix("s"), lower.replace("-hr", "-hour"), lower.removesuffix("es")):
        if known in _NAMED:
            dimension, scale = _NAMED[known]
            return scale, dimension
    return 1.0, ""
