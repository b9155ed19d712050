"""What carbon-report is made of and made into: lock, licences, SBOM, and builds that give the same bytes again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

import reporter

from . import licences
from .conftest import IN_CI, ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
#: Folders that are no part of the sources.
APART = (".git", ".venv", "out", "dist", "build", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache",
         ".hypothesis", "*.egg-info", "shared")  # fmt: skip


# --- the lock ---


def test_the_lock_names_a_version_and_hashes_for_each_package_and_no_address() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", LOCK)[1:]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==[\w.+!]+(?: ; [^\\\n]+)? \\\n    --hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert re.findall(r"https?:|file:|/[a-z]+/|^-|git\+", LOCK, re.MULTILINE) == []


def test_the_lock_holds_what_the_project_asks_for() -> None:
    """A bound that was raised above the lock, or a package that is new: `make lock` writes it anew."""
    locked = licences.locked()
    for need in licences.wanted():
        entries = locked.get(canonicalize_name(need.name), [])
        assert entries, f"{need.name} is not in requirements.lock: make lock"
        for entry in entries:
            version = next(iter(entry.specifier)).version
            assert need.specifier.contains(version), f"requirements.lock has {entry}, asked for is {need}: make lock"


# --- licences ---


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True), ("Apache-2.0 WITH LLVM-exception", True), ("MPL-2.0 AND MIT", True),
        ("GPL-2.0-or-later OR MPL-1.1", True), ("GPL-3.0-only", False), ("AGPL-3.0-or-later", False), ("?", False),
        ("MIT AND GPL-2.0-only", False), ("", False), ("(MIT OR Apache-2.0) AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True), ("MIT AND (GPL-3.0-only OR (MIT AND ISC))", True),
        ("MIT AND (GPL-3.0-only OR (MIT AND ?))", False),
    ],
)  # fmt: skip
def test_a_licence_fits_or_does_not(expression: str, *, fits: bool) -> None:
    assert licences.fits(expression) == fits


def test_every_licence_in_the_table_fits_and_the_table_is_of_the_lock() -> None:
    table = licences.table()
    assert set(table) == set(licences.locked()), "python -m tests.licences --write"
    assert [f"{name}: {told}" for name, told in table.items() if not licences.fits(told)] == []


def test_every_package_that_is_installed_has_a_licence_that_fits_and_that_the_table_tells() -> None:
    installed, locked, table = licences.runtime(), licences.locked(), licences.table()
    assert {"jinja2", "matplotlib", "pandas", "weasyprint"} <= set(installed)
    for name, one in installed.items():
        told = licences.licence(one)
        assert licences.fits(told), f"{name} {one.version}: {told}"
        if any(entry.specifier.contains(one.version) for entry in locked.get(name, [])):
            assert told == table[name], f"{name} {one.version}: python -m tests.licences --write"


# --- the SBOM ---


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An environment with the metadata of what runs, and nothing else of it."""
    place = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    for name, one in licences.runtime().items():
        folder = packages / f"{name.replace('-', '_')}-{one.version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(one.read_text("METADATA") or "", encoding="utf-8")
    return place


def test_the_sbom_names_all_that_runs_and_nothing_of_this_machine(bare: Path, tmp_path: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    if shutil.which("cyclonedx-py", path=path) is None:
        (pytest.fail if IN_CI else pytest.skip)("cyclonedx-bom is not installed; 'make test' installs it")
    made = []
    for name, more in (("a.cdx.json", "--validate"), ("b.cdx.json", "--no-validate")):  # against its schema, once
        command = ["sh", str(ROOT / ".ci" / "sbom"), str(bare), reporter.__version__, str(tmp_path / name), more]
        done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        made.append((tmp_path / name).read_text(encoding="utf-8"))
    assert made[0] == made[1]
    assert str(tmp_path) not in made[0]
    assert "file:" not in made[0]
    document = json.loads(made[0])
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    root = document["metadata"]["component"]
    assert (root["name"], root["version"]) == ("carbon-report", reporter.__version__)
    components: dict[str, Any] = {canonicalize_name(one["name"]): one for one in document["components"]}
    assert set(components) == set(licences.runtime())
    assert components["jinja2"]["purl"].startswith("pkg:pypi/jinja2@")
    depends = next(one["dependsOn"] for one in document["dependencies"] if one["ref"] == root["bom-ref"])
    assert {"jinja2", "pandas", "weasyprint"} <= {canonicalize_name(ref.partition("==")[0]) for ref in depends}


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        ('{"dependencies": []}', 1, "nothing was audited"),
        ("", 1, "nothing was audited"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "1 packages audited, 0 with known"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "?"}]}', 1,
         "1 packages audited, 0 with known weaknesses, 1 that the service does not know"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}', 1,
         "a 1: X-1, mended in 2"),
    ],
)  # fmt: skip
def test_an_audit_that_did_not_happen_does_not_pass(answer: str, status: int, says: str, tmp_path: Path) -> None:
    """`make audit` with a pip-audit that answers so; the real one asks the network, which tests do not."""
    stand_in = tmp_path / "pip-audit"
    stand_in.write_text(
        '#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\nprintf %s "$ANSWER" >"$2"\n', encoding="utf-8"
    )
    stand_in.chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    environment = {**os.environ, "PATH": os.pathsep.join((str(tmp_path), os.environ["PATH"])), "ANSWER": answer}
    command = ["sh", str(ROOT / ".ci" / "audit")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# --- what is shipped ---


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """Elsewhere, later, by another user in another time zone: the same wheel and the same sdist."""
    made = []
    for place, (zone, denied) in enumerate((("UTC", 0o022), ("Asia/Tokyo", 0o077))):
        sources, dist = tmp_path / f"sources-{place}", tmp_path / f"dist-{place}"
        shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(*APART))
        for path in sources.rglob("*"):
            path.chmod(path.stat().st_mode & ~denied)
            os.utime(path, (10**9 + place * 10**7,) * 2)
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(sources)],
            check=True, capture_output=True, text=True,
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": str(place), "SOURCE_DATE_EPOCH": "1767225600"},
        )  # fmt: skip
        built = sorted(dist.iterdir())
        made.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built})
    assert sorted(path.suffix for path in built) == [".gz", ".whl"]
    assert made[0] == made[1]
