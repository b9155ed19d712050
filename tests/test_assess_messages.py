"""What the assessment says: each finding and each error word for word, as the user reads it, and where it points."""

# ruff: noqa: E501 - a message is easier to look for where it stands in few pieces

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from reporter import factors
from reporter.assess import assess, place
from reporter.errors import Finding, ReportError
from reporter.options import make
from reporter.run import Device, Reading, Run

from .test_assess import USUAL, footprint

START = datetime(2024, 3, 1, 8)
CLAIMLESS = {"reported_emissions_kg": None}
NOWHERE = {"country": None, "reported_emissions_kg": None, "reported_intensity_g_per_kwh": None}
UNMETERED = {"energy_kwh": None, "reported_emissions_kg": None, "line": 4}
WHOLE = {"machine_wide": True, "cpu_model": "x", "reported_emissions_kg": None}
BOARD = {"gpu_model": "A100-SXM4-80GB", "gpu_count": 2.0, "reported_emissions_kg": None, "line": 2}
TEN_YEARS_S = 10 * 365.25 * 86_400

POWER = ("mean power is below 0.05 W or above 50 kW; the energy may be in another unit, or was not measured")
GPU = ("the mean power of the GPUs is far above their design power; the energy may be in another unit (Wh for kWh is "
       "1000 times), or that of more GPUs")  # fmt: skip
OUTSIDE = "the tracker's emissions over its energy lie outside of 1 to 1,500 gCO₂e/kWh; one may be in another unit"
LOST = "their place, or its intensity, is not known; give --country, --cloud or --intensity"
DESIGN = "no table has the design power of '{}', so the run has no energy; tell it in the log (power_w = 300)"


def overlapping(many: int) -> list[dict[str, Any]]:
    return [{**WHOLE, "line": place + 1, "started_at": START + timedelta(minutes=10 * place)} for place in range(many)]


@pytest.mark.parametrize(
    ("changes", "chosen", "expected"),
    [
        ([{}, {"duration_s": None, "line": 7}], {},
         [("CR034", "note", "1 of 2 runs: their duration is not told, or is 0", "emissions.csv:7")]),
        ([{"duration_s": 0.0}, {"duration_s": None, **UNMETERED}], {},
         [("CR034", "note", "1 of 2 runs: their duration is not told, or is 0", "emissions.csv")]),
        ([{}, {"energy_kwh": 50.001, **CLAIMLESS, "line": 3}], {},
         [("CR031", "warning", f"1 of 2 runs: {POWER}", "emissions.csv:3")]),
        ([{"energy_kwh": 49.999, **CLAIMLESS}], {}, []),
        ([{"energy_kwh": 0.0499e-3, **CLAIMLESS}], {}, [("CR031", "warning", f"1 of 1 runs: {POWER}", "emissions.csv")]),
        ([{"energy_kwh": 0.0501e-3, **CLAIMLESS}], {}, []),
        ([{"energy_kwh": 9.0, "duration_s": 0.9, **CLAIMLESS}], {}, []),  # too short to tell
        ([{"energy_kwh": 9.0, "duration_s": 1.0, **CLAIMLESS}], {},
         [("CR031", "warning", f"1 of 1 runs: {POWER}", "emissions.csv")]),
        ([{**BOARD, "gpu_energy_kwh": 1.21}], {}, [("CR031", "warning", f"1 of 1 runs: {GPU}", "emissions.csv:2")]),
        ([{**BOARD, "gpu_energy_kwh": 1.19}], {}, []),  # 2 x 400 W x 1.5 for an hour
        ([{**BOARD, "gpu_energy_kwh": 0.61, "gpu_count": None}], {},
         [("CR031", "warning", f"1 of 1 runs: {GPU}", "emissions.csv:2")]),
        ([{**BOARD, "gpu_energy_kwh": 0.59, "gpu_count": 0.25}], {}, []),  # a part of a board is one board
        ([{**BOARD, "gpu_energy_kwh": 0.01, "duration_s": 0.5}], {}, []),
        ([{**BOARD, "gpu_model": "Acme 9000", "gpu_energy_kwh": 30.0}], {}, []),
        ([{**UNMETERED, "devices": (Device("gpu", "Acme 9000"), Device("cpu", None)), "duration_s": 60.0}], {},
         [("CR013", "warning", DESIGN.format("Acme 9000"), "emissions.csv:4"),
          ("CR013", "warning", DESIGN.format("cpu"), "emissions.csv:4")]),
        ([{"reported_emissions_kg": 4.501}], {}, [("CR032", "warning", f"1 of 1 runs: {OUTSIDE}", "emissions.csv")]),
        ([{"reported_emissions_kg": 4.499}], {}, []),
        ([{"reported_emissions_kg": 0.00299}], {}, [("CR032", "warning", f"1 of 1 runs: {OUTSIDE}", "emissions.csv")]),
        ([{"reported_emissions_kg": 0.00301}], {}, []),
        ([{"gpu_count": 1_000_001.0}], {},
         [("CR035", "warning", "1 of 1 runs: their values lie beyond any machine's", "emissions.csv")]),
        ([{"gpu_count": 1_000_000.0, "duration_s": TEN_YEARS_S, "energy_kwh": 9e4, **CLAIMLESS}], {}, []),
        ([{"duration_s": TEN_YEARS_S + 1, "energy_kwh": 9e4, **CLAIMLESS}], {},
         [("CR035", "warning", "1 of 1 runs: their values lie beyond any machine's", "emissions.csv")]),
        ([{}, NOWHERE], {}, [("CR101", "warning", f"no emissions for 1 of 2 runs: {LOST}", None),
                             ("CR107", "warning", "the total of the emissions leaves those runs out", None)]),
        ([NOWHERE], {}, [("CR101", "warning", f"no emissions for 1 of 1 runs: {LOST}", None)]),
        ([{**NOWHERE, "country": "Atlantis"}] * 2, {},
         [("CR101", "warning", ("a log names the country 'Atlantis': country 'Atlantis' is not known: did you mean "
           "Albania?"), None), ("CR101", "warning", f"no emissions for 2 of 2 runs: {LOST}", None)]),
        ([{**NOWHERE, "country": "TUV"}] * 2, {},
         [("CR101", "note", ("grid intensity of 'Tuvalu (TUV)' is not known: give --intensity VALUE, or the country whose "
           "grid it is on"), None), ("CR101", "warning", f"no emissions for 2 of 2 runs: {LOST}", None)]),
        ([{**NOWHERE, "basis": "estimated", "cloud_provider": "gcp", "cloud_region": "moon"}] * 2, {},
         [("CR101", "warning", ("a log names the cloud region 'gcp:moon': gcp region 'moon' is not known: give --country "
           "instead"), None), ("CR101", "warning", f"no emissions for 2 of 2 runs: {LOST}", None)]),
        ([{}], {"cloud": "aws:eu-north-1"},
         [("CR104", "note", "no intensity is published for aws:eu-north-1; that of its country SWE stands for it", None)]),
        ([{}], {"cloud": "aws:eu-north-1", "intensity_g_per_kwh": "50"}, []),  # the author's own holds, not the country's
        ([{}], {"cloud": "gcp:europe-west9", "intensity_year": "2020"},
         [("CR111", "note", "intensity of Google Cloud europe-west9 (Paris): figure for 2021, none for 2020", None)]),
        ([{}], {"cloud": "gcp:europe-west9", "intensity_year": "2021"}, []),
        ([{}], {"cloud": "gcp:europe-west9", "intensity_year": "2020", "intensity_g_per_kwh": "50"}, []),
        ([{}, {}], {"country": "FRA", "intensity_year": "2024"},
         [("CR111", "note", "intensity of France: figure for 2023, none for 2024", None)]),
        ([{}], {"country": "FRA", "intensity_year": "2023"}, []),
        ([{"pue_inside": True, "reported_pue": None}, {}], {"pue": "1.2"},
         [("CR041", "warning", "the PUE is not applied to 1 of 2 runs, whose energies hold one already", None)]),
        ([{"pue_inside": True, "reported_pue": None}], {}, []),
        ([{"reported_pue": None}], {},
         [("CR103", "note", "no PUE is told: energy is that of the machines alone; give --pue", None)]),
        (overlapping(6), {},
         [("CR014", "warning", ("5 of 6 runs overlap in time with another on the same kind of machine; 8.333 kWh are "
           "counted twice if it was one machine; --overlap once counts it once"), None),
          *(("CR014", "note", f"run {one} overlaps run {one - 1} of emissions.csv by 3000 s", f"emissions.csv:{one + 1}")
            for one in (1, 2, 3))]),
        ([one | {"line": None} for one in overlapping(2)], {"overlap": "once"},
         [("CR014", "note", ("1 of 2 runs overlap in time with another on the same kind of machine; 1.667 kWh are counted "
           "once, with the run that used more"), None),
          ("CR014", "note", "run 1 overlaps run 0 of emissions.csv by 3000 s", "emissions.csv")]),
        ([{"started_at": None}], {"scc": "iwg2021"},
         [("CR105", "note", f"a run tells no year; its social cost is that of {factors.UNKNOWN_YEAR}", None),
          ("CR109", "note", "IWG 2021 was withdrawn as US policy in January 2025", None)]),
        ([{"started_at": None}], {"scc": "190 USD/t"}, []),
        ([{}, {}], {"scc": "ricke2018:CAN"},
         [("CR106", "note", "the social cost counts damage in Canada alone, not worldwide", None),
          ("CR119", "note", ("Ricke et al. 2018, Canada (domestic damage): the median is below 0, a gain to that country; "
           "it stands as published"), None)]),
        ([{}], {"embodied": True},
         [("CR118", "warning", ("the logs name no processor whose making could be counted; give --hardware "
           "'8 x A100-SXM4-80GB'"), None)]),
        ([{"gpu_model": "Acme 9000", "cpu_model": "Abacus"}] * 2, {"embodied": True},
         [("CR118", "warning", "no published figure for the making of 'Acme 9000'; it is not counted", None),
          ("CR118", "warning", "no published figure for the making of 'Abacus'; it is not counted", None)]),
        ([{}], {"cloud": "gcp:europe-west3", "what_if": "region"},
         [("CR104", "note", ("figures of cloud regions are direct emissions, those of countries lifecycle: compare like "
           "with like"), None)]),
        ([{}], {"labels": ("seed=s([0-9])", "task=emi(ssions)")},
         [("CR124", "warning", "--label seed=s([0-9]) finds nothing in any run", None)]),
    ],
)  # fmt: skip
def test_findings_word_for_word(
    changes: list[dict[str, Any]], chosen: dict[str, Any], expected: list[tuple[str, str, str, str | None]]
) -> None:
    found = footprint(*changes, **chosen).findings
    assert [tuple(one) for one in found if one.code != "CR100"] == expected


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ([1.4], ("the tracker's 1.4 kg CO₂e are 40% above the 1 kg that energy, PUE and intensity give here; see which "
         "intensity and year it used")),
        ([0.25, 0.75], ("the tracker's 1 kg CO₂e are 50% below the 2 kg that energy, PUE and intensity give here; see "
         "which intensity and year it used")),
        ([1.0999], None), ([0.9001], None), ([1.11, None], ("the tracker's 1.11 kg CO₂e are 11% above the 1 kg that "
         "energy, PUE and intensity give here; see which intensity and year it used")),
    ],
)  # fmt: skip
def test_a_claim_that_differs_is_told_with_both_figures(claims: list[float | None], text: str | None) -> None:
    """Two kilowatt-hours at 500 g/kWh without a PUE are 1 kg."""
    runs = [{"reported_emissions_kg": claim, "reported_pue": None} for claim in claims]
    found = footprint(*runs, intensity_g_per_kwh="500").findings
    told = [tuple(one) for one in found if one.code == "CR100"]
    assert told == ([("CR100", "warning", text, None)] if text else [])


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"group_by": "nothing"}, "--group-by nothing: no run has this label; there are a, country, tracker"),
        ({"scc": "190 USD/kWh"}, "--scc 190 USD/kWh: write a value such as '190 USD/t'"),
        ({"scc": "1.2.3 USD/t"}, "--scc 1.2.3 USD/t: write a value such as '190 USD/t'"),
        ({"scc": "nobody1999"}, (f"--scc nobody1999: known series are {', '.join(factors.series())}; or write a value "
         "such as '190 USD/t'")),
        ({"what_if": "region"}, "--what-if region: say which provider's with --cloud PROVIDER:REGION"),
        ({"what_if": "beauty=3"}, ("--what-if beauty=3: write country, region, or changes such as pue=1.1,power=0.5 (of "
         "pue, power, intensity, country, region or cloud)")),
        ({"what_if": "country="}, ("--what-if country=: write country, region, or changes such as pue=1.1,power=0.5 (of "
         "pue, power, intensity, country, region or cloud)")),
        ({"what_if": "pue=0.99"}, "--what-if pue=0.99: this must be a number, 1 or more"),
        ({"what_if": "power=0"}, "--what-if power=0: this must be a number, above 0"),
        ({"what_if": "power=half"}, "--what-if power=half: this must be a number, above 0"),
        ({"what_if": "intensity=-3"}, "--what-if intensity=-3: this must be a number, above 0"),
        ({"what_if": "region=california"}, ("--what-if region=...: say in which country, such as "
         "country=USA,region=california")),
        ({"embodied": True, "hardware": "3 x abacus"}, ("--hardware 'abacus': no published figure for its making; see "
         "'carbon-report factors embodied'")),
        ({"metric": "accuracy"}, "--metric accuracy: no run tells it; there are a"),
        ({"metric_lower": "loss"}, "--metric-lower loss: no run tells it; there are a"),
        ({"group_by": "country", "versus": "x,y"}, "--versus x: there is no such group; there are USA"),
        ({"versus": "x,y"}, "--versus x: there is no such group; there are none; give --group-by"),
        ({"phase": "search=nothing"}, ("--phase search=nothing: it finds no label, id or path of a run that no rule "
         "before it took")),
        ({"shift": "sleep=1h"}, ("--shift sleep=1h: write flexible-start=24h or pause-resume=100%; also total:48h, "
         "until:2024-03-01T18:00Z")),
        ({"shift": "pause-resume=1h"}, "--shift: give the intensity by the hour with --intensity-series FILE"),
        ({"shift": "pause-resume=until:2024-03-01T04:00"}, ("--shift pause-resume=until:2024-03-01T04:00: in which time "
         "zone? write Z or +01:00 behind it, or give --timezone")),
        ({"shift": "pause-resume=-1h"}, ("--shift pause-resume=-1h: a window is 0 or longer, and no longer than a "
         "century")),
        ({"intensity_g_per_kwh": "3", "intensity_series": ("x",)}, ("--intensity and --intensity-series contradict each "
         "other; give one")),
        ({"country": "TUV"}, ("grid intensity of 'Tuvalu (TUV)' is not known: give --intensity VALUE, or the country "
         "whose grid it is on")),
    ],
)  # fmt: skip
def test_errors_word_for_word(chosen: dict[str, Any], text: str) -> None:
    with pytest.raises(ReportError) as caught:
        footprint({"labels": {"a": "1"}}, **chosen)
    assert str(caught.value) == text


def test_a_run_that_names_its_cloud_region_takes_that_regions_figures() -> None:
    """Of an estimated run alone: a tracker's own country and PUE stand."""
    cloud = {**NOWHERE, "basis": "estimated", "cloud_provider": "gcp", "cloud_region": "europe-west9",
             "reported_pue": None}  # fmt: skip
    made = footprint(cloud)
    _, own = factors.cloud("gcp", "europe-west9")
    assert own is not None
    (run,) = made.runs
    assert run.country == "FRA"
    assert run.intensity is not None and run.pue is not None
    assert (run.intensity.value, run.pue.value) == (own.value, factors.pue("gcp", "europe-west9").value)
    assert footprint({**cloud, "basis": "measured"}).emissions is None
    elsewhere = footprint(cloud, country="DEU").runs[0]
    assert elsewhere.intensity is not None and elsewhere.intensity.value == factors.intensity("DEU").value


@pytest.mark.parametrize(
    ("change", "chosen", "grams"),
    [
        ({"reported_emissions_kg": None}, {}, None),  # a country is told, and its figure stands
        ({"reported_emissions_kg": None, "country": None}, {}, 300.0),  # no country: the intensity that the log tells
        ({"reported_emissions_kg": None, "basis": "estimated"}, {}, 300.0),
        ({"reported_emissions_kg": None, "basis": "estimated"}, {"country": "USA"}, None),
        ({}, {"pue": "1.1"}, 300.0),
        ({}, {"pue": "1.1", "country": "USA"}, None),
        ({}, {"intensity_g_per_kwh": "77", "pue": "1.1"}, 77.0),
    ],
)
def test_which_intensity_holds(change: dict[str, Any], chosen: dict[str, str], grams: float | None) -> None:
    (run,) = footprint(change, **chosen).runs
    assert run.intensity is not None
    assert run.intensity.value == (factors.intensity("USA").value if grams is None else grams)
    assert run.intensity.basis == ("reported" if grams == 300.0 else "estimated")


@pytest.mark.parametrize(
    ("countries", "electricity"),
    [
        (["GBR", "GBR", "USA"], "uk"), (["FRA"], "eu"), (["EU27"], "eu"), (["USA", "DEU"], "eu"), (["DEU", "USA"], "eu"),
        (["USA", "USA", "DEU"], "us"), ([None, None, "FRA"], "eu"), ([None], "us"), (["JPN"], "us"),
    ],
)  # fmt: skip
def test_equivalents_are_those_that_most_readers_know(countries: list[str | None], electricity: str) -> None:
    told = footprint(*({"country": country} for country in countries)).equivalents
    assert [item.factor for item in told] == list(factors.equivalents(electricity))


def test_figures_of_the_authors_own_are_named(tmp_path: Any) -> None:
    own = tmp_path / "own.csv"
    own.write_text("kind,key,value,unit,source\nintensity,USA,123,gCO2e/kWh,our meter\n", encoding="utf-8")
    used = footprint(factors=str(own), pue="1.0", country="USA")
    told = [tuple(one) for one in used.findings if one.code == "CR110"]
    assert told == [("CR110", "note", f"figures given by the author: USA ({own}:2)", None)]
    assert used.emissions is not None and used.emissions.value == pytest.approx(2 * 0.123)
    unused = footprint(factors=str(own), country="FRA")
    told = [tuple(one) for one in unused.findings if one.code == "CR110"]
    assert told == [("CR110", "note", "no figure of this file went into the report", str(own))]


def test_more_than_five_figures_of_the_authors_own_are_counted() -> None:
    row = factors.intensity("USA")
    many = [row._replace(key=f"K{place}", origin=f"own.csv:{place}") for place in range(7)]
    (found,) = place.given(many, make({"factors": "own.csv"}))
    assert found.message == ("figures given by the author: K0 (own.csv:0), K1 (own.csv:1), K2 (own.csv:2), "
                             "K3 (own.csv:3), K4 (own.csv:4) and 2 more")  # fmt: skip
    (all_named,) = place.given(many[:5], make({"factors": "own.csv"}))
    assert all_named.message.endswith("K4 (own.csv:4)")


def test_what_importers_say_of_a_pue_counts() -> None:
    """A log whose energies hold a PUE says so itself; then none is asked for."""
    run = Run(**{**USUAL, "reported_pue": None})
    said = Finding("CR041", "note", "the energies hold a PUE", "emissions.csv")
    made = assess(Reading((run,), (), (said,)), make({}))
    assert [one.code for one in made.findings if one.code in {"CR041", "CR103"}] == ["CR041"]
    assert made.findings[0] is said
