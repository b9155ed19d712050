"""`lint`: each rule fires on the least example of its slip and is silent on the same text put right."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter.commands.lint import findings
from reporter.commands.published import text
from reporter.errors import FINDINGS

from .conftest import SAMPLES, SWEEP
from .test_verify import CONTEXT, OUTPUTS, made

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

#: A text that lacks nothing, for the rules on figures alone.
WHOLE = (
    "We trained on 8 A100 GPUs in France with CodeCarbon, data centre overhead included, at 56 gCO2e/kWh (RTE, 2024). "
)

REGION = (
    "## Environmental Impact\n\n- **Compute Region:** {}\n"
    "- **Carbon Emitted:** 5 kg CO2e (training alone, on a T4, by CodeCarbon)"
)


def card(claim: str, words: str = "Emissions of the training alone, PUE excluded.") -> str:
    return f"---\nlicense: mit\n{claim}\n---\n# A model\n\n{words}\n"


def mapping(figure: str, more: str = "") -> str:
    return (
        f"co2_eq_emissions:\n  emissions: {figure}\n  source: CodeCarbon\n  geographical_location: France\n"
        f"  hardware_used: 8 x A100{more}"
    )


def codes(words: str, path: str = "README.md") -> list[str]:
    return [finding.code for finding in findings(text.page(words, path))]


CASES = {
    "CR200 text in kg": (
        "CR200",
        card(mapping("0.33"), "Emissions of the training: 0.33 kg CO2e, PUE excluded."),
        card(mapping("330.0"), "Emissions of the training: 0.33 kg CO2e, PUE excluded."),
    ),
    "CR200 text in t": (
        "CR200",
        card(mapping("24.7"), "Training only: 24.7 tonnes of CO2eq."),
        card(mapping("24700000"), "Training only: 24.7 tonnes of CO2eq."),
    ),
    "CR200 pre-training": (
        "CR200",
        card(mapping("0.33", "\n  training_type: pre-training")),
        card(mapping("330", "\n  training_type: pre-training")),
    ),
    "CR201": (
        "CR201",
        card(mapping("411000"), "Emissions of the training alone: 41.1 kg CO2e."),
        card(mapping("41100"), "Emissions of the training alone: 41.1 kg CO2e."),
    ),
    "CR202 exponent": ("CR202", card(mapping("1e-05")), card(mapping("0.00001"))),
    "CR202 quoted": ("CR202", card(mapping('"12.5"')), card(mapping("12.5"))),
    "CR203": ("CR203", card(mapping("1,200")), card(mapping("1200"))),
    "CR204": ("CR204", card(mapping("0.33 kg")), card(mapping("330"))),
    "CR205 list": (
        "CR205",
        card("co2_eq_emissions:\n  - emissions: 5.0\n  - source: CodeCarbon"),
        card(mapping("5.0")),
    ),
    "CR205 no figure": ("CR205", card("co2_eq_emissions:\n  source: CodeCarbon"), card(mapping("5.0"))),
    "CR205 no YAML": ("CR205", card("co2_eq_emissions: {emissions: [5"), card(mapping("5.0"))),
    "CR206": (
        "CR206",
        WHOLE + "It emitted 24.69 kg CO2e.\n\nIn sum these are 24.69 g CO2e.",
        WHOLE + "It emitted 24.69 kg CO2e.\n\nIn sum these are 24.69 kg CO2e; 24.6 g of CO2e per image.",
    ),
    "CR206 energy": (
        "CR206",
        WHOLE + "It used 433.2 kWh.\n\nThe energy was 433.2 MWh.",
        WHOLE + "It used 433.2 MWh.\n\nThe energy was 433,200 kWh.",
    ),
    "CR207 consumption": (
        "CR207",
        WHOLE + "The energy consumption was 300 kW.",
        WHOLE + "The energy consumption was 300 kWh; "
        "power was 300 kW, energy efficiency fell, and energy was drawn from a 300 kW line.",
    ),
    "CR207 consumed": (
        "CR207",
        WHOLE + "It consumed 27 kW of electricity.",
        WHOLE + "It consumed 27 kWh of electricity.",
    ),
    "CR207 head": (
        "CR207",
        WHOLE + "\n\n| Model | Energy (kW) |\n|--|--|\n| A | 3 |",
        WHOLE + "\n\n| Model | Energy (kWh) | Power (kW) |\n|--|--|--|\n| A | 3 | 1 |",
    ),
    "CR208": ("CR208", WHOLE + "It took 12 kW/h.", WHOLE + "It took 12 kWh, at 12 kW; capacity costs 5 $/kW/h."),
    "CR208 energy": ("CR208", WHOLE + "It draws 12 kWh per hour.", WHOLE + "It draws 12 kW per node."),
    "CR209": (
        "CR209",
        WHOLE + "Energy: 8 GPUs x 300 W x 800 GPU-hours.",
        WHOLE + "Energy: 300 W x 800 GPU-hours = 240 kWh.",
    ),
    "CR209 by its result": (
        "CR209",
        WHOLE + "The job of 7 GPUs (TDP 250 W) took 809 GPU hours and used 1416 kWh.",
        WHOLE + "The job of 7 GPUs (TDP 250 W) took 809 GPU hours and used 202 kWh.",
    ),
    "CR210": ("CR210", WHOLE + "The PUE is 0.83.", WHOLE + "The PUE is 1.2, which is 0.3 better; the PUE fell by 0.1."),
    "CR210 table": ("CR210", WHOLE + "\n\n| PUE | 0.9 |", WHOLE + "\n\n| PUE | 1.09 |"),
    "CR211": (
        "CR211",
        WHOLE + "It used 100 kWh and emitted 5.6 g CO2e.",
        WHOLE + "It used 100 kWh and emitted 5.6 kg CO2e.",
    ),
    "CR212": (
        "CR212",
        "Training on a GPU emitted 5 kg CO2e by CodeCarbon.",
        "Training on a GPU emitted 5 kg CO2e by CodeCarbon; the data centre's overhead is not included.",
    ),
    "CR213": ("CR213", "GPUs trained at 56 gCO2e/kWh (RTE).", "GPUs trained at 56 gCO2e/kWh (RTE, 2024)."),
    "CR214": (
        "CR214",
        "GPUs trained at 56 gCO2e/kWh in 2024.",
        "GPUs trained at 56 gCO2e/kWh in 2024, according to RTE.",
    ),
    "CR215": (
        "CR215",
        card("co2_eq_emissions:\n  emissions: 5.0\n  source: CodeCarbon\n  geographical_location: France"),
        card(mapping("5.0")),
    ),
    "CR216": (
        "CR216",
        card("co2_eq_emissions:\n  emissions: 5.0\n  source: CodeCarbon\n  hardware_used: T4"),
        card(mapping("5.0")),
    ),
    "CR216 placeholder": (
        "CR216",
        REGION.format("[More Information Needed]"),
        REGION.format("europe-west9"),
    ),
    "CR217": (
        "CR217",
        "Training alone, on a GPU, emitted 5 kg CO2e.",
        "Training alone, on a GPU, emitted 5 kg CO2e by CodeCarbon.",
    ),
    "CR218": (
        "CR218",
        "Our training is carbon neutral.",
        "Our training is carbon neutral: 12 t CO2e by CodeCarbon, PUE included, all offset.",
    ),
    "CR219": (
        "CR219",
        "GPU training.\n\n- **Carbon Emitted:** [More Information Needed]",
        "GPU training.\n\n- **Carbon Emitted:** not measured",
    ),
    "CR220": ("CR220", card(mapping("0")), card(mapping("0.5"))),
    "CR221": ("CR221", "x" * 30_000, "x " * 5_000),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_fires_on_its_slip_and_not_without_it(case: str) -> None:
    code, wrong, right = CASES[case]
    assert code in codes(wrong)
    assert code not in codes(right)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case[:5] not in {"CR212", "CR213", "CR214", "CR217", "CR221"}]
)
def test_a_text_put_right_has_nothing_else(case: str) -> None:
    assert codes(CASES[case][2]) == []


def test_every_code_of_lint_has_a_case() -> None:
    assert {case[0] for case in CASES.values()} == {code for code in FINDINGS if code.startswith("CR2")}


@pytest.mark.parametrize(
    "context", [(), CONTEXT, ("--country", "DEU", "--carbon-free", "1", "--offsets", "1kg", "--working")], ids=len
)
@pytest.mark.parametrize("output", [name for name in OUTPUTS if name != "json"])
def test_our_own_outputs_are_clean(carbon: Carbon, tmp_path: Path, output: str, context: tuple[str, ...]) -> None:
    path = made(carbon, tmp_path, output, context=context)
    done = carbon("lint", path)
    assert (done.returncode, done.stdout) == (0, "1 file: nothing found\n")


def test_findings_tell_line_and_code_and_errors_decide(carbon: Carbon, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.md", tmp_path / "good.md"
    bad.write_text(CASES["CR200 text in kg"][1], encoding="utf-8")
    good.write_text(CASES["CR212"][1], encoding="utf-8")
    done = carbon("lint", bad, good)
    assert done.returncode == 1
    assert (
        f"{bad}:4: error: co2_eq_emissions is in grams and says 0.33 g; the text says 0.33 kg CO2e (line 11)"
        in done.stdout
    )
    assert "write emissions: 330 [CR200]" in done.stdout
    assert f"{good}:1: warning: " in done.stdout
    assert done.stdout.endswith("2 files: 1 error, 1 warning\n")
    assert carbon("lint", good).returncode == 0
    quiet = carbon("lint", "--quiet", bad, good)
    assert [line.rsplit(" ", 1)[1] for line in quiet.stdout.splitlines()] == ["[CR200]"]


def test_the_kilograms_of_a_sample_card_are_found(carbon: Carbon) -> None:
    done = carbon("lint", SAMPLES / "model-card" / "pre-trained" / "README.md")
    assert "0.33 g for a pre-training is hardly possible" in done.stdout


def test_latex_is_read_as_latex() -> None:
    wrong = "\\documentclass{article}\n% PUE of 0.5\nThe PUE of 0.83\nwas low, and energy consumption was 300~kW.\n"
    found = findings(text.page(wrong, "paper.tex"))
    assert [(finding.code, finding.where) for finding in found] == [("CR210", "paper.tex:3"), ("CR207", "paper.tex:4")]


def test_code_and_comments_are_nobodys_statement() -> None:
    words = "GPU training\n```\nPUE of 0.5, energy consumption was 300 kW\n```\n<!-- PUE of 0.5 -->\n"
    assert codes(words) == []


@pytest.mark.parametrize(
    "words",
    [
        "Forest loss emitted 2,755 Mt CO2e in the country.",
        "Training saved 5 kg of CO2e.",
        "A train ride emits 35 g CO2e per km.",
        "PUE is the ratio of facility energy to that of the machines; it cannot be below 1.",
        "Improves power usage effectiveness (PUE) by 7%, new ones are below 1.3 and PUE reductions of 0.1 are common.",
        "Rack power density is 40-50 kW per rack, the GPU has a TDP of 700W and an energy-efficient 15 W mode.",
        "We aim for net zero in the optimiser's gradient.",
        "The climate-neutral city of Gozo.",
        "Version 2.0.1 of 2024-01-02 costs $5 and weighs 5 kg.",
    ],
)
def test_no_false_alarm(words: str) -> None:
    assert codes(words) == []


HOSTILE = {
    "digits": "1" * 5_000_000,
    "brackets": "[" * 2_000_000,
    "comments": "<!--" * 1_000_000,
    "rows": "|" * 19_000 + "\n",
    "lines": "PUE of 0.5 \n" * 30_000,
    "math": "$\\text{" * 3_000,
    "products": "8 GPUs x 300 W x " * 1_000,
    "front": "---\nco2_eq_emissions: " + "[" * 60_000 + "\n---\n",
    "anchors": "---\nco2_eq_emissions: &a [*a, *b]\n---\n",
    "open": "---\nco2_eq_emissions:\n" + "  x: 1\n" * 40_000,
    "huge": "emissions: 1e99999999 kg CO2e " * 3_000,
    "dots": "1.1.1." * 3_000,
    "commas": "1,111," * 3_000,
    "cites": "\\cite" * 4_000,
    "escapes": "\x1b[31m\u202e kg CO2e\n",
    "links": "[a](" * 4_000,
    "spaces": " " * 1_000_000,
    "masses": "5 kg CO2e GPU\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_ends_soon_and_never_in_a_crash(name: str) -> None:
    start = time.perf_counter()
    for path in ("x.md", "x.tex"):
        for finding in findings(text.page(HOSTILE[name], path)):
            assert len(finding.message) < 700
            assert "\x1b" not in finding.message
    assert time.perf_counter() - start < 30


def test_a_flood_is_cut_and_counted() -> None:
    found = findings(text.page("GPU with a PUE of 0.5\n" * 100, "x.md"))
    assert len(found) == 21
    assert found[-1].where == "x.md:100"
    assert "the same holds for 80 more places" in found[-1].message


def test_files_that_are_no_text_are_told_and_the_others_still_read(carbon: Carbon, tmp_path: Path) -> None:
    binary, fine = tmp_path / "a.bin", tmp_path / "b.md"
    binary.write_bytes(b"\x89PNG\0\0")
    fine.write_text(CASES["CR213"][1], encoding="utf-8")
    done = carbon("lint", binary, tmp_path / "gone.md", tmp_path, fine, "/dev/zero")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 4
    assert "[CR213]" in done.stdout


def test_standard_input_and_wrong_usage(carbon: Carbon) -> None:
    done = carbon("lint", "-", stdin="GPU training with a PUE of 0.5")
    assert done.returncode == 1
    assert done.stdout.startswith("-:1: error: a PUE of 0.5 cannot be")
    for arguments in ((), ("--pue", SWEEP)):
        done = carbon("lint", *arguments)
        assert done.returncode == 1
        assert "carbon-report lint FILE" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(carbon: Carbon, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.md"
    path.write_bytes("Énergie : GPU, PUE of 0.5\r\n".encode(encoding))
    done = carbon("lint", path)
    assert "[CR210]" in done.stdout
