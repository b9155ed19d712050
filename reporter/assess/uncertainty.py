"""The uncertainty budget: what contributes how much to the range of a figure, and how many digits it supports."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from reporter.footprint import Budget, Contribution, significant_digits

if TYPE_CHECKING:
    from reporter.footprint import Amount, Footprint

def budget(quantity: str, amount: Amount | None) -> Budget | None:
    """The budget of a figure; None where it is not known or nothing is known of its range."""
    if amount is None or not amount.causes or not amount.value:
        return None
    variances = [((part.down + part.up) / 2) ** 2 for part in amount.causes]
    whole, size = math.fsum(variances), abs(amount.value)
    made = [
        Contribution(part.cause, part.down / size, part.up / size, variance / whole if whole else 0.0)
        for part, variance in zip(amount.causes, variances, strict=True)
    ]
    return Budget(quantity, amount, tuple(sorted(made, key=lambda one: -one.share)), significant_digits(amount))


def with_budgets(footprint: Footprint) -> Footprint:
    """The footprint with the budgets of energy, emissions and social cost, as far as they are known, and simulated."""
    from reporter.assess.monte_carlo import simulate
    from reporter.assess.social_cost import price_of

    cost = footprint.social_cost
    quantities = {
        "energy": footprint.energy,
        "emissions": footprint.emissions,
        "social cost": cost.combined if cost else None,
    }
    prices = [price_of(run, cost) for run in footprint.runs]
    ends = simulate(footprint.runs, prices)
    made = (budget(name, amount) for name, amount in quantities.items())
    told = tuple(one._replace(simulated=ends.get(one.quantity)) for one in made if one is not None)
    return replace(footprint, budgets=told)
