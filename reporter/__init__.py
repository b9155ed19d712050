"""carbon-report: the logs of energy and carbon trackers in, what people publish out. Names load when first used.

The main path, from logs to a page::

    reading = reporter.read(["emissions.csv"])
    footprint = reporter.assess(reading, reporter.Options(country="FRA", pue=1.2))
    report = reporter.Report(footprint, title="Ablations")
    reporter.write(report, "latex", "appendix.tex")  # or bytes: reporter.render(report, "json")

What can be promised of the names in ``__all__``, and of nothing else in this package:

- a name stays, and so do the parameters of a function, the fields of a type and the unit at the end of a field's name.
  New parameters and fields come with a default, so read tuples by name, never by place;
- one that is to go warns with DeprecationWarning for a minor version at least before a major one leaves it out (before
  1.0: for one release at least);
- None means *not told* and is never 0; energies are kWh, emissions kg CO2e, times s;
- what is wrong about an input or an option is a ReportError whose text is one line that says what to do;
- figures may change with the edition of the published factors; ``Options(factors_edition=...)`` refuses another one.

Importing this package reads and writes no file besides its own, opens no connection, starts nothing, and leaves
logging, warnings and signals as they are. The types are checked by ``mypy --strict`` (``py.typed``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reporter.assess import assess
    from reporter.errors import Finding, ReportError
    from reporter.footprint import Amount, Footprint
    from reporter.importers import read
    from reporter.importers.base import Importer
    from reporter.importers.logs import Log
    from reporter.options import Options
    from reporter.renderers import content as render
    from reporter.renderers import write
    from reporter.renderers.base import Renderer
    from reporter.report import Report
    from reporter.run import Reading, Run
    from reporter.sampler import Sampler, sampled

__version__ = "0.1.0"

#: Where each name stands: a module, or MODULE:NAME where it is called otherwise there.
_PLACES = {
    "read": "reporter.importers",
    "assess": "reporter.assess",
    "render": "reporter.renderers:content",
    "write": "reporter.renderers",
    "Report": "reporter.report",
    "ReportError": "reporter.errors",
    "Finding": "reporter.errors",
    "Reading": "reporter.run",
    "Run": "reporter.run",
    "Amount": "reporter.footprint",
    "Footprint": "reporter.footprint",
    "Importer": "reporter.importers.base",
    "Log": "reporter.importers.logs",
    "Renderer": "reporter.renderers.base",
    "Options": "reporter.options",
    "Sampler": "reporter.sampler",
    "sampled": "reporter.sampler",
    "load_ipython_extension": "reporter.sampler",  # for %load_ext reporter
}

__all__ = [
    "Amount", "Finding", "Footprint", "Importer", "Log", "Options", "Reading", "Renderer", "Report", "ReportError",
    "Run", "Sampler", "assess", "read", "render", "sampled", "write",
]  # fmt: skip


def view(name: str) -> Any:
    """How a thing shows itself in a notebook: a function of reporter.renderers.notebook, loaded when asked for.

    The renderers stand above the things that they show, and only this face of the package knows both.
    """
    return getattr(importlib.import_module("reporter.renderers.notebook"), name)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'reporter' has no attribute '{name}'")
    module, _, called = _PLACES[name].partition(":")
    return getattr(importlib.import_module(module), called or name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
