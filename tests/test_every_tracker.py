"""What holds for every importer, shown on every sample: one claimant, mixed folders, damage of any kind."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from reporter import importers, renderers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.importers import logs
from reporter.options import Options
from reporter.report import Report

from .conftest import SAMPLES
from .test_samples import EXPECTED

TRACKERS = sorted({case["tracker"] for case in EXPECTED})
DAMAGE = (
    b",", b'"', b"\n", b"\r", b"\0", b";", b"|", b"{", b"[", b"}", b"]", b":", b"nan", b"inf", b"null", b"-1", b"1e308",
    b"-1e308", b"1e-320", b"\xff", b"#", b"\xef\xbb\xbf", b"9" * 400, b"0", b"[N/A]", b"2026-02-30T00:00:00", b"true",
    b"9999-12-31T23:59:59", b"\xe2\x80\xa8", b"=cmd", b"{{1}}", b"99999999999999999999", b"\t", b"'", b"---\n", b"\\",
)  # fmt: skip
#: Damaged copies of each tracker's samples that are read; CARBON_REPORT_FUZZ multiplies it for a longer search.
COPIES = 60 * int(os.environ.get("CARBON_REPORT_FUZZ", "1"))


def files_of(case_path: str) -> list[Path]:
    place = SAMPLES / case_path
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


def test_every_importer_has_a_sample_with_known_totals() -> None:
    ours = sorted(set(importers.available()) - {"ledger"})  # of which every sample makes one: test_ledger.py
    assert ours == TRACKERS


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["path"])
def test_exactly_one_importer_claims_a_sample(case: dict[str, str]) -> None:
    for log in logs.find([str(SAMPLES / case["path"])]):
        if isinstance(log, logs.Log):
            claimants = [name for name, importer in importers.available().items() if importer.claims(log)]
            assert claimants in ([case["tracker"]], []), log.path


def test_a_folder_of_all_trackers_is_read_in_one_pass(tmp_path: Path) -> None:
    """One sample of each tracker in one call: its runs are those that it has when read alone."""
    chosen = {case["tracker"]: case for case in EXPECTED}
    for name, case in chosen.items():
        source = SAMPLES / case["path"]
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            (tmp_path / name).mkdir()
            for beside in source.parent.iterdir():
                if beside.is_file() and beside.name != "ORIGIN.md":
                    shutil.copy(beside, tmp_path / name)
    cards = [str(path) for path in (tmp_path / "model-card").glob("*.md")]  # claims are read where they are named alone
    places = {name: cards if name == "model-card" else [str(tmp_path / name)] for name in chosen}
    alone = {name: len(importers.read(paths).runs) for name, paths in places.items()}
    together = importers.read([str(tmp_path), *cards])
    assert {name: sum(run.tracker == name for run in together.runs) for name in chosen} == alone


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_damaged_log_is_read_or_refused_in_one_line(tracker: str, tmp_path: Path) -> None:
    chance = random.Random(f"{tracker} {os.environ.get('CARBON_REPORT_FUZZ', '')}")  # noqa: S311 - damage, not secrets
    cases = [case for case in EXPECTED if case["tracker"] == tracker]
    for _ in range(COPIES):
        folder = tmp_path / "log"
        shutil.rmtree(folder, ignore_errors=True)
        files = files_of(chance.choice(cases)["path"])
        top = files[0].parent if len(files) == 1 else SAMPLES
        victim = chance.choice(files)
        for file in files:
            target = folder / file.relative_to(top)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = file.read_bytes()
            target.write_bytes(damaged(content, chance) if file == victim else content)
        reads_or_refuses(str(folder), None)
        named = folder / victim.relative_to(top)
        reads_or_refuses(str(named), chance.choice((None, tracker)))


def damaged(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        kind, place = chance.random(), chance.randrange(len(data) + 1)
        if kind < 0.35:
            data[place:place] = chance.choice(DAMAGE)
        elif kind < 0.55:
            del data[place : place + chance.randint(1, 60)]
        elif kind < 0.8:
            data[place : place + chance.randint(0, 6)] = chance.choice(DAMAGE)
        elif kind < 0.9:
            del data[place:]
        else:
            lines = bytes(data).split(b"\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            data = bytearray(b"\n".join(lines))
    return bytes(data) or b"x"


def reads_or_refuses(path: str, reader: str | None) -> None:
    """Reading, assessing and printing the damaged log either work or end in our own error of one line."""
    try:
        report = Report(assess(importers.read([path], reader), Options()))
    except ReportError as error:
        for one in getattr(error, "errors", (error,)):
            assert "\n" not in str(one)
        return
    for run in report.footprint.runs:
        assert run.it_energy is None or run.it_energy.value == run.it_energy.value  # no NaN reaches a figure
    for name in ("statement", "latex", "json"):
        renderers.available()[name].render(report)
