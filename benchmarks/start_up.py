"""How long one small report takes against starting Python at all: python -m benchmarks.start_up [--json FILE]."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
LIMIT = 12.0  # x `python -c pass`, from a log of one row to LaTeX
ROW = (
    "timestamp,project_name,run_id,duration,emissions,energy_consumed,country_name,country_iso_code\n"
    "2026-03-01T12:00:00,demo,run-1,3600,0.0165,0.4,France,FRA\n"
)
PANDAS = (
    "import sys, pandas as pd\n"
    "rows = pd.read_csv(sys.argv[1]); last = rows.groupby('run_id').last()\n"
    "print(f'{last.emissions.sum():.3f} kg, {last.energy_consumed.sum():.3f} kWh')\n"
)


def seconds(command: list[str]) -> float:
    """Wall time of one process in s."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Run all commands in turn, so that each meets the same noise, and print medians and ratios to the first."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "emissions.csv")
        log.write_text(ROW, encoding="utf-8")
        report = [sys.executable, "-m", "reporter", str(log)]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "one row to LaTeX": [*report, "--latex"],
            "one row to JSON": [*report, "--json"],
            "--help": [sys.executable, "-m", "reporter", "--help"],
            "four lines of pandas": [sys.executable, "-c", PANDAS, str(log)],
            "one row to HTML": [*report, "--html", str(Path(folder, "x.html"))],
            "one row to PDF": [*report, "--pdf", str(Path(folder, "x.pdf"))],
        }
        for command in commands.values():
            seconds(command)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(seconds(command))
    base = times["python -c pass"]
    result = {}
    for name, taken in times.items():
        ratio = statistics.median(one / zero for one, zero in zip(taken, base, strict=True))
        result[name] = ratio
        print(f"{name:22} {1000 * statistics.median(taken):8.1f} ms  {ratio:6.1f} x")
    verdict = "within" if result["one row to LaTeX"] <= LIMIT else "ABOVE"
    print(f"one row to LaTeX is {verdict} the goal of {LIMIT:g} x python -c pass")
    if len(sys.argv) > 2 and sys.argv[1] == "--json":
        Path(sys.argv[2]).write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
