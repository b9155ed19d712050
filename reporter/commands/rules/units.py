"""Rules on units in prose: 1,000 times off, energy and power mixed up, GPU-hours times GPUs, a PUE below 1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reporter.commands.published import quantities
from reporter.errors import plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.commands.published.quantities import Quantity
    from reporter.errors import Finding, Level

    from .stated import Stated

_SHARE = pattern(r"\b(?:one|per|each|a single)\b", re.IGNORECASE)
MOST = 400  # quantities of one kind that are held against each other
_ENERGY_NAME = r"(?:energy|electricity)(?: (?:consumption|consumed|usage|use|used|cost|footprint))?"
_AS_POWER = pattern(
    rf"\b{_ENERGY_NAME}(?: of (?:the |our )?(?:training|model|experiments?|runs?))?\s?"
    r"(?::|=|\||\bof\b|\bis\b|\bwas\b|\bwere\b|\btotals?\b|\btotalled\b)\s{0,3}"
    r"(?:about |around |approximately |roughly |~|≈)?"
    rf"(?P<figure>{quantities.NUMBER} ?(?:[kMG]W|[kM]ilowatts?))(?![\w·⋅×*/-])(?!\s?(?:h\b|hours?\b|[·⋅×*x]))",
    re.IGNORECASE,
)
_CONSUMED = pattern(
    rf"\b(?:consum(?:ed|es|ing)|used|required)\s(?:about |around |approximately |roughly |~)?"
    rf"(?P<figure>{quantities.NUMBER} ?[kMG]W)\s(?:of )(?:energy|electricity)\b"
)
_HEAD_AS_POWER = pattern(rf"\b(?P<figure>{_ENERGY_NAME} ?[(\[](?:in )?[kMG]W[)\]])", re.IGNORECASE)
_PER_HOUR = pattern(
    r"(?<![\w/$€£])(?P<figure>(?:[\d.,]{1,20} ?)?(?:[kM]W|kilowatts?) ?(?:/ ?|per )(?:h|hr|hour)s?)\b(?! ?[/·])"
)
_ENERGY_PER_HOUR = pattern(r"(?<![\w/$€£])(?P<figure>(?:[\d.,]{1,20} ?)?[kM]Wh ?(?:/ ?|per )(?:h|hr|hour))\b")
_PUE = pattern(
    r"\bPUE\b\)?(?:[ \t|:=≈~,(]|\b(?:of|is|was|at|value|factor|about|approximately|around|an?|average|equal to)\b){1,8}"
    rf"(?P<figure>0?\.\d+|{quantities.NUMBER})(?![\d%]| ?%|\.\d| ?(?:percent|points?|kW|W\b))"
)
_COUNT = pattern(
    r"(?<![\w.,])(?P<count>\d{1,6}) ?(?:[×x] ?)?(?:NVIDIA |Nvidia |AMD )?(?:[A-Z]{1,4}\d{1,4}\w{0,6}[- ])?(?:\d+ ?GB )?"
    r"(?:[GT]PUs?|accelerators|A100s?|H100s?|V100s?)(?![- ]?(?:h\b|hours?|hrs?))"
)
_PRODUCT = pattern(r"[^\n×·*.;]{1,60}(?:(?:×|·|⋅|\*| x )[^\n×·*;]{1,60}){2,6}")


def check(stated: Stated) -> Iterator[Finding]:
    """Yield every slip of units in the prose."""
    yield from _thousandfold(stated, stated.emissions, "emissions")
    yield from _thousandfold(stated, stated.energies, "energy")
    yield from _products(stated)
    yield from _patterns(stated)
    yield from _pue(stated)
    yield from _gpu_hours(stated)


def _thousandfold(stated: Stated, told: Sequence[Quantity], what: str) -> Iterator[Finding]:
    """The same digits twice in units that are 1,000 or 1,000,000 apart."""
    first: dict[str, Quantity] = {}
    for one in told[:MOST]:
        row = _row(stated, one)
        if one.digits < 2 or _SHARE.search(row):
            continue  # a share of the whole, such as one inference of a million, has the whole's digits
        digits = f"{one.value:.10e}".partition("e")[0].rstrip("0")
        other = first.setdefault(digits, one)
        ratio = one.value / other.value if other.value else 1.0
        if row and _row(stated, other):
            continue  # rows of a table are of different things
        if other.digits == one.digits and any(abs(ratio / size - 1) < 1e-9 for size in (1e3, 1e-3, 1e6, 1e-6)):
            level: Level = "error" if one.digits >= 3 else "warning"
            yield stated.finding(
                "CR206",
                level,
                f"{what} of {plain(one.text, 40)} here and {plain(other.text, 40)} in line "
                f"{stated.line(other)}: the same digits in two units; correct one",
                stated.line(one),
            )


def _row(stated: Stated, one: Quantity) -> str:
    """The row of a table that a quantity stands in; empty in a sentence."""
    line = stated.page.plain_lines[stated.line(one) - 1]
    return line if "|" in line else ""


def _products(stated: Stated) -> Iterator[Finding]:
    """Emissions that are energy times intensity but for a factor of 1,000."""
    energies, intensities = stated.energies[:12], {one.value for one in stated.intensities}
    if not energies or not 1 <= len(intensities) <= 3:
        return
    for mass in stated.emissions[:12]:
        right = [energy.value * grams / 1e3 for energy in energies for grams in intensities if energy.value * grams]
        ratios = [mass.value / kilograms for kilograms in right]
        if not mass.value or any(0.3 < ratio < 3 for ratio in ratios):
            continue
        off = next((ratio for ratio in ratios if any(abs(ratio / size - 1) < 0.03 for size in (1e3, 1e-3))), None)
        if off is not None:
            much = "1,000 times as much as" if off > 1 else "a thousandth of what"
            yield stated.finding(
                "CR211",
                "error",
                f"{plain(mass.text, 40)} is {much} the energy and intensity of this text "
                "give; check kg against g, and kWh against MWh",
                stated.line(mass),
            )


def _patterns(stated: Stated) -> Iterator[Finding]:
    """Energy in a unit of power, and power per hour."""
    text = stated.page.prose
    for power in (_AS_POWER, _CONSUMED, _HEAD_AS_POWER):
        for match in power.finditer(text):
            yield stated.finding(
                "CR207",
                "error",
                f"'{plain(match['figure'], 40)}' is power, and energy is told: write kWh (or MWh), or call it power",
                stated.page.line(match.start("figure")),
            )
    for match in _PER_HOUR.finditer(text):
        yield stated.finding(
            "CR208",
            "error",
            f"'{plain(match['figure'], 40)}' is neither power nor energy: write kWh for energy, kW for power",
            stated.page.line(match.start("figure")),
        )
    for match in _ENERGY_PER_HOUR.finditer(text):
        yield stated.finding(
            "CR208",
            "warning",
            f"'{plain(match['figure'], 40)}' is a power: write kW, or the energy in kWh",
            stated.page.line(match.start("figure")),
        )


def _pue(stated: Stated) -> Iterator[Finding]:
    for match in _PUE.finditer(stated.page.prose):
        value = float(match["figure"].replace(",", ""))
        if value < 1:
            yield stated.finding(
                "CR210",
                "error",
                f"a PUE of {value:g} cannot be: it is the facility's energy over the "
                "machines', so 1 or more; is it the other way round?",
                stated.page.line(match.start("figure")),
            )


def _gpu_hours(stated: Stated) -> Iterator[Finding]:
    """GPU-hours count the GPUs already: a product with the number of GPUs counts them twice."""
    text = stated.page.prose
    advice = "GPU-hours count every GPU already: multiply them by the power of one GPU alone"
    for match in _PRODUCT.finditer(text):
        units = {one.dimension: one for one in quantities.found(match[0])}
        count = _COUNT.search(match[0])
        if "GPU h" in units and "W" in units and count and int(count["count"]) > 1:
            shown = plain(" ".join(match[0].split()), 80)
            yield stated.finding(
                "CR209", "error", f"'{shown}' counts the GPUs twice; {advice}", stated.page.line(match.start())
            )
            return
    yield from _counted_twice(stated, advice)


def _counted_twice(stated: Stated, advice: str) -> Iterator[Finding]:
    """An energy that is just GPUs x power x GPU-hours, and none that leaves the GPUs out."""
    counts = {int(match["count"]) for match in _COUNT.finditer(stated.page.prose)} - {0, 1}
    powers = {one.value for one in stated.everything if one.dimension == "W" and 30 <= one.value <= 1500}
    hours = {one.value for one in stated.everything if one.dimension == "GPU h" and one.value}
    if len(counts) > 4 or len(powers) > 4 or len(hours) > 4:
        return
    once = [power * time / 1e3 for power in powers for time in hours]
    if any(abs(energy.value / right - 1) < 0.02 for energy in stated.energies for right in once):
        return
    for energy in stated.energies[:MOST]:
        for number in sorted(counts):
            if energy.digits >= 2 and any(
                abs(energy.value - number * right) <= max(energy.half, 0.005 * energy.value) for right in once
            ):
                yield stated.finding(
                    "CR209",
                    "error",
                    f"{plain(energy.text, 40)} is GPU-hours x power x {number} GPUs; {advice}",
                    stated.line(energy),
                )
                return
