"""Figures as people read them. Rounding happens here, on the way to the page, and nowhere before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.footprint import significant_digits
from reporter.renderers.locales import country, currency, current, figure, message, phrase, phrases
from reporter.renderers.locales import date as day
from reporter.renderers.locales import money as with_sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reporter.factors import Factor
    from reporter.footprint import Amount
    from reporter.run import Basis

LEAST_DIGITS = 2  # of a figure whose range would support but one

_MASS = ((1e4, 1e-3, "t"), (1.0, 1.0, "kg"), (1e-3, 1e3, "g"), (1e-6, 1e6, "mg"), (0.0, 1e9, "µg"))
_ENERGY = (
    (1e6, 1e-6, "GWh"), (1e4, 1e-3, "MWh"), (1.0, 1.0, "kWh"), (1e-3, 1e3, "Wh"), (1e-6, 1e6, "mWh"), (0.0, 1e9, "µWh")
)  # fmt: skip
_POWER = ((1e6, 1e-6, "MW"), (1e4, 1e-3, "kW"), (0.0, 1.0, "W"))
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
#: For each kind of figure: from which size on, times what, in which unit.
SCALES = {"mass": _MASS, "energy": _ENERGY}
_BASES = {
    "measured": message("measured"),
    "reported": message("as reported"),
    "estimated": message("estimated"),
    "assumed": message("assumed"),
}
_MONEY_WORDS = {"USD": "US dollars", "EUR": "euros", "GBP": "pounds", "CAD": "Canadian dollars"}


def not_told() -> str:
    """What stands where a figure is not known."""
    return phrase("not told")


def number(value: float, like: float | None = None, digits: int | None = None) -> str:
    """A number with the digits a reader can use: three decimals below 100, one below 1,000, none above.

    Below 0.1 three significant digits, so that what is small is not printed as 0. The ends of a range take as many
    decimals as the figure ``like`` in its middle. With ``digits``, or where the reader chose their number, so many
    significant ones.
    """
    size = abs(value if like is None else like)
    wanted = digits or _chosen()
    if size == 0:
        return "0"
    if wanted or size < 0.1:
        shown = _significant(value, wanted or 3, size)
    else:
        decimals = 3 if size < 99.9995 else 1 if size < 999.95 else 0
        shown = f"{value:,.{decimals}f}"
    return figure(_significant(value, 1) if value and not shown.strip("-0.") else shown)


def _chosen(amount: float | Amount | None = None) -> int | None:
    """The significant digits that were asked for, by number or, of a figure with a range, by what that supports."""
    digits = current().digits
    if digits != "auto":
        return digits
    if amount is None or isinstance(amount, float | int) or amount.low is None or amount.high is None:
        return None
    return max(LEAST_DIGITS, significant_digits(amount))


def _significant(value: float, digits: int, like: float | None = None) -> str:
    """A number rounded to the place of the last significant digit of ``like``; zeros fill it up to the point."""
    from math import floor, log10

    size = abs(like or value)
    if size <= 1e-12:
        return f"{value:.{digits - 1}e}"
    place = digits - 1 - floor(log10(size))
    if round(size, place) >= 10 ** (digits - place):  # 9.97 to two digits is 10, not 10.0
        place -= 1
    return f"{round(value, place):,.{max(0, place)}f}"


def _scaled(
    value: float | Amount | None, steps: Sequence[tuple[float, float, str]], of: Amount | None = None
) -> str:
    """Write a value in the unit that suits its size (or that of ``of``, so that a range has one unit)."""
    known, digits = _value(value), _chosen(value if of is None else of)
    if known is None:
        return not_told()
    size = abs(known if of is None else of.value)
    _, scale, unit = next(step for step in steps if (size >= step[0] if size else step[1] == 1))
    return f"{number(known * scale, size * scale, digits)} {unit}"


def energy(value: float | Amount | None) -> str:
    """Energy given in kWh, in mWh to GWh."""
    return _scaled(value, _ENERGY)


def mass(value: float | Amount | None) -> str:
    """A mass given in kg, in mg to t."""
    return _scaled(value, _MASS)


def power(value: float | None) -> str:
    """Power given in W."""
    return _scaled(value, _POWER)


def mass_range(amount: Amount | None) -> str:
    """The range of a mass, both ends in the unit of the middle: ``0.41–0.62 kg``; empty where there is none."""
    return _range(amount, _MASS)


def energy_range(amount: Amount | None) -> str:
    """The range of an energy, both ends in the unit of the middle; empty where there is none."""
    return _range(amount, _ENERGY)


def _range(amount: Amount | None, steps: Sequence[tuple[float, float, str]]) -> str:
    if amount is None or amount.low is None or amount.high is None:
        return ""
    low, _, unit = _scaled(amount.low, steps, amount).rpartition(" ")
    high = _scaled(amount.high, steps, amount).rpartition(" ")[0]
    return f"{low}–{high} {unit}"


def intensity(value: float | Amount | None) -> str:
    """Carbon intensity given in gCO2e/kWh."""
    known, digits = _value(value), _chosen(value)
    if known is None:
        return not_told()
    shown = number(known, digits=digits) if digits else figure(f"{known:,.1f}")
    return f"{shown} gCO₂e/kWh"


def money(value: float, unit: str, like: float | Amount | None = None) -> str:
    """Money such as ``$0.38``: two decimals, and below ten cents two significant digits (of ``like``)."""
    digits, size = _chosen(like), abs(_value(like) or 0.0) or abs(value)
    decimals = 2
    while 0 < size < 0.995 * 10 ** (1 - decimals) and decimals < 12:
        decimals += 1
    shown = _significant(value, digits, size) if digits and value else f"{round(value, decimals):,.{decimals}f}"
    if 0 < size < 1e-11:
        shown = f"{value:.1e}"
    minus, shown = shown.startswith("-"), shown.lstrip("-")
    code = unit[:3]
    return f"{'-' * (minus and bool(shown.strip('0.')))}{with_sign(shown, code, SIGNS.get(code, f'{code} '))}"


def money_words(unit: str) -> str:
    """Money and its year in words: ``US dollars of 2020``, ``US dollars (purchasing power parity) of 2005``."""
    code, year = unit[:3], unit[3:7]
    name = currency(code, _MONEY_WORDS.get(code, code))
    if unit.endswith("_PPP"):
        name = phrase("{money} (purchasing power parity)", money=name)
    return phrase("{money} of {year}", money=name, year=year) if year else name


def cost(amount: Amount | None) -> str:
    """A social cost with its range, as Henderson et al. (2020) write it: ``$0.38 ($0.00, $0.95)``."""
    if amount is None:
        return not_told()
    value = money(amount.value, amount.unit, amount)
    if amount.low is None or amount.high is None:
        return value
    low, high = (money(end, amount.unit, amount) for end in (amount.low, amount.high))
    return phrase("{value} ({low}, {high})", value=value, low=low, high=high)


def cost_range(amount: Amount, *, dash: bool = False, joint: str = "") -> str:
    """The range of a social cost: ``$0.00 to $0.95``, or with a dash, unless an end is below 0; empty without one.

    ``joint``: what stands between the ends instead.
    """
    if amount.low is None or amount.high is None:
        return ""
    low, high = (money(end, amount.unit, amount) for end in (amount.low, amount.high))
    if joint:
        return f"{low}{joint}{high}"
    return f"{low}–{high}" if dash and "-" not in low + high else phrase("{low} to {high}", low=low, high=high)


def duration(seconds: float | None) -> str:
    """A duration given in s: ``51.0 s``, ``12 min 5 s``, ``3 h 12 min``, ``9 d 4 h``."""
    if seconds is None:
        return not_told()
    if seconds < 59.95:
        return phrase("{number} s", number=figure(f"{seconds:.3g}" if seconds < 1 else f"{seconds:.1f}"))
    whole = round(seconds)
    if whole < 3600:
        return phrase("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return phrase("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    hours = round(seconds / 3600)
    return phrase("{days} d {hours} h", days=figure(f"{hours // 24:}"), hours=hours % 24)


SMALLER = {"km": (1e3, "m"), "passenger-km": (1e3, message("passenger-metres")), "hour": (3600.0, "s")}

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def quantity(amount: Amount) -> str:
    """A relatable quantity, to three significant digits with its unit: ``33.4 km``, ``58.0 m``."""
    scale, unit = _relatable(amount)
    return f"{_three_digits(amount.value * scale, amount)} {unit}".rstrip()


def quantity_range(amount: Amount) -> str:
    """The range of a relatable quantity in the unit of its middle: ``30.1–36.8 km``; empty where there is none."""
    if amount.low is None or amount.high is None:
        return ""
    scale, unit = _relatable(amount)
    return f"{_three_digits(amount.low * scale, amount)}–{_three_digits(amount.high * scale, amount)} {unit}"


def _relatable(amount: Amount) -> tuple[float, str]:
    scale, unit = SMALLER.get(amount.unit, (1.0, amount.unit)) if abs(amount.value) < 0.1 else (1.0, amount.unit)
    return scale, phrase(unit)


def _three_digits(value: float, of: Amount | None = None) -> str:
    size, digits = abs(value), _chosen(of) or 3
    if size and not 1e-4 <= size < 1e9:
        mantissa, _, power_of_ten = f"{value:.{digits - 1}e}".partition("e")
        return f"{figure(mantissa)} × 10{str(int(power_of_ten)).translate(_RAISED)}"
    if not size:
        return "0"
    return figure(f"{value:,.0f}" if size >= 100 and digits == 3 else _significant(value, digits))


def plain(value: float) -> str:
    """A published value to five significant digits, without the zeros after them: ``215``, ``47.822``."""
    if not 0 < abs(value) < 1e-4:
        return figure(f"{value:,.5g}")
    from decimal import Decimal

    return figure(format(Decimal(f"{value:.4e}").normalize(), "f"))


def ratio(value: float | Amount | None) -> str:
    """A plain ratio such as a PUE: at most three decimals."""
    known = _value(value)
    return not_told() if known is None else figure(f"{known:.3f}".rstrip("0").rstrip("."))


def times(value: float) -> str:
    """How many times one is the other, to three significant digits: ``3.1``, ``1,200``, ``1.2e+06``."""
    return figure(f"{value:,.3g}")


def percent(part: float, whole: float) -> str:
    """A share in per cent; what is there is never 0 %."""
    if not whole:
        return not_told()
    return share(part / whole) if 0 < part / whole < 0.005 else per_cent(f"{100 * part / whole:.0f}")


def share(part: float) -> str:
    """A share of a whole; what is not all of it is never printed as 100 %, and what is there never as 0 %."""
    if 0 < part < 1:
        return per_cent(f"{min(max(100 * part, 0.1), 99.9):.3g}")
    return per_cent(f"{100 * part:.0f}")


def per_cent(shown: str) -> str:
    """A number that is written already, with the sign of per cent."""
    return f"{figure(shown)}{current().percent}"


def date(when: datetime | None) -> str:
    """A day: ``2026-11-21``."""
    return not_told() if when is None else day(when.date())


def basis(known: Basis) -> str:
    """How a figure is known, in words."""
    return phrase(_BASES[known])


def whole(number_of: int) -> str:
    """A whole number: ``1,234``."""
    return figure(f"{number_of:,}")


def runs(number_of: int) -> str:
    """A number of runs: ``1 run``, ``3 runs``."""
    return phrases("{number} run", "{number} runs", number_of)


def place(factor: Factor) -> str:
    """What a factor of a place is for: the country's name, or that of its region as it was published."""
    return country(factor.key) if factor.kind == "intensity" and len(factor.key) in {3, 4} else factor.label


def origin(factor: Factor) -> str:
    """Of what place and year an intensity is, and what it counts: ``France, 2025, lifecycle``."""
    where, counted = place(factor), phrase(factor.boundary)
    return phrase("{place}, {year}, {boundary}", place=where, year=factor.year, boundary=counted)


def series(price: Factor, of: str | None) -> str:
    """What a social cost of carbon is called; in a language that has no name for it, its work and country."""
    told = phrase(price.label)
    if of is None or current().code == "en" or told != price.label:
        return told
    return f"{price.label.partition(',')[0]}, {country(of)}"


def short(text: str, limit: int = 60) -> str:
    """A name cut in its middle where it is too long for a table."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-(limit // 2 - 1) :]}"


def _value(value: float | Amount | None) -> float | None:
    return value if value is None or isinstance(value, float | int) else value.value


FILTERS = {
    function.__name__: function
    for function in (
        number, energy, mass, power, mass_range, energy_range, intensity, money, money_words, cost, duration, quantity,
        plain, ratio, date, basis, short, share, whole,
    )
}  # fmt: skip
