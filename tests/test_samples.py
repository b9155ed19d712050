"""Every sample that ships gives the totals that samples/make/compute_expected.py found without any of our code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from reporter import importers
from reporter.assess import assess
from reporter.options import Options

from .conftest import ROOT, SAMPLES

EXPECTED: list[dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
ZONES = ["UTC", "Pacific/Apia", "Pacific/Niue", "America/St_Johns", "Asia/Kathmandu"]
UNITS = ("kWh", "kWh", "kgCO2e")
EIT = [case for case in EXPECTED if case["tracker"] == "experiment-impact-tracker"]


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["path"])
def test_totals(case: dict[str, Any]) -> None:
    reading = importers.read([str(SAMPLES / case["path"])])
    footprint = assess(reading, Options())
    assert {run.tracker for run in reading.runs} == {case["tracker"]}
    assert len(reading.runs) == case["runs"]
    found = footprint.it_energy, footprint.energy, footprint.emissions
    for amount, key, unit in zip(found, ("it_energy_kwh", "energy_kwh", "emissions_kg"), UNITS, strict=True):
        wanted = case.get(key)  # absent or null: the log does not tell it, and nobody guesses
        assert (amount and amount.value) == (None if wanted is None else pytest.approx(wanted, rel=1e-9)), key
        assert amount is None or amount.unit == unit
    told = any(run.reported_emissions_kg is not None for run in reading.runs)
    assert footprint.emissions is None or footprint.emissions.basis == ("reported" if told else "estimated")
    assert not any(finding.level == "error" for finding in footprint.findings)
    assert sum(entry.skipped for entry in reading.inputs) == case.get("skipped", 0)


def test_the_folder_of_all_codecarbon_samples_is_the_sum_of_each() -> None:
    cases = [case for case in EXPECTED if case["tracker"] == "codecarbon"]
    assert len(cases) == len([entry for entry in (SAMPLES / "codecarbon").iterdir() if entry.is_dir()])
    footprint = assess(importers.read([str(SAMPLES / "codecarbon")]), Options())
    assert len(footprint.runs) == sum(case["runs"] for case in cases)
    assert footprint.energy is not None
    assert footprint.energy.value == pytest.approx(sum(case["energy_kwh"] for case in cases), rel=1e-9)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="TZ names zones on Unix alone")
@pytest.mark.parametrize("zone", ZONES)
def test_the_reader_s_time_zone_changes_nothing(zone: str) -> None:
    code = (
        "import json, sys; from reporter import importers; print(json.dumps([[run.energy_kwh for run in "
        "importers.read([path]).runs] for path in sys.argv[1:]]))"
    )
    paths = [str(SAMPLES / case["path"]) for case in EIT]
    done = subprocess.run(
        [sys.executable, "-c", code, *paths], cwd=ROOT, env={**os.environ, "TZ": zone}, capture_output=True, check=True
    )
    assert [sum(energies) for energies in json.loads(done.stdout)] == pytest.approx(
        [case["it_energy_kwh"] for case in EIT], rel=1e-9
    )
