"""The cache: only what changed is read again; damage, crashes and others at the same time change no figure."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import logs_made
from reporter import importers, reading
from reporter.errors import Finding, ReportError
from reporter.importers import stored
from reporter.importers.parts import Part, Taken, merge
from reporter.options import Options
from reporter.run import Device, Input, Run

from .conftest import ROOT, SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

OLD_S = 3600


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    logs_made.small_files(folder, 6)
    age(folder)
    return folder


def age(folder: Path, seconds: float = OLD_S) -> None:
    """Let all files have been written a while ago."""
    for path in folder.rglob("*.csv"):
        os.utime(path, (time.time() - seconds,) * 2)


def read(folder: Path, cache: Path, **options: Any) -> tuple[Reading, int]:
    """What is read, and how many folders were read anew."""
    read_anew = []
    chosen = Options(logs=(str(folder),), cache=str(cache), **options)
    made = reading.read(chosen, {}, lambda *step: read_anew.append(step))
    return made, len(read_anew)


def test_only_what_changed_is_read_again(logs: Path, tmp_path: Path) -> None:
    plain, cache = importers.read([str(logs)]), tmp_path / "cache"
    assert read(logs, cache) == (plain, 6)
    assert read(logs, cache) == (plain, 0)
    changed = sorted(logs.rglob("emissions.csv"))[2]
    changed.write_text(changed.read_text().replace("FRA", "DEU").rstrip("\n").rpartition("\n")[0] + "\n")
    age(logs, 1800)  # written anew with the same content: the hash tells
    again, anew = read(logs, cache)
    assert anew == 1
    assert again == importers.read([str(logs)]) != plain
    shutil.rmtree(changed.parent)
    assert len(read(logs, cache)[0].runs) == 5


def test_a_file_within_its_time_stamp_is_not_kept(logs: Path, tmp_path: Path) -> None:
    age(logs, 0)
    assert read(logs, tmp_path / "cache")[1] == 6
    assert read(logs, tmp_path / "cache")[1] == 6


def test_other_settings_read_anew(logs: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert [read(logs, cache, strict=strict)[1] for strict in (False, True, False, True)] == [6, 6, 0, 0]


def test_every_sample_comes_out_of_the_cache_as_it_went_in(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    shutil.copytree(SAMPLES, folder)
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - OLD_S,) * 2)
    first, _ = read(folder, tmp_path / "cache")
    second, anew = read(folder, tmp_path / "cache")
    assert first == second
    assert anew == 0
    assert len(first.runs) > 50


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"settings": 1}', "null", "\x00" * 100])
def test_a_damaged_entry_is_read_over(logs: Path, tmp_path: Path, content: str) -> None:
    cache = tmp_path / "cache"
    plain, _ = read(logs, cache)
    entries = list(cache.rglob("*.json"))
    assert len(entries) == 6
    for entry in entries:
        text = entry.read_text()
        entry.write_text(content or text[: len(text) // 2])
    assert read(logs, cache) == (plain, 6)
    assert read(logs, cache) == (plain, 0)


def test_an_entry_of_another_version_is_read_over(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    read(logs, cache)
    monkeypatch.setattr(stored, "VERSION", stored.VERSION + 1)
    assert read(logs, cache)[1] == 6
    text = json.dumps({"version": 0, "taken": {}, "refused": [], "notes": []})
    with pytest.raises(ValueError, match="another version"):
        stored.load(text)


def test_a_full_disk_keeps_nothing_and_reads_on(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert read(logs, tmp_path / "cache")[0] == importers.read([str(logs)])
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()], "nothing half written is left"
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"--cache: .*; name a folder that can be written"):
        read(logs, tmp_path / "file" / "cache")


MANY = """
import sys
from reporter import reading
from reporter.options import Options
for _ in range(4):
    made = reading.read(Options(logs=(sys.argv[1],), cache=sys.argv[2]), {}, None)
    assert len(made.runs) == 40, len(made.runs)
"""


def test_several_at_once_and_killed_ones_leave_it_whole(tmp_path: Path) -> None:
    logs, cache = tmp_path / "logs", tmp_path / "cache"
    logs_made.small_files(logs, 40)
    age(logs)
    command = [sys.executable, "-c", MANY, str(logs), str(cache)]
    working = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    time.sleep(0.5)
    working[0].kill()
    assert [process.wait() for process in working[1:]] == [0, 0, 0]
    working[0].wait()
    for process in working:
        assert process.stderr is not None
        process.stderr.close()
    made, anew = read(logs, cache)
    assert (len(made.runs), anew) == (40, 0)


def test_parts_merge_in_any_grouping() -> None:
    def part(place: int, tracker: str) -> Part:
        run = Run(id=f"run-{place}", tracker=tracker, source=f"{place}.csv", energy_kwh=0.1 * place)
        taken = Taken([run], [Input(f"{place}.csv", tracker, "0", 1, 0, 0)], [Finding("CR010", "note", "x", None)])
        refused = [ReportError("bad", file=f"{place}.csv")]
        return Part({tracker: taken}, refused, [Finding("CR042", "note", "a link", None)])

    def told(one: Part) -> Any:
        return one.taken, list(map(str, one.refused)), one.notes

    parts = [part(place, tracker) for place, tracker in enumerate("abacb")]
    flat = told(merge(parts))
    for cut in range(1, 5):
        assert told(merge([merge(parts[:cut]), merge(parts[cut:])])) == flat
    assert told(stored.load(stored.dump(merge(parts)))) == flat


def test_of_very_many_folders_curves_are_short_and_energies_the_same(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs_made.power_log(logs / "run.csv", 500)
    plain, _ = read(logs, tmp_path / "one")
    monkeypatch.setattr(reading, "MANY", 3)
    short, _ = read(logs, tmp_path / "two")
    assert [run.energy_kwh for run in plain.runs] == [run.energy_kwh for run in short.runs]
    (long, few) = (next(run.power_w for run in made.runs if run.tracker == "power-log") for made in (plain, short))
    assert len(few) == reading.POINTS < len(long)
    kwh = [
        sum((at - start) * watts for (start, _), (at, watts) in pairwise([(0.0, 0.0), *course]))
        for course in (long, few)
    ]
    assert kwh[0] == pytest.approx(kwh[1])


def test_a_part_is_stored_field_for_field() -> None:
    run = Run(
        id="é\ud800", tracker="t", source="s", line=3, started_at=datetime(2026, 3, 1, 8, 0, 0, 1),
        ended_at=datetime(2026, 3, 1, 9, tzinfo=UTC), duration_s=0.1 + 0.2, energy_kwh=1e-300,
        devices=(Device("gpu", "H100", 2.0, 0.5, 700.0), Device("ram", None)), power_w=((1.0, 2.0), (3.5, 1e9)),
        labels={"project": "a\nb"}, counted=True, machine_wide=False, pue_inside=True,
    )  # fmt: skip
    part = Part({"t": Taken([run])})
    assert stored.load(stored.dump(part)).taken["t"].runs == [run]
    with pytest.raises(ValueError, match="JSON compliant"):
        stored.dump(Part({"t": Taken([Run(id="a", tracker="t", source="s", energy_kwh=float("nan"))])}))
