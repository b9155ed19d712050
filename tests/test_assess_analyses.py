"""The analyses beside the main figures: units and bases of all they give, their findings, and long foreign names."""

# ruff: noqa: E501 - a message is easier to look for where it stands in few pieces

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reporter import experiments, factors
from reporter.assess import assess, schedules
from reporter.assess.embodied import time_share
from reporter.assess.indicators import energy_precision
from reporter.assess.lifecycle import per_call, training_overhead, use
from reporter.assess.monte_carlo import simulate
from reporter.assess.overlaps import findings as overlap_findings
from reporter.assess.overlaps import overlaps
from reporter.assess.shifting import shifts
from reporter.assess.social_cost import price_of
from reporter.assess.statistics import contrast, spread
from reporter.assess.uncertainty import budget
from reporter.errors import ReportError
from reporter.footprint import Amount, Footprint, Part, Shift, of_factor, ranged
from reporter.options import make
from reporter.run import Device, Input, Reading, Run

from .test_assess import footprint
from .test_assess_edges import HOUR, MARCH, aligned, at, indicated, messages
from .test_experiments import tree
from .test_lifecycle import life_of, told
from .test_overlaps import run as metered

LONG = "n" * 70
CUT_60, CUT_40 = f"{'n' * 60}…", f"{'n' * 40}…"


@pytest.mark.parametrize(
    ("chosen", "begins"),
    [
        ({"what_if": f"{LONG}=1"}, f"--what-if {CUT_60}: "), ({"what_if": f"pue={LONG}"}, f"--what-if pue={CUT_40}: "),
        ({"embodied": True, "hardware": LONG}, f"--hardware '{CUT_60}': "), ({"metric": LONG}, f"--metric {CUT_60}: "),
        ({"versus": f"{LONG},b"}, f"--versus {CUT_60}: "), ({"phase": f"search={LONG}"}, f"--phase search={CUT_60}: "),
        ({"shift": LONG}, f"--shift {CUT_60}: "),
        ({"shift": f"pause-resume={LONG}"}, f"--shift pause-resume={'n' * 47}…: write flexible-start=24h"),
        ({"shift": f"pause-resume=until:{LONG}"}, f"--shift pause-resume=until:{'n' * 41}…: write flexible-start=24h"),
        ({"shift": f"pause-resume={'9' * 70}h"}, f"--shift pause-resume={'9' * 47}…: a window is 0 or longer"),
        ({"shift": f"pause-resume=until:2024-03-01T04:00:00.{'0' * 50}"},
         f"--shift pause-resume=until:2024-03-01T04:00:00.{'0' * 21}…: in which time zone"),
    ],
)  # fmt: skip
def test_an_option_s_long_text_is_cut_in_its_error(chosen: dict[str, Any], begins: str) -> None:
    with pytest.raises(ReportError) as caught:
        footprint(**chosen)
    assert str(caught.value).startswith(begins)


def test_long_names_of_logs_are_cut_in_findings() -> None:
    unmetered = {"energy_kwh": None, "reported_emissions_kg": None, "devices": (Device("gpu", LONG),)}
    assert f"design power of '{CUT_60}'" in messages(footprint(unmetered), "CR013")[0]
    assert f"the making of '{CUT_60}'" in messages(footprint({"gpu_model": LONG}, embodied=True), "CR118")[0]
    nowhere = {"country": LONG, "reported_emissions_kg": None, "reported_intensity_g_per_kwh": None}
    assert messages(footprint(nowhere), "CR101")[0].startswith(f"a log names the country '{CUT_40}': ")
    cloud = {**nowhere, "country": None, "basis": "estimated", "cloud_provider": "gcp", "cloud_region": LONG}
    assert messages(footprint(cloud), "CR101")[0].startswith(f"a log names the cloud region 'gcp:{'n' * 56}…': ")
    assert f"--label k={CUT_60} finds" in messages(footprint(labels=(f"k={LONG}",)), "CR124")[0]
    first, second = (
        Run(id=f"{LONG}{place}", tracker="t", source="ssssssssss", started_at=datetime(2024, 1, 1), duration_s=60.0,
            energy_kwh=2.0 - place, machine_wide=True, cpu_model="x") for place in range(2)
    )  # fmt: skip
    found = overlap_findings(overlaps([first, second]), 2, counted_once=False)
    assert found[1].message == f"run {CUT_60} overlaps run {CUT_60} of ssssssssss by 60 s"
    many = [{"labels": {f"{LONG}{place:02}": "1"}} for place in range(22)]
    with pytest.raises(ReportError) as caught:
        footprint(*many, metric="acc")
    assert str(caught.value) == f"--metric acc: no run tells it; there are {', '.join([CUT_40] * 20)}"
    with pytest.raises(ReportError) as caught:
        footprint(*({"labels": {"g": f"{LONG}{place}"}} for place in range(22)), group_by="g", versus="a,b")
    assert str(caught.value) == f"--versus a: there is no such group; there are {', '.join([CUT_40] * 20)}"
    rate = [{"name": LONG + LONG, "filter": "nowhere"}, {"name": "All", "filter": "."}, {"name": "Again", "filter": "."}]
    ids = [f"a/b/c/{LONG}{place}" for place in range(4)]
    made = footprint(*({"id": name} for name in ids), experiments=experiments.read(rate, None))
    assert messages(made, "CR126") == [f"experiment '{'n' * 120}…' finds no run", "experiment 'Again' finds no run"]
    assert messages(made, "CR127") == [
        (f"4 runs are found by several experiments, and counted with the first of them: c/{'n' * 58}…, c/{'n' * 58}…, "
        f"c/{'n' * 58}…, …")
    ]


def test_runs_of_no_experiment_and_of_several_are_counted() -> None:
    one = [{"name": "Search", "filter": "search"}, {"name": "Also", "filter": "search-b"}]
    ids = ["search-a", "x/y/plain", "search-b"]
    made = footprint(*({"id": name} for name in ids), experiments=experiments.read(one, None))
    assert [tuple(found) for found in made.findings if found.code in {"CR125", "CR126", "CR127"}] == [
        ("CR125", "warning", "1 run is in no experiment of the configuration: y/plain", None),
        ("CR127", "warning", "1 run is found by several experiments, and counted with the first of them: search-b", None),
        ("CR126", "warning", "experiment 'Also' finds no run", None),
    ]  # fmt: skip
    three = footprint(*({"id": name} for name in "pqr"), experiments=experiments.read(one, None))
    assert messages(three, "CR125") == ["3 runs are in no experiment of the configuration: p, q, r"]


def test_the_tree_s_summaries_tell_quantity_unit_and_the_best() -> None:
    made = tree()
    assert [one.group.name for one in made.experiments] == [
        "Search", "Search / Small", "Search / Large", "in no experiment"
    ]  # fmt: skip
    whole, small, large, rest = made.experiments
    told_of = [("energy", "kWh"), ("emissions", "kgCO2e"), ("duration", "s"), ("accuracy", ""), ("loss", ""), ("epochs", "")]
    assert [[(one.name, one.unit) for one in branch.summaries] for branch in (whole, small, large)] == [told_of] * 3
    assert [(one.name, one.unit) for one in rest.summaries] == told_of[:3]
    assert [one.best for one in whole.summaries] == [False] * 6  # alone on its level
    assert [one.best for one in small.summaries] == [True, True, False, False, False, False]  # durations are alike
    assert [one.best for one in large.summaries] == [False, False, False, True, True, False]
    assert (rest.path, rest.description, rest.group.runs) == (("in no experiment",), "", 1)
    assert whole.description == "Which **rate** to take."
    levels = [{"name": "A", "filter": "^a", "children": [{"name": "X", "filter": "x"}, {"name": "Y", "filter": "y"}]},
              {"name": "B", "filter": "^b", "children": [{"name": "X", "filter": "x"}, {"name": "Y", "filter": "y"}]}]
    runs = [{"id": name, "energy_kwh": kwh} for name, kwh in (("ax", 1.0), ("ay", 2.0), ("bx", 9.0), ("by", 8.0))]
    best = {one.group.name: one.summaries[0].best
            for one in footprint(*runs, experiments=experiments.read(levels, None)).experiments}  # fmt: skip
    assert best == {"A": True, "A / X": True, "A / Y": False, "B": False, "B / X": False, "B / Y": True}


# --- units, bases and factors of what the formulas give -----------------------------------------------------------


def test_products_keep_the_basis_of_what_they_are_made_of() -> None:
    metered_kwh = Amount(2.0, "kWh", basis="measured")
    assert energy_precision(0.5, metered_kwh, 2.0) == Amount(0.5, "kWh", basis="measured")
    assert per_call(metered_kwh, 4.0) == Amount(0.5, "kWh/call", basis="measured")
    assert use(metered_kwh, 3.0, "kWh") == Amount(6.0, "kWh", basis="assumed")
    made = indicated({"acc": "0.5"}, metric="acc").runs[0]
    assert made.per_item is not None and (made.per_item.unit, made.per_item.basis) == ("kWh", "reported")
    assert [(one.unit, one.basis) for one in made.ratios] == [("kWh", "reported")] * 3
    measured = footprint({"basis": "measured", "labels": {"acc": "0.5"}, "reported_pue": None}, metric="acc").indicators
    assert measured is not None and measured.runs[0].per_item is not None
    assert measured.runs[0].per_item.basis == "measured"
    assert (measured.runs[0].ratios[0].basis, measured.runs[0].pareto) == ("measured", True)


def test_the_hardware_s_share_rests_on_its_making_and_its_life() -> None:
    card, years = factors.embodied("A100-SXM4-80GB"), factors.lifetime("gpu")
    assert card is not None and years is not None
    made = footprint({"gpu_model": "A100-SXM4-80GB"}, embodied=True).embodied
    assert made is not None
    assert made.factors == (card, years)
    own = footprint({"gpu_model": "A100-SXM4-80GB"}, embodied=True, lifetime_years="3 years").embodied
    assert own is not None
    assert (own.factors, own.basis) == ((card,), "estimated")
    assert own.value == pytest.approx(made.value * years.value / 3)
    life = ranged(5.0, "year", (Part("service", 1.0, 2.0),), "assumed")
    shared = time_share(Amount(100.0, "kgCO2e"), HOUR, life, 2.0)
    assert [part.cause for part in shared.parts] == ["service"]
    assert (shared.unit, shared.basis) == ("kgCO2e", "estimated")
    assert shared.low == pytest.approx(shared.value * 5 / 7)
    assert shared.high == pytest.approx(shared.value * 5 / 4)


def test_a_server_that_a_log_names_counts_once_over_its_own_life() -> None:
    server = next(row for row in factors.search("server") if row.kind == "embodied" and "lifetime" not in row.key)
    years = factors.lifetime("server")
    assert years is not None
    named = footprint({"cpu_model": server.key}, embodied=True).embodied
    assert named is not None
    whole = factors.embodied(server.key)
    assert whole is not None
    assert named.value == pytest.approx(whole.value * HOUR / (365.25 * 86_400) / years.value)


def test_units_and_factors_of_the_whole() -> None:
    made = footprint(cloud="gcp:europe-west9", pue="1.3")
    assert made.pue is not None and (made.pue.value, made.pue.unit, made.pue.factors) == (1.3, "ratio", ())
    assert made.intensity is not None and made.intensity.unit == "gCO2e/kWh"
    assert made.runs[0].pue == Amount(1.3, "ratio", basis="estimated")
    tracked = footprint().runs[0]
    assert tracked.pue == Amount(1.5, "ratio", basis="reported")
    kept = footprint(pue="1.0").runs[0]
    assert kept.intensity == Amount(300.0, "gCO2e/kWh", basis="reported")
    unplaced = footprint({"country": None, "reported_emissions_kg": None}).runs[0]
    assert unplaced.intensity == Amount(300.0, "gCO2e/kWh", basis="reported")
    asked = footprint(intensity_g_per_kwh="77").runs[0]
    assert asked.intensity == Amount(77.0, "gCO2e/kWh", basis="estimated")
    assert (made.duration_s, footprint({}, {}).duration_s) == (HOUR, 2 * HOUR)
    old = footprint(cloud="gcp:europe-west9", intensity_year="2021").runs[0].intensity
    _, of_2021 = factors.cloud("gcp", "europe-west9", 2021)
    assert old is not None and of_2021 is not None and old.value == of_2021.value


# --- life cycle ---------------------------------------------------------------------------------------------------


def test_small_energies_have_a_life_cycle_too() -> None:
    """Wh in place of kWh: nothing below 1 is nothing."""
    life = life_of(footprint(told("search", 0.004), told("training", 0.002, items="10"),
                             told("inference", 0.001, calls="2"), intensity_g_per_kwh="500", expected_calls="8"))
    assert [phase.share for phase in life.phases] == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert life.all_over_final == pytest.approx(3)
    assert (life.break_even_calls, life.break_even_calls_all) == pytest.approx((4.0, 12.0))
    assert [one.theta for one in life.overheads] == pytest.approx([2e-3 / (10 * 5e-4)])
    assert life.use is not None and life.use.emissions is not None and life.use.energy is not None
    assert (life.use.emissions.unit, life.use.energy.unit) == ("kgCO2e", "kWh")
    assert life.use.emissions.value == pytest.approx(8 * 0.0005 * 0.5)
    nowhere = {"country": None, "reported_emissions_kg": None, "reported_intensity_g_per_kwh": None}
    dark = life_of(footprint({**told("training", 1.0), **nowhere}, {**told("inference", 1.0, calls="2"), **nowhere},
                             expected_calls="8"))  # fmt: skip
    assert dark.per_call is not None and dark.per_call.emissions is None
    assert dark.use is not None and dark.use.emissions is None
    assert dark.life.emissions is None


def test_theta_needs_all_of_its_terms() -> None:
    each = Amount(0.5, "kWh/call")
    assert training_overhead(Amount(1.0, "kWh"), 4.0, each) == 0.5
    assert training_overhead(None, 4.0, each) is None
    assert training_overhead(Amount(1.0, "kWh"), 4.0, None) is None
    assert training_overhead(Amount(1.0, "kWh"), 4.0, Amount(0.0, "kWh/call")) is None
    assert training_overhead(Amount(1.0, "kWh"), 0.0, each) is None
    free = told("training", 1.0, items="5", model="m")
    assert life_of(footprint(free, told("inference", 1.0, calls="2", model="other"))).overheads == ()
    assert life_of(footprint(free, told("inference", 0.0, calls="2", model="m"))).overheads == ()
    assert life_of(footprint({**free, "energy_kwh": None}, told("inference", 1.0, calls="2", model="m"))).overheads == ()


# --- indicators ---------------------------------------------------------------------------------------------------


def test_every_resource_is_read_and_a_share_of_one_is_the_whole() -> None:
    (one,) = indicated({"flops": "3e18", "parameters": "7e9", "utilisation": "1", "acc": "0.5"}, metric="acc").runs
    assert (one.computing.flops, one.computing.parameters, one.computing.utilisation) == (3e18, 7e9, 1.0)
    unranked = indicated({"acc": "0.5"}, {"other": "1"}, metric="acc").runs[1]
    assert (unranked.pareto, unranked.ratios, unranked.error, unranked.per_item) == (False, (), None, None)
    dark = footprint({"energy_kwh": None, "reported_emissions_kg": None, "labels": {"acc": "0.5"}}, metric="acc").indicators
    assert dark is not None
    assert (dark.runs[0].metric, dark.runs[0].error, dark.runs[0].ratios, dark.served) == (0.5, None, (), "run")


# --- time ---------------------------------------------------------------------------------------------------------


def moved(alignment: Any, *runs: Run, **chosen: Any) -> tuple[tuple[Shift, ...], list[Any], Footprint]:
    """The runs at an intensity of 300 g/kWh or what the series tells, and their shifts."""
    told_runs = [{"started_at": run.started_at, "duration_s": run.duration_s, "energy_kwh": run.energy_kwh,
                  "reported_pue": None, "power_w": run.power_w} for run in runs]  # fmt: skip
    made = footprint(*told_runs)
    items = [replace(item, run=run) for item, run in zip(made.runs, runs, strict=True)]
    found = shifts(items, alignment, make(chosen))
    return found[0], found[1], made


def test_a_shift_tells_all_of_itself() -> None:
    series = aligned([400.0, 300.0, 100.0, 300.0], spread_of=(0.9, 1.2))
    (made,), found, _ = moved(series, at(0, 1), at(1, 1), shift="flexible-start=2h")
    assert found == []
    assert (made.kind, made.window, made.signal, made.boundary) == ("flexible-start", "2h", "average", "direct")
    assert (made.energy.value, made.energy.unit) == (2.0, "kWh")
    assert (made.baseline.value, made.emissions.value) == pytest.approx((0.7, 0.2))
    assert (made.baseline.unit, made.emissions.unit) == ("kgCO2e", "kgCO2e")
    first, second = made.runs
    assert first.saving == pytest.approx(0.75)
    assert first.intervals == ((MARCH + timedelta(hours=2), MARCH + timedelta(hours=3)),)
    assert (first.start, first.pauses) == (MARCH, 0)
    assert [step.value for step in map(schedules.Step._make, first.window)] == [400.0, 300.0, 100.0]
    assert second.window == ()  # the steps are kept of the run that emits most alone
    (grid, *_) = [part for part in first.emissions.parts if part.cause == "intensity of each kind of generation"]
    assert (grid.down, grid.up) == pytest.approx((0.1 * 0.1, 0.1 * 0.2))
    assert factors.intensity("FRA") in first.emissions.factors
    (exact,), _, _ = moved(aligned([400.0, 100.0]), at(0, 1), shift="flexible-start=1h")
    assert all("generation" not in part.cause for part in exact.runs[0].emissions.parts)
    (other,), _, _ = moved(aligned([100.0, 400.0, 100.0]), at(0, 1), at(1, 1), shift="flexible-start=1h")
    assert [bool(run.window) for run in other.runs] == [False, True]


def test_a_run_that_cannot_be_moved_keeps_what_it_emitted() -> None:
    series = aligned([400.0, 100.0])
    (made,), found, whole = moved(series, at(1.5, 1), at(0, 1), shift="flexible-start=1h")
    left = made.runs[0]
    assert (left.start, left.intervals, left.saving, left.pauses, left.window) == (None, (), None, 0, ())
    assert left.baseline == left.emissions == whole.runs[0].emissions
    assert [(one.code, one.level, one.message) for one in found] == [
        ("CR123", "warning", ("--shift flexible-start=1h: 1 of 2 runs not moved and counted as made: the intensity series "
                              "does not cover them whole, or they end after the deadline")),
    ]  # fmt: skip
    (_,), found, _ = moved(series, at(0, 1), shift="pause-resume=5h")
    assert [(one.code, one.level, one.message) for one in found] == [
        ("CR123", "note", ("--shift pause-resume=5h: the intensity series covers the window of 1 of 1 run in part; other "
                           "times do not count")),
    ]  # fmt: skip
    short, found, _ = moved(series, at(0, 0.5 / 3600), shift="flexible-start=1h")
    assert short[0].runs[0].intervals == ((MARCH + timedelta(hours=1), MARCH + timedelta(hours=1, seconds=0.5)),)
    nothing = footprint({"energy_kwh": None, "reported_emissions_kg": None})
    assert shifts(nothing.runs, series, make({"shift": "flexible-start=1h"})) == ((), [])


def test_a_deadline_in_local_time_is_that_of_the_zone_given() -> None:
    series = aligned([400.0, 300.0, 100.0])
    series.zone = UTC
    (made,), _, _ = moved(series, at(0, 1), shift="flexible-start=until:2024-03-01T02:00")
    assert made.emissions.value == pytest.approx(0.3)


def test_the_use_of_a_series_and_what_it_says() -> None:
    series = aligned([100.0, 300.0, 200.0], signal="marginal")
    runs = [at(0, 1), at(2.5, 1, power_w=((HOUR, 5.0),)), at(0.5, 1)]
    made = footprint(*({"energy_kwh": kwh} for kwh in (1.0, 2.0, 5.0)))
    for run in runs:
        series.intensity(run)
    items = [replace(item, run=run, coverage=series.coverage(run)) for item, run in zip(made.runs, runs, strict=True)]
    found = series.use(items)
    assert (found.paths, found.provider, found.zone, found.signal) == (("s.csv",), "Grid Co", "ZZ", "marginal")
    assert (found.boundary, found.unit, found.step_s, found.steps) == ("direct", "gCO2e/kWh", HOUR, 3)
    assert (found.first, found.last) == (MARCH, MARCH + timedelta(hours=3))
    assert found.coverage == pytest.approx((1 + 0.5 * 2 + 5) / 8)
    assert (found.partly, found.traced, found.runs) == (1, 1, 3)
    assert [tuple(one) for one in series.findings(items)] == [
        ("CR112", "warning", ("the intensity series covers 87.5 % of the energy, 1 of 3 runs in part; the mean of a run's "
                              "covered part stands for the rest of it"), "a.csv"),
        ("CR113", "warning", ("the intensity is marginal, what one more kilowatt-hour causes: the emissions are no "
                              "inventory and never to be added to those of average intensity"), None),
    ]  # fmt: skip
    lined = replace(items[1], run=replace(runs[1], line=9))
    assert series.findings([lined])[0].where == "a.csv:9"
    assert aligned([1.0, 2.0]).findings(items[:1]) == []
    untimed = [replace(item, coverage=None) for item in items]
    assert (series.use(untimed).coverage, series.use(untimed).runs) == (1.0, 0)
    assert series.coverage(at(0, 1)) is None  # a run that it has not seen


def test_moments_of_a_run_from_any_two_that_are_told() -> None:
    series = aligned([100.0, 300.0])
    start, end = MARCH, MARCH + timedelta(hours=2)
    at_start = start.timestamp()

    def run(**moments: Any) -> Run:
        return Run(id="a", tracker="t", source="a.csv", energy_kwh=1.0, **moments)

    assert series.span(run(started_at=start, ended_at=end)) == (at_start, at_start + 2 * HOUR)
    assert series.span(run(ended_at=end, duration_s=HOUR)) == (at_start + HOUR, at_start + 2 * HOUR)
    assert series.span(run(started_at=start, duration_s=HOUR, ended_at=end)) == (at_start, at_start + HOUR)
    assert series.span(run(started_at=end, ended_at=start)) == (at_start + 2 * HOUR, at_start + 2 * HOUR)
    traced = run(ended_at=end, duration_s=HOUR, power_w=((HOUR, 5.0),))
    assert series.span(traced) == (at_start + HOUR, at_start + 2 * HOUR)
    for told_of in ({"started_at": start}, {"duration_s": HOUR}):
        with pytest.raises(ReportError) as caught:
            series.span(run(**told_of))
        assert str(caught.value) == ("a.csv: the run 'a' tells no start, end or duration, so no step of the intensity series "
                                     "can be put to it")  # fmt: skip
    with pytest.raises(ReportError) as caught:
        series.span(run(started_at=datetime(2024, 3, 1, 7, 5), duration_s=HOUR))
    assert str(caught.value) == ("a.csv: the run 'a' tells 2024-03-01 07:05 without a time zone; give --timezone, such as "
                                 "--timezone Europe/Paris")  # fmt: skip
    with pytest.raises(ReportError) as caught:
        series.intensity(Run(id=LONG, tracker="t", source="a.csv", line=3, energy_kwh=1.0, duration_s=HOUR,
                             started_at=start + timedelta(hours=2)))  # fmt: skip
    assert str(caught.value) == (f"a.csv:3: the run '{CUT_60}' (2024-03-01 02:00 to 2024-03-01 03:00 UTC) is not covered by "
                                 "the intensity series, which goes from 2024-03-01 00:00 to 2024-03-01 02:00 UTC; give that of "
                                 "the run's time")  # fmt: skip
    with pytest.raises(ReportError, match="is not covered"):
        series.intensity(at(2.5, 0.0))


def test_a_trace_is_weighed_step_by_step() -> None:
    """A trace whose clock goes back counts nothing there, and small powers count as much as large ones."""
    series = aligned([100.0, 300.0, 200.0])
    milli = at(0.5, 1, power_w=((0.5 * HOUR, 1e-6), (HOUR, 3e-6)))
    assert series._aligned(milli) == pytest.approx((250, 250, 250, 1.0))
    back = at(0.5, 1, power_w=((0.5 * HOUR, 1.0), (0.25 * HOUR, 900.0), (HOUR, 1.0)))
    assert series._aligned(back) == pytest.approx((200, 200, 200, 1.0))
    edge = at(0, 2, power_w=((HOUR, 2.0), (2 * HOUR, 1.0)))  # a step of the trace ends with one of the series
    assert series._aligned(edge).mean == pytest.approx((2 * 100 + 300) / 3)
    idle = at(0, 2, power_w=((HOUR, 0.0), (2 * HOUR, 1.0)))
    assert series._aligned(idle) == pytest.approx((300, 300, 300, 1.0))


# --- schedules ----------------------------------------------------------------------------------------------------


def steps(*values: float) -> list[schedules.Step]:
    return [schedules.Step(HOUR * place, HOUR * (place + 1), value) for place, value in enumerate(values)]


def hours(found: schedules.Schedule | None) -> list[tuple[float, float]]:
    assert found is not None
    return [(start / HOUR, end / HOUR) for start, end in found.intervals]


def test_of_equal_intensity_the_pieces_that_join_are_filled_first() -> None:
    between = steps(100, 200, 100, 200, 200, 100, 300, 200)
    assert hours(schedules.pause_resume(between, 4 * HOUR)) == [(0, 3), (5, 6)]  # the shorter of two spans between
    assert hours(schedules.pause_resume(between, 6 * HOUR)) == [(0, 6)]
    beside = steps(200, 100, 300, 200, 200)
    assert hours(schedules.pause_resume(beside, 2 * HOUR)) == [(0, 2)]
    assert hours(schedules.pause_resume(beside, 1.5 * HOUR)) == [(0.5, 2)]
    alone = steps(200, 300, 200, 200, 300, 200)
    assert hours(schedules.pause_resume(alone, 2 * HOUR)) == [(2, 4)]  # one that holds all of it
    assert hours(schedules.pause_resume(alone, 1 * HOUR)) == [(0, 1)]  # the earliest of those
    assert hours(schedules.pause_resume(alone, 3 * HOUR)) == [(0, 1), (2, 4)]
    assert schedules.pause_resume(alone, 6.001 * HOUR) is None
    assert schedules.pause_resume(alone, 0.0) is None
    assert hours(schedules.pause_resume(alone, 6 * HOUR)) == [(0, 6)]


def test_steps_are_cut_at_the_moments_asked_for() -> None:
    starts, ends, values = [0.0, 10.0, 20.0], [10.0, 20.0, 30.0], [1.0, 2.0, 3.0]
    assert schedules.steps_within(starts, ends, values, 5.0, 25.0) == [(0.0, 5.0, 1.0), (5.0, 15.0, 2.0), (15.0, 20.0, 3.0)]
    assert schedules.steps_within(starts, ends, values, 10.0, 20.0) == [(0.0, 10.0, 2.0)]
    assert schedules.steps_within(starts, ends, values, 30.0, 40.0) == []


def test_a_curve_whose_clock_goes_back_stands_still_there() -> None:
    told_steps = steps(100, 300)
    straight = schedules.at(told_steps, 0.0, [(HOUR, 2.0), (2 * HOUR, 1.0)])
    back = schedules.at(told_steps, 0.0, [(HOUR, 2.0), (0.5 * HOUR, 99.0), (2 * HOUR, 1.0)])
    assert straight is not None
    assert straight == back
    assert straight.mean == pytest.approx((2 * 100 + 300) / 3)


# --- statistics, cost, uncertainty --------------------------------------------------------------------------------


def test_contrasts_are_named_and_in_their_units() -> None:
    runs = [{"energy_kwh": float(kwh), "labels": {"g": name, "m": str(kwh)}} for name in "ab" for kwh in (1, 2, 3)]
    made = footprint(*runs, group_by="g", versus="a,b", metric="m", country="FRA").contrasts
    assert [(one.quantity, one.unit, one.names) for one in made] == [
        ("energy", "kWh", ("a", "b")), ("emissions", "kgCO2e", ("a", "b")), ("m", "", ("a", "b")),
    ]  # fmt: skip
    assert {one.conclusion for one in made} == {"few"}
    lost = footprint(*runs[:3], {"labels": {"g": "b"}, "energy_kwh": None, "reported_emissions_kg": None}, group_by="g",
                     versus="a,b")  # fmt: skip
    assert lost.contrasts == ()


def test_a_price_for_a_tonne_of_co2_is_one_for_a_tonne_of_co2e() -> None:
    plain, named = (footprint(scc=text).social_cost for text in ("190 USD/t", "190 usd/tCO2"))
    assert plain is not None and named is not None
    assert plain.amount.value == named.amount.value == pytest.approx(0.9e-3 * 190)
    assert (plain.factor.unit, named.factor.unit) == ("USD/tCO2e", "USD/tCO2")
    assert (plain.factor.kind, plain.factor.year, plain.factor.low) == ("social_cost", None, None)
    every = footprint(scc="all").social_costs
    assert [cost.series for cost in every] == list(factors.series())
    spaced = footprint(scc=" epa2023 , iwg2021 ").social_costs
    assert [cost.series for cost in spaced] == ["epa2023", "iwg2021"]


def test_budgets_of_all_three_figures_with_their_simulation() -> None:
    made = footprint({}, {"started_at": datetime(2020, 5, 1)}, country="FRA", uncertainty=True)
    cost = made.social_cost
    assert cost is not None
    assert [(one.quantity, one.amount) for one in made.budgets] == [
        ("energy", made.energy), ("emissions", made.emissions), ("social cost", cost.combined),
    ]  # fmt: skip
    ends = simulate(made.runs, [price_of(run, cost) for run in made.runs])
    assert [one.simulated for one in made.budgets] == [ends["energy"], ends["emissions"], ends["social cost"]]
    assert footprint(country="FRA").budgets == ()
    nowhere = {"country": None, "reported_emissions_kg": None, "reported_intensity_g_per_kwh": None}
    assert [one.quantity for one in footprint(nowhere, uncertainty=True).budgets] == ["energy"]


def test_a_cause_s_share_is_that_of_the_variance() -> None:
    found = budget("energy", ranged(100.0, "kWh", (Part("a", 3.0, 3.0), Part("b", 6.0, 2.0)), "measured"))
    assert found is not None
    assert [(one.cause, one.down, one.up) for one in found.contributions] == [("b", 0.06, 0.02), ("a", 0.03, 0.03)]
    assert [one.share for one in found.contributions] == pytest.approx([16 / 25, 9 / 25])
    nothing = budget("energy", ranged(100.0, "kWh", (Part("a", 0.0, 0.0),), "measured"))
    assert nothing is not None
    assert [one.share for one in nothing.contributions] == [0.0]
    assert budget("energy", ranged(0.0, "kWh", (Part("a", 1.0, 1.0),), "measured")) is None


def test_runs_in_two_zones_are_compared_by_the_clock_of_the_world() -> None:
    first = metered("first", 0, 100, 9.0)
    moments = (datetime(2026, 5, 1, 8, tzinfo=UTC), datetime.fromisoformat("2026-05-01T10:00:00+02:00"))
    same = [replace(first, id=str(place), started_at=moment) for place, moment in enumerate(moments)]
    assert [one.seconds for one in overlaps(same)] == [100.0]


# --- more edges ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", ["pue=2", "power=0.5", "intensity=20", "country=NOR", "cloud=gcp:us-west1", "power=0.5,pue=2,country=NOR"]
)
def test_every_change_is_told_in_kwh_and_kg(change: str) -> None:
    (made,) = footprint(what_if=change).scenarios
    assert made.emissions is not None
    assert (made.energy.unit, made.emissions.unit) == ("kWh", "kgCO2e")
    assert made.ratio == pytest.approx(made.emissions.value / 0.9)
    assert footprint().scenarios == ()


def test_a_region_s_energy_is_in_kwh_and_one_without_a_pue_keeps_that_of_here(monkeypatch: pytest.MonkeyPatch) -> None:
    made = footprint(cloud="gcp:europe-west3", what_if="region").scenarios
    assert {(one.energy.unit, one.emissions.unit) for one in made if one.emissions} == {("kWh", "kgCO2e")}

    def none(provider: str, region: str) -> Any:
        raise ReportError(f"{provider}:{region} tells no PUE")

    monkeypatch.setattr(factors, "pue", none)
    blind = footprint(cloud="gcp:europe-west3", what_if="region")
    assert {one.energy.value for one in blind.scenarios} == {3.0}  # with the PUE of 1.5 that the log tells
    assert [tuple(one) for one in blind.findings if one.code == "CR103"] == [
        ("CR103", "note", "gcp:europe-west3 tells no PUE", None)
    ]  # fmt: skip


def test_two_values_have_a_deviation_and_one_has_none() -> None:
    two, one = spread([1.0, 3.0]), spread([1.0])
    assert two is not None and one is not None
    assert two.deviation == pytest.approx(2**0.5)
    assert one.deviation is None


def test_what_cannot_be_below_nothing_is_not_drawn_there() -> None:
    """An energy of 1 kWh that may be 3 kWh less is drawn at 0 and above; a PUE at 1 and above; a cost as it falls."""
    run = footprint().runs[0]
    wide = ranged(1.0, "kWh", (Part("meter", 3.0, 3.0, shared=False),), "measured")
    pue = ranged(1.0, "ratio", (Part("pue", 0.5, 0.5),), "estimated")
    grid = ranged(100.0, "gCO2e/kWh", (Part("grid", 300.0, 300.0),), "estimated")
    bare = replace(run, it_energy=wide, energy=wide, pue=None, emissions=None)
    assert simulate([bare], [None])["energy"][0] == 0.0
    certain = Amount(1.0, "kWh")
    housed = replace(bare, it_energy=certain, pue=pue)
    low, high = simulate([housed], [None])["energy"]
    assert low == 1.0
    assert high == pytest.approx(1.5, rel=0.02)
    ours = replace(housed, pue=None, intensity=grid, emissions=Amount(0.1, "kgCO2e", basis="estimated"))
    assert simulate([ours], [None])["emissions"] == pytest.approx((0.0, 0.4), rel=0.02)
    claimed = replace(ours, emissions=Amount(0.1, "kgCO2e", basis="reported"))
    assert simulate([claimed], [None])["emissions"] == pytest.approx((0.1, 0.1))
    unplaced = replace(ours, intensity=None)
    assert simulate([unplaced], [None])["emissions"] == pytest.approx((0.1, 0.1))
    price = factors.social_cost("epa2023", None, 2024)._replace(value=100.0, low=-100.0, high=300.0, unit="USD/tCO2")
    assert simulate([claimed], [price])["social cost"] == pytest.approx((-0.01, 0.03), rel=0.02)
    own = [replace(bare, run=replace(run.run, id=str(place))) for place in range(4)]
    narrow = [replace(one, it_energy=ranged(9.0, "kWh", (Part("meter", 1.0, 1.0, shared=False),), "measured")) for one in own]
    common = [replace(one, it_energy=ranged(9.0, "kWh", (Part("model", 1.0, 1.0),), "estimated")) for one in own]
    assert simulate(narrow, [None] * 4)["energy"] == pytest.approx((34.0, 38.0), rel=0.01)  # 36 -+ 1 x the root of 4
    assert simulate(common, [None] * 4)["energy"] == pytest.approx((32.0, 40.0), rel=0.01)


def test_a_tree_passes_over_branches_without_runs_and_values_that_are_none() -> None:
    levels = [{"name": "Empty", "filter": "nowhere", "variables": ["m"]}, {"name": "All", "filter": ".", "variables": ["m"]}]
    values = ["x", "nan", "2", "4"]
    made = footprint(*({"labels": {"m": value}} for value in values), {}, experiments=experiments.read(levels, None))
    (branch,) = made.experiments
    assert branch.group.name == "All"
    assert [(one.name, one.spread.n) for one in branch.summaries if one.spread] == [
        ("energy", 5), ("emissions", 5), ("duration", 5), ("m", 2)
    ]  # fmt: skip
    assert branch.summaries[2].spread == spread([HOUR] * 5)
    assert all(one.best is False for one in branch.summaries)


def test_a_metric_under_its_own_name_comes_before_that_of_another_case() -> None:
    made = indicated({"Acc": "0.5", "acc": "0.9"}, metric="Acc")
    assert made.runs[0].metric == 0.5


def test_a_run_without_an_error_is_ahead_of_all() -> None:
    made = indicated({"acc": "1"}, {"acc": "0.5"}, metric="acc")
    assert [one.pareto for one in made.runs] == [True, False]
    assert [one.ranks for one in made.runs] == [(1, 1, 1), (2, 2, 2)]


def test_a_named_group_of_a_rule_is_its_label() -> None:
    rules = ("model=(?P<size>large)-(?P<model>bert|gpt)", "size=(?P<size>large)")
    (run,) = footprint({"id": "large-gpt"}, labels=rules).runs
    assert (run.run.labels["model"], run.run.labels["size"]) == ("gpt", "large")


def test_the_room_is_its_function_too() -> None:
    run = Run(id="a", tracker="t", source="a.csv", energy_kwh=2.0, country="FRA")
    read = Reading((run,), (Input("a.csv", "t", "00", 1, 1, 0),), ())
    called: Any = importlib.import_module("reporter.assess")
    made = called(read, make({"pue": "1.5"}))
    assert made.energy is not None and made.energy.value == pytest.approx(3.0)
    assert called(read) == assess(read)
    assert made.inputs == read.inputs


def test_published_models_are_there_where_they_are_asked_for() -> None:
    assert footprint(compare=True).references == tuple(factors.reference_models())
    assert footprint().references == ()


def test_a_claim_without_energy_keeps_the_place_s_intensity() -> None:
    """Of the tracker's own emissions the intensity is what follows from them, where there is energy to divide by."""
    told_run = footprint({"reported_emissions_kg": 0.6}).runs[0]
    assert told_run.intensity is not None and told_run.emissions is not None
    assert told_run.intensity.value == pytest.approx(200.0)
    assert (told_run.emissions.low, told_run.emissions.value) == (0.6, 0.6)
    blind = footprint({"energy_kwh": None, "reported_emissions_kg": 0.6}).runs[0]
    assert blind.intensity == of_factor(factors.intensity("USA"))


def test_tests_without_scipy_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ReportError) as caught:
        contrast("energy", "kWh", ("a", "b"), [1.0, 2.0], [2.0, 3.0])
    assert str(caught.value) == "--versus needs scipy; mend it with: pip install 'carbon-report[stats]'"


def test_the_same_groups_give_the_same_tests() -> None:
    one, other = (contrast("x", "", ("a", "b"), [1.0, 2.0, 4.0], [2.0, 5.0, 7.0, 9.0]) for _ in range(2))
    assert one == other
    assert one is not None and one.interval is not None
    assert one.interval == pytest.approx((0.25, 6.0), abs=0.7)
    alike = contrast("x", "", ("a", "b"), [1.0] * 5, [1.0] * 5)
    assert alike is not None and alike.interval is None


def test_a_long_span_in_the_middle_of_a_longer_series() -> None:
    values = [float(place % 11) + (place == 4500) * 100 for place in range(12_000)]
    series = aligned(values, [(60.0 * place, 60.0 * place + 60) for place in range(12_000)])
    found = series._aligned(at(300 / 60, 5000 / 60))  # minutes 300 to 5300
    assert found.mean == pytest.approx(sum(values[300:5300]) / 5000)
    assert (found.low, found.high, found.coverage) == pytest.approx((0.0, 101.0, 1.0))
    short = series._aligned(at(4440 / 60, 2))
    assert (short.mean, short.high) == pytest.approx((sum(values[4440:4560]) / 120, 101.0))
    exact = series._aligned(at(0, 4096 / 60))
    assert exact.mean == pytest.approx(sum(values[:4096]) / 4096)
    sides = aligned([5.0] * 300 + [1.0] + [9.0] * 300, [(60.0 * place, 60.0 * place + 60) for place in range(601)])
    assert sides._aligned(at(0, 601 / 60))[1:3] == (1.0, 9.0)
    assert sides._aligned(at(0, 290 / 60))[1:3] == (5.0, 5.0)


def test_the_error_of_the_series_itself_is_a_cause() -> None:
    found = aligned([200.0, 200.0], spread_of=(0.9, 1.25)).intensity(at(0, 1))
    assert found is not None
    assert [(part.cause, part.shared) for part in found.parts] == [("intensity of each kind of generation", True)]
    assert (found.low, found.high, found.unit, found.basis) == (180.0, 250.0, "gCO2e/kWh", "estimated")
    small = aligned([0.2, 0.4]).intensity(at(0, 2))
    assert small is not None
    assert (small.low, small.high) == pytest.approx((0.2, 0.4))



def test_a_naive_deadline_takes_the_zone_given_and_a_zoned_one_its_own() -> None:
    series = aligned([400.0, 300.0, 100.0, 50.0])
    series.zone = timezone(timedelta(hours=2))
    for text, mean in (("2024-03-01T05:00", 100), ("2024-03-01T03:00Z", 100), ("2024-03-01T04:00", 300)):
        (made,), _, _ = moved(series, at(0, 1), shift=f"flexible-start=until:{text}")
        assert made.emissions.value == pytest.approx(mean / 1000)


def test_each_shift_tells_its_own_findings() -> None:
    asked = ("pause-resume=5h", "flexible-start=6h")
    _, found, _ = moved(aligned([400.0, 100.0]), at(0, 1), at(0, 1), shift=asked)
    assert [one.message.partition(":")[0] for one in found] == [f"--shift {text}" for text in asked]
    assert "of 2 of 2 runs in part" in found[0].message


def test_phases_tell_their_time() -> None:
    life = life_of(footprint(told("training", 1.0), told("training", 1.0), told("search", 1.0)))
    assert {phase.name: phase.duration_s for phase in life.phases} == {"search": HOUR, "training": 2 * HOUR}


def test_a_small_gain_or_cost_is_told_as_what_it_is() -> None:
    assert messages(footprint(scc="0.5 USD/t"), "CR119") == []


def test_what_if_is_told_in_the_order_asked_and_against_what_is_here() -> None:
    made = footprint(cloud="gcp:europe-west3", what_if=("pue=2", "region", "country", "power=0.5"))
    assert list(dict.fromkeys(one.kind for one in made.scenarios)) == ["change", "region", "country"]
    assert (made.scenarios[0].key, made.scenarios[-1].key) == ("pue=2", "power=0.5")
    assert made.emissions is not None
    for one in made.scenarios:
        assert one.emissions is not None and one.ratio is not None
        assert one.ratio == pytest.approx(one.emissions.value / made.emissions.value)


def test_a_region_or_a_year_alone_is_a_place_too() -> None:
    """With a PUE the tracker's own intensity would stand; a region says that it shall not."""
    california, year = footprint(region="california", pue="1.0").runs[0], footprint(intensity_year="2023", pue="1.0").runs[0]
    assert california.intensity is not None and year.intensity is not None
    assert california.intensity.value == factors.intensity("USA", "US-CA").value
    assert year.intensity.value == factors.intensity("USA", None, 2023).value
    cloud = footprint(cloud="gcp:us-west1", pue="1.0").runs[0]
    assert cloud.intensity is not None and cloud.intensity.value != 300.0


def test_a_run_that_is_covered_in_part_over_several_steps_has_both_causes() -> None:
    """Two hours at 100 and 300 of four: half of it is known to lie between them, half may be as of any step."""
    found = aligned([100.0, 300.0, 900.0], [(0, HOUR), (HOUR, 2 * HOUR), (9 * HOUR, 10 * HOUR)]).intensity(at(0, 4))
    assert found is not None and found.value == pytest.approx(200.0)
    assert [(part.down, part.up) for part in found.parts] == [
        pytest.approx((0.5 * 100, 0.5 * 100)), pytest.approx((0.5 * 100, 0.5 * 700))
    ]  # fmt: skip


def test_a_run_read_from_a_counter_has_a_counter_s_range() -> None:
    for counted, how in ((True, "counter"), (False, "sampled")):
        made = footprint({"basis": "measured", "counted": counted}).it_energy
        assert made is not None
        assert made.factors == (factors.measurement(how),)
