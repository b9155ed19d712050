"""What pages take: python -m benchmarks.pages [--json FILE]. Goals in s are those of a quiet machine of two cores."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import logs_made
from benchmarks.measure import side_by_side

#: What a PDF cannot do without: its engine, and that of its figures.
ENGINES = "import weasyprint, matplotlib.figure"
GOALS_S = {"PDF of 20 runs": 2.5, "HTML of 5,000 runs": 2.0, "site of 200 runs": 60.0}


def commands(folder: Path) -> dict[str, list[str]]:
    """The engines alone first, then each page; the second site finds every page as the first left it."""
    logs = {}
    for runs in (20, 200, 5_000):
        logs[runs] = str(folder / f"runs-{runs}.csv")
        logs_made.codecarbon(Path(logs[runs]), runs, rows_a_run=1)
    ours = [sys.executable, "-m", "reporter", "--quiet"]
    site = [*ours, logs[200], "--group-by", "tracker", "--site", str(folder / "site")]
    anew = "import shutil, sys; shutil.rmtree(sys.argv[1], True); from reporter.cli import main; main(sys.argv[2:])"
    return {
        "engines alone": [sys.executable, "-c", ENGINES],
        "PDF of 20 runs": [*ours, logs[20], "--what-if", "country", "--pdf", str(folder / "a.pdf")],
        "HTML of 5,000 runs": [*ours, logs[5_000], "--html", str(folder / "a.html")],
        "site of 200 runs": [sys.executable, "-c", anew, str(folder / "site"), *site[3:]],
        "site again, nothing changed": site,
    }


def main() -> None:
    """Measure in turn, and print each in s, as a multiple of the engines, and beside its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = side_by_side(commands(Path(folder)), asked.rounds)
    base = made["engines alone"]
    result = [
        {"name": name, "goal_s": GOALS_S.get(name), "ratio": taken.wall_s / base.wall_s, **taken._asdict()}
        for name, taken in made.items()
    ]
    for one in result:
        goal = f"goal {one['goal_s']} s" if one["goal_s"] else ""
        print(f"{one['name']:30}{one['wall_s']:8.2f} s{one['memory_mib']:7.0f} MiB  x {one['ratio']:.1f}  {goal}")
    if asked.json:
        Path(asked.json).write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
