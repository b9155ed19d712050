"""ML CO2 Impact: the statement that the calculator writes for papers, or the inputs of its form as CSV or JSON.

What a naive reader gets wrong: the calculator rounds energy, intensity and emissions to two decimals each, so that a
small run's claim becomes 0.00 kg; offsets that the provider bought are named and not to be subtracted; and nothing
was measured: hours times a design power.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import plain
from reporter.importers import json_documents
from reporter.importers.base import Importer
from reporter.importers.hardware import described, kind_of
from reporter.importers.head import encoding_of, named
from reporter.importers.table import LARGEST, Table, lines
from reporter.importers.told import Told
from reporter.patterns import pattern
from reporter.run import Device, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log

_NUMBER = r"[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?"
_HOURS = pattern(
    r"A cumulative (?:of|total of) (?P<hours>.{1,60}?)[ -](?:[GTC]PU[ -])?hours of computation (?:was|were) performed "
    r"on (?:a )?hardware of type (?P<model>.{1,120}?) ?"
    r"(?:\(TDP of (?P<tdp>[^)]{0,60})\)|\.(?= [A-Z]|$))",
    re.IGNORECASE,
)
_PLACE = pattern(
    r"Experiments were conducted using (?P<provider>.{1,120}?)(?: in (?:the )?region (?P<region>.{1,60}?))?"
    rf"(?:, which has a carbon efficiency of (?P<intensity>{_NUMBER}) ?kg ?CO[^/]{{0,12}}/ ?kWh)?\.(?= |$)",
    re.IGNORECASE,
)
_TOTAL = pattern(
    rf"(?:emissions are estimated to be|amounted to|emitted a total of approximately) (?P<amount>{_NUMBER}) ?"
    rf"(?P<unit>kg|g|t|tons?) ?CO(?:.{{0,12}}?of which (?P<offset>{_NUMBER}) ?(?:%|percents?))?",
    re.IGNORECASE,
)
_CLAIMED = pattern(r"emissions are estimated to be|emitted a total of", re.IGNORECASE)
_KG = {"kg": 1.0, "g": 1e-3, "t": 1e3, "ton": 1e3, "tons": 1e3}
PROVIDERS = {
    "google cloud platform": "gcp", "google cloud": "gcp", "amazon web services": "aws", "microsoft azure": "azure",
}  # fmt: skip
PRIVATE = ("private infrastructure", "custom")
INPUTS = {
    "gpu": "hardware", "hardware": "hardware", "hours": "hours", "provider": "provider", "region": "region",
    "customimpact": "impact", "custom_impact": "impact", "custom_intensity": "impact", "customoffset": "offset",
    "custom_offset": "offset", "tdp": "watt", "watt": "watt", "id": "id", "name": "id", "country": "country",
}  # fmt: skip
HIGHEST_KG_PER_KWH = 3.0  # no grid emits more; 432 is in g, while the form asks for kg


class _Stated(NamedTuple):
    """What one statement or form tells; None is not told. Intensity in kg/kWh, as the calculator has it."""

    line: int
    hours: float
    model: str
    tdp_w: float | None
    provider: str | None = None
    region: str | None = None
    intensity: float | None = None
    claim_kg: float | None = None
    offset_percent: float | None = None
    country: str | None = None
    id: str | None = None


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read each statement, or each set of inputs, as a run whose energy is estimated from hardware and hours."""
    for log in logs:
        found = _statements(log) if _is_statement(log) else _forms(log)
        for place, stated in enumerate(found, 1):
            yield _run(stated, log, place)


def _statements(log: Log) -> Iterator[_Stated]:
    text, starts = _flat(log)
    before_it: _Stated | None = None
    matches = list(_HOURS.finditer(text))
    if not matches:
        raise log.refuse("the statement cannot be read; it says 'A cumulative of 100 hours of computation was ...'")
    for place, match in enumerate(matches):
        log.rows += 1
        before = text[matches[place - 1].end() if place else 0 : match.start()]
        after = text[match.end() : matches[place + 1].start() if place + 1 < len(matches) else len(text)]
        line = sum(start <= match.start() for start in starts)
        hours, tdp_w = _plain_number(match["hours"]), _plain_number((match["tdp"] or "").strip().rstrip("Ww "))
        wrong = ""
        if not hours:
            wrong = f"'{plain(match['hours'], 40)}' hours: this is no number above 0; write it out in digits"
        elif (match["tdp"] or "").strip(" Ww") and not tdp_w:
            wrong = f"TDP of '{plain(match['tdp'], 40)}': write the power of one device, such as 250W"
        if wrong and len(matches) == 1:
            raise log.refuse(wrong, line)
        if wrong or not hours:
            log.skip(line, wrong)
            continue
        stated = _stated(match["model"], hours, tdp_w, line, (before, after))
        if before_it is not None and stated._replace(line=before_it.line) == before_it:
            log.say("CR021", "the statement stands here again, word for word; counted once", line)
            continue
        if stated.claim_kg is None and _CLAIMED.search(after):
            log.say("CR008", "the emissions beside it are no number; taken as not told", line)
        before_it = stated
        yield stated


def _stated(model: str, hours: float, tdp_w: float | None, line: int, around: tuple[str, str]) -> _Stated:
    places, total = list(_PLACE.finditer(around[0])), _TOTAL.search(around[1])
    place = places[-1] if places else None
    claim = _plain_number(total["amount"]) if total else None
    return _Stated(
        line,
        hours,
        model.strip(),
        tdp_w,
        provider=place["provider"].strip() if place else None,
        region=place["region"] if place else None,
        intensity=_plain_number(place["intensity"] or "") if place else None,
        claim_kg=claim * _KG[total["unit"].lower()] if total and claim is not None else None,
        offset_percent=_plain_number(total["offset"] or "") if total else None,
    )


def _flat(log: Log) -> tuple[str, list[int]]:
    """The text on one line without LaTeX's marks and comments, and where each line of the file begins in it."""
    parts, starts, length = [], [], 0
    for number, line in enumerate(lines(log), 1):
        if number > 100_000:
            raise log.refuse("more than 100,000 lines; keep the statement in a file of its own")
        starts.append(length)
        bare = re.sub(r"(?<!\\)%.*", "", line)
        bare = re.sub(r"\\(?:text|mathrm|emph)\b|\\[,;!]|[${}_~^]|\\(?=%)", lambda mark: " " * (mark[0] == "~"), bare)
        part = " ".join(bare.replace("₂", "2").split())
        if part:
            parts.append(part)
            length += len(part) + 1
    return " ".join(parts), starts


def _plain_number(text: str) -> float | None:
    """A number as English prose has it, also ``184,320``; None for anything else."""
    text = text.strip().rstrip(".,")
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?", text, re.IGNORECASE) or float(text) > LARGEST:
        return None
    return float(text)


def _forms(log: Log) -> Iterator[_Stated]:
    """The form's fields, from rows of a CSV or from JSON objects."""
    for told in _json(log) if log.head.lstrip()[:1] in (b"{", b"[") else _rows(log):
        model, hours = told.text("hardware"), told.positive("hours")
        if not model or hours is None:
            raise told.wrong("hardware" if not model else "hours", "missing; the calculator asks for both")
        impact = told.number("impact")
        if impact is not None and impact > HIGHEST_KG_PER_KWH:
            raise told.wrong("impact", f"{impact:g} kg/kWh is no grid's; the form asks for kg, not g: 0.432")
        yield _Stated(
            told.line or 0, hours, model, told.positive("watt"), told.text("provider"), told.text("region"), impact,
            None, told.number("offset"), told.text("country"), told.text("id"),
        )  # fmt: skip


def _rows(log: Log) -> Iterator[Told]:
    table = Table(log)
    for row in table:
        keys = [INPUTS.get(name, "") for name in table.header]
        told = {key: cell.strip() for key, cell in zip(keys, row.cells, strict=False) if key and cell.strip()}
        yield Told(log, told, row.line, decimal="," if table.delimiter == ";" else ".")


def _json(log: Log) -> Iterator[Told]:
    for line, value in json_documents.values(log):
        if not isinstance(value, dict):
            raise log.refuse("this is no object with the form's fields gpu, hours, provider and region", line)
        told = {INPUTS[named(key)]: each for key, each in value.items() if named(key) in INPUTS and each is not None}
        yield Told(log, told, line)


def _run(stated: _Stated, log: Log, place: int) -> Run:
    provider = (stated.provider or "").strip()
    private = not provider or any(word in provider.lower() for word in PRIVATE)
    devices = (Device(kind_of(stated.model), stated.model, 1.0, None, stated.tdp_w),)
    run_id = stated.id or f"statement-{place}"
    return Run(
        id=run_id,
        tracker="ml-co2-impact",
        source=log.path,
        line=stated.line or None,
        duration_s=stated.hours * 3600,
        reported_emissions_kg=_claim(stated, log),
        reported_intensity_g_per_kwh=None if stated.intensity is None else 1e3 * stated.intensity,
        basis="estimated",
        country=stated.country,
        cloud_provider=None if private else PROVIDERS.get(provider.lower(), provider.lower()),
        cloud_region=None if private else stated.region,
        region=stated.region if private else None,
        devices=devices,
        **described(devices),
    )


def _claim(stated: _Stated, log: Log) -> float | None:
    """The calculator's emissions in kg; None where rounding left nothing. Its sum and what it is are told."""
    claim, line = stated.claim_kg, stated.line
    if claim is None:
        return None
    log.say("CR029", "a calculator's claim from hours and design power, rounded three times to 0.01", line, "note")
    if stated.offset_percent:
        said = f"{stated.offset_percent:g} % are said to be offset; offsets are not subtracted"
        log.say("CR029", said, line, "note")
    if stated.tdp_w is None or stated.intensity is None:
        return claim or None
    energy_kwh = stated.tdp_w * stated.hours / 1e3
    exact_kg = energy_kwh * stated.intensity
    rounding = 0.005 + 0.005 * (energy_kwh + stated.intensity)
    if claim == 0:
        log.say("CR029", f"0 kg is what rounding left of {exact_kg:.3g} kg; not taken as a claim", line)
        return None
    if not math.isclose(claim, exact_kg, rel_tol=0.005, abs_tol=rounding):
        said = (f"{claim:g} kg stand beside {energy_kwh:g} kWh at {stated.intensity:g} kg/kWh, which make "
                f"{exact_kg:.4g} kg; see which was changed")  # fmt: skip
        log.say("CR030", said, line)
    return claim


_SENTENCE = pattern(rb"hours\s+of\s+computation\s+(was|were)\s+performed\s+on\s+(a\s+)?hardware\s+of\s+type", re.I)


def _is_statement(log: Log) -> bool:
    return b"computation" in log.head.lower() and _SENTENCE.search(log.head) is not None


def _claims(log: Log) -> bool:
    head = log.head
    if encoding_of(head) is None:
        return False
    if _is_statement(log):
        card = head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"---") and b"co2_eq_emissions" in head
        codecarbon = b"CodeCarbon emissions tracker" in head and not re.search(rb"Impact\s+calculator", head)
        return not card and not codecarbon
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t[")[:4000]
    if start.startswith(b"{"):
        keys = (b"(gpu|hardware)", b"hours", b"(provider|customImpact)")
        return all(re.search(rb'"%s"\s*:' % key, start) for key in keys)
    header = set(log.header)
    form = {"provider", "customimpact", "custom_impact", "custom_intensity"}
    return "hours" in header and bool(header & {"gpu", "hardware"}) and bool(header & form)


IMPORTER = Importer(
    name="ml-co2-impact",
    says="ML CO2 Impact: the calculator's statement (text, LaTeX), or its inputs (CSV, JSON)",
    home="https://github.com/mlco2/impact",
    minds="estimated; its triple rounding is told",
    claims=_claims,
    read=read,
)
