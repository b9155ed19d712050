"""A log of each tracker through every output: each is whole, is of its format, and shows the energy that the log holds.

A tracker without a sample, and an output without a check here, fails a test of its own.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree

import pytest
import yaml

from reporter import importers, renderers
from reporter.assess import assess
from reporter.options import make
from reporter.renderers import display
from reporter.report import Report

from .conftest import SAMPLES, SWEEP
from .test_samples import EXPECTED
from .test_schema import problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: One sample of each tracker, the last; the ledger, which has none, is written from CodeCarbon's.
LOGS = {case["tracker"]: case for case in EXPECTED}
LEDGER = next(case for case in EXPECTED if SAMPLES / case["path"] == SWEEP)
TRACKERS = sorted(importers.available())
#: What the forms of machines and venues ask for and no log tells.
ANSWERS = [
    "stage=training", "task=text classification", "algorithm=transformer", "data=text", "infrastructure=onPremise",
    "model=m", "parameters=110M", "hardware=1 x A100",
]  # fmt: skip


@cache
def report(tracker: str) -> Report:
    options = make(CHOSEN)
    path = SWEEP if tracker == "ledger" else SAMPLES / LOGS[tracker]["path"]
    reading = importers.read([str(path)])
    return Report(assess(reading, options), title=f"Of {tracker}", authors=("A. Author",), answers=options.answers)


class Energy(NamedTuple):
    """What the log holds, in kWh: with the data centre's PUE, and of the machines alone."""

    kwh: float
    it_kwh: float


def energy(tracker: str) -> Energy:
    case = LOGS.get(tracker, LEDGER)
    return Energy(float(case["energy_kwh"]), float(case["it_energy_kwh"]))


def text_of(content: bytes) -> str:
    """The words of a page with every kind of space as a space, since a unit keeps to its number by a special one."""
    text = re.sub(r"[\s\u00a0\u2009\u202f~]+|\\,", " ", content.decode("utf-8").replace(r"\ensuremath{\mu}", "µ"))
    assert "None" not in text
    assert "nan " not in text
    return text


def shows_energy(content: bytes, held: Energy) -> str:
    text = text_of(content)
    assert text_of(display.energy(held.kwh).encode()) in text
    return text


def is_words(content: bytes, held: Energy) -> None:
    shows_energy(content, held)


def is_latex(content: bytes, held: Energy) -> None:
    text = re.sub(r"(?<!\\)%.*", "", content.decode("utf-8"))
    shows_energy(content, held)
    open_ones: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([\w*]+)\}", text):
        if kind == "begin":
            open_ones.append(name)
        else:
            assert open_ones.pop() == name
    assert open_ones == []
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}")


def is_macros(content: bytes, held: Energy) -> None:
    told = dict(re.findall(r"^\\newcommand\{\\carbon(\w+)\}\{(.*)\}$", content.decode(), re.MULTILINE))
    assert float(told["EnergyKwh"]) == pytest.approx(held.kwh, rel=1e-5)


def is_bibtex(content: bytes, held: Energy) -> None:
    text = content.decode("utf-8")
    entries = re.findall(r"^@(\w+)\{([\w:-]+),\n((?:  \w+ = \{.*\},\n)+)\}$", text, re.MULTILINE)
    assert len(entries) == text.count("@") - text.count("{@") > 0
    assert len({key for _, key, _ in entries}) == len(entries)
    assert all("title = {" in fields for _, _, fields in entries)
    assert text.count("{") == text.count("}")


def is_html(content: bytes, held: Energy) -> None:
    import html5lib

    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content.decode("utf-8"))
    words = " ".join("".join(tree.find("body").itertext()).split())
    assert text_of(display.energy(held.kwh).encode()) in words.replace("\u202f", " ")


def is_card(content: bytes, held: Energy) -> None:
    text = content.decode("utf-8")
    shows_energy(content, held)
    _, matter, _ = text.split("---\n", 2)
    told = yaml.safe_load(matter)
    assert told is None or set(told) <= {"co2_eq_emissions"}
    assert told is None or float(told["co2_eq_emissions"]["emissions"]) >= 0


def is_svg(content: bytes, held: Energy) -> None:
    tree = ElementTree.fromstring(content.decode("utf-8"))  # noqa: S314 - our own output
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert tree.find("{http://www.w3.org/2000/svg}title") is not None


def is_shields(content: bytes, held: Energy) -> None:
    told = json.loads(content)
    assert (told["schemaVersion"], set(told)) == (1, {"schemaVersion", "label", "message", "color"})


def is_json(content: bytes, held: Energy) -> None:
    told = json.loads(content)
    assert problems(told) == []
    assert told["totals"]["energy_kwh"] == pytest.approx(held.kwh, rel=1e-9)


def is_boamps(content: bytes, held: Energy) -> None:
    (measure,) = json.loads(content)["measures"]
    assert measure["powerConsumption"] == pytest.approx(held.it_kwh, rel=1e-9)


def is_spdx(content: bytes, held: Energy) -> None:
    (package,) = (one for one in json.loads(content)["@graph"] if one["type"] == "ai_AIPackage")
    fields = [told for told in package["ai_energyConsumption"].values() if isinstance(told, list)]
    whole = sum(float(one["ai_energyQuantity"]) for told in fields for one in told)
    assert whole == pytest.approx(held.kwh, rel=1e-9)


def is_ledger(content: bytes, held: Energy) -> None:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    _sums_up([row["energy_kwh"] for row in rows], held)


def is_parquet(content: bytes, held: Energy) -> None:
    import pandas

    _sums_up(list(pandas.read_parquet(io.BytesIO(content))["energy_kwh"]), held)


def _sums_up(energies: list[str], held: Energy) -> None:
    """Energies of runs that nobody metered are worked out only when they are assessed, and not written."""
    assert energies
    if all(energies):
        assert sum(map(float, energies)) == pytest.approx(held.it_kwh, rel=1e-9)


def is_checklist(content: bytes, held: Energy) -> None:
    text = text_of(content)
    assert text.startswith("# ")
    assert re.search(r"- \[[ x]\] \*\*", text)


def is_pdf(content: bytes, held: Energy) -> None:
    from pypdf import PdfReader

    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    shows_energy(words.encode(), held)


CHECKS: dict[str, Callable[[bytes, Energy], None]] = {
    "badge": is_svg, "bibtex": is_bibtex, "boamps": is_boamps, "comment": is_words, "html": is_html, "json": is_json,
    "latex": is_latex, "latex-table": is_latex, "ledger": is_ledger, "macros": is_macros, "markdown": is_words,
    "model-card": is_card, "parquet": is_parquet, "pdf": is_pdf, "readme": is_words, "shields": is_shields,
    "spdx": is_spdx, "statement": is_words, "template": is_words, "terminal": is_words,
}  # fmt: skip
OUTPUTS = sorted(set(renderers.available()) - {"pdf"})
#: SPDX has fields for some phases only, and the list that was written by hand has a run of another.
OTHERWISE = {("hand-written", "spdx"): Energy(69.3, 69.3)}
CHOSEN = {"answers": ANSWERS, "country": "FRA"}


def test_every_tracker_has_a_log_and_every_output_a_check() -> None:
    assert set(TRACKERS) == {*LOGS, "ledger"}
    assert {name for name in renderers.available() if not name.startswith("checklist-")} == set(CHECKS)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("tracker", TRACKERS)
def test_each_tracker_through_each_output(
    tracker: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772323200")  # of forms that want a date, where no log has one
    made = report(tracker)
    if tracker == "ledger":
        (tmp_path / "runs.ledger.csv").write_bytes(renderers.available()["ledger"].render(made))
        made = Report(assess(importers.read([str(tmp_path)]), make(CHOSEN)), answers=made.answers)
    if output == "template":
        (tmp_path / "own.txt.j2").write_text("{{ footprint.energy|energy }} by {{ report.title }}\n", encoding="utf-8")
        made = dataclasses.replace(made, template=str(tmp_path / "own.txt.j2"))
    content = renderers.available()[output].render(made)
    assert content.endswith((b"\n", b"PAR1")) or output == "badge"
    CHECKS.get(output, is_checklist)(content, OTHERWISE.get((tracker, output), energy(tracker)))


@pytest.mark.parametrize("tracker", TRACKERS)
def test_without_a_country_the_json_is_as_whole(tracker: str) -> None:
    reading = importers.read([str(SAMPLES / LOGS.get(tracker, LEDGER)["path"])])
    is_json(renderers.available()["json"].render(Report(assess(reading))), energy(tracker))


@pytest.fixture(scope="module")
def together() -> Any:
    """One report of all trackers' logs in one call."""
    paths = [str(SAMPLES / case["path"]) for case in LOGS.values()]
    return assess(importers.read(paths), make({"group_by": "tracker"}))


@pytest.mark.parametrize("output", ["pdf", "html", "json", "markdown"])
def test_all_trackers_together(output: str, together: Any) -> None:
    content = renderers.available()[output].render(Report(together))
    whole = Energy(*(sum(parts) for parts in zip(*map(energy, LOGS), strict=True)))
    assert together.energy.value == pytest.approx(whole.kwh, rel=1e-9)
    CHECKS[output](content, whole)
    if output in {"html", "markdown"}:
        assert [name for name in LOGS if name not in text_of(content)] == []
