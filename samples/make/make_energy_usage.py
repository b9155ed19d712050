"""Writes the energy-usage samples: make_energy_usage.py FOLDER, in the Python that has energyusage.

The report is printed by energyusage itself. As there is no RAPL here, its counter is made up (8 W at rest, 30 W while
the process runs), and the place, which it would look up on the internet, is given. The two CSVs, which only unreleased
versions write, are written here to their format: idle 1.5 or 2.5 W by turns for 5 s, then 18 W / 0.8 for 4 s.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import tempfile
import time
from pathlib import Path

from energyusage import locate, utils

evaluate = importlib.import_module("energyusage.evaluate")  # the package calls a function of it by the same name

IDLE_W, BUSY_W = 8.0, 30.0


class Counter:
    """A counter of joules that grows by the clock, faster once the process has been started."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.busy_since: float | None = None

    def read(self, _: str) -> float:
        """Joules so far."""
        now = time.monotonic()
        busy_s = 0.0 if self.busy_since is None else now - self.busy_since
        return (now - self.begun - busy_s) * IDLE_W + busy_s * BUSY_W


def rest(seconds: float) -> float:
    """The function that is evaluated: the counter does not care what it does."""
    time.sleep(seconds)
    return seconds


def report(place: str) -> tuple[str, float, float]:
    """What energyusage prints of a run of two and a half seconds; its time in s and its energy in kWh."""
    counter = Counter()

    class Begun(evaluate.Process):
        def start(self) -> None:
            counter.busy_since = time.monotonic()
            super().start()

    def given(shown: bool) -> str:
        if shown:
            print(f"Location: {place:>70}")
        return place

    utils.read, locate.get, process = counter.read, given, evaluate.Process
    evaluate.Process = Begun
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
        utils.BASE = f"{folder}/"
        zone = Path(folder) / "intel-rapl:0"
        zone.mkdir()
        (zone / "name").write_text("package-0\n")
        seconds, energy_kwh, _ = evaluate.evaluate(rest, 2.5, energyOutput=True)
    evaluate.Process = process
    return printed.getvalue(), seconds, energy_kwh


def main() -> None:
    """One report of each kind of place, and one pair of CSVs."""
    samples = Path(sys.argv[1])
    for name, place in (("report-pennsylvania", "Pennsylvania"), ("report-germany", "Germany")):
        text, seconds, energy_kwh = report(place)
        folder = samples / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.txt").write_text(text)
        print(f"{name}: {seconds:.6f} s, {energy_kwh:.9g} kWh")
    folder = samples / "wattage"
    folder.mkdir(parents=True, exist_ok=True)
    idle = [f"{step / 10},{1.5 + step % 2}" for step in range(50)]
    busy = [f"{step / 10},{18 / 0.8}" for step in range(1, 41)]
    (folder / "baseline_wattage.csv").write_text("\n".join(["time,baseline wattage reading", *idle, ""]))
    (folder / "process_wattage.csv").write_text("\n".join(["time,process wattage reading", *busy, ""]))


if __name__ == "__main__":
    main()
