"""Puts all measurements into benchmarks/RESULTS.md: python -m benchmarks.results [--rows N] [--only-write FOLDER]."""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import machine
from benchmarks.start_up import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
#: What was slow, what a profile showed, and what was done about it.
PROFILES = HERE / "profiles.md"
#: What another's wall time over ours is to be at least, by task (its first words) and the other's name (likewise).
GOALS = {
    ("statement of one run", "generate-carbon-impact-statement"): 30.0,
    ("statement of 20 runs", "generate-carbon-impact-statement"): 10.0,
    ("energy of", "pandas script"): 1.0,
    ("energy of", "carbontracker"): 1.0,
    ("energy of", "codecarbon"): 1.0,
    ("energy of", "GA4HPC"): 1.0,
    ("codecarbon", "polars"): 0.8,
    ("codecarbon", "pandas script"): 1.0,
    ("power_log", "polars"): 1.0,
    ("power_log", "DuckDB"): 1.0,
    ("impact_tracker", "polars"): 0.5,
}
FILES_A_SECOND = 5000.0


def run(folder: Path, rows: int, files: int, samples: int) -> None:
    """Run every benchmark; each writes what it measured as JSON."""
    here = [sys.executable, "-m"]
    size = ["--rows", str(rows), "--files", str(files), "--samples", str(samples)]
    for module, more in (("start_up", []), ("pages", []), ("peers", []), ("reading", size), ("scale", [])):
        subprocess.run([*here, f"benchmarks.{module}", *more, "--json", str(folder / f"{module}.json")], check=True)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    marks = "|".join([":--", *["--:"] * (len(head) - 1)])
    return ["| " + " | ".join(head) + " |", f"|{marks}|", *("| " + " | ".join(row) + " |" for row in rows), ""]


def goal(kind: str, other: str) -> float | None:
    """What another's wall time over ours is to be at least; None where no goal was set."""
    found = (least for (task, name), least in GOALS.items() if kind.startswith(task) and other.startswith(name))
    return next(found, None)


def _costs(told: dict[str, Any]) -> list[str]:
    ours = told["costs"]["carbon-report"]
    rows = []
    for name, cost in told["costs"].items():
        wall, least = cost["wall_s"] / ours["wall_s"], goal(told["kind"], name)
        verdict = "–" if least is None else f"{least:g}: {'reached' if wall >= least else 'MISSED'}"
        rows.append((name, f"{cost['wall_s']:.2f}", f"{cost['cpu_s']:.2f}", f"{cost['memory_mib']:.0f}",
                     f"{wall:.2f}", verdict, f"{cost['cpu_s'] / ours['cpu_s']:.2f}",
                     f"{cost['memory_mib'] / ours['memory_mib']:.2f}"))  # fmt: skip
    table = _table(("", "wall s", "cpu s", "MiB", "wall / ours", "goal", "cpu / ours", "memory / ours"), rows)
    if told["kind"] == "small_files":
        speed = told["size"] / ours["wall_s"]
        verdict = "reached" if speed >= FILES_A_SECOND else "MISSED"
        table += [f"{speed:,.0f} files a second; goal {FILES_A_SECOND:,.0f}: {verdict}.", ""]
    return table


def _at_most(seconds: float, most: float | None) -> str:
    return "–" if most is None else f"{most:g}: {'reached' if seconds <= most else 'MISSED'}"


def _read(folder: Path, name: str) -> Any:
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def page(folder: Path) -> str:
    """The whole page. A part that was not measured is left out."""
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    about = "Rows of a table took turns; of each the least counts. Ratios above 1: carbon-report took less."
    out = ["# What was measured", "", f"{day}, {machine()}. {about}", ""]
    if start := _read(folder, "start_up"):
        out += [f"## Start, as multiples of `python -c pass` (limit: {LIMIT:g} from one row to LaTeX)", ""]
        within = "within" if start["one row to LaTeX"] <= LIMIT else "ABOVE"
        rows = [(name, f"{x:.1f}", within if name == "one row to LaTeX" else "") for name, x in start.items()]
        out += _table(("", "x", ""), rows)
    if pages := _read(folder, "pages"):
        out += ["## Pages, against their goals and as multiples of importing WeasyPrint and matplotlib alone", ""]
        out += _table(("", "s", "goal, s", "x", "MiB"), [
            (one["name"], f"{one['wall_s']:.2f}", _at_most(one["wall_s"], one["goal_s"]), f"{one['ratio']:.1f}",
             f"{one['memory_mib']:.0f}")
            for one in pages
        ])  # fmt: skip
    for told in _read(folder, "peers") or []:
        out += [f"## {told['kind'][0].upper()}{told['kind'][1:]}", "", *_costs(told)]
    reading = _read(folder, "reading") or {"compared": [], "growth": []}
    for told in reading["compared"]:
        out += [f"## Reading: {told['kind']}, {told['size']:,}", "", *_costs(told)]
    if reading["growth"]:
        growth = [
            (told["kind"], ", ".join(f"{size:,}" for size in told["sizes"]), f"{told['exponent']:.3f}",
             "within" if told["exponent"] <= 1.05 else "ABOVE",
             " ".join(f"{cost['memory_mib']:.0f}" for cost in told["costs"]))
            for told in reading["growth"]
        ]  # fmt: skip
        out += ["## Growth: processor time as a power of the size (limit 1.05), and memory in MiB", ""]
        out += _table(("", "sizes", "exponent", "", "MiB"), growth)
    if scale := _read(folder, "scale"):
        cases = [
            (f"{one['rows']:.0e}", f"{one['runs']:.0e}", str(one["workers"]), f"{one['read_bytes'] / 1e9:.0f}",
             f"{one['moved_bytes'] / 1e9:.2f}", f"{one['total_s']:.0f}")
            for one in scale["simulated"]
        ]  # fmt: skip
        out += ["## Past one machine, simulated from the cost of a part (docs/scale.md)", ""]
        out += _table(("rows", "runs", "workers", "GB read", "GB moved", "s"), cases)
    return "\n".join([*out, PROFILES.read_text(encoding="utf-8") if PROFILES.exists() else ""])


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=0, help="of one more power log, and a tenth as JSON lines")
    parser.add_argument("--only-write", metavar="FOLDER", help="of JSON files that were measured before")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(asked.only_write or made)
        if not asked.only_write:
            run(folder, asked.rows, asked.files, asked.samples)
        HERE.joinpath("RESULTS.md").write_text(page(folder), encoding="utf-8")
    print(f"written to {HERE / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
