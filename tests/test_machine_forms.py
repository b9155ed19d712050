"""BoAmps and SPDX: what is written has the structure that their models demand, written down here from the models.

Neither schema is fetched: BoAmps' (draft 4, of Boavizta/BoAmps, model/) stands below as a table of its fields, types
and enumerations; of SPDX 3.0.1 the classes that are used, with their properties and how often each may stand.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from reporter import importers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.footprint import Amount
from reporter.options import make
from reporter.renderers import boamps, spdx
from reporter.report import Report

from .conftest import SWEEP, emissions_csv

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = ["stage=training", "task=text classification", "algorithm=transformer", "data=texts of news",
           "infrastructure=onpremise", "model=toy", "parameters=110M"]  # fmt: skip

#: BoAmps: field -> type, tuple of values, or what it holds; a field with "!" is demanded.
ALGORITHM = {"trainingType": str, "algorithmType": str, "algorithmName": str, "parametersNumber": float,
             "foundationModelName": str, "framework": str}  # fmt: skip
DATA = {"dataUsage!": ("input", "output"), "source": ("public", "private", "other"), "sourceUri": str,
        "dataType!": ("tabular", "audio", "boolean", "image", "video", "object", "text", "token", "word", "other"),
}  # fmt: skip
MEASURE = {"measurementMethod!": str, "version": str, "powerConsumption!": float, "measurementDuration": float,
           "measurementDateTime": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")}  # fmt: skip
COMPONENT = {"componentName": str, "componentType!": str, "nbComponent!": int, "memorySize": int}
BOAMPS = {
    "header": {"formatVersion": str, "formatVersionSpecificationUri": str, "reportId": str,
               "reportDatetime!": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
               "reportStatus": ("draft", "final", "corrective", "other")},
    "task!": {"taskStage!": str, "taskFamily!": str, "nbRequest": float, "algorithms!": [ALGORITHM], "dataset!": [DATA],
              "taskDescription": str},
    "measures!": [MEASURE],
    "system": {"os!": str},
    "software": {"language!": str, "version": str},
    "infrastructure!": {"infraType!": ("publicCloud", "privateCloud", "onPremise", "other"), "cloudProvider": str,
                        "components!": [COMPONENT]},
    "environment": {"country!": str, "powerSourceCarbonIntensity": float},
    "quality": ("high", "medium", "low"),
}  # fmt: skip
#: SPDX 3.0.1: class -> its properties, those with "!" exactly once.
URN = re.compile(r"urn:uuid:[0-9a-f-]{36}")
ELEMENT = {"type!": str, "spdxId!": URN, "creationInfo!": re.compile("_:.+"), "name": str, "comment": str}
ENERGY = {"type!": ("ai_EnergyConsumptionDescription",), "ai_energyUnit!": ("kilowattHour", "megajoule", "other"),
          "ai_energyQuantity!": re.compile(r"\d+(\.\d+)?")}  # fmt: skip
SPDX = {
    "CreationInfo": {"type!": str, "@id!": re.compile("_:.+"), "specVersion!": ("3.0.1",), "createdBy!": [URN],
                     "created!": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")},
    "SoftwareAgent": ELEMENT,
    "Person": ELEMENT,
    "SpdxDocument": ELEMENT | {"profileConformance": [("core", "software", "ai")], "rootElement": [URN]},
    "ai_AIPackage": ELEMENT | {
        "suppliedBy": URN, "software_primaryPurpose": ("model",),
        "ai_energyConsumption": {"type!": ("ai_EnergyConsumption",), "ai_trainingEnergyConsumption": [ENERGY],
                                 "ai_finetuningEnergyConsumption": [ENERGY], "ai_inferenceEnergyConsumption": [ENERGY]},
    },
}  # fmt: skip


def faults(value: Any, rule: Any, place: str = "") -> list[str]:
    """Where data is not as the rule says: unknown and missing fields, wrong types and values."""
    if isinstance(rule, dict):
        known = {key.rstrip("!"): inner for key, inner in rule.items()}
        missing = [f"{place}.{key[:-1]} is missing" for key in rule if key.endswith("!") and key[:-1] not in value]
        extra = [f"{place}.{key} is unknown" for key in value if key not in known]
        there = [(part, known[key], f"{place}.{key}") for key, part in value.items() if key in known]
        return missing + extra + [fault for one in there for fault in faults(*one)]
    if isinstance(rule, list):
        if not isinstance(value, list) or not value:
            return [f"{place} is no list with something in it"]
        return [one for number, part in enumerate(value) for one in faults(part, rule[0], f"{place}[{number}]")]
    if isinstance(rule, tuple):
        return [] if value in rule else [f"{place}: {value}"]
    if isinstance(rule, re.Pattern):
        return [] if isinstance(value, str) and rule.fullmatch(value) else [f"{place}: {value}"]
    if rule is float:
        return [] if isinstance(value, int | float) and not isinstance(value, bool) else [f"{place}: {value}"]
    return [] if type(value) is rule and value != "" else [f"{place}: {value}"]


def report(log: Path, **choices: Any) -> Report:
    options = make({"answers": ANSWERS} | choices)
    return Report(assess(importers.read([str(log)]), options), answers=options.answers)


def test_the_checker_sees_faults() -> None:
    assert faults({"country": 3, "city": "x"}, BOAMPS["environment"]) == [".city is unknown", ".country: 3"]
    assert faults({}, {"a!": str}) == [".a is missing"]
    assert faults("0.5 kWh", ENERGY["ai_energyQuantity!"]) == [": 0.5 kWh"]


@pytest.mark.parametrize("context", [{}, {"country": "FRA", "pue": 1.2}])
def test_boamps_has_what_its_model_demands(context: dict[str, Any]) -> None:
    made = json.loads(boamps.render(report(SWEEP, **context)))

    assert faults(made, BOAMPS) == []
    assert made["task"]["algorithms"] == [
        {"algorithmType": "transformer", "algorithmName": "toy", "parametersNumber": 0.11}
    ]
    assert made["task"]["dataset"][0]["dataType"] == "text"
    assert made["system"]["os"] == "Linux"


def test_boamps_is_read_back_as_the_same_energy(tmp_path: Path) -> None:
    made = report(SWEEP, country="FRA", pue=1.2)
    (tmp_path / "x.boamps.json").write_bytes(boamps.render(made))
    (run,) = importers.read([str(tmp_path / "x.boamps.json")]).runs

    assert made.footprint.it_energy is not None
    assert run.energy_kwh == pytest.approx(made.footprint.it_energy.value)
    assert run.duration_s == pytest.approx(made.footprint.duration_s)
    told = (run.tracker, run.country, run.labels["phase"], run.labels["model"])
    assert told == ("boamps", "France", "training", "toy")


def test_boamps_says_all_that_is_missing_in_one_line(tmp_path: Path) -> None:
    log = emissions_csv(tmp_path, {"gpu_model": "Some GPU", "cpu_model": ""})
    with pytest.raises(ReportError) as caught:
        boamps.render(report(log, answers=[]))

    said = str(caught.value)
    demanded = ("stage", "task", "algorithm", "data", "infrastructure", "hardware")
    assert [item for item in demanded if f"--answer {item}=" not in said] == []
    assert "\n" not in said


def test_the_author_names_the_hardware(tmp_path: Path) -> None:
    made = boamps.document(report(SWEEP, answers=[*ANSWERS, "hardware=8 x A100-SXM4-80GB, 2 × EPYC 7742"]))

    assert made["infrastructure"]["components"] == [
        {"componentName": "A100-SXM4-80GB", "componentType": "gpu", "nbComponent": 8},
        {"componentName": "EPYC 7742", "componentType": "cpu", "nbComponent": 2},
    ]


@pytest.mark.parametrize(
    ("low", "high", "quality"),
    [(0.91, 1.1, "high"), (0.9, 1.2, "medium"), (0.5, 1.5, "low"), (0.1, 3.0, "low"), (None, None, None)],
)
def test_quality_is_the_class_that_holds_the_range(low: float | None, high: float | None, quality: str | None) -> None:
    assert boamps._quality(Amount(1.0, "kWh", low, high)) == quality


@pytest.mark.parametrize(
    ("text", "billions"), [("110M", 0.11), ("7B", 7.0), ("1.5 b", 1.5), ("350,000", 0.00035), ("many", None)]
)
def test_parameters_in_billions(text: str, billions: float | None) -> None:
    assert boamps._billions(text) == billions


@pytest.mark.parametrize(
    "choices", [{}, {"phase": ["training=teacher", "inference=distil"]}, {"answers": ["stage=finetune"]}]
)
def test_spdx_has_what_its_model_demands(choices: dict[str, Any]) -> None:
    made = json.loads(spdx.render(Report(report(SWEEP, **choices).footprint, authors=("Ada B.",),
                                         answers=report(SWEEP, **choices).answers)))  # fmt: skip

    assert made["@context"] == "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    assert [fault for entry in made["@graph"] for fault in faults(entry, SPDX[entry["type"]])] == []
    identities = [entry["spdxId"] for entry in made["@graph"] if "spdxId" in entry]
    assert len(set(identities)) == len(identities)
    (package,) = (entry for entry in made["@graph"] if entry["type"] == "ai_AIPackage")
    assert {entry["rootElement"][0] for entry in made["@graph"] if "rootElement" in entry} == {package["spdxId"]}
    assert package["suppliedBy"] in identities


def test_spdx_tells_each_phase_its_energy() -> None:
    made = report(SWEEP, country="FRA", pue=1.5, phase=["training=teacher", "inference=distil"])
    (package,) = (entry for entry in spdx.document(made)["@graph"] if entry["type"] == "ai_AIPackage")
    told = {key: float(value[0]["ai_energyQuantity"]) for key, value in package["ai_energyConsumption"].items()
            if key != "type"}  # fmt: skip

    assert set(told) == {"ai_trainingEnergyConsumption", "ai_inferenceEnergyConsumption"}
    assert made.footprint.energy is not None
    assert sum(told.values()) == pytest.approx(made.footprint.energy.value)
    assert "e-" not in package["ai_energyConsumption"]["ai_trainingEnergyConsumption"][0]["ai_energyQuantity"]
    assert "PUE of 1.5" in package["comment"]


def test_spdx_without_a_phase_says_what_to_do() -> None:
    with pytest.raises(ReportError, match="--phase training=REGEX"):
        spdx.render(report(SWEEP, answers=[]))


def test_same_logs_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert spdx.render(report(SWEEP)) == spdx.render(report(SWEEP))
    assert boamps.render(report(SWEEP)) == boamps.render(report(SWEEP))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert b'"1970-01-02T00:00:00Z"' in spdx.render(report(SWEEP))
