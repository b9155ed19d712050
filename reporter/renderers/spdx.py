"""SPDX 3.0.1: a model's energy as the AI profile has it, to be merged into the model's own bill of materials.

https://spdx.github.io/spdx-spec/v3.0.1/model/AI/Classes/EnergyConsumption/. Energies include the PUE, in kWh; only
training, fine-tuning and inference have a field.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from reporter import __version__
from reporter.errors import ReportError
from reporter.phases import named
from reporter.renderers import display, tables
from reporter.renderers.base import Renderer, clean
from reporter.report import DEFAULT_TITLE

if TYPE_CHECKING:
    from datetime import datetime

    from reporter.report import Report

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
FIELDS = {
    "training": "ai_trainingEnergyConsumption",
    "fine-tuning": "ai_finetuningEnergyConsumption",
    "inference": "ai_inferenceEnergyConsumption",
}
_CREATION = "_:creation"


def render(report: Report) -> bytes:
    """The document as UTF-8 JSON-LD. Raises ReportError where no energy or no phase is known."""
    text = json.dumps(document(report), ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def document(report: Report) -> dict[str, Any]:
    """The graph: who made it and when, the document, its authors, and the package with its energies."""
    tool, package = _identity(report, "tool"), _identity(report, "package")
    people = {_identity(report, f"author {name}"): clean(name) for name in report.authors}
    model = dict(report.answers).get("model")
    name = clean(model or (report.title if report.title != DEFAULT_TITLE else "model"))
    described = {"type": "ai_AIPackage", "spdxId": package, "creationInfo": _CREATION, "name": name,
                 "comment": _comment(report), "software_primaryPurpose": "model",
                 "ai_energyConsumption": {"type": "ai_EnergyConsumption", **_energies(report)}}  # fmt: skip
    if people:
        described["suppliedBy"] = next(iter(people))
    agents = [_element("SoftwareAgent", tool, f"carbon-report {__version__}")]
    agents += [_element("Person", identity, person) for identity, person in people.items()]
    creation = {"type": "CreationInfo", "@id": _CREATION, "specVersion": "3.0.1", "created": _created(report),
                "createdBy": [tool]}  # fmt: skip
    whole = {"type": "SpdxDocument", "spdxId": _identity(report, "document"), "creationInfo": _CREATION,
             "profileConformance": ["core"], "rootElement": [package]}  # fmt: skip
    return {"@context": CONTEXT, "@graph": [creation, *agents, whole, described]}


def _element(kind: str, identity: str, name: str) -> dict[str, str]:
    return {"type": kind, "spdxId": identity, "creationInfo": _CREATION, "name": name}


def _energies(report: Report) -> dict[str, list[dict[str, str]]]:
    """The energy of each phase that has a field; without phases all of it is of the phase that the author names."""
    footprint = report.footprint
    phases = footprint.lifecycle.phases if footprint.lifecycle else ()
    known = {phase.name: phase.energy for phase in phases if phase.name in FIELDS and phase.energy}
    stage = named(dict(report.answers).get("stage", ""))
    if not known and stage in FIELDS and footprint.energy:
        known = {stage: footprint.energy}
    if not known:
        raise ReportError("--spdx: say which runs are training, fine-tuning or inference: --phase training=REGEX, or "
                          "for all runs --answer stage=training; and give logs that hold energy")  # fmt: skip
    return {
        FIELDS[name]: [{"type": "ai_EnergyConsumptionDescription", "ai_energyQuantity": _decimal(amount.value),
                        "ai_energyUnit": "kilowattHour"}]
        for name, amount in known.items()
    }  # fmt: skip


def _comment(report: Report) -> str:
    footprint = report.footprint
    pue = footprint.pue
    overhead = f"with a PUE of {display.ratio(pue)}" if pue and pue.value > 1 else "without the data centre's overhead"
    basis = display.basis(footprint.energy.basis) if footprint.energy else ""
    return clean(f"Energy {basis}, {overhead}, from logs of {', '.join(tables.trackers(footprint))}.")


def _decimal(value: float) -> str:
    """A number as xsd:decimal: all its digits, no exponent."""
    from decimal import Decimal

    return format(Decimal(repr(value)), "f")


def _identity(report: Report, what: str) -> str:
    """An identifier that the same logs make again."""
    import uuid

    hashes = " ".join(entry.sha256 for entry in report.footprint.inputs)
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'carbon-report {what} {hashes}')}"


def _created(report: Report) -> str:
    """When it was made: SOURCE_DATE_EPOCH, else the end of the last run, so that the same logs make the same file.

    Raises ReportError where neither is known.
    """
    from datetime import UTC, datetime

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit():
        return _stamp(datetime.fromtimestamp(int(epoch), UTC))
    told = [moment for item in report.footprint.runs for moment in (item.run.started_at, item.run.ended_at) if moment]
    zoned = [moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in told]
    if not zoned:
        raise ReportError("--spdx: no log tells when its runs were; set SOURCE_DATE_EPOCH to the seconds since 1970")
    return _stamp(max(zoned))


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


RENDERERS = (Renderer("spdx", "SPDX 3 JSON-LD with the model's energy", (".spdx.json",), render),)
