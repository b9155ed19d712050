"""ML CO2 Impact: the calculator's statement as people paste it, its rounding and offsets, and its form's inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

FOLDER = SAMPLES / "ml-co2-impact"


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def statement(
    folder: Path,
    *,
    hours: object = 100,
    gpu: str = "TPUv2 Chip",
    tdp: object = "221W",
    kg: object = 6.63,
    impact: object = 0.3,
    where: str = "Google Cloud Platform in region us-west1",
    offset: object = 100,
) -> Path:
    path = folder / "statement.txt"
    path.write_text(
        f"Experiments were conducted using {where}, which has a carbon efficiency of {impact} kgCO$_2$eq/kWh. A "
        f"cumulative of {hours} hours of computation was performed on hardware of type {gpu} (TDP of {tdp}).\n\nTotal "
        f"emissions are estimated to be {kg} kgCO$_2$eq of which {offset} percents were directly offset by the cloud "
        "provider.\n",
        encoding="utf-8",
    )
    return path


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        importers.read([str(path)], "ml-co2-impact")
    return str(caught.value).removeprefix(f"{path}:").strip()


def test_the_worked_example_of_the_calculator() -> None:
    reading = read(FOLDER / "statement.tex")
    run = reading.runs[0]
    footprint = assess(reading)
    assert footprint.it_energy is not None
    assert footprint.it_energy.value == pytest.approx(22.1)
    assert (footprint.it_energy.basis, run.basis) == ("estimated", "estimated")
    assert (run.reported_emissions_kg, run.reported_intensity_g_per_kwh, run.reported_pue) == (6.63, 300, None)
    assert (run.duration_s, run.cloud_provider, run.cloud_region, run.line) == (360_000, "gcp", "us-west1", 5)
    assert [(device.kind, device.model, device.power_w) for device in run.devices] == [("tpu", "TPUv2 Chip", 221)]
    assert codes(reading) == ["CR029", "CR029"]
    assert "rounded three times" in reading.findings[0].message
    assert "100 % are said to be offset; offsets are not subtracted" in reading.findings[1].message


SAYS = "Total emissions are estimated to be"
OLD = "This emitted a total of approximately 0.5 kg CO2eq of which 0 kg CO2eq were directly offset."


@pytest.mark.parametrize(
    ("hours", "rest", "kwh", "kg"),
    [
        ("79", f"RTX A6000 (TDP of 300W). {SAYS} 10.24 kgCO eq of which 0 percent were directly offset.", 23.7, 10.24),
        (
            "234",
            f"A100 PCIe 40 (TDP of 250W) through a service.\n\n{SAYS} 21.64 kgCO2 of which 100 percent",
            58.5,
            21.64,
        ),
        ("1", "P100 (TDP of 250W).\n\nThe estimate amounted to 0.11 kgCO$_2$eqof which 0 percents", 0.25, 0.11),
        ("184,320 GPU", f"A100-80GB (TDP of 400 W). {SAYS} 31.22 tCO$_2$eq.", 73_728, 31_220),
        ("10", f"GTX 1080. {OLD}", 1.8, 0.5),
        ("10", "A100 (TDP of W).", None, None),
        ("$10$", "\\text{V100} (TDP of 300~W).", 3, None),
    ],
)
def test_statements_as_people_paste_them(
    tmp_path: Path, hours: str, rest: str, kwh: float | None, kg: float | None
) -> None:
    path = tmp_path / "paper.tex"
    text = f"A cumulative of {hours} hours of\ncomputation was performed on hardware of type {rest}"
    path.write_text(f"Before.\n{text}\nAfter.\n", encoding="utf-8")
    reading = read(path)
    energy = assess(reading).it_energy
    assert (energy and energy.value) == (kwh if kwh is None else pytest.approx(kwh))
    assert reading.runs[0].reported_emissions_kg == (kg if kg is None else pytest.approx(kg))


def test_several_statements_are_several_runs(tmp_path: Path) -> None:
    one = statement(tmp_path).read_text()
    two = statement(
        tmp_path, hours=10, gpu="V100", tdp="300W", kg=1.3, impact=0.432, where="a private infrastructure"
    ).read_text()
    path = tmp_path / "both.txt"
    path.write_text(one + two)
    runs = read(path).runs
    assert [(run.duration_s, run.reported_emissions_kg, run.cloud_provider) for run in runs] == [
        (360_000, 6.63, "gcp"),
        (36_000, 1.3, None),
    ]
    assert [run.reported_intensity_g_per_kwh for run in runs] == [300, 432]


def test_what_rounding_left_is_no_claim(tmp_path: Path) -> None:
    reading = read(statement(tmp_path, hours=1, tdp="15W", kg=0.0, impact=0.02, offset=0))
    assert reading.runs[0].reported_emissions_kg is None
    assert "0 kg is what rounding left of 0.0003 kg; not taken as a claim" in reading.findings[1].message


def test_rounding_is_no_slip_but_an_edit_is(tmp_path: Path) -> None:
    assert codes(read(statement(tmp_path, hours=3, tdp="70W", kg=0.08, impact=0.37, offset=0))) == ["CR029"]
    reading = read(statement(tmp_path, hours=200, offset=0))
    assert codes(reading) == ["CR029", "CR030"]
    assert "6.63 kg stand beside 44.2 kWh at 0.3 kg/kWh, which make 13.26 kg" in reading.findings[1].message
    assert reading.runs[0].reported_emissions_kg == 6.63


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hours": "3.3M"}, "'3.3M' hours: this is no number above 0; write it out in digits"),
        ({"hours": "{hours used}"}, "'hours used' hours: this is no number above 0"),
        ({"hours": 0}, "'0' hours: this is no number"),
        ({"tdp": "400W or 350W"}, "TDP of '400W or 350W': write the power of one device, such as 250W"),
    ],
)
def test_statements_that_cannot_be_read(tmp_path: Path, change: dict[str, object], message: str) -> None:
    assert refused(statement(tmp_path, **change)).startswith(f"1: {message}")  # type: ignore[arg-type]


def test_the_form_s_inputs() -> None:
    reading = read(FOLDER / "inputs.csv")
    assert assess(reading).it_energy.value == pytest.approx(12 + 3)  # type: ignore[union-attr]
    assert [(run.cloud_provider, run.cloud_region, run.reported_intensity_g_per_kwh) for run in reading.runs] == [
        ("gcp", "europe-west1", None),
        (None, None, 432),
    ]
    (run,) = read(FOLDER / "inputs.json").runs
    assert (run.duration_s, run.reported_intensity_g_per_kwh, run.devices[0].model) == (43_200, 432, "GTX 1080 Ti")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpu,hours,provider\nV100,,gcp\n", "2: hours: missing; the calculator asks for both"),
        ("gpu,hours,provider\n,3,gcp\n", "2: hardware: missing"),
        ("gpu,hours,provider\nV100,-3,gcp\n", "2: hours: '-3' is below 0"),
        ("gpu,hours,customImpact\nV100,3,432\n", "2: impact: 432 kg/kWh is no grid's; the form asks for kg, not g"),
        ('{"gpu": "V100", "hours": "x", "provider": "aws"}', "1: hours: 'x' is no number"),
        ("[1]", "1: this is no object"),
        ("gpu,hours,provider\n", "there is no run"),
    ],
)
def test_inputs_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "inputs.csv"
    path.write_text(text)
    assert refused(path).startswith(message)


def claimants(path: Path) -> list[str]:
    log = next(logs.find([str(path)]))
    assert isinstance(log, logs.Log)
    return [name for name, importer in importers.available().items() if importer.claims(log)]


def test_claims(tmp_path: Path) -> None:
    assert {name for file in FOLDER.iterdir() if file.suffix != ".md" for name in claimants(file)} == {"ml-co2-impact"}
    path = tmp_path / "x.md"
    text = statement(tmp_path).read_text()
    path.write_text(f"{text} by the CodeCarbon emissions tracker")
    assert claimants(path) == [], "CodeCarbon's own template has the same sentence"
    path.write_text(f"---\nco2_eq_emissions: 3\n---\n{text}")
    assert claimants(path) == ["model-card"]
    for other in ("hardware,hours\nA100,1\n", "gpu,hours\nA100,1\n", json.dumps({"gpu": 1, "hours": 2})):
        path.write_text(other)
        assert "ml-co2-impact" not in claimants(path)


@settings(max_examples=60, deadline=None)
@given(hours=st.integers(1, 5000), tdp=st.integers(15, 700), impact=st.integers(1, 90))
def test_the_calculator_s_own_rounding_is_never_taken_for_a_slip(
    tmp_path_factory: pytest.TempPathFactory, hours: int, tdp: int, impact: int
) -> None:
    energy = round(tdp * hours / 1000, 2)
    kg = round(energy * impact / 100, 2)
    reading = read(
        statement(tmp_path_factory.getbasetemp(), hours=hours, tdp=f"{tdp}W", kg=kg, impact=impact / 100, offset=0)
    )
    assert set(codes(reading)) == {"CR029"}
    assert reading.runs[0].reported_emissions_kg == (kg or None)
    assert assess(reading).it_energy.value == pytest.approx(tdp * hours / 1000)  # type: ignore[union-attr]
