"""Hugging Face model cards: ``co2_eq_emissions`` in the metadata of a README.md, read when the file itself is named.

What a naive reader gets wrong: the figure is in GRAMS and is a claim that nobody can check, not a measurement. Cards
that hold kilograms by mistake look alike; what is too small for a pre-training is told, and never corrected.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers.base import Importer
from reporter.importers.hardware import described, pieces
from reporter.importers.json_lines import shown
from reporter.importers.table import lines
from reporter.importers.told import Told
from reporter.patterns import pattern
from reporter.run import Device, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log

MAX_CHARACTERS = 1 << 18
_FENCE = pattern(r"---[ \t]*\r?\n?")
_PRETRAINED = pattern(r"pre[- _]?train", re.IGNORECASE)
LEAST_PRETRAINING_KG = 1e-3


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the emissions that a card claims, in kg; the energy too where the tool that wrote the card put it there."""
    for log in logs:
        front, heading = _front_matter(log)
        metadata = _yaml(front, log)
        claim = metadata.get("co2_eq_emissions") if isinstance(metadata, dict) else None
        log.rows += 1
        yield _run(Told(log, _values(claim, log), _line(front)), _name(metadata, heading, log))


def _front_matter(log: Log) -> tuple[str, str | None]:
    """The metadata between the two fences, and the card's title below."""
    parts: list[str] = []
    length, inside = 0, 0
    for line in lines(log):
        if inside == 2:
            if line.startswith("# "):
                return "".join(parts), line[2:].strip()
        elif _FENCE.fullmatch(line):
            inside += 1
        elif inside:
            length += len(line)
            if length > MAX_CHARACTERS:
                raise log.refuse(f"metadata of more than {MAX_CHARACTERS >> 10} KiB; is its second '---' missing?")
            parts.append(line)
    if inside < 2:
        raise log.refuse("the metadata does not end; put a line '---' below it")
    return "".join(parts), None


def _yaml(front: str, log: Log) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise log.refuse("a model card needs PyYAML: pip install 'carbon-report[hub]'") from error
    try:
        _refuse_twins(yaml.compose(front, yaml.SafeLoader), log)
        return yaml.safe_load(front)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 2
        raise log.refuse(f"the metadata is no YAML: {error.problem}", line) from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError) as error:
        raise log.refuse(f"the metadata is no YAML: {plain(error, 100)}") from error


def _refuse_twins(node: Any, log: Log) -> None:
    """YAML takes the last of two equal keys and says nothing. Raises ReportError where the claim has such."""
    pairs = node.value if node is not None and node.id == "mapping" else []
    claims = [value for key, value in pairs if key.value == "co2_eq_emissions"]
    inside = claims[0].value if len(claims) == 1 and claims[0].id == "mapping" else []
    names = [key.value for key, _ in inside if key.id == "scalar"]
    twice = next((name for name in names if names.count(name) > 1), "co2_eq_emissions" if len(claims) > 1 else None)
    if twice is not None:
        raise log.refuse(f"the metadata has the key '{plain(twice, 40)}' twice; keep one")


def _line(front: str) -> int | None:
    found = re.search(r"^co2_eq_emissions\s*:", front, re.MULTILINE)
    return front.count("\n", 0, found.start()) + 2 if found else None


def _values(claim: object, log: Log) -> dict[str, Any]:
    """What ``co2_eq_emissions`` holds: a number of grams, a mapping, or (by a slip with dashes) a list of mappings."""
    if isinstance(claim, list) and all(isinstance(part, dict) for part in claim):
        claim = {key: value for part in claim for key, value in part.items()}
    if not isinstance(claim, dict):
        return {"emissions": claim}
    if len(claim) > 100:
        raise log.refuse("co2_eq_emissions has more than 100 keys; it has six in a card")
    return {str(key): value for key, value in claim.items()}


def _run(told: Told, name: str) -> Run:
    emissions_kg, energy_kwh = _emissions_kg(told), told.number("energy_consumed") or None
    if energy_kwh is not None:
        told.log.say("CR041", "energy_consumed may include a PUE, which a card does not tell", told.line, "note")
    hours = told.number("hours_used")
    training, place = _text(told, "training_type"), _text(told, "geographical_location")
    found = pieces(_text(told, "hardware_used"))
    hardware = described(Device(piece.kind, piece.model, float(piece.number or 1)) for piece in found)
    hardware["cpu_model"] = hardware["cpu_model"] or _text(told, "cpu_model") or None
    _doubts(told, emissions_kg, training)
    return Run(
        id=name,
        tracker="model-card",
        source=told.log.path,
        line=told.line,
        duration_s=3600 * hours if hours else None,
        energy_kwh=energy_kwh,
        reported_emissions_kg=emissions_kg,
        basis="reported",
        country=re.sub(r"\s*\(.*\)", "", place).rpartition(",")[2].strip() or None,
        region=place if "," in place or "(" in place else None,
        labels={key: value for key, value in (("phase", training), ("source", _text(told, "source"))) if value},
        **hardware,
    )


def _emissions_kg(told: Told) -> float:
    """The claim in kg: a bare number is grams. Raises ReportError where there is none above 0."""
    value = told.values.get("emissions")
    claim = told.within({"emissions": value}, {"emissions": "co2_eq_emissions"})
    if value is None:
        raise claim.wrong("emissions", "no figure; write the grams as 'emissions: 250.0'")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise claim.wrong("emissions", f"{shown(value)} is no number of grams")
    if isinstance(value, str) and value.strip()[-1:].isalpha():
        told.log.say("CR008", f"{shown(value)}: cards hold a bare number of grams; read with its unit", told.line)
        bare = re.sub(r"\s*CO(2|₂)[ _-]?(eq|e)?\s*$", "", value, flags=re.IGNORECASE)
        return claim.within({"emissions": bare}, claim.names).quantity("emissions", "kgCO2e") or 0.0
    return (claim.positive("emissions") or 0.0) / 1e3


def _doubts(told: Told, emissions_kg: float, training: str) -> None:
    told.log.say("CR029", "what a model card claims; nothing in it can be checked", told.line)
    if emissions_kg < LEAST_PRETRAINING_KG and _PRETRAINED.search(training):
        text = (f"{emissions_kg * 1e3:g} g for a pre-training is hardly possible: cards are in grams, and these may be "
                "kilograms; ask the author. Taken as written")  # fmt: skip
        told.log.say("CR035", text, told.line)


def _text(told: Told, key: str) -> str:
    value = told.values.get(key)
    if isinstance(value, list):
        value = " + ".join(str(part) for part in value[:20] if isinstance(part, str | int | float))
    return "" if value is None or isinstance(value, dict) else " ".join(str(value).split())[:300]


def _name(metadata: Any, heading: str | None, log: Log) -> str:
    """The model's name: of its index, else the card's title, else its folder."""
    index = metadata.get("model-index") if isinstance(metadata, dict) else None
    first = index[0] if isinstance(index, list) and index else None
    name = first.get("name") if isinstance(first, dict) else None
    folder = log.folder.rstrip("/").rsplit("/", 1)[-1].strip(".")
    return str(name if isinstance(name, str | int) else heading or folder or "model card")[:200]


def _claims(log: Log) -> bool:
    head = log.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(b"---"):
        return False
    end = re.search(rb"^---[ \t]*\r?$", head[3:], re.MULTILINE)
    front = head[3 : end.start() + 3] if end else head
    return re.search(rb"^[\"']?co2_eq_emissions[\"']?\s*:", front, re.MULTILINE) is not None


IMPORTER = Importer(
    name="model-card",
    says="Hugging Face model card (README.md, named outright): co2_eq_emissions, a claim in grams",
    home="https://huggingface.co/docs/hub/model-cards-co2",
    minds="a claim in grams, never a measurement; likely kg slips are told",
    claims=_claims,
    read=read,
)
