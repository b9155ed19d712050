"""Figures as people read them: digits that suit their size, ranges in the unit of their middle, and never a false 0."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.assess.social_cost import priced
from reporter.footprint import Amount
from reporter.renderers import display, markdown, statement, tables, terminal
from reporter.renderers import json as json_output

from .text_outputs import HENDERSON, PAGE_NAMES, named, report


def amount(value: float, low: float | None = None, high: float | None = None, unit: str = "kg") -> Amount:
    return Amount(value, unit, low, high)


@pytest.mark.parametrize(
    ("kilograms", "shown"),
    [
        (8.021, "8.021 kg"), (24.3444, "24.344 kg"), (0.0165, "16.500 g"), (2.5e-4, "250.0 mg"), (4.2e-6, "4.200 mg"),
        (3e-9, "3.000 µg"), (4e-11, "0.0400 µg"), (999.94, "999.9 kg"), (1234.5, "1,234 kg"), (9999.4, "9,999 kg"),
        (1e4, "10.000 t"), (25_300.0, "25.300 t"), (1.5e9, "1,500,000 t"), (0.0, "0 kg"), (1.0, "1.000 kg"),
        (None, "not told"), (99.9999, "100.0 kg"), (-0.5, "-500.0 g"),
    ],
)  # fmt: skip
def test_mass(kilograms: float | None, shown: str) -> None:
    assert display.mass(kilograms) == shown


@pytest.mark.parametrize(
    ("kwh", "shown"),
    [
        (24.344, "24.344 kWh"), (0.4, "400.0 Wh"), (1.234e-4, "123.4 mWh"), (5e-8, "50.000 µWh"), (12_345.0,
        "12.345 MWh"),
        (2.5e6, "2.500 GWh"), (0.0, "0 kWh"), (None, "not told"),
    ],
)  # fmt: skip
def test_energy(kwh: float | None, shown: str) -> None:
    assert display.energy(kwh) == shown


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_what_is_not_zero_is_not_shown_as_zero(value: float) -> None:
    shown, _, unit = display.mass(value).rpartition(" ")
    number = float(shown.replace(",", ""))
    scale = {"t": 1e3, "kg": 1.0, "g": 1e-3, "mg": 1e-6, "µg": 1e-9}[unit]

    assert number > 0
    assert number * scale == pytest.approx(value, rel=0.006)


def test_a_range_has_the_unit_and_decimals_of_its_middle() -> None:
    assert display.mass_range(amount(1.2, 0.9, 12.0)) == "0.900–12.000 kg"
    assert display.mass_range(amount(0.5, 0.41, 1.0)) == "410.0–1,000.0 g"
    assert display.mass_range(amount(8.021)) == ""
    assert display.mass_range(None) == ""
    assert display.energy_range(amount(24.344, 20.0, 30.5, "kWh")) == "20.000–30.500 kWh"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.3836, "$0.38"), (1234.5, "$1,234.50"), (0.0038, "$0.0038"), (0.000123456, "$0.00012"),
        (1e-9, "$0.0000000010"), (3e-14, "$3.0e-14"), (0.005, "$0.0050"), (0.0949, "$0.095"), (0.0998, "$0.10"),
        (-0.12, "-$0.12"), (-0.0004, "-$0.00040"), (0.0, "$0.00"),
    ],
)  # fmt: skip
def test_money(value: float, shown: str) -> None:
    assert display.money(value, "USD2020") == shown


@given(st.floats(min_value=1e-30, max_value=1e9))
def test_a_cost_is_never_rounded_away(value: float) -> None:
    shown = display.cost(Amount(value, "USD2020"))

    assert float(shown.removeprefix("$").replace(",", "")) == pytest.approx(value, rel=0.51)


def test_cost_as_henderson_writes_it() -> None:
    assert display.cost(Amount(0.3836, "USD2005", 0.0045, 0.9489)) == "$0.38 ($0.00, $0.95)"
    assert display.cost(Amount(0.0003836, "USD2005", 0.0000045, 0.0009489)) == "$0.00038 ($0.00000, $0.00095)"
    assert display.cost(Amount(-0.52, "USD2005", -1.04, -0.11)) == "-$0.52 (-$1.04, -$0.11)"
    assert display.cost(Amount(5.0, "EUR2021")) == "€5.00"
    assert display.cost(Amount(5.0, "CHF")) == "CHF 5.00"
    assert display.cost(None) == "not told"


def test_countries_that_gain_have_a_negative_cost(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON, scc="ricke2018:RUS")
    cost = made.footprint.social_cost

    assert cost is not None
    assert cost.amount.value < 0
    text = statement.render(made).decode()
    assert f"a RUS-specific social cost of carbon of -${abs(cost.amount.value):.3f} (" in text
    lines = {line.label: line for line in tables.figures(made)}
    assert lines["Social cost of carbon"].value.startswith("-$")
    assert "–-" not in lines["Social cost of carbon"].range


def test_priced_is_the_plain_product(tmp_path: Path) -> None:
    cost = report(tmp_path, HENDERSON, scc="ricke2018:USA").footprint.social_cost

    assert cost is not None
    assert priced(amount(8.021), cost.factor).value == pytest.approx(0.008021 * cost.factor.value)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "not told"), (0.0, "0 s"), (0.0123, "0.0123 s"), (51.0, "51.0 s"), (59.99, "1 min 0 s"), (60.0,
        "1 min 0 s"),
        (725.0, "12 min 5 s"), (3599.7, "1 h 0 min"), (3600.0, "1 h 0 min"), (11_520.0, "3 h 12 min"),
        (172_799.0, "2 d 0 h"), (792_000.0, "9 d 4 h"),
    ],
)  # fmt: skip
def test_duration(seconds: float | None, shown: str) -> None:
    assert display.duration(seconds) == shown


def test_what_is_not_known_is_said_in_words(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON)
    bare: dict[str, Any] = dict.fromkeys(
        ("energy", "it_energy", "pue", "intensity", "emissions", "computed", "duration_s", "social_cost")
    )
    unknown = dataclasses.replace(
        made,
        footprint=dataclasses.replace(made.footprint, **bare, parts={}, equivalents=(), reported_emissions_kg=None),
    )
    values = {line.label: line.value for line in tables.figures(unknown)}

    assert values["Emissions (CO₂e)"] == values["Energy of the machines"] == values["Carbon intensity"] == "not told"
    assert statement.render(unknown).decode() == "The energy of this work was not measured.\n"
    assert display.date(None) == display.ratio(None) == display.intensity(None) == display.power(None) == "not told"


def test_statement_of_henderson_to_the_digit(tmp_path: Path) -> None:
    text = statement.render(report(tmp_path, HENDERSON, scc="ricke2018:USA")).decode()

    assert text.startswith("This work contributed 8.021 kg of CO₂e (5.499–")
    assert (
        " to the atmosphere and used 24.344 kWh of electricity, having a USA-specific social cost of carbon of "
        "$0.38 ($0.00, $0.95).\n\n"
    ) in text
    assert "a power usage effectiveness (PUE) of 1.58 the facility used 24.344 kWh" in text
    assert not any("\ue000" <= char <= "\uf8ff" for char in text)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (33.43, "km", "33.4 km"), (0.058, "km", "58.0 m"), (0.000002, "hour", "0.00720 s"), (1234.5, "km", "1,234 km"),
        (5e-7, "tree", "5.00 × 10⁻⁷ tree"), (2.5e10, "prompt", "2.50 × 10¹⁰ prompt"), (0.0, "km", "0 m"),
    ],
)  # fmt: skip
def test_quantity(value: float, unit: str, shown: str) -> None:
    assert display.quantity(Amount(value, unit)) == shown


def test_names_too_long_are_cut_in_their_middle() -> None:
    assert display.short("a" * 60) == "a" * 60
    assert len(display.short("a" * 30 + "b" * 300)) == 60
    assert display.short("first" + "x" * 300 + "last").startswith("firstx")
    assert display.short("first" + "x" * 300 + "last").endswith("xlast")
    assert display.short("a\n\t b") == "a b"


def test_the_terminal_shows_figures_beside_any_name(tmp_path: Path) -> None:
    names = (*PAGE_NAMES, "\x1b[2J\x1b]0;taken\x07", "\x9b31m", "a\u202eb", "日本語" * 30)
    made = report(tmp_path, *named(names), group_by=("project",))
    text = terminal.render(made).decode()

    assert not [char for char in text if ord(char) < 32 and char != "\n"]
    assert not set(text) & {"\x9b", "\u202e", "\x7f"}
    rows = text[text.index("Group") :].splitlines()[1:]
    assert len(rows) == len(names)
    assert all("400.0 Wh" in row and "16.500 g" in row for row in rows)
    assert max(map(len, text.splitlines())) <= 100


def test_numbers_are_finite() -> None:
    assert math.isfinite(float(display.number(1e-300)))
    assert display.plain(3e-9) == "0.000000003"
    assert display.plain(47.821578) == "47.822"
    assert display.number(0.0) == "0"
    assert display.plain(0.0) == "0"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (Amount(33.44, "km", 30.1, 36.79), "30.1–36.8 km"),
        (Amount(0.058, "km", 0.05, 0.12), "50.0–120 m"),
        (Amount(2.5e-8, "return trip", 2e-8, 3e-8), "2.00 × 10⁻⁸–3.00 × 10⁻⁸ return trip"),
        (Amount(1.0, "km"), ""),
    ],
)
def test_the_range_of_a_quantity_has_the_unit_of_its_middle(told: Amount, shown: str) -> None:
    assert display.quantity_range(told) == shown


def test_pages_show_the_range_of_every_equivalent(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON)
    lines = tables.equivalents(made.footprint)
    assert len(lines) >= 12
    for line in lines:
        assert "–" in line.range, line
        assert line.range in markdown.render(made).decode()


def test_runs_of_several_years_are_not_said_to_be_priced_at_one(tmp_path: Path) -> None:
    years = [HENDERSON | {"run_id": year, "timestamp": f"{year}-05-01T00:00:00"} for year in ("2020", "2024")]
    made = report(tmp_path, *years, scc="epa2023")
    text = statement.render(made).decode()
    assert "193 to 208 US dollars of 2020 a tonne, by the year of each run" in text
    told = json.loads(json_output.render(made))["social_cost"]
    assert told["factor"] is None
    assert told["value"] == pytest.approx(8.021e-3 * (193 + 208))
