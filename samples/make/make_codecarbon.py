"""Writes one sample of CodeCarbon logs by really running it: make_codecarbon.py CASE FOLDER, in that version's Python.

A case is named VERSION-WHAT; WHAT picks the recipe below and VERSION must be the CodeCarbon that is installed. The
oldest versions need Python 3.8, so this file keeps to what Python 3.8 understands.
"""

from __future__ import annotations

import inspect
import math
import operator
import random
import sys
import time
from pathlib import Path

import codecarbon
from codecarbon.emissions_tracker import BaseEmissionsTracker, OfflineEmissionsTracker

FRANCE = {"country_iso_code": "FRA"}
GERMANY = {"country_iso_code": "DEU"}
CALIFORNIA = {"country_iso_code": "USA", "region": "california"}
TEXAS = {"country_iso_code": "USA", "region": "texas"}
QUEBEC = {"country_iso_code": "CAN", "region": "quebec"}
BRITAIN = {"country_iso_code": "GBR"}


def train(lr: float, seed: int, seconds: float) -> float:
    """Fit a toy logistic regression for about `seconds` s on one core; the load that the trackers watch."""
    draw = random.Random(seed)  # noqa: S311 (nothing secret: a toy's data)
    truth = [draw.gauss(0, 1) for _ in range(64)]
    weights = [0.0] * len(truth)
    loss, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        x = [draw.gauss(0, 1) for _ in truth]
        wanted = 1.0 if sum(map(operator.mul, truth, x)) > 0 else 0.0
        got = 1 / (1 + math.exp(-sum(map(operator.mul, weights, x))))
        weights = list(map(operator.sub, weights, (lr * (got - wanted) * value for value in x)))
        loss = -math.log(max(got if wanted else 1 - got, 1e-12))
    return loss


def tracker(folder: Path, project: str, **options: object) -> OfflineEmissionsTracker:
    """A tracker that appends to `folder`/emissions.csv and asks nothing of the network."""
    quiet = {"log_level": "error", "allow_multiple_runs": True}  # else another CodeCarbon here would silence this one
    known = inspect.signature(BaseEmissionsTracker.__init__).parameters
    options.update((name, value) for name, value in quiet.items() if name in known)
    return OfflineEmissionsTracker(project_name=project, output_dir=str(folder), measure_power_secs=1, **options)


def plain(folder: Path, place: dict, *, runs: int = 2, project: str = "toy-classifier", **options: object) -> None:
    """`runs` runs, one after another: start, train, stop; one row each."""
    for seed in range(1, runs + 1):
        watch = tracker(folder, f"{project}-seed{seed}", **place, **options)
        watch.start()
        train(lr=1e-2, seed=seed, seconds=2)
        watch.stop()


def flushed(folder: Path, place: dict, *, runs: int = 2) -> None:
    """Each run flushes twice before it stops: three rows of one run_id, each holding the total so far."""
    for seed in range(1, runs + 1):
        watch = tracker(folder, f"toy-classifier-seed{seed}", **place)
        watch.start()
        for _ in range(2):
            train(lr=1e-2, seed=seed, seconds=1.5)
            watch.flush()
        train(lr=1e-2, seed=seed, seconds=1.5)
        watch.stop()


def restarted(folder: Path, place: dict) -> None:
    """One tracker stopped, started again and stopped: the second row has more energy yet a shorter duration."""
    watch = tracker(folder, "toy-classifier-restarted", **place)
    for seconds in (4, 2):
        watch.start()
        train(lr=1e-2, seed=1, seconds=seconds)
        watch.stop()


def tasks(folder: Path, place: dict) -> None:
    """One run of three tasks: emissions.csv has the run's total, a second file has a row for each task."""
    watch = tracker(folder, "toy-classifier-tasks", **place)
    for name, seconds in (("load-data", 2), ("train", 4), ("evaluate", 2)):
        watch.start_task(name)
        train(lr=1e-2, seed=1, seconds=seconds)
        watch.stop_task()
    watch.stop()


def sweep(folder: Path, place: dict) -> None:
    """Twelve runs of four experiments: a teacher and three learning rates of a student, three seeds each."""
    for experiment, lr, seconds in (
        ("teacher", 1e-2, 5.0),
        ("distil-lr1e-3", 1e-3, 3.0),
        ("distil-lr1e-4", 1e-4, 3.5),
        ("distil-lr1e-5", 1e-5, 4.0),
    ):
        for seed in (1, 2, 3):
            watch = tracker(folder, f"{experiment}-seed{seed}", experiment_id=experiment, **place)
            watch.start()
            train(lr=lr, seed=seed, seconds=seconds + 0.25 * seed)
            watch.stop()


def places(folder: Path) -> None:
    """Six runs in three countries appended to one file: some rows have a region and some leave it empty."""
    for name, place in (("france", FRANCE), ("texas", TEXAS), ("germany", GERMANY)):
        plain(folder, place, project=f"toy-classifier-{name}")


RECIPES = {
    "france": lambda folder: plain(folder, FRANCE),
    "usa": lambda folder: plain(folder, CALIFORNIA),
    "texas": lambda folder: plain(folder, TEXAS),
    "germany": lambda folder: plain(folder, GERMANY),
    "canada": lambda folder: plain(folder, QUEBEC),
    "britain": lambda folder: plain(folder, BRITAIN),
    "flush": lambda folder: flushed(folder, FRANCE),
    "flush-usa": lambda folder: flushed(folder, CALIFORNIA, runs=3),
    "pue": lambda folder: plain(folder, GERMANY, pue=1.5),
    "restart": lambda folder: restarted(folder, GERMANY),
    "tasks": lambda folder: tasks(folder, FRANCE),
    "shifted": places,
    "bak-chain": places,
    "sweep": lambda folder: sweep(folder, GERMANY),
    "upgrade": lambda folder: plain(folder, BRITAIN),
}


def main() -> None:
    """Run the case, once sure that the installed CodeCarbon is the one that the case names."""
    case, folder = sys.argv[1], Path(sys.argv[2])
    version, _, what = case.partition("-")
    module = Path(codecarbon.__file__)
    installed = getattr(codecarbon, "__version__", None) or version_of(module.parent.parent)
    if installed != version:
        sys.exit(f"{case} needs codecarbon {version}, but {module.parent} is {installed}")
    folder.mkdir(parents=True, exist_ok=True)
    RECIPES[what](folder)


def version_of(site: Path) -> str:
    """The version that pip noted beside the package; CodeCarbon 1.x does not tell its own."""
    return next(site.glob("codecarbon-*.dist-info")).name.split("-")[1].replace(".dist", "")


if __name__ == "__main__":
    main()
