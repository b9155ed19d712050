"""MLflow: the report as artifacts, its figures as metrics, its words as tags of a new run or one that is there."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from reporter.destinations.base import PREFIX, Destination, figures, tags
from reporter.errors import ReportError, plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from reporter.destinations.base import Parcel
    from reporter.output_options import Target

FOLDER = "carbon-report"
PAGES = {"html": "report.html", "json": "report.json"}
#: What MLflow takes: names of metrics of these signs and this length, values of tags of this length, a batch of these.
_SIGNS, _LONGEST_NAME, _LONGEST_TAG, _BATCH = re.compile(r"[^\w\-. :/]", re.ASCII), 250, 5000, 500
_RUN = pattern(r"(?:(.*)/)?([0-9a-f]{32})")
#: A server that is not there is told within seconds, and MLflow tells nobody how it is used; what the user set stands.
_USUAL = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30", "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}  # fmt: skip


def send(parcel: Parcel, target: Target) -> str:
    """Log the report to the tracking server of the address, or to the one that MLFLOW_TRACKING_URI names.

    The label is an experiment's name (made where it is not there), or ends in the id of a run that gets the report
    beside what it has; without a label MLFLOW_RUN_ID or MLFLOW_EXPERIMENT_NAME decide, as for MLflow itself.
    """
    for name, value in _USUAL.items():
        os.environ.setdefault(name, value)
    from mlflow.tracking import MlflowClient, set_tracking_uri

    if target.where:
        set_tracking_uri(target.where)  # before MLflow 3 artifacts do not ask the client for its address
    client = MlflowClient()
    document = parcel.document()
    pages = {file: parcel.page(name).decode() for name, file in PAGES.items()}
    run, ours = _run(client, target.label, parcel.title)
    try:
        _log(client, run, figures(document), tags(document, parcel.title))
        for file, text in pages.items():
            client.log_text(run, text, f"{FOLDER}/{file}")
        if ours:
            client.set_tag(run, "mlflow.note.content", document["statement"][:_LONGEST_TAG])
    except BaseException:
        if ours:
            client.set_terminated(run, "FAILED")
        raise
    if ours:
        client.set_terminated(run, "FINISHED")
    return f"run {run} of experiment {plain(client.get_experiment(client.get_run(run).info.experiment_id).name)}"


def _run(client: Any, label: str, title: str) -> tuple[str, bool]:
    """The run to log to, and whether it was made for this report."""
    there = _RUN.fullmatch(label or os.environ.get("MLFLOW_RUN_ID", ""))
    if there:
        found = client.get_run(there[2])
        if there[1] and client.get_experiment(found.info.experiment_id).name != there[1]:
            raise ReportError(f"--to mlflow: run {there[2]} is of another experiment than {plain(there[1])}")
        return str(found.info.run_id), False
    name = label or os.environ.get("MLFLOW_EXPERIMENT_NAME", "Default")
    experiment = client.get_experiment_by_name(name)
    identity = experiment.experiment_id if experiment else client.create_experiment(name)
    return str(client.create_run(identity, run_name=title).info.run_id), True


def _log(client: Any, run: str, told: dict[str, float], words: dict[str, str]) -> None:
    from mlflow.entities import Metric, RunTag

    now = int(time.time() * 1000)
    names = {_SIGNS.sub("_", PREFIX + name)[:_LONGEST_NAME]: value for name, value in told.items()}
    metrics = [Metric(name, value, now, 0) for name, value in names.items()]
    marks = [RunTag(PREFIX + name, value[:_LONGEST_TAG]) for name, value in words.items()]
    for start in range(0, len(metrics), _BATCH):
        client.log_batch(run, metrics=metrics[start : start + _BATCH], tags=[] if start else marks)


DESTINATION = Destination(
    "mlflow", "an MLflow run: artifacts, metrics, tags", send, module="mlflow", extra="mlflow", where="URI",
    label="EXPERIMENT|RUN_ID", where_needed=False,
)  # fmt: skip
