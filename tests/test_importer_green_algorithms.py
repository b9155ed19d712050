"""Green Algorithms: PUE, repetitions and grams of its exports, forms not filled in, edited files, share links."""

from __future__ import annotations

import csv
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
    from collections.abc import Mapping
    from pathlib import Path

    from reporter.run import Reading

FOLDER = SAMPLES / "green-algorithms"
HOME = FOLDER / "GreenAlgorithms_results__2025-05-06_10-20-30.csv"
AI = FOLDER / "GreenAlgorithms_results_AI_2025-05-06_11-00-00.csv"
NEWER = FOLDER / "newer" / "GreenAlgorithms_results_AI_2025-09-01_09-00-00.csv"


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def cells(path: Path = HOME) -> dict[str, str]:
    with path.open(newline="") as file:
        header, row = csv.reader(file, delimiter=";")
    return dict(zip(header, row, strict=True))


def form(folder: Path, *changes: Mapping[str, object], of: Path = HOME) -> Path:
    path = folder / "form.csv"
    rows = [{**cells(of), **change} for change in changes]
    text = "".join(";".join(map(str, row)) + "\n" for row in (rows[0], *(row.values() for row in rows)))
    path.write_text(text, encoding="utf-8")
    return path


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        importers.read([str(path)], "green-algorithms")
    return str(caught.value).removeprefix(f"{path}:").strip()


def test_the_home_page() -> None:
    reading = read(HOME)
    (run,) = reading.runs
    hours, it_w = 12.5, 12 * 7.5 * 0.9 + 2 * 300 + 64 * 0.3725
    assert run.energy_kwh == pytest.approx(hours * it_w * 3 / 1000), "without the PUE, with its three repetitions"
    assert run.reported_emissions_kg == pytest.approx(hours * it_w * 3 / 1000 * 1.67 * 231.12 / 1000)
    assert (run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh) == pytest.approx(
        (hours * 81 * 3 / 1000, hours * 600 * 3 / 1000, hours * 64 * 0.3725 * 3 / 1000)
    )
    assert (run.reported_pue, run.reported_intensity_g_per_kwh, run.duration_s) == (1.67, 231.12, 3 * hours * 3600)
    assert (run.basis, run.country, run.gpu_count, run.ram_gb, run.tracker_version) == (
        "estimated",
        "GB",
        2,
        64,
        "v3.0",
    )
    assert (run.cloud_provider, run.cloud_region, codes(reading)) == (None, None, [])


def test_the_ai_page_is_its_total() -> None:
    reading = read(AI)
    (run,) = reading.runs
    training = 12.5 * (81 + 600 + 64 * 0.3725) / 1000 * (1 + 0.5 + 4 * 0.25)
    inference = 30.5 * (300 + 64 * 0.3725) / 1000 * 12
    assert run.energy_kwh == pytest.approx(training + inference)
    assert run.reported_pue == pytest.approx((1.2 * training + 1.1 * inference) / (training + inference))
    assert run.reported_emissions_kg == pytest.approx((1.2 * training + 1.1 * inference) * 231.12 / 1000)
    assert run.duration_s == pytest.approx((12.5 * 2.5 + 30.5 * 12) * 3600)
    assert (run.labels, codes(reading)) == ({}, [])
    assert assess(reading).energy.value == pytest.approx(float(cells(AI)["tot_energy_needed"]))  # type: ignore[union-attr]


def test_a_newer_ai_page_has_no_total_but_whole_parts() -> None:
    reading, (old,) = read(NEWER), read(AI).runs
    assert [run.labels for run in reading.runs] == [{"phase": "training"}, {"phase": "inference"}]
    assert [run.reported_pue for run in reading.runs] == [1.2, 1.1]
    assert sum(run.energy_kwh or 0 for run in reading.runs) == pytest.approx(old.energy_kwh)
    assert sum(run.duration_s or 0 for run in reading.runs) == pytest.approx(old.duration_s)
    assert sum(run.reported_emissions_kg or 0 for run in reading.runs) == pytest.approx(old.reported_emissions_kg)
    assert codes(reading) == []


def test_a_page_of_training_alone(tmp_path: Path) -> None:
    page = cells(AI)
    bare = {
        "retrainings_radio": "No",
        "R&D_radio": "No",
        "tot_energy_needed": page["training-energy_needed"],
        "tot_carbonEmissions": page["training-carbonEmissions"],
        "inference-energy_needed": "0",
        "inference-carbonEmissions": "0",
        "inference-coreType": "None",
        "inference-PUE": "None",
    }
    (run,) = read(form(tmp_path, bare, of=AI)).runs
    assert (run.energy_kwh, run.reported_pue) == pytest.approx((float(page["training-energy_needed"]) / 1.2, 1.2))


def test_a_newer_version_tells_the_power_of_the_processor(tmp_path: Path) -> None:
    assert codes(read(form(tmp_path, {"tdpCPU": 120, "CPU_model_n_cores": 16}))) == []
    assert codes(read(form(tmp_path, {"tdpCPU": 120}))) == ["CR030"]


def test_a_factor_or_usage_that_is_switched_off(tmp_path: Path) -> None:
    once = float(cells()["energy_needed"]) / 3
    off = {"mult_factor": 7, "mult_factor_radio": "No", "energy_needed": once, "carbonEmissions": once * 231.12}
    reading = read(form(tmp_path, off))
    assert (reading.runs[0].duration_s, codes(reading)) == (12.5 * 3600, [])


def test_the_cloud(tmp_path: Path) -> None:
    (run,) = read(
        form(tmp_path, {"platformType": "cloudComputing", "location": "US-IA", "server": "gcp--us-central1"})
    ).runs
    assert (run.cloud_provider, run.cloud_region, run.country, run.region) == ("gcp", "us-central1", "US", "US-IA")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy_needed": 88}, "energy_needed: 88 kWh, where time x power makes 44.1406"),
        ({"numberGPUs": 4}, "power_needed: 1177.08 W, where the hardware and the PUE make 2179.08"),
        ({"carbonEmissions": 10.2}, "carbonEmissions: 10.2 g, where energy x intensity makes 10201.8"),
        ({"runTime": 25}, "energy_needed: 44.1406 kWh, where time x power makes 88.2812"),
    ],
)
def test_edited_files_are_told_and_taken_as_written(tmp_path: Path, change: dict[str, object], message: str) -> None:
    reading = read(form(tmp_path, change))
    assert "CR030" in codes(reading)
    assert message in reading.findings[0].message
    assert reading.runs[0].energy_kwh == pytest.approx(
        float(str(change.get("energy_needed", cells()["energy_needed"]))) / 1.67
    )


def test_a_pue_that_is_missing_or_impossible(tmp_path: Path) -> None:
    for pue, code in (("None", "CR041"), ("0.5", "CR033")):
        reading = read(form(tmp_path, {"PUE": pue, "power_needed": "None"}))
        assert (reading.runs[0].energy_kwh, reading.runs[0].reported_pue) == (float(cells()["energy_needed"]), None)
        assert code in codes(reading)


@pytest.mark.parametrize("of", [HOME, AI, NEWER])
def test_a_form_that_was_not_filled_in_is_refused(tmp_path: Path, of: Path) -> None:
    empty = {
        key: "0" if key.endswith(("energy_needed", "carbonEmissions", "_before_scaling")) else "None"
        for key in cells(of)
    }
    assert "nothing was computed, as the form was not filled in" in refused(form(tmp_path, empty, of=of))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("coreType;energy_needed;carbonEmissions\nCPU;1", "2: 2 cells under 3 columns; export it again"),
        ("coreType;energy_needed;carbonEmissions\nCPU;x;1\n", "2: energy_needed: 'x' is no number"),
        ("coreType;energy_needed;carbonEmissions\nCPU;-1;1\n", "2: energy_needed: '-1' is below 0"),
        ("training-coreType;training-energy_needed\nCPU;1\n", "2: tot_energy_needed: missing; export the page again"),
        ("coreType;energy_needed;carbonEmissions\n", "there is no run"),
    ],
)
def test_bad_input(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    assert refused(path).startswith(message)


LINK = (
    "http://calculator.green-algorithms.org//?runTime_hour=12&runTime_min=30&appVersion=v2.2&locationContinent=Europe&"
    "locationCountry=France&locationRegion=FR&memory=64&platformType=localServer&PUE=1.5&PUEradio=Yes"
)


def test_share_links(tmp_path: Path) -> None:
    path = tmp_path / "links.txt"
    gpu = "&coreType=GPU&numberGPUs=2&GPUmodel=NVIDIA+Tesla+V100&usageGPUradio=Yes&usageGPU=0.5"
    path.write_text(
        f"We used {LINK}{gpu}&PSF=4\nand\n[that]({LINK}&coreType=CPU&numberCPUs=8&CPUmodel=other&tdpCPU=10)\n"
    )
    reading = read(path)
    energies = [run.it_energy and run.it_energy.value for run in assess(reading).runs]
    ram = 64 * 0.3725
    assert energies == pytest.approx([(2 * 300 * 0.5 + ram) * 50 / 1000, (8 * 10 + ram) * 12.5 / 1000])
    assert [(run.country, run.reported_pue, run.line, run.tracker_version) for run in reading.runs] == [
        ("FR", 1.5, 1, "v2.2"),
        ("FR", 1.5, 3, "v2.2"),
    ]
    path.write_text(f"{LINK}&coreType=CPU&numberCPUs=8&CPUmodel=Xeon\n")
    assert refused(path) == "1: CPUmodel: 'Xeon' comes without the power of a core; export the CSV instead"
    path.write_text(LINK)
    assert refused(path).startswith("1: coreType: missing; copy the link of a form that is complete")


def test_claims(tmp_path: Path) -> None:
    for path in (HOME, AI, NEWER):
        log = next(logs.find([str(path)]))
        assert isinstance(log, logs.Log)
        assert [name for name, each in importers.available().items() if each.claims(log)] == ["green-algorithms"]
    assert "green-algorithms" not in {run.tracker for run in read(SAMPLES / "codecarbon" / "2.7.0-pue").runs}


@settings(max_examples=30, deadline=None)
@given(pue=st.floats(1, 3), times=st.integers(1, 50), rows=st.integers(1, 4))
def test_pue_and_repetitions(tmp_path_factory: pytest.TempPathFactory, pue: float, times: int, rows: int) -> None:
    it_kwh = 12.5 * (81 + 600 + 64 * 0.3725) * times / 1000
    change = {
        "PUE": pue,
        "mult_factor": times,
        "energy_needed": it_kwh * pue,
        "carbonEmissions": it_kwh * pue * 231.12,
        "power_needed": it_kwh * pue * 1000 / 12.5 / times,
    }
    reading = read(form(tmp_path_factory.getbasetemp(), *[change] * rows))
    assert assess(reading).it_energy.value == pytest.approx(rows * it_kwh)  # type: ignore[union-attr]
    assert assess(reading).energy.value == pytest.approx(rows * it_kwh * pue)  # type: ignore[union-attr]
    assert codes(reading) == []
