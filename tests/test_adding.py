"""A tracker is one file, an output one template and one file, an equation one function: added to a copy, and used."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from reporter import renderers
from reporter.assess import assess
from reporter.footprint import Amount
from reporter.options import make
from reporter.report import Report
from reporter.run import Reading

from .conftest import ROOT, SWEEP
from .test_schema import runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMPORTER = '''"""Wattbook: an invented tracker with a line a job, ``name;watt-hours;seconds``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.importers.base import Importer
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run a line; a line that cannot be read is skipped with its reason."""
    for log in logs:
        with log.open() as stream:
            lines = stream.read().decode("utf-8", "replace").splitlines()
        for place, line in enumerate(lines[1:], 2):
            log.rows += 1
            try:
                name, watt_hours, seconds = line.split(";")
                energy_kwh, duration_s = float(watt_hours) / 1000, float(seconds)
            except ValueError:
                log.skip(place, "no line like 'train;120.5;3600'")
                continue
            yield Run(id=name, tracker="wattbook", source=log.path, line=place, energy_kwh=energy_kwh,
                      duration_s=duration_s, basis="measured")


def claims(log: Log) -> bool:
    """Its first line is its own."""
    return log.head.startswith(b"#wattbook")


IMPORTER = Importer("wattbook", "Wattbook 1", "https://example.org", claims, read)
'''
RENDERER = '''"""Emissions by the hour of work, in one line: an equation and an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.footprint import Amount
from reporter.renderers.base import PLAIN, Renderer, environment

if TYPE_CHECKING:
    from reporter.report import Report


def by_the_hour(emissions: Amount, duration_s: float) -> Amount:
    """Emissions (kg CO2e) over the duration (s), in kg CO2e an hour, with the range of the emissions."""
    return emissions.times(Amount(3600 / duration_s, "1/h"), "kgCO2e/h")


def render(report: Report) -> bytes:
    """One line of text."""
    footprint = report.footprint
    known = footprint.emissions is not None and footprint.duration_s
    hourly = by_the_hour(footprint.emissions, footprint.duration_s) if known else None
    return environment(PLAIN, report).get_template("hourly.txt").render(hourly=hourly).encode()


RENDERERS = (Renderer("hourly", "emissions by the hour", (".hourly",), render),)
'''
TEMPLATE = "{{ report.title }}: {{ hourly|mass }} CO₂e an hour ({{ hourly|mass_range }})\n"
ADDED = {
    "reporter/importers/wattbook.py": IMPORTER, "reporter/renderers/hourly.py": RENDERER,
    "templates/hourly.txt": TEMPLATE,
}  # fmt: skip
LOG = "#wattbook 1\ntrain;1500;3600\nnot a line\ntest;500;3600\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the three files added, and nothing else changed."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    unwanted = shutil.ignore_patterns("__pycache__", ".*", "out", "dist", "build")
    shutil.copytree(ROOT, copy, ignore=unwanted, symlinks=True)
    for path, text in ADDED.items():
        assert not (copy / path).exists()
        (copy / path).write_text(text, encoding="utf-8")
    return copy


@pytest.fixture
def carbon(tree: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    (tmp_path / "jobs.txt").write_text(LOG, encoding="utf-8")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "reporter", *arguments], cwd=tmp_path, capture_output=True,
                              text=True, check=False, env={**os.environ, "PYTHONPATH": str(tree)})  # fmt: skip

    return call


def test_the_tracker_is_read_beside_ours(carbon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = carbon("jobs.txt", str(SWEEP), "--country", "FRA", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {run["id"]: run["it_energy_kwh"] for run in told["runs"] if run["tracker"] == "wattbook"} == {
        "train": 1.5, "test": 0.5,
    }  # fmt: skip
    (entry,) = (entry for entry in told["inputs"] if entry["tracker"] == "wattbook")
    assert (entry["rows"], entry["runs"], entry["skipped"]) == (3, 2, 1)
    assert "jobs.txt:3" in {finding["where"] for finding in told["findings"]}
    strict = carbon("jobs.txt", "--strict")
    assert (strict.returncode, strict.stderr.count("\n")) == (1, 1)
    assert "no line like 'train;120.5;3600'" in strict.stderr


def test_the_output_is_an_option_and_an_ending(
    carbon: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """2 kWh in two hours at 100 g/kWh are 100 g an hour."""
    told = re.sub(r"\s+", " ", carbon("formats").stdout)
    assert "wattbook Wattbook 1" in told and "hourly emissions by the hour (.hourly)" in told
    assert "--hourly [FILE] emissions by the hour" in re.sub(r"\s+", " ", carbon("--help").stdout)
    done = carbon("jobs.txt", "--quiet", "--intensity", "100 g/kWh", "--title", "Ours", "--hourly", "-o", "a.hourly")
    assert done.returncode == 0, done.stderr
    assert done.stdout.replace("\u00a0", " ").startswith("Ours: 100.0 g CO₂e an hour (92.1–107.9 g)")
    assert (tmp_path / "a.hourly").read_text(encoding="utf-8") == done.stdout


def test_the_house_asks_for_nothing_but_their_lines_in_the_map_and_the_readme(tree: Path) -> None:
    wanted = "floors or floor or imports or short or room or map or readme or circle"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_house.py", "-k", wanted],
        cwd=tree, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(tree)},
    )  # fmt: skip
    failed = re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)
    assert len(failed) == 2, done.stdout[-3000:]
    assert [name for name in failed if "_map_" not in name and "_readme_" not in name] == [], done.stdout[-3000:]
    assert "reporter/importers/wattbook.py" in done.stdout


#: How a file of code begins: with what it is.
FIRST = re.compile(r'(?:#!.*\n)?(?:r?"""\S|# \S)')
#: Each equation with its one function, and a figure of the JSON that it gives. Made twice as large there, the figure is
#: so wherever it is shown; what is computed from a copy of the equation would stay as it was.
EQUATIONS: dict[str, tuple[str, str, Callable[[dict[str, Any]], float]]] = {
    "energy of the facility": ("energy", "with_pue", lambda told: told["totals"]["energy_kwh"]),
    "emissions": ("emissions", "computed", lambda told: told["totals"]["emissions_kg"]),
    "equivalent": ("equivalents", "equivalent", lambda told: told["equivalents"][0]["value"]),
}


def report() -> Report:
    return Report(assess(Reading(runs(), (), ()), make({"country": "FRA"})))


@pytest.mark.parametrize("name", EQUATIONS)
def test_an_equation_is_one_function(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, function, figure = EQUATIONS[name]
    module = importlib.import_module(f"reporter.assess.{place}")
    before = figure(json.loads(renderers.available()["json"].render(report())))
    real = getattr(module, function)

    def twice(*arguments: Any) -> Amount | None:
        made: Amount | None = real(*arguments)
        return None if made is None else made.times(Amount(2.0, "1"), made.unit)

    for user in [module for name, module in sys.modules.items() if name.startswith("reporter.")]:
        if getattr(user, function, None) is real:
            monkeypatch.setattr(user, function, twice)
    after = figure(json.loads(renderers.available()["json"].render(report())))
    assert after == pytest.approx(2 * before, rel=1e-12)


#: What libraries call or read, by their own names for it.
CALLED_BY_OTHERS = frozenset({
    "__class__", "__dir__", "__getattr__", "_repr_html_", "_repr_svg_", "buffer_text", "bytecode_cache", "fetch",
    "is_safe_callable", "loader", "readinto", "thread", "title_justify", "title_style", "traceback",
    "CharacterDataHandler", "EndElementHandler", "StartDoctypeDeclHandler", "StartElementHandler",
})  # fmt: skip
#: What is offered to programs and to templates of others.
OFFERED = frozenset({"to_pandas"})
#: Fields of tuples that are unpacked by place.
BY_PLACE = frozenset({"mean_kwh", "held_kwh"})


def test_no_code_is_dead() -> None:
    """What vulture finds unused, less what stands in a template or a table of names, or is called by a library."""
    done = subprocess.run([sys.executable, "-m", "vulture", "reporter"], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode in {0, 3}, done.stderr
    unused = re.findall(r"^(\S+): unused \S+ '(\w+)'", done.stdout, re.MULTILINE)
    assert len(unused) == len(done.stdout.splitlines()) > 10, done.stdout
    files = [path for folder in ("reporter", "templates") for path in (ROOT / folder).rglob("*.*")]
    words = [word for path in files if path.suffix in {".py", ".html", ".md", ".tex", ".txt", ".js", ".svg"}
             for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))]  # fmt: skip
    known = CALLED_BY_OTHERS | OFFERED | BY_PLACE
    assert [(place, name) for place, name in unused if name not in known and words.count(name) < 2] == []


def test_nothing_is_left_to_do_and_every_file_says_what_it_is() -> None:
    """No note that something is to be done, in code, templates, styles or scripts; the first line is what a file is."""
    marks = re.compile(r"\b(?:TO[D]O|FIX[M]E|HA[C]K)\b")
    folders = ("reporter", "templates", "styles", "tests", "benchmarks", "docs", ".ci", "samples/make")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = [path for path in files if path.suffix in {".py", ".sh", ".css", ".js", ".md", ".html", ".tex", ".txt", ""}
             and not {"__pycache__", "hostile", "golden", "_build"} & set(path.parts)]  # fmt: skip
    noted = [path for path in texts if marks.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert [str(path.relative_to(ROOT)) for path in noted] == []
    code = [path for path in texts if path.suffix == ".py"]
    assert [str(path) for path in code if not FIRST.match(path.read_text(encoding="utf-8"))] == []
