"""CodeCarbon's long logs: which rows of a block the running totals need, and which there is something to say about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.importers import frames
from reporter.importers.blocks import Sifted
from reporter.importers.codecarbon_runs import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reporter.importers.base import Bound
    from reporter.importers.codecarbon_runs import Tally
    from reporter.importers.frames import Frame

POWERS = ("cpu_power_w", "gpu_power_w", "ram_power_w")


class Chain(NamedTuple):
    """The rows of one run in a block: how many, how many are needed, and energy and time of the first."""

    rows: int
    needed: int
    energy_kwh: float
    duration_s: float


def sieve(bound: Bound) -> Callable[[bytes], Sifted | None]:
    """The sieve for blocks under these columns; what it tells is the Chain of each run."""

    def sift(data: bytes) -> Sifted | None:
        frame = frames.bound(data, bound, ("id", "task"))
        if frame is None or "id" not in frame.columns:
            return None
        alone = len({text.strip() for text in frame.columns["id"].distinct})  # two ways of writing one are one run
        return _sifted(frame) if alone == len(frame.columns["id"].distinct) else None

    return sift


def follows(chains: Mapping[str, Chain], runs: Mapping[str, Tally]) -> bool:
    """Whether the block goes on where its runs stood: no total and no clock smaller than before."""
    for identity, chain in chains.items():
        before = runs.get(identity)
        if before is None:
            continue
        duration_s = before.best.get("duration_s")
        if chain.energy_kwh < before.best["energy_kwh"] or (duration_s is not None and chain.duration_s < duration_s):
            return False
    return True


def _sifted(frame: Frame) -> Sifted:
    import numpy as np

    columns, told = frame.columns, _told(frame)
    code, identities = columns["id"]
    order = np.argsort(code, kind="stable")
    ordered = code[order]
    energy, duration = columns["energy_kwh"][order], _column(frame, "duration_s")[order]
    same = np.concatenate((ordered[1:] == ordered[:-1], [False]))  # the next row is of the same run
    later = np.concatenate((np.arange(1, frame.rows), [frame.rows - 1]))
    with np.errstate(invalid="ignore"):
        back = same & ((energy[later] < energy) | ~(duration[later] >= duration))
    odd = told[order]
    runs_odd = np.zeros(len(identities), bool)
    runs_odd[ordered[odd | back]] = True  # of a run with a row that is not plain each row is read
    first = np.concatenate(([True], ~same[:-1]))
    needed = first | ~same | runs_odd[ordered]  # the first keeps runs in their order
    counts, many = np.bincount(ordered), np.bincount(ordered, needed)
    chains = {
        identities[run].strip(): Chain(int(counts[run]), int(many[run]), float(kwh), float(seconds))
        for run, kwh, seconds in zip(ordered[first], energy[first], duration[first], strict=True)
    }
    return Sifted(frame.rows, frame.starts, np.sort(order[needed]), chains)


def _told(frame: Frame) -> Any:
    """Rows that are read one by one: of no run, of tasks, without an energy, or with figures that are doubtful.

    The limits lie a little inside those of the row reader, which alone decides and tells.
    """
    import numpy as np

    columns = frame.columns
    energy = columns["energy_kwh"]
    parts = [_column(frame, name) for name in PARTS]
    told = frame.told | np.isnan(energy) | (energy < 0) | (energy > 1e12)
    told |= columns["id"].blank()
    if "task" in columns:
        told |= ~columns["task"].blank()
    with np.errstate(invalid="ignore", divide="ignore"):
        duration = _column(frame, "duration_s")
        told |= (_column(frame, "reported_emissions_kg") < 0) | (duration < 0)
        whole = sum(parts)
        told |= np.abs(whole - energy) > np.maximum(0.99e-3 * np.maximum(np.abs(whole), np.abs(energy)), 0.99e-9)
        power = np.nansum([_column(frame, name) for name in POWERS], axis=0)
        expected = power * duration / 3.6e6
        told |= (duration > 60) & (expected > 0) & ~((energy > 0.201 * expected) & (energy < 4.99 * expected))
    return told


def _column(frame: Frame, field: str) -> Any:
    """A column of numbers; NaN all through where there is none."""
    import numpy as np

    return frame.columns[field] if field in frame.columns else np.full(frame.rows, np.nan)
