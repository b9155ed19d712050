"""The uncertainty budget: closed form against Monte Carlo, shares that add up, digits that the range supports."""

from __future__ import annotations

import math
from typing import Any

import pytest

from reporter.assess.monte_carlo import DRAWS, simulate
from reporter.assess.uncertainty import budget
from reporter.footprint import Amount, Footprint, Part, ranged, significant_digits

from .test_assess import footprint


def amount(value: float, low: float, high: float) -> Amount:
    return ranged(value, "kWh", (Part("x", value - low, high - value),), "estimated")


def simulated(made: Footprint) -> dict[str, tuple[float, float]]:
    factor = made.social_cost.factor if made.social_cost else None
    return simulate(made.runs, [factor] * len(made.runs))


def test_contributions_are_the_causes_the_largest_first_and_their_shares_add_up() -> None:
    made = footprint(country="FRA", pue="1.2")
    found = budget("emissions", made.emissions)
    assert found is not None
    assert [one.cause.partition(" ")[0] for one in found.contributions] == ["measurement:", "intensity"]
    assert math.fsum(one.share for one in found.contributions) == pytest.approx(1)
    assert found.contributions[0].down == pytest.approx(0.4)
    low = 1 - math.hypot(*(one.down for one in found.contributions))
    assert made.emissions is not None
    assert made.emissions.low == pytest.approx(made.emissions.value * low)


def test_a_single_source_is_the_same_by_monte_carlo_as_in_closed_form() -> None:
    """Energy alone has one cause, and then the closed form is exact: the quantiles of the drawn distribution."""
    made = footprint({"basis": "measured", "counted": True, "reported_emissions_kg": None, "country": None})
    low, high = simulated(made)["energy"]
    assert made.energy is not None
    assert (low, high) == pytest.approx((made.energy.low, made.energy.high), rel=0.002)


def test_products_and_sums_agree_with_the_closed_form_to_its_order() -> None:
    many: list[dict[str, Any]] = [{"basis": "measured", "energy_kwh": float(place)} for place in range(1, 31)]
    made = footprint(*many, country="FRA", pue="1.2")
    assert made.energy is not None
    assert made.emissions is not None
    found = simulated(made)
    assert found["energy"] == pytest.approx((made.energy.low, made.energy.high), rel=0.005)
    # the meters' errors are small in the sum, and the grid's is shared: what remains is one cause
    assert found["emissions"] == pytest.approx((made.emissions.low, made.emissions.high), rel=0.01)


def test_shared_causes_do_not_cancel_over_runs_and_own_ones_do() -> None:
    one = footprint({"basis": "measured"}, country="FRA")
    many = footprint(*[{"basis": "measured"}] * 100, country="FRA")
    assert one.it_energy is not None
    assert many.it_energy is not None
    width = [(made.high or 0) / made.value - 1 for made in (one.it_energy, many.it_energy)]
    assert width[1] == pytest.approx(width[0] / 10)
    grid = [next(part for part in made.emissions.parts if part.shared) for made in (one, many) if made.emissions]
    assert grid[1].up == pytest.approx(100 * grid[0].up)


def test_the_same_logs_give_the_same_draws() -> None:
    made = footprint(country="FRA")
    assert simulated(made) == simulated(made)
    assert DRAWS >= 10_000


@pytest.mark.parametrize(
    ("value", "low", "high", "digits"),
    [(8.021, 5.499, 13.216, 1), (8.021, 7.9, 8.2, 2), (100.0, 99.0, 101.0, 3), (0.00123, 0.0012, 0.00126, 3),
     (5.0, 0.0, 50.0, 1)],
)  # fmt: skip
def test_digits_end_where_the_range_begins(value: float, low: float, high: float, digits: int) -> None:
    assert significant_digits(amount(value, low, high)) == digits


def test_without_a_range_there_is_no_budget() -> None:
    assert budget("energy", None) is None
    assert budget("energy", Amount(3.0, "kWh")) is None
    assert significant_digits(Amount(3.0, "kWh")) == 6
