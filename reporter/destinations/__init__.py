"""Where reports can be sent, one file each; nothing is sent, and nothing here loaded, unless ``--to`` asks for it."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import redirect_stdout
from functools import cache
from typing import TYPE_CHECKING

from reporter.destinations.base import Destination, Parcel
from reporter.errors import ReportError, plain
from reporter.output_options import Target
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Destination", "Parcel", "available", "send", "target"]

_SECRET = pattern(r"//[^/@\s]*@")


@cache
def available() -> dict[str, Destination]:
    """Every destination by name: the files of this folder."""
    names = sorted(entry[:-3] for entry in os.listdir(os.path.dirname(__file__)) if entry.endswith(".py"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names if name not in {"__init__", "base"}]
    return {module.DESTINATION.name: module.DESTINATION for module in modules}


def target(text: str) -> Target:
    """Read ``NAME[:WHERE][#LABEL]``, such as ``mlflow:http://127.0.0.1:5000#sweep``.

    Raises ReportError where there is no such destination, where it needs to be told more, and where what it needs is
    not installed: before any log is read.
    """
    name, _, rest = text.partition(":")
    if not _:
        name, sign, rest = text.partition("#")
        rest = sign + rest
    where, sign, label = rest.partition("#")
    chosen = available().get(name)
    if chosen is None:
        raise ReportError(f"--to {plain(name, 40)}: there are {', '.join(map(usage, available().values()))}")
    if (chosen.where_needed and not where) or (sign and not (chosen.label and label)):
        raise ReportError(f"--to {plain(without_secrets(text))}: write {usage(chosen)}")
    _require(chosen)
    return Target(name, where, label)


def usage(chosen: Destination) -> str:
    """How a destination is written: ``mlflow[:URI][#EXPERIMENT]``."""
    where = f":{chosen.where}" if chosen.where_needed else f"[:{chosen.where}]"
    return f"{chosen.name}{where if chosen.where else ''}{f'[#{chosen.label}]' if chosen.label else ''}"


def _require(chosen: Destination) -> None:
    from importlib.util import find_spec

    if chosen.module and find_spec(chosen.module) is None:
        raise ReportError(f"--to {chosen.name} needs {chosen.module}: pip install 'carbon-report[{chosen.extra}]'")


def send(targets: Sequence[Target], parcel: Parcel) -> Iterator[str]:
    """Send a report to each place in turn; yields a line for each that tells what was done.

    Raises ReportError where a place refuses it; those before it have it, those after it do not.
    """
    for one in targets:
        try:
            with redirect_stdout(sys.stderr):  # what a library says is no part of an output
                done = available()[one.name].send(parcel, one)
        except ReportError:
            raise
        except Exception as error:  # whatever a library of others makes of its network
            reason = plain(without_secrets(" ".join(str(error).split())) or type(error).__name__, 300)
            place = plain(without_secrets(f"{one.name}:{one.where}".rstrip(":")))
            raise ReportError(f"--to {place}: not sent: {reason}") from error
        yield done


def without_secrets(text: str) -> str:
    """An address without the name and password that may stand in it."""
    return _SECRET.sub("//", text)
