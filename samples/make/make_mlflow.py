"""Runs MLflow with its own system metrics, NVML stood in for, and exports what it logged: make_mlflow.py FOLDER.

The stand-in lies as ``pynvml.py`` on PYTHONPATH. Writes the file store, the JSON of its metric history and a CSV.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import time
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
from mlflow.tracking import MlflowClient

folder = Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
mlflow.set_tracking_uri((folder / "mlruns").absolute().as_uri())
mlflow.set_experiment("digits")
mlflow.set_system_metrics_sampling_interval(1)
with mlflow.start_run(run_name="small net", log_system_metrics=True) as run:
    time.sleep(9)

client, points = MlflowClient(), []
for key in sorted(client.get_run(run.info.run_id).data.metrics):
    if key.startswith("system/gpu_"):
        points += [
            {"key": one.key, "value": one.value, "timestamp": one.timestamp, "step": one.step, "run_id": one.run_id}
            for one in client.get_metric_history(run.info.run_id, key)
        ]
(folder / "history.json").write_text(json.dumps({"metrics": points}, indent=1) + "\n", encoding="utf-8")
with (folder / "history.csv").open("w", encoding="utf-8", newline="") as file:
    writer = csv.DictWriter(file, ["run_id", "key", "value", "step", "timestamp"])
    writer.writeheader()
    writer.writerows(points)
# What no reader needs is left out: other metrics, and where this machine keeps files.
KEPT = ("name:", "run_name:", "run_id:", "experiment_id:", "start_time:", "end_time:", "status:")
for path in (folder / "mlruns").rglob("*"):
    if path.is_file() and path.name != "meta.yaml" and "power_usage_watts" not in path.name:
        path.unlink()
    elif path.name == "meta.yaml":
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if line.startswith(KEPT)))
shutil.rmtree(folder / "mlruns" / "0")
for path in sorted((folder / "mlruns").rglob("*"), reverse=True):
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
