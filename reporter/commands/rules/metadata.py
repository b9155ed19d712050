"""Rules on ``co2_eq_emissions`` of a card's metadata: grams, a bare number, the Hub's form, and what the prose says."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from reporter.commands.published import quantities
from reporter.errors import plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.commands.published.card import Claim, Value
    from reporter.commands.published.quantities import Quantity
    from reporter.errors import Finding

    from .stated import Stated

_EXPONENT = pattern(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+")
_THOUSANDS = pattern(r"[+-]?\d{1,3}(?:[,_ '’]\d{3})+(?:\.\d+)?")
_PRETRAINING = pattern(r"pre[- _]?train", re.IGNORECASE)
LEAST_PRETRAINING_G = 1.0  # an hour of one processor of 50 W on a clean grid


def check(stated: Stated) -> Iterator[Finding]:
    """Yield what is wrong with a card's claim; nothing where the metadata have none."""
    claim = stated.claim
    if claim is None:
        return
    yield from _form(stated, claim)
    told = claim.emissions
    if told is not None:
        yield from _figure(stated, told)
    grams = claim.grams
    if grams is not None and told is not None and grams.value > 0:
        yield from _against_prose(stated, grams, told.line)
        training = claim.values.get("training_type")
        if training and _PRETRAINING.search(training.text) and 1e3 * grams.value < LEAST_PRETRAINING_G:
            yield stated.finding(
                "CR200",
                "warning",
                f"{told.text} g for a pre-training is hardly possible: the figure "
                "is read as grams; if these are kilograms, write 1,000 times as much",
                told.line,
            )


def _form(stated: Stated, claim: Claim) -> Iterator[Finding]:
    """The Hub reads a number, or a mapping whose emissions are one."""
    wanted = "write 'co2_eq_emissions:' and below it, two blanks in, 'emissions: 250.0' (grams)"
    if claim.shape == "broken":
        yield stated.finding(
            "CR205", "error", f"co2_eq_emissions is no YAML ({plain(claim.trouble)}); {wanted}", claim.line
        )
    elif claim.shape == "list":
        yield stated.finding(
            "CR205", "error", f"co2_eq_emissions is a list: take the dashes away; {wanted}", claim.line
        )
    elif claim.shape == "other" or claim.emissions is None:
        yield stated.finding("CR205", "error", f"co2_eq_emissions holds no 'emissions'; {wanted}", claim.line)


def _figure(stated: Stated, told: Value) -> Iterator[Finding]:
    """The figure is a bare number that YAML reads as one."""
    text, shown = told.text, plain(told.text, 40)
    if told.kind in {"float", "int"}:
        if float(quantities.number_of(text.lstrip("+"))[0]) == 0 and re.match(r"[+-]?[\d.]", text):
            yield stated.finding(
                "CR220",
                "warning",
                "emissions: 0 says that nothing was emitted, and the Hub takes it for "
                "missing; leave the block out where nothing was measured",
                told.line,
            )
    elif _EXPONENT.fullmatch(text):
        fixed = f"{float(text):.12f}".rstrip("0") if abs(float(text)) < 1e12 else text
        yield stated.finding(
            "CR202", "error", f"YAML reads '{shown}' as text; write it without an exponent: {fixed}", told.line
        )
    elif _THOUSANDS.fullmatch(text):
        bare = re.sub(r"[,_ '’]", "", text)
        yield stated.finding(
            "CR203",
            "error",
            f"'{shown}' is text to YAML, and its first digits alone to the Hub's client; write {bare}",
            told.line,
        )
    elif (found := next(iter(quantities.found(text)), None)) is not None and found.dimension == "kgCO2e":
        grams = f"{1e3 * found.value:.12g}"
        yield stated.finding(
            "CR204", "error", f"'{shown}' has a unit: the figure is a bare number of grams; write {grams}", told.line
        )
    elif not re.fullmatch(r"\[?More information needed\]?", text, re.IGNORECASE):
        bare = (
            "take the quotation marks away"
            if re.fullmatch(quantities.NUMBER, text)
            else "write the grams, such as 250.0"
        )
        yield stated.finding("CR202", "error", f"'{shown}' is no number to YAML; {bare}", told.line)


def _against_prose(stated: Stated, grams: Quantity, line: int) -> Iterator[Finding]:
    """The same emissions, told in the text with their unit."""
    told = stated.emissions
    if not told or any(_same(grams, one, 0) for one in told):
        return
    for one in told:
        for power in (3, 6, -3, 9):
            if _same(grams, one, power):
                due = f"{1e3 * one.value:.12g}"
                yield stated.finding(
                    "CR200",
                    "error",
                    f"co2_eq_emissions is in grams and says {_grams(grams)}; the text says "
                    f"{plain(one.text, 40)} (line {stated.line(one)}), that is {due} g; write emissions: {due}",
                    line,
                )
                return
    if len(told) == 1:
        one = told[0]
        tenfold = one.value and abs(math.log10(grams.value / one.value) % 1 - 0.5) > 0.4999
        words = "a power of ten apart" if tenfold else "not the same"
        yield stated.finding(
            "CR201",
            "warning",
            f"co2_eq_emissions says {_grams(grams)} and the text {plain(one.text, 40)} "
            f"(line {stated.line(one)}): {words}; say what each covers, or correct one",
            line,
        )


def _same(grams: Quantity, one: Quantity, power: int) -> bool:
    """Whether the metadata's figure is the text's after so many powers of ten, within the printed digits."""
    scale = 10.0**power
    return abs(grams.value * scale - one.value) <= (one.half + grams.half * scale) * (1 + 1e-9)


def _grams(grams: Quantity) -> str:
    return f"{1e3 * grams.value:.6g} g"
