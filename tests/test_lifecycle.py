"""The life cycle E_life = CT + T + I x e: phases by label and rule, hand-computed terms, break-even, theta."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reporter import phases, renderers
from reporter.assess.lifecycle import all_over_final, break_even, life_cycle, per_call, training_overhead, use
from reporter.errors import ReportError
from reporter.footprint import Amount, Footprint, LifeCycle, total
from reporter.options import make
from reporter.report import Report

from .conftest import SAMPLES
from .test_assess import codes, footprint


def kwh(value: float) -> Amount:
    return Amount(value, "kWh")


def told(phase: str, energy_kwh: float, **labels: str) -> dict[str, Any]:
    """A run of a phase with its energy, at a PUE of 1, so that sums are those of what is written here."""
    kept = {"phase": phase, **labels} if phase else labels
    return {
        "energy_kwh": energy_kwh,
        "cpu_energy_kwh": None,
        "gpu_energy_kwh": None,
        "reported_pue": 1.0,
        "labels": kept,
    }


WORK = (
    told("search", 30.0), told("failed", 6.0), told("data", 4.0),
    told("training", 20.0, model="m", items="1000", epochs="4"),
    told("inference", 0.5, model="m", calls="1000"), told("inference", 1.5, model="m", calls="3000"),
)  # fmt: skip


def life_of(made: Footprint) -> LifeCycle:
    assert made.lifecycle is not None
    return made.lifecycle


def test_each_formula_by_hand() -> None:
    assert per_call(kwh(2.0), 4000).value == pytest.approx(0.0005)
    assert use(Amount(0.0005, "kWh/call"), 1e6, "kWh").value == pytest.approx(500.0)
    assert use(Amount(0.0005, "kWh/call"), 1e6, "kWh").basis == "assumed"
    assert life_cycle(kwh(40), kwh(20), kwh(500)) == total([kwh(560)])
    assert life_cycle(None, kwh(20), None) == total([kwh(20)])
    assert break_even(kwh(20), Amount(0.0005, "kWh/call")) == pytest.approx(40_000)
    assert break_even(kwh(20), None) is None
    assert training_overhead(kwh(20), 4000, Amount(0.0005, "kWh/call")) == pytest.approx(10)
    assert training_overhead(kwh(20), None, Amount(0.0005, "kWh/call")) is None
    assert all_over_final(kwh(60), kwh(20)) == pytest.approx(3)
    assert all_over_final(kwh(60), None) is None


def test_a_whole_life_from_labels() -> None:
    life = life_of(footprint(*WORK, country="FRA", expected_calls="1e6"))
    assert [(phase.name, phase.runs) for phase in life.phases] == [
        ("data", 1), ("search", 1), ("failed", 1), ("training", 1), ("inference", 2),
    ]  # fmt: skip
    assert [phase.share for phase in life.phases] == pytest.approx([4 / 62, 30 / 62, 6 / 62, 20 / 62, 2 / 62])
    energies = [term.energy.value for term in (life.before, life.training, life.per_call, life.use, life.life)
                if term and term.energy]  # fmt: skip
    assert energies == pytest.approx([40, 20, 0.0005, 500, 560])
    assert life.calls_logged == 4000
    assert (life.break_even_calls, life.break_even_calls_all) == pytest.approx((40_000, 120_000))
    assert life.all_over_final == pytest.approx(3)
    (overhead,) = life.overheads
    assert (overhead.model, overhead.items) == ("m", 4000)
    assert overhead.theta == pytest.approx(10)
    emitted = life.life.emissions
    assert emitted is not None
    assert life.before.emissions is not None
    assert emitted.value == pytest.approx(life.before.emissions.value * 560 / 40)


def test_what_runs_share_adds_up_over_the_terms() -> None:
    """The grid's range is one cause: E_life's is not narrower, relative to it, than that of a term."""
    life = life_of(footprint(*WORK, country="FRA", expected_calls="10"))
    first, whole = life.training.emissions, life.life.emissions
    assert first is not None
    assert whole is not None
    shares = [
        next(part.up for part in one.causes if part.cause == "intensity FRA") / one.value for one in (first, whole)
    ]
    assert shares[0] == pytest.approx(shares[1])


def test_without_expected_calls_the_logged_inference_counts() -> None:
    life = life_of(footprint(*WORK))
    assert life.life.energy is not None
    assert life.life.energy.value == pytest.approx(62)


def test_it_appears_where_two_phases_are_told_or_it_is_asked_for() -> None:
    assert footprint(told("training", 1.0), told("training", 2.0)).lifecycle is None
    assert footprint({}, {}).lifecycle is None
    assert footprint(told("training", 1.0), told("search", 2.0)).lifecycle is not None
    assert footprint(told("training", 1.0), told("inference", 2.0), calls_logged="10").lifecycle is not None
    assert footprint(told("training", 1.0), expected_calls="10").lifecycle is not None


def test_rules_find_labels_ids_and_paths_and_the_first_decides() -> None:
    runs: list[dict[str, Any]] = [
        {"labels": {"project": "distil-7"}}, {"labels": {"state": "FAILED"}}, {"source": "logs/serve/a.csv"}, {}
    ]  # fmt: skip
    rules = ("search=^distil", "failed=^state=failed$", "inference=/serve/", "training=.")
    life = life_of(footprint(*runs, phase=rules))
    assert {phase.name: phase.runs for phase in life.phases} == dict.fromkeys(
        ("search", "failed", "training", "inference"), 1
    )
    over = life_of(footprint(told("training", 1.0, project="distil"), told("training", 2.0), phase="search=distil"))
    assert [phase.name for phase in over.phases] == ["search", "training"]


@pytest.mark.parametrize(
    ("written", "phase"),
    [
        ("Fine_Tuning", "fine-tuning"), ("pre-training", "training"), ("hyperparameter search", "search"),
        ("preprocessing", "data"), ("testing", "evaluation"), ("Inference", "inference"), ("party", "party"), ("", ""),
    ],
)  # fmt: skip
def test_names_of_trackers_are_read(written: str, phase: str) -> None:
    assert phases.named(written) == phase


def test_other_phases_count_as_work_and_untold_ones_are_left_out() -> None:
    made = footprint(told("training", 1.0), told("party", 2.0), told("", 4.0))
    life = life_of(made)
    assert [phase.name for phase in life.phases] == ["training", "party", ""]
    assert life.life.energy is not None
    assert life.life.energy.value == pytest.approx(3.0)
    assert "CR121" in codes(made)


def test_calls_that_are_not_told_are_told_so() -> None:
    made = footprint(told("training", 1.0), told("inference", 2.0, calls="10"), told("inference", 9.0))
    assert life_of(made).per_call is not None
    each = life_of(made).per_call
    assert each is not None
    assert each.energy is not None
    assert each.energy.value == pytest.approx(0.2)
    assert any("leaves them out" in finding.message for finding in made.findings if finding.code == "CR121")
    blind = footprint(told("training", 1.0), told("inference", 2.0), expected_calls="1e3")
    assert life_of(blind).use is None
    assert any("expected calls are not counted" in finding.message for finding in blind.findings)
    none = footprint(told("training", 1.0), told("search", 2.0), calls_logged="4", expected_calls="10")
    assert life_of(none).per_call is None
    assert life_of(none).use is None
    assert any("no run is inference" in finding.message for finding in none.findings)
    given = life_of(footprint(told("training", 1.0), told("inference", 2.0), calls_logged="4", expected_calls="10"))
    assert given.use is not None
    assert given.use.energy is not None
    assert given.use.energy.value == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"phase": "walking=."}, "write NAME=REGEX"), ({"phase": "search"}, "write NAME=REGEX"),
        ({"phase": "search=("}, "no regular expression"), ({"expected_calls": "many"}, "no number of calls"),
        ({"calls_logged": "0"}, "no number of calls"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_say_what_to_write(chosen: dict[str, str], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        make(chosen)


def test_a_rule_that_finds_nothing_is_an_error() -> None:
    with pytest.raises(ReportError, match="--phase search=nothing"):
        footprint(phase="search=nothing")


def test_every_output_prints_it() -> None:
    report = Report(footprint(*WORK, country="FRA", expected_calls="1e6"))
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        for wanted in ("Life cycle", "Training overhead", "560.0"):
            assert wanted in text, (name, wanted)
    latex = renderers.available()["latex"].render(report).decode()
    assert all(f"{{tab:carbon-report-{key}}}" in latex for key in ("lifecycle", "overhead"))
    markdown = renderers.available()["markdown"].render(report).decode()
    assert "all runs that led to it took 60.000 kWh, 3 times as much" in markdown
    assert "After 40,000 inferences, use takes more than the final training did, and after 120,000" in markdown
    document = json.loads(renderers.available()["json"].render(report))
    made = document["lifecycle"]
    assert made["life"]["energy_kwh"] == pytest.approx(560)
    assert made["break_even_calls"] == pytest.approx(40_000)
    assert made["training_overheads"] == [
        {
            "model": "m",
            "theta": pytest.approx(10),
            "items": 4000,
            "training_kwh": 20,
            "per_call_kwh": pytest.approx(5e-4),
        }
    ]
    assert "gitzel2023estimating" in {source["key"] for source in document["sources"]}
    without = json.loads(renderers.available()["json"].render(Report(footprint())))
    assert without["lifecycle"] is None


def test_phases_of_a_hand_written_list_show_themselves() -> None:
    from reporter import importers
    from reporter.assess import assess

    made = assess(importers.read([str(SAMPLES / "hand-written" / "runs.toml")]))
    life = life_of(made)
    assert life.before.energy is not None
    assert life.training.energy is not None
    assert (life.before.energy.value, life.training.energy.value) == pytest.approx((128 + 300 + 0.46701, 256), rel=1e-6)
