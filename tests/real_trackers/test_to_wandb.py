"""The real W&B, offline: its record holds the figures, the artifact and the page, and nothing of this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

from tests.conftest import SWEEP

from .conftest import Environment, Sender

if TYPE_CHECKING:
    from pathlib import Path

#: The record of an offline run is a log in LevelDB's format whose entries are W&B's own protocol buffers.
READ = """
import json, struct, sys
from google.protobuf.json_format import MessageToDict
from wandb.proto.wandb_internal_pb2 import Record
data, at, whole = open(sys.argv[1], "rb").read(), 7, b""
while at + 7 <= len(data):
    left = 32768 - at % 32768
    if left < 7:
        at += left
        continue
    _, size, kind = struct.unpack_from("<IHB", data, at)
    whole += data[at + 7 : at + 7 + size]
    at += 7 + size
    if kind in (1, 4):
        print(json.dumps(MessageToDict(Record.FromString(whole), preserving_proto_field_name=True)))
        whole = b""
"""


def records(python: str, folder: Path) -> list[dict[str, Any]]:
    (log,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    read = subprocess.run([python, "-c", READ, str(log)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in read.stdout.splitlines()]


def test_wandb_records_summary_artifact_and_page(environment: Environment, carbon_in: Sender, tmp_path: Path) -> None:
    python = environment("wandb", "wandb==0.31.0")
    place = {"WANDB_MODE": "offline", "HOME": str(tmp_path), "SOURCE_DATE_EPOCH": "1700000000"}
    done = carbon_in(
        python, SWEEP, "--title", "Distillation", "--json", "report.json", "--html", "report.html",
        "--group-by", "project", "--to", "wandb:team/green", **place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sent to wandb: " in done.stderr
    assert "wandb sync " in done.stderr
    found = records(python, tmp_path)
    (run,) = (one["run"] for one in found if "run" in one)
    assert (run["entity"], run["project"], run["display_name"], run["host"]) == ("team", "green", "Distillation", "-")
    summary = {
        update["key"]: json.loads(update["value_json"])
        for one in found for update in one.get("summary", {}).get("update", ()) if "key" in update
    }  # fmt: skip
    report = json.loads((tmp_path / "report.json").read_text())
    for key, value in report["totals"].items():
        if isinstance(value, int | float):
            assert summary[f"carbon/{key}"] == value, key
    (artifact,) = (one["artifact"] for one in found if "artifact" in one)
    assert json.loads(artifact["metadata"])["trackers"] == "codecarbon"
    digests = {entry["path"]: entry["digest"] for entry in artifact["manifest"]["contents"]}
    for name in ("report.html", "report.json"):
        digest = hashlib.md5((tmp_path / name).read_bytes(), usedforsecurity=False).digest()
        assert base64.b64decode(digests[name]) == digest, name
    files = {entry["path"] for one in found for entry in one.get("files", {}).get("files", ())}
    assert len(files) == 1  # the page; neither requirements, nor code, nor facts of the machine
    assert next(iter(files)).startswith("media/html/carbon/report")
    assert not [one for one in found if {"stats", "output", "environment"} & set(one)]


def test_without_an_account_one_line_says_what_to_do(
    environment: Environment, carbon_in: Sender, tmp_path: Path
) -> None:
    python = environment("wandb", "wandb==0.31.0")
    place = {"WANDB_MODE": "online", "WANDB_API_KEY": "", "HOME": str(tmp_path), "WANDB_BASE_URL": "http://127.0.0.1:9"}
    done = carbon_in(python, SWEEP, "--quiet", "--statement", "--to", "wandb:green", **place)
    assert done.returncode == 1
    assert "This work contributed" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("carbon-report: --to wandb:green: not sent: ")
    assert "wandb login" in line
