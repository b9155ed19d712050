"""Figures as people read them. Rounding happens here, on the way to the page, and nowhere before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reporter.footprint import Amount
    from reporter.run import Basis

NOT_TOLD = "not told"

_MASS = ((1e4, 1e-3, "t"), (1.0, 1.0, "kg"), (1e-3, 1e3, "g"), (1e-6, 1e6, "mg"), (0.0, 1e9, "µg"))
_ENERGY = (
    (1e6, 1e-6, "GWh"), (1e4, 1e-3, "MWh"), (1.0, 1.0, "kWh"), (1e-3, 1e3, "Wh"), (1e-6, 1e6, "mWh"), (0.0, 1e9, "µWh")
)  # fmt: skip
_POWER = ((1e6, 1e-6, "MW"), (1e4, 1e-3, "kW"), (0.0, 1.0, "W"))
_MONEY = {"USD": "$", "EUR": "€", "GBP": "£"}
_MONEY_WORDS = {"USD": "US dollars", "EUR": "euros", "GBP": "pounds", "CAD": "Canadian dollars"}


def number(value: float, like: float | None = None) -> str:
    """A number with the digits a reader can use: three decimals below 100, one below 1,000, none above.

    Below 0.1 three significant digits, so that what is small is not printed as 0. The ends of a range take as many
    decimals as the figure ``like`` in its middle.
    """
    size = abs(value if like is None else like)
    if size == 0:
        return "0"
    if size < 0.1:
        return _significant(value, 3, size)
    decimals = 3 if size < 99.9995 else 1 if size < 999.95 else 0
    return f"{value:,.{decimals}f}"


def _significant(value: float, digits: int, like: float | None = None) -> str:
    from math import floor, log10

    size = abs(like or value)
    return f"{value:.{max(0, digits - 1 - floor(log10(size)))}f}" if size > 1e-12 else f"{value:.{digits - 1}e}"


def _scaled(value: float | None, steps: Sequence[tuple[float, float, str]], of: float | None = None) -> str:
    """Write a value in the unit that suits its size (or that of ``of``, so that a range has one unit)."""
    if value is None:
        return NOT_TOLD
    size = abs(value if of is None else of)
    _, scale, unit = next(step for step in steps if (size >= step[0] if size else step[1] == 1))
    return f"{number(value * scale, size * scale)} {unit}"


def energy(value: float | Amount | None) -> str:
    """Energy given in kWh, in mWh to GWh."""
    return _scaled(_value(value), _ENERGY)


def mass(value: float | Amount | None) -> str:
    """A mass given in kg, in mg to t."""
    return _scaled(_value(value), _MASS)


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
    low, _, unit = _scaled(amount.low, steps, amount.value).rpartition(" ")
    high = _scaled(amount.high, steps, amount.value).rpartition(" ")[0]
    return f"{low}–{high} {unit}"


def intensity(value: float | Amount | None) -> str:
    """Carbon intensity given in gCO2e/kWh."""
    known = _value(value)
    return NOT_TOLD if known is None else f"{known:,.1f} gCO₂e/kWh"


def money(value: float, unit: str, like: float | None = None) -> str:
    """Money such as ``$0.38``: two decimals, and below ten cents two significant digits (of ``like``)."""
    size = abs(value if like is None else like)
    decimals = 2
    while 0 < size < 0.995 * 10 ** (1 - decimals) and decimals < 12:
        decimals += 1
    sign = _MONEY.get(unit[:3], f"{unit[:3]} ")
    if 0 < size < 1e-11:
        return f"{'-' if value < 0 else ''}{sign}{abs(value):.1e}"
    return f"{'-' if round(value, decimals) < 0 else ''}{sign}{abs(round(value, decimals)):,.{decimals}f}"


def money_words(unit: str) -> str:
    """Money and its year in words: ``US dollars of 2020``, ``US dollars (purchasing power parity) of 2005``."""
    name, year = _MONEY_WORDS.get(unit[:3], unit[:3]), unit[3:7]
    if unit.endswith("_PPP"):
        name += " (purchasing power parity)"
    return f"{name} of {year}" if year else name


def cost(amount: Amount | None) -> str:
    """A social cost with its range, as Henderson et al. (2020) write it: ``$0.38 ($0.00, $0.95)``."""
    if amount is None:
        return NOT_TOLD
    text = money(amount.value, amount.unit)
    if amount.low is None or amount.high is None:
        return text
    return f"{text} ({money(amount.low, amount.unit, amount.value)}, {money(amount.high, amount.unit, amount.value)})"


def duration(seconds: float | None) -> str:
    """A duration given in s: ``51.0 s``, ``12 min 5 s``, ``3 h 12 min``, ``9 d 4 h``."""
    if seconds is None:
        return NOT_TOLD
    if seconds < 59.95:
        return f"{seconds:.3g} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"


_SMALLER = {"km": (1e3, "m"), "passenger-km": (1e3, "passenger-metres"), "hour": (3600.0, "s")}

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def quantity(amount: Amount) -> str:
    """A relatable quantity, to three significant digits with its unit: ``33.4 km``, ``58.0 m``."""
    scale, unit = _relatable(amount)
    return f"{_three_digits(amount.value * scale)} {unit}"


def quantity_range(amount: Amount) -> str:
    """The range of a relatable quantity in the unit of its middle: ``30.1–36.8 km``; empty where there is none."""
    if amount.low is None or amount.high is None:
        return ""
    scale, unit = _relatable(amount)
    return f"{_three_digits(amount.low * scale)}–{_three_digits(amount.high * scale)} {unit}"


def _relatable(amount: Amount) -> tuple[float, str]:
    return _SMALLER.get(amount.unit, (1.0, amount.unit)) if abs(amount.value) < 0.1 else (1.0, amount.unit)


def _three_digits(value: float) -> str:
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        mantissa, _, power_of_ten = f"{value:.2e}".partition("e")
        return f"{mantissa} × 10{str(int(power_of_ten)).translate(_RAISED)}"
    return f"{value:,.0f}" if size >= 100 else _significant(value, 3) if size else "0"


def plain(value: float) -> str:
    """A published value to five significant digits, without the zeros after them: ``215``, ``47.822``."""
    if not 0 < abs(value) < 1e-4:
        return f"{value:,.5g}"
    from decimal import Decimal

    return format(Decimal(f"{value:.4e}").normalize(), "f")


def ratio(value: float | Amount | None) -> str:
    """A plain ratio such as a PUE: at most three decimals."""
    known = _value(value)
    return NOT_TOLD if known is None else f"{known:.3f}".rstrip("0").rstrip(".")


def percent(part: float, whole: float) -> str:
    """A share in per cent."""
    return f"{100 * part / whole:.0f} %" if whole else NOT_TOLD


def share(part: float) -> str:
    """A share of a whole; what is not all of it is never printed as 100 %, and what is there never as 0 %."""
    if 0 < part < 1:
        return f"{min(max(100 * part, 0.1), 99.9):.3g} %"
    return f"{100 * part:.0f} %"


def date(when: datetime | None) -> str:
    """A day: ``2026-11-21``."""
    return NOT_TOLD if when is None else when.date().isoformat()


def basis(known: Basis) -> str:
    """How a figure is known, in words."""
    return {"measured": "measured", "reported": "as reported", "estimated": "estimated", "assumed": "assumed"}[known]


def count(number_of: int, one: str, many: str | None = None) -> str:
    """A count with its noun: ``1 run``, ``3 runs``."""
    return f"{number_of:,} {one if number_of == 1 else many or one + 's'}"


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
        plain, ratio, date, basis, short, share,
    )
}  # fmt: skip
