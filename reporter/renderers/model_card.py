"""Hugging Face model cards: ``co2_eq_emissions`` in GRAMS, and the Environmental Impact section."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reporter import __version__, factors
from reporter.errors import ReportError
from reporter.renderers import display, tables
from reporter.renderers.base import Renderer, Safe, clean, environment
from reporter.renderers.markdown import LANGUAGE

if TYPE_CHECKING:
    from reporter.report import Report

HEADING = "## Environmental Impact"
_TITLE = re.compile(r"^(#{1,4})[ \t]+[^\w\n]*Environmental Impact[^\w\n]*$", re.MULTILINE | re.IGNORECASE)
_UNDERLINED = r"^[^\s#>|-][^\n]*\n(?:=+|-+)[ \t]*\r?$"
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_KEY = re.compile(r"""['"]?co2_eq_emissions['"]?\s*:""")
_FRONT = re.compile(r"\A(\ufeff?\s*---[ \t]*\r?\n)(.*?)(^---[ \t]*(?:\r?\n|\Z))", re.MULTILINE | re.DOTALL)


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


def section(report: Report) -> str:
    """The Environmental Impact section, with the bullets that the Hub's template has."""
    footprint = report.footprint
    clouds = sorted({f"{run.run.cloud_provider}" for run in footprint.runs if run.run.cloud_provider})
    regions = sorted({run.run.cloud_region or run.run.region or run.country or "" for run in footprint.runs} - {""})
    hours = None if footprint.duration_s is None else footprint.duration_s / 3600
    return environment(LANGUAGE, report).get_template("model_card.md").render(
        hardware=_hardware(report) or display.NOT_TOLD,
        hours=display.NOT_TOLD if hours is None else display.number(hours),
        provider=", ".join(clouds) or "none told",
        region=", ".join(regions) or display.NOT_TOLD,
        emissions=emissions(report),
        heading=Safe(HEADING),
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
    """An existing card with its ``co2_eq_emissions`` and section replaced or added; the rest stays as it is.

    Doing it twice changes nothing more. Raises ReportError where the card is no UTF-8 or its metadata no YAML, and
    where huggingface_hub is not installed.
    """
    try:
        text = old.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReportError("--model-card: the file is no text in UTF-8; nothing was changed") from error
    _check(text)
    ending = "\r\n" if "\r\n" in text else "\n"
    front, body = _parted(text)
    metadata = front_matter(report).replace("\n", ending)
    edited = _with_metadata(front, metadata, ending) + _with_section(body, section(report), ending)
    _check(edited)
    return edited.encode("utf-8")


def _check(text: str) -> None:
    """Raise ReportError where the Hub's own client cannot read a card's metadata."""
    try:
        from huggingface_hub import ModelCard
    except ImportError as error:
        raise ReportError("--model-card FILE needs huggingface_hub: pip install 'carbon-report[hub]'") from error
    if not _FRONT.match(text):
        return  # a card without metadata is one, but the client warns of it
    try:
        ModelCard(text, ignore_metadata_errors=False)
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise ReportError(f"--model-card: its metadata cannot be read ({reason}); nothing was changed") from error


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


def _with_section(body: str, made: str, ending: str) -> str:
    """The body with the section in place of the old one, under its own heading, or last."""
    made = made.rstrip().replace("\n", ending) + ending
    masked = _masked(body)
    title = _TITLE.search(masked)
    if title is None:
        start = body.rstrip()
        return f"{start}{ending * 2 if start else ''}{made}"
    following = re.compile(rf"^#{{1,{len(title[1])}}}[ \t]|{_UNDERLINED}", re.MULTILINE).search(masked, title.end())
    after = body[following.start() :] if following else ""
    heading = body[title.start() : title.end()].rstrip()
    return f"{body[: title.start()]}{heading}{made.removeprefix(HEADING)}{ending if after else ''}{after}"


def _masked(body: str) -> str:
    """The body, as long as it was, with code and comments blanked out: what stands there is no heading."""
    out, fence = [], ""
    for line in _LINE.findall(_COMMENT.sub(lambda match: _blank(match[0]), body)):
        match = _FENCE.match(line)
        if fence or match:
            out.append(_blank(line))
        else:
            out.append(line)
        if not fence and match:
            fence = match["fence"]
        elif fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return "".join(out)


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


RENDERERS = (
    Renderer("model-card", "a Hugging Face model card; edits FILE in place", (".card.md",), render, update=update),
)
