"""The notebook's magic %%carbon: samples while a cell runs, and says its energy below it (%load_ext reporter)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from reporter.errors import ReportError
from reporter.sampler import Sampler, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = "%%carbon [-o FILE] [--every SECONDS] [--label NAME=VALUE]... [--country ISO3]"


def load_ipython_extension(shell: Any) -> None:
    """Give IPython the magic, for ``%load_ext reporter``."""

    def carbon(line: str, cell: str) -> None:
        """Sample the energy of this machine while the cell runs; the log goes on below that of earlier cells."""
        try:
            with Sampler(**options(shlex.split(line))) as sampler:
                result = shell.run_cell(cell)
        except (ReportError, ValueError) as error:
            print(f"carbon-report: {error}; usage: {USAGE}")
            return
        if not sampler.passing:
            print(f"carbon-report: {summary.line(sampler)}")
        del result  # IPython has shown it, and its error, already

    shell.register_magic_function(carbon, "cell", "carbon")


def options(words: Sequence[str]) -> dict[str, Any]:
    """The magic's words as arguments of Sampler. Raises ReportError for a word that is none of its own."""
    chosen: dict[str, Any] = {"path": "notebook.csv", "existing": "append", "labels": {}}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        value = rest.pop(0) if rest else ""
        if word == "-o" and value:
            chosen["path"] = value
        elif word == "--every" and value:
            chosen["every_s"] = float(value)
        elif word == "--country" and value:
            chosen["country"] = value
        elif word == "--label" and "=" in value:
            name, _, text = value.partition("=")
            chosen["labels"][name] = text
        else:
            raise ReportError(f"'{word}' is not understood")
    return chosen
