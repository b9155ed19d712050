"""The package in clean environments: each Python, the lowest versions allowed, no extras, single runs, container."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uv

from .conftest import IN_CI, ROOT, SWEEP

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OLDEST, NEWEST = "3.11", "3.14"
#: Where the Pythons are kept that this machine did not have: gone with the environment that runs the tests.
KEPT = Path(sys.prefix) / "pythons"
UV = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_SYSTEM_CERTS": "true"}
#: What shows that a library does its work, within a minute: all outputs of all trackers, units, tests of groups, the
#: ledger, how languages write numbers, cards edited in place.
ON_THE_LOWEST = ("test_matrix.py", "test_units.py", "test_groups.py", "test_ledger.py", "test_model_card.py",
                 "test_languages.py::test_numbers_as_readers_write_them")  # fmt: skip
TOOLS = ("pytest>=8", "hypothesis>=6", "html5lib>=1.1", "pypdf>=5", "jsonschema>=4")


def interpreter(version: str) -> str | None:
    """A Python of the version that runs on this machine: this one, one on the path, one that pyenv built."""
    built = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python{version}")
    there = [KEPT / version / "usr" / "bin" / f"python{version}", *sorted(built)]
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    for path in (sys.executable, shutil.which(f"python{version}") or sys.executable, *map(str, there)):
        if os.path.exists(path):
            done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
            if done.stdout.strip() == version:
                return path
    return None


#: The oldest and the newest that are promised are always tested, those between where the machine has them.
VERSIONS = [OLDEST, *(version for version in ("3.12", "3.13") if interpreter(version)), NEWEST]


@cache
def python(version: str) -> str:
    """The interpreter, unpacked from Debian's packages where the machine has none; without one the test is skipped."""
    found = interpreter(version)
    if found is None:
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        command = ["sh", str(ROOT / ".ci" / "python"), version, str(KEPT / version)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
        found = interpreter(version)
        if found is None:
            (pytest.fail if IN_CI else pytest.skip)(f"no Python {version} can be had: {done.stderr[-300:]}")
    return found


def run(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment |= UV | options.pop("env", {})
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=300,
                          env=environment, **options)  # fmt: skip


def must(*command: object, **options: Any) -> str:
    done = run(*command, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


class Environment:
    """A clean virtual environment away from the checkout."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.python = folder, folder / "bin" / "python"
        must(uv.find_uv_bin(), "venv", "--quiet", "--python", python(version), folder)

    def install(self, *what: object) -> None:
        must(uv.find_uv_bin(), "pip", "install", "--quiet", "--python", self.python, *what)

    def carbon(self, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        return run(self.folder / "bin" / "carbon-report", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from what stands here."""
    folder = tmp_path_factory.mktemp("dist")
    must(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """An environment of a Python with the wheel and what it must have, without any extra; made once for each."""

    @cache
    def made(version: str) -> Environment:
        environment = Environment(tmp_path_factory.mktemp("bare") / "env", version)
        environment.install(wheel)
        return environment

    return made


@pytest.mark.parametrize("version", VERSIONS)
def test_the_wheel_reports_on_each_python(version: str, bare: Callable[[str], Environment], tmp_path: Path) -> None:
    clean = bare(version)
    assert clean.carbon("--version", cwd=tmp_path).stdout == f"carbon-report {project_version()}\n"
    assert must(clean.python, "-m", "reporter", "--version", cwd=tmp_path) == f"carbon-report {project_version()}\n"
    shutil.copy(SWEEP, tmp_path)
    outputs = {"latex": "a.tex", "markdown": "a.md", "model-card": "a.card.md", "json": "a.json"}
    files = [word for name, file in outputs.items() for word in (f"--{name}", file)]
    done = clean.carbon("emissions.csv", "--country", "FRA", "--quiet", *files, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = clean.carbon("emissions.csv", "--quiet", "--html", "a.html", cwd=tmp_path)
    assert page.returncode == 0, page.stderr  # where matplotlib may tell that it looks for fonts
    assert r"\toprule" in (tmp_path / "a.tex").read_text(encoding="utf-8")
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("# Carbon impact report")
    here = run(sys.executable, "-m", "reporter", "emissions.csv", "--country", "FRA", "--quiet", "--json", cwd=tmp_path,
               env={"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == here.stdout, "another Python, another report"
    assert json.loads(here.stdout)["totals"]["runs"] == 12
    assert json.loads(clean.carbon("formats", "--schema", cwd=tmp_path).stdout)["title"] == "carbon-report/1"


def project_version() -> str:
    text = (ROOT / "reporter" / "__init__.py").read_text(encoding="utf-8")
    (found,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return str(found)


#: What needs an extra, and the extra.
ABSENT = {
    "emissions.csv --to mlflow": "mlflow", "emissions.csv --to wandb:project": "wandb",
    "emissions.csv --to tensorboard:runs": "tensorboard", "emissions.csv --to hub:owner/model": "hub",
    "emissions.csv --model-card README.md": "hub", "emissions.csv --parquet runs.parquet": "parquet",
    "runs.parquet": "parquet", "runs.csv --group-by phase --versus training,search": "stats",
    "emissions.csv --dask local": "dask", "s3://bucket/emissions.csv": "remote",
    "https://127.0.0.1:9/emissions.csv": "remote", "memory://emissions.csv": "remote",
}  # fmt: skip
HAND_WRITTEN = "name,kwh,country,phase\n" + "".join(
    f"{phase}{place},{kwh + place / 10},FRA,{phase}\n"
    for phase, kwh in (("training", 1.0), ("search", 2.0))
    for place in range(4)
)


@pytest.mark.parametrize("line", ABSENT)
def test_what_an_absent_extra_would_do_is_refused_in_one_line(
    line: str, bare: Callable[[str], Environment], tmp_path: Path
) -> None:
    shutil.copy(SWEEP, tmp_path)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# Model\n", encoding="utf-8")
    (tmp_path / "runs.parquet").write_bytes(b"PAR1\x00\x00\x00\x00PAR1")
    (tmp_path / "runs.csv").write_text(HAND_WRITTEN, encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = bare(OLDEST).carbon(*line.split(), "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    (told,) = done.stderr.splitlines()
    assert told.startswith("carbon-report: ")
    assert told.endswith(f"pip install 'carbon-report[{ABSENT[line]}]'")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_every_extra_that_a_message_names_is_there() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "reporter").rglob("*.py"))
    named = {extra for told in re.findall(r"carbon-report\[([a-z,]+)\]", text) for extra in told.split(",")}
    extras = set(PROJECT["project"]["optional-dependencies"])
    assert named <= extras
    assert set(ABSENT.values()) <= named | {"mlflow", "wandb", "tensorboard"}  # which the table of destinations names


def test_every_dependency_has_a_lower_bound() -> None:
    project = PROJECT["project"]
    told = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    unbound = [one for one in told if ">=" not in one and not one.startswith("carbon-report[")]
    assert unbound == []


def test_the_lowest_versions_are_enough(wheel: Path, tmp_path: Path) -> None:
    """Every bound as low as it says, on the oldest Python; then all trackers through all outputs, units and groups."""
    low = Environment(tmp_path / "env", OLDEST)
    low.install("--resolution", "lowest-direct", "-r", ROOT / "pyproject.toml", "--extra", "all")
    held = must(uv.find_uv_bin(), "pip", "freeze", "--python", low.python)
    for bound in PROJECT["project"]["dependencies"]:
        name, lowest = bound.split(">=")
        assert f"{name}=={lowest}" in held or f"{name}=={lowest}.0" in held, f"{bound} was not tested"
    (tmp_path / "held.txt").write_text(held, encoding="utf-8")
    low.install("--constraint", tmp_path / "held.txt", *TOOLS)
    low.install("--no-deps", wheel)
    told = must(low.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header",
                *(f"tests/{name}" for name in ON_THE_LOWEST), cwd=ROOT)  # fmt: skip
    assert re.search(r"\b[1-9]\d{2,} passed", told)
    assert " skipped" not in told


def test_the_sdist_installs(built: Path, tmp_path: Path) -> None:
    clean = Environment(tmp_path / "env", NEWEST)
    clean.install("--no-deps", next(built.glob("*.tar.gz")))
    assert (clean.folder / "bin" / "carbon-report").exists()
    must(clean.python, "-c", "import reporter; assert reporter.__version__", cwd=tmp_path)


def test_it_runs_without_being_installed(wheel: Path, tmp_path: Path) -> None:
    """``uvx`` and ``pipx run`` make an environment for one call; uv's stands for both."""
    shutil.copy(SWEEP, tmp_path)
    once = (uv.find_uv_bin(), "tool", "run", "--quiet", "--python", sys.executable, "--from", wheel, "carbon-report")
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools")}
    assert must(*once, "--version", cwd=tmp_path, env=folders) == f"carbon-report {project_version()}\n"
    assert "contributed" in must(*once, "emissions.csv", "--statement", "--quiet", cwd=tmp_path, env=folders)


def test_a_program_of_others_sees_the_types(bare: Callable[[str], Environment], tmp_path: Path) -> None:
    """The installed wheel under mypy: py.typed tells its types, where the checkout is out of sight."""
    shutil.copy(ROOT / "tests" / "typing_api.py", tmp_path / "program.py")
    (tmp_path / "wrong.py").write_text('import reporter\nreporter.Options(pue="1.2")\n', encoding="utf-8")
    check = (sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", tmp_path / "cache",
             "--python-executable", bare(OLDEST).python)  # fmt: skip
    must(*check, "program.py", cwd=tmp_path)
    done = run(*check, "wrong.py", cwd=tmp_path)
    assert done.returncode == 1
    assert 'incompatible type "str"' in done.stdout


def test_completion_and_manual_lie_where_shells_look(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shared = {name.partition("/data/")[2] for name in archive.namelist() if "/data/" in name}
    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / "share").rglob("*") if path.is_file()}
    assert shared == wanted != set()


DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_dockerfile_is_clean() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    assert must(hadolint, "--no-color", ROOT / "Dockerfile") == ""


def test_the_container_holds_what_the_wheel_is_built_from(tmp_path: Path, wheel: Path) -> None:
    """What the Dockerfile copies is let through by .dockerignore, and builds the same wheel as the checkout."""
    copied = " ".join(re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)).split()
    let = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted(let)
    (tmp_path / "source").mkdir()
    for name in copied:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / "source" / name)
    must(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, tmp_path / "source")
    assert _content(next(tmp_path.glob("*.whl"))) == _content(wheel)


def _content(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as archive:
        return {one.filename: one.CRC for one in archive.infolist() if not one.filename.endswith("/RECORD")}


def test_the_container_is_as_it_should_be() -> None:
    packages = re.search(r"^pango='(.+)'$", (ROOT / ".ci" / "libraries").read_text(encoding="utf-8"), re.MULTILINE)
    assert packages is not None
    assert packages[1] in DOCKERFILE
    lines = DOCKERFILE.splitlines()
    assert lines[-4:] == ["USER 1000:1000", "WORKDIR /work", 'ENTRYPOINT ["carbon-report"]', 'CMD ["--help"]']
    versions = re.findall(r"^FROM python:(\d\.\d+)-slim", DOCKERFILE, re.MULTILINE)
    assert len(versions) == 2 and len(set(versions)) == 1
    assert OLDEST.split(".") <= versions[0].split(".") <= NEWEST.split(".")


def test_the_promised_pythons_are_those_that_are_tested() -> None:
    assert PROJECT["project"]["requires-python"] == f">={OLDEST}"
