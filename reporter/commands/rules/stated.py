"""What a text states, gathered once for all rules: emissions, energies, intensities, the card's claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reporter.commands.published import card, quantities
from reporter.errors import Finding, plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from reporter.commands.published.quantities import Quantity
    from reporter.commands.published.text import Page
    from reporter.errors import Level

#: Words before a mass that make it one of emissions where no CO2 stands behind it.
_EMISSIONS_BEFORE = pattern(
    r"(?:carbon|CO2e?|GHG|greenhouse)[^.:|\n]{0,40}(?:emi|footprint|impact|cost)[^.:|\n]{0,40}?"
    r"(?:[:|=]|\bof\b|\bis\b|\bwas\b|\bwere\b|\bat\b)\s{0,3}"
    r"(?:about|around|approximately|roughly|~|≈|estimated at|\|)?\s{0,3}$",
    re.IGNORECASE,
)
#: A label with its unit in brackets, and a bare number: ``CO2 Emissions (in grams): 25.4476``.
_LABELLED = pattern(
    r"(?:carbon|CO2e?|GHG)[^.:|\n()]{0,30}(?:emi|footprint)[^.:|\n()]{0,20}[(\[](?:in )?"
    r"(?P<unit>grams?|kilograms?|tonnes?|tons?|k?g|mg|t)(?: ?(?:of )?CO2e?)?[)\]]\s?[:=|]\s{0,3}"
    rf"(?P<number>{quantities.NUMBER})(?![\d.,]*\s?[-–]\s?\d)",
    re.IGNORECASE,
)
_COMPUTING = pattern(
    r"\b(?:pre-?|fine-?)?(?:train(?:ed|ing)?|tun(?:ed|ing)|inference|[GTC]PUs?|kWh|comput(?:e|ed|ing|ations?)|"
    r"simulations?)\b",
    re.IGNORECASE,
)
_CARD = pattern(
    r"^#{1,6}.{0,20}environmental impact|^\W{0,6}(?:Carbon Emitted|CO2 Emissions)\b.{0,40}:",
    re.MULTILINE | re.IGNORECASE,
)
_NOT_EMITTED = pattern(
    r"(?:saved|avoided|reduc\w{1,9}|offset|sequester\w{1,5}|budget|limit|threshold|per)\W{0,3}(?:of )?(?:up to )?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Stated:
    """A page and what stands in it. Quantities are totals, in kgCO2e, kWh, W, GPU h and g/kWh."""

    page: Page

    def finding(self, code: str, level: Level, message: str, line: int | None = None) -> Finding:
        """A finding at a line of the page."""
        where = plain(self.page.path)
        return Finding(code, level, message, where if line is None else f"{where}:{line}")

    def line(self, quantity: Quantity) -> int:
        """The line in which a quantity stands."""
        return self.page.line(quantity.start)

    @cached_property
    def claim(self) -> card.Claim | None:
        """What ``co2_eq_emissions`` of the metadata holds."""
        return card.claim(self.page)

    @cached_property
    def everything(self) -> tuple[Quantity, ...]:
        """All quantities of the prose."""
        return tuple(quantities.found(self.page.prose))

    @cached_property
    def emissions(self) -> tuple[Quantity, ...]:
        """Masses of CO2e that the text states as totals: no rate, nothing saved or offset."""
        text = self.page.prose
        found = [one for one in self.everything if one.dimension == "kgCO2e" and not one.per]
        stated = [
            one
            for one in found
            if (one.co2 or _EMISSIONS_BEFORE.search(text[max(0, one.start - 120) : one.start]))
            and not _NOT_EMITTED.search(text[max(0, one.start - 30) : one.start])
        ]
        return (*stated, *(self._labelled(match) for match in _LABELLED.finditer(text)))

    @staticmethod
    def _labelled(match: re.Match[str]) -> Quantity:
        shown = f"{match['number']} {match['unit']}"
        unit = {"gram": "g", "kilogram": "kg"}.get(match["unit"].lower().removesuffix("s"), match["unit"].lower())
        (read,) = tuple(quantities.found(f"{match['number']} {unit}"))[:1]
        return read._replace(text=shown, start=match.start("number"), end=match.end(), co2=True)

    @cached_property
    def energies(self) -> tuple[Quantity, ...]:
        """Energies that the text states as totals."""
        return tuple(one for one in self.everything if one.dimension == "kWh" and not one.per)

    @cached_property
    def intensities(self) -> tuple[Quantity, ...]:
        """Carbon intensities of electricity."""
        return tuple(one for one in self.everything if one.dimension == "g/kWh")

    @cached_property
    def about_computing(self) -> bool:
        """Whether the text is about computing at all; elsewhere a mass of CO2 is somebody else's."""
        return self.claim is not None or _COMPUTING.search(self.page.prose) is not None

    @cached_property
    def is_card(self) -> bool:
        """Whether this is a model card that tells emissions: by its metadata, or by the fields of one."""
        return self.claim is not None or (bool(self.emissions) and _CARD.search(self.page.prose) is not None)
