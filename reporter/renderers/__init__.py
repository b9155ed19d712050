"""Reports out: finds the renderers and writes what they make, whole or not at all."""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import TYPE_CHECKING

from reporter import plugins
from reporter.errors import Finding, ReportError, plain
from reporter.renderers.base import Renderer
from reporter.renderers.whole_files import holds, save

if TYPE_CHECKING:
    from reporter.report import Report

__all__ = ["Renderer", "available", "content", "for_file", "holds", "save", "there", "write"]


@cache
def available() -> dict[str, Renderer]:
    """Every renderer by name: the files of this folder, then installed plug-ins (which cannot take a name of ours)."""
    names = plugins.own(os.path.dirname(__file__), "RENDERERS")
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    ours = {renderer.name: renderer for module in modules for renderer in module.RENDERERS}
    foreign = plugins.load("carbon_report.renderers")
    return {**{name: found for name, found in foreign.items() if _fits(name, found)}, **ours}


def _fits(name: str, found: object) -> bool:
    if not isinstance(found, Renderer):
        text = f"plug-in '{plain(name)}' is no reporter.renderers.Renderer"
        plugins.FAILED.append(Finding("CR040", "warning", text))
    return isinstance(found, Renderer)


def for_file(path: str) -> str:
    """The name of the renderer that a file's ending chooses. Raises ReportError where none does."""
    endings = {ending: name for name, renderer in available().items() for ending in renderer.endings}
    longest_first = sorted(endings, key=len, reverse=True)
    name = next((endings[ending] for ending in longest_first if path.lower().endswith(ending)), None)
    if name is None:
        raise ReportError(f"-o {plain(path)}: no output has this ending; known are {', '.join(sorted(endings))}")
    return name


def write(report: Report, name: str, path: str) -> None:
    """Render one output and write it: ``-`` is standard output; a file appears whole, or stays as it was.

    Raises ReportError where the file cannot be written.
    """
    before = there(name, path)
    save(path, content(report, name, before), before)


def there(name: str, path: str) -> bytes | None:
    """What the file holds that the output is to edit; None where there is nothing, or nothing to edit.

    Raises ReportError where it cannot be read.
    """
    if available()[name].update is None or path == "-" or not os.path.exists(path):
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file=plain(path)) from error


def content(report: Report, name: str, before: bytes | None = None) -> bytes:
    """The bytes of one output; ``before`` is the content that it edits, where the renderer can do that."""
    renderer = available()[name]
    if renderer.update is None or before is None:
        return renderer.render(report)
    return renderer.update(report, before)
