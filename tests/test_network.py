"""No network: every main path runs watched, where the system allows it without routes, and asks for nothing.

Two witnesses. An audit hook in every Python process notes each socket, name look-up and URL that anything asks for,
even where the error is caught and forgotten. A network namespace without routes counts, in the kernel, what code
outside of Python tries to send. Where no namespace may be made the hook alone stands, so no machine skips this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from reporter import renderers
from reporter.renderers import checklist
from tests.hostile.make import cases, write

from .conftest import ROOT, SAMPLES, SWEEP, emissions_csv

#: Runs at the start of every Python process, before anything else; sockets of the file system are no network.
WATCH = """
import os, sys

def _watch(event, values, notes=os.open(os.environ["CARBON_REPORT_NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
    if not event.startswith(("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "imaplib.", "webbrowser.")):
        return
    if event == "socket.gethostname" or (event == "socket.__new__" and int(values[1]) not in (2, 10, 30)):
        return
    if event in ("socket.bind", "socket.connect") and isinstance(values[1], (str, bytes)):
        return
    os.write(notes, f"{event} {values!r:.300}\\n".encode("utf-8", "replace"))

sys.addaudithook(_watch)
"""
#: In a namespace of its own: the command, and then what the kernel counted. Nothing else sends there.
COUNTED = """
count=$1; shift
cat /proc/net/snmp /proc/net/snmp6 >"$count.before"
"$@"; status=$?
cat /proc/net/snmp /proc/net/snmp6 >"$count.after"
exit $status
"""


class Seen(NamedTuple):
    """What one command did: its exit status, what it said, and each attempt to reach out."""

    status: int
    told: str
    attempts: list[str]


@cache
def apart() -> tuple[str, ...]:
    """What runs a command in a network namespace without routes; nothing where this machine makes none."""
    if shutil.which("unshare") is None:
        return ()
    for words in (("unshare", "-n"), ("unshare", "-rn")):
        if subprocess.run([*words, "cat", "/proc/net/snmp"], capture_output=True, check=False).returncode == 0:
            return words
    return ()


def watched(command: list[str], folder: Path, stdin: str = "") -> Seen:
    """Run a command in a folder with both witnesses."""
    place = folder.parent / f"{folder.name}.watch"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    notes = place / "notes"
    notes.unlink(missing_ok=True)
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join((str(place), str(ROOT))), "CARBON_REPORT_NOTES": str(notes),
        "HTTP_PROXY": "", "HTTPS_PROXY": "",
    }  # fmt: skip
    wrapped = [*apart(), "sh", "-c", COUNTED, "sh", str(place / "count"), *command] if apart() else command
    done = subprocess.run(
        wrapped, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, timeout=300, check=False
    )
    assert notes.exists(), "the watch did not run"
    attempts = notes.read_text(encoding="utf-8").splitlines()
    if apart():
        before, after = (figures((place / f"count.{when}").read_text(encoding="utf-8")) for when in ("before", "after"))
        attempts += [f"the kernel counted {name}: {after[name] - was}" for name, was in before.items()
                     if after[name] > was and name in SENT]  # fmt: skip
    return Seen(done.returncode, done.stdout + done.stderr, attempts)


#: Counters of the kernel that go up when something is sent, or would have been had there been a route.
SENT = frozenset({
    "Ip OutNoRoutes", "Tcp ActiveOpens", "Udp OutDatagrams", "Udp NoPorts", "UdpLite OutDatagrams", "Ip6OutNoRoutes",
    "Udp6OutDatagrams",
})  # fmt: skip


def figures(text: str) -> dict[str, int]:
    """The kernel's counters by name: /proc/net/snmp tells names and numbers in two lines, /proc/net/snmp6 in one."""
    found: dict[str, int] = {}
    names: list[str] = []
    for words in (line.split() for line in text.splitlines()):
        if len(words) == 2 and not words[0].endswith(":"):
            found[words[0]] = int(words[1])
        elif words[1].lstrip("-").isdigit():
            found |= {f"{words[0][:-1]} {name}": int(value) for name, value in zip(names, words[1:], strict=True)}
        else:
            names = words[1:]
    return found


def carbon(*words: object) -> list[str]:
    return [sys.executable, "-m", "reporter", *map(str, words)]


OUTPUTS = [
    word
    for name, made in renderers.available().items() if made.says
    for word in (f"--{name}", f"out-{name}{made.endings[0]}")
] + [word for name in checklist.NAMES for word in ("--checklist", f"{name}=out-{name}.md")]  # fmt: skip
ASKED = ("--answer", "stage=training", "--answer", "task=t", "--answer", "algorithm=a", "--answer", "data=text",
         "--answer", "infrastructure=onPremise", "--notes", SAMPLES / "notes.md", "--working", "--uncertainty",
         "--compare", "--what-if", "country", "--embodied", "--hardware", "1 x A100-SXM4-80GB", "--scc", "all",
         "--site", "site", "--to", "dvc:.")  # fmt: skip
#: What people do with it, each a command in an empty folder with a copy of a log in it.
PATHS = {
    "the screen": carbon("emissions.csv"),
    "every output": carbon("emissions.csv", *OUTPUTS, *ASKED),
    "every tracker's log": carbon(SAMPLES, "--json", "all.json", "--html", "all.html", "--ledger", "all.ledger.csv"),
    "an intensity by the hour": carbon(
        "hour.csv", "--timezone", "UTC", "--intensity-series", SAMPLES / "intensity-series" / "plain.csv",
        "--shift", "flexible-start=2h", "--statement", "out.txt",
    ),
    "an archive": carbon("logs.zip", "--markdown", "out.md"),
    "a document in Chinese": carbon("emissions.csv", "--language", "zh", "--html", "out.html", "--pdf", "out.pdf"),
    "the sampler": carbon("sample", "--every", "0.1", "-o", "run.csv", "--", sys.executable, "-c", "print(1)"),
    "doctor": carbon("doctor"),
    "formats": carbon("formats"),
    "factors": carbon("factors", "france"),
    "estimate": carbon("estimate", "--hardware", "8 x A100-SXM4-80GB", "--hours", "36", "--country", "FRA"),
    "explain": carbon("explain", "emissions", "emissions.csv"),
    "diff": carbon("diff", "emissions.csv", "emissions.csv"),
    "lint": carbon("lint", "card.md"),
    "verify": carbon("verify", "card.md", "emissions.csv"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log, an archive of it and a card."""
    place = tmp_path / "here"
    place.mkdir()
    shutil.copyfile(SWEEP, place / "emissions.csv")
    shutil.make_archive(str(place / "logs"), "zip", place, "emissions.csv")
    emissions_csv(place, {"timestamp": "2024-03-01T02:30:00"}, name="hour.csv")
    shutil.copyfile(SAMPLES / "model-card" / "with-energy" / "README.md", place / "card.md")
    return place


@pytest.mark.parametrize("path", PATHS)
def test_a_main_path_reaches_out_for_nothing(path: str, folder: Path) -> None:
    seen = watched(PATHS[path], folder)
    assert "Traceback" not in seen.told
    assert seen.status == 0 or path == "verify", seen.told  # the card tells of other runs, and verify says so
    assert seen.attempts == []
    if path == "every output":
        made = [word for word in OUTPUTS if word.startswith("out-")]
        assert [name for name in made if not (folder / name).exists()] == []


@pytest.mark.parametrize("name", [name for name, case in cases().items() if case.outputs == "pdf"])
def test_a_hostile_name_fetches_nothing(name: str, tmp_path: Path) -> None:
    """Names that are URLs, styles, pictures and attachments, in all the outputs that others draw."""
    place = tmp_path / "here"
    place.mkdir()
    named = write(cases()[name], place, {"MARKER": "/nonexistent", "CANARY": "/etc/hostname", "PORT": "9"})
    written = [word for kind in ("pdf", "html", "badge", "markdown", "readme") for word in (
        f"--{kind}", f"out-{kind}{renderers.available()[kind].endings[0]}")]  # fmt: skip
    seen = watched(carbon(named, *written, "--group-by", "project"), place)
    assert (seen.status, seen.attempts) == (0, []), seen.told


def test_both_witnesses_see_what_reaches_out(tmp_path: Path) -> None:
    """A watch that notes nothing would let everything pass; -I keeps the hook out, so that the kernel alone sees."""
    attempts = {
        "socket.connect": "import socket; socket.create_connection(('192.0.2.1', 80), 0.1)",
        "socket.getaddrinfo": "import socket; socket.getaddrinfo('example.org', 80)",
        "urllib.Request": "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=0.1)",
        "socket.sendto": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    }
    place = tmp_path / "here"
    place.mkdir()
    for event, code in attempts.items():
        caught = f"try:\n {code}\nexcept OSError: pass"
        noted = watched([sys.executable, "-c", caught], place).attempts
        assert any(attempt.startswith(event + " ") for attempt in noted), noted
        if apart() and event != "socket.getaddrinfo":  # a machine without a name server asks nobody
            alone = watched(["sh", "-c", f'"$0" -c pass; "$0" -I -c "{caught}"', sys.executable], place).attempts
            assert alone, event
            assert all(attempt.startswith("the kernel counted ") for attempt in alone)
