"""The house itself: floors, sizes, what start-up may import, and a map that tells the truth. The table is the map."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from reporter import importers, renderers
from reporter.errors import FINDINGS

from . import readme
from .conftest import ROOT, SWEEP

FLOORS = {
    "reporter/errors.py": 0, "reporter/patterns.py": 0, "reporter/__init__.py": 0,
    "reporter/run.py": 1, "reporter/powerlog.py": 1, "reporter/assets.py": 1, "reporter/inert.py": 1,
    "reporter/units.py": 1, "reporter/phases.py": 1, "reporter/answers.py": 1, "reporter/wording.py": 1,
    "reporter/analysis_options.py": 1, "reporter/github.py": 1, "reporter/output_options.py": 1,
    "reporter/labels.py": 1,
    "reporter/collector.py": 1, "reporter/experiments.py": 1, "reporter/limits.py": 1,
    "reporter/ledger.py": 2, "reporter/options.py": 2,
    "reporter/plugins.py": 2, "reporter/sampler/": 2,
    "reporter/metrics.py": 3, "reporter/quotient/": 3, "reporter/factors/": 3, "reporter/importers/": 3,
    "reporter/footprint/": 4, "reporter/intensity_series/": 4, "reporter/cache.py": 4, "reporter/cluster.py": 4,
    "reporter/report.py": 5, "reporter/assess/": 5,
    "reporter/progress.py": 6, "reporter/relative_paths.py": 6, "reporter/reading.py": 6,
    "reporter/rebuilt.py": 5, "reporter/anonymous.py": 6, "reporter/renderers/": 6,
    "reporter/factor_commands.py": 6, "reporter/destinations/": 6,
    "reporter/arguments.py": 7, "reporter/assembly.py": 7, "reporter/publishing.py": 7,
    "reporter/commands/": 8, "reporter/sampler_commands.py": 8,
    "reporter/cli.py": 9, "reporter/__main__.py": 10,
}  # fmt: skip
ROOMS = ("reporter.importers", "reporter.assess", "reporter.renderers", "reporter.destinations")
MAX_FUNCTION, MAX_FILE = 40, 300
HEAVY = (
    "pandas", "numpy", "matplotlib", "weasyprint", "pint", "huggingface_hub", "markdown", "nh3", "PIL", "yaml", "rich",
    "scipy", "babel", "dask", "fsspec", "mlflow", "wandb", "pyarrow", "orjson",
)  # fmt: skip
FILES = sorted((ROOT / "reporter").rglob("*.py"))


def floor(module: str) -> int:
    """The floor of a dotted module name of ours."""
    path = module.replace(".", "/")
    for place, level in FLOORS.items():
        if path + ".py" == place or (place.endswith("/") and (path + "/").startswith(place)):
            return level
    return FLOORS["reporter/__init__.py"] if module == "reporter" else -1


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Modules of ours that a file imports, in functions too, and whether it does so for type checking alone.

    A name that is no module counts as its package: a room's face (``reporter.importers``) gathers its own files.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            typing_only |= {id(inner) for inner in ast.walk(node)}
    found = []
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = f"{package}.{node.module or ''}".rstrip(".") if node.level else str(node.module)
            names = [full if _is_module(full) else base for full in (f"{base}.{alias.name}" for alias in node.names)]
        found += [(name, id(node) in typing_only) for name in names if name.split(".")[0] == "reporter"]
    return found


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_every_file_stands_on_a_floor() -> None:
    assert [module_of(path) for path in FILES if floor(module_of(path)) < 0] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    mine = module_of(path)
    for other, _ in imports_of(path):
        if room(mine) == room(other) or other == "reporter" or mine == "reporter":
            continue
        assert floor(other) < floor(mine), f"{mine} (floor {floor(mine)}) imports {other} (floor {floor(other)})"
        assert not (room(mine) in ROOMS and room(other) in ROOMS), f"{mine} imports the room {room(other)}"
        assert not other.startswith("reporter.sampler") or mine == "reporter.sampler_commands", mine


def test_no_import_goes_in_a_circle() -> None:
    edges = {module_of(path): {name for name, typing in imports_of(path) if not typing} for path in FILES}
    state: dict[str, int] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert state.get(name) != 1, " -> ".join((*way, name))
        if state.get(name) == 2:
            return
        state[name] = 1
        for other in edges.get(name, ()):
            if other != name:
                visit(other, (*way, name))
        state[name] = 2

    for name in edges:
        if name != "reporter":
            visit(name, ())


def code_lines(path: Path) -> set[int]:
    """Lines that hold code: neither blank, nor comment, nor docstring."""
    text = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_and_say_what_they_are(path: Path) -> None:
    lines = code_lines(path)
    assert len(lines) <= MAX_FILE
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the first line of a file says what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1)))
            assert size <= MAX_FUNCTION, f"{node.name} has {size} lines of code"


def test_no_room_is_called_after_nothing() -> None:
    forbidden = {"utils", "util", "common", "core", "helpers", "misc"}
    assert [path for path in FILES if path.stem in forbidden or path.parent.name in forbidden] == []


@pytest.mark.parametrize("arguments", [["--latex"], ["--json"], ["--statement"], ["--markdown"], ["--bibtex"], []])
def test_text_outputs_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from reporter.cli import main; status = main(sys.argv[1:]);"
        f"print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules))); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SWEEP), *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.rstrip().endswith("HEAVY []")


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys; import reporter; print([name for name in sys.modules if name.startswith('reporter.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_finding_has_a_place_in_the_table_and_none_is_left_over() -> None:
    used = set()
    for path in FILES:
        if path.name != "errors.py":
            used |= set(re.findall(r'"(CR\d{3})"', path.read_text(encoding="utf-8")))
    assert used == set(FINDINGS)


def test_the_map_in_contributing_names_every_file() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(reporter/[\w/]+\.(?:py|txt)|templates/[\w/.-]+|styles/[\w.]+)`", text))
    there = {str(path.relative_to(ROOT)) for path in FILES} | {"reporter/units.txt"}
    for folder in ("templates", "styles"):
        found = (path for path in (ROOT / folder).rglob("*.*") if "__pycache__" not in path.parts)
        there |= {str(path.relative_to(ROOT)) for path in found}
    assert there - named == set(), "files that the map in CONTRIBUTING.md does not name"
    assert named - there == set(), "the map in CONTRIBUTING.md names files that are gone"


def test_the_readme_tables_are_what_importers_and_renderers_say() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.current(text) == text, "python -m tests.readme --write"
    outputs = [name for name, renderer in renderers.available().items() if renderer.says]
    assert [name for name in importers.available() if f"[`{name}`](" not in text] == []
    assert [name for name in outputs if f"| `--{name}` |" not in text] == []
    assert [name for name, importer in importers.available().items() if not importer.minds] == []
