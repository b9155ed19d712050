"""How the logs are read: at once on this machine, from a cache as far as they are known, or on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import importers
from reporter.importers import units
from reporter.importers.parts import Part, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reporter.options import Options
    from reporter.run import Reading

#: Of more folders than this each run's power keeps so many points alone: memory then holds a million runs.
MANY, POINTS = 5000, 8


def read(options: Options, chosen: Mapping[str, int], step: Callable[[int, int, str], None] | None) -> Reading:
    """Read the logs that the options name. ``step(done, total, name)`` is called on the way.

    Raises ReportError where nothing can be read, and under ``strict`` for the first log that cannot.
    """
    if options.cache is None and options.dask is None:
        return importers.read(options.logs, options.reader, strict=options.strict, step=step, chosen=chosen)
    from reporter import cluster
    from reporter.cache import Cache

    settings: dict[str, object] = {"reader": options.reader, "strict": options.strict, "chosen": dict(chosen)}
    plan = units.plan(options.logs, chosen)
    if len(plan.units) > MANY:
        settings["points"] = POINTS
    cache = None if options.cache is None else Cache(options.cache, settings)
    parts = [cache.get(unit) if cache else None for unit in plan.units]
    missing = [place for place, part in enumerate(parts) if part is None]
    wanted = [plan.units[place] for place in missing]
    if options.dask is not None and wanted:
        made = cluster.read(options.dask, wanted, settings, step)
    else:
        made = ((place, _here(unit, settings, place, len(wanted), step)) for place, unit in enumerate(wanted))
    for place, part in made:
        parts[missing[place]] = part
        if cache is not None:
            cache.put(wanted[place], part)
    found = merge([Part(refused=plan.refused, notes=plan.notes), *(part for part in parts if part is not None)])
    return importers.whole(found, options.logs, strict=options.strict)


def _here(
    unit: units.Unit, settings: Mapping[str, object], done: int, total: int,
    step: Callable[[int, int, str], None] | None,
) -> Part:  # fmt: skip
    """A unit's part, read in this process."""
    from reporter.cluster import part_of

    if step is not None:
        step(done + 1, total, unit.paths[-1])
    return part_of(unit.paths, settings, searched=unit.searched)
