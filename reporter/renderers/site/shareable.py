"""A report as it may be put on the web: without the folders above the logs and the names of machines."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporter.footprint import RunFootprint
    from reporter.report import Report


def shareable(report: Report) -> Report:
    """The same report with paths from the folder that all inputs are in, and machines by their numbers."""
    footprint = report.footprint
    folder = _common_folder([entry.path for entry in footprint.inputs])
    machines: dict[str, str] = {}
    return replace(
        report,
        footprint=replace(
            footprint,
            runs=tuple(_shown(item, folder, machines) for item in footprint.runs),
            inputs=tuple(entry._replace(path=_inside(entry.path, folder)) for entry in footprint.inputs),
            findings=tuple(
                one._replace(where=one.where and _inside(one.where, folder),
                             message=one.message.replace(folder + os.sep, "") if folder else one.message)
                for one in footprint.findings
            ),
        ),
    )  # fmt: skip


def _shown(item: RunFootprint, folder: str, machines: dict[str, str]) -> RunFootprint:
    run = item.run
    host = None if run.host is None else machines.setdefault(run.host, f"machine {len(machines) + 1}")
    shown = replace(run, id=_inside(run.id, folder), source=_inside(run.source, folder), host=host)
    return replace(item, run=shown)


def _common_folder(paths: list[str]) -> str:
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:  # none, or absolute and relative ones
        return ""


def _inside(path: str, folder: str) -> str:
    """The path from the folder; an absolute one from elsewhere by its last name alone."""
    inside = path.removeprefix(os.path.join(folder, "")) if folder else path
    return os.path.basename(inside) if os.path.isabs(inside) or inside == folder else inside
