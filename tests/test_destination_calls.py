"""What is handed to MLflow and W&B, call by call, on a stand-in for each: the real ones are in tests/real_trackers."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from reporter import renderers
from reporter.destinations import mlflow, wandb
from reporter.destinations.base import Parcel
from reporter.errors import ReportError
from reporter.output_options import Target
from reporter.report import Report

from .test_assess import footprint

if TYPE_CHECKING:
    from collections.abc import Generator

RUN_ID = "0123456789abcdef0123456789abcdef"


def parcel() -> Parcel:
    report = Report(footprint({"labels": {"g": "a"}}, group_by="g", country="FRA"), "A study")

    def page(name: str) -> bytes:
        return renderers.available()[name].render(report)

    return Parcel("A study", page, lambda _, old: old, lambda *_: None)


class Mark(NamedTuple):
    """A metric or a tag of MLflow's."""

    key: str
    value: Any
    timestamp: int = 0
    step: int = 0


class Client:
    """A tracking server in memory: what it is told stands in ``calls``."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.broken = False

    def get_run(self, run: str) -> Any:
        return SimpleNamespace(info=SimpleNamespace(run_id=run, experiment_id="7"))

    def get_experiment(self, _: str) -> Any:
        return SimpleNamespace(name="sweep")

    def get_experiment_by_name(self, name: str) -> Any:
        return SimpleNamespace(experiment_id="7") if name == "sweep" else None

    def create_experiment(self, name: str) -> str:
        self.calls.append(("experiment", name))
        return "8"

    def create_run(self, identity: str, run_name: str) -> Any:
        self.calls.append(("run", identity, run_name))
        return self.get_run("made")

    def log_batch(self, run: str, metrics: list[Any], tags: list[Any]) -> None:
        self.calls.append(("batch", run, metrics, tags))

    def log_text(self, run: str, text: str, file: str) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.calls.append(("text", run, file, bool(text)))

    def set_tag(self, run: str, key: str, value: str) -> None:
        self.calls.append(("tag", run, key, bool(value)))

    def set_terminated(self, run: str, status: str) -> None:
        self.calls.append(("end", run, status))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    tracking: Any = ModuleType("mlflow.tracking")
    tracking.MlflowClient, tracking.set_tracking_uri = lambda: made, lambda uri: made.calls.append(("uri", uri))
    entities: Any = ModuleType("mlflow.entities")
    entities.Metric, entities.RunTag = Mark, Mark
    modules = {"mlflow": ModuleType("mlflow"), "mlflow.tracking": tracking, "mlflow.entities": entities}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in (*mlflow._USUAL, "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.setenv(name, "kept")
        monkeypatch.delenv(name)
    return made


def test_a_run_of_its_own_is_made_filled_and_ended(client: Client) -> None:
    assert mlflow.send(parcel(), Target("mlflow", "http://127.0.0.1:5000", "new")) == "run made of experiment sweep"
    assert client.calls[:3] == [("uri", "http://127.0.0.1:5000"), ("experiment", "new"), ("run", "8", "A study")]
    (batch,) = (call for call in client.calls if call[0] == "batch")
    metrics = {one.key: one.value for one in batch[2]}
    assert metrics["carbon/energy_kwh"] == pytest.approx(3.0)
    assert metrics["carbon/groups/a/energy_kwh"] == pytest.approx(3.0)
    assert {one.key: one.value for one in batch[3]}["carbon/countries"] == "FRA"
    assert len([call for call in client.calls if call[0] == "text"]) == len(mlflow.PAGES)
    assert client.calls[-2:] == [("tag", "made", "mlflow.note.content", True), ("end", "made", "FINISHED")]


def test_a_run_that_is_there_gets_the_report_and_is_not_ended(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mlflow.send(parcel(), Target("mlflow", "", f"sweep/{RUN_ID}")) == f"run {RUN_ID} of experiment sweep"
    assert {call[0] for call in client.calls} == {"batch", "text"}
    with pytest.raises(ReportError, match=f"run {RUN_ID} is of another experiment than other"):
        mlflow.send(parcel(), Target("mlflow", "", f"other/{RUN_ID}"))
    monkeypatch.setenv("MLFLOW_RUN_ID", RUN_ID)
    assert RUN_ID in mlflow.send(parcel(), Target("mlflow", "", ""))


def test_the_experiment_of_the_environment_is_used_and_a_failed_run_is_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "sweep")
    mlflow.send(parcel(), Target("mlflow", "", ""))
    assert ("run", "7", "A study") in client.calls
    client.broken = True
    with pytest.raises(OSError, match="No space left"):
        mlflow.send(parcel(), Target("mlflow", "", ""))
    assert client.calls[-1] == ("end", "made", "FAILED")
    before = len(client.calls)
    with pytest.raises(OSError, match="No space left"):
        mlflow.send(parcel(), Target("mlflow", "", RUN_ID))
    assert [call[0] for call in client.calls[before:]] == ["batch"]  # a run of the user's own is left as it is


class Wandb:
    """W&B's run and module in one: what it is told stands in ``told``."""

    def __init__(self, *, offline: bool = False) -> None:
        self.told: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.offline, self.url = offline, "https://wandb.example/run"
        self.settings = SimpleNamespace(sync_dir="wandb/offline-run-1")
        self.broken = False
        self.ended: list[int] = []

    def init(self, **chosen: Any) -> Wandb:
        self.told["init"] = chosen
        return self

    def log_artifact(self, artifact: Any) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.told["artifact"] = artifact

    def log(self, values: dict[str, Any]) -> None:
        self.told["log"] = values

    def finish(self, exit_code: int = 0) -> None:
        self.ended.append(exit_code)


class Artifact:
    def __init__(self, name: str, type: str, metadata: dict[str, str]) -> None:  # noqa: A002 - W&B's own name
        self.name, self.type, self.metadata = name, type, metadata
        self.files: dict[str, bytes] = {}

    @contextmanager
    def new_file(self, file: str, **_: str) -> Generator[io.BytesIO]:
        out = io.BytesIO()
        yield out
        self.files[file] = out.getvalue()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Wandb:
    made = Wandb()
    module: Any = ModuleType("wandb")
    module.init, module.Artifact, module.Html = made.init, Artifact, lambda text, inject: (text, inject)
    module.Settings = type("Settings", (dict,), {"model_fields": {"silent": 0, "console": 0}})
    monkeypatch.setitem(sys.modules, "wandb", module)
    return made


def test_wandb_gets_summary_artifact_and_page_and_no_settings_that_it_does_not_know(account: Wandb) -> None:
    assert wandb.send(parcel(), Target("wandb", "me/project", "")) == "https://wandb.example/run"
    chosen = account.told["init"]
    assert (chosen["entity"], chosen["project"], chosen["id"], chosen["resume"]) == ("me", "project", None, None)
    assert chosen["name"] == "A study"
    assert set(chosen["settings"]) == {"silent", "console"}
    assert account.summary["carbon/energy_kwh"] == pytest.approx(3.0)
    assert set(account.told["artifact"].files) == set(wandb.PAGES.values())
    assert all(account.told["artifact"].files.values())
    assert account.ended == [0]


def test_wandb_s_run_that_is_there_is_taken_up_and_an_offline_one_says_how_to_send_it(account: Wandb) -> None:
    account.offline = True
    told = wandb.send(parcel(), Target("wandb", "project", "abc"))
    assert told == "wandb/offline-run-1; to send it: wandb sync wandb/offline-run-1"
    chosen = account.told["init"]
    assert (chosen["entity"], chosen["id"], chosen["resume"], chosen["name"]) == (None, "abc", "allow", None)


def test_wandb_s_run_fails_where_sending_fails(account: Wandb) -> None:
    account.broken = True
    with pytest.raises(OSError, match="No space left"):
        wandb.send(parcel(), Target("wandb", "project", ""))
    assert account.ended == [1]
    with pytest.raises(ReportError, match="write wandb:PROJECT"):
        wandb.send(parcel(), Target("wandb", "a/b/c", ""))
