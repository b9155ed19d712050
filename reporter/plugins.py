"""Plug-ins of third parties: installed packages that offer an importer or a renderer through an entry point."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

from reporter.errors import Finding

#: What went wrong while loading plug-ins; told with the report's findings, never a crash.
FAILED: list[Finding] = []


def load(group: str) -> dict[str, Any]:
    """Everything that installed packages offer in an entry-point group, by name; one that fails becomes a finding."""
    if not _anybody(group):
        return {}
    from importlib.metadata import entry_points

    found = {}
    for entry in entry_points(group=group):
        try:
            found[entry.name] = entry.load()
        except Exception as error:
            FAILED.append(Finding("CR040", "warning", f"plug-in '{entry.name}' did not load: {error!r}", entry.value))
    return found


@cache
def _anybody(group: str) -> bool:
    """Whether any installed package names the group at all.

    importlib.metadata takes longer to import than most reports take to write, so it is asked only when there is cause.
    """
    wanted = f"[{group}]".encode()
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.scandir(folder):
            if entry.name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(entry.path, "entry_points.txt"), "rb") as file:
                        if wanted in file.read():
                            return True
                except OSError:
                    continue
    return False
