"""`estimate`, published models beside the report, and what an estimated run's own words about its place give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reporter import factors, renderers
from reporter.commands.estimate import extrapolated
from reporter.errors import ReportError
from reporter.report import Report
from reporter.run import Device, Reading, Run

from .conftest import SWEEP
from .test_assess import codes, footprint

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

PLANNED: dict[str, Any] = {
    "tracker": "hand-written", "basis": "estimated", "energy_kwh": None, "cpu_energy_kwh": None, "gpu_energy_kwh": None,
    "reported_emissions_kg": None, "reported_intensity_g_per_kwh": None, "reported_pue": None, "country": None,
    "devices": (Device("gpu", "A100-SXM4-80GB", 8, 0.5), Device("ram", None, 512.0)), "duration_s": 36_000.0,
}  # fmt: skip


def test_hardware_hours_and_place_give_energy_and_emissions(carbon: Carbon) -> None:
    """8 x 400 W x 36 h at half load and 64 GB: 57.6 kWh and 0.858 kWh."""
    done = carbon("estimate", "--hardware", "8xA100-SXM4-80GB", "--hours", 36, "--utilisation", "50%", "--memory", 64,
                  "--country", "FRA", "--pue", 1.1, "--json", "-")  # fmt: skip
    assert done.returncode == 0, done.stderr
    totals = json.loads(done.stdout)["totals"]
    energy = 8 * 0.4 * 36 * 0.5 + 64 * 0.3725e-3 * 36
    assert totals["it_energy_kwh"] == pytest.approx(energy)
    assert totals["emissions_kg"] == pytest.approx(energy * 1.1 * factors.intensity("FRA").value / 1000)
    assert totals["basis"] == "estimated"


def test_a_model_that_no_table_knows_is_named_with_the_remedy(carbon: Carbon) -> None:
    done = carbon("estimate", "--hardware", "2 x Acme 9000", "--hours", 1, "--country", "FRA")
    assert "no table has the design power of 'Acme 9000'" in done.stderr
    told = carbon("estimate", "--hardware", "2 x Acme 9000", "--hours", 1, "--power", 500, "--json", "-")
    assert json.loads(told.stdout)["totals"]["it_energy_kwh"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hardware", "8xA100"), "--hours is missing"), ((), "tell hardware and hours"),
        (("--hardware", "A100", "--hours", "-1"), "no number above 0"),
        (("--hardware", "A100", "--hours", "1", "--utilisation", "1.5"), "no share"),
        ((str(SWEEP), "--epochs", "9", "--of", "3"), "cannot hold more epochs"),
    ],
)  # fmt: skip
def test_what_is_missing_is_one_line(carbon: Carbon, arguments: tuple[str, ...], message: str) -> None:
    done = carbon("estimate", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def epoch(name: str, energy_kwh: float) -> Run:
    return Run(id=name, tracker="x", source="x.csv", energy_kwh=energy_kwh, duration_s=60.0, reported_emissions_kg=0.1)


def test_epochs_are_extrapolated_in_proportion_with_their_error_told() -> None:
    """Energies 1, 2, 3: mean 2, standard deviation 1, so 4.303 / sqrt(3) / 2 = 124 %."""
    made = extrapolated(Reading((epoch("a", 1.0), epoch("b", 2.0), epoch("c", 3.0)), (), ()), 3, 30)
    (run,) = made.runs
    assert (run.energy_kwh, run.duration_s, run.basis) == (60.0, 1800.0, "estimated")
    assert run.reported_emissions_kg == pytest.approx(3.0)
    assert "±124 % (95 %)" in made.findings[-1].message
    alone = extrapolated(Reading((epoch("a", 1.0),), (), ()), 1, 10)
    assert "the error of that is not known" in alone.findings[-1].message
    with pytest.raises(ReportError, match="no energy was measured"):
        extrapolated(Reading((Run(id="a", tracker="x", source="x"),), (), ()), 1, 2)


def test_an_estimated_run_s_cloud_region_stands_as_the_option_would() -> None:
    named = footprint({**PLANNED, "cloud_provider": "gcp", "cloud_region": "europe-west9"})
    asked = footprint(PLANNED, cloud="gcp:europe-west9")
    assert named.runs[0].country == asked.runs[0].country == "FRA"
    assert named.emissions is not None
    assert asked.emissions is not None
    assert named.emissions.value == pytest.approx(asked.emissions.value)
    assert named.pue is not None
    unknown = footprint({**PLANNED, "cloud_provider": "gcp", "cloud_region": "moon"})
    assert unknown.emissions is None
    assert "CR101" in codes(unknown)


def test_a_tracker_s_cloud_changes_nothing_of_what_it_wrote() -> None:
    assert footprint({"cloud_provider": "gcp", "cloud_region": "europe-west9"}).energy == footprint().energy


def test_an_intensity_that_the_log_tells_stands_where_no_place_is_asked_for() -> None:
    told = {**PLANNED, "reported_intensity_g_per_kwh": 100.0}
    own = footprint(told)
    assert own.emissions is not None
    assert own.it_energy is not None
    assert own.emissions.value == pytest.approx(own.it_energy.value / 10)
    asked = footprint(told, country="NOR").emissions
    assert asked is not None
    assert asked.value == pytest.approx(own.it_energy.value * factors.intensity("NOR").value / 1000)


def test_a_pue_inside_the_energy_is_never_multiplied_again() -> None:
    inside = {"reported_pue": None, "pue_inside": True}
    made = footprint(inside, pue="1.5", country="FRA")
    assert made.energy is not None
    assert made.energy.value == 2.0
    assert "CR041" in codes(made)
    assert "CR103" not in codes(made)


def test_published_models_stand_beside_the_report() -> None:
    made = footprint(country="FRA", compare=True)
    markdown = renderers.available()["markdown"].render(Report(made)).decode()
    section = markdown[markdown.index("## Beside published models") :]
    assert "| This report |" in section
    told = json.loads(renderers.available()["json"].render(Report(made)))["references"]
    assert len(told) == len(made.references) > 15
    values = [reference["emissions_kg"] for reference in told]
    assert values == sorted(values)
    bloom = [one for one in made.references if one.factor.key.startswith("bloom")]
    assert any(not one.comparable for one in made.references)
    assert bloom
    assert footprint(country="FRA").references == ()


def test_the_figure_of_published_models_is_on_the_page() -> None:
    html = renderers.available()["html"].render(Report(footprint(country="FRA", compare=True))).decode()
    assert "This report beside published models" in html
