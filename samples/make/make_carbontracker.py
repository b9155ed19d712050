"""Writes the carbontracker samples by running it: make_carbontracker.py FOLDER CASE..., in the Python that has it.

A case's name begins with the version that must be installed there. These machines have no RAPL and no GPU. From 2.3
carbontracker's own options simulate a CPU and a GPU; older versions, and several GPUs, are given a stand-in for
NVIDIA's library (module pynvml) whose two GPUs draw 250 W and 150 W, and read it with their own code.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import types
from pathlib import Path

SIMULATED = {"sim_cpu": "Simulated Xeon", "sim_cpu_tdp": 100, "sim_cpu_util": 0.5}
SIMULATED_GPU = {"sim_gpu": "Simulated A100", "sim_gpu_watts": 250, "sim_gpu_util": 0.8}
GPUS_MW = (250_000, 150_000)


class Name(str):
    """A GPU's name, text or bytes as each version wants it."""

    __slots__ = ()

    def decode(self, *_: str) -> str:
        return str(self)


def stand_in() -> types.ModuleType:
    """What carbontracker needs of pynvml."""
    module = types.ModuleType("pynvml")
    module.NVMLError = type("NVMLError", (Exception,), {})
    module.nvmlInit = module.nvmlShutdown = lambda: None
    module.nvmlDeviceGetCount = lambda: len(GPUS_MW)
    module.nvmlDeviceGetHandleByIndex = int
    module.nvmlDeviceGetName = lambda _: Name("Stand-in V100")
    module.nvmlDeviceGetPowerUsage = GPUS_MW.__getitem__
    return module


def train(
    folder: Path | None, *, epochs: int, run: int, stop: bool = True, kill: bool = False, **options: object
) -> None:
    """Track ``run`` of ``epochs`` epochs of two idle seconds; carbontracker names the files by process and time."""
    from carbontracker.tracker import CarbonTracker

    tracker = CarbonTracker(epochs=epochs, log_dir=str(folder) if folder else None, update_interval=0.5, **options)
    for epoch in range(run):
        tracker.epoch_start()
        time.sleep(2)
        print(f"epoch {epoch + 1}: loss 0.{5 - epoch}")
        tracker.epoch_end()
    if kill:
        os._exit(9)
    if stop:
        tracker.stop()


def old(folder: Path, what: str) -> None:
    """Before 2.0: a training of four epochs, of which one is monitored, as it is by default; perhaps another after."""
    train(folder, epochs=4, run=1, stop=False, components="gpu")
    if what == "shared":
        train(folder, epochs=2, run=2, stop=False, components="gpu", monitor_epochs=-1)


def new(folder: Path, what: str) -> None:
    """From 2.0 on."""
    if what == "two-gpus":
        train(folder, epochs=2, run=2, components="gpu")
    elif what == "cli":
        options = ["--sim-cpu", "Simulated Xeon", "--sim-cpu-tdp", "100", "--log_dir", str(folder)]
        subprocess.run(
            [sys.executable, "-c", "from carbontracker.cli import main; main()", *options, "sleep", "2"], check=True
        )
    elif what == "console":
        with (folder / "console.txt").open("w") as out, contextlib.redirect_stdout(out):
            train(None, epochs=3, run=3, **SIMULATED)
    elif what == "gpu":
        train(folder, epochs=3, run=3, **SIMULATED, **SIMULATED_GPU)
    elif what == "early-stop":
        train(folder, epochs=5, run=2, **SIMULATED)
    elif what == "killed":
        train(folder, epochs=5, run=2, kill=True, log_file_prefix="bert", **SIMULATED)
    else:
        train(folder, epochs=3, run=3, **SIMULATED)


def tidy(folder: Path) -> None:
    """No colons in names, which Windows does not allow, and no tracebacks, which hold the paths of this machine."""
    for file in folder.iterdir():
        if "Traceback" in file.read_text():
            file.unlink()
        elif ":" in file.name:
            file.rename(file.with_name(file.name.replace(":", "")))


def main() -> None:
    """Each case in a process of its own, since one is killed and versions differ in what they leave behind."""
    samples, *cases = sys.argv[1:]
    for case in cases[1:]:
        subprocess.run([sys.executable, __file__, samples, case], check=False)
    version, _, what = cases[0].partition("-")
    folder = Path(samples) / cases[0]
    folder.mkdir(parents=True, exist_ok=True)
    if what == "two-gpus" or version < "2.3":
        sys.modules["pynvml"] = stand_in()
    (old if version < "2" else new)(folder, what)
    tidy(folder)


if __name__ == "__main__":
    main()
