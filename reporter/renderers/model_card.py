"""Hugging Face model cards: ``co2_eq_emissions`` in GRAMS, and the Environmental Impact section."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reporter import __version__, factors
from reporter.errors import ReportError
from reporter.patterns import pattern
from reporter.renderers import display, in_place, tables
from reporter.renderers.base import Renderer, Safe, clean, environment
from reporter.renderers.locales import phrase, spoken
from reporter.renderers.markdown import LANGUAGE

if TYPE_CHECKING:
    from reporter.report import Report

HEADING = "## Environmental Impact"
START, END = "<!-- carbon-report:card:start -->", "<!-- carbon-report:card:end -->"
_TITLE = pattern(r"^(#{1,4})[ \t]+[^\w\n]*Environmental Impact[^\w\n]*$", re.MULTILINE | re.IGNORECASE)
_LINE = pattern(r"[^\n]*\n|[^\n]+")
#: The Hub's own form, as long as nobody filled it in: its hint, its sentence, and its bullets.
_BLANK = pattern(
    r"(?:<!--[^>]*-->\s+)?(?:Carbon emissions can be estimated using the[^\n]*\s+)?"
    r"(?:- \*\*(?:Hardware Type|Hours used|Cloud Provider|Compute Region|Carbon Emitted):\*\* "
    r"\[More Information Needed\][ \t\r]*(?:\n|\Z)){2,}"
)
_KEY = pattern(r"""['"]?co2_eq_emissions['"]?\s*:""")
KEY = "co2_eq_emissions"
_OPENED = pattern(r"\s*---[ \t]*(?:\r(?!\n)|\r?\n[ \t]*[\w-]+:[ \t])")
_FRONT = pattern(r"\A(\ufeff?\s*---[ \t]*\r?\n)(.*?)(^---[ \t]*(?:\r?\n|\Z))", re.MULTILINE | re.DOTALL)


def emissions(report: Report) -> dict[str, object] | None:
    """``co2_eq_emissions`` as the Hub reads it: a mapping whose ``emissions`` are grams of CO2e.

    None where no emissions are known: 0 would be a claim.
    """
    footprint = report.footprint
    if footprint.emissions is None:
        return None
    values: dict[str, object] = {"emissions": _grams(footprint.emissions.value)}
    values["source"] = clean(f"{', '.join(tables.trackers(footprint))}, by carbon-report {__version__}")
    places = list(dict.fromkeys(factors.country_name(run.country) for run in footprint.runs if run.country))
    if places:
        values["geographical_location"] = ", ".join(places)
    hardware = _hardware(report)
    if hardware:
        values["hardware_used"] = hardware
    return values


def _grams(kilograms: float) -> float:
    """Kilograms in g, shifted by three decimals: 8.021 kg are 8021 g, not 8021.000000000001."""
    from decimal import Decimal

    return float(Decimal(repr(kilograms)).scaleb(3))


def _fixed(value: float) -> str:
    """A number in fixed-point notation with all its digits, since the Hub's client reads ``1e-05`` as 1."""
    from decimal import Decimal

    text = format(Decimal(repr(float(value))), "f")
    return text if "." in text else f"{text}.0"


def front_matter(report: Report) -> str:
    """The YAML block alone, without its fences."""
    values = emissions(report)
    if values is None:
        return ""
    lines = ["co2_eq_emissions:"]
    for key, value in values.items():
        lines.append(f"  {key}: {_fixed(value) if isinstance(value, float) else _quoted(str(value))}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes, all that is not plain ASCII escaped, so that no reader can see more in it."""
    out = []
    for char in text:
        code = ord(char)
        if char in '"\\':
            out.append(f"\\{char}")
        elif 32 <= code < 127:
            out.append(char)
        else:
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return f'"{"".join(out)}"'


@spoken
def section(report: Report) -> str:
    """The Environmental Impact section, with the bullets that the Hub's template has."""
    footprint = report.footprint
    clouds = sorted({f"{run.run.cloud_provider}" for run in footprint.runs if run.run.cloud_provider})
    regions = sorted({run.run.cloud_region or run.run.region or run.country or "" for run in footprint.runs} - {""})
    hours = None if footprint.duration_s is None else footprint.duration_s / 3600
    return environment(LANGUAGE, report).get_template("model_card.md").render(
        hardware=_hardware(report) or display.not_told(),
        hours=display.not_told() if hours is None else display.number(hours),
        provider=", ".join(clouds) or phrase("none told"),
        region=", ".join(regions) or display.not_told(),
        emissions=emissions(report),
        heading=Safe(HEADING),
        start=Safe(START),
        end=Safe(END),
    )  # fmt: skip


def _hardware(report: Report) -> str:
    """The processors of all runs, once each, graphics processors first."""
    runs = [run.run for run in report.footprint.runs]
    models = [model for model in (*(run.gpu_model for run in runs), *(run.cpu_model for run in runs)) if model]
    return ", ".join(display.short(clean(model), 80) for model in list(dict.fromkeys(models))[:6])


def render(report: Report) -> bytes:
    """A card that holds the metadata and the section alone, to start from."""
    front = front_matter(report)
    return (f"---\n{front}---\n\n{section(report)}" if front else section(report)).encode("utf-8", "replace")


def update(report: Report, old: bytes) -> bytes:
    """An existing card with its ``co2_eq_emissions`` and section replaced or added; the rest stays byte for byte.

    Doing it twice changes nothing more. Raises ReportError where the card is no UTF-8 or its metadata no YAML, where
    the edit would touch other metadata, and where huggingface_hub is not installed.
    """
    text = in_place.decoded(old, "--model-card")
    before, ending = _metadata(text), in_place.line_end(text)
    front, body = _parted(text)
    metadata = front_matter(report).replace("\n", ending)
    edited = _with_section(_with_metadata(front, metadata, ending), body, section(report), ending)
    after = _metadata(edited)
    if _others(before) != _others(after) or (metadata and after.get(KEY) != emissions(report)):
        raise ReportError("--model-card: co2_eq_emissions cannot be written without touching other metadata; write "
                          "each key of the card on a line of its own, nothing was changed")  # fmt: skip
    return edited.encode("utf-8")


def _others(metadata: dict[str, Any]) -> str:
    return repr([(key, value) for key, value in metadata.items() if key != KEY])


def _metadata(text: str) -> dict[str, Any]:
    """A card's metadata as the Hub's own client reads it. Raises ReportError where it cannot."""
    try:
        from huggingface_hub import ModelCard
    except ImportError as error:
        raise ReportError("--model-card FILE needs huggingface_hub: pip install 'carbon-report[hub]'") from error
    front = _FRONT.match(text)
    if front is None or not front[2].strip():
        if front is None and _OPENED.match(text):
            raise ReportError("--model-card: its metadata has no end '---', or ends its lines as old Macs did; "
                              "nothing was changed")  # fmt: skip
        return {}  # a card without metadata is one, but the client warns of it
    try:
        card: Any = ModelCard(text.removeprefix("\ufeff"), ignore_metadata_errors=False)
        data: dict[str, Any] = card.data.to_dict()
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise ReportError(f"--model-card: its metadata cannot be read ({reason}); nothing was changed") from error
    return data


def _parted(text: str) -> tuple[str, str]:
    """A card's front matter with its fences, and its body."""
    match = _FRONT.match(text)
    return (text[: match.end()], text[match.end() :]) if match else ("", text)


def _with_metadata(front: str, block: str, ending: str) -> str:
    """The front matter with the block in place of the old one, or last; other keys, their order and comments stay.

    Without a block (no emissions are known) an old one stays: it is its author's claim, not ours to take back.
    """
    match = _FRONT.match(front)
    if not block:
        return front
    if match is None:
        return f"---{ending}{block}---{ending}{ending}"
    kept, inside, waiting = [], False, block
    for line in _LINE.findall(match[2]):
        if _KEY.match(line):
            inside = True
            kept.append(waiting)
            waiting = ""
            continue
        aside = not line.strip() or line.startswith("#")
        inside = inside and (aside or line[0] in " \t-}]")
        if aside or not inside:
            kept.append(line)
    return f"{match[1]}{''.join(kept)}{waiting}{match[3]}"


def _with_section(front: str, body: str, made: str, ending: str) -> str:
    """The card with the section between its markers; without them under its heading, before all else, or last.

    What an author wrote under the heading stays below it; the Hub's own form, not filled in, goes.
    """
    made = made.strip()
    block = made.removeprefix(HEADING).strip()
    replaced = in_place.between(body, block, (START, END), "--model-card")
    if replaced is not None:
        return front + replaced
    block = block.replace("\n", ending)
    title = _TITLE.search(in_place.masked(body))
    if title is None:
        space = ending if front and not front.endswith("\n") else ""
        return front + space + in_place.appended(body or (ending if front else ""), made, ending, "--model-card")
    cut = len(body[: title.end()].rstrip("\r"))
    head, rest = body[:cut], body[cut:]
    blank = _BLANK.match(rest.lstrip())
    if blank:
        gap = rest[: len(rest) - len(rest.lstrip())]
        return f"{front}{head}{gap}{block}{ending}{rest.lstrip()[blank.end() :]}"
    return f"{front}{head}{ending * 2}{block}{rest or ending}"


RENDERERS = (
    Renderer("model-card", "a Hugging Face model card; edits FILE in place", (".card.md",), render, update=update),
)
