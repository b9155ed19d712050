"""carbon-report: the logs of energy and carbon trackers in, what people publish out. Names load when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reporter.assess import assess
    from reporter.footprint import Footprint
    from reporter.importers import read
    from reporter.importers.base import Importer
    from reporter.options import Options
    from reporter.renderers import write
    from reporter.renderers.base import Renderer
    from reporter.report import Report
    from reporter.run import Run
    from reporter.sampler import Sampler, sampled

__version__ = "0.1.0"

_PLACES = {
    "read": "reporter.importers",
    "assess": "reporter.assess",
    "write": "reporter.renderers",
    "Report": "reporter.report",
    "Run": "reporter.run",
    "Footprint": "reporter.footprint",
    "Importer": "reporter.importers.base",
    "Renderer": "reporter.renderers.base",
    "Options": "reporter.options",
    "Sampler": "reporter.sampler",
    "sampled": "reporter.sampler",
    "load_ipython_extension": "reporter.sampler",  # for %load_ext reporter
}

__all__ = [
    "Footprint", "Importer", "Options", "Renderer", "Report", "Run", "Sampler", "assess", "read", "sampled", "write",
]  # fmt: skip


def view(name: str) -> Any:
    """How a thing shows itself in a notebook: a function of reporter.renderers.notebook, loaded when asked for.

    The renderers stand above the things that they show, and only this face of the package knows both.
    """
    return getattr(importlib.import_module("reporter.renderers.notebook"), name)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'reporter' has no attribute '{name}'")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
