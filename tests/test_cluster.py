"""Past one machine: object storage on loopback and a real Dask scheduler with two worker processes give the same."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import logs_made
from reporter import cluster, importers, reading
from reporter.errors import ReportError
from reporter.importers import remote
from reporter.options import Options

from .conftest import IN_CI

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from reporter.run import Reading

FOLDERS = 12


def needed(name: str) -> Any:
    return __import__(name) if IN_CI else pytest.importorskip(name)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of CodeCarbon logs, a power log, and a file that is no log's at all."""
    folder = tmp_path_factory.mktemp("logs")
    for place in range(FOLDERS):
        below = folder / f"team-{place}"
        below.mkdir()
        logs_made.codecarbon(below / "emissions.csv", 40 + place, 10)
        path = below / "emissions.csv"  # runs of their own: ids that are in no other folder
        path.write_text(path.read_text().replace("00000000-0000", f"{place:08d}-0000"))
    (folder / "power").mkdir()
    logs_made.power_log(folder / "power" / "run.csv", 200)
    (folder / "team-3" / "losses.csv").write_text("step,loss\n1,2\n")
    return folder


@pytest.fixture(scope="module")
def bucket(logs: Path) -> Generator[str]:
    """The same files in an S3 server on loopback."""
    needed("s3fs")
    needed("moto")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    kept = {name: os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    os.environ |= {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                   "AWS_DEFAULT_REGION": "us-east-1"}  # fmt: skip
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    store = s3fs.S3FileSystem()
    store.mkdir("energy")
    store.put(str(logs), "energy/logs", recursive=True)
    yield "s3://energy/logs"
    server.stop()
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(scope="module")
def scheduler(bucket: str) -> Generator[Any]:
    """A scheduler with two worker processes, started when the object storage is there."""
    distributed = needed("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made:
        yield made


def read(*paths: object, dask: str | None = None, cache: Path | None = None, step: Any = None) -> Reading:
    options = Options(logs=tuple(map(str, paths)), dask=dask, cache=None if cache is None else str(cache))
    return reading.read(options, {}, step)


def same(one: Reading, other: Reading, moved: tuple[str, str] = ("", "")) -> None:
    """Hold two readings equal, number for number, where the files of the second lie elsewhere."""

    def told(reading: Reading) -> Any:
        def here(text: str | None) -> str:
            return str(text).replace(moved[1], moved[0]) if moved[1] else str(text)

        runs = sorted(
            (here(run.id), here(run.source), run.line, run.energy_kwh, run.duration_s, run.reported_emissions_kg,
             run.power_w, str(run.started_at), sorted(run.labels.items()))
            for run in reading.runs
        )  # fmt: skip
        inputs = sorted((here(entry.path), *entry[1:]) for entry in reading.inputs)
        findings = sorted((code, level, here(text), here(where)) for code, level, text, where in reading.findings)
        return runs, inputs, findings

    assert told(one) == told(other)


def test_object_storage_reads_as_a_folder(logs: Path, bucket: str) -> None:
    same(read(logs), read(bucket), (str(logs), bucket))
    same(read(f"{logs}/**/emissions.csv"), read(f"{bucket}/**/emissions.csv"), (str(logs), bucket))
    same(read(f"{logs}/power/run.csv"), read(f"{bucket}/power/run.csv"), (str(logs), bucket))


def test_a_cluster_reads_as_one_machine(
    logs: Path, bucket: str, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[int, int, str]] = []
    same(read(bucket), read(bucket, dask=scheduler.scheduler_address, step=lambda *step: steps.append(step)))
    assert steps[-1][:2] == (FOLDERS + 1, FOLDERS + 1)
    monkeypatch.setattr(cluster, "TASK_UNITS", 1)
    same(read(logs), read(logs, dask=scheduler.scheduler_address, step=lambda *step: steps.append(step)))
    assert [done for done, _, _ in steps[1:]] == list(range(1, FOLDERS + 2)), "progress is shown task by task"


def test_a_worker_that_is_killed_changes_nothing(
    logs: Path, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "TASK_UNITS", 1)
    workers = scheduler.workers.values()
    killed: list[int] = []

    def step(done: int, total: int, _: str) -> None:
        if not killed and done < total:
            killed.append(next(iter(workers)).pid)
            os.kill(killed[0], signal.SIGKILL)

    same(read(logs), read(logs, dask=scheduler.scheduler_address, step=step))
    assert killed


def test_a_corrupt_object_is_told_with_its_path_and_the_rest_goes_on(bucket: str, scheduler: Any) -> None:
    import s3fs

    store = s3fs.S3FileSystem()
    text = b"timestamp,run_id,duration,emissions,energy_consumed,country_name\n2026-03-01T08:00:00,a,x,x,x,France\n"
    store.pipe(f"{bucket}/broken/emissions.csv", text)
    try:
        found = read(bucket, dask=scheduler.scheduler_address)
    finally:
        store.rm(f"{bucket}/broken/emissions.csv")
    errors = [(finding.where, finding.message) for finding in found.findings if finding.code == "CR001"]
    assert [where for where, _ in errors] == [f"{bucket}/broken/emissions.csv"]
    assert "'x' is no number" in errors[0][1]
    assert len(found.runs) == len(read(bucket).runs)


def test_a_local_cluster_is_started_and_ended(logs: Path) -> None:
    needed("distributed")
    same(read(logs), read(logs, dask="local"))


def test_an_address_where_nobody_listens_is_an_error(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = needed("distributed")
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: (_ for _ in ()).throw(OSError("timed out")))
    with pytest.raises(ReportError, match=r"--dask tcp://127\.0\.0\.1:9: no scheduler answers there"):
        read(logs, dask="tcp://127.0.0.1:9")


def test_what_cannot_be_opened_is_one_line(bucket: str) -> None:
    with pytest.raises(ReportError, match=r"s3://energy/none\.csv: no file of a tracker's log is there"):
        read("s3://energy/none.csv")
    with pytest.raises(ReportError, match=r"cannot be read: .*; check the path and your credentials"):
        read("s3://nobodys-bucket/**/emissions.csv")
    for path in ("ftp://host/emissions.csv", "simplecache::s3://energy/logs"):
        with pytest.raises(ReportError, match="paths of this kind are not opened; known are s3://"):
            read(path)
    with pytest.raises(ReportError, match="standard input cannot be read in parts"):
        read("-", dask="local")


def test_a_missing_extra_names_the_command_that_mends_it(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ReportError, match=r"--dask needs dask.distributed: pip install 'carbon-report\[dask\]'"):
        read(logs, dask="local")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ReportError, match=r"s3:// needs s3fs: pip install 'carbon-report\[remote\]'"):
        read("s3://energy/logs")
    with pytest.raises(ReportError, match="gs:// needs gcsfs: pip install gcsfs"):
        read("gs://energy/logs")


def test_a_path_of_this_machine_asks_no_library(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_system", lambda _: pytest.fail("a local path was taken for a remote one"))
    assert importers.read([str(logs)]).runs
