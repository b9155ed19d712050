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
    if group not in _offered():
        return {}
    from importlib.metadata import entry_points

    found = {}
    for entry in entry_points(group=group):
        try:
            found[entry.name] = entry.load()
        except Exception as error:
            FAILED.append(Finding("CR040", "warning", f"plug-in '{entry.name}' did not load: {error!r}", entry.value))
    return found


def own(folder: str, name: str) -> list[str]:
    """The modules in a folder that set ``name`` at their top, in order: those that offer an importer or a renderer.

    Looked up in the text, so that the rooms beside them are imported by those alone that need them.
    """
    wanted = f"\n{name} = ".encode()
    found = []
    for entry in sorted(os.listdir(folder)):
        if entry.endswith(".py"):
            with open(os.path.join(folder, entry), "rb") as file:
                if wanted in file.read():
                    found.append(entry.removesuffix(".py"))
    return found


@cache
def _offered() -> frozenset[str]:
    """Which of our groups any installed package names at all.

    importlib.metadata takes longer to import than most reports take to write, so it is asked only when there is cause.
    """
    wanted = {group: f"[{group}]".encode() for group in ("carbon_report.importers", "carbon_report.renderers")}
    found: set[str] = set()
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.scandir(folder):
            if entry.name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(entry.path, "entry_points.txt"), "rb") as file:
                        text = file.read()
                except OSError:
                    continue
                found |= {group for group, mark in wanted.items() if mark in text}
    return frozenset(found)
