"""What a sampler says when it is done: the energy by part, the job's share, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.errors import plain
from reporter.powerlog import SHARED

if TYPE_CHECKING:
    from reporter.sampler import Sampler

_HOW = {"counter": "counted", "power": "power x time", "modelled": "modelled"}


def line(sampler: Sampler) -> str:
    """One line: duration, Wh of each part and how they are known, the job's share, the command that reports it."""
    meters = sampler.meters.declared
    joules = dict(zip(meters, sampler.joules, strict=False))
    shared = [meter for meter in meters if meter.part in SHARED]
    job = [value for value in sampler.joules[len(meters) :] if value is not None]
    told: dict[tuple[str, str], float] = {}
    for meter, value in joules.items():
        if value is not None:
            key = meter.part, _HOW[meter.kind]
            told[key] = told.get(key, 0.0) + value
    parts = ", ".join(f"{part} {joule / 3600:.4g} Wh ({how})" for (part, how), joule in told.items())
    share = f"; the job's share {sum(job) / 3600:.4g} Wh" if job and shared else ""
    path = plain(sampler.path)
    return f"{path}: {_duration(sampler.elapsed_s)}, {parts or 'no energy'}{share}; next: carbon-report {path}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
