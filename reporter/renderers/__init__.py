"""Reports out: finds the renderers and writes what they make, whole or not at all."""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from reporter import plugins
from reporter.errors import Finding, ReportError, plain
from reporter.renderers.base import Renderer

if TYPE_CHECKING:
    from reporter.report import Report

__all__ = ["Renderer", "available", "for_file", "write"]


@cache
def available() -> dict[str, Renderer]:
    """Every renderer by name: the files of this folder, then installed plug-ins (which cannot take a name of ours)."""
    names = sorted(entry[:-3] for entry in os.listdir(os.path.dirname(__file__)) if entry.endswith(".py"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names if name != "__init__"]
    ours = {renderer.name: renderer for module in modules for renderer in getattr(module, "RENDERERS", ())}
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
    save(path, content(report, name, path))


def content(report: Report, name: str, path: str, before: bytes | None = None) -> bytes:
    """The bytes of one output; a file that is already there is edited where the renderer can do that.

    ``before`` is what another output is about to write to the same file.
    """
    renderer = available()[name]
    if renderer.update is not None and before is not None:
        return renderer.update(report, before)
    if renderer.update is None or path == "-" or not os.path.exists(path):
        return renderer.render(report)
    try:
        with open(path, "rb") as file:
            old = file.read()
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file=plain(path)) from error
    return renderer.update(report, old)


def save(path: str, made: bytes) -> None:
    """Write bytes to standard output (``-``) or to a file, by way of a temporary file beside it and a rename."""
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
        return
    target = os.path.realpath(path)  # a link stays a link
    import tempfile

    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".carbon-report-", dir=os.path.dirname(target))
        with os.fdopen(handle, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except OSError as error:
        raise ReportError(f"cannot be written: {error.strerror}; nothing was changed", file=plain(path)) from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
