"""--anonymous: secrets planted in every text of the logs reach no byte of any output; the numbers stay."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import reporter.factors
import reporter.footprint
import reporter.quotient
import reporter.run
from reporter import importers, renderers
from reporter.anonymous import anonymous
from reporter.assess import assess
from reporter.errors import FINDINGS, Finding, ReportError
from reporter.options import Options
from reporter.report import Report

from .conftest import HEADER, SAMPLES, emissions_csv

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from reporter.run import Reading

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

OUTPUTS = [name for name, made in renderers.available().items() if made.says]
#: Outputs that ask for answers, which the author writes for them, and which stay.
ASKING = ("--answer", "stage=training", "--answer", "task=t", "--answer", "algorithm=a", "--answer", "data=text",
          "--answer", "infrastructure=onPremise")  # fmt: skip
LATITUDE, LONGITUDE = "48.13743", "11.57549"
#: What a log writes that is no name: numbers, days, and plain words of which our own pages have many.
PUBLIC = re.compile(r"\d+([.,]\d+)*|\d{4}-\d\d-\d\d|[a-z]+|fine-tuning")


def planted(folder: Path) -> Path:
    """A CodeCarbon log with a secret in every column that holds words, in a folder whose name is one."""
    words = {
        column: f"zqsec{place}"
        for place, column in enumerate(HEADER.split(","))
        if not re.search("timestamp|duration|emission|power|energy|pue|iso_code|country_name", column)
    }
    more = {
        "os": "zqsecos-node17", "python_version": "zqsecpython", "experiment_id": "zqsecexperiment",
        "cloud_provider": "zqseccloud", "cloud_region": "zqsecregion", "longitude": LONGITUDE, "latitude": LATITUDE,
    }  # fmt: skip
    words["gpu_model"] = "1 x NVIDIA A100-SXM4-80GB of zqsecnode17"
    home = folder / "zqsechome-alice"
    home.mkdir(exist_ok=True)
    log = emissions_csv(home, {**words, "run_id": "zqsecrun-1"}, {**words, "run_id": "zqsecrun-2", "pue": 1.4})
    rows = list(csv.reader(log.open(encoding="utf-8")))
    rows = [[*row, *(more if place == 0 else more.values())] for place, row in enumerate(rows)]
    with log.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return log


def within_pdf(path: Path) -> bytes:
    """The metadata, texts and streams of a PDF, each as it reads."""
    import pypdf

    pdf = pypdf.PdfReader(path)
    found = [repr(pdf.metadata).encode(), repr(pdf.xmp_metadata and pdf.xmp_metadata.stream.get_data()).encode()]
    found += [page.extract_text().encode() for page in pdf.pages]
    for number in range(1, len(pdf.xref[0]) + len(pdf.xref_objStm) + 1):
        thing = pdf.get_object(number)
        found.append(repr(thing).encode())
        if isinstance(thing, pypdf.generic.StreamObject):
            found.append(thing.get_data())
    return b"\n".join(found)


def content(path: Path) -> bytes:
    return within_pdf(path) if path.suffix == ".pdf" else path.read_bytes()


def test_no_output_holds_a_secret(tmp_path: Path, carbon: Carbon) -> None:
    log = planted(tmp_path)
    own = tmp_path / "zqsecfactors.csv"
    own.write_text("table,key,label,value,unit,year,source\nintensity,FRA,zqseclabel grid,50,gCO2e/kWh,2026,"
                   "zqsecauthor 2026 https://zqsechost.example\n", encoding="utf-8")  # fmt: skip
    calls = [word for name in OUTPUTS for word in (f"--{name}", f"out-{name}{renderers.available()[name].endings[0]}")]
    environment = {"USER": "zqsecuser", "LOGNAME": "zqsecuser", "HOSTNAME": "zqsecmachine", "HOME": "/home/zqsecuser"}
    asked = ("--working", "--uncertainty", "--compare", "--what-if", "country", "--factors", own, "--country", "FRA")
    names = ("--authors", "Zqsecarola Miller", "--title", "Kept title")
    done = carbon(log, *calls, *ASKING, *names, *asked, "--anonymous", "--quiet", **environment)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    made = sorted(tmp_path.glob("out-*"))
    assert len(made) == len(OUTPUTS)
    whole = {path.name: content(path).lower() for path in made}
    secrets = [b"zqsec", socket.gethostname().lower().encode(), str(tmp_path).lower().encode(), LATITUDE.encode()]
    leaks = [(name, secret, text[max(0, place - 60) : place + 60]) for name, text in whole.items()
             for secret in [*secrets, LONGITUDE.encode()]
             if len(secret) > 4 and (place := text.find(secret)) >= 0]  # fmt: skip
    assert leaks == []
    assert b"Kept title" in (tmp_path / "out-html.html").read_bytes()
    assert b"run 1" in (tmp_path / "out-json.json").read_bytes()


def test_the_test_itself_finds_what_is_there(tmp_path: Path, carbon: Carbon) -> None:
    log = planted(tmp_path)
    assert (
        carbon(
            log, "--pdf", "a.pdf", "--html", "a.html", "--title", "T", "--authors", "Zqsecarola", "--quiet"
        ).returncode
        == 0
    )
    for name in ("a.pdf", "a.html"):
        assert b"zqsec1" in content(tmp_path / name).lower()
        assert b"zqsecarola" in content(tmp_path / name).lower()


def samples() -> list[Path]:
    """One sample of each tracker."""
    return sorted(folder for folder in SAMPLES.iterdir() if folder.is_dir() and folder.name in importers.available())


def first_read(folder: Path) -> Reading:
    """What the first sample of a tracker gives that is a log."""
    for path in sorted(folder.rglob("*")):
        try:
            return importers.read([str(path)], reader=folder.name)
        except ReportError:
            continue
    pytest.fail(f"no sample of {folder.name} can be read")


def words_of(report: Report) -> set[str]:
    """The words that a log wrote into its runs, as far as they could tell whose it is."""
    found: set[str] = set()
    for item in report.footprint.runs:
        run = item.run
        found |= {run.id, run.host or "", run.system or "", run.source, *run.labels.values(), *run.source.split("/")}
    found |= {entry.sha256 for entry in report.footprint.inputs} | {entry.path for entry in report.footprint.inputs}
    return {word for word in found if len(word) >= 6 and not PUBLIC.fullmatch(word)}


@pytest.mark.parametrize("folder", samples(), ids=lambda folder: str(folder.name))
def test_no_tracker_tells_in_json_or_text(folder: Path) -> None:
    report = Report(assess(first_read(folder)), working=True)
    shown = anonymous(report)
    texts = {
        name: renderers.available()[name].render(shown).decode() for name in ("json", "markdown", "latex", "model-card")
    }
    public = set(report.footprint.trackers) | {folder.name, "emissions.csv", "samples"}
    leaks = [(name, word) for name, text in texts.items() for word in words_of(report) - public if word in text]
    assert leaks == []


def numbers(value: Any) -> Iterator[float | None]:
    """Every number of a JSON document in its order."""
    if isinstance(value, dict):
        for key in value:
            if key not in {"line", "labels"}:
                yield from numbers(value[key])
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, int | float):
        yield value


def test_the_numbers_are_the_same(tmp_path: Path) -> None:
    read = importers.read([str(planted(tmp_path))])
    options = Options(country="FRA", uncertainty=True, embodied=True, hardware=("8 x A100-SXM4-80GB",), compare=True,
                      group_by=("project",), what_if=("country", "pue=1.1"))  # fmt: skip
    report = Report(assess(read, options))
    before, after = (json.loads(renderers.available()["json"].render(one)) for one in (report, anonymous(report)))
    assert list(numbers(after)) == list(numbers(before))
    assert [run["id"] for run in after["runs"]] == ["run 1", "run 2"]
    assert after["groups"] == before["groups"]  # --group-by names what the author wants to show


def test_twice_is_the_same_as_once(tmp_path: Path) -> None:
    report = Report(assess(importers.read([str(planted(tmp_path))])), authors=("A",))
    once = anonymous(report)
    assert anonymous(once) == once
    assert once.authors == ()
    assert report.authors == ("A",)


def test_processors_keep_their_names_and_nothing_else(tmp_path: Path) -> None:
    told = {
        "Intel(R) Xeon(R) CPU E5-2630 v3 @ 2.40GHz": "Intel(R) Xeon(R) CPU E5-2630 v3 @ 2.40GHz",
        "AMD EPYC 7763 64-Core Processor": "AMD EPYC 7763 64-Core Processor",
        "8 x NVIDIA A100-SXM4-80GB": "8 x NVIDIA A100-SXM4-80GB",
        "Apple M1 Max": "Apple M1 Max",
        "NVIDIA GeForce RTX 4090 on alice-box": "NVIDIA GeForce RTX 4090",
        "gpu-node17.tu-example.de": None,
        "secret": None,
    }
    for name, kept in told.items():
        report = Report(assess(importers.read([str(emissions_csv(tmp_path, {"gpu_model": name}))])))
        assert anonymous(report).footprint.runs[0].run.gpu_model == kept


#: Fields that hold words, and why each may stay or how it is replaced. A new field must be thought of here.
THOUGHT_OF = {
    "Run": "id tracker source basis country region cloud_provider cloud_region cpu_model gpu_model system "
           "python_version tracker_version host device_power_w labels",
    "Device": "kind model",
    "Input": "path tracker sha256",
    "Finding": "code level message where",
    "Factor": "kind key label unit boundary source note origin",
    "RunFootprint": "country",
    "Amount": "unit basis",
    "Part": "cause",
    "Contribution": "cause",
    "Budget": "quantity",
    "SeriesUse": "paths provider zone signal boundary unit",
    "SocialCost": "series country",
    "Scenario": "kind key label boundary",
    "Shift": "kind window signal boundary",
    "Phase": "name",
    "Overhead": "model",
    "ModelEmissions": "model dataset",
    "Indicators": "metric served",
    "Intensity": "unit",
    "Group": "name",
    "Contrast": "quantity unit names conclusion",
    "Significance": "test",
    "Summary": "name unit",  # of the author's tree of experiments, which is written for the report
    "Experiment": "path description",
    "Footprint": "parts group_by",
}  # fmt: skip


def test_every_field_with_words_was_thought_of() -> None:
    places = (
        reporter.run,
        reporter.footprint,
        reporter.factors,
        reporter.footprint.analyses,
        reporter.footprint.amount,
    )
    types = {value for place in places for value in vars(place).values() if isinstance(value, type)}
    found = {}
    for made in [*types, Finding]:
        if dataclasses.is_dataclass(made) or hasattr(made, "_fields"):
            named = {key: str(told) for key, told in made.__annotations__.items()}
            texts = [key for key, told in named.items() if re.search(r"\bstr\b|Literal|Basis|Served|Level", told)]
            if texts and made.__name__ not in {"Source", "Reference", "Picture"}:
                found[made.__name__] = " ".join(texts)
    assert found == {name: " ".join(told.split()) for name, told in THOUGHT_OF.items()}


def test_findings_keep_code_and_level_but_not_their_words(tmp_path: Path) -> None:
    footprint = assess(importers.read([str(planted(tmp_path))]))
    told = Finding("CR002", "warning", "zqsecsecret is no number", "zqsechome/emissions.csv:3")
    report = Report(dataclasses.replace(footprint, findings=(told,)))
    assert anonymous(report).footprint.findings == (Finding("CR002", "warning", FINDINGS["CR002"], None),)


def test_the_author_still_sees_the_findings(tmp_path: Path, carbon: Carbon) -> None:
    log = planted(tmp_path)
    with log.open("a", encoding="utf-8") as file:
        file.write("2026-13-77,zqsecbroken\n")
    done = carbon(log, "--anonymous", "--json", "a.json")
    assert "emissions.csv:4" in done.stderr
    assert b"zqsec" not in (tmp_path / "a.json").read_bytes()
