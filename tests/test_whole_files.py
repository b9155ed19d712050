"""Outputs are whole or absent, whatever happens while they are written; an earlier file is never lost."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from reporter import cli, publishing, renderers
from reporter.errors import ReportError
from reporter.renderers import whole_files

from .conftest import ROOT, SWEEP

Carbon = Callable[..., subprocess.CompletedProcess[str]]
LINUX = sys.platform.startswith("linux")
OUTPUTS = {"--latex": "a.tex", "--json": "a.json", "--markdown": "a.md", "--html": "a.html", "--ledger": "a.ledger.csv"}


def command(folder: Path, *more: str) -> list[str]:
    written = [word for option, name in OUTPUTS.items() for word in (option, str(folder / name))]
    return [sys.executable, "-m", "reporter", str(SWEEP), *written, *more]


def contents(folder: Path) -> dict[str, bytes]:
    """What is in the folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The outputs as an undisturbed run writes them."""
    folder = tmp_path_factory.mktemp("finished")
    subprocess.run(command(folder, "--quiet"), check=True, cwd=ROOT)
    return contents(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A file system of 64 KiB; where none may be mounted the test is skipped."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    made = mount and LINUX and not subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode  # fmt: skip
    if not made:
        pytest.skip("no file system may be mounted here; as root one may")
    yield place
    subprocess.run(["umount", str(place)], check=False)


def test_a_full_disk_changes_nothing_and_says_what_is_there(small_disk: Path, finished: dict[str, bytes]) -> None:
    (small_disk / "a.html").write_bytes(b"<p>earlier")
    done = subprocess.run(command(small_disk), capture_output=True, text=True, cwd=ROOT, check=False)
    there = contents(small_disk)
    assert done.returncode == 1
    assert there.pop("a.html") == b"<p>earlier"
    assert there == {name: finished[name] for name in there}  # those before it, whole
    last = done.stderr.strip().splitlines()[-1]
    assert "a.html: cannot be written: No space left on device; nothing was changed; written before: " in last
    assert all(str(small_disk / name) in last for name in there)
    assert "Traceback" not in done.stderr


def limit_of(size: int) -> Callable[[], None]:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.skipif(not LINUX, reason="limits of files as Linux has them")
@pytest.mark.parametrize("size", [0, 1, 4096, 20_000])
def test_a_file_that_may_not_grow_is_absent_and_the_earlier_one_stays(size: int, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    done = subprocess.run(
        [sys.executable, "-m", "reporter", str(SWEEP), "--json", str(tmp_path / "a.json")], check=False,
        capture_output=True, text=True, cwd=ROOT, preexec_fn=limit_of(size),
    )  # fmt: skip
    assert done.returncode == 1
    assert contents(tmp_path) == {"a.json": b"{}"}
    assert done.stderr.strip().endswith("File too large; nothing was changed")


@pytest.mark.skipif(not LINUX or (os.geteuid() == 0 and shutil.which("setpriv") is None), reason="root writes anywhere")
def test_a_read_only_folder_is_told_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "a.json").write_bytes(b"{}")
    place.chmod(0o555)
    # root without what lets it write anywhere: then the folder's own bits hold for it too
    lower = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    code = (
        "import sys; from reporter import renderers; from reporter.errors import ReportError\n"
        "try: renderers.save(sys.argv[1], b'new')\n"
        "except ReportError as error: print(error)"
    )
    done = subprocess.run(
        [*lower, sys.executable, "-c", code, str(place / "a.json")],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    place.chmod(0o755)
    assert done.stdout.strip().endswith("a.json: cannot be written: Permission denied; nothing was changed")
    assert contents(place) == {"a.json": b"{}"}


_WRITER = """
import os, sys
from reporter import cli, publishing, renderers
folder, size = sys.argv[1], int(sys.argv[2])
contents = [letter * size for letter in (b"a", b"b")]
print("ready", flush=True)
for turn in range(10**9):
    renderers.save(os.path.join(folder, "out.txt"), contents[turn % 2])
"""


@pytest.mark.skipif(not LINUX, reason="signals as Unix has them")
@pytest.mark.parametrize("size", [10, 300_000])
def test_killed_at_any_moment_the_file_is_whole(size: int, tmp_path: Path) -> None:
    """Sixty processes that write all the time, each killed at a random moment."""
    chance = random.Random(f"killed {size}")  # noqa: S311 - moments, not secrets
    (tmp_path / "out.txt").write_bytes(b"a" * size)
    for _ in range(30):
        arguments = [sys.executable, "-c", _WRITER, str(tmp_path), str(size)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.02)
            process.kill()
        assert (tmp_path / "out.txt").read_bytes() in {b"a" * size, b"b" * size}


@pytest.mark.skipif(not LINUX, reason="signals as Unix has them")
def test_interrupted_at_any_moment_every_file_is_whole_and_the_message_is_right(
    tmp_path: Path, finished: dict[str, bytes]
) -> None:
    """SIGINT from the start to past the end: each file is the earlier one or the new one, and nothing is left over."""
    chance = random.Random("interrupted")  # noqa: S311 - moments, not secrets
    undisturbed = time.monotonic()
    subprocess.run(command(tmp_path, "--quiet"), check=True, cwd=ROOT)
    undisturbed = time.monotonic() - undisturbed
    for _ in range(12):
        for name in finished:
            (tmp_path / name).write_bytes(b"earlier")
        # The first moments belong to Python itself, which has a traceback of its own.
        with subprocess.Popen(command(tmp_path), stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            time.sleep(undisturbed * (0.45 + 0.55 * chance.random()))
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        there = contents(tmp_path)
        assert sorted(there) == sorted(finished), told
        assert all(content in {b"earlier", finished[name]} for name, content in there.items())
        new = {name for name, content in there.items() if content != b"earlier"}
        if process.returncode == 130:
            last = told.strip().splitlines()[-1]
            if "nothing was written" in last:
                assert not new
            else:
                assert all(str(tmp_path / name) in told for name in new)
        else:
            assert process.returncode in {0, -signal.SIGINT}


@pytest.mark.parametrize("moment", ["after a rename", "while findings are told"])
def test_an_interrupt_between_two_steps_still_tells_what_is_there(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The signal may come when a file is renamed and not yet noted, or when every file is written."""
    target = tmp_path / "a.tex"

    def interrupted(*arguments: Any, **_: Any) -> None:
        if moment == "after a rename":
            whole_files.save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(*((renderers, "save") if moment == "after a rename" else (publishing, "tell")), interrupted)
    assert cli.main([str(SWEEP), "--latex", str(target), "--quiet"]) == 130
    assert target.read_bytes()
    assert capsys.readouterr().err.strip() == f"carbon-report: interrupted; written before: {target}"


def test_what_a_killed_process_left_is_swept_later_and_what_another_writes_now_is_not(tmp_path: Path) -> None:
    old, now = tmp_path / f"{whole_files.PREFIX}old", tmp_path / f"{whole_files.PREFIX}now"
    for path in (old, now):
        path.write_bytes(b"half")
    past = time.time() - whole_files.LEFT_OVER_S - 10
    os.utime(old, (past, past))
    renderers.save(str(tmp_path / "a.txt"), b"new")
    assert sorted(contents(tmp_path)) == sorted(["a.txt", now.name])


def test_two_reports_to_one_file_leave_one_of_them_whole(tmp_path: Path, finished: dict[str, bytes]) -> None:
    (tmp_path / "b").mkdir()
    titles = ("first", "second")
    alone = []
    for title in titles:
        subprocess.run(command(tmp_path / "b", "--quiet", "--title", title), check=True, cwd=ROOT)
        alone.append(contents(tmp_path / "b"))
    (tmp_path / "c").mkdir()
    both = [subprocess.Popen(command(tmp_path / "c", "--quiet", "--title", title), cwd=ROOT) for title in titles]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    there = contents(tmp_path / "c")
    assert sorted(there) == sorted(finished)
    assert all(content in {alone[0][name], alone[1][name]} for name, content in there.items())


def test_an_edit_does_not_undo_what_another_wrote_meanwhile(tmp_path: Path) -> None:
    """Two programs edit one README: the second finds another file than it read, and says so."""
    path = tmp_path / "README.md"
    path.write_bytes(b"# mine\n")
    before = path.read_bytes()
    path.write_bytes(b"# mine, and more\n")
    with pytest.raises(ReportError, match="another program has changed this file meanwhile; nothing was changed"):
        renderers.save(str(path), b"# mine\n\nblock\n", before)
    assert contents(tmp_path) == {"README.md": b"# mine, and more\n"}


def test_eight_edits_of_one_readme_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# mine\n\nwords of mine\n", encoding="utf-8")
    edit = [sys.executable, "-m", "reporter", str(SWEEP), "--quiet", "--readme", str(path)]
    both = [subprocess.Popen(edit, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    told = [(process.communicate(timeout=120)[1], process.returncode) for process in both]
    assert any(status == 0 for _, status in told)
    assert all(status == 0 or "changed this file meanwhile" in message for message, status in told)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# mine\n\nwords of mine\n")
    assert text.count("carbon-report:start") == 1
    assert sorted(contents(tmp_path)) == ["README.md"]


@pytest.mark.skipif(not LINUX, reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [[], ["--json"], ["--latex"]])
def test_standard_output_that_is_full_or_closed_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    base = [sys.executable, "-m", "reporter", str(SWEEP), "--quiet", *arguments]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(base, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (
        1, "carbon-report: standard output cannot be written: No space left on device\n"
    )  # fmt: skip
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *base], stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False
    )
    assert (closed.returncode, closed.stderr) == (1, "carbon-report: standard output is closed; name a file for it\n")


def test_a_reader_that_goes_away_keeps_no_file_from_being_written(tmp_path: Path, finished: dict[str, bytes]) -> None:
    with subprocess.Popen(
        [*command(tmp_path), "--statement"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read().decode()
        assert process.wait(timeout=60) == 0
    assert "Traceback" not in told
    assert sorted(contents(tmp_path)) == sorted(finished)
