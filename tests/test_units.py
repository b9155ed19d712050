"""Units: the table of common pairs against pint, CO2e as a dimension of its own, money of one year, parsing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reporter import units
from reporter.errors import ReportError


@pytest.mark.parametrize("pair", units.COMMON, ids=" to ".join)
def test_common_pairs_are_what_pint_says(pair: tuple[str, str]) -> None:
    written, wanted = pair
    assert units.COMMON[pair] == pytest.approx(units.registry().Quantity(1.0, written).to(wanted).magnitude, rel=1e-15)


@pytest.mark.parametrize(
    ("written", "wanted", "value"),
    [("MJ", "kWh", 1 / 3.6), ("uJ", "kWh", 1 / 3.6e12), ("min", "s", 60), ("mW", "W", 1e-3), ("day", "h", 24),
     ("lbCO2e/MWh", "gCO2e/kWh", 0.45359237), ("tCO2e", "kgCO2e", 1e3), ("gCO2e/MJ", "gCO2e/kWh", 3.6),
     ("kWh/h", "W", 1e3), ("mi", "km", 1.609344)],
)  # fmt: skip
def test_other_pairs_are_left_to_pint(written: str, wanted: str, value: float) -> None:
    assert units.factor(written, wanted) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [("kWh", "kgCO2e"), ("kWh", "kgCO2"), ("W", "kWh"), ("kgCO2e/kWh", "kgCO2e"), ("USD2005_PPP", "USD2020"),
     ("USD2020", "EUR2020"), ("USD", "USD2020"), ("s", "GB"), ("USD2020/tCO2", "USD2005_PPP/tCO2")],
)  # fmt: skip
def test_another_dimension_is_refused(written: str, wanted: str) -> None:
    with pytest.raises(ReportError, match="cannot be turned into"):
        units.factor(written, wanted)


@pytest.mark.parametrize("unit", ["furlong", "g", "kg", "kgCO3"])
def test_an_unknown_unit_is_refused_and_plain_mass_is_one(unit: str) -> None:
    with pytest.raises(ReportError):
        units.factor(unit, "kgCO2e")


def test_a_field_s_name_ends_in_its_unit() -> None:
    fields = ("energy_kwh", "duration_s", "cpu_power_w", "ram_gb", "emissions_kg", "reported_intensity_g_per_kwh")
    assert [units.of_field(name) for name in fields] == ["kWh", "s", "W", "GB", "kgCO2e", "gCO2e/kWh"]
    assert [units.of_field(name) for name in ("cpu_count", "reported_pue", "region")] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "wanted", "bare", "value"),
    [("300", "gCO2e/kWh", "gCO2e/kWh", 300), ("0.3 kg/kWh", "gCO2e/kWh", None, 300),
     ("300g/kWh", "gCO2e/kWh", None, 300), (" 0.3 kg CO\u2082eq / kWh ", "gCO2e/kWh", None, 300),
     ("1 lb/MWh", "gCO2e/kWh", None, 0.45359237), ("10kg", "kgCO2e", None, 10),
     ("1e3 g", "kgCO2e", None, 1), ("2 t", "kgCO2e", "kgCO2e", 2000), (".5 MWh", "kWh", None, 500)],
)  # fmt: skip
def test_text_is_read_as_a_value(text: str, wanted: str, bare: str | None, value: float) -> None:
    assert units.parse(text, wanted, bare) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "abc", "300", "nan g/kWh", "1,5 g/kWh", "0x10 g/kWh", "1_0 g/kWh", "\uff11 g/kWh",
                                  "3 kWh", "3 g", "3 furlong", "3 g/kWh; import os", "3 **", "3 g/"])  # fmt: skip
def test_text_that_is_no_value_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ReportError) as caught:
        units.parse(text, "gCO2e/kWh")
    assert "\n" not in str(caught.value)


def test_a_common_conversion_does_not_load_pint() -> None:
    code = "import sys; from reporter import units; units.factor('J', 'kWh'); print('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("written", "wanted", "message"),
    [
        ("furlongs", "kgCO2e", "unit 'furlongs' is not known: 'furlongs' is not defined in the unit registry"),
        ("x" * 70, "kWh", f"unit '{'x' * 60}…' is not known"), ("W", "kWh", "'W' cannot be turned into 'kWh'"),
        ("kWh" + "*W" * 40, "s", "'kWh*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W*W"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_at_a_length_that_fits_a_line(written: str, wanted: str, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        units.factor(written, wanted)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        ("some", "gCO2e/kWh", "'some' is no value in gCO2e/kWh: write a number and a unit, such as '1.5 gCO2e/kWh'"),
        ("3", "kWh", "'3' is no value in kWh: write a number and a unit, such as '1.5 kWh'"),
        ("y" * 70, "kWh", f"'{'y' * 60}…' is no value in kWh: write a number and a unit, such as '1.5 kWh'"),
        ("3 2kWh", "kWh", "'3 2kWh' is no value in kWh: write a number and a unit, such as '1.5 kWh'"),
    ],
)  # fmt: skip
def test_text_that_is_no_value_is_told_what_would_be_one(text: str, wanted: str, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        units.parse(text, wanted)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "grams"),
    [("1E2 g", 100), ("-5 mg", -0.005), ("+2.5 kgCO2eq", 2500), ("3 kg CO2", 3000), ("2 lb", 907.18474),
     ("1.e1 t", 1e7)],
)  # fmt: skip
def test_masses_as_people_write_them(text: str, grams: float) -> None:
    assert units.parse(text, "gCO2e") == pytest.approx(grams, rel=1e-12)


def test_a_pair_is_looked_up_by_both_of_its_units() -> None:
    assert units.factor("gCO2e", "kgCO2e") == 1e-3
    assert units.factor("kgCO2e", "gCO2e") == 1e3
    assert units.factor("kWh", "MJ") == pytest.approx(3.6)
