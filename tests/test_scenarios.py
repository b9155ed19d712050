"""What if: other countries, other cloud regions, other PUE and power, by hand-computed values."""

from __future__ import annotations

import json

import pytest

from reporter import factors, renderers
from reporter.assess.scenarios import best
from reporter.errors import ReportError
from reporter.report import Report

from .test_assess import footprint


def test_every_country_with_a_figure_is_there_from_the_cleanest_on() -> None:
    made = footprint(country="DEU", what_if="country")
    places = [scenario for scenario in made.scenarios if scenario.kind == "country"]
    assert len(places) == len(factors.intensities()) - 2  # the world and the Union are no countries
    emitted = [scenario.emissions.value for scenario in places if scenario.emissions]
    assert emitted == sorted(emitted)
    own = next(scenario for scenario in places if scenario.key == "DEU")
    assert own.ratio == pytest.approx(1)
    norway = next(scenario for scenario in places if scenario.key == "NOR")
    assert norway.emissions is not None
    assert norway.emissions.value == pytest.approx(3.0 * factors.intensity("NOR").value / 1000)
    assert best(made.scenarios, "country") == places[0]
    assert {scenario.boundary for scenario in places} == {"lifecycle"}


def test_a_region_brings_its_own_pue() -> None:
    made = footprint(cloud="gcp:europe-west3", what_if="region")
    regions = {scenario.key: scenario for scenario in made.scenarios}
    oregon = regions["gcp:us-west1"]
    pue = factors.pue("gcp", "us-west1").value
    assert oregon.energy.value == pytest.approx(2.0 * pue)
    assert oregon.emissions is not None
    grams = next(factor.value for factor in factors.cloud_regions("gcp") if factor.key == "gcp:us-west1")
    assert oregon.emissions.value == pytest.approx(2.0 * pue * grams / 1000)
    held = footprint(cloud="gcp:europe-west3", what_if="region", pue="1.5")
    assert {round(scenario.energy.value, 9) for scenario in held.scenarios} == {3.0}


@pytest.mark.parametrize(
    ("change", "energy", "grams"),
    [
        ("pue=1.1", 2.2, 100.0), ("power=0.5", 1.5, 100.0), ("power=50%,pue=1.0", 1.0, 100.0),
        ("intensity=20", 3.0, 20.0), ("pue=1.2, intensity=10", 2.4, 10.0),
    ],
)  # fmt: skip
def test_changes_alone_and_combined(change: str, energy: float, grams: float) -> None:
    (made,) = footprint(intensity_g_per_kwh="100", what_if=change).scenarios
    assert made.energy.value == pytest.approx(energy)
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(energy * grams / 1000)
    assert made.ratio == pytest.approx(energy * grams / 300)


def test_a_place_as_a_change() -> None:
    (norway, oregon) = footprint(country="DEU", what_if=("country=Norway", "cloud=gcp:us-west1")).scenarios
    assert norway.emissions is not None
    assert norway.emissions.factors[-1] == factors.intensity("NOR")
    assert oregon.boundary == "direct"


def test_a_tracker_s_claim_scales_with_the_energy() -> None:
    (made,) = footprint(what_if="power=0.5").scenarios
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("region", "say which provider's"), ("beauty=3", "write country, region, or changes"), ("pue", "or changes"),
        ("pue=0.9", "1 or more"), ("power=-1", "above 0"), ("country=Atlantis", "not known"),
        ("region=california", "in which country"), ("cloud=gcp:moon", "not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(asked: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        footprint(country="DEU", what_if=asked)


def test_without_energy_there_is_nothing_to_move() -> None:
    assert footprint({"energy_kwh": None}, what_if="country").scenarios == ()


def test_pages_name_the_best_place_and_json_has_them_all() -> None:
    made = footprint(country="DEU", what_if=("country", "pue=1.1"))
    report = Report(made)
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert "In other countries" in text
        assert "Germany (here)" in text
        assert "pue=1.1" in text
    markdown = renderers.available()["markdown"].render(report).decode()
    assert f"Had these runs been made in {made.scenarios[0].label}, they would have emitted" in markdown
    told = json.loads(renderers.available()["json"].render(report))["scenarios"]
    assert len(told) == len(made.scenarios)
    assert set(told[0]) >= {"kind", "key", "energy_kwh", "emissions_kg", "ratio", "boundary"}
