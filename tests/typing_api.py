"""A program of somebody else's: every public name of reporter, as mypy --strict sees it and as it runs.

``python -m tests.typing_api LOG...`` prints the energy, the emissions and the size of the report in two formats.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

import reporter
from reporter import (
    Amount,
    Finding,
    Footprint,
    Importer,
    Log,
    Options,
    Reading,
    Renderer,
    Report,
    ReportError,
    Run,
    Sampler,
    assess,
    read,
    render,
    sampled,
    write,
)


def told(amount: Amount | None) -> str:
    """A figure with its range; what is not known says so and is no number."""
    if amount is None:
        return "not told"
    low: float | None = amount.low
    high: float | None = amount.high
    return f"{amount.value} {amount.unit} ({low} to {high}, {amount.basis})"


def claims(log: Log) -> bool:
    return log.head.startswith(b"# joules")


def runs(logs: Sequence[Log]) -> Iterator[Run]:
    for log in logs:
        log.rows += 1
        with log.open() as stream:
            joules = float(stream.read().splitlines()[1])
        yield Run(id="only", tracker="joules", source=log.path, energy_kwh=joules / 3.6e6, basis="measured")


def one_figure(report: Report) -> bytes:
    energy: Amount | None = report.footprint.energy
    return told(energy).encode()


IMPORTER = Importer(name="joules", says="a number of joules", home="https://example.org", claims=claims, read=runs)
RENDERER = Renderer(name="one-figure", says="the energy alone", endings=(".figure",), render=one_figure)


@sampled("training.csv", every_s=0.5)
def training(epochs: int) -> float:
    return 1.0 / epochs


def watched(path: str) -> None:
    """Energy of a part of a program, into a log that ``read`` takes."""
    with Sampler(path, every_s=0.1, labels={"phase": "training"}) as sampler:
        loss: float = 0.5
        sampler.log(loss=loss)


def main(paths: Sequence[str]) -> int:
    try:
        reading: Reading = read(paths, strict=True)
    except ReportError as error:
        line: str = str(error)
        print(line, file=sys.stderr)
        return 1
    footprint: Footprint = assess(reading, Options(country="FRA", pue=1.2, group_by=("project",)))
    report = Report(footprint, title="From Python", authors=("A. Author",))
    energies: list[float | None] = [run.energy_kwh for run in reading.runs]
    findings: tuple[Finding, ...] = footprint.findings
    page: bytes = render(report, "markdown")
    write(report, "json", "report.json")
    version: str = reporter.__version__
    print(f"{version}: {len(energies)} runs, {told(footprint.energy)}, {told(footprint.emissions)}")
    print(f"{len(page)} bytes of Markdown, {sum(one.level == 'warning' for one in findings)} warnings")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
