"""What is fuzzed, and what must hold: every input is read, or refused in one line; every output stays well-formed."""

from __future__ import annotations

import contextlib
import csv
import html.parser
import io
import json
import os
import re
import shutil
import tempfile
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from reporter import importers, inert, renderers
from reporter.assess import assess
from reporter.cli import main
from reporter.errors import ReportError
from reporter.footprint import Footprint
from reporter.options import Options
from reporter.report import Report
from reporter.run import Input, Reading, Run

from .mutations import TOKENS, mutated

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples"
TEXT_OUTPUTS = ("statement", "latex", "json", "markdown", "model-card", "ledger", "terminal", "readme", "badge")


class Wrong(AssertionError):
    """Something that must hold does not."""


def files_of(case: str) -> list[Path]:
    """The files of one sample, named as samples/expected.json names it."""
    place = SAMPLES / case
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


@cache
def _samples() -> tuple[tuple[str, list[Path]], ...]:
    cases = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    return tuple((case["tracker"], files_of(case["path"])) for case in cases)


@cache
def _contents() -> list[bytes]:
    return [path.read_bytes() for _, files in _samples() for path in files if path.stat().st_size < 30_000]


# --- logs ---


def make_log(folder: Path, chance: Random) -> None:
    """A sample of some tracker with one of its files damaged; the folder then holds what is read."""
    trackers = sorted({tracker for tracker, _ in _samples()})
    tracker = chance.choice(trackers)
    files = chance.choice([files for name, files in _samples() if name == tracker])
    top = files[0].parent if len(files) == 1 else Path(os.path.commonpath([str(path.parent) for path in files]))
    victim = chance.choice(files)
    for file in files:
        target = folder / file.relative_to(top)
        target.parent.mkdir(parents=True, exist_ok=True)
        content = file.read_bytes()
        target.write_bytes(mutated(content, _contents(), chance) if file == victim else content)


def check_log(folder: Path) -> None:
    """The folder, and each file in it by name, is read and printed, or refused in one line."""
    for path in (folder, *sorted(path for path in folder.rglob("*") if path.is_file())):
        with _refusals():
            report = Report(assess(importers.read([str(path)]), Options()))
            _check_report(report)


@contextlib.contextmanager
def _refusals() -> Any:
    """A refusal is an answer, as long as each of its lines is one line."""
    try:
        yield
    except ReportError as error:
        for one in getattr(error, "errors", (error,)):
            if any(sign in str(one) for sign in "\n\r\x1b\0"):
                raise Wrong(f"a message of several lines: {str(one)!r}") from error


def _check_report(report: Report) -> None:
    for run in report.footprint.runs:
        energy = run.it_energy
        if energy is not None and not 0 <= energy.value < 1e40:
            raise Wrong(f"energy of {energy.value} kWh")
    for name in TEXT_OUTPUTS:
        _check_output(name, renderers.available()[name].render(report))


# --- outputs ---

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MACHINE = ("json", "ledger", "boamps", "shields")  # whose readers want names as they were
_TEX_COMMAND = re.compile(
    r"\\(?:input|include|write|openout|openin|read|catcode|csname|def|directlua|special)(?![a-zA-Z])"
)


class _Tags(html.parser.HTMLParser):
    """Notes what a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        if tag in {"iframe", "object", "embed", "base", "link", "video", "audio", "img"}:
            self.bad.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (name in {"href", "src", "action"} and _leads_out(value or "")):
                self.bad.append(f"{tag} {name}={value}")


def _leads_out(link: str) -> bool:
    return not link.startswith(("#", "https://", "http://", "mailto:", "data:image/png", "data:image/svg"))


def _check_output(name: str, made: bytes) -> None:
    """An output is well-formed in its own language whatever names are in it."""
    text = made.decode("utf-8")
    if _CONTROLS.search(text) or (name not in _MACHINE and _BIDI.search(text)):
        raise Wrong(f"--{name} holds a control character")
    checks: dict[str, Callable[[str], object]] = {
        "json": lambda text: json.loads(text, parse_constant=_no_constant),
        "badge": ET.fromstring,
        "model-card": _front_matter, "ledger": _ledger, "latex": _latex, "html": _page,
    }  # fmt: skip
    try:
        checks.get(name, len)(text)
    except (ValueError, yaml.YAMLError, ET.ParseError) as error:
        raise Wrong(f"--{name} is not well-formed: {error}") from error


def _no_constant(name: str) -> None:
    raise Wrong(f"{name} in JSON")


def _front_matter(text: str) -> None:
    if text.startswith("---\n"):
        loaded = yaml.safe_load(text.split("\n---\n", 1)[0][4:])
        if not isinstance(loaded, dict):
            raise Wrong("the front matter is no mapping")


def _ledger(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if len({len(row) for row in rows}) > 1:
        raise Wrong("rows of the ledger differ in length")
    for row in rows:
        for cell in row:
            if cell[:1] in {"=", "@", "\t", "\r"} or (cell[:1] in {"+", "-"} and not _is_number(cell)):
                raise Wrong(f"a formula in the ledger: {cell!r}")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@cache
def _template_lines() -> frozenset[str]:
    return frozenset(
        line for path in (ROOT / "templates").glob("*.tex") for line in path.read_text("utf-8").split("\n")
    )


def _latex(text: str) -> None:
    foreign = "\n".join(line for line in text.split("\n") if line not in _template_lines() and line[:1] != "%")
    found = _TEX_COMMAND.search(foreign)
    if found:
        raise Wrong(f"a command of TeX from a name: {foreign[max(0, found.start() - 60) : found.end() + 20]!r}")
    bare = re.sub(r"\\[\\{}%]", "", re.sub(r"(?<!\\)%.*", "", text))
    if bare.count("{") != bare.count("}"):
        raise Wrong("braces of the LaTeX do not match")


def _page(text: str) -> None:
    parser = _Tags()
    parser.feed(text)
    if parser.bad or parser.scripts > 2:
        raise Wrong(f"the page runs or fetches: {parser.bad[:3]} {parser.scripts} scripts")


# --- names ---

_NAMES = (
    "<script>alert(1)</script>", "'\"><svg/onload=x>", "]]>", "<!--", "-->", "&lt;", "\\input{x}", "\\write18{x}",
    "^^5c", "\\catcode`\\%=12", "$x$", "{{7*7}}", "{%", "<%", "[a](javascript:x)", "![i](http://x)", "`", "```", "|",
    "\n---\n", "!!python/object:x", "*a", "&a", "{", "}", "[", "]", "%", "#", "=1+1", "@SUM(1)", "+1", "-1", "\t=1",
    "\r", "\n", "\x1b[2J", "\x00", "\x85", "\u2028", "\u202e", "\ufeff", "\ue000a\ue001", "\ud800", "\U0001f98a",
    "a" * 300, "\\", "~", "_", "yes", "null", "1e3", "0x10", ": ", " #", "- ", "? ", "|-", ">", '"', "'", "日本", "é",
    "<", "carbon-report:end",
)  # fmt: skip
_NAMED = (
    "id", "tracker", "source", "country", "region", "cloud_provider", "cloud_region", "cpu_model", "gpu_model",
    "system", "python_version", "tracker_version", "host",
)  # fmt: skip


def make_names(folder: Path, chance: Random) -> None:
    """Names for every field of a run that holds text, and for the report's own."""
    texts = ["".join(chance.choice(_NAMES) for _ in range(chance.randint(1, 4))) for _ in range(len(_NAMED) + 6)]
    (folder / "names.json").write_text(json.dumps(texts), encoding="utf-8")


def check_names(folder: Path) -> None:
    """Every output of a run with such names is well-formed in its own language."""
    texts = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    fields: dict[str, Any] = dict(zip(_NAMED, texts, strict=False))
    fields["tracker"] = "codecarbon"
    more = [*texts[len(_NAMED) :], "x"] * 6
    run = Run(
        **fields, basis="measured", labels={"project": more[0], more[1]: more[2]}, duration_s=3600.0, energy_kwh=0.4,
        started_at=datetime(2026, 3, 1, tzinfo=UTC), reported_emissions_kg=0.1,
    )  # fmt: skip
    reading = Reading((run,), (Input(fields["source"], "codecarbon", "0" * 64, 1, 1, 0),), ())
    with _refusals():
        report = Report(assess(reading, Options(pue=1.2, intensity_g_per_kwh=50.0, group_by=("project",))),
                        more[3], (more[4],), more[5], more[0])  # fmt: skip
        for name in (*TEXT_OUTPUTS, "html", "boamps", "checklist-neurips", "macros", "latex-table", "shields"):
            with _refusals():
                _check_output(name, renderers.available()[name].render(report))
        _check_round_trip(report.footprint, folder)


def _check_round_trip(footprint: Footprint, folder: Path) -> None:
    """The ledger is read again as the runs that were written, whatever they are called."""
    path = folder / "ledger.csv"
    path.write_bytes(renderers.available()["ledger"].render(Report(footprint)))
    again = importers.read([str(path)]).runs
    path.unlink()
    energies = [run.energy_kwh for run in again], [item.run.energy_kwh for item in footprint.runs]
    if energies[0] != energies[1]:
        raise Wrong(f"the ledger is read again as {energies}")


# --- options and the files that they name ---

_OPTIONS = (
    "--country", "--region", "--cloud", "--intensity", "--intensity-year", "--pue", "--what-if", "--shift", "--phase",
    "--expected-calls", "--calls-logged", "--metric", "--metric-lower", "--alpha", "--price-year", "--hardware",
    "--lifetime", "--functional-unit", "--market-intensity", "--carbon-free", "--offsets", "--scc", "--overlap",
    "--factors-edition", "--timezone", "--label", "--versus", "--group-by", "--title", "--authors", "--scope",
    "--from", "--fail-over", "--answer", "--cite", "--language", "--digits", "--statement-length", "--checklist",
    "--limit",
)  # fmt: skip
_SWITCHES = (
    "--embodied", "--working", "--uncertainty", "--compare", "--strict", "--quiet", "--anonymous", "--siunitx",
    "--standalone", "--json", "--latex", "--markdown", "--statement", "--model-card", "--badge", "--check",
)  # fmt: skip
_WORDS = (
    "FRA", "USA", "france", "california", "gcp:europe-west9", "aws:", ":", "50", "50 gCO2/kWh", "1e400", "nan", "inf",
    "-1", "0", "1.2", "1e308", "1e-320", "9" * 400, "2024", "2024=1.2", "1=1=1", "pue=1.1,power=0.5",
    "flexible-start=24h", "pause-resume=100%", "pause-resume=1e308%", "training=.*", "search=(", "x=(a+)+$",
    "project=[", "1,2,4", "8 x A100-SXM4-80GB", "1e6 inferences", "50%", "10kg", "10 kWh", "ricke2018:USA", "all",
    "190 USD/t", "once", "Europe/Paris", "../UTC", "a,b", "project", "codecarbon", "auto", "3", "-3", "99", "de",
    "zh", "xx", "natbib", "short", "neurips", "neurips=-", "parameters=1M", "=", "", " ", "\n", "\x1b[2J", "\u202e",
    "é", "{{1}}", "%s", "\\", "\udc80", "size=1GB", "seconds=1", "columns=3", "1GiB", "-",
)  # fmt: skip
_FILES = ("--intensity-series", "--factors", "--metrics", "--quotient", "--notes", "--config")
_FACTORS = b"kind,place,year,value,unit,source\nintensity,FRA,2024,40,gCO2e/kWh,mine\n"
_CONFIG = b'title = "x"\npue = 1.2\ncountry = "FRA"\ngroup-by = ["project"]\nwhat-if = ["DEU"]\nstrict = false\n'
_METRICS = b"run,model,dataset,accuracy\nrun-1,m,d,0.5\n"


def make_options(folder: Path, chance: Random) -> None:
    """A command line of options with odd values, now and then with a damaged file for one of them."""
    words: list[str] = []
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.25:
            words.append(chance.choice(_SWITCHES))
        else:
            value = "".join(chance.choice(_WORDS) for _ in range(1 + (chance.random() < 0.2)))
            words += [f"{chance.choice(_OPTIONS)}={value}"]
    if chance.random() < 0.5:
        option = chance.choice(_FILES)
        (folder / "file").write_bytes(mutated(_file_for(option, chance), _contents(), chance))
        words += [option, "{folder}/file"]
    (folder / "options.json").write_text(json.dumps(words), encoding="utf-8")


def _file_for(option: str, chance: Random) -> bytes:
    if option == "--intensity-series":
        series = sorted(path for path in (SAMPLES / "intensity-series").iterdir() if path.suffix != ".md")
        return chance.choice(series).read_bytes()
    if option == "--quotient":
        return (ROOT / "reporter" / "quotient" / "questions.toml").read_bytes()[:4000]
    return {"--factors": _FACTORS, "--metrics": _METRICS, "--config": _CONFIG}.get(
        option, b"# a\n\n| a |\n|--|\n| 1 |\n"
    )


def check_options(folder: Path) -> None:
    """The command line gives 0, 1 or 2 and, where it refuses, one line; never a traceback."""
    words = json.loads((folder / "options.json").read_text(encoding="utf-8"))
    arguments = [word.replace("{folder}", str(folder)) for word in words]
    log = SAMPLES / "codecarbon" / "3.3.2-sweep" / "emissions.csv"
    _command([str(log), *arguments], folder)


def _command(arguments: list[str], folder: Path) -> None:
    out, err, before = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO(), os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(arguments)
    except SystemExit as error:
        status = int(str(error.code))
    finally:
        os.chdir(before)
    if status not in {0, 1, 2}:
        raise Wrong(f"exit status {status}")
    if _CONTROLS.search(err.getvalue()):
        raise Wrong(f"a control character on standard error: {err.getvalue()!r}")


# --- pickles, and documents that other commands read ---


_OPCODES = (
    b"c__builtin__\neval\n", b"R", b"}", b"]", b"(", b"u", b"a", b"\x94", b"2", b"\x8c\x02os\x8c\x06system\x93",
    b"q\xff", b"h\x00", *TOKENS[:9],
)  # fmt: skip


def make_pickle(folder: Path, chance: Random) -> None:
    pickles = [path for _, files in _samples() for path in files if path.suffix == ".pkl"]
    content = chance.choice(pickles).read_bytes()
    data = bytearray(content)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(data)) if chance.random() < 0.6 else chance.randrange(min(400, len(data)))
        if chance.random() < 0.6:
            data[place] = chance.randrange(256)
        else:
            data[place:place] = chance.choice(_OPCODES)
    (folder / "info.pkl").write_bytes(bytes(data))


def check_pickle(folder: Path) -> None:
    """A damaged pickle is plain data, or one line that says why it is not."""
    try:
        inert.read((folder / "info.pkl").read_bytes())
    except ValueError as error:
        if "\n" in str(error):
            raise Wrong(f"a message of several lines: {error}") from error


_DOCUMENTS = ("lint", "verify", "quotient", "diff", "readme", "card")


def make_document(folder: Path, chance: Random) -> None:
    """A damaged document for one of the commands that read what people publish, or an output that edits a file."""
    cards = [path.read_bytes() for tracker, files in _samples() if tracker == "model-card" for path in files]
    statement = (SAMPLES / "ml-co2-impact" / "statement.tex").read_bytes()
    texts = [*cards, statement, (ROOT / "README.md").read_bytes()[:6000],
             b"# x\n\n<!-- carbon-report:start -->\n<!-- carbon-report:end -->\n"]  # fmt: skip
    kind = chance.choice(_DOCUMENTS)
    content = _file_for("--quotient", chance) if kind == "quotient" else chance.choice(texts)
    (folder / "document.md").write_bytes(mutated(content, _contents(), chance))
    (folder / "kind.json").write_text(json.dumps(kind), encoding="utf-8")


def check_document(folder: Path) -> None:
    kind, document = json.loads((folder / "kind.json").read_text(encoding="utf-8")), str(folder / "document.md")
    log = str(SAMPLES / "codecarbon" / "3.3.2-france" / "emissions.csv")
    old = Path(document).read_bytes()
    _command({
        "lint": ["lint", document], "verify": ["verify", document, log], "quotient": ["quotient", document],
        "diff": ["diff", document, log], "readme": [log, "--readme", document], "card": [log, "--model-card", document],
    }[kind], folder)  # fmt: skip
    if kind in {"lint", "verify", "quotient", "diff"} and Path(document).read_bytes() != old:
        raise Wrong("the document was changed")


TARGETS: dict[str, tuple[Callable[[Path, Random], None], Callable[[Path], None]]] = {
    "logs": (make_log, check_log),
    "names": (make_names, check_names),
    "options": (make_options, check_options),
    "pickles": (make_pickle, check_pickle),
    "documents": (make_document, check_document),
}


@contextlib.contextmanager
def folder() -> Any:
    """An empty folder for one input."""
    path = Path(tempfile.mkdtemp(prefix="carbon-report-fuzz-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
