"""`--to hub:`: the Hub's own library, against a stand-in of the Hub on loopback, edits a card without losing a word."""

from __future__ import annotations

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reporter.destinations.hub import PUBLIC, _asks_another

from .conftest import SWEEP

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Generator
    from pathlib import Path

    Carbon = Callable[..., subprocess.CompletedProcess[str]]

HEAD = "a" * 40
CARD = """---
license: mit  # as the data's
language: [en, de]
tags:
- bert
---

# A model

It answers questions.

## Environmental Impact

<!-- Total emissions (in grams of CO2eq) and additional considerations go here. -->

- **Hardware Type:** [More Information Needed]
- **Hours used:** [More Information Needed]
"""


class Hub:
    """What the stand-in knows: the repository's card, what it refuses, and what was asked of it."""

    def __init__(self) -> None:
        self.card: str | None = CARD
        self.head = HEAD
        self.moved = False  # somebody else commits in between
        self.refusal: str | None = None
        self.asked: list[str] = []
        self.validated: list[str] = []
        self.commits: list[dict[str, Any]] = []
        self.address = ""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(f"{method} {path}")
        if path.startswith("/api/models/me/model/preupload/"):
            names = [entry["path"] for entry in json.loads(body)["files"]]
            modes = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            return 200, {}, json.dumps({"files": modes}).encode()
        if path.startswith("/api/models/me/model/commit/"):
            return self.commit(body, proposed="create_pr=1" in path)
        if path == "/api/validate-yaml":
            self.validated.append(json.loads(body)["content"])
            return (400, {}, self.refusal.encode()) if self.refusal else (200, {}, b"{}")
        if path == f"/me/model/resolve/{self.head}/README.md":
            return self.file()
        if path.startswith("/api/models/me/model"):
            return 200, {}, json.dumps({"id": "me/model", "sha": self.head, "private": False, "tags": []}).encode()
        return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"

    def file(self) -> tuple[int, dict[str, str], bytes]:
        if self.card is None:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": self.head}, b""
        content = self.card.encode()
        etag = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        return 200, {"ETag": f'"{etag}"', "X-Repo-Commit": self.head}, content

    def commit(self, body: bytes, *, proposed: bool) -> tuple[int, dict[str, str], bytes]:
        lines = [json.loads(line) for line in body.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if self.moved and header.get("parentCommit") == HEAD:
            return 412, {}, b'{"error": "A commit has happened since. Please refresh and try again."}'
        (file,) = (line["value"] for line in lines if line["key"] == "file")
        self.commits.append({**header, "path": file["path"], "content": base64.b64decode(file["content"]).decode()})
        self.card, self.head = self.commits[-1]["content"], "b" * 40
        told = {"success": True, "commitUrl": f"{self.address}/me/model/commit/{self.head}", "commitOid": self.head}
        told |= {"pullRequestUrl": f"{self.address}/me/model/discussions/7"} if proposed else {}
        return 200, {}, json.dumps(told).encode()


@pytest.fixture
def hub() -> Generator[Hub]:
    told = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = told.answer(self.command, self.path, body)
            self.send_response(status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = reply  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def send(carbon: Carbon, hub: Hub, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(where: str = "hub:me/model") -> subprocess.CompletedProcess[str]:
        settings = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": "hf_stand_in"}
        return carbon(SWEEP, "--statement", "--to", where, **settings)

    return run


def metadata(card: str) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return told


def test_the_card_gets_its_figure_in_grams_and_keeps_the_rest(
    send: Callable[..., Any], hub: Hub, carbon: Carbon, tmp_path: Path
) -> None:
    from huggingface_hub import ModelCard

    done = send()
    assert done.returncode == 0, done.stderr
    assert f"sent to hub: {hub.address}/me/model/commit/" in done.stderr
    (commit,) = hub.commits
    assert (commit["path"], commit["parentCommit"]) == ("README.md", HEAD)
    card = commit["content"]
    kilograms = json.loads(carbon(SWEEP, "--json").stdout)["totals"]["emissions_kg"]
    told = metadata(card)
    assert told.pop("co2_eq_emissions")["emissions"] == pytest.approx(kilograms * 1000, rel=1e-12)
    assert told == metadata(CARD)
    assert "license: mit  # as the data's\nlanguage: [en, de]\n" in card
    assert "# A model\n\nIt answers questions.\n" in card
    # What the Hub's own library makes of the old card and this figure has the same metadata, and was validated so.
    theirs = ModelCard(CARD)
    theirs.data["co2_eq_emissions"] = metadata(card)["co2_eq_emissions"]
    assert metadata(str(theirs)) == metadata(card) == metadata(hub.validated[0])
    (tmp_path / "card.md").write_text(CARD)
    carbon(SWEEP, "--model-card", "card.md")
    assert (tmp_path / "card.md").read_text() == card


def test_a_card_that_is_up_to_date_is_not_committed_again(send: Callable[..., Any], hub: Hub) -> None:
    assert send().returncode == 0
    done = send()
    assert done.returncode == 0, done.stderr
    assert "up to date" in done.stderr
    assert len(hub.commits) == 1


def test_a_repository_without_a_card_gets_one(send: Callable[..., Any], hub: Hub) -> None:
    hub.card = None
    assert send().returncode == 0
    assert list(metadata(hub.commits[0]["content"])) == ["co2_eq_emissions"]


def test_a_change_can_be_proposed(send: Callable[..., Any], hub: Hub) -> None:
    done = send("hub:me/model#pr")
    assert f"sent to hub: {hub.address}/me/model/discussions/7" in done.stderr
    assert any("create_pr=1" in one for one in hub.asked)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("refusal", "the Hub refuses the card's metadata: license is unknown"),
        ("moved", "not sent: "),
        ("gone", "not sent: "),
    ],
)
def test_what_the_hub_refuses_is_told_in_one_line(
    what: str, told: str, send: Callable[..., Any], hub: Hub
) -> None:
    hub.refusal = "license is unknown" if what == "refusal" else None
    hub.moved = what == "moved"
    done = send("hub:me/other" if what == "gone" else "hub:me/model")
    assert done.returncode == 1
    assert "This work contributed" in done.stdout
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("carbon-report:"))
    assert line.startswith("carbon-report: --to hub")
    assert told in line
    assert "hf_stand_in" not in done.stderr
    assert hub.commits == []


@pytest.mark.parametrize("version, endpoint, silent", [
    ("2.1.0", "http://hub.example.org", True), ("0.25.0", "http://hub.example.org", True),
    ("2.1.0", PUBLIC, False), ("2.2.0", "http://hub.example.org", False), ("2.4.0.rc0", PUBLIC, False),
])  # fmt: skip
def test_no_older_library_shows_a_card_to_a_hub_that_nobody_named(
    version: str, endpoint: str, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "__version__", version)
    assert _asks_another(SimpleNamespace(endpoint=endpoint)) is silent
