"""The hostile corpus read by others: python -m benchmarks.hostile_peers [--json FILE]; see measure.py for set-up.

Each peer reads the cases of its own tracker, in its own environment and a process of its own, as its users read its
logs. What comes of a case: the figure of the manifest, another figure, no figure and one line, a traceback, code of the
file that ran, or no answer in a minute.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.measure import peer
from tests.hostile import run
from tests.hostile.make import Case, cases, write

PATIENCE_S = 60
OURS = """
import contextlib, io, json, sys
from reporter.cli import main
out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
with contextlib.redirect_stdout(out):
    status = main([sys.argv[1], "--json", "-", "--quiet"])
energy = json.loads(out.buffer.getvalue())["totals"]["it_energy_kwh"] if status == 0 else None
print("" if energy is None else energy["value"] if isinstance(energy, dict) else energy)
sys.exit(status)
"""
#: Its loaders and its rule of integration; its own function of all this ends in a KeyError for a run without a GPU.
EIT = """
import sys, numpy
from experiment_impact_tracker.data_utils import load_data_into_frame, load_initial_info
info, (frame, _) = load_initial_info(sys.argv[1]), load_data_into_frame(sys.argv[1])
power = frame["rapl_estimated_attributable_power_draw"].tolist()
times = [info["experiment_start"].timestamp(), *frame["timestamp"].tolist(), info["experiment_end"].timestamp()]
print(numpy.dot(numpy.diff(times), [*power, power[-1]]) / 3.6e6)
"""
#: How each peer reads a log; the program is given the path and prints the energy in kWh, or nothing where it has none.
PROGRAMS = {
    "codecarbon": (
        "codecarbon", "codecarbon",  # as carbonboard reads: pandas.read_csv, and the column added up
        "import sys, pandas; frame = pandas.read_csv(sys.argv[1]); print(frame['energy_consumed'].sum())",
    ),
    "carbontracker": (
        "carbontracker", "carbontracker",
        ("import sys; from carbontracker import parser\n"
        "for log in parser.parse_all_logs(log_dir=sys.argv[1]):\n"
        "    found = log['actual'] or log['pred']\n"
        "    print(found['energy (kWh)'] / 1.58 if found else '')"),  # its total has that PUE inside, ours has none
    ),
    "eco2ai": (
        "eco2ai", "eco2ai",
        ("import sys, eco2ai; frame = eco2ai.summary(sys.argv[1], write_to_file=None)\n"
        "print(frame['total power_consumption(kWh)'].iloc[-1])"),
    ),
    "experiment-impact-tracker": ("experiment-impact-tracker", "eit", EIT),
    "carbon-report": ("", "", OURS),
}  # fmt: skip
KINDS = (
    "right", "no figure, no traceback", "another figure", "a figure of nothing", "traceback", "code ran", "no answer"
)  # fmt: skip
Answer = tuple[int | None, str, str]


def read(python: str, program: str, path: str, folder: Path) -> Answer:
    """Exit status (None: no answer), standard output and error of a peer that reads one path."""
    # experiment-impact-tracker writes local times, and is right only where the run was: this one on the Pacific coast.
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "TZ": "America/Los_Angeles"}
    try:
        done = subprocess.run(
            [python, "-W", "ignore", "-c", program, path], cwd=folder, capture_output=True, text=True, errors="replace",
            timeout=PATIENCE_S, env=environment, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, "", ""
    return done.returncode, done.stdout, done.stderr


def kind(answer: Answer, expected: run.Expected, whole_kwh: float, *, ran: bool) -> str:
    """What an answer is, held against the manifest; where we read nothing, the whole log's energy is right too."""
    status, printed, told = answer
    if ran:
        return "code ran"
    if status is None:
        return "no answer"
    figures = [float(line) for line in printed.split("\n") if _is_number(line)]
    if status != 0 or not figures:
        lines = [line for line in told.strip().split("\n") if line]
        return "traceback" if "Traceback" in told or status < 0 or len(lines) > 3 else "no figure, no traceback"
    total = math.fsum(figures)
    if math.isnan(total):
        return "no figure, no traceback"
    nothing = expected.expect == "refused" or not expected.kwh
    right = whole_kwh if nothing else float(expected.kwh)
    # Where half of a pair of carbontracker's logs is lost, ours keeps the PUE in, and says so.
    rights = (right, right / 1.58 if expected.tracker == "carbontracker" else math.nan)
    if any(math.isclose(total, one, rel_tol=0.02) for one in rights):
        return "right"
    return "a figure of nothing" if nothing else "another figure"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def chosen(tracker: str) -> dict[str, Case]:
    """The cases of a tracker that are damage of its log; for CodeCarbon, the layouts and clocks of tables too."""
    return {name: case for name, case in cases().items() if case.tracker == tracker
            and name.split("/")[0] in {"control", "file", "number", "pickle", "table", "clock", "bomb"}}  # fmt: skip


def compare(name: str) -> dict[str, Counter[str]]:
    """What a peer makes of its tracker's cases, and what we make of them."""
    tracker, environment, program = PROGRAMS[name]
    python = peer(environment)
    if python is None:
        print(f"{name}: not installed, left out (see benchmarks/measure.py)", file=sys.stderr)
        return {}
    expected = run.manifest()
    counts: dict[str, Counter[str]] = {name: Counter(), "carbon-report": Counter()}
    ours = PROGRAMS["carbon-report"][2]
    for place, (title, case) in enumerate(chosen(tracker).items()):
        readers = ((name, str(Path(python).absolute()), program), ("carbon-report", sys.executable, ours))
        for reader, binary, code in readers:
            with tempfile.TemporaryDirectory() as top:
                folder = Path(top) / "in"
                folder.mkdir()
                marker = Path(top) / "MARKER"
                named = write(case, folder, {"MARKER": str(marker), "CANARY": "/nonexistent", "PORT": "9"})
                path = folder / named
                if named == "." and tracker in {"codecarbon", "eco2ai"}:
                    path = next(iter(sorted(folder.glob("emission*.csv"))), path)
                answer = read(binary, code, str(path), folder)
                ran = marker.exists() or any(folder.rglob("MARKER*"))
                result = kind(answer, expected[title], float(expected[f"control/{tracker}"].kwh), ran=ran)
                counts[reader][result] += 1
                print(f"{place} {title} {reader}: {result} | {answer[1][-80:]!r} {answer[2].strip()[-120:]!r}",
                      file=sys.stderr)  # fmt: skip
    return counts


def table(found: dict[str, dict[str, Counter[str]]]) -> str:
    """The counts as a Markdown table."""
    head = ("tracker's cases", "reader", "cases", *KINDS)
    lines = [f"| {' | '.join(head)} |", "|:--|:--|--:" + "|--:" * len(KINDS) + "|"]
    for name, counts in found.items():
        for reader, count in counts.items():
            cells = " | ".join(str(count[one] or "") for one in KINDS)
            lines.append(f"| {name} | {reader} | {sum(count.values())} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", default=[])
    parser.add_argument("--json", metavar="FILE")
    told = parser.parse_args()
    names = told.peers or [name for name in PROGRAMS if name != "carbon-report"]
    found = {name: counts for name in names if (counts := compare(name))}
    print(table(found))
    if told.json:
        Path(told.json).write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
