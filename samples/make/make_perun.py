"""Runs perun on a toy program, NVML stood in for, and exports it in its text forms: make_perun.py FOLDER.

The stand-in lies as ``pynvml.py`` on PYTHONPATH.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

TOY = """
import time
from perun import monitor

@monitor()
def work():
    end = time.time() + 1.5
    while time.time() < end:
        sum(range(1000))

work()
work()
"""
SETTINGS = "[post-processing]\npue = 1.25\nemissions_factor = 400\n"

out = Path(sys.argv[1]).absolute()
with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "toy.py").write_text(TOY)
    (Path(folder) / ".perun.ini").write_text(SETTINGS)
    perun = [str(Path(sys.executable).parent / "perun"), "-l", "ERROR"]
    options = ["--rounds", "2", "--sampling-period", "0.5", "--data-out", str(out), "--format", "text", "--run-id", "a",
               "--exclude-sensors", "CPU_FREQ_ CPU_USAGE_ RAM_USAGE DISK_ NET_ CUDA:0_MEM CUDA:1_MEM"]  # fmt: skip
    subprocess.run([*perun, "monitor", *options, "toy.py"], cwd=folder, check=True, env=os.environ)
    for form in ("json", "csv"):
        subprocess.run([*perun, "export", str(out / "toy.hdf5"), form], cwd=folder, check=True, env=os.environ)
(out / "toy.hdf5").unlink()
