"""Model cards: grams that are claims, slips told and never corrected, strangers' YAML, a claim without energy."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import SAMPLES

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from reporter.run import Reading

FOLDER = SAMPLES / "model-card"


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def card(folder: Path, front: str, below: str = "# A model\n", name: str = "README.md") -> Path:
    path = folder / name
    path.write_text(f"---\n{front}\n---\n{below}", encoding="utf-8")
    return path


def claim_kg(path: Path) -> float | None:
    return read(path).runs[0].reported_emissions_kg


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        importers.read([str(path)], "model-card")
    return str(caught.value).removeprefix(f"{path}:").strip()


def test_grams_are_a_claim() -> None:
    reading = read(FOLDER / "fine-tuned" / "README.md")
    (run,) = reading.runs
    assert (run.reported_emissions_kg, run.energy_kwh, run.duration_s, run.basis) == (1.71, None, None, "reported")
    assert (run.id, run.country, run.gpu_model, run.gpu_count) == (
        "demo-sentiment-1b",
        "Singapore",
        "1 x NVIDIA A100-SXM4-40GB",
        1,
    )
    assert run.labels == {"phase": "fine-tuning", "source": "CodeCarbon"}
    assert [(found.code, found.where) for found in reading.findings] == [("CR029", f"{run.source}:6")]


def test_kilograms_in_a_card_are_told_and_not_corrected(tmp_path: Path) -> None:
    reading = read(FOLDER / "pre-trained" / "README.md")
    assert reading.runs[0].reported_emissions_kg == 0.00033
    assert (reading.runs[0].country, reading.runs[0].region) == ("Canada", "Quebec, Canada")
    assert codes(reading) == ["CR029", "CR035"]
    assert "0.33 g for a pre-training is hardly possible" in reading.findings[1].message
    assert codes(read(card(tmp_path, "co2_eq_emissions: {emissions: 0.33, training_type: fine-tuning}"))) == ["CR029"]
    assert codes(read(card(tmp_path, "co2_eq_emissions: {emissions: 330, training_type: pretraining}"))) == ["CR029"]


def test_energy_where_the_card_has_it() -> None:
    reading = read(FOLDER / "with-energy" / "README.md")
    (run,) = reading.runs
    assert (run.energy_kwh, run.reported_emissions_kg, run.duration_s) == (0.114, 0.0445, 1800)
    assert (run.id, run.cpu_model) == ("demo-embeddings", "Some CPU")
    assert codes(reading) == ["CR041", "CR029"]


@pytest.mark.parametrize(
    ("front", "kg"),
    [
        ("co2_eq_emissions: 0.012147398577917884", 0.012147398577917884e-3),
        ("co2_eq_emissions: 1e-05", 1e-8),
        ("co2_eq_emissions: '250'", 0.25),
        ("co2_eq_emissions: 0.33 kg", 0.33),
        ("co2_eq_emissions: 0.33 kg CO2eq", 0.33),
        ("co2_eq_emissions:\n- emissions: 12\n- source: x", 0.012),
        ("'co2_eq_emissions':\n  emissions: 3.0e+2", 0.3),
        ("co2_eq_emissions:\n  emissions: 12\n  source: &a [x, y]\n  hardware_used: *a", 0.012),
    ],
)
def test_how_people_write_it(tmp_path: Path, front: str, kg: float) -> None:
    assert claim_kg(card(tmp_path, front)) == pytest.approx(kg)


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("co2_eq_emissions: 0", "2: co2_eq_emissions: this is 0; leave out what is not known"),
        ("co2_eq_emissions: -4", "2: co2_eq_emissions: -4 is below 0"),
        ("co2_eq_emissions: .nan", "2: co2_eq_emissions: nan is no number"),
        ("co2_eq_emissions: 1,200", "2: co2_eq_emissions: '1,200' is no number"),
        ("co2_eq_emissions: yes", "2: co2_eq_emissions: True is no number of grams"),
        ("co2_eq_emissions: 3 kWh", "2: co2_eq_emissions: 'kWh' cannot be turned into 'kgCO2e'"),
        ("co2_eq_emissions:\n  source: x", "2: co2_eq_emissions: no figure; write the grams"),
        ("co2_eq_emissions: [1, 2]", "2: co2_eq_emissions: a list is no number of grams"),
        ("a: 1\nco2_eq_emissions: {emissions: 3", "the metadata is no YAML"),
        ("co2_eq_emissions: !!python/object:os.system x", "2: the"),
        ("co2_eq_emissions: " + "9" * 5000, "the metadata is no YAML"),
        ("x: 2025-13-45\nco2_eq_emissions: 3", "the metadata is no YAML"),
        ("co2_eq_emissions: 3\nx: " + "[" * 5000, "the metadata is no YAML"),
        ("co2_eq_emissions: 3\n" + "# long\n" * 40_000, "metadata of more than 256 KiB"),
    ],
)
def test_cards_that_cannot_be_read(tmp_path: Path, front: str, message: str) -> None:
    found = refused(card(tmp_path, front))
    assert message in found
    assert "\n" not in found


def test_a_card_without_an_end_or_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "README.md"
    path.write_text("---\nco2_eq_emissions: 3\n")
    assert refused(path) == "the metadata does not end; put a line '---' below it"
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert (
        refused(card(tmp_path, "co2_eq_emissions: 3")) == "a model card needs PyYAML: pip install 'carbon-report[hub]'"
    )


def test_bombs_of_aliases_stay_small(tmp_path: Path) -> None:
    bomb = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10 if n else ['x'] * 10)}]" for n in range(30))
    assert (
        claim_kg(card(tmp_path, f"{bomb}\nco2_eq_emissions: {{emissions: 3, source: *a29, hardware_used: *a29}}"))
        == 0.003
    )


def test_names(tmp_path: Path) -> None:
    assert read(card(tmp_path, "co2_eq_emissions: 3")).runs[0].id == "A model"
    assert read(card(tmp_path, "co2_eq_emissions: 3\nmodel-index: 4", "no title\n")).runs[0].id == tmp_path.name
    assert read(card(tmp_path, "co2_eq_emissions: 3\nmodel-index: [{name: b}]")).runs[0].id == "b"


def test_a_card_is_read_when_it_is_named_alone(tmp_path: Path) -> None:
    path = card(tmp_path, "co2_eq_emissions: 3")
    with pytest.raises(ReportError, match="no tracker's log in this folder"):
        read(tmp_path)
    assert len(read(path).runs) == 1


def test_claims(tmp_path: Path) -> None:
    def claimants(path: Path) -> list[str]:
        log = next(logs.find([str(path)]))
        assert isinstance(log, logs.Log)
        return [name for name, each in importers.available().items() if each.claims(log)]

    assert claimants(FOLDER / "fine-tuned" / "README.md") == ["model-card"]
    assert claimants(card(tmp_path, "license: mit", "co2_eq_emissions: 3\n")) == []
    assert claimants(card(tmp_path, "license: mit\n# co2_eq_emissions: 3")) == []
    (tmp_path / "x.md").write_text("co2_eq_emissions: 3\n")
    assert claimants(tmp_path / "x.md") == []
    assert claimants(card(tmp_path, "co2_eq_emissions: 3\r", name="windows.md")) == ["model-card"]


@pytest.mark.parametrize("output", ["statement", "latex", "markdown", "model-card", "readme", "json"])
def test_a_claim_without_energy_is_never_0_kwh(
    carbon: Callable[..., subprocess.CompletedProcess[str]], output: str
) -> None:
    done = carbon(FOLDER / "fine-tuned" / "README.md", f"--{output}", "-")
    assert done.returncode == 0, done.stderr
    assert "0 kWh" not in done.stdout
    assert "0.000" not in done.stdout.split("flight")[0]
    if output == "json":
        totals = json.loads(done.stdout)["totals"]
        assert (totals["energy_kwh"], totals["it_energy_kwh"], totals["emissions_kg"]) == (None, None, 1.71)
    else:
        assert "1.710" in done.stdout


def test_the_hub_s_own_client_writes_what_we_read(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    emissions = {"emissions": 1e-05, "source": "CodeCarbon", "training_type": "pre-training", "hardware_used": "8 V100"}
    data = hub.ModelCardData(license="mit", model_name="demo", co2_eq_emissions=emissions)
    reading = read(card(tmp_path, data.to_yaml()))
    assert reading.runs[0].reported_emissions_kg == pytest.approx(1e-8)
    assert codes(reading) == ["CR029", "CR035"]


def test_our_own_card_is_read_as_we_wrote_it(
    tmp_path: Path, carbon: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = carbon(SAMPLES / "cloud-carbon-footprint" / "by-day.csv", "--model-card", "-")
    path = tmp_path / "README.md"
    path.write_text(done.stdout, encoding="utf-8")
    assert claim_kg(path) == pytest.approx(35.08)


@given(grams=st.floats(1e-6, 1e12))
def test_grams_of_any_size(tmp_path_factory: pytest.TempPathFactory, grams: float) -> None:
    path = card(tmp_path_factory.getbasetemp(), f"co2_eq_emissions: {grams!r}")
    assert claim_kg(path) == pytest.approx(grams / 1000)
