"""Edges of the assessment: what is estimated, bases and causes, findings of the analyses, where choices tip over."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reporter import factors, labels
from reporter.assess import energy, schedules
from reporter.assess.alignment import Aligned, Alignment
from reporter.assess.contracts import contracts
from reporter.assess.embodied import SECONDS_A_YEAR
from reporter.assess.emissions import computed, implied_intensity, mean_intensity, reported
from reporter.assess.equivalents import equivalent
from reporter.assess.labelled import labelled
from reporter.assess.monte_carlo import simulate
from reporter.assess.overlaps import once, overlaps
from reporter.assess.scenarios import best
from reporter.assess.shifting import Window, window
from reporter.assess.social_cost import price_of, priced
from reporter.assess.statistics import contrast, spread
from reporter.errors import ReportError
from reporter.footprint import Amount, Footprint, Part, of_factor
from reporter.intensity_series import Series
from reporter.options import make
from reporter.run import Device, Reading, Run

from .test_assess import USUAL, footprint
from .test_indicators import indicators_of
from .test_lifecycle import life_of, told
from .test_overlaps import run as metered

HOUR = 3600.0


def estimated(*devices: Device, **more: Any) -> Run:
    return Run(id="a", tracker="hand-written", source="runs.toml", devices=devices, basis="estimated", **more)


def messages(made: Footprint, code: str) -> list[str]:
    return [finding.message for finding in made.findings if finding.code == code]


# --- energy -------------------------------------------------------------------------------------------------------


def test_energy_nobody_metered_is_count_times_power_times_utilisation_times_hours() -> None:
    """(2 x 300 W x 50 % + 64 GB x 0.375 W) x 3 h = 0.972 kWh."""
    memory = factors.tdp("memory", "memory")
    assert memory is not None
    run = estimated(Device("gpu", "x", 2.0, 0.5, 300.0), Device("ram", None, 64.0), duration_s=3 * HOUR)
    found = energy.it_energy(run)
    assert found is not None
    assert found.value == pytest.approx((2 * 300 * 0.5 + 64 * memory.value) * 3 / 1000)
    assert (found.unit, found.basis) == ("kWh", "estimated")
    model = factors.measurement("estimated")
    assert [part.cause for part in found.parts][-1] == f"measurement: {model.label}"
    assert model in found.factors and memory in found.factors
    assert energy.estimated(estimated(Device("gpu", "x", power_w=300.0))) is None  # no duration
    assert energy.estimated(estimated(duration_s=HOUR)) is None  # no device
    one_unknown = estimated(Device("gpu", "x", power_w=300.0), Device("gpu", "Acme 9000"), duration_s=HOUR)
    assert energy.it_energy(one_unknown) is None


def test_a_model_s_design_power_comes_with_its_range_and_a_told_one_without() -> None:
    board = factors.tdp("A100-SXM4-80GB", "gpu")
    assert board is not None
    assert energy.design_power(Device("gpu", "A100-SXM4-80GB")) == of_factor(board, "W")
    assert energy.design_power(Device("gpu", "A100-SXM4-80GB", power_w=250.0)) == Amount(250.0, "W", basis="estimated")
    assert energy.design_power(Device("gpu", "Acme 9000")) is None


@pytest.mark.parametrize(
    ("basis", "counted", "how", "shared"),
    [("measured", True, "counter", False), ("measured", False, "sampled", False), ("reported", False, "reported", True),
     ("estimated", False, "estimated", True), ("assumed", False, "estimated", True)],
)  # fmt: skip
def test_the_range_of_an_energy_is_that_of_how_it_is_known(basis: Any, counted: bool, how: str, shared: bool) -> None:
    known = factors.measurement(how)
    found = energy.measured(10.0, basis, counted=counted)
    assert (found.value, found.unit, found.basis, found.factors) == (10.0, "kWh", basis, (known,))
    down, up = known.value - (known.low or known.value), (known.high or known.value) - known.value
    (part,) = found.parts
    assert part == Part(f"measurement: {known.label}", 10 * down, 10 * up, shared)
    assert (found.low, found.high) == (10 - 10 * down, 10 + 10 * up)
    lost = energy.measured(-10.0, basis, counted=counted)
    assert lost.low is not None and lost.low <= -10.0


def test_the_mean_pue_is_weighed_by_energy_and_plain_where_there_is_none() -> None:
    pues = [1.0, 2.0, 1.2]
    runs = [{"energy_kwh": kwh, "reported_pue": pue} for kwh, pue in zip((1.0, 3.0, 0.0), pues, strict=True)]
    made = footprint(*runs).pue
    assert made is not None
    assert made.value == pytest.approx(7 / 4)
    assert (made.unit, made.basis) == ("ratio", "reported")
    nothing = footprint(*(run | {"energy_kwh": 0.0, "reported_emissions_kg": 0.0} for run in runs)).pue
    assert nothing is not None
    assert nothing.value == pytest.approx(math.fsum(pues) / 3)
    assert footprint({"reported_pue": None}).pue is None
    chosen = footprint(cloud="gcp:europe-west9").pue
    assert chosen is not None
    assert (chosen.basis, chosen.factors) == ("estimated", (factors.pue("gcp", "europe-west9"),))


def test_parts_are_those_of_runs_with_energy_and_none_of_nothing() -> None:
    blind = {"energy_kwh": None, "cpu_energy_kwh": None, "reported_emissions_kg": None}
    assert footprint({}, blind).parts == {"cpu": 0.5, "gpu": 1.5}
    assert footprint({"ram_energy_kwh": 0.0}).parts == {"cpu": 0.5, "gpu": 1.5}  # a part of 0 is no part to show
    assert footprint({"ram_energy_kwh": 0.25}).parts == {"cpu": 0.5, "gpu": 1.5, "ram": 0.25}
    assert footprint(blind).parts == {}


# --- emissions ----------------------------------------------------------------------------------------------------


def test_computed_emissions_are_estimated_at_best() -> None:
    known = Amount(2.0, "kWh", basis="measured")
    made = computed(known, Amount(500.0, "gCO2e/kWh", basis="measured"))
    assert made is not None
    assert (made.value, made.unit, made.basis) == (1.0, "kgCO2e", "estimated")
    guess = computed(known._replace(basis="assumed"), Amount(500.0, "gCO2e/kWh"))
    assert guess is not None and guess.basis == "assumed"
    assert computed(None, Amount(500.0, "gCO2e/kWh")) is None
    assert computed(known, None) is None


def test_the_range_of_a_claim_reaches_to_ours_on_either_side() -> None:
    run = Run(**USUAL)  # claims 0.9
    ours = Amount(1.0, "kgCO2e", 0.5, 2.0, "estimated", (factors.intensity("USA"),))
    made = reported(run, ours)
    assert made is not None
    assert (made.low, made.value, made.high) == (0.5, 0.9, 2.0)
    assert (made.unit, made.basis, made.factors) == ("kgCO2e", "reported", ours.factors)
    assert [part.cause for part in made.parts] == ["the tracker's figure against ours"]
    within = reported(run, ours._replace(value=0.7, low=0.6, high=0.8))
    assert within is not None and (within.low, within.high) == pytest.approx((0.6, 0.9))
    bare = reported(run, ours._replace(low=None))
    assert bare == Amount(0.9, "kgCO2e", basis="reported")
    assert reported(run, None) == bare
    assert reported(Run(**{**USUAL, "reported_emissions_kg": None}), ours) is None


def test_intensities_follow_from_emissions_over_energy() -> None:
    emitted = Amount(0.9, "kgCO2e")
    made = implied_intensity(emitted, Amount(3.0, "kWh"))
    assert made is not None
    assert made.value == pytest.approx(300.0)
    assert (made.unit, made.basis) == ("gCO2e/kWh", "reported")
    assert implied_intensity(emitted, None) is None
    assert implied_intensity(emitted, Amount(0.0, "kWh")) is None
    assert implied_intensity(emitted, Amount(1e-15, "kWh")) is None
    assert implied_intensity(emitted, Amount(1.1e-15, "kWh")) is not None
    both = footprint({"energy_kwh": 1.0, "country": "FRA"}, {"energy_kwh": 3.0, "country": "DEU"}, pue="2")
    france, germany = factors.intensity("FRA"), factors.intensity("DEU")
    whole = mean_intensity(both.runs)
    assert whole is not None  # a PUE alone keeps the intensity that the tracker tells
    assert whole.value == pytest.approx(300.0)
    placed = footprint({"energy_kwh": 1.0, "reported_emissions_kg": None, "country": "FRA"},
                       {"energy_kwh": 3.0, "reported_emissions_kg": None, "country": "DEU"}).intensity  # fmt: skip
    assert placed is not None
    assert placed.value == pytest.approx((france.value + 3 * germany.value) / 4)
    assert (placed.unit, placed.basis, placed.factors) == ("gCO2e/kWh", "estimated", (france, germany))
    assert footprint({"energy_kwh": 0.0, "reported_emissions_kg": 0.0}).intensity is None


def test_an_equivalent_carries_both_ranges() -> None:
    factor = factors.equivalents("us")[0]._replace(value=0.5, low=0.4, high=0.8, unit="kgCO2e/km", key="car")
    made = equivalent(Amount(10.0, "kgCO2e", 10.0, 20.0, "measured"), factor)
    assert (made.value, made.unit, made.basis) == (20.0, "km", "estimated")
    assert made.low == pytest.approx(20 - 20 * (1 - 0.5 / 0.8))
    assert made.high == pytest.approx(20 + 20 * math.hypot(1.0, 0.5 / 0.4 - 1))
    assert [part.cause for part in made.parts][-1] == "equivalent car"
    assert made.factors == (factor,)
    bare = equivalent(Amount(10.0, "kgCO2e"), factor._replace(low=None, high=None))
    assert (bare.low, bare.high, bare.parts) == (None, None, ())
    tonnes = equivalent(Amount(10.0, "kgCO2e"), factor._replace(unit="tCO2 sequestered/tree"))
    assert tonnes.value == pytest.approx(0.02)
    assert tonnes.unit == "tree"
    half = equivalent(Amount(10.0, "kgCO2e"), factor._replace(low=None))
    assert half.low == pytest.approx(20 * 0.5 / 0.8) and half.high == 20.0


# --- contracts, hardware, cost ------------------------------------------------------------------------------------


def test_net_keeps_the_range_and_offsets_alone_leave_the_grid() -> None:
    gross = Amount(10.0, "kgCO2e", 8.0, 13.0)
    found = contracts(Amount(20.0, "kWh"), gross, make({"offsets_kg": "3 kg"}))
    assert found is not None
    assert (found.location_based, found.market_based, found.offsets_kg) == (gross, None, 3.0)
    assert found.net is not None
    assert (found.net.low, found.net.value, found.net.high) == (5.0, 7.0, 10.0)
    bare = contracts(Amount(20.0, "kWh"), Amount(10.0, "kgCO2e"), make({"offsets_kg": "3 kg"}))
    assert bare is not None and bare.net == Amount(7.0, "kgCO2e")
    both = contracts(Amount(20.0, "kWh"), gross, make({"market_intensity_g_per_kwh": "100", "carbon_free": "0.5"}))
    assert both is not None and both.market_based is not None
    assert (both.market_based.value, both.market_based.unit) == (2.0, "kgCO2e")  # the contract's own intensity holds
    assert both.net == both.market_based
    assert both.offsets_kg is None
    share = contracts(None, gross, make({"market_intensity_g_per_kwh": "100", "carbon_free": "0.75"}))
    assert share is not None and share.market_based is not None
    assert (share.market_based.value, share.market_based.unit) == (2.5, "kgCO2e")
    nothing = contracts(None, None, make({"offsets_kg": "3 kg", "carbon_free": "0.5"}))
    assert nothing is not None and (nothing.net, nothing.market_based) == (None, None)
    assert contracts(Amount(20.0, "kWh"), gross, make({})) is None


@pytest.mark.parametrize(
    ("change", "kind", "model", "pieces"),
    [
        ({"gpu_model": "A100-SXM4-80GB"}, "gpu", "A100-SXM4-80GB", 1.0),
        ({"gpu_model": "A100-SXM4-80GB", "gpu_count": 8.0}, "gpu", "A100-SXM4-80GB", 8.0),
        ({"devices": (Device("gpu", "A100-SXM4-80GB", 3.0), Device("ram", "A100-SXM4-80GB", 9.0), Device("gpu", None))},
         "gpu", "A100-SXM4-80GB", 3.0),
        ({"devices": (Device("tpu", "Google TPU v4i", 2.0),)}, "tpu", "Google TPU v4i", 2.0),
    ],
)  # fmt: skip
def test_the_hardware_that_a_log_names(change: dict[str, Any], kind: str, model: str, pieces: float) -> None:
    card, years = factors.embodied(model), factors.lifetime(kind)
    assert card is not None and years is not None
    made = footprint(change, embodied=True).embodied
    assert made is not None
    assert made.value == pytest.approx(pieces * card.value * HOUR / SECONDS_A_YEAR / years.value)
    assert (made.unit, made.basis) == ("kgCO2e", "estimated")
    assert footprint({**change, "duration_s": None}, embodied=True).embodied is None


@pytest.mark.parametrize(("text", "pieces"), [("A100-SXM4-80GB", 1), (" 2.5 × A100-SXM4-80GB", 2.5),
                                              ("8*A100-SXM4-80GB", 8), ("4 X A100-SXM4-80GB", 4)])  # fmt: skip
def test_pieces_as_people_write_them(text: str, pieces: float) -> None:
    one = footprint(embodied=True, hardware="1 x A100-SXM4-80GB").embodied
    made = footprint(embodied=True, hardware=text).embodied
    assert one is not None and made is not None
    assert made.value == pytest.approx(pieces * one.value)


def test_sci_is_of_the_weakest_basis_and_keeps_its_terms() -> None:
    made = footprint({"gpu_model": "A100-SXM4-80GB"}, embodied=True, functional_unit="2 calls", country="FRA").sci
    assert made is not None and made.hardware is not None
    assert (made.number, made.unit) == (2.0, "calls")
    assert made.amount.value == pytest.approx((made.operational.value + made.hardware.value) / 2)
    assert made.amount.basis == "estimated"


def test_a_cost_is_that_of_each_years_emissions() -> None:
    early, late = {"started_at": datetime(2020, 5, 1)}, {"started_at": None, "ended_at": datetime(2030, 5, 1)}
    made = footprint(early, late)
    cost = made.social_cost
    assert cost is not None
    prices = [price_of(run, cost) for run in made.runs]
    assert [price.year for price in prices if price] == [2020, 2030]
    assert price_of(made.runs[0], None) is None
    assert price_of(footprint({"country": None, "reported_emissions_kg": None,
                               "reported_intensity_g_per_kwh": None}).runs[0], cost) is None  # fmt: skip
    own = footprint(early, scc="100 EUR/kg").social_cost
    assert own is not None
    assert own.amount == priced(Amount(0.9, "kgCO2e"), own.factor)
    assert own.amount.value == pytest.approx(90.0)
    assert (own.amount.unit, own.amount.basis) == ("EUR", "estimated")
    assert (own.series, own.country, own.amount.factors) == ("100 EUR/kg", None, ())
    assert (own.factor.key, own.factor.label) == ("own", "the author's own value")
    told_country = footprint(early, scc="ricke2018:USA").social_cost
    assert told_country is not None
    assert (told_country.series, told_country.country) == ("ricke2018", "USA")


def test_prices_of_another_year_change_value_range_and_unit() -> None:
    plain, later = (footprint(scc="epa2023", **more).social_cost for more in ({}, {"price_year": "2024=1.25"}))
    assert plain is not None and later is not None
    one, other = plain.factor, later.factor
    assert one.low is not None and one.high is not None
    assert (other.value, other.low, other.high) == (1.25 * one.value, 1.25 * one.low, 1.25 * one.high)
    assert (one.unit, other.unit) == ("USD2020/tCO2", "USD2024/tCO2")
    assert other.note == f"prices of 2024: times 1.25, the author's ratio; {one.note}"
    paid = footprint(scc="ricke2018:USA", price_year="2024=2").social_cost
    assert paid is not None and paid.amount.unit == "USD2024_PPP"


# --- what if ------------------------------------------------------------------------------------------------------


def test_a_change_keeps_what_it_does_not_name() -> None:
    (made,) = footprint(what_if="pue=3.0").scenarios
    assert made.emissions is not None
    assert made.emissions.value == pytest.approx(0.9 * 2)  # twice the PUE of 1.5
    assert (made.kind, made.key, made.label, made.boundary) == ("change", "pue=3.0", "pue=3.0", "")
    assert (made.energy.basis, made.energy.unit, made.emissions.unit) == ("estimated", "kWh", "kgCO2e")
    (both,) = footprint(what_if="pue=1.0,power=200 %").scenarios
    assert both.label == "pue=1.0, power=200 %"
    assert both.energy.value == pytest.approx(4.0)
    (nowhere,) = footprint({"country": None, "reported_emissions_kg": None, "reported_intensity_g_per_kwh": None},
                           what_if="pue=1.0").scenarios  # fmt: skip
    assert (nowhere.emissions, nowhere.ratio) == (None, None)
    (california,) = footprint(what_if="country=USA,region=california").scenarios
    assert california.emissions is not None
    assert california.emissions.value == pytest.approx(3.0 * factors.intensity("USA", "US-CA").value / 1000)
    (azure,) = footprint(what_if="cloud=azure:swedencentral").scenarios  # no figure of its own: its country's
    assert azure.emissions is not None
    assert azure.emissions.value == pytest.approx(3.0 * factors.intensity("SWE").value / 1000)
    assert azure.boundary == factors.intensity("SWE").boundary
    (nothing,) = footprint({"energy_kwh": 0.0, "reported_emissions_kg": 0.0}, what_if="pue=2").scenarios
    assert (nothing.energy.value, nothing.ratio) == (0.0, None)
    assert best((), "country") is None
    assert best(footprint(what_if="country").scenarios, "region") is None


def test_regions_are_sorted_and_labelled() -> None:
    made = footprint(cloud="gcp:europe-west3", what_if="region").scenarios
    emitted = [one.emissions.value for one in made if one.emissions]
    assert len(emitted) == len(made) > 10
    assert emitted == sorted(emitted)
    rows = {row.key: row for row in factors.cloud_regions("gcp")}
    assert {one.key: one.label for one in made} == {key: row.label for key, row in rows.items()}
    assert {one.kind for one in made} == {"region"}
    assert all(one.emissions and one.emissions.basis == "estimated" for one in made)
    assert best(made, "region") == made[0]


# --- groups, trees, statistics ------------------------------------------------------------------------------------


def test_groups_are_named_by_all_labels_and_hold_their_places() -> None:
    silent = {"country": None, "energy_kwh": None, "duration_s": None, "reported_emissions_kg": None,
              "reported_intensity_g_per_kwh": None}  # fmt: skip
    runs = ({"labels": {"task": "a"}, "tracker": "eco2ai"}, silent, {"labels": {"task": "a"}})
    made = footprint(*runs, group_by="task,tracker,country").groups
    assert [(one.name, one.members, one.runs) for one in made] == [
        ("a / eco2ai / USA", (0,), 1), ("not told / codecarbon / not told", (1,), 1), ("a / codecarbon / USA", (2,), 1),
    ]  # fmt: skip
    untold = made[1]
    assert (untold.duration_s, untold.energy, untold.it_energy, untold.emissions) == (None, None, None, None)
    assert (untold.energies, untold.releases) == (None, None)
    assert made[0].duration_s == HOUR
    assert made[0].energies == spread([3.0])
    assert made[0].releases == spread([0.9])


def test_the_spread_of_even_and_odd_numbers() -> None:
    even, odd = spread([4.0, 1.0, 3.0, 2.0]), spread([9.0, 1.0, 2.0])
    assert even is not None and odd is not None
    assert (even.total, even.mean, even.median, even.least, even.most) == (10.0, 2.5, 2.5, 1.0, 4.0)
    assert odd.median == 2.0
    assert even.deviation == pytest.approx(statistics.stdev([1, 2, 3, 4]))


def test_two_groups_that_differ_by_some_tests_are_unclear() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.5, 2.5, 3.5, 4.5, 5.5, 60.0]
    made = contrast("energy", "kWh", ("a", "b"), first, second)
    assert made is not None
    assert (made.quantity, made.unit, made.names, made.conclusion) == ("energy", "kWh", ("a", "b"), "alike")
    assert made.difference == pytest.approx(statistics.fmean(second) - statistics.fmean(first))
    assert made.ratio == pytest.approx(statistics.fmean(second) / statistics.fmean(first))
    assert made.interval is not None
    assert made.interval[0] < made.difference < made.interval[1]
    assert [one.test for one in made.tests] == ["Welch's t", "Mann-Whitney U", "permutation"]
    mixed = contrast("energy", "kWh", ("a", "b"), [1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [1.6, 1.7, 1.8, 1.9, 2.0, 40.0])
    assert mixed is not None and mixed.conclusion == "unclear"
    assert [one.p < 0.05 for one in mixed.tests] == [False, True, True]
    five = contrast("energy", "kWh", ("a", "b"), first[:5], [value + 20 for value in first[:5]])
    assert five is not None and five.conclusion == "differ"
    four = contrast("energy", "kWh", ("a", "b"), first[:4], [value + 20 for value in first])
    assert four is not None and four.conclusion == "few"
    two = contrast("energy", "kWh", ("a", "b"), first[:2], first[:2])
    assert two is not None and len(two.tests) == 3
    nothing = contrast("energy", "kWh", ("a", "b"), [0.0, 0.0], [1.0, 2.0])
    assert nothing is not None and nothing.ratio is None


def test_a_metric_that_is_no_number_is_left_out() -> None:
    values = ["0.5", "high", "nan", None, "0.7"]
    runs = [{"labels": {"g": "a" if place < 4 else "b"} | ({"m": value} if value else {})}
            for place, value in enumerate(values)]  # fmt: skip
    made = footprint(*runs, group_by="g", versus="a,b", metric="m").contrasts
    assert (made[2].first.n, made[2].second.n, made[2].unit) == (1, 1, "")
    assert made[2].difference == pytest.approx(0.2)


def test_a_rule_looks_in_the_path_then_the_id_then_the_labels_and_keeps_what_is_there() -> None:
    rules = [labels.rule("seed=seed([0-9])"), labels.rule("seed=other([0-9])"), labels.rule("kind=(x)|(seed)")]
    runs = (Run(id="seed2", tracker="t", source="seed1.csv", labels={"name": "seed3 other4"}),
            Run(id="seed2", tracker="t", source="a.csv", labels={"name": "seed3"}),
            Run(id="b", tracker="t", source="a.csv", labels={"name": "other4"}),
            Run(id="b", tracker="t", source="a.csv", labels={"seed": "9"}))  # fmt: skip
    made = labelled(Reading(runs, (), ()), rules)
    assert [run.labels.get("seed") for run in made.runs] == ["1", "2", "4", "9"]
    assert [run.labels.get("kind") for run in made.runs] == ["seed", "seed", None, None]
    assert made.findings == ()
    assert labelled(Reading(runs, (), ()), []).runs is runs


# --- life cycle and indicators ------------------------------------------------------------------------------------

NO_PHASE = ("{} no phase, so that the life cycle leaves them out; tell it with --phase NAME=REGEX, or a label 'phase'")


@pytest.mark.parametrize(
    ("runs", "chosen", "expected"),
    [
        ([told("training", 1.0), told("search", 1.0), told("", 1.0)], {}, [NO_PHASE.format("1 run tells")]),
        ([told("training", 1.0), told("search", 1.0), told("", 1.0), told("", 2.0)], {},
         [NO_PHASE.format("2 runs tell")]),
        ([told("training", 1.0), told("inference", 1.0)], {"expected_calls": "10"},
         [("the expected calls are not counted, since no inference with its number of calls was logged; label it "
           "calls=N, or give --calls-logged N")]),
        ([told("training", 1.0), told("inference", 1.0, calls="5"), told("inference", 1.0)], {},
         ["1 inference runs do not tell their calls; the energy per call leaves them out"]),
        ([told("training", 1.0), told("search", 1.0)], {"calls_logged": "5"},
         ["calls of inference are told, and no run is inference; name those with --phase inference=REGEX"]),
        ([told("training", 1.0), told("inference", 1.0)], {},
         ["inference was logged without its number of calls; give --calls-logged N for the energy per call"]),
        ([told("training", 1.0), told("inference", 1.0, calls="5")], {}, []),
    ],
)  # fmt: skip
def test_what_a_life_cycle_leaves_out_word_for_word(
    runs: list[dict[str, Any]], chosen: dict[str, str], expected: list[str]
) -> None:
    assert messages(footprint(*runs, **chosen), "CR121") == expected


@pytest.mark.parametrize(
    ("text", "calls"),
    [("1,000", 1000.0), ("1,000,000", 1e6), ("10,00", None), (" 12 ", 12.0), ("0", None), ("-3", None), ("inf", None),
     ("many", None), ("1e3", 1000.0)],
)  # fmt: skip
def test_calls_as_people_write_them(text: str, calls: float | None) -> None:
    life = life_of(footprint(told("training", 1.0), told("inference", 2.0, calls=text)))
    assert life.calls_logged == calls
    assert (life.per_call is None) == (calls is None)


def test_other_names_of_calls_and_items_are_read() -> None:
    runs = [told("training", 8.0, samples="10", epochs="2"), told("fine-tuning", 2.0, examples="5", model=""),
            told("inference", 1.0, requests="4"), told("inference", 2.0, inferences="6")]  # fmt: skip
    life = life_of(footprint(*runs, country="FRA"))
    assert life.calls_logged == 10.0
    assert life.per_call is not None and life.per_call.energy is not None
    assert life.per_call.energy.value == pytest.approx(0.3)
    assert life.per_call.energy.unit == "kWh/call"
    (overhead,) = life.overheads
    assert (overhead.model, overhead.items) == ("", 25.0)
    assert overhead.theta == pytest.approx(10 / (25 * 0.3))
    assert life.break_even_calls == pytest.approx(10 / 0.3)
    assert life.use is not None and life.use.energy is not None
    assert life.use.energy.value == pytest.approx(3.0)  # the logged inference, where no calls are expected
    assert [phase.name for phase in life.phases] == ["training", "fine-tuning", "inference"]
    assert life.before.energy is None
    assert life.all_over_final == 1.0


def test_a_life_without_training_has_no_break_even() -> None:
    life = life_of(footprint(told("search", 8.0), told("inference", 1.0, calls="4")))
    assert (life.break_even_calls, life.all_over_final, life.overheads) == (None, None, ())
    assert life.break_even_calls_all == pytest.approx(32.0)
    free = life_of(footprint(told("training", 0.0), told("inference", 0.0, calls="4")))
    assert (free.break_even_calls, free.all_over_final) == (None, None)
    assert [phase.share for phase in free.phases] == [None, None]


def indicated(*labels_of: dict[str, str], **chosen: Any) -> Any:
    runs = [{"energy_kwh": float(place), "reported_pue": 1.0, "labels": one} for place, one in enumerate(labels_of, 1)]
    return indicators_of(footprint(*runs, **chosen))


def test_computing_resources_are_read_from_labels() -> None:
    made = indicated({"parameters": "1e9", "utilisation": "80", "items": "2e6", "epochs": "2", "accuracy": "0.5"},
                     {"utilisation": "0.25", "accuracy": "0.9"}, metric="accuracy")  # fmt: skip
    one, other = (run.computing for run in made.runs)
    assert (one.parameters, one.utilisation, one.duration_s, one.items) == (1e9, 0.8, HOUR, 4e6)
    assert one.data_efficiency == pytest.approx(0.5 / 4)
    assert (other.utilisation, other.items, other.data_efficiency) == (0.25, None, None)
    assert (made.metric, made.lower, made.per_cent, made.alphas) == ("accuracy", False, False, (1.0, 2.0, 4.0))
    devices = (Device("gpu", "x"), Device("cpu", "y", 1.0, 0.4))
    device = footprint({"energy_kwh": 1.0, "labels": {"a": "0.5"}, "devices": devices}, metric="a")
    assert indicators_of(device).runs[0].computing.utilisation == 0.4
    assert indicated({"parameters": "7"}).runs[0].metric is None  # resources alone are worth telling


def test_metrics_in_per_cent_and_errors() -> None:
    made = indicated({"acc": "90"}, {"acc": "100"}, metric="acc")
    assert (made.per_cent, [one.error for one in made.runs]) == (True, [pytest.approx(0.1), 0.0])
    assert not indicated({"acc": "1"}, metric="acc").per_cent
    lower = indicated({"loss": "90", "items": "3"}, metric_lower="loss")
    assert (lower.lower, lower.per_cent, lower.runs[0].error) == (True, False, 90.0)
    assert lower.runs[0].computing.data_efficiency is None
    assert indicated({"loss": "0"}, metric_lower="loss").runs[0].error == 0.0
    with pytest.raises(ReportError) as caught:
        indicated({"acc": "101"}, metric="acc")
    assert str(caught.value) == "--metric acc: no error follows from values above 100; --metric-lower"
    with pytest.raises(ReportError) as caught:
        indicated({"loss": "-1"}, metric_lower="loss")
    assert str(caught.value) == "--metric-lower loss: an error cannot be below 0"
    with pytest.raises(ReportError) as caught:
        indicated({"name": "x"}, metric="acc")
    assert str(caught.value) == "--metric acc: no run tells it; give them with --metrics"


def test_a_metric_is_found_whatever_its_case_and_equal_runs_share_a_place() -> None:
    made = indicated({"acc": "0.5"}, {"acc": "0.5"}, {"acc": "0.9"}, {"other": "1"}, metric="ACC")
    assert [one.metric for one in made.runs] == [0.5, 0.5, 0.9, None]
    assert made.runs[3].ranks == () and made.runs[3].error is None and not made.runs[3].pareto
    same = footprint(*({"energy_kwh": 2.0, "labels": {"acc": "0.5"}} for _ in range(2)), metric="acc")
    assert [one.ranks for one in indicators_of(same).runs] == [(1, 1, 1), (1, 1, 1)]
    unit = made.runs[0].per_item
    assert unit is not None and (unit.unit, unit.value) == ("kWh", 1.0)
    assert made.runs[0].ratios[0].unit == "kWh"


def test_models_are_told_apart_by_dataset() -> None:
    made = indicated({"model": "a", "dataset": "x", "acc": "0.4"}, {"model": "a", "dataset": "x", "acc": "0.6"},
                     {"model": "a", "phase": "inference", "acc": "0.9"}, {"acc": "0.9"},
                     {"model": "b", "phase": "training"}, metric="acc", country="FRA")  # fmt: skip
    france = factors.intensity("FRA").value / 1000
    assert [(one.model, one.dataset, one.runs, one.metric) for one in made.models] == [
        ("a", "x", 2, 0.5), ("a", "", 1, 0.9), ("b", "", 1, None)]  # fmt: skip
    first, second, third = made.models
    assert (first.training, first.inference) == (None, None)
    assert first.other is not None and first.other.value == pytest.approx(3 * france)
    assert second.inference is not None and second.inference.value == pytest.approx(3 * france)
    assert third.training is not None and third.training.value == pytest.approx(5 * france)


# --- overlaps -----------------------------------------------------------------------------------------------------


def test_two_seconds_are_the_clocks_and_more_is_an_overlap() -> None:
    first = metered("first", 0, 100, 9.0)
    assert overlaps([first, metered("second", 98, 100, 1.0)]) == []
    (found,) = overlaps([first, metered("second", 97.5, 100, 1.0)])
    assert (found.seconds, found.outside) == pytest.approx((2.5, 0.975))
    left = metered("left", 1.5, 100, 1.0)  # of which 1.5 s are left: less than the clocks tell
    assert [run.id for run in once([first, left], overlaps([first, left]))] == ["first"]


def test_who_covers_is_the_run_that_used_more_and_covers_most() -> None:
    runs = [metered("short", 0, 20, 5.0), metered("long", 20, 60, 7.0), metered("late", 10, 40, 1.0)]
    (found,) = overlaps(runs)
    assert (found.run.id, found.other.id, found.seconds) == ("late", "long", 40.0)
    same = [metered("b", 0, 50, 3.0), metered("a", 0, 50, 3.0)]
    assert [(one.run.id, one.other.id) for one in overlaps(same)] == [("b", "a")]
    bridge = [metered("one", 0, 30, 9.0), metered("two", 40, 20, 8.0), metered("both", 20, 60, 7.0),
              metered("in", 32, 6, 1.0)]  # fmt: skip
    found_by = {one.run.id: (one.other.id, one.seconds) for one in overlaps(bridge)}
    assert found_by == {"both": ("two", 30.0), "in": ("both", 6.0)}


# --- time ---------------------------------------------------------------------------------------------------------

MARCH = datetime(2024, 3, 1, tzinfo=UTC)


def aligned(
    values: list[float], spans: list[tuple[float, float]] | None = None, spread_of: tuple[float, float] = (1.0, 1.0),
    signal: Any = "average",
) -> Alignment:  # fmt: skip
    spans = spans or [(HOUR * place, HOUR * (place + 1)) for place in range(len(values))]
    start = MARCH.timestamp()
    starts, ends = [start + one for one, _ in spans], [start + end for _, end in spans]
    made = Series(("s.csv",), "Grid Co", "ZZ", signal, "direct", starts, ends, values, HOUR, spread_of,
                  (factors.intensity("FRA"),), ())  # fmt: skip
    return Alignment(made, None)


def at(start_h: float, hours: float, **more: Any) -> Run:
    return Run(id="a", tracker="t", source="a.csv", energy_kwh=1.0, started_at=MARCH + timedelta(hours=start_h),
               duration_s=hours * HOUR, **more)  # fmt: skip


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (at(0.5, 1.5), Aligned((0.5 * 100 + 300) / 1.5, 100, 300, 1.0)),
        (at(2.5, 1.0), Aligned(200, 200, 200, 0.5)),
        (at(-1.0, 2.0), Aligned(100, 100, 100, 0.5)),
        (at(1.25, 0.5), Aligned(300, 300, 300, 1.0)),
        (at(1.0, 0.0), Aligned(300, 300, 300, 1.0)),
        (at(0, 2, power_w=((HOUR, 300.0), (2 * HOUR, 100.0))), Aligned(150, 150, 150, 1.0)),
        (at(2, 2, power_w=((HOUR, 300.0), (2 * HOUR, 100.0))), Aligned(200, 200, 200, 0.75)),
        (at(0, 2, power_w=((2 * HOUR, 0.0),)), Aligned(200, 100, 300, 1.0)),  # a trace of nothing: by time
    ],
)  # fmt: skip
def test_the_mean_intensity_of_a_run_by_hand(run: Run, expected: Aligned) -> None:
    assert aligned([100.0, 300.0, 200.0])._aligned(run) == pytest.approx(expected)


def test_a_run_in_part_outside_takes_the_worst_and_the_best_of_the_series() -> None:
    made = aligned([100.0, 300.0, 200.0]).intensity(at(2.5, 1.0))
    assert made is not None
    assert (made.value, made.low, made.high) == pytest.approx((200.0, 200 - 0.5 * 100, 200 + 0.5 * 100))
    assert [part.cause for part in made.parts] == ["gaps of the intensity series"]
    inside = aligned([100.0, 300.0, 200.0]).intensity(at(0, 3))
    assert inside is not None
    assert [(part.cause, part.shared) for part in inside.parts] == [("hours at which a run drew its energy", False)]
    assert (inside.low, inside.value, inside.high) == pytest.approx((100.0, 200.0, 300.0))
    assert aligned([1.0, 1.0]).intensity(Run(id="a", tracker="t", source="a.csv")) is None


def test_long_spans_over_steps_with_gaps_and_edges() -> None:
    """More steps than are added up one by one: the running sums give the same."""
    values = [float(place % 7) for place in range(5000)]
    series = aligned(values, [(60.0 * place, 60.0 * place + 60) for place in range(5000)])
    run = at(0.005, 4999 * 60 / HOUR)  # 18 s into the first minute
    found = series._aligned(run)
    weights = [42.0] + [60.0] * 4998 + [18.0]
    assert found.mean == pytest.approx(math.fsum(map(float.__mul__, values, weights)) / math.fsum(weights))
    assert (found.low, found.high, found.coverage) == pytest.approx((0.0, 6.0, 1.0))


def test_windows_of_every_kind() -> None:
    start = MARCH.timestamp()
    assert window("flexible-start=90min") == Window("flexible-start", "90min", later_s=5400.0)
    assert window("pause-resume = 12.5 %") == Window("pause-resume", "12.5 %", share=0.125)
    assert window("pause-resume=total:2d") == Window("pause-resume", "total:2d", total_s=172_800.0)
    assert window("flexible-start=until:2024-03-01T02:00Z").until == start + 2 * HOUR
    assert window("flexible-start=0h").later_s == 0.0
    assert window(f"flexible-start={100 * 366}d").later_s == 100 * 366 * 86_400
    assert [one.slack_s(start, HOUR) for one in (
        Window("x", "", later_s=5.0), Window("x", "", share=0.5), Window("x", "", total_s=2 * HOUR),
        Window("x", "", until=start + 3 * HOUR), Window("x", "", total_s=10.0),
    )] == [5.0, 0.5 * HOUR, HOUR, 2 * HOUR, 10 - HOUR]  # fmt: skip


def test_a_curve_too_long_to_join_in_full_starts_no_worse_than_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [schedules.Step(HOUR * place, HOUR * (place + 1), 100.0 + 50 * (place % 5)) for place in range(40)]
    curve = [(600.0 * place, 100.0 + 37 * (place % 11)) for place in range(1, 61)]
    exact = schedules.flexible_start(steps, 20 * HOUR, curve)
    now = schedules.at(steps, 0.0, curve)
    assert exact is not None and now is not None
    assert exact.mean < now.mean
    monkeypatch.setattr(schedules, "PAIRS_AT_ONCE", 50)  # looked at in many spans: the same start
    assert schedules.flexible_start(steps, 20 * HOUR, curve) == exact
    monkeypatch.setattr(schedules, "MOST_PAIRS", 400)
    joined = schedules.flexible_start(steps, 20 * HOUR, curve)
    assert joined is not None
    assert exact.mean <= joined.mean < now.mean
    assert schedules.at([], 0.0, curve) is None
    assert schedules.at([schedules.Step(0.0, 1.0, 5.0)], 10.0, curve) is None


# --- uncertainty --------------------------------------------------------------------------------------------------


def test_monte_carlo_of_sums_and_products_by_hand() -> None:
    """Claims of 0.9 kg without a range stay what they are; a cost without a range is times its value."""
    nowhere = {"country": None, "reported_intensity_g_per_kwh": None}
    made = footprint(nowhere, nowhere, scc="100 EUR/kg")
    assert made.social_cost is not None
    ends = simulate(made.runs, [made.social_cost.factor] * 2)
    assert ends["emissions"] == pytest.approx((1.8, 1.8))
    assert ends["social cost"] == pytest.approx((180.0, 180.0))
    assert set(simulate(made.runs, [None, None])) == {"energy", "emissions"}
    assert simulate((), ()) == {}
    silent = footprint({**nowhere, "energy_kwh": None, "reported_emissions_kg": None})
    assert simulate(silent.runs, [None]) == {}
    wide = footprint({"basis": "estimated", "reported_emissions_kg": None}, pue="1.0", intensity_g_per_kwh="1000")
    ends = simulate(wide.runs, [None])
    assert wide.energy is not None and wide.energy.low is not None and wide.energy.high is not None
    assert ends["energy"] == pytest.approx((max(0.0, wide.energy.low), wide.energy.high), rel=0.02)
    assert ends["emissions"] == pytest.approx(ends["energy"])  # a kilogram a kilowatt-hour
