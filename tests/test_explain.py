"""`explain` and the section on how the numbers were made: formulas, the numbers in them, and the rows behind them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from reporter import importers, renderers
from reporter.assess import assess
from reporter.options import make
from reporter.renderers import working
from reporter.report import Report

from .conftest import SWEEP
from .test_assess import footprint

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]


def test_numbers_put_in_are_those_of_the_tables() -> None:
    made = {step.key: step for step in working.steps(footprint(country="FRA", pue="1.2"))}
    assert list(made) == ["machines", "energy", "emissions", "social-cost", "equivalents"]
    assert made["machines"].numbers == "2.000 kWh"
    assert made["energy"].numbers == "2.000 kWh × 1.2 = 2.400 kWh"
    assert re.fullmatch(r"2\.400 kWh × 41\.4 gCO₂e/kWh = 0?\.?\d+.* g", made["emissions"].numbers)
    assert made["emissions"].origin == "France, 2025"


def test_reported_emissions_are_told_as_such_and_ours_beside() -> None:
    made = {step.key: step for step in working.steps(footprint({}, {"reported_emissions_kg": 0.3}))}
    assert made["emissions"].numbers == "900.0 g + 300.0 g = 1.200 kg"
    assert "unchanged" in made["emissions"].origin
    assert "for comparison" in made["computed"].what


def test_many_terms_are_cut_and_counted() -> None:
    (first, *_) = working.steps(footprint(*[{}] * 9))
    assert first.numbers.startswith("2.000 kWh + 2.000 kWh + 2.000 kWh + 2.000 kWh + … (5 more) = 18.000 kWh")


def test_the_section_is_in_every_output_when_asked_for() -> None:
    runs = importers.read([str(SWEEP)])
    shown = Report(assess(runs, make({"country": "FRA"})), working=True)
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(shown).decode()
        assert "How these numbers were made" in text, name
    hidden = Report(assess(runs, make({"country": "FRA"})))
    assert "How these numbers" not in renderers.available()["markdown"].render(hidden).decode()


def test_explain_leads_to_file_and_line(carbon: Carbon) -> None:
    done = carbon("explain", "emissions", SWEEP, "--country", "FRA")
    assert done.returncode == 0
    assert f"{SWEEP}:2 " in done.stdout
    assert f"{SWEEP}:13 " in done.stdout
    assert "Carbon intensity of electricity generation" in done.stdout
    assert "41.44 (37.296 to 56.039) gCO2e/kWh" in done.stdout


def test_explain_a_run(carbon: Carbon) -> None:
    done = carbon("explain", "ea4ab58f", SWEEP)
    assert done.returncode == 0
    assert f"{SWEEP}:2" in done.stdout
    assert "35.317 mWh (21.190 mWh to 49.444 mWh), reported" in done.stdout
    assert "the tracker itself said 13.454 mg" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("explain",), "name a figure"), (("explain", "beauty", SWEEP), "no such figure here; there are machines")],
)
def test_explain_says_what_there_is(carbon: Carbon, arguments: tuple[object, ...], message: str) -> None:
    done = carbon(*arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
