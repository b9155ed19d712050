"""`verify`: our own outputs agree with their logs, and every fault planted in them is found and named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter.commands.published import figures, quantities, text

from .conftest import SAMPLES, SWEEP, emissions_csv

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

OUTPUTS = {
    "statement": "a.txt", "latex": "a.tex", "markdown": "a.md", "model-card": "card.md", "readme": "README.md",
    "macros": "a.macros.tex", "json": "report.json",
}  # fmt: skip
CONTEXT = ("--country", "FRA", "--pue", "1.2")


def made(carbon: Carbon, folder: Path, output: str, log: Path = SWEEP, context: tuple[str, ...] = CONTEXT) -> Path:
    path = folder / OUTPUTS[output]
    done = carbon(log, *context, f"--{output}", path, "--quiet")
    assert done.returncode == 0, done.stderr
    return path


def changed(path: Path, old: str, new: str, count: int = 1) -> Path:
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, count), encoding="utf-8")
    return path


CONTEXTS = [(), CONTEXT, ("--intensity", "300"), ("--country", "USA", "--uncertainty")]


@pytest.mark.parametrize("context", CONTEXTS, ids=len)
@pytest.mark.parametrize("output", OUTPUTS)
def test_our_own_outputs_agree_with_their_logs(
    carbon: Carbon, tmp_path: Path, output: str, context: tuple[str, ...]
) -> None:
    path = made(carbon, tmp_path, output, context=context)
    done = carbon("verify", path, SWEEP, *context)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DIFFERS" not in done.stdout
    assert int(re.findall(r"([\d,]+) figures agree within the printed digits", done.stdout)[0].replace(",", "")) >= 13


@pytest.mark.parametrize("output", OUTPUTS)
def test_other_logs_are_told_from_these(carbon: Carbon, tmp_path: Path, output: str) -> None:
    path = made(carbon, tmp_path, output)
    other = SAMPLES / "codecarbon" / "3.3.2-france" / "emissions.csv"
    done = carbon("verify", path, other, *CONTEXT, "--quiet")
    assert done.returncode == 1
    assert done.stdout.count("DIFFERS") >= 5


def test_grams_that_are_kilograms_are_named(carbon: Carbon, tmp_path: Path) -> None:
    path = made(carbon, tmp_path, "model-card")
    grams = re.search(r"emissions: (0\.0158\d+)", path.read_text(encoding="utf-8"))
    assert grams is not None
    changed(path, grams[1], f"{float(grams[1]) / 1000:.12f}")
    done = carbon("verify", path, SWEEP, *CONTEXT, "--quiet")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "DIFFERS" in line]
    assert line.startswith(f"{path}:3: co2_eq_emissions: DIFFERS")
    assert "0.001 times as much: 1,000 times too little" in line
    assert "kg where g are due" in line


@pytest.mark.parametrize(
    ("output", "old", "new", "place"),
    [
        ("statement", "15.848 mg", "15.847 mg", "a.txt:1: emissions: DIFFERS: 15.847 mg of CO2e is published"),
        ("statement", "$0.0000058", "$0.0000068", "a.txt:1: social cost, high end: DIFFERS"),
        ("latex", "", "", "Energy of the machines: DIFFERS: 318.8 mWh"),
        ("markdown", "| 42.381 mWh | 1.756 mg |", "| 42.381 mWh | 1.765 mg |", "teacher-seed1"),
        ("readme", "| PUE | 1.2 |", "| PUE | 1.3 |", "README.md:13: PUE: DIFFERS: 1.3 is published, the logs give 1.2"),
        ("macros", "onsKg}{1.58484e-05}", "onsKg}{1.58485e-05}", r":11: \carbonEmissionsKg: DIFFERS"),
        ("json", '"duration_s": 52.522', '"duration_s": 52.523', "report.json:15: totals.duration_s: DIFFERS"),
    ],
)  # fmt: skip
def test_one_digit_changed_is_found(
    carbon: Carbon, tmp_path: Path, output: str, old: str, new: str, place: str
) -> None:
    path = made(carbon, tmp_path, output)
    if not old:  # in its table alone
        old = next(line for line in path.read_text(encoding="utf-8").splitlines() if "Energy of the machines" in line)
        new = old.replace("318.7", "318.8")
    changed(path, old, new)
    done = carbon("verify", path, SWEEP, *CONTEXT, "--quiet")
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if "DIFFERS" in line]
    assert len(wrong) == 1, done.stdout
    assert place in wrong[0]


@pytest.mark.parametrize(
    ("old", "new", "slip"),
    [
        ("used 382.4 mWh", "used 458.9 mWh", "the PUE of 1.2 is counted twice"),
        ("used 382.4 mWh", "used 318.7 mWh", "this is the energy of the machines, without the PUE"),
        ("15.848 mg of", "13.207 mg of", "the PUE of 1.2 is left out"),
        ("15.848 mg of", "15.848 g of", "1,000 times too much"),
        ("15.848 mg of", "15.848 kg of", "a million times too much"),
        ("15.848 mg of", "4.322 mg of", "the mass of carbon (C), not of CO2"),
        ("15.848 mg of", "121.4 mg of", "this is what the tracker itself reported"),
        ("15.848 mg of", "1.321 mg of", "the mean of the 12 runs"),
        ("15.848 mg of", "956.6 µg of", "this is one run alone (e25c8887"),
        ("used 382.4 mWh", "used 1376.8 mWh", "MJ were taken for kWh"),
        ("used 382.4 mWh", "used 382.4 mW", "no figure stands here; the logs give 382.4 mWh"),
    ],
)
def test_slips_are_named(carbon: Carbon, tmp_path: Path, old: str, new: str, slip: str) -> None:
    path = changed(made(carbon, tmp_path, "statement"), old, new)
    done = carbon("verify", path, SWEEP, *CONTEXT, "--quiet")
    assert done.returncode == 1
    assert slip in done.stdout, done.stdout


def test_a_pue_that_only_the_text_counts_is_named(carbon: Carbon, tmp_path: Path) -> None:
    path = made(carbon, tmp_path, "statement")
    done = carbon("verify", path, SWEEP, "--country", "FRA", "--quiet")
    assert done.returncode == 1
    assert "the text counts a PUE of 1.2, the logs tell none; give --pue 1.2" in done.stdout


def test_the_sum_of_cumulative_rows_is_named(carbon: Carbon, tmp_path: Path) -> None:
    parts = {"energy_consumed": 0.1, "cpu_energy": 0.02, "gpu_energy": 0.07, "ram_energy": 0.01, "emissions": 0.004}
    rows: list[dict[str, object]] = [
        {"duration": 60.0 * n, **{column: n * value for column, value in parts.items()}} for n in (1, 2, 3, 4)
    ]
    log = emissions_csv(tmp_path, *rows)
    path = tmp_path / "paper.txt"
    path.write_text("This work contributed 0.040 kg of CO2e to the atmosphere and used 1.000 kWh of electricity.\n")
    done = carbon("verify", path, log, "--quiet")
    assert done.returncode == 1
    assert done.stdout.count("this is the sum of all rows") == 2, done.stdout
    path.write_text("This work contributed 0.016 kg of CO2e to the atmosphere and used 0.400 kWh of electricity.\n")
    assert carbon("verify", path, log).returncode == 0


def test_what_an_author_retyped_agrees_within_its_digits(carbon: Carbon, tmp_path: Path) -> None:
    paper = tmp_path / "paper.tex"
    paper.write_text(
        "\\documentclass{article}\n% This work contributed 99 kg of CO2e to the atmosphere\n"
        "This work\ncontributed 16~g of $\\text{CO}_{2eq}$ to the atmosphere and\nused $0.4$~kWh of electricity.\n"
    )  # as an author types it: fewer digits, wrapped lines, another way to write CO2e
    log = emissions_csv(tmp_path, {"emissions": 0.0165})
    done = carbon("verify", paper, log)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{paper}:4: emissions: agrees: 16 g of CO2e is published" in done.stdout
    assert f"{paper}:5: energy: agrees: 0.4 kWh is published" in done.stdout
    changed(paper, "16~g", "15~g")
    assert carbon("verify", paper, log).returncode == 1
    assert carbon("verify", paper, log, "--tolerance", "12%").returncode == 0
    assert carbon("verify", paper, log, "--tolerance=0.01").returncode == 1


def test_a_report_tells_its_options(carbon: Carbon, tmp_path: Path) -> None:
    path = made(carbon, tmp_path, "json", context=(*CONTEXT, "--uncertainty", "--offsets", "1kg"))
    done = carbon("verify", path, SWEEP, "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "with --country FRA --pue 1.2 --uncertainty --offsets 1kg, as the report itself tells" in done.stdout


def test_a_report_whose_statement_alone_was_changed(carbon: Carbon, tmp_path: Path) -> None:
    path = changed(made(carbon, tmp_path, "json"), "contributed 15.848", "contributed 12.848")
    done = carbon("verify", path, SWEEP, *CONTEXT, "--quiet")
    assert done.returncode == 1
    assert "statement: emissions: DIFFERS: 12.848 mg" in done.stdout


def test_a_run_left_out_of_a_report_is_found(carbon: Carbon, tmp_path: Path) -> None:
    path = made(carbon, tmp_path, "json")
    document = json.loads(path.read_text(encoding="utf-8"))
    gone = document["runs"].pop()
    path.write_text(json.dumps(document), encoding="utf-8")
    done = carbon("verify", path, SWEEP, *CONTEXT, "--quiet")
    assert done.returncode == 1
    assert f"runs.{gone['id']}.it_energy_kwh: DIFFERS: no figure stands here" in done.stdout


def test_other_tables_of_a_readme_stay_out_of_it(carbon: Carbon, tmp_path: Path) -> None:
    path = made(carbon, tmp_path, "readme")
    path.write_text("| Model | PUE |\n|--|--|\n| Runs | 99 |\n| PUE | 1.9 |\n\n" + path.read_text(encoding="utf-8"))
    assert carbon("verify", path, SWEEP, *CONTEXT).returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# A README\n\nNothing here.\n", "holds nothing to compare"),
        (b"", "holds nothing to compare"),
        (b"\0\0\0\0", "this is no text"),
        (b"%PDF-1.7\n", "this is no text"),
        (b'{"schema": "something/2"}', "this is no JSON of schema carbon-report/1"),
        (b'{"schema": "carbon-report/1", ', "this is no whole JSON"),
        (b'{"a":' * 5000, "this is no whole JSON"),
        (b"x" * (9 << 20), "larger than 8 MiB"),
    ],
    ids=["nothing", "empty", "binary", "pdf", "other-json", "cut-json", "deep-json", "large"],
)
def test_what_cannot_be_compared_is_one_line(carbon: Carbon, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "published.md"
    path.write_bytes(content)
    done = carbon("verify", path, SWEEP)
    assert done.returncode == 1
    assert message in done.stderr
    assert len([line for line in done.stderr.splitlines() if str(path) in line]) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the published file and the logs"),
        (("x.md",), "name the published file and the logs"),
        (("--pue", "1.2"), "name the published file and the logs"),
        (("x.md", SWEEP, "--latex", "y.tex"), "verify writes no file"),
        (("x.md", SWEEP, "--tolerance", "much"), "write a share, such as 1%"),
        (("x.md", SWEEP), "cannot be read: No such file"),
        ((".", SWEEP), "this is no file"),
        ((SWEEP, SWEEP), "cannot be its own log"),
    ],
)
def test_wrong_usage_is_one_line(carbon: Carbon, arguments: tuple[object, ...], message: str) -> None:
    done = carbon("verify", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("printed", "value", "half", "dimension"),
    [
        ("8.021 kg of CO2e", 8.021, 0.0005, "kgCO2e"),
        ("1,234.5 g", 1.2345, 5e-5, "kgCO2e"),
        ("24.7 tonnes", 24_700.0, 50.0, "kgCO2e"),
        ("382.4 mWh", 3.824e-4, 5e-8, "kWh"),
        ("433 MWh", 433e3, 500.0, "kWh"),
        ("3.6 MJ", 1.0, 0.05 / 3.6, "kWh"),
        ("41.4 gCO2e/kWh", 41.4, 0.05, "g/kWh"),
        ("0.35 kg per kWh", 350.0, 5.0, "g/kWh"),
        ("1000 g", 1.0, 0.05, "kgCO2e"),
        ("$0.0000034", 3.4e-6, 5e-8, "USD"),
        ("1.22 × 10-8 kg", 1.22e-8, 5e-11, "kgCO2e"),
        ("3.3M GPU hours", 3.3e6, 5e4, "GPU h"),
        ("300 kW", 3e5, 5e3, "W"),
        ("300 kW·h", 300.0, 5.0, "kWh"),
    ],
)
def test_printed_figures_with_their_last_digit(printed: str, value: float, half: float, dimension: str) -> None:
    (one,) = quantities.found(printed)
    assert one.value == pytest.approx(value)
    assert one.half == pytest.approx(half)
    assert one.dimension == dimension


def test_both_ends_of_a_range_take_its_unit() -> None:
    low, high = quantities.found("(9.314–24.296 mg)")
    assert low.value == pytest.approx(9.314e-6)
    assert high.value == pytest.approx(24.296e-6)
    assert low.text == "9.314 mg"


@pytest.mark.parametrize("words", ["codecarbon 3.3.2", "1e999999 kg", "10^400 kg", "9" * 400 + " kg", "v2g", "", "kg"])
def test_what_is_no_quantity(words: str) -> None:
    assert list(quantities.found(words)) == []


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"CO\textsubscript{2}e", "CO2e"),
        (r"$\text{CO}_{2eq}$", "CO2e"),
        (r"CO$_2$eq", "CO2e"),
        (r"\$0.38~x", "$0.38 x"),
        (r"5~\ensuremath{\mu}g", "5 µg"),
        (r"\qty{3}{\kilo\watt\hour}", "3 kWh"),
        (r"9.3--24.3~mg % 1 kg", "9.3–24.3 mg"),
        (r"\carbonqty{1.5}{kg}{1.5~kg}", "1.5 kg"),
        (r"$8.021$ kg", "8.021 kg"),
        (r"20{,}000 kg", "20,000 kg"),
    ],
)
def test_latex_as_plain_words(latex: str, words: str) -> None:
    assert text.page(latex, "x.tex").prose.strip() == words


def test_durations_are_added_up() -> None:
    (figure,) = [one for one in figures.of_text("over 3 runs lasting 9 d 4 h in all: x") if "duration" in one.key]
    assert figure.quantities[0].value == 9 * 86_400 + 4 * 3600
    assert figure.quantities[0].half == 1800
