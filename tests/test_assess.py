"""Assessment by hand-computed values: energy, PUE, intensity, emissions, social cost, equivalents, groups, checks."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import factors
from reporter.assess import assess
from reporter.assess.emissions import computed
from reporter.assess.energy import with_pue
from reporter.errors import ReportError
from reporter.footprint import Amount, Footprint, Part, ranged, total
from reporter.options import make
from reporter.run import Reading, Run

USUAL: dict[str, Any] = {
    "id": "a", "tracker": "codecarbon", "source": "emissions.csv", "started_at": datetime(2024, 3, 1, 8),
    "duration_s": 3600.0, "energy_kwh": 2.0, "cpu_energy_kwh": 0.5, "gpu_energy_kwh": 1.5, "reported_pue": 1.5,
    "reported_emissions_kg": 0.9, "reported_intensity_g_per_kwh": 300.0, "country": "USA",
}  # fmt: skip


def footprint(*changes: dict[str, Any], **chosen: Any) -> Footprint:
    runs = tuple(Run(**{**USUAL, "id": str(place), **change}) for place, change in enumerate(changes or ({},)))
    return assess(Reading(runs, (), ()), make(chosen))


def codes(made: Footprint) -> list[str]:
    return [finding.code for finding in made.findings]


def test_without_context_the_trackers_emissions_stand_and_ours_stand_beside() -> None:
    made = footprint()
    assert made.emissions is not None
    assert made.computed is not None
    assert (made.emissions.value, made.emissions.basis) == (0.9, "reported")
    usa = factors.intensity("USA")
    assert made.computed.value == pytest.approx(2.0 * 1.5 * usa.value / 1000)
    assert made.computed.basis == "estimated"
    assert made.reported_emissions_kg == 0.9
    assert made.energy is not None
    assert made.energy.value == pytest.approx(3.0)
    assert made.it_energy is not None
    assert made.it_energy.value == 2.0


def test_with_context_emissions_are_energy_times_pue_times_intensity() -> None:
    made = footprint(country="FRA", pue="1.2")
    france = factors.intensity("FRA")
    assert made.emissions is not None
    assert made.emissions.basis == "estimated"
    assert made.emissions.value == pytest.approx(2.0 * 1.2 * france.value / 1000)
    meter = factors.measurement("reported")
    down = math.hypot(1 - (meter.low or 0), 1 - (france.low or 0) / france.value)
    up = math.hypot((meter.high or 0) - 1, (france.high or 0) / france.value - 1)
    assert made.emissions.low == pytest.approx(made.emissions.value * (1 - down))
    assert made.emissions.high == pytest.approx(made.emissions.value * (1 + up))
    assert made.reported_emissions_kg == 0.9
    assert france in made.factors


def test_the_trackers_pue_is_neither_lost_nor_counted_twice() -> None:
    assert footprint().energy == footprint(intensity_g_per_kwh="100").energy
    own = footprint(pue="1.1", intensity_g_per_kwh="100").emissions
    assert own is not None
    assert own.value == pytest.approx(2.0 * 1.1 * 0.1)


def test_a_pue_alone_keeps_the_trackers_intensity() -> None:
    made = footprint(pue="1.0").emissions
    assert made is not None
    assert made.value == pytest.approx(2.0 * 0.3)


def test_intensity_takes_other_units() -> None:
    grams, kilograms, pounds = (
        footprint(intensity_g_per_kwh=text).emissions for text in ("250", "0.25 kg/kWh", "551.155655 lb/MWh")
    )
    assert grams is not None
    assert kilograms is not None
    assert pounds is not None
    assert grams.value == pytest.approx(kilograms.value)
    assert pounds.value == pytest.approx(grams.value, rel=1e-6)


def test_a_cloud_region_brings_its_country_intensity_and_pue() -> None:
    made = footprint(cloud="gcp:europe-west9")
    country, own = factors.cloud("gcp", "europe-west9")
    assert country == "FRA"
    assert own is not None
    assert made.runs[0].country == "FRA"
    assert made.pue is not None
    assert made.pue.value == pytest.approx(factors.pue("gcp", "europe-west9").value)
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(2.0 * made.pue.value * own.value / 1000)


def test_a_region_of_the_country() -> None:
    made = footprint(region="california")
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(3.0 * factors.intensity("USA", "US-CA").value / 1000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "Atlantis"}, {"pue": "0.9"}, {"pue": "one"}, {"intensity_g_per_kwh": "5 kWh"}, {"cloud": "gcp"},
        {"cloud": "gcp:nowhere9"}, {"scc": "nobody1999"}, {"scc": "ricke2018:XXX"}, {"scc": "epa2023:USA"},
        {"group_by": "nothing"}, {"region": "atlantis"}, {"scc": "190 USD/kWh"}, {"fail_over_kg": "ten"},
    ],
)  # fmt: skip
def test_what_does_not_exist_is_an_error_of_one_line(wrong: dict[str, str]) -> None:
    with pytest.raises(ReportError) as caught:
        footprint(**wrong)
    assert "\n" not in str(caught.value)


def test_no_place_means_no_emissions_and_not_zero() -> None:
    nowhere = {"country": None, "reported_emissions_kg": None, "reported_pue": None}
    made = footprint({**nowhere, "reported_intensity_g_per_kwh": None})
    assert made.emissions is None
    assert made.social_cost is None
    assert made.equivalents == ()
    assert made.pue is None
    assert made.energy == made.it_energy
    assert {"CR101", "CR103"} <= set(codes(made))


def test_a_run_without_energy_adds_nothing_and_is_not_zero() -> None:
    made = footprint({}, {"energy_kwh": None, "reported_emissions_kg": None})
    assert made.runs[1].it_energy is None
    assert made.runs[1].emissions is None
    assert made.it_energy is not None
    assert made.it_energy.value == 2.0
    assert made.reported_emissions_kg is None


def test_a_trackers_claim_that_differs_by_more_than_a_tenth_is_told() -> None:
    usa = factors.intensity("USA").value
    near, far = 3.0 * usa / 1000 * 1.09, 3.0 * usa / 1000 * 1.11
    assert "CR100" not in codes(footprint({"reported_emissions_kg": near}))
    assert "CR100" in codes(footprint({"reported_emissions_kg": far}))


def test_the_range_of_a_claim_spans_it_and_ours() -> None:
    made = footprint({"reported_emissions_kg": 0.1})
    assert made.emissions is not None
    assert made.computed is not None
    assert made.emissions.low == 0.1
    assert made.emissions.high == made.computed.high


@pytest.mark.parametrize(
    ("scc", "value", "low", "high", "unit"),
    [
        ("epa2023", 208.0, 128.0, 356.0, "USD2020"),
        ("ricke2018:USA", 47.821578, 0.56340543, 118.30227, "USD2005_PPP"),
        ("iwg2021", 55.0, None, None, "USD2020"),
        ("190 USD/t", 190.0, None, None, "USD"),
        ("0.2 EUR/kg", 200.0, None, None, "EUR"),
    ],
)
def test_social_cost_is_tonnes_times_the_series(
    scc: str, value: float, low: float | None, high: float | None, unit: str
) -> None:
    cost = footprint(scc=scc).social_cost
    assert cost is not None
    assert cost.amount.unit == unit
    assert cost.amount.value == pytest.approx(0.9e-3 * value, rel=0.02 if scc == "iwg2021" else 1e-6)
    if low is not None and high is not None:
        assert cost.amount.low == pytest.approx(0.9e-3 * low)
        assert cost.amount.high == pytest.approx(0.9e-3 * high)


def test_each_run_is_priced_in_its_year() -> None:
    made = footprint({"started_at": datetime(2020, 5, 1)}, {"started_at": datetime(2024, 5, 1)}).social_cost
    assert made is not None
    assert made.amount.value == pytest.approx(0.9e-3 * 193 + 0.9e-3 * 208)
    assert "CR105" in codes(footprint({"started_at": None}))


def test_equivalents_times_their_factors_give_the_emissions_back() -> None:
    made = footprint()
    assert made.emissions is not None
    assert len(made.equivalents) >= 12
    keys = [item.factor.unit for item in made.equivalents]
    assert any(unit.endswith("/km") for unit in keys)
    assert any("passenger-km" in unit for unit in keys)
    for item in made.equivalents:
        assert item.amount.value * item.factor.value == pytest.approx(0.9)
        assert item.factor.year
        assert factors.source(item.factor.source)
        assert item.amount.low is not None
        assert item.amount.low <= item.amount.value * 1.0000001


def test_parts_only_where_every_run_tells_them() -> None:
    assert footprint({}, {}).parts == {"cpu": 1.0, "gpu": 3.0}
    assert footprint({}, {"gpu_energy_kwh": None}).parts == {"cpu": 1.0}


def test_groups_add_up_to_the_whole() -> None:
    made = footprint(
        {"labels": {"project": "x"}}, {"labels": {"project": "y"}}, {"labels": {"project": "x"}}, group_by="project"
    )
    assert [(group.name, group.runs) for group in made.groups] == [("x", 2), ("y", 1)]
    assert made.energy is not None
    assert math.fsum(group.energy.value for group in made.groups if group.energy) == pytest.approx(made.energy.value)


def test_runs_that_metered_one_machine_at_once_are_told() -> None:
    start = datetime(2024, 3, 1, 8)
    whole = {"machine_wide": True, "cpu_model": "x", "ended_at": start + timedelta(hours=1)}
    after = {**whole, "started_at": start + timedelta(hours=1), "ended_at": start + timedelta(hours=2)}
    assert "CR014" in codes(footprint(whole, {**whole, "started_at": start + timedelta(minutes=30)}))
    assert "CR014" not in codes(footprint(whole, after))
    assert "CR014" not in codes(footprint(whole, {**whole, "cpu_model": "y"}))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"energy_kwh": 2000.0, "duration_s": 60.0}, "CR031"),
        ({"energy_kwh": 1e-9}, "CR031"),
        ({"reported_emissions_kg": 900.0}, "CR032"),
        ({"duration_s": None}, "CR034"),
        ({"gpu_count": 1e9}, "CR035"),
    ],
)
def test_slips_of_units_are_told(change: dict[str, Any], code: str) -> None:
    assert code in codes(footprint(change))
    assert code not in codes(footprint())


def test_ranges_combine_as_independent_errors_on_either_side() -> None:
    energy = with_pue(Amount(10.0, "kWh"), Amount(1.5, "ratio", 1.2, 2.0))
    assert energy is not None
    assert (energy.low, energy.value, energy.high) == pytest.approx((12.0, 15.0, 20.0))
    emitted = computed(energy, Amount(100.0, "gCO2e/kWh", 90.0, 120.0))
    assert emitted is not None
    assert emitted.low == pytest.approx(1.5 * (1 - math.hypot(0.3 / 1.5, 0.1)))
    assert emitted.high == pytest.approx(1.5 * (1 + math.hypot(0.5 / 1.5, 0.2)))


def test_what_runs_share_adds_up_and_what_is_their_own_partly_cancels() -> None:
    own = ranged(10.0, "kWh", (Part("meter", 3.0, 4.0, shared=False), Part("grid", 1.0, 2.0)), "reported")
    both = total([own, own])
    assert both is not None
    assert both.parts == (Part("meter", math.hypot(3, 3), math.hypot(4, 4), shared=False), Part("grid", 2.0, 4.0))
    assert both.low == pytest.approx(20 - math.hypot(3, 3, 2))
    assert both.high == pytest.approx(20 + math.hypot(4, 4, 4))
    turned = own.times(Amount(-2.0, "ratio"), "kWh")
    assert turned.parts[0] == Part("meter", 8.0, 6.0, shared=False)


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=30), st.randoms())
def test_totals_do_not_depend_on_the_order(values: list[float], chance: Any) -> None:
    shuffled = list(values)
    chance.shuffle(shuffled)
    ordered, mixed = (total(Amount(value, "kWh") for value in some) for some in (values, shuffled))
    assert ordered == mixed


@given(st.floats(min_value=1e-6, max_value=1e6), st.floats(min_value=1.0, max_value=3.0))
def test_emissions_scale_with_energy(energy: float, pue: float) -> None:
    one = footprint({"energy_kwh": energy, "reported_pue": pue}, country="DEU").emissions
    ten = footprint({"energy_kwh": 10 * energy, "reported_pue": pue}, country="DEU").emissions
    assert one is not None
    assert ten is not None
    assert ten.value == pytest.approx(10 * one.value)
