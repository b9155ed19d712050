"""Writes the PowerJoular samples: make_powerjoular.py FOLDER. They are made up, in the format of its source (1.1).

PowerJoular needs RAPL and is written in Ada, so it cannot run here; dates and decimals follow its csv_power.adb.
"""

from __future__ import annotations

import sys
from pathlib import Path


def date(milliseconds: int) -> str:
    """The moment so many ms after 2026-11-21 08:00, number by number as Ada's 'Image writes it."""
    seconds, milli = divmod(milliseconds, 1000)
    return f" 2026- 11- 21  8: {seconds // 60}: {seconds % 60}. {milli}"


def machine(file: Path) -> None:
    """A minute and a half of 20 W in the CPU and, every third second, 90 W in the GPU; 1,008 ms a row."""
    lines = ["Date,CPU Utilization,Total Power,CPU Power,GPU Power"]
    for row in range(90):
        gpu = 90.0 if row % 3 == 0 else 0.0
        lines.append(f"{date(row * 1008)},0.41666666666667,{20 + gpu:.14f},20.00000000000000,{gpu:.14f}")
    file.write_text("\n".join(lines) + "\n")


def process(file: Path) -> None:
    """One process of it: 8 W of the CPU's 20."""
    lines = ["Date,CPU Utilization,CPU Power"]
    lines += [f"{date(row * 1008)},0.16666666666667,8.00000000000000" for row in range(90)]
    file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "machine").mkdir(parents=True, exist_ok=True)
    (folder / "process").mkdir(parents=True, exist_ok=True)
    machine(folder / "machine" / "power.csv")
    process(folder / "machine" / "power.csv-4242.csv")
    process(folder / "process" / "power.csv-4242.csv")
