"""What sampling costs beside CodeCarbon: python -m benchmarks.sampler_overhead [--seconds N] [--codecarbon PYTHON].

Both watch the same machine at 1 Hz at the same time, each in a process that does nothing else. Start-up is not counted:
a process tells its processor time (its children's too) once it is set up, and again at the end. PYTHON is one that has
CodeCarbon; without it this program's own figures are printed alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CPU_LIMIT, MEMORY_LIMIT_MB, AIM = 0.001, 40.0, 20.0

TIMING = """
import json, resource, sys, time

def used():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)

def told(before, began):
    passed = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024.0 if sys.platform != "darwin" else 1024.0 ** 2)
    heavy = sorted({"pandas", "matplotlib", "pint", "numpy"} & set(sys.modules))
    print(json.dumps({"core": (used() - before) / passed, "mb": peak, "heavy": heavy}), flush=True)
"""
OURS = TIMING + """
sys.path.insert(0, sys.argv[3])
from reporter.sampler import Sampler
with Sampler(sys.argv[1] + "/ours.csv", float(sys.argv[4]), tell=lambda line: None):
    time.sleep(3)
    before, began = used(), time.monotonic()
    time.sleep(float(sys.argv[2]))
    told(before, began)
"""
THEIRS = TIMING + """
from codecarbon import OfflineEmissionsTracker
tracker = OfflineEmissionsTracker(country_iso_code="FRA", measure_power_secs=float(sys.argv[4]), output_dir=sys.argv[1],
                                  log_level="critical", tracking_mode="machine", allow_multiple_runs=True)
tracker.start()
time.sleep(3)
before, began = used(), time.monotonic()
time.sleep(float(sys.argv[2]))
told(before, began)
tracker.stop()
"""


def started(python: str, code: str, folder: str, seconds: float, every_s: float) -> subprocess.Popen[str]:
    """One of the two, at work."""
    command = [python, "-c", code, folder, str(seconds), str(ROOT), str(every_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def main() -> int:
    """Measure both at once; print their figures and the ratio. Exit status 1 where ours is above its limits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to measure (60)")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between samples (1)")
    parser.add_argument("--codecarbon", default=sys.executable, metavar="PYTHON", help="a Python that has CodeCarbon")
    parser.add_argument("--json", metavar="FILE")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        both = {
            "carbon-report": started(sys.executable, OURS, folder, chosen.seconds, chosen.every),
            "CodeCarbon": started(chosen.codecarbon, THEIRS, folder, chosen.seconds, chosen.every),
        }
        told = {name: child.communicate()[0] for name, child in both.items()}
    figures = {name: json.loads(text.splitlines()[-1]) for name, text in told.items() if text.strip()}
    for name, one in figures.items():
        cost_ms = 1000 * one["core"] * chosen.every
        print(f"{name:14} {100 * one['core']:8.4f} % of a core  {cost_ms:8.3f} ms a sample  {one['mb']:6.1f} MB at most"
              f"  {', '.join(one['heavy']) or 'nothing heavy'} loaded")  # fmt: skip
    ours, theirs = figures["carbon-report"], figures.get("CodeCarbon")
    if theirs is None:
        print("CodeCarbon: not measured; name a Python that has it with --codecarbon")
    else:
        figures["ratio"] = theirs["core"] / ours["core"]
        print(f"CodeCarbon's tracker takes {figures['ratio']:.0f} x our processor time (the aim is {AIM:g} x)")
    within = ours["core"] * chosen.every <= CPU_LIMIT and ours["mb"] <= MEMORY_LIMIT_MB and not ours["heavy"]
    print(f"ours is {'within' if within else 'ABOVE'} its limits: {100 * CPU_LIMIT:g} % of a core at 1 Hz, "
          f"{MEMORY_LIMIT_MB:g} MB, nothing heavy")  # fmt: skip
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
