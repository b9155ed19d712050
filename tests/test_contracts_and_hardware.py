"""Gross and net, embodied emissions, SCI, and the social cost by several series: hand-computed, and told apart."""

from __future__ import annotations

import json

import pytest

from reporter import factors, renderers
from reporter.assess.embodied import SECONDS_A_YEAR, sci, time_share
from reporter.errors import ReportError
from reporter.footprint import Amount
from reporter.options import make
from reporter.report import Report

from .test_assess import codes, footprint

A100 = {"gpu_model": "4 x NVIDIA A100-SXM4-80GB", "gpu_count": 4.0}


def test_the_hardware_bears_its_time_over_its_life() -> None:
    """M = TE x TiR / EL: 8 pieces of 150 kg for a tenth of five years bear 8 x 15 kg."""
    made = time_share(Amount(150.0, "kgCO2e"), 0.5 * SECONDS_A_YEAR, Amount(5.0, "year"), 8)
    assert made.value == pytest.approx(120.0)
    ranged = time_share(Amount(150.0, "kgCO2e"), SECONDS_A_YEAR, Amount(4.0, "year", 3.0, 6.0))
    assert ranged.value == pytest.approx(37.5)
    assert (ranged.low, ranged.high) == pytest.approx((150 / 6, 150 / 3))


def test_embodied_emissions_come_from_what_the_log_names() -> None:
    made = footprint(A100, embodied=True, country="FRA")
    card, years = factors.embodied("A100-SXM4-80GB"), factors.lifetime("gpu")
    assert card is not None
    assert years is not None
    assert made.embodied is not None
    assert made.embodied.value == pytest.approx(4 * card.value * 3600 / SECONDS_A_YEAR / years.value)
    assert card in made.factors
    assert footprint(A100, country="FRA").embodied is None


def test_a_life_and_hardware_of_ones_own() -> None:
    card = factors.embodied("A100-SXM4-80GB")
    assert card is not None
    made = footprint(embodied=True, hardware="2 x A100-SXM4-80GB", lifetime_years="4 years", country="FRA")
    assert made.embodied is not None
    assert made.embodied.value == pytest.approx(2 * card.value * 3600 / SECONDS_A_YEAR / 4)
    with pytest.raises(ReportError, match="no published figure for its making"):
        footprint(embodied=True, hardware="abacus")


def test_hardware_that_nobody_has_a_figure_for_is_told_and_left_out() -> None:
    made = footprint({"gpu_model": "Acme 9000"}, embodied=True, country="FRA")
    assert made.embodied is None
    assert "CR118" in codes(made)


def test_sci_is_operation_and_hardware_per_unit() -> None:
    """SCI = ((E x I) + M) / R."""
    made = sci(Amount(9.0, "kgCO2e"), Amount(1.0, "kgCO2e"), (1000.0, "inferences"))
    assert made is not None
    assert made.amount.value == pytest.approx(0.01)
    assert made.amount.unit == "kgCO2e/inferences"
    alone = sci(Amount(9.0, "kgCO2e"), None, (1000.0, "inferences"))
    assert alone is not None
    assert alone.amount.value == pytest.approx(0.009)
    assert sci(Amount(9.0, "kgCO2e"), None, None) is None
    assert sci(None, Amount(1.0, "kgCO2e"), (1.0, "x")) is None


def test_gross_is_never_netted() -> None:
    plain = footprint(country="FRA")
    made = footprint(country="FRA", carbon_free="80 %", offsets_kg="0.01 kg")
    assert made.emissions == plain.emissions
    told = made.contracts
    assert told is not None
    assert told.location_based == plain.emissions
    assert told.market_based is not None
    assert told.net is not None
    assert plain.emissions is not None
    assert told.market_based.value == pytest.approx(0.2 * plain.emissions.value)
    assert told.net.value == pytest.approx(0.2 * plain.emissions.value - 0.01)
    assert plain.contracts is None


def test_a_contract_with_an_intensity_of_its_own() -> None:
    told = footprint(country="FRA", market_intensity_g_per_kwh="11 g/kWh").contracts
    assert told is not None
    assert told.market_based is not None
    assert told.market_based.value == pytest.approx(3.0 * 0.011)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("carbon_free", "1.2", "from 0 to 1"), ("carbon_free", "most", "from 0 to 1"),
        ("offsets_kg", "-1", "0 or more"), ("offsets_kg", "3 kWh", "cannot be turned"),
        ("functional_unit", "1e6", "how many of what"),
        ("functional_unit", "0 calls", "how many of what"), ("lifetime_years", "0", "years"),
        ("price_year", "2024", "no price index is bundled"), ("price_year", "2024=x", "YEAR=RATIO"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_say_what_to_write(option: str, value: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        make({option: value})


def test_several_series_stand_side_by_side() -> None:
    made = footprint(country="FRA", scc="epa2023,ricke2018:USA,190 USD/t")
    assert made.emissions is not None
    assert [cost.series for cost in made.social_costs] == ["epa2023", "ricke2018", "190 USD/t"]
    assert made.social_cost == made.social_costs[0]
    assert made.social_costs[2].amount.value == pytest.approx(made.emissions.value * 0.19)
    assert {cost.amount.unit for cost in made.social_costs} >= {"USD2020", "USD"}
    assert len(footprint(country="FRA", scc="all").social_costs) == len(factors.series())


def test_the_combined_cost_is_wider_than_the_series_alone() -> None:
    cost = footprint(country="FRA").social_cost
    assert cost is not None
    assert cost.combined.value == pytest.approx(cost.amount.value)
    assert None not in (cost.combined.low, cost.combined.high, cost.amount.low, cost.amount.high)
    assert (cost.combined.low or 0) < (cost.amount.low or 0)
    assert (cost.combined.high or 0) > (cost.amount.high or 0)


def test_prices_of_another_year_by_the_author_s_ratio() -> None:
    plain, later = footprint(country="FRA").social_cost, footprint(country="FRA", price_year="2024=1.2").social_cost
    assert plain is not None
    assert later is not None
    assert later.amount.value == pytest.approx(1.2 * plain.amount.value)
    assert later.amount.high == pytest.approx(1.2 * (plain.amount.high or 0))
    assert (plain.amount.unit, later.amount.unit) == ("USD2020", "USD2024")
    assert "the author's ratio" in later.factor.note


def test_a_gain_stands_as_published() -> None:
    negative = next(row for row in factors.search("ricke2018") if row.value < 0 and row.kind == "social_cost")
    made = footprint(country="FRA", scc=negative.key)
    assert made.social_cost is not None
    assert made.social_cost.amount.value < 0
    assert "CR119" in codes(made)


def test_every_output_prints_them() -> None:
    made = footprint(A100, country="FRA", embodied=True, functional_unit="1e6 inferences", offsets_kg="1 g",
                     carbon_free="0.5", scc="epa2023,iwg2021")  # fmt: skip
    report = Report(made)
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        for title in ("Gross and net", "Hardware and software carbon intensity", "Social cost by series"):
            assert title in text, name
    told = json.loads(renderers.available()["json"].render(report))
    assert told["sci"]["functional_units"] == 1e6
    assert told["sci"]["sci_kg_per_unit"] == pytest.approx(
        (told["sci"]["operational_kg"] + told["sci"]["embodied_kg"]) / 1e6
    )
    assert told["contracts"]["offsets_kg"] == pytest.approx(0.001)
    assert [cost["series"] for cost in told["social_costs"]] == ["epa2023", "iwg2021"]
    assert "iso21031sci" in {source["key"] for source in told["sources"]}
