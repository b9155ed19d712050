"""Group figures of Henderson et al. (2020), printed on the pages beside their run archives, against ours of these.

`python -m tests.henderson_groups FOLDER`: the archives carry no licence and so are no part of this repository. FOLDER
holds them as `<model>-<number>/<number>.zip`; what is there of a model must be all of its runs.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# Mean, standard error and sum as their page of each model prints them, to six digits: the energy (there called
# total_power, with PUE) in kWh, the emissions in kg, the duration in hours.
PRINTED = {
    "alexnet": {
        "energy": ("0.0032982", "0.000100209", "0.0131928"),
        "emissions": ("0.00111301", "3.38168e-05", "0.00445206"),
        "duration": ("0.0140731", "3.65235e-05", "0.0562923"),
    },
    "densenet201": {
        "energy": ("0.0524022", "0.00101331", "0.209609"),
        "emissions": ("0.0178793", "0.000341517", "0.0715172"),
        "duration": ("0.489718", "0.00426954", "1.95887"),
    },
    "mobilenet_v2": {
        "energy": ("0.00926482", "0.000217359", "0.0370593"),
        "emissions": ("0.0030968", "7.2296e-05", "0.0123872"),
        "duration": ("0.0934123", "0.00121332", "0.373649"),
    },
}
SECONDS = 3600.0


def laid_out(archives: Path, folder: Path) -> None:
    """One tree with a folder a model, and the author's description of it."""
    told = ['[[experiment]]\nname = "ImageNet"\nfilter = ".*"\n']
    for model in PRINTED:
        for archive in sorted(archives.glob(f"{model}-[0-9]*/*.zip")):
            place = folder / "logs" / model
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(archive, place)
        told.append(f'[[experiment.children]]\nname = "{model}"\nfilter = "{model}"\n')
    (folder / "carbon-report.toml").write_text("".join(told), encoding="utf-8")


def experiments(folder: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "reporter", "logs", "--json", "report.json", "--quiet"]
    subprocess.run(command, cwd=folder, check=True)
    found: list[dict[str, Any]] = json.loads((folder / "report.json").read_text(encoding="utf-8"))["experiments"]
    return found


def slips(branches: list[dict[str, Any]]) -> list[str]:
    """A line for each figure that differs from the printed one in any printed digit."""
    found = []
    by_name = {branch["path"][-1]: branch for branch in branches}
    for model, figures in PRINTED.items():
        ours = {variable["name"]: variable for variable in by_name[model]["variables"]}
        for name, printed in figures.items():
            scale = SECONDS if name == "duration" else 1.0
            one = ours[name]
            values = (one["mean"], one["deviation"] / math.sqrt(one["n"]), one["total"])
            for what, value, text in zip(("mean", "standard error", "sum"), values, printed, strict=True):
                if f"{value / scale:.6g}" != text:
                    found.append(f"{model}: {what} of {name}: {value / scale:.6g}, printed {text}")
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        laid_out(Path(sys.argv[1]).resolve(), folder)
        found = slips(experiments(folder))
    count = sum(len(printed) for figures in PRINTED.values() for printed in figures.values())
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{count - len(found)} of {count} figures of groups as printed\n")
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
