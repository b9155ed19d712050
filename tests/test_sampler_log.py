"""The sampler's log: labels, metrics, runs that are resumed, files that are rotated, machines that are counted once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import reporter
from reporter import importers, powerlog, sampler
from reporter.errors import ReportError
from reporter.sampler import notebook, place, writer
from reporter.sampler.meters import Meters

if TYPE_CHECKING:
    from collections.abc import Collection

    from reporter.run import Reading, Run

ROOT = Path(__file__).parent.parent
WATTS = 50.0


class Steady:
    """A counter of 50 W, as exact as the clock."""

    meter = powerlog.Meter("cpu-package-0", "counter", "cpu", "test")

    def __init__(self) -> None:
        self._first_s: float | None = None

    def read(self, now_s: float) -> float:
        self._first_s = now_s if self._first_s is None else self._first_s
        return WATTS * (now_s - self._first_s)

    def share(self, pids: Collection[int]) -> float | None:  # noqa: ARG002
        return None

    def close(self) -> None:
        """Nothing to close."""


def steady() -> Meters:
    meters = Meters(wanted=["ram"])
    meters.all = [Steady()]
    return meters


def quiet(_: str) -> None:
    """Say nothing."""


def sampling(path: Path, **more: Any) -> sampler.Sampler:
    return sampler.Sampler(path, 0.02, tell=more.pop("tell", quiet), meters=steady(), **more)


def one(*paths: Path) -> Run:
    (run,) = importers.read([str(path) for path in paths]).runs
    return run


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_labels_and_metrics_end_in_the_log_and_in_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with sampling(path, labels={"phase": "search", "team": "A, B"}) as running:
        running.log(loss=2.5, accuracy=0.3)
        sampler.log(accuracy=0.91, note='of "test", not\ntraining')
    running.log(late=1)
    told = {"loss": "2.5", "accuracy": "0.91", "note": "of test , not training", "late": "1"}
    assert one(path).labels == {"phase": "search", "team": "A, B", **told}
    with pytest.raises(ReportError, match="begin with a letter"):
        sampler.Sampler(tmp_path / "x.csv", labels={"1st": "x"})
    with pytest.raises(ReportError, match="no sampler is running"):
        sampler.log(accuracy=1)


def test_a_child_process_logs_into_the_log_around_it(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    code = "from reporter import sampler; sampler.log(accuracy=0.5)"
    with sampling(path):
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert one(path).labels == {"accuracy": "0.5"}
    assert sampler.LOG_VARIABLE not in os.environ
    assert sampler.RUN_VARIABLE not in os.environ


def test_a_run_that_is_resumed_stays_one_run_and_its_parts_add_up(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    for turn in range(3):
        with sampling(path, existing="resume", labels={"turn": str(turn)}):
            time.sleep(0.1)
        time.sleep(0.1)
    text = path.read_text()
    assert text.count(powerlog.FIRST) == 3
    assert [line for line in text.splitlines() if line.startswith("# part:")] == ["# part: 1", "# part: 2"]
    reading = importers.read([str(path)])
    (run,) = reading.runs
    assert 0.3 <= (run.duration_s or 0) < 0.5  # what lies between is nobody's
    assert run.cpu_energy_kwh == pytest.approx(WATTS * (run.duration_s or 0) / 3.6e6, rel=1e-3)
    assert sum(watts for _, watts in run.power_w) / len(run.power_w) == pytest.approx(WATTS, rel=0.05)
    assert run.labels == {"turn": "2"}
    assert "CR019" not in codes(reading)
    (tmp_path / "copy.csv").write_text(text[: text.index("# part: 2")].rpartition(powerlog.FIRST)[0])
    assert one(path, tmp_path / "copy.csv").energy_kwh == run.energy_kwh


def test_what_is_no_log_is_neither_resumed_nor_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("precious")
    for existing in ("resume", "append", "refuse"):
        with pytest.raises(ReportError, match="not written over"), sampling(path, existing=existing):
            pass
    assert path.read_text() == "precious"
    log = tmp_path / "run.csv"
    with sampling(log):
        pass
    with pytest.raises(ReportError, match="--resume"), sampling(log):
        pass


def test_a_log_that_grows_too_long_goes_on_in_another_file(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with sampling(path, rotate_bytes=2000):
        time.sleep(1.2)
    files = sorted(tmp_path.iterdir(), key=lambda file: (len(file.name), file.name))
    assert [file.name for file in files[:3]] == ["run.csv", "run.1.csv", "run.2.csv"]
    assert all(file.stat().st_size < 2600 for file in files)
    reading = importers.read([str(tmp_path)])
    (run,) = reading.runs
    assert (run.duration_s or 0) >= 1.2
    assert run.cpu_energy_kwh == pytest.approx(WATTS * (run.duration_s or 0) / 3.6e6, rel=1e-3)
    assert not {"CR011", "CR019", "CR021"} & set(codes(reading))
    lacking = importers.read([str(files[0]), str(files[2])])
    assert codes(lacking).count("CR011") == (2 if len(files) > 3 else 1)
    assert lacking.runs[0].id == run.id
    with sampling(path, existing="resume"):
        time.sleep(0.05)
    assert files[-1].read_text().count(powerlog.FIRST) == 2
    assert f"# part: {len(files)}\n" in files[-1].read_text()
    assert (one(tmp_path).duration_s or 0) > (run.duration_s or 0)


def test_a_second_process_at_the_same_log_only_passes(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    code = f"""
        from reporter.sampler import Sampler
        with Sampler({str(path)!r}, 0.02, tell=print) as one:
            one.log(rank=1)
        print(one.passing)
    """
    with sampling(path):
        told = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, cwd=ROOT, capture_output=True)
    assert told.stdout.decode().splitlines()[-1] == "True"
    assert "counted there, once" in told.stdout.decode()
    assert one(path).labels == {"rank": "1"}


def test_of_processes_that_begin_at_the_same_moment_one_samples_and_none_fails(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    code = f"""
        import sys, time
        from reporter.sampler import Sampler, meters
        sys.stdin.read()
        with Sampler({str(path)!r}, 0.02, tell=lambda line: None) as one:
            time.sleep(1.5)
        print(one.passing)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    ranks = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    time.sleep(1)
    for rank in ranks:
        assert rank.stdin is not None
        rank.stdin.close()
        rank.stdin = None
    told = [rank.communicate()[0].strip() for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0] * 6
    assert sorted(told) == ["False", *["True"] * 5]
    assert path.read_text().count(f"{powerlog.FIRST} 1\n") == 1


def test_a_log_that_another_machine_writes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.csv"
    with sampling(path):
        monkeypatch.setattr("reporter.sampler.machine.boot_hash", lambda: "f" * 16)
        monkeypatch.setattr(writer, "_lock", lambda *_: (_ for _ in ()).throw(writer.Busy))
        with pytest.raises(ReportError, match="another machine"), sampling(path):
            pass


def test_a_run_within_another_is_counted_there_if_that_is_read_and_else_itself(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer.csv", tmp_path / "inner.csv"
    with sampling(outer), sampling(inner):
        time.sleep(0.1)
    reading = importers.read([str(outer), str(inner)])
    assert [run.source for run in reading.runs] == [str(outer)]
    assert "CR039" in codes(reading)
    assert one(inner).energy_kwh is not None


def test_a_fork_of_a_process_that_samples_leaves_its_log_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    code = f"""
        import os, time
        from reporter.sampler import Sampler
        with Sampler({str(path)!r}, 0.02, tell=print):
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                time.sleep(0.1)
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], check=True, cwd=ROOT)
    assert path.read_text().count("# ended:") == 1


def test_the_power_at_rest_is_told_and_not_subtracted(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with sampling(path, idle_s=0.1):
        time.sleep(0.1)
    head = powerlog.read_head(powerlog.comments(path.read_text()))
    assert head.idle_s == 0.1
    assert dict(head.idle_w) == pytest.approx({"cpu-package-0": WATTS}, rel=0.01)
    reading = importers.read([str(path)])
    assert "CR048" in codes(reading)
    assert reading.runs[0].energy_kwh == pytest.approx(WATTS * (reading.runs[0].duration_s or 0) / 3.6e6, rel=1e-3)


def test_a_chosen_few_meters_are_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with sampler.Sampler(path, 0.02, only=["ram"], tell=quiet):
        time.sleep(0.1)
    reading = importers.read([str(path)])
    assert "CR025" in codes(reading)
    assert reading.runs[0].cpu_energy_kwh is None


def test_the_decorator_makes_each_call_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    @reporter.sampled
    def train(a: int, *, b: int) -> int:
        """Say what."""
        time.sleep(0.03)
        return a + b

    @reporter.sampled("other.csv", every_s=0.02, labels={"phase": "test"}, tell=quiet)
    async def awaited() -> str:
        await asyncio.sleep(0.05)
        return "done"

    assert [train(1, b=2), train(3, b=4)] == [3, 7]
    assert (train.__name__, train.__doc__) == ("train", "Say what.")
    assert asyncio.run(awaited()) == "done"
    runs = importers.read([str(tmp_path / "train.csv")]).runs
    assert [run.labels["function"] for run in runs] == ["train", "train"]
    assert runs[0].id != runs[1].id
    assert one(tmp_path / "other.csv").labels == {"function": "awaited", "phase": "test"}


class Shell:
    """What the magic needs of IPython."""

    def __init__(self) -> None:
        self.magic: Any = None
        self.ran: list[str] = []

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        assert (kind, name) == ("cell", "carbon")
        self.magic = function

    def run_cell(self, cell: str) -> None:
        self.ran.append(cell)
        time.sleep(0.1)


def test_the_magic_samples_while_a_cell_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell()
    reporter.load_ipython_extension(shell)
    shell.magic("--every 0.02 --label 'phase=the search' --country FRA", "train()")
    shell.magic("", "test()")
    assert shell.ran == ["train()", "test()"]
    assert capsys.readouterr().out.count("next: carbon-report notebook.csv") == 2
    first, second = importers.read(["notebook.csv"]).runs
    assert (first.labels, first.country) == ({"phase": "the search"}, "FRA")
    assert second.id != first.id
    shell.magic("--nonsense", "never()")
    assert "usage: %%carbon" in capsys.readouterr().out
    assert len(shell.ran) == 2
    with pytest.raises(ReportError, match="not understood"):
        notebook.options(["-o"])


def test_ipython_itself_takes_the_magic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    testing = pytest.importorskip("IPython.testing.globalipapp")
    monkeypatch.chdir(tmp_path)
    shell = testing.start_ipython() or testing.get_ipython()
    shell.run_line_magic("load_ext", "reporter")
    shell.run_cell_magic("carbon", "--every 0.02", "import time\ntime.sleep(0.1)\nkept = 42")
    assert shell.user_ns["kept"] == 42
    assert (one(tmp_path / "notebook.csv").duration_s or 0) >= 0.1


def test_a_cloud_is_told_by_its_runtime_and_doubted_on_a_desk(tmp_path: Path) -> None:
    def seen(maker: str, **variables: str) -> tuple[str | None, str | None]:
        (tmp_path / "vendor").write_text(maker)
        return place.cloud(variables, str(tmp_path / "vendor"))

    assert seen("Amazon EC2", AWS_REGION="eu-west-3") == ("aws:eu-west-3", None)
    assert seen("Google", GOOGLE_CLOUD_REGION="europe-west9")[0] == "gcp:europe-west9"
    assert seen("Microsoft Corporation", AZURE_REGION="West Europe")[0] == "azure:westeurope"
    assert seen("", AWS_REGION="eu-west-3")[0] == "aws:eu-west-3"
    assert seen("QEMU", AWS_REGION="eu-west-3")[0] == "aws:eu-west-3"
    found, doubt = seen("LENOVO", AWS_REGION="eu-west-3")
    assert found is None
    assert "lenovo" in (doubt or "")
    assert seen("Amazon EC2", AWS_REGION="$(evil)\n") == (None, None)
    assert seen("Amazon EC2") == (None, None)


def test_the_time_zone_suggests_a_country(tmp_path: Path) -> None:
    table = tmp_path / "zone.tab"
    table.write_text("# comment\nFR\t+4852+00220\tEurope/Paris\nDE\t+5230+01322\tEurope/Berlin\tmost\n")
    assert place.country_of_time_zone(str(table), zone="Europe/Berlin") == ("DE", "Europe/Berlin")
    assert place.country_of_time_zone(str(table), zone="Etc/UTC") is None
    assert place.country_of_time_zone(str(tmp_path / "none"), zone="Europe/Paris") is None
    (tmp_path / "zoneinfo" / "Europe").mkdir(parents=True)
    (tmp_path / "zoneinfo" / "Europe" / "Paris").touch()
    (tmp_path / "localtime").symlink_to(tmp_path / "zoneinfo" / "Europe" / "Paris")
    assert place.country_of_time_zone(str(table), str(tmp_path / "localtime")) == ("FR", "Europe/Paris")


def test_country_and_cloud_stand_in_the_head_and_in_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "cloud", lambda: ("aws:eu-west-3", None))
    with sampling(tmp_path / "run.csv", country="FRA"):
        time.sleep(0.05)
    run = one(tmp_path / "run.csv")
    assert (run.country, run.cloud_provider, run.cloud_region) == ("FRA", "aws", "eu-west-3")
    with pytest.raises(ReportError, match="three letters"):
        sampling(tmp_path / "x.csv", country="France")
