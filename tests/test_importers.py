"""Finding and claiming logs: files, folders, links, globs, zips, standard input, refused files, plug-ins."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import base, logs
from reporter.run import Run

from .conftest import SAMPLES, SWEEP, emissions_csv

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from reporter.run import Reading

UUID = "5b0fa12a-3dd7-45bb-9766-cc326314d9f1"


def read(*paths: object, **options: Any) -> Reading:
    return importers.read([str(path) for path in paths], **options)


def ids(reading: Reading) -> list[str]:
    return sorted(run.id for run in reading.runs)


def told(reading: Reading) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.where) for finding in reading.findings]


def make(folder: Path, identity: str, **row: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return emissions_csv(folder, {"run_id": identity, **row})


def test_importers_are_the_files_of_the_folder() -> None:
    found = importers.available()
    assert {"codecarbon", "experiment-impact-tracker"} <= set(found)
    assert all(name == importer.name and importer.says and importer.home for name, importer in found.items())


def test_every_sample_is_claimed_by_exactly_one_importer() -> None:
    claimed = set()
    for log in logs.find([str(SAMPLES)]):
        assert isinstance(log, logs.Log)
        names = [name for name, importer in importers.available().items() if importer.claims(log)]
        assert len(names) <= 1, (log.path, names)
        claimed |= set(names)
    assert {"codecarbon", "experiment-impact-tracker"} <= claimed


def test_a_folder_is_searched_and_what_is_no_log_passed_over(tmp_path: Path) -> None:
    make(tmp_path / "a" / "deep", "a")
    make(tmp_path / "b", "b")
    make(tmp_path / ".hidden", "hidden")
    (tmp_path / "losses.csv").write_text("step,loss\n1,0.5\n")
    (tmp_path / "notes.txt").write_text("energy_consumed was high")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "model.bin").write_bytes(bytes(1000))
    reading = read(tmp_path)
    assert (ids(reading), told(reading)) == (["a", "b"], [])
    assert [Path(entry.path).parent.name for entry in reading.inputs] == ["deep", "b"]
    counts = {(entry.tracker, entry.rows, entry.runs, entry.skipped) for entry in reading.inputs}
    assert counts == {("codecarbon", 1, 1, 0)}
    assert all(len(entry.sha256) == 64 for entry in reading.inputs)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("empty.csv", b"", "the file is empty"), ("losses.csv", b"step,loss\n1,2\n", "the log of no known tracker"),
     ("model.bin", bytes(1000), "the log of no known tracker"), ("none.csv", None, "cannot be read: No such file"),
     ("*.log", None, "no file matches this pattern"), ("dir", ..., "no tracker's log in this folder"),
     ("bad.zip", b"PK\x03\x04 and no more", "archive cannot be read")],
)  # fmt: skip
def test_a_named_path_must_be_a_log(tmp_path: Path, name: str, content: object, message: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is ...:
        path.mkdir()
        (path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ReportError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    good = make(tmp_path / "good", "good")
    reading = read(path, good)
    assert (ids(reading), [code for code, _ in told(reading)]) == (["good"], ["CR001"])
    with pytest.raises(ReportError, match=message):
        read(good, path, strict=True)


def test_a_folder_with_a_damaged_zip_or_pictures_reads_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a-damaged.zip").write_bytes(b"PK\x03\x04 and no more")
    with zipfile.ZipFile(tmp_path / "b-pictures.zip", "w") as archive:
        archive.writestr("cat.png", b"miaow")
    make(tmp_path / "c", "c")
    reading = read(tmp_path)
    assert (ids(reading), told(reading)) == (["c"], [("CR001", str(tmp_path / "a-damaged.zip"))])
    with pytest.raises(ReportError, match="no tracker's log in this archive"):
        read(tmp_path / "b-pictures.zip")


def test_a_file_that_cannot_be_opened_does_not_stop_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked, opened = make(tmp_path / "a", "locked"), os.open
    make(tmp_path / "b", "b")

    def refuse(path: str, *arguments: Any, **options: Any) -> int:
        if path == str(locked):
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    reading = read(tmp_path)
    assert (ids(reading), told(reading)) == (["b"], [("CR001", str(locked))])


def test_several_refusals_are_all_told(tmp_path: Path) -> None:
    with pytest.raises(importers.Refused) as caught:
        read(tmp_path / "one.csv", tmp_path / "two.csv")
    assert [Path(str(error.file)).name for error in caught.value.errors] == ["one.csv", "two.csv"]


def test_a_refused_file_leaves_its_neighbours_as_they_were(tmp_path: Path) -> None:
    emissions_csv(tmp_path, {"run_id": "a"}, {"run_id": "a"}, {"run_id": "bad", "energy_consumed": "x"}, name="a.csv")
    emissions_csv(tmp_path, {"run_id": "b", "duration": "7"}, {"energy_consumed": "x"}, name="b.csv")
    (tmp_path / "c.csv").write_text((tmp_path / "a.csv").read_text().replace("\nbad", "\n") + "<<<<<<< HEAD\n")
    reading = read(tmp_path)
    assert ids(reading) == ["a", "b"]
    assert [(Path(entry.path).name, entry.rows, entry.runs, entry.skipped) for entry in reading.inputs] == [
        ("a.csv", 3, 1, 1), ("b.csv", 2, 1, 1),
    ]  # fmt: skip
    where = [f"{finding.code} {Path(str(finding.where)).name}" for finding in reading.findings]
    assert sorted(where) == ["CR001 c.csv:5", "CR002 a.csv:4", "CR002 b.csv:3", "CR010 a.csv"]


def test_strict_refuses_the_first_bad_row(tmp_path: Path) -> None:
    emissions_csv(tmp_path, {}, {"energy_consumed": "x"})
    with pytest.raises(ReportError, match=r"emissions\.csv:3: energy_consumed: 'x' is no number; mend the row"):
        read(tmp_path, strict=True)


def test_a_path_named_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "logs", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linked.csv").symlink_to(path)
    spellings = [path, "logs", "./logs/emissions.csv", "logs/../logs", "logs/*.csv", "linked.csv", "."]
    assert len(read(*spellings).runs) == 1


def test_copies_of_a_run_in_several_folders_count_once_by_uuid_alone(tmp_path: Path) -> None:
    make(tmp_path / "new", UUID)
    make(tmp_path / "old", UUID, energy_consumed=0.3, cpu_energy=0, gpu_energy=0.28)
    reading = read(tmp_path)
    assert [run.energy_kwh for run in reading.runs] == [0.4]
    assert [code for code, _ in told(reading)] == ["CR021"]
    assert [run.energy_kwh for run in read(tmp_path / "old", tmp_path / "new").runs] == [0.4]
    assert [entry.runs for entry in reading.inputs] == [1, 0]
    make(tmp_path / "new", "run")
    make(tmp_path / "old", "run")
    reading = read(tmp_path)
    assert (ids(reading), told(reading)) == (["run", "run"], [])


def test_links_in_a_folder_are_told_and_not_followed(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", "outside")
    inside = make(tmp_path / "inside", "inside").parent
    for name in ("one.csv", "two.csv"):
        (inside / name).symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    reading = read(inside)
    assert (ids(reading), told(reading)) == (["inside"], [("CR042", str(inside / "one.csv"))])
    assert "a link and 1 more links" in reading.findings[0].message
    assert ids(read(inside / "one.csv")) == ["outside"], "one that is named is followed"


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ReportError, match=r"pipe\.csv: cannot be read: it is no regular file"):
        read(tmp_path / "pipe.csv")
    make(tmp_path / "a", "a")
    assert (ids(read(tmp_path)), told(read(tmp_path))) == (["a"], [])


def test_a_glob_reads_all_it_matches(tmp_path: Path) -> None:
    for name in ("x", "y", "z[1]"):
        make(tmp_path / name, name)
    assert ids(read(tmp_path / "[xy]" / "*.csv")) == ["x", "y"]
    assert ids(read(tmp_path / "**" / "*.csv")) == ["x", "y", "z[1]"]
    assert ids(read(tmp_path / "z[1]" / "emissions.csv")) == ["z[1]"], "a file of that very name is no pattern"


def test_a_zip_is_read_without_unpacking(tmp_path: Path) -> None:
    chain = SAMPLES / "codecarbon" / "3.2.1-bak-chain"
    with zipfile.ZipFile(tmp_path / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in chain.iterdir():
            archive.write(file, f"../../chain/{file.name}")
        archive.write(SWEEP, "sweep/emissions.csv")
        archive.writestr("sweep/cat.png", b"miaow")
    before = sorted(tmp_path.rglob("*"))
    reading = read(tmp_path / "logs.zip")
    assert len(reading.runs) == 6 + 12
    assert {entry.path.removeprefix(str(tmp_path)) for entry in reading.inputs} == {
        *(f"/logs.zip/../../chain/{file.name}" for file in chain.iterdir()), "/logs.zip/sweep/emissions.csv",
    }  # fmt: skip
    assert sorted(tmp_path.rglob("*")) == before
    assert len(read(tmp_path).runs) == 18, "in a folder as well"


def test_standard_input(
    carbon: Callable[..., subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = carbon("-", "--json", stdin=SWEEP.read_text(encoding="utf-8"))
    assert (done.returncode, json.loads(done.stdout)["totals"]["runs"]) == (0, 12)
    assert json.loads(done.stdout)["inputs"][0]["path"] == "standard input"
    assert "standard input: the file is empty" in carbon("-", stdin="").stderr
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SWEEP.read_bytes())))
    assert len(read("-").runs) == 12


def test_from_chooses_the_reader(tmp_path: Path) -> None:
    header, cells = "duration,emissions,energy_consumed", "10,0.1,0.5"
    (tmp_path / "mine.csv").write_text(f"{header}\n{cells}\n")
    with pytest.raises(ReportError, match=r"the log of no known tracker; .*--from NAME"):
        read(tmp_path / "mine.csv")
    assert read(tmp_path / "mine.csv", reader="codecarbon").runs[0].energy_kwh == 0.5
    with pytest.raises(ReportError, match="--from carbon: no such tracker; known are boamps, carbontracker, "):
        read(tmp_path / "mine.csv", reader="carbon")
    with pytest.raises(ReportError):
        read(SWEEP, reader="experiment-impact-tracker")


def test_two_claims_are_an_error_that_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = importers.available()
    other = base.Importer("other", "", "", base.header_has("run_id", without=["loss"]), lambda _: [])
    monkeypatch.setattr(importers, "available", lambda: {**ours, "other": other})
    with pytest.raises(ReportError, match="codecarbon and other both claim this file; say which with --from NAME"):
        read(make(tmp_path, "a").parent)
    assert ids(read(tmp_path, reader="codecarbon")) == ["a"]
    with pytest.raises(ReportError, match="no run in these logs"):
        read(tmp_path, reader="other")


PLUGIN = """
from reporter.importers import Importer
from reporter.importers.base import Bound, number, text
from reporter.importers.table import Table
from reporter.run import Run

COLUMNS = {"id": text("who"), "energy_kwh": number("joules", "J", required=True)}

def read(logs):
    for log in logs:
        table = Table(log)
        for row in table:
            fields = Bound(COLUMNS, table).read(row.cells, row.line)
            yield Run(tracker="meter", source=log.path, line=row.line, **fields)

def claims(log):
    return "joules" in log.header

def breaks(log):
    raise ZeroDivisionError("by a file that is none of its business")

IMPORTER = Importer("meter", "a meter", "https://example.org", claims, read)
BROKEN = Importer("broken", "", "", breaks, read)
THIEF = Importer("codecarbon", "", "", lambda log: True, read)
NOTHING = 3
"""
ENTRIES = """[carbon_report.importers]
meter = carbon_meter:IMPORTER
broken = carbon_meter:BROKEN
codecarbon = carbon_meter:THIEF
nothing = carbon_meter:NOTHING
missing = carbon_meter:MISSING
"""


@pytest.fixture
def plugins(tmp_path: Path) -> str:
    site = tmp_path / "site"
    info = site / "carbon_meter-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "carbon_meter.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carbon-meter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    return os.pathsep.join([str(site), str(Path(importers.__file__).parents[2])])


def test_a_plug_in_reads_as_an_equal_and_a_broken_one_is_told(
    tmp_path: Path, carbon: Callable[..., subprocess.CompletedProcess[str]], plugins: str
) -> None:
    (tmp_path / "meter.csv").write_text("who,joules\nme,3600000\n")
    shutil.copy(SWEEP, tmp_path / "emissions.csv")
    done = carbon("meter.csv", "emissions.csv", "--json", PYTHONPATH=plugins)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {run["tracker"] for run in answer["runs"]} == {"meter", "codecarbon"}
    assert next(run["it_energy_kwh"] for run in answer["runs"] if run["tracker"] == "meter") == pytest.approx(1)
    assert len(answer["runs"]) == 13, "a plug-in does not take the name of one of ours"
    messages = " ".join(finding["message"] for finding in answer["findings"] if finding["code"] == "CR040")
    assert "'missing' did not load" in messages
    assert "'nothing' is no reporter.importers.Importer" in messages
    assert messages.count("'broken' cannot tell") == 1
    assert "meter" in carbon("formats", PYTHONPATH=plugins).stdout


def test_a_run_tells_nothing_that_it_does_not_know() -> None:
    run = Run(id="a", tracker="meter", source="x.csv")
    assert (run.energy_kwh, run.duration_s, run.reported_emissions_kg, run.reported_pue) == (None,) * 4
    assert (run.basis, run.labels, run.machine_wide) == ("reported", {}, None)


def test_a_copy_of_a_log_without_ids_counts_once(tmp_path: Path) -> None:
    log = (SAMPLES / "power-log/three-phases/run.csv").read_bytes()
    for name in ("run.csv", "run copy.csv"):
        (tmp_path / name).write_bytes(log)
    reading = read(tmp_path)
    assert len(reading.runs) == 1
    assert "CR021" in [finding.code for finding in reading.findings]


def test_of_very_many_logs_little_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of those that wait to be read, nor of those that are no logs or were refused."""
    for name in "abc":
        make(tmp_path / name, name)
    (tmp_path / "losses.csv").write_text("step,loss\n1,0.5\n")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "emissions.csv").write_text((tmp_path / "a" / "emissions.csv").read_text().partition("\n")[0])
    expected = read(tmp_path)
    seen: list[logs.Log] = []
    waiting: list[int] = []
    find, together = logs.find, importers._together

    def noted(*args: Any) -> Any:
        for log in find(*args):
            if isinstance(log, logs.Log):
                seen.append(log)
            yield log

    def told(claimed: list[logs.Log]) -> Any:
        waiting.append(sum(log.held for log in seen))
        return together(claimed)

    monkeypatch.setattr(logs, "find", noted)
    monkeypatch.setattr(importers, "_together", told)
    for most, held in ((1 << 20, True), (0, False)):
        monkeypatch.setattr(importers, "HELD_BYTES", most)
        assert read(tmp_path) == expected
        assert (waiting.pop() > 0) is held
        assert [log.path for log in seen if log.held] == []
        seen.clear()


def test_what_was_refused_holds_no_file(tmp_path: Path) -> None:
    """An error that is kept would keep the frames that it came through, and with them all that they read."""
    for name in "ab":
        path = make(tmp_path / name, name)
        path.write_text(path.read_text().partition("\n")[0] + "\n")
    with pytest.raises(importers.Refused) as caught:
        read(tmp_path)
    for error in caught.value.errors:
        chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
        assert [one.__traceback__ for one in chain if one is not None] == [None] * sum(one is not None for one in chain)
