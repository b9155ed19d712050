"""`make hostile`: every case of the corpus, held against the manifest; prints what was executed, fetched and used."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import re
import resource
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import watched
from .make import cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .make import Case
    from .watched import Result

HERE = Path(__file__).parent
MANIFEST = HERE / "manifest.csv"
COLUMNS = ("case", "tracker", "fault", "expect", "exit", "says", "kwh", "never")
SECRET = "canary-secret-4d7a214614ab"
SLOW_S, LARGE = 20.0, 1 << 30
#: Kinds of outputs that a pattern of the manifest's last column speaks of.
KINDS = {
    "html": ".html",
    "svg": ".svg",
    "md": "report.md",
    "card": ".card.md",
    "readme": "readme.md",
    "tex": ".tex",
    "ledger": ".ledger.csv",
    "pdf": ".pdf",
}


class Expected(NamedTuple):
    """One line of the manifest.

    ``expect``: "refused" (exit status 1, one line that holds ``says``), "told" (0, with the findings ``says``),
    "quiet" (0, and nothing is found that the good file has not), "inert" (the same, and ``never`` in no output, of
    which there are all). ``kwh`` is the energy that is read where anything is.
    """

    case: str
    tracker: str
    fault: str
    expect: str
    exit: str
    says: str
    kwh: str
    never: str


class Outcome(NamedTuple):
    """What is wrong with a case, if anything, with what it used."""

    case: str
    wrong: list[str]
    executed: int
    fetched: int
    traceback: bool
    seconds: float
    rss: int
    proposed: list[str]


def manifest() -> dict[str, Expected]:
    """The manifest by case."""
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        return {row["case"]: Expected(**{key: str(row[key]) for key in COLUMNS}) for row in csv.DictReader(file)}


def main(argv: list[str] | None = None) -> int:
    """Run the cases named, or all; exit status 1 where one is not as the manifest says."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.run", description=__doc__)
    parser.add_argument("cases", nargs="*", help="names, or beginnings of names")
    parser.add_argument("--propose", metavar="FILE", help="write a manifest of what happens, to be judged line by line")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes at a time")
    told = parser.parse_args(argv)
    chosen = {name: case for name, case in cases().items() if name.startswith(tuple(told.cases) or "")}
    expected = manifest() if MANIFEST.exists() else {}
    with _listener() as listener:
        outcomes = _all(chosen, expected, listener.getsockname()[1], told.jobs)
        connections = _connections(listener)
    if told.propose:
        with open(told.propose, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *(outcome.proposed for outcome in outcomes)])
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    for outcome in wrong:
        print(f"{outcome.case}: {'; '.join(outcome.wrong)}")
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    largest = max(outcomes, key=lambda outcome: outcome.rss)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{len(outcomes)} cases, {sum(outcome.traceback for outcome in outcomes)} tracebacks, "
        f"{sum(outcome.executed for outcome in outcomes)} executed, "
        f"{sum(outcome.fetched for outcome in outcomes) + connections} fetched, "
        f"peak RSS {largest.rss >> 20} MiB ({largest.case}; with no case {own} MiB), "
        f"most processor time {slowest.seconds:.1f} s ({slowest.case}), {len(wrong)} not as the manifest says"
    )
    return 1 if wrong or connections else 0


def _listener() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(128)
    made.setblocking(False)
    return made


def _connections(listener: socket.socket) -> int:
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def _all(chosen: dict[str, Case], expected: dict[str, Expected], port: int, jobs: int) -> list[Outcome]:
    """Every case, on several cores: each process takes the next in turn, and writes down what it found."""
    with tempfile.TemporaryDirectory(prefix="carbon-report-hostile-") as top:
        folder = Path(top)
        (folder / "canary").write_text(SECRET, encoding="utf-8")
        os.environ["MPLCONFIGDIR"] = str(folder / "matplotlib")
        words = {"MARKER": str(folder / "MARKER"), "CANARY": str(folder / "canary"), "PORT": str(port)}
        _load_everything()
        controls = {
            name: watched.run(case, folder / "control" / name.replace("/", "_"), words)
            for name, case in cases().items()
            if name.startswith("control/")
        }
        for name, result in controls.items():
            if "report.json" not in result.outputs:
                sys.exit(f"{name}: the good file is refused: {result.told}")
        figures = {name.removeprefix("control/"): watched.totals(result) for name, result in controls.items()}
        found = {name.removeprefix("control/"): watched.findings(result) for name, result in controls.items()}
        names = list(chosen)
        children = []
        for job in range(jobs):
            child = os.fork()
            if child == 0:
                with (folder / f"outcomes-{job}").open("w", encoding="utf-8") as file:
                    for place, name in enumerate(names[job::jobs]):
                        here = folder / f"{job}-{place}"
                        result = watched.run(chosen[name], here, words)
                        outcome = _judged(name, chosen[name], result, expected.get(name), figures, found, words)
                        file.write(json.dumps(outcome) + "\n")
                        file.flush()
                        shutil.rmtree(here)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        outcomes = {outcome.case: outcome for outcome in _read(folder, jobs)}
    return [outcomes[name] for name in names]


def _read(folder: Path, jobs: int) -> Iterator[Outcome]:
    for job in range(jobs):
        for line in (folder / f"outcomes-{job}").read_text(encoding="utf-8").splitlines():
            yield Outcome(*json.loads(line))


def _load_everything() -> None:
    """Import, in this process, all that a case may need, so that none pays for it again."""
    import contextlib

    import markdown
    import matplotlib.figure
    import nh3
    import pandas
    import pypdf
    import weasyprint  # noqa: F401
    import yaml

    from reporter import importers, renderers
    from reporter.assess import assess
    from reporter.report import Report

    assert all((markdown, matplotlib.figure, nh3, pandas, pypdf, yaml))
    log = HERE.parent.parent / "samples" / "codecarbon" / "3.3.2-sweep" / "emissions.csv"
    report = Report(assess(importers.read([str(log)])))
    for name in ("html", "latex", "markdown", "model-card", "badge", "statement", "json"):
        with contextlib.redirect_stdout(io.StringIO()):
            renderers.available()[name].render(report)


# --- judgement ---


def _judged(
    name: str,
    case: Case,
    result: Result,
    expected: Expected | None,
    figures: dict[str, Any],
    found: dict[str, set[tuple[str, str]]],
    words: dict[str, str],
) -> Outcome:
    wrong = list(_always(case, result, words))
    new = _new(case, result, found[case.tracker]) if result.status == 0 else []
    kind, says = _kind(case, result, new)
    told = watched.totals(result) if result.status == 0 else None
    kwh = "" if told is None or told["it_energy_kwh"] is None else f"{told['it_energy_kwh']:.9g}"
    if expected is None:
        silent = kind in {"quiet", "inert"} and told != figures[case.tracker]
        wrong.append(f"not in the manifest{f'; nothing said, and yet {told} not {figures[case.tracker]}' * silent}")
    else:
        wrong += _differs(expected, result, kind, new, kwh)
    return Outcome(
        name,
        wrong,
        sum(kind == "executed" for kind, _ in result.noted),
        sum(kind == "fetched" for kind, _ in result.noted),
        "Traceback" in result.told,
        result.seconds,
        result.rss,
        [name, case.tracker, case.fault, kind, str(result.status), says, kwh, case.never],
    )


def _new(case: Case, result: Result, usual: set[tuple[str, str]]) -> list[str]:
    """Codes of what is found besides what the good file has: another message, or for a name another code."""
    told = watched.findings(result)
    if case.outputs == "few":
        return sorted({code for code, _ in told - usual})
    return sorted({code for code, _ in told} - {code for code, _ in usual})


def _kind(case: Case, result: Result, new: list[str]) -> tuple[str, str]:
    """What happened, in the manifest's words, and what was said."""
    if result.status != 0:
        first = result.told.splitlines()[0] if result.told else ""
        own = re.sub(r"^carbon-report: (\S+?: )?", "", first)[:70]
        return "refused", re.split(r": (?=[A-Z]|maximum|could not)| \((?=[a-zA-Z])", own)[0]  # Python's part may change
    if new:
        return "told", " ".join(new)
    return ("quiet" if case.outputs == "few" else "inert"), ""


def _differs(expected: Expected, result: Result, kind: str, new: list[str], kwh: str) -> Iterator[str]:
    if str(result.status) != expected.exit:
        yield f"exit status {result.status}, not {expected.exit}: {result.told[:200]!r}"
    elif kind != expected.expect:
        yield f"{kind}, not {expected.expect}: {result.told[:200]!r}"
    elif expected.expect == "refused" and expected.says not in result.told:
        yield f"says {result.told[:200]!r}, not {expected.says!r}"
    elif expected.expect == "told" and not set(expected.says.split()) <= set(new):
        yield f"finds {' '.join(new)}, not {expected.says}"
    elif expected.kwh != kwh and not (kwh and math.isclose(float(expected.kwh or "nan"), float(kwh), rel_tol=1e-6)):
        yield f"{kwh or 'no'} kWh, not {expected.kwh or 'none'}"
    for kinds, pattern in _patterns(expected.never):
        for file, text in _of_kinds(kinds, result):
            hit = re.search(pattern, text)
            if hit:
                yield f"{file} holds {text[max(0, hit.start() - 40) : hit.end() + 20]!r}"


def _patterns(never: str) -> Iterator[tuple[list[str], str]]:
    if never:
        kinds, _, pattern = never.partition(":")
        yield kinds.split(","), pattern


def _of_kinds(kinds: Iterable[str], result: Result) -> Iterator[tuple[str, str]]:
    for kind in kinds:
        if kind == "text":
            yield "standard output", result.printed
        elif kind == "stderr":
            yield "standard error", result.told
        else:
            yield from ((file, text) for file, text in result.outputs.items() if file.endswith(KINDS[kind]))


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _always(case: Case, result: Result, words: dict[str, str]) -> Iterator[str]:
    """What must hold whatever the case is."""
    if result.status is None:
        yield f"it took more than {watched.PATIENCE_S} s"
    elif result.status not in {0, 1}:
        yield f"exit status {result.status}"
    if "Traceback" in result.told:
        yield f"a traceback: {result.told.strip().splitlines()[-1][:200]}"
    yield from (f"{kind}: {what}" for kind, what in result.noted)
    if os.path.exists(words["MARKER"]):
        os.unlink(words["MARKER"])
        yield "executed: the marker was made"
    lines = [line for line in result.told.split("\n") if line]
    if not all(line.startswith("carbon-report: ") or " written to ../out/" in line for line in lines):
        yield f"a line of another kind on standard error: {result.told[:200]!r}"
    if _CONTROLS.search(result.told) or _CONTROLS.search(result.printed):
        yield "a control character on the terminal"
    if result.status == 1 and not any(" written to " in line for line in lines) and result.outputs:
        yield f"refused, and yet wrote {', '.join(result.outputs)}"
    for file, text in {**result.outputs, "stdout": result.printed, "stderr": result.told}.items():
        if SECRET in text:
            yield f"{file} shows the canary"
        if file == "report.pdf" and "\0attached: " in text:
            yield "the PDF has attachments"
    if result.seconds > SLOW_S or result.rss > LARGE:
        yield f"{result.seconds:.1f} s and {result.rss >> 20} MiB"


if __name__ == "__main__":
    sys.exit(main())
