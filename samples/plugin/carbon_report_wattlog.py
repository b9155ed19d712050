"""An example plug-in for carbon-report: reads the log of WattLog, an invented tracker, and writes a one-line report.

WattLog prints a line a job, ``job <name> used <joules> J in <seconds> s``, under a first line ``# wattlog 1``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reporter import Importer, Renderer, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter import Report
    from reporter.importers.logs import Log

FIRST = b"# wattlog 1"
JOULES_PER_KWH = 3.6e6
LINE = re.compile(r"job (\S{1,80}) used ([0-9]{1,15}(?:\.[0-9]{1,9})?) J in ([0-9]{1,9}(?:\.[0-9]{1,9})?) s")


def claims(log: Log) -> bool:
    """Only content tells whose log it is: another tracker's file must not be claimed."""
    return log.head.startswith(FIRST)


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One Run a line. A line that cannot be read is skipped with its reason, never guessed at."""
    for log in logs:
        with log.open() as stream:
            lines = stream.read().decode("utf-8", "replace").splitlines()
        for place, line in enumerate(lines[1:], 2):
            if not line.strip():
                continue
            log.rows += 1
            match = LINE.fullmatch(line)
            if match is None:
                log.skip(place, "no line like 'job train used 3600 J in 60 s'")
                continue
            yield Run(
                id=f"{match[1]}:{place}",
                tracker="wattlog",
                source=log.path,
                line=place,
                energy_kwh=float(match[2]) / JOULES_PER_KWH,
                duration_s=float(match[3]),
                basis="measured",
                labels={"job": match[1]},
            )


def one_line(report: Report) -> bytes:
    """The energy of all runs and nothing else; what is not known is said to be so."""
    energy = report.footprint.it_energy
    told = "not told" if energy is None else f"{energy.value:.6g} {energy.unit}"
    return f"{len(report.footprint.runs)} runs, {told}\n".encode()


IMPORTER = Importer(
    name="wattlog",
    says="WattLog 1, a tracker that does not exist",
    home="https://example.org/wattlog",
    claims=claims,
    read=read,
)
ONE_LINE = Renderer("one-line", "the energy in one line", (".oneline",), one_line)
