"""JSON: the keys of the contract, numbers in full, null for what is not known, and the same bytes everywhere."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reporter import importers
from reporter.assess import assess
from reporter.errors import FINDINGS
from reporter.options import Options
from reporter.renderers import json as renderer
from reporter.renderers import statement
from reporter.report import Report

from .conftest import ROOT, SAMPLES, SWEEP
from .text_outputs import HENDERSON, PAGE_NAMES, TEX_NAMES, WORLD_NAMES, named, report

#: The contract; what analyses add besides has tests of its own.
KEYS = {
    "schema", "inputs", "totals", "runs", "groups", "social_cost", "equivalents", "scenarios", "findings", "sources",
    "statement",
}  # fmt: skip
INPUT = {"path": str, "tracker": str, "sha256": str, "rows": int, "runs": int, "skipped": int}
NUMBER = (float, type(None))
TOTALS = {"runs": int} | dict.fromkeys(
    (
        "duration_s",
        "it_energy_kwh",
        "energy_kwh",
        "reported_emissions_kg",
        "emissions_kg",
        "emissions_low_kg",
        "emissions_high_kg",
    ),
    NUMBER,
)
RUN = {"id": str, "tracker": str, "labels": dict, "started_at": (str, type(None)), "country": (str, type(None)),
       "basis": (str, type(None))} | dict.fromkeys(
    ("duration_s", "it_energy_kwh", "energy_kwh", "cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh",
     "reported_emissions_kg", "emissions_kg", "pue", "intensity_g_per_kwh", "intensity_coverage"), NUMBER,
)  # fmt: skip
COST = {"series": str, "country": (str, type(None)), "value": float, "low": NUMBER, "high": NUMBER, "unit": str,
        "source": str}  # fmt: skip
EQUIVALENT = {"key": str, "label": str, "value": float, "unit": str, "factor": float, "factor_unit": str, "source": str,
              "year": int}  # fmt: skip
FINDING = {"code": str, "level": str, "message": str, "where": (str, type(None))}


def document(made: Report) -> dict[str, Any]:
    """The JSON as another program reads it: strict, so that NaN and a repeated key are errors."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    def refuse(name: str) -> float:
        pytest.fail(f"{name} is no JSON")

    found: dict[str, Any] = json.loads(renderer.render(made), parse_constant=refuse, object_pairs_hook=once)
    return found


def assert_types(part: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert set(wanted) <= set(part)
    assert {key: part[key] for key, kind in wanted.items() if not isinstance(part[key], kind)} == {}


def of_log(path: Path, **choices: Any) -> Report:
    return Report(assess(importers.read([str(path)]), Options(**choices)))


@pytest.mark.parametrize(
    "choices", [{}, {"country": "FRA", "pue": 1.2, "group_by": ("project",)}, {"scc": "ricke2018:USA"}]
)
def test_keys_and_types_of_the_contract(choices: dict[str, Any]) -> None:
    found = document(of_log(SWEEP, **choices))

    assert set(found) >= KEYS
    assert found["schema"] == "carbon-report/1"
    assert_types(found["totals"], TOTALS)
    assert_types(found["social_cost"], COST)
    for key, wanted in (("inputs", INPUT), ("runs", RUN), ("equivalents", EQUIVALENT), ("findings", FINDING)):
        for part in found[key]:
            assert_types(part, wanted)
    assert len(found["runs"]) == found["totals"]["runs"] == 12
    assert len(found["equivalents"]) >= 5
    assert found["scenarios"] == []
    assert {finding["code"] for finding in found["findings"]} <= set(FINDINGS)
    assert {finding["level"] for finding in found["findings"]} <= {"note", "warning", "error"}
    assert bool(found["groups"]) == ("group_by" in choices)


def test_numbers_keep_full_precision(tmp_path: Path) -> None:
    values = {"emissions": 0.1 + 0.2, "energy_consumed": 1 / 3, "duration": 1e4 / 7, "cpu_energy": "", "gpu_energy": "",
              "ram_energy": "", "cpu_power": "", "gpu_power": "", "ram_power": ""}  # fmt: skip
    found = document(report(tmp_path, values))

    assert found["totals"]["emissions_kg"] == found["runs"][0]["reported_emissions_kg"] == 0.1 + 0.2
    assert found["totals"]["energy_kwh"] == found["totals"]["it_energy_kwh"] == 1 / 3
    assert found["totals"]["duration_s"] == 1e4 / 7


def test_figures_of_henderson(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON, scc="ricke2018:USA")
    found = document(made)

    assert found["totals"]["emissions_kg"] == found["totals"]["reported_emissions_kg"] == 8.021
    assert found["totals"]["energy_kwh"] == pytest.approx(24.344, rel=1e-15)
    assert found["totals"]["it_energy_kwh"] == pytest.approx(24.344 / 1.58, rel=1e-12)
    assert found["runs"][0]["pue"] == 1.58
    assert found["social_cost"]["value"] == pytest.approx(0.008021 * 47.821578)
    assert found["social_cost"]["unit"].startswith("USD2005")
    assert found["social_cost"]["country"] == "USA"
    assert "social cost of carbon of $0.38 ($0.00, $0.95)." in found["statement"]
    assert found["statement"] == statement.render(made).decode().split("\n\n")[0]
    assert not any("\ue000" <= char <= "\uf8ff" for char in found["statement"])


def test_what_is_not_known_is_null_and_never_0() -> None:
    found = document(of_log(SAMPLES / "power-log" / "cpu-load" / "run.csv"))

    for part in (found["totals"], *found["runs"]):
        assert part["emissions_kg"] is part["reported_emissions_kg"] is part["basis"] is None
        assert part["intensity_g_per_kwh"] is None
        assert part["energy_kwh"] > 0
    assert found["runs"][0]["country"] is None
    assert found["social_cost"] is None
    assert found["equivalents"] == []
    assert "not" not in found["statement"]


def test_reported_emissions_are_null_unless_every_run_reported(tmp_path: Path) -> None:
    reading = importers.read([str(report(tmp_path, *named(("a", "b"))) and tmp_path / "emissions.csv")])
    silent = dataclasses.replace(reading.runs[1], reported_emissions_kg=None)

    assert document(Report(assess(reading, Options())))["totals"]["reported_emissions_kg"] == 0.033
    some = document(Report(assess(reading._replace(runs=(reading.runs[0], silent)), Options())))
    assert some["totals"]["reported_emissions_kg"] is None
    assert [run["reported_emissions_kg"] for run in some["runs"]] == [0.0165, None]


def test_every_source_that_is_named_is_listed(tmp_path: Path) -> None:
    found = document(report(tmp_path, HENDERSON, scc="ricke2018:USA"))
    keys = [source["key"] for source in found["sources"]]
    named_keys = {found["social_cost"]["source"], *(item["source"] for item in found["equivalents"])}

    assert keys
    assert len(keys) == len(set(keys))
    assert named_keys <= set(keys)
    assert all(source["title"] and source["licence"] for source in found["sources"])


def test_names_come_back_whole(tmp_path: Path) -> None:
    names = [name for name in PAGE_NAMES + TEX_NAMES + WORLD_NAMES if name.isprintable()]
    found = document(report(tmp_path, *named(tuple(names)), group_by=("project",)))

    assert [run["labels"]["project"] for run in found["runs"]] == [name.strip() for name in names]
    assert [group["name"] for group in found["groups"]] == list(dict.fromkeys(name.strip() for name in names))


def test_halves_of_characters_and_controls_are_replaced(tmp_path: Path) -> None:
    made = report(tmp_path)
    run = dataclasses.replace(
        made.footprint.runs[0].run, id="a\ud800b", labels={"k\x00": "\x1b[31m"}, tracker="t\udfff"
    )
    item = dataclasses.replace(made.footprint.runs[0], run=run)
    found = document(Report(dataclasses.replace(made.footprint, runs=(item,))))

    assert found["runs"][0]["id"] == "a\ufffdb"
    assert found["runs"][0]["labels"] == {"k\ufffd": "\ufffd[31m"}


def test_same_bytes_whatever_the_hash_seed_zone_or_locale() -> None:
    choices = ["--country", "FRA", "--pue", "1.2", "--scc", "ricke2018:USA", "--group-by", "project", "--json"]
    command = [sys.executable, "-m", "reporter", str(SWEEP), *choices]
    places = (("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8"), ("3", "America/St_Johns", "de_DE.UTF-8"))
    made = {
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language},
            capture_output=True, check=True,
        ).stdout
        for seed, zone, language in places
    }  # fmt: skip

    assert len(made) == 1
    assert next(iter(made)).endswith(b"}\n")
