"""One hostile case in a process of its own, watched: what it opens, runs and connects to is noted by an audit hook."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from .make import write
from .subjects import ROOT, SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .make import Case

PATIENCE_S = 120
MEMORY = 3 << 30  # of addresses, above which an allocation fails
#: Where our own program, its libraries and the system's fonts and clocks lie: what may be read besides the inputs.
OWN = tuple(
    os.path.realpath(place)
    for place in (
        ROOT / "reporter",
        ROOT / "templates",
        ROOT / "styles",
        sys.prefix,
        sys.base_prefix,
        "/usr/share",
        "/usr/lib",
        "/etc/fonts",
        "/etc/localtime",
        "/etc/ssl/openssl.cnf",
        "/proc/self/statm",
        "/proc/self/fd",
        "/dev/null",
    )
)
OUTPUTS = {
    "few": {
        "json": "report.json",
        "ledger": "runs.ledger.csv",
        "latex": "report.tex",
        "markdown": "report.md",
        "model-card": "report.card.md",
    },
    "all": {
        "html": "report.html",
        "badge": "report.svg",
        "readme": "readme.md",
        "bibtex": "report.bib",
        "macros": "report.macros.tex",
        "latex-table": "report.table.tex",
        "shields": "report.shields.json",
        "checklist=neurips": "report.neurips.md",
    },
    "pdf": {"pdf": "report.pdf"},
}
_RUN = frozenset(
    {
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "subprocess.Popen",
        "pickle.find_class",
        "os.fork",
        "os.forkpty",
        "webbrowser.open",
    }
)
_FETCH = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendto",
        "socket.bind",
        "urllib.Request",
        "ftplib.connect",
        "smtplib.connect",
    }
)


class Result(NamedTuple):
    """What a case came to: exit status (None: it took too long), what it printed and wrote, what the watch noted."""

    status: int | None
    printed: str
    told: str
    outputs: dict[str, str]
    noted: list[tuple[str, str]]  # kind ("executed", "fetched", "opened") and what
    seconds: float  # of the processor, which other work on the machine does not change
    rss: int  # bytes


def arguments(case: Case, named: str) -> list[str]:
    """The command line of a case, which runs inside its folder and writes to ../out."""
    outputs = dict(OUTPUTS["few"])
    if case.outputs != "few":
        outputs |= OUTPUTS["all"]
    if case.outputs == "pdf":
        outputs |= OUTPUTS["pdf"]
    written = []
    for name, file in outputs.items():
        option, equals, value = name.partition("=")
        written += [f"--{option}", f"{value}=../out/{file}" if equals else f"../out/{file}"]
    more = [] if case.outputs == "few" else ["--group-by", SUBJECTS[case.tracker].label]
    return [named, "--statement", "-", *written, *more]


def run(case: Case, folder: Path, words: dict[str, str]) -> Result:
    """Make the case below the folder and run it there. The process inherits all modules that are loaded already."""
    inputs, out = folder / "in", folder / "out"
    inputs.mkdir(parents=True)
    out.mkdir()
    named = write(case, inputs, words)
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(arguments(case, named), folder)
    status, usage = _waited(child, started + PATIENCE_S)
    seconds = usage.ru_utime + usage.ru_stime
    notes = (folder / "noted").read_text(encoding="utf-8", errors="replace") if (folder / "noted").exists() else ""
    noted = [(kind, what) for kind, _, what in (line.partition(" ") for line in notes.splitlines())]
    noted += [("executed", f"{path} was made") for path in inputs.rglob("MARKER*")]
    outputs = {path.name: _text(path) for path in sorted(out.iterdir())}
    rss = usage.ru_maxrss * 1024
    return Result(status, _text(folder / "stdout"), _text(folder / "stderr"), outputs, noted, seconds, rss)


def _text(path: Path) -> str:
    if path.suffix == ".pdf":
        return _pdf(path)
    return path.read_bytes().decode("utf-8", "replace")


def _pdf(path: Path) -> str:
    """A PDF's text, and its attachments by name."""
    import pypdf

    reader = pypdf.PdfReader(path)
    return "\n".join(
        [page.extract_text() for page in reader.pages] + [f"\0attached: {name}" for name in reader.attachments]
    )


def _waited(child: int, deadline: float) -> tuple[int | None, resource.struct_rusage]:
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), usage
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
            return None, usage
        time.sleep(0.002)


def _child(command: Sequence[str], folder: Path) -> NoReturn:
    """Run the command line with everything that it prints in files, watched and with limits."""
    status = 99
    try:
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8")
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8", errors="backslashreplace")
        os.chdir(folder / "in")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        _watch(folder, os.path.realpath(command[0]))
        from reporter.cli import main

        try:
            status = main(list(command))
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001, RUF100 - as Python itself would tell it
            import traceback

            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _watch(folder: Path, named: str) -> None:
    notes = os.open(folder / "noted", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    readable = (*OWN, os.path.realpath(folder), named)
    writable = os.path.realpath(folder / "out"), os.path.realpath(folder / "tmp")
    (folder / "tmp").mkdir()
    tempfile.tempdir = str(folder / "tmp")

    def note(kind: str, what: object) -> None:
        os.write(notes, f"{kind} {str(what)[:300]!r}\n".encode("utf-8", "replace"))

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event in _RUN:
            note("executed", f"{event} {values}")
        elif event in _FETCH:
            note("fetched", f"{event} {values}")
        elif event == "open" and isinstance(values[0], str | bytes):
            path = os.path.realpath(os.fsdecode(values[0]))
            flags = values[2] if isinstance(values[2], int) else 0
            allowed = writable if flags & (os.O_WRONLY | os.O_RDWR) else readable
            if not path.startswith(allowed) and not _of_caches(path):
                note("opened", f"{path} {values[1]}")

    sys.addaudithook(hook)


def _of_caches(path: str) -> bool:
    """Compiled templates and the fonts' lists, which are kept between runs."""
    return "__pycache__" in path or path.startswith(os.path.realpath(os.environ["MPLCONFIGDIR"])) or path == os.devnull


def totals(result: Result) -> dict[str, Any] | None:
    """Energy, duration and emissions of the JSON output, and the number of runs; None where none was written."""
    if "report.json" not in result.outputs:
        return None
    document = json.loads(result.outputs["report.json"], parse_constant=_no_constant)
    told = {key: value["value"] if isinstance(value, dict) else value for key, value in document["totals"].items()}
    return {**told, "runs": len(document["runs"])}


def findings(result: Result) -> set[tuple[str, str]]:
    """What the JSON output finds: codes and messages."""
    document = json.loads(result.outputs["report.json"], parse_constant=_no_constant)
    return {(finding["code"], finding["message"]) for finding in document["findings"]}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} in the JSON output")
