"""Computes what the CodeCarbon and experiment-impact-tracker samples amount to: compute_expected.py SAMPLES FOLDER.

Writes expected.json and prints the same as tables for the ORIGIN.md files. It shares no code with carbon-report on
purpose: the two can only agree if both are right. Standard library alone.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import json
import pickle
import sys
import zipfile
from pathlib import Path

EIT_PUE = 1.58  # written into experiment-impact-tracker's own code


def codecarbon(files: list[Path]) -> dict[str, float]:
    """Totals of the files together: of each run the row with the most energy, as rows hold the run's total so far."""
    best: dict[str, tuple[float, float, float]] = {}
    for file in files:
        with file.open(newline="") as lines:
            header, *rows = csv.reader(lines)
        key = header.index("run_id" if "run_id" in header else "experiment_id")
        for row in rows:
            energy, emissions = float(row[header.index("energy_consumed")]), float(row[header.index("emissions")])
            # Counted from the right, where rows that lost their empty cells are still in step with the header.
            pue = float(row[header.index("pue") - len(header)]) if "pue" in header else 1.0
            if energy >= best.get(row[key], (0.0,))[0]:
                best[row[key]] = (energy, energy / pue, emissions)
    energy, it_energy, emissions = (sum(column) for column in zip(*best.values(), strict=True))
    return {"runs": len(best), "it_energy_kwh": it_energy, "energy_kwh": energy, "emissions_kg": emissions}


class Inert:
    """Stands in for every class that info.pkl names, so that reading it imports and runs nothing."""

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _: object) -> None: ...


class InertUnpickler(pickle.Unpickler):
    """Knows dates; all else becomes Inert."""

    def find_class(self, module: str, name: str) -> type:
        """The class for a name in the pickle."""
        return datetime.datetime if (module, name) == ("datetime", "datetime") else Inert


def eit(folders: list[Path]) -> dict[str, float]:
    """Totals of the run folders (or zips) together."""
    totals = [eit_run(*eit_parts(folder)) for folder in folders]
    it_energy, emissions = (sum(column) for column in zip(*totals, strict=True))
    return {
        "runs": len(totals), "it_energy_kwh": it_energy, "energy_kwh": EIT_PUE * it_energy, "emissions_kg": emissions
    }  # fmt: skip


def eit_parts(path: Path) -> tuple[list[dict], dict]:
    """The samples and the description of one run."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as parts:
            data, info = parts.read("data.json"), parts.read("info.pkl")
    else:
        data, info = ((path / "impacttracker" / name).read_bytes() for name in ("data.json", "info.pkl"))
    return [json.loads(line) for line in data.splitlines()], InertUnpickler(io.BytesIO(info)).load()


def eit_run(samples: list[dict], info: dict) -> tuple[float, float]:
    """IT energy (kWh) and emissions (kg) by the tracker's own rule: each reading holds back to the one before it.

    The start and end are naive local times; the zone is told by how far the start seems to be from the first sample.
    """
    times = [sample["timestamp"] for sample in samples]
    start = info["experiment_start"].replace(tzinfo=datetime.UTC).timestamp()
    zone = round((start - times[0]) / 900) * 900
    ended = info.get("experiment_end")
    end = ended.replace(tzinfo=datetime.UTC).timestamp() - zone if ended else max(times)
    moments = [start - zone, *times, end]
    columns = ["rapl_estimated_attributable_power_draw"]
    if "gpu_info" in info:
        columns.append("nvidia_estimated_attributable_power_draw")
    powers = [sum(sample[column] for column in columns) for sample in [*samples, samples[-1]]]
    it_energy = sum((b - a) / 3600 * w / 1000 for (a, b), w in zip(itertools.pairwise(moments), powers, strict=True))
    intensity = info["region_carbon_intensity_estimate"]["carbonIntensity"]
    return it_energy, it_energy * EIT_PUE * intensity / 1000


def cases(samples: Path) -> list[tuple[str, str, dict[str, float]]]:
    """Path, tracker and totals of every sample; a folder whose rows lie in several files is one sample."""
    found = []
    for folder in sorted((samples / "codecarbon").iterdir()):
        if folder.is_dir():
            files = [folder / "emissions.csv", *folder.glob("emissions.csv*.bak")]
            path = folder if len(files) > 1 else files[0]
            found.append((path, "codecarbon", codecarbon(files)))
    root = samples / "experiment-impact-tracker"
    alone = [root / name for name in ("runs/run0", "runs/run1", "appendix.zip", "pacific", "crashed")]
    found += [(path, "experiment-impact-tracker", eit([path])) for path in alone]
    found.append((root / "runs", "experiment-impact-tracker", eit(alone[:2])))
    return [(path.relative_to(samples).as_posix(), tracker, totals) for path, tracker, totals in found]


def main() -> None:
    """Write expected.json and print the tables."""
    samples = Path(sys.argv[1])
    found = cases(samples)
    known = json.loads((samples / "expected.json").read_text())
    ours = {tracker for _, tracker, _ in found}
    entries = [{"path": path, "tracker": tracker, **totals} for path, tracker, totals in found]
    entries += [entry for entry in known if entry["tracker"] not in ours]  # theirs come with their own scripts
    text = json.dumps(entries, indent=1)
    (samples / "expected.json").write_text(text + "\n")
    for path, _, totals in found:
        it_energy, energy, emissions = (totals[key] for key in ("it_energy_kwh", "energy_kwh", "emissions_kg"))
        print(f"| {path.partition('/')[2]} | {totals['runs']} | {it_energy:.9g} | {energy:.9g} | {emissions:.9g} |")


if __name__ == "__main__":
    main()
