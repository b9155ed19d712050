"""The JSON Schema of carbon-report/1: strict, printed by the program, true of every report, false of what is wrong."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from reporter import anonymous, renderers
from reporter.assess import assess
from reporter.errors import FINDINGS
from reporter.options import configuration, make
from reporter.renderers.json import SCHEMA, schema
from reporter.report import Report
from reporter.run import Reading, Run

from .conftest import ROOT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

MARCH = datetime(2024, 3, 1, 8)
TREE = """
[[experiment]]
name = "Search"
filter = "search"
variables = ["accuracy:higher", "epochs"]
[[experiment.children]]
name = "Small"
filter = "size=small"
[[experiment]]
name = "Final"
filter = "train"
"""
ANSWERS = '[data]\nneed = "no"\nselection = "partly"\nreuse = "yes"\n'
#: Everything that adds to the JSON, by the names of the configuration file; {} stands for the test's folder.
ANALYSES: dict[str, dict[str, str]] = {
    "as the tracker reported": {},
    "context": {"country": "FRA", "pue": "1.2", "group-by": "phase"},
    "a cloud": {"cloud": "gcp:europe-west9"},
    "several social costs": {"scc": "epa2023,ricke2018:USA,190 USD/t"},
    "own factors": {"intensity": "35 g/kWh", "price-year": "2024=1.3"},
    "hardware, contracts, unit": {
        "embodied": "true", "hardware": "8 x A100-SXM4-80GB", "functional-unit": "1e6 inferences",
        "market-intensity": "100", "offsets": "1kg",
    },
    "carbon-free": {"carbon-free": "0.5"},
    "what if": {"cloud": "gcp:us-central1", "what-if": "region;pue=1.1,power=0.5"},
    "elsewhere": {"what-if": "country"},
    "another time": {"intensity-series": "{}/series.csv", "timezone": "UTC", "shift": "flexible-start=24h"},
    "with pauses": {"intensity-series": "{}/series.csv", "timezone": "UTC", "shift": "pause-resume=100%"},
    "published models": {"compare": "true"},
    "life cycle": {"expected-calls": "1e6", "calls-logged": "4000", "uncertainty": "true"},
    "ranked": {"metric": "accuracy", "alpha": "1,2"},
    "ranked by an error": {"metric-lower": "loss"},
    "quotient": {"quotient": "{}/answers.toml"},
    "experiments": {},
}  # fmt: skip
#: The parts of a report that at least one of these must show, so that their schema is not true of nothing.
SHOWN = (
    "groups", "experiments", "social_cost", "social_costs", "embodied", "sci", "contracts", "equivalents", "scenarios",
    "references", "lifecycle", "indicators", "quotient", "uncertainty", "findings", "sources", "factors",
    "intensity_series",
)  # fmt: skip


@cache
def validator() -> Any:
    return jsonschema.Draft202012Validator(json.loads(schema()))


def problems(document: object) -> list[str]:
    """Where a document breaks the schema, one line each."""
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(document)]


def runs() -> tuple[Run, ...]:
    """Runs of one model's life that tell much, and one that tells next to nothing."""
    usual: dict[str, Any] = {
        "tracker": "codecarbon", "source": "emissions.csv", "duration_s": 7200.0, "energy_kwh": 2.0,
        "gpu_energy_kwh": 1.5, "reported_pue": 1.5, "reported_emissions_kg": 0.9, "country": "USA",
    }  # fmt: skip
    labels = {"model": "m", "dataset": "d", "accuracy": "0.9", "loss": "0.1", "parameters": "1e8", "items": "4000",
              "epochs": "3"}  # fmt: skip
    told = [
        Run(**usual, id=f"{phase}-{place}", line=place + 2, started_at=MARCH + timedelta(hours=3 * place),
            labels={**labels, "phase": phase, "size": "small" if place % 2 else "large"})
        for place, phase in enumerate(("search", "search", "training", "inference", "failed"))
    ]  # fmt: skip
    return (*told, Run(id="bare", tracker="power-log", source="run.csv", duration_s=60.0, energy_kwh=0.1,
                       basis="measured", started_at=MARCH + timedelta(hours=20), labels={"project": "x"}))  # fmt: skip


def report(name: str, folder: Path) -> Report:
    steps = (MARCH + timedelta(hours=hour) for hour in range(-24, 96))
    lines = (f"{step:%Y-%m-%dT%H:%MZ},{100 + 40 * (step.hour % 5)}\n" for step in steps)
    (folder / "series.csv").write_text("timestamp,gCO2e/kWh\n" + "".join(lines), encoding="utf-8")
    (folder / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    (folder / "carbon-report.toml").write_text(TREE, encoding="utf-8")
    chosen = {key: value.replace("{}", str(folder)) for key, value in ANALYSES[name].items()}
    config: dict[str, Any] = {key: value == "true" if value == "true" else value for key, value in chosen.items()}
    for key in ("intensity-series", "what-if", "shift"):
        if key in config:
            config[key] = config[key].split(";")
    if name == "experiments":
        config, _ = configuration(str(folder / "carbon-report.toml"))
    return Report(assess(Reading(runs(), (), ()), make({}, config, "carbon-report.toml")))


def document(made: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(renderers.available()["json"].render(made))
    return found


def test_it_is_a_valid_schema_of_the_draft_that_it_names() -> None:
    told = json.loads(schema())
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(told)
    assert told["title"] == told["properties"]["schema"]["const"] == SCHEMA
    assert told["$id"].endswith("/reporter/renderers/carbon-report-1.schema.json")


def objects(part: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield path, part
        for key, inner in part.items():
            yield from objects(inner, f"{path}.{key}")
    elif isinstance(part, list):
        for place, inner in enumerate(part):
            yield from objects(inner, f"{path}[{place}]")


def test_it_is_strict_at_every_level() -> None:
    """Every object is closed and wants all its keys; the labels of a run alone are the author's."""
    told = json.loads(schema())
    free = [path for path, part in objects(told) if part["additionalProperties"] is not False]
    assert free == ["$.$defs.run.properties.labels"]
    wanting = [path for path, part in objects(told) if set(part.get("required", [])) != set(part.get("properties", {}))]
    assert wanting == ["$.$defs.variable"]  # without a run that tells it, a variable has no figures
    used = {part.rpartition("/")[2] for part in schema().split('"') if part.startswith("#/$defs/")}
    assert used == set(told["$defs"])


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_is_as_it_says(name: str, tmp_path: Path) -> None:
    assert problems(document(report(name, tmp_path))) == []


def test_the_analyses_show_every_part_of_it(tmp_path: Path) -> None:
    made = [document(report(name, tmp_path)) for name in ANALYSES]
    assert [part for part in SHOWN if not any(one[part] for one in made)] == []
    kinds = {scenario["kind"] for one in made for scenario in one["scenarios"]}
    assert kinds == {"country", "region", "change", "flexible-start", "pause-resume"}


def test_the_golden_report_and_an_anonymous_one_are_as_it_says(tmp_path: Path) -> None:
    golden = ROOT / "tests" / "golden" / "en" / "report.json"
    assert problems(json.loads(golden.read_text(encoding="utf-8"))) == []
    assert problems(document(anonymous.anonymous(report("context", tmp_path)))) == []


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key too many": lambda told: told.update(extra=1),
    "a key too many in a run": lambda told: told["runs"][0].update(joules=1.0),
    "a key too few": lambda told: told.pop("totals"),
    "a key too few in a run": lambda told: told["runs"][0].pop("energy_kwh"),
    "another schema": lambda told: told.update(schema="carbon-report/2"),
    "a number as text": lambda told: told["totals"].update(energy_kwh="1.0"),
    "energy below 0": lambda told: told["runs"][0].update(energy_kwh=-1.0),
    "a PUE below 1": lambda told: told["totals"].update(pue=0.9),
    "a basis that is none": lambda told: told["totals"].update(basis="guessed"),
    "a moment that is none": lambda told: told["runs"][0].update(started_at="yesterday"),
    "a code that is none": lambda told: told["findings"][0].update(code="E1"),
    "a level that is none": lambda told: told["findings"][0].update(level="fatal"),
    "labels that are no text": lambda told: told["runs"][0]["labels"].update(epochs=3),
    "a sum that is no number of runs": lambda told: told["groups"][0].update(runs=1.5),
    "a source without its licence": lambda told: told["sources"][0].pop("licence"),
    "no statement": lambda told: told.update(statement=None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str, tmp_path: Path) -> None:
    told = document(report("context", tmp_path))
    told["findings"].append({"code": next(iter(FINDINGS)), "level": "note", "message": "m", "where": None})
    assert problems(told) == []
    wrong = copy.deepcopy(told)
    WRONG[name](wrong)
    assert problems(wrong) != []


def test_formats_prints_it(carbon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = carbon("formats", "--schema")
    assert (done.returncode, done.stdout) == (0, schema())
    wrong = carbon("formats", "--scheme")
    assert wrong.returncode == 1
    assert wrong.stderr == "carbon-report: formats takes --schema or nothing; see 'carbon-report --help'\n"
