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
_SECTION = re.compile(r"^## +Environmental Impact[^\n]*\n.*?(?=^#{1,2} |\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^(```|~~~)", re.MULTILINE)
_FRONT = re.compile(r"\A(?:\ufeff)?---[ \t]*\r?\n(.*?)(?:^---[ \t]*(?:\r?\n|\Z))", re.MULTILINE | re.DOTALL)


def emissions(report: Report) -> dict[str, object] | None:
    """``co2_eq_emissions`` as the Hub reads it: a mapping whose ``emissions`` are grams of CO2e.

    None where no emissions are known: 0 would be a claim.
    """
    footprint = report.footprint
    if footprint.emissions is None:
        return None
    values: dict[str, object] = {"emissions": _Grams(1000 * footprint.emissions.value)}
    values["source"] = clean(f"{', '.join(tables.trackers(footprint))}, by carbon-report {__version__}")
    places = list(dict.fromkeys(factors.country_name(run.country) for run in footprint.runs if run.country))
    if places:
        values["geographical_location"] = ", ".join(places)
    hardware = _hardware(report)
    if hardware:
        values["hardware_used"] = hardware
    return values


class _Grams(float):
    """A mass that YAML writes without an exponent: the Hub's client reads ``1e-05`` as 1."""


def _fixed(value: float) -> str:
    """A number in fixed-point notation with all its digits: ``8021.0``, ``0.0021``."""
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
        from huggingface_hub import ModelCard
    except ImportError as error:
        raise ReportError("--model-card FILE needs huggingface_hub: pip install 'carbon-report[hub]'") from error
    try:
        text = old.decode("utf-8")
        ModelCard(text, ignore_metadata_errors=False)
    except UnicodeDecodeError as error:
        raise ReportError("--model-card: the file is no text in UTF-8; nothing was changed") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise ReportError(f"--model-card: its metadata cannot be read ({reason}); nothing was changed") from error
    ending = "\r\n" if "\r\n" in text else "\n"
    edited = _with_section(_with_metadata(text.replace("\r\n", "\n"), report), report)
    ModelCard(edited)  # what we leave behind must be a card
    return edited.replace("\n", ending).encode("utf-8")


def _with_metadata(text: str, report: Report) -> str:
    """The card with the block in its front matter replaced; other keys, their order and comments stay."""
    block = front_matter(report)
    match = _FRONT.match(text)
    if match is None:
        return f"---\n{block}---\n{text}" if block else text
    lines, kept, inside = match[1].splitlines(keepends=True), [], False
    for line in lines:
        if re.match(r"""['"]?co2_eq_emissions['"]?\s*:""", line):
            inside = True
            continue
        inside = inside and (line[:1] in {" ", "\t", "-", "}", "]"} or not line.strip())
        if not inside:
            kept.append(line)
    body = "".join(kept)
    return f"---\n{body}{'' if not body or body.endswith(chr(10)) else chr(10)}{block}---\n{text[match.end() :]}"


def _with_section(text: str, report: Report) -> str:
    made = section(report).rstrip() + "\n"
    masked = _mask_code(text)
    match = _SECTION.search(masked)
    if match is None:
        return f"{text.rstrip()}\n\n{made}"
    after = text[match.end() :]
    return text[: match.start()] + made + ("\n" if after else "") + after


def _mask_code(text: str) -> str:
    """The text with ``#`` inside code fences blanked out, so that a comment in code is no heading."""
    parts, out = _FENCE.split(text), []
    inside = False
    for part in parts:
        if part in {"```", "~~~"}:
            inside = not inside
            out.append(part)
        else:
            out.append(part.replace("#", " ") if inside else part)
    return "".join(out)


RENDERERS = (
    Renderer("model-card", "a Hugging Face model card; edits FILE in place", (".card.md",), render, update=update),
)
