"""Checklists: each question answered by logs or author, or told as missing with what to do; the count is true."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from reporter import answers, importers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.options import make
from reporter.renderers import checklist, facts
from reporter.report import Report

from .conftest import ROOT, SWEEP, emissions_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMS = ROOT / "templates" / "checklists"
PHASES = ["search=distil", "training=teacher"]


def report(log: Path, **choices: Any) -> Report:
    options = make(choices)
    return Report(assess(importers.read([str(log)]), options), answers=options.answers)


def bare_log(folder: Path) -> Path:
    """A log that tells an energy, and nothing else that a checklist asks for."""
    nothing = dict.fromkeys(("duration", "emissions", "cpu_model", "gpu_model", "country_iso_code", "country_name",
                             "cpu_energy", "gpu_energy", "ram_energy"), "")  # fmt: skip
    return emissions_csv(folder, nothing | {"duration": 3600.0, "emissions": 0.01})


def told(made: Report, name: str) -> dict[str, str]:
    return {item.asks: item.answer for item in checklist.items(made, name)}


@pytest.mark.parametrize("name", checklist.NAMES)
@pytest.mark.parametrize("context", [{}, {"country": "FRA", "phase": PHASES}])
def test_the_count_is_that_of_the_answers(name: str, context: dict[str, Any]) -> None:
    made = report(SWEEP, **context)
    text = checklist.render(made, name).decode()
    listed = checklist.items(made, name)
    asked = [item for item in listed if not item.optional]
    done = sum(bool(item.answer) for item in asked)

    counted = re.search(r"\*\*[\w -]+: (\d+) of (\d+)\*\*", text.replace("\\", ""))
    assert counted is not None
    assert (int(counted[1]), int(counted[2])) == (done, len(asked))
    assert text.count("- [x]") == sum(bool(item.answer) for item in listed)
    assert text.count("*Missing:*") == text.count("- [ ]") == sum(not item.answer for item in listed)
    assert "not told" not in text
    assert "None" not in text


@pytest.mark.parametrize("name", checklist.NAMES)
def test_every_question_says_what_to_do(name: str) -> None:
    form = tomllib.loads((FORMS / f"{name}.toml").read_text(encoding="utf-8"))
    known = {item.replace("-", "_") for item in answers.ITEMS}
    for item in form["item"]:
        assert item["missing"], item["asks"]
        for asked in re.findall(r"--answer ([\w-]+)=", item["missing"]):
            assert asked in answers.ITEMS
            assert asked.replace("-", "_") in item["answer"]
            assert asked.replace("-", "_") in known
    assert form["home"].startswith("https://")


def test_every_form_is_a_checklist_and_every_item_is_asked_for() -> None:
    assert sorted(path.stem for path in FORMS.glob("*.toml")) == sorted(checklist.NAMES)
    asked = " ".join(path.read_text(encoding="utf-8") for path in FORMS.glob("*.toml"))
    elsewhere = {"model", "data", "algorithm", "stage", "infrastructure"}  # forms for machines
    assert [item for item in answers.ITEMS if item not in elsewhere and item.replace("-", "_") not in asked] == []


def test_climate_card_of_a_sweep_to_the_digit() -> None:
    card = told(report(SWEEP, country="FRA", phase=PHASES), "climate-card")

    assert list(card.values())[1:8] == [
        "16.5 s in 3 runs.",
        "52.5 s in 12 runs that were tracked.",
        "CPU 2.412 W, on average over the runs.",
        "In France.",
        "41.4 gCO₂e/kWh (France, 2025, lifecycle).",
        "4.457 mg of CO₂e in 3 runs.",
        "13.207 mg of CO₂e (7.762–20.247 mg).",
    ]
    assert b"Climate card: 7 of 10" in checklist.render(report(SWEEP, country="FRA", phase=PHASES), "climate-card")


def test_what_no_log_tells_is_missing_and_the_author_can_tell_it(tmp_path: Path) -> None:
    log = bare_log(tmp_path)
    before = told(report(log), "arr")
    after = told(report(log, answers=["parameters=110M", "hardware=8 x A100", "search=by hand"]), "arr")

    assert [bool(answer) for answer in before.values()] == [False, True, False, False, False]
    assert [bool(answer) for answer in after.values()] == [True, True, True, True, False]
    assert after["C1: number of parameters"] == "The model has 110M parameters."


def test_without_phases_nothing_is_said_of_a_final_model() -> None:
    card = list(told(report(SWEEP, country="FRA"), "climate-card").values())

    assert card[1] == card[6] == ""
    assert told(report(SWEEP), "neurips")["Whether the whole project took more than what the paper shows"] == ""


def test_eu_form_tells_megawatt_hours_with_enough_digits(tmp_path: Path) -> None:
    made = report(emissions_csv(tmp_path, {"energy_consumed": 123456.0, "gpu_energy": "", "cpu_energy": ""}))
    form = told(made, "eu-gpai")

    assert form["Energy used for training, in MWh"] == (
        "123 MWh, as the tracker reported it (all runs that were tracked)."
    )
    assert "logged by CodeCarbon 3.3.2" in form["How that energy was measured or estimated (about 100 words)"]


def test_graphics_processors_are_counted() -> None:
    read = importers.read([str(SWEEP)])
    told = [dataclasses.replace(run, duration_s=1800.0, gpu_count=number, gpu_model="A100")
            for run, number in zip(read.runs, (8, 8, 4), strict=False)]  # fmt: skip
    footprint = assess(read._replace(runs=tuple(told)), make({}))
    assert facts.gpu_hours(footprint) == 10
    assert facts.hardware(footprint) == "8 × A100, AMD EPYC"
    untold = dataclasses.replace(told[0], gpu_count=None)
    assert facts.gpu_hours(assess(read._replace(runs=(untold, told[1])), make({}))) is None


def test_answers_are_escaped(tmp_path: Path) -> None:
    made = report(SWEEP, answers=["public=<script>alert(1)</script> [x](javascript:y) {{ 7 * 7 }}"])
    text = checklist.render(made, "climate-card").decode()

    assert "<script>" not in text
    assert "](javascript" not in text
    assert "49" not in text.partition("**1")[2].partition("**2")[0]


@pytest.mark.parametrize("text", ["parameters", "parameters=", "size=3", "=x"])
def test_an_answer_to_no_question_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="write ITEM=TEXT"):
        make({"answers": [text]})


def test_command_line_writes_several_checklists(carbon: Callable[..., Any], tmp_path: Path) -> None:
    done = carbon(SWEEP, "--checklist", "neurips", "--checklist", "arr=arr.md", "-o", "paper.climate-card.md",
                  "--answer", "parameters=110M", "--quiet")  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# NeurIPS paper checklist")
    assert "110M parameters" in (tmp_path / "arr.md").read_text(encoding="utf-8")
    assert "Climate card" in (tmp_path / "paper.climate-card.md").read_text(encoding="utf-8")


def test_an_unknown_checklist_is_one_line(carbon: Callable[..., Any]) -> None:
    done = carbon(SWEEP, "--checklist", "icml")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "neurips, arr, cvpr, climate-card, eu-gpai" in done.stderr


def test_the_configuration_may_hold_answers(carbon: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "carbon-report.toml").write_text('answer = ["parameters=7B", "public=yes"]\n', encoding="utf-8")

    assert "7B parameters" in carbon(SWEEP, "--checklist", "arr").stdout
