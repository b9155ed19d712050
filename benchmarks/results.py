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

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
#: What was slow, what a profile showed, and what was done about it.
PROFILES = HERE / "profiles.md"


def run(folder: Path, rows: int, files: int, samples: int) -> None:
    """Run every benchmark; each writes what it measured as JSON."""
    here = [sys.executable, "-m"]
    size = ["--rows", str(rows), "--files", str(files), "--samples", str(samples)]
    for module, more in (("start_up", []), ("pages", []), ("peers", []), ("reading", size), ("scale", [])):
        subprocess.run([*here, f"benchmarks.{module}", *more, "--json", str(folder / f"{module}.json")], check=True)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    marks = "|".join([":--", *["--:"] * (len(head) - 1)])
    return ["| " + " | ".join(head) + " |", f"|{marks}|", *("| " + " | ".join(row) + " |" for row in rows), ""]


def _costs(told: dict[str, Any]) -> list[str]:
    ours = told["costs"]["carbon-report"]
    rows = [
        (name, f"{cost['wall_s']:.2f}", f"{cost['cpu_s']:.2f}", f"{cost['memory_mib']:.0f}",
         f"{cost['wall_s'] / ours['wall_s']:.2f}", f"{cost['cpu_s'] / ours['cpu_s']:.2f}",
         f"{cost['memory_mib'] / ours['memory_mib']:.2f}")
        for name, cost in told["costs"].items()
    ]  # fmt: skip
    return _table(("", "wall s", "cpu s", "MiB", "wall / ours", "cpu / ours", "memory / ours"), rows)


def _read(folder: Path, name: str) -> Any:
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def page(folder: Path) -> str:
    """The whole page. A part that was not measured is left out."""
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    about = "Rows of a table took turns; of each the least counts. Ratios above 1: carbon-report took less."
    out = ["# What was measured", "", f"{day}, {machine()}. {about}", ""]
    if start := _read(folder, "start_up"):
        out += ["## Start, as multiples of `python -c pass` (limit: 12 from one row to LaTeX)", ""]
        out += _table(("", "x"), [(name, f"{value:.1f}") for name, value in start.items()])
    if pages := _read(folder, "pages"):
        out += ["## Pages, against their goals and as multiples of importing WeasyPrint and matplotlib alone", ""]
        rows = [(one["name"], f"{one['wall_s']:.2f}", f"{one['goal_s'] or '–'}", f"{one['ratio']:.1f}",
                 f"{one['memory_mib']:.0f}") for one in pages]  # fmt: skip
        out += _table(("", "s", "goal, s", "x", "MiB"), rows)
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
