"""What holds of the arithmetic for any runs: scale, order, splitting, round trips, ranges, and what is not told."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers, renderers
from reporter.assess import assess
from reporter.footprint import Amount, Footprint, Part, ranged, total
from reporter.options import make
from reporter.report import Report
from reporter.run import Reading, Run

from .conftest import SAMPLES, SWEEP
from .test_samples import EXPECTED

#: What a context changes: the tracker's own figures, a country, a PUE and intensity, several series of cost.
CONTEXTS: tuple[dict[str, str], ...] = (
    {}, {"country": "FRA"}, {"pue": "1.25", "intensity_g_per_kwh": "431"}, {"cloud": "gcp:europe-west9", "scc": "all"},
)  # fmt: skip
AMOUNTS = ("it_energy", "energy", "pue", "intensity", "emissions", "computed")
PARTS = ("cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh")
#: Fields of a Run that are proportional to what it used; the intensity that the tracker tells is not.
EXTENSIVE = ("energy_kwh", *PARTS, "reported_emissions_kg")

ENERGY = st.floats(1e-9, 1e9)
MAYBE = st.none() | ENERGY
RUN = st.fixed_dictionaries({
    "energy_kwh": MAYBE, "cpu_energy_kwh": MAYBE, "gpu_energy_kwh": MAYBE, "ram_energy_kwh": MAYBE,
    "duration_s": st.none() | st.floats(1.0, 1e7), "reported_emissions_kg": MAYBE,
    "reported_pue": st.none() | st.floats(1.0, 3.0), "country": st.sampled_from([None, "FRA", "USA", "DEU", "NOR"]),
    "basis": st.sampled_from(["measured", "reported", "estimated"]),
    "started_at": st.none() | st.datetimes(datetime(2018, 1, 1), datetime(2027, 1, 1)),
    "labels": st.fixed_dictionaries({"task": st.sampled_from(["a", "b"])}),
})  # fmt: skip
RUNS = st.lists(RUN, min_size=1, max_size=6)
CONTEXT = st.sampled_from(CONTEXTS)
quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def runs_of(told: list[dict[str, Any]]) -> tuple[Run, ...]:
    return tuple(Run(id=f"run {place}", tracker="x", source="a.csv", **one) for place, one in enumerate(told))


def footprint(runs: tuple[Run, ...], context: dict[str, str]) -> Footprint:
    return assess(Reading(runs, (), ()), make({"group_by": "task", "uncertainty": True, **context}))


class Ends(NamedTuple):
    """A figure without what it rests on: that stands in the order in which the runs came."""

    value: float
    low: float | None
    high: float | None
    basis: str


def ends(amount: Amount | None) -> Ends | None:
    return None if amount is None else Ends(amount.value, amount.low, amount.high, amount.basis)


def figures(made: Footprint) -> dict[str, Any]:
    """Every figure of the whole, by name, in an order that does not depend on that of the runs."""
    told: dict[str, Any] = {name: ends(getattr(made, name)) for name in AMOUNTS}
    told |= {"duration_s": made.duration_s, "parts": made.parts, "reported": made.reported_emissions_kg}
    told |= {f"cost {cost.series}": (ends(cost.amount), ends(cost.combined)) for cost in made.social_costs}
    told |= {f"as {item.factor.key}": ends(item.amount) for item in made.equivalents}
    for group in made.groups:
        told[f"group {group.name}"] = (group.runs, group.duration_s, *map(ends, (group.energy, group.emissions)))
        told[f"spread {group.name}"] = (group.energies, group.releases)
    shares = {
        (budget.quantity, one.cause): (one.down, one.up, one.share)
        for budget in made.budgets for one in budget.contributions
    }  # fmt: skip
    return told | {"budgets": shares, "factors": set(made.factors)}


@quick
@given(RUNS, CONTEXT, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_changes_no_figure_in_its_last_bit(
    told: list[dict[str, Any]], context: dict[str, str], chance: random.Random
) -> None:
    runs = list(runs_of(told))
    before = figures(footprint(tuple(runs), context))
    chance.shuffle(runs)
    assert figures(footprint(tuple(runs), context)) == before


PART = st.builds(
    Part, st.sampled_from(["meter", "grid", "pue", "model"]), st.floats(0, 1e6), st.floats(0, 1e6), st.booleans()
)


@given(st.lists(PART, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_causes_changes_no_range_in_its_last_bit(parts: list[Part], chance: random.Random) -> None:
    mixed = list(parts)
    chance.shuffle(mixed)
    assert ends(ranged(3.0, "kWh", mixed, "reported")) == ends(ranged(3.0, "kWh", parts, "reported"))


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40))
def test_a_total_is_the_sum_that_exact_arithmetic_rounds_to(values: list[float]) -> None:
    from fractions import Fraction

    whole = total(Amount(value, "kWh") for value in values)
    assert whole is not None
    assert whole.value == float(sum(map(Fraction, values)))


def scaled(amount: Amount | None, by: float) -> Ends | None:
    known = ends(amount)
    if known is None or known.low is None or known.high is None:
        return known and known._replace(value=known.value * by)
    return Ends(known.value * by, known.low * by, known.high * by, known.basis)


@quick
@given(RUNS, CONTEXT, st.integers(-12, 12))
def test_energy_times_a_power_of_two_gives_exactly_as_many_times_the_emissions_and_the_cost(
    told: list[dict[str, Any]], context: dict[str, str], power: int
) -> None:
    """A power of two loses no bit, so that nothing but a product may lie between energy and each figure."""
    by = 2.0**power
    runs = runs_of(told)
    more = [one | {name: None if one[name] is None else one[name] * by for name in EXTENSIVE} for one in told]
    one, other = footprint(runs, context), footprint(runs_of(more), context)
    for name in ("it_energy", "energy", "emissions", "computed"):
        assert ends(getattr(other, name)) == scaled(getattr(one, name), by), name
    for cost, times in zip(one.social_costs, other.social_costs, strict=True):
        assert (ends(times.amount), ends(times.combined)) == (scaled(cost.amount, by), scaled(cost.combined, by))
    for item, times_as in zip(one.equivalents, other.equivalents, strict=True):
        assert ends(times_as.amount) == scaled(item.amount, by)
    assert (ends(one.pue), ends(one.intensity)) == (ends(other.pue), ends(other.intensity))  # ratios stay


@quick
@given(RUNS, CONTEXT, st.floats(1e-3, 1e3))
def test_energy_times_any_number_gives_as_many_times_the_emissions_and_the_cost(
    told: list[dict[str, Any]], context: dict[str, str], by: float
) -> None:
    more = [one | {name: None if one[name] is None else one[name] * by for name in EXTENSIVE} for one in told]
    one, other = footprint(runs_of(told), context), footprint(runs_of(more), context)
    costs = [(cost.amount, times.amount) for cost, times in zip(one.social_costs, other.social_costs, strict=True)]
    for before, after in [*((getattr(one, name), getattr(other, name)) for name in AMOUNTS[:2] + AMOUNTS[4:]), *costs]:
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert after.value == pytest.approx(before.value * by, rel=1e-12)
            if before.high is not None:
                assert after.high == pytest.approx(before.high * by, rel=1e-9)


@quick
@given(RUNS, CONTEXT)
def test_the_groups_of_any_runs_add_up_to_the_whole(told: list[dict[str, Any]], context: dict[str, str]) -> None:
    made = footprint(runs_of(told), context)
    for name in ("it_energy", "energy", "emissions"):
        whole, known = getattr(made, name), [getattr(group, name) for group in made.groups]
        parts = [amount.value for amount in known if amount is not None]
        assert (whole is None) == (not parts)
        if whole is not None:
            assert math.fsum(parts) == pytest.approx(whole.value, rel=1e-14)
    assert sum(group.runs for group in made.groups) == len(told)


def amounts_of(made: Footprint) -> list[Amount]:
    found = [getattr(made, name) for name in AMOUNTS]
    found += [getattr(run, name) for run in made.runs for name in AMOUNTS]
    found += [cost.combined for cost in made.social_costs] + [item.amount for item in made.equivalents]
    return [amount for amount in found if amount is not None]


@quick
@given(RUNS, CONTEXT)
def test_a_range_holds_its_value(told: list[dict[str, Any]], context: dict[str, str]) -> None:
    for amount in amounts_of(footprint(runs_of(told), context)):
        assert math.isfinite(amount.value)
        assert (amount.low is None) == (amount.high is None)
        if amount.low is not None and amount.high is not None:
            assert amount.low <= amount.value <= amount.high
            assert math.isfinite(amount.low) and math.isfinite(amount.high)


@quick
@given(RUNS, CONTEXT)
def test_what_no_run_tells_is_none_and_what_one_tells_is_no_less(
    told: list[dict[str, Any]], context: dict[str, str]
) -> None:
    made = footprint(runs_of(told), context)
    known = [one["energy_kwh"] for one in told if one["energy_kwh"] is not None]
    assert (made.it_energy.value if made.it_energy else None) == (math.fsum(known) if known else None)
    times = [one["duration_s"] for one in told if one["duration_s"] is not None]
    assert made.duration_s == (math.fsum(times) if times else None)
    claims = [one["reported_emissions_kg"] for one in told]
    assert made.reported_emissions_kg == (None if None in claims else math.fsum(claims))
    for run, one in zip(made.runs, told, strict=True):
        assert (run.it_energy is None) == (run.energy is None) == (one["energy_kwh"] is None)
        assert run.computed is None or run.energy is not None
        assert run.emissions is not None or run.computed is None
    assert (made.emissions is None) == all(run.emissions is None for run in made.runs)
    assert (made.computed is None) == any(run.computed is None for run in made.runs)
    for part, field in zip(("cpu", "gpu", "ram"), PARTS, strict=True):
        values = [one[field] for one in told if one["energy_kwh"] is not None]
        assert made.parts.get(part) == (math.fsum(values) if values and None not in values else None)
    assert 0 not in [amount.value for amount in amounts_of(made)]  # every energy above was above 0


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(("output", "file"), [("ledger", "runs.ledger.csv"), ("parquet", "runs.parquet")])
@given(told=RUNS, context=CONTEXT)
def test_any_runs_come_back_from_a_ledger_with_the_same_figures(
    told: list[dict[str, Any]], context: dict[str, str], output: str, file: str, tmp_path: Path
) -> None:
    made = footprint(runs_of(told), context)
    path = tmp_path / file
    path.write_bytes(renderers.available()[output].render(Report(made)))
    again = importers.read([str(path)]).runs
    assert again == runs_of(told)
    assert figures(footprint(again, context)) == figures(made)


@quick
@given(RUNS, CONTEXT)
def test_json_tells_every_total_to_the_last_digit_and_null_for_what_is_not_known(
    told: list[dict[str, Any]], context: dict[str, str]
) -> None:
    made = footprint(runs_of(told), context)
    totals = json.loads(renderers.available()["json"].render(Report(made)))["totals"]
    value = {name: amount.value if (amount := getattr(made, name)) is not None else None for name in AMOUNTS}
    assert {name: totals[key] for name, key in (
        ("it_energy", "it_energy_kwh"), ("energy", "energy_kwh"), ("pue", "pue"), ("intensity", "intensity_g_per_kwh"),
        ("emissions", "emissions_kg"), ("computed", "computed_emissions_kg"),
    )} == value  # fmt: skip
    assert totals["duration_s"] == made.duration_s
    assert totals["emissions_low_kg"] == (made.emissions.low if made.emissions else None)
    assert totals["computed_emissions_high_kg"] == (made.computed.high if made.computed else None)
    assert {part: totals[f"{part}_energy_kwh"] for part in made.parts} == made.parts


def totals_of(paths: list[Path]) -> dict[str, Any]:
    reading = importers.read([str(path) for path in paths])
    made = assess(reading, make({"country": "FRA"}))
    return {key: value for key, value in figures(made).items() if key != "budgets"}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_logs_changes_no_figure_in_its_last_bit(seed: int) -> None:
    paths = [SAMPLES / case["path"] for case in EXPECTED]
    before = totals_of(paths)
    random.Random(seed).shuffle(paths)  # noqa: S311 - no secret
    assert totals_of(paths) == before


def table(rows: list[list[str]]) -> str:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()


@pytest.mark.parametrize("seed", range(5))
def test_a_log_in_two_parts_gives_what_it_gave_whole(seed: int, tmp_path: Path) -> None:
    """Rows go to one file or the other at random, so that rows of one run lie apart as well."""
    header, *rows = csv.reader(io.StringIO(SWEEP.read_text("utf-8")))
    chance = random.Random(seed)  # noqa: S311 - no secret
    whole = tmp_path / "whole" / "emissions.csv"
    parts = [tmp_path / name / "emissions.csv" for name in ("one", "two")]
    for path in (whole, *parts):
        path.parent.mkdir()
    side = [chance.random() < 0.5 for _ in rows]
    whole.write_text(table([header, *rows]), "utf-8")
    for path, wanted in zip(parts, (True, False), strict=True):
        mine = [row for row, here in zip(rows, side, strict=True) if here == wanted]
        path.write_text(table([header, *mine]), "utf-8")
    assert len(rows) > 4
    before = totals_of([whole])
    assert totals_of(parts) == before
    assert totals_of(parts[::-1]) == before
