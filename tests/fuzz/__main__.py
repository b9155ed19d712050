"""`make fuzz TIME=60`: makes damaged inputs until the time is over; what breaks is kept, and told with its seed."""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from .targets import TARGETS, folder

PATIENCE_S = 20
MEMORY = 3 << 30


class Slow(BaseException):
    """An input that takes too long; no ``except Exception`` of the code under test may swallow it."""


def main() -> int:
    """Fuzz all targets, or those named, in turn; exit status 1 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    parser.add_argument("--time", type=float, default=60, help="seconds")
    parser.add_argument("--seed", type=int, default=None, help="of the first input; the others count on from it")
    parser.add_argument("--keep", default="out/fuzz", help="folder for what breaks")
    told = parser.parse_args()
    names = told.targets or list(TARGETS)
    seed = told.seed if told.seed is not None else time.time_ns() % 10**9
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _slow)
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))  # the summary is told all the same
    counts, broken = dict.fromkeys(names, 0), dict[tuple[str, str, int], str]()
    end, started = time.monotonic() + told.time, time.process_time()
    while time.monotonic() < end and not stopped:
        seed += 1
        name = names[seed % len(names)]
        counts[name] += 1
        found = _one(name, seed, Path(told.keep), broken)
        if found:
            print(found, flush=True)
    used = time.process_time() - started
    print(f"{sum(counts.values())} inputs ({', '.join(f'{name} {count}' for name, count in counts.items())}), "
          f"{len(broken)} broke something, {used:.0f} s of CPU")  # fmt: skip
    return 1 if broken else 0


def _one(name: str, seed: int, keep: Path, broken: dict[tuple[str, str, int], str]) -> str | None:
    """Make and check one input; what broke in a place that was not seen before is kept and told."""
    make, check = TARGETS[name]
    with folder() as path:
        make(path, random.Random(seed))  # noqa: S311 - damage, not secrets
        signal.alarm(PATIENCE_S)
        try:
            check(path)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            signal.alarm(0)
            place = _place(error)
            if place in broken:
                return None
            broken[place] = f"{name}-{seed}"
            target = keep / name / str(seed)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(path, target)
            text = " ".join(traceback.format_exception_only(error)[-1].split())[:300]
            return f"{name} --seed {seed - 1}: {place[0]} in {place[1]}:{place[2]}: {text} -> {target}"
        finally:
            signal.alarm(0)
    return None


def _place(error: BaseException) -> tuple[str, str, int]:
    """What was raised, and the last line of ours that was on the way."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}reporter{os.sep}" in frame.filename] or list(frames)
    return type(error).__name__, os.path.relpath(ours[-1].filename), ours[-1].lineno or 0


def _slow(*_: object) -> None:
    raise Slow(f"more than {PATIENCE_S} s")


if __name__ == "__main__":
    sys.exit(main())
