"""What users would pick instead: python -m benchmarks.peers [--json FILE]; see measure.py for set-up."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import logs_made
from benchmarks.measure import peer, side_by_side
from benchmarks.reading import PANDAS

SAMPLES = Path(__file__).parent.parent / "samples"
#: EIT's script fetches its table of social costs; a file with the one row that it looks for stands for it, so that
#: neither the network nor the size of the table counts against it.
EIT = """
import runpy, sys
import pandas
real, table, script, *sys.argv[1:] = pandas.read_csv, *sys.argv[1:]
pandas.read_csv = lambda path, *a, **k: real(table if str(path).startswith("http") else path, *a, **k)
runpy.run_path(script, run_name="__main__")
"""
#: GA4HPC is no package: its files lie in ``src`` of its environment, and it is run from there.
GA4HPC = """
import os, runpy, sys
os.chdir(os.path.join(sys.prefix, "src"))
sys.path.insert(0, os.getcwd())
log = sys.argv[1]
sys.argv[1:] = ["--startDay", "2023-01-01", "--endDay", "2023-12-31", "--useCustomLogs", log,
                "--useOtherInfrastuctureInfo", os.path.dirname(log)]
runpy.run_path("__init__.py", run_name="__main__")
"""
COSTS = """run,SSP,ISO3,dr,prtp,eta,RCP,dmgfuncpar,climate,16.7%,50%,83.3%
bhm_sr,SSP2,USA,,2,1p5,rcp60,bootstrap,uncertain,0.1,47.0,118.0
"""


def tasks(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Each task with our command first; a peer that is not installed is told and left out."""
    ours = [sys.executable, "-m", "reporter"]
    single, impact, sweep = folder / "single", folder / "impact", SAMPLES / "codecarbon" / "3.3.2-sweep"
    logs_made.impact_runs(single, 1, 60)
    logs_made.impact_runs(impact, 20, 3600)
    tracker = next(path.parent for path in sorted((SAMPLES / "carbontracker").rglob("*_carbontracker_output.log")))
    costs = folder / "costs.csv"
    costs.write_text(COSTS, encoding="utf-8")
    script = str(peer("eit", "generate-carbon-impact-statement"))
    rows = folder / "emissions.csv"
    logs_made.codecarbon(rows, 20_000)
    job, jobs = (logs_made.sacct(folder / f"sacct-{many}", many) for many in (1, 10_000))
    eit = ["eit", "python", "-c", EIT, str(costs), script]
    wanted = {
        "statement of one run of experiment-impact-tracker, 60 samples": {
            "carbon-report": [*ours, str(single), "--statement"],
            "generate-carbon-impact-statement": [*eit, str(single), "USA"],
        },
        "statement of 20 runs of experiment-impact-tracker, 3,600 samples each": {
            "carbon-report": [*ours, str(impact), "--statement"],
            "generate-carbon-impact-statement": [*eit, str(impact), "USA"],
        },
        "energy of a carbontracker log": {
            "carbon-report": [*ours, str(tracker)],
            "carbontracker --parse": ["carbontracker", "carbontracker", "--parse", str(tracker)],
            "carbontracker --report": ["carbontracker", "carbontracker", "--report", str(tracker), "--output",
                                       str(folder / "carbontracker.pdf")],
        },
        "energy of a CodeCarbon sweep": {
            "carbon-report": [*ours, str(sweep / "emissions.csv")],
            "codecarbon --help (it has no report)": ["codecarbon", "codecarbon", "--help"],
            "pandas script": [sys.executable, "-c", PANDAS, str(sweep / "emissions.csv")],
        },
        "energy of 20,000 CodeCarbon rows": {
            "carbon-report": [*ours, str(rows)],
            "pandas script": [sys.executable, "-c", PANDAS, str(rows)],
        },
    }
    wanted |= {
        f"energy of {what} of a cluster": {
            "carbon-report": [*ours, str(log)], "GA4HPC": ["ga4hpc", "python", "-c", GA4HPC, str(log)],
        }
        for what, log in (("one job", job), ("10,000 jobs", jobs))
    }  # fmt: skip
    return {task: _installed(commands) for task, commands in wanted.items()}


def _installed(commands: dict[str, list[str]]) -> dict[str, list[str]]:
    found = {}
    for name, (program, *rest) in commands.items():
        if program == sys.executable:
            found[name] = [program, *rest]
            continue
        path = peer(program, rest[0])
        if path is None:
            print(f"{name}: not installed, left out (see benchmarks/measure.py)")
        else:
            found[name] = [path, *rest[1:]]
    return found


def main() -> None:
    """Measure all tasks and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    result = []
    with tempfile.TemporaryDirectory() as folder:
        for task, commands in tasks(Path(folder)).items():
            made = side_by_side(commands, asked.rounds)
            ours = made["carbon-report"]
            print(f"\n{task}")
            for name, taken in made.items():
                ratio = taken.wall_s / ours.wall_s
                print(f"  {name:40}{taken.wall_s:8.2f} s {taken.memory_mib:7.0f} MiB  x {ratio:.1f}")
            result.append({"kind": task, "costs": {name: taken._asdict() for name, taken in made.items()}})
    if asked.json:
        Path(asked.json).write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
