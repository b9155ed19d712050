"""Languages: complete catalogues, numbers and names as readers write them, each thread its own, English for nothing."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import ReportError
from reporter.footprint import Amount
from reporter.options import Options, make
from reporter.renderers import badge, display, latex, locales, markdown, model_card, statement, terminal
from reporter.renderers import json as json_output
from reporter.report import Report
from reporter.wording import LANGUAGES

from . import golden
from .catalogues import FOREIGN, messages, translations, written
from .conftest import ROOT, SWEEP
from .text_outputs import HENDERSON, named, report

_PLACEHOLDER = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("code", FOREIGN)
def test_every_message_is_translated_with_its_placeholders(code: str) -> None:
    told = translations(code)

    assert [one for one, many in messages() if not all(told.get((one, many), ("",)))] == [], (
        "python -m tests.catalogues --write adds them to the catalogues, to be translated there"
    )
    for (one, many), said in told.items():
        known = set(_PLACEHOLDER.findall(one + (many or "")))
        for text in said:
            assert set(_PLACEHOLDER.findall(text)) <= known, text
            assert many or set(_PLACEHOLDER.findall(text)) == known, text


@pytest.mark.parametrize("code", FOREIGN)
def test_every_language_has_all_the_words(code: str) -> None:
    english = {path.name for path in (ROOT / "templates" / "words").glob("*.txt")}

    assert {path.name for path in (ROOT / "templates" / "words" / code).glob("*.txt")} == english


@pytest.mark.parametrize("code", FOREIGN)
def test_words_cite_and_count_the_same_in_every_language(code: str) -> None:
    """A sentence that a translator forgot would take its citation or its figure along."""
    there = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "templates" / "words").glob("*.txt")}
    for name, english in there.items():
        told = (ROOT / "templates" / "words" / code / name).read_text(encoding="utf-8")
        for pattern in (r"cite\([^)]*\)", r"\|\s*(?:mass|energy|duration|ratio|intensity|cost|plain|quantity|share)\b"):
            assert sorted(re.findall(pattern, told)) == sorted(re.findall(pattern, english)), (name, pattern)


def test_the_catalogues_are_written_as_they_stand() -> None:
    for code in FOREIGN:
        path = ROOT / "templates" / "words" / code / "labels.po"
        told = written(code, translations(code))
        assert path.read_text(encoding="utf-8") == told, "python -m tests.catalogues --write"


@pytest.mark.parametrize(
    ("code", "mass", "large", "cost", "share", "duration"),
    [
        ("en", "8.021 kg", "1,234,567 t", "$0.38 ($0.00, $0.95)", "62 %", "9 d 4 h"),
        ("de", "8,021 kg", "1.234.567 t", "0,38\u00a0$ (0,00\u00a0$ bis 0,95\u00a0$)", "62\u00a0%", "9 d 4 h"),
        ("fr", "8,021 kg", "1\u202f234\u202f567 t", "0,38\u00a0$US (0,00\u00a0$US à 0,95\u00a0$US)", "62\u00a0%",
         "9 j 4 h"),
        ("es", "8,021 kg", "1.234.567 t", "0,38\u00a0US$ (0,00\u00a0US$ a 0,95\u00a0US$)", "62\u00a0%", "9 d 4 h"),
        ("nb", "8,021 kg", "1\u00a0234\u00a0567 t", "0,38\u00a0USD (0,00\u00a0USD til 0,95\u00a0USD)", "62\u00a0%",
         "9 d 4 h"),
        ("zh", "8.021 kg", "1,234,567 t", "US$0.38（US$0.00 至 US$0.95）", "62%", "9 天 4 小时"),
    ],
)  # fmt: skip
def test_numbers_as_readers_write_them(
    code: str, mass: str, large: str, cost: str, share: str, duration: str
) -> None:
    with locales.speaking(code):
        assert display.mass(8.021) == mass
        assert display.mass(1_234_567_000.0) == large
        assert display.cost(Amount(0.3836, "USD2005", 0.0045, 0.9489)) == cost
        assert display.share(0.62) == share
        assert display.duration(792_000.0) == duration


def test_thousands_countries_days_and_plurals() -> None:
    day = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
    told = {}
    for code in LANGUAGES:
        with locales.speaking(code):
            runs = display.runs(1), display.runs(3)
            told[code] = (display.whole(1234), locales.country("DEU"), display.date(day), *runs)

    assert told["en"] == ("1,234", "Germany", "2026-11-21", "1 run", "3 runs")
    assert told["de"] == ("1.234", "Deutschland", "21.11.2026", "1 Lauf", "3 Läufe")
    assert told["fr"] == ("1\u202f234", "Allemagne", "21 nov. 2026", "1 exécution", "3 exécutions")
    assert told["es"] == ("1234", "Alemania", "21 nov 2026", "1 ejecución", "3 ejecuciones")
    assert told["nb"] == ("1\u00a0234", "Tyskland", "21. nov. 2026", "1 kjøring", "3 kjøringer")
    assert told["zh"] == ("1,234", "德国", "2026年11月21日", "1 次运行", "3 次运行")


def test_henderson_in_german(tmp_path: Path) -> None:
    text = statement.render(report(tmp_path, HENDERSON, scc="ricke2018:USA", language="de")).decode()

    assert text.startswith("Diese Arbeit hat 8,021 kg CO₂e (5,499–")
    assert "24,344 kWh Strom verbraucht" in text
    assert "PUE) von 1,58" in text


def test_figures_stand_alike_in_every_language() -> None:
    """What a language changes is signs and words: the digits of all figures are those of the English."""
    english = re.findall(r"\d+", statement.render(golden.report()).decode())
    for code in FOREIGN:
        text = statement.render(replace(golden.report(), language=code)).decode()
        assert sorted(re.findall(r"\d+", text)) == sorted(english), code


def test_threads_speak_their_own_language() -> None:
    def statements(code: str) -> set[bytes]:
        return {markdown.render(replace(golden.report(), language=code)) for _ in range(6)}

    alone = {code: statements(code) for code in LANGUAGES}
    with ThreadPoolExecutor(len(LANGUAGES)) as pool:
        together = dict(zip(LANGUAGES, pool.map(statements, LANGUAGES), strict=True))

    assert together == alone
    assert all(len(texts) == 1 for texts in together.values())
    assert locales.current() == locales.ENGLISH


def test_english_needs_no_babel() -> None:
    code = (
        "import jinja2, sys; before = set(sys.modules); sys.modules['babel'] = None;"
        "from reporter.cli import main; status = main(sys.argv[1:]);"
        "print('LOADED', sorted({'babel.core', 'decimal', 'threading'} & set(sys.modules) - before)); sys.exit(status)"
    )
    for output in ("--statement", "--markdown", "--latex"):
        done = _run(code, SWEEP, output)
        assert done.stdout.rstrip().endswith("LOADED []"), done.stderr
    done = _run(code, SWEEP, "--statement", "--language", "de")
    assert done.returncode == 1
    assert "pip install babel" in done.stderr


def _run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_command_line_takes_language_length_and_digits(carbon: Callable[..., Any], tmp_path: Path) -> None:
    short = carbon(SWEEP, "--statement", "short", "--language", "nb", "--digits", "auto")
    assert short.returncode == 0, short.stderr
    assert short.stdout.startswith("Dette arbeidet slapp ut ")
    assert short.stdout.count("\n") == 1
    full = carbon(SWEEP, "--statement", "--statement-length", "full").stdout
    assert full.startswith(carbon(SWEEP, "--statement").stdout)
    assert full.rstrip().count("\n\n") > carbon(SWEEP, "--statement").stdout.rstrip().count("\n\n")
    carbon(SWEEP, "--statement", "./short")
    assert (tmp_path / "short").read_text(encoding="utf-8").startswith("This work contributed")
    for wrong in (("--language", "xx"), ("--digits", "0"), ("--digits", "many"), ("--statement-length", "long")):
        done = carbon(SWEEP, *wrong)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), wrong


def test_a_paragraph_is_one_and_a_short_statement_one_sentence() -> None:
    for code in LANGUAGES:
        short, paragraph = (
            statement.render(replace(golden.report(), language=code, statement_length=length)).decode().strip()
            for length in ("short", "paragraph")
        )
        assert "\n" not in short + paragraph
        assert paragraph.startswith(short)
        assert len(paragraph) > len(short) + 40


@pytest.mark.parametrize(
    ("digits", "kilograms", "low", "high", "shown", "ends"),
    [
        (None, 8.021, 5.499, 13.216, "8.021 kg", "5.499–13.216 kg"),
        ("auto", 8.021, 5.499, 13.216, "8.0 kg", "5.5–13.2 kg"),
        ("auto", 8.021, 8.019, 8.0236, "8.021 kg", "8.019–8.024 kg"),
        ("auto", 1234.5, 900.0, 2000.0, "1,200 kg", "900–2,000 kg"),
        ("auto", 9.97, 8.0, 12.0, "10 kg", "8–12 kg"),
        ("auto", 0.0042, 0.000001, 0.009, "4.2 g", "0.001–9.0 g"),
        ("auto", 8.021, None, None, "8.021 kg", ""),
        (3, 8.021, 5.499, 13.216, "8.02 kg", "5.50–13.22 kg"),
        (3, 1234.5, None, None, "1,230 kg", ""),
        (1, 0.0165, None, None, "20 g", ""),
    ],
)
def test_digits(digits: Any, kilograms: float, low: float | None, high: float | None, shown: str, ends: str) -> None:
    told = Amount(kilograms, "kgCO2e", low, high)
    with locales.speaking("en", digits):
        assert display.mass(told) == shown
        assert display.mass_range(told) == ends


def test_digits_reach_every_output_but_those_of_programs() -> None:
    few = replace(golden.report(), digits=2)
    emissions = few.footprint.emissions
    assert emissions is not None
    with locales.speaking("en", 2):
        shown = display.mass(emissions)
    for make_output in (statement.render, markdown.render, terminal.render, model_card.section):
        made = make_output(few)
        assert shown in (made if isinstance(made, str) else made.decode())
    assert json_output.render(few) == json_output.render(golden.report())


def test_wordings_are_options_of_the_configuration_file_too() -> None:
    told = make({}, {"language": "de-AT", "digits": 3, "statement-length": "full"})
    assert (told.language, told.digits, told.statement_length) == ("de", 3, "full")
    assert make({}, {"language": "no"}).language == "nb"
    assert Options().language == "en"
    with pytest.raises(ReportError, match="there are en"):
        make({"language": "tlh"})


NAMES = (
    "ελληνικά πείραμα", "中文实验", "تجربة عربية", "🦊🔥 run", r"\input{x} 100 % $a_b^c$ & #1 ~ {}", "日本語の実験",
    "Ж" * 60, "a<b>&amp;", "x" * 10_000, "中" * 10_000, "{language} %s {0}", "\u202eevil\x1b[31m",
)  # fmt: skip


@pytest.mark.parametrize("code", LANGUAGES)
def test_names_of_any_script_stay_readable_or_are_cut_with_a_mark(code: str, tmp_path: Path) -> None:
    made = report(tmp_path, *named(NAMES), group_by=("project",), language=code)
    point = "." if code in {"en", "zh"} else ","
    for output in (markdown.render, terminal.render, latex.render, model_card.render):
        text = output(made).decode()
        assert not [char for char in text if ord(char) < 32 and char not in "\n"], output
        assert "\u202e" not in text
        assert f"16{point}500" in text or output is model_card.render
        assert "x" * 200 not in text
    page = markdown.render(made).decode()
    assert all(name in page for name in ("ελληνικά πείραμα", "中文实验", "تجربة عربية", "🦊🔥 run", r"\{language\} %s"))
    assert page.count("…") >= 2


def test_chinese_prints_itself_in_latex_and_is_a_code_elsewhere(tmp_path: Path) -> None:
    made = report(tmp_path, *named(NAMES), group_by=("project",), language="zh", standalone=True)
    chinese = latex.render(made).decode()
    assert "本工作向大气排放了" in chinese
    assert "中文实验" in chinese
    assert "ctex" in chinese
    assert "U+4E2D" in latex.render(replace(made, language="de")).decode()


@pytest.mark.component
@pytest.mark.parametrize("code", ["de", "fr", "es", "nb", "zh"])
def test_the_document_compiles(code: str, tmp_path: Path, program: Callable[[str], str]) -> None:
    engine = program("lualatex" if code == "zh" else "pdflatex")
    if code == "zh" and not subprocess.run([program("fc-list"), ":lang=zh"], capture_output=True, check=True).stdout:
        pytest.skip("no Chinese font is installed")
    made = replace(golden.report(), language=code, standalone=True)
    (tmp_path / "x.tex").write_bytes(latex.render(made))
    for _ in range(2):
        done = subprocess.run([engine, "-interaction=nonstopmode", "-halt-on-error", "x.tex"], cwd=tmp_path,
                              capture_output=True, text=True, errors="replace", check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "x.log").read_text(errors="replace")
    assert "Overfull" not in log
    assert "Missing character" not in log


def test_badges_and_cards_speak_and_their_metadata_does_not(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON, language="de")
    assert json.loads(badge.endpoint(made))["message"] == "8,021 kg CO₂e"
    card = model_card.render(made).decode()
    assert "emissions: 8021.0" in card
    assert "8,021 kg" in card
    assert card == model_card.render(Report(made.footprint, language="de")).decode()
