"""From a Report to files: refuses to overwrite what is no output, writes, tells the findings, gives the exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from reporter import renderers
from reporter.errors import Finding, ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Footprint
    from reporter.options import Options, Output
    from reporter.report import Report


def publish(document: Report, options: Options) -> int:
    """Write the outputs that were asked for, each whole or not at all, and tell the findings; gives the exit status.

    Raises ReportError where an output would overwrite an input or a file of another kind.
    """
    footprint = document.footprint
    for output in options.outputs:
        _refuse_to_overwrite(output, [*options.logs, *options.figures, *(entry.path for entry in footprint.inputs)])
    made = [(output, renderers.content(document, output.name, output.path)) for output in options.outputs]
    for output, content in made:
        renderers.save(output.path, content)
        if output.path != "-" and not options.quiet:
            say(f"{output.name} written to {plain(output.path)}")
    tell(footprint.findings, quiet=options.quiet)
    return _status(footprint, options)


def tell(findings: Sequence[Finding], *, quiet: bool) -> None:
    """Print findings to standard error, errors first; ``quiet`` leaves notes and warnings out."""
    order = ("error", "warning", "note")
    for finding in sorted(findings, key=lambda finding: order.index(finding.level)):
        if finding.level == "error" or not quiet:
            place = f"{finding.where}: " if finding.where else ""
            say(f"carbon-report: {place}{finding.message} [{finding.code}]")


def _status(footprint: Footprint, options: Options) -> int:
    if any(finding.level == "error" for finding in footprint.findings):
        return 1
    limit, emissions = options.fail_over_kg, footprint.emissions
    if limit is not None and emissions is not None and emissions.value > limit:
        say(f"carbon-report: {emissions.value:.6g} kg CO2e are more than the {limit:g} kg of --fail-over")
        return 2
    return 0


def _refuse_to_overwrite(output: Output, logs: Sequence[str]) -> None:
    """An output never replaces an input, named or found, nor a file of another kind that a slip of the order named."""
    path, renderer = output.path, renderers.available()[output.name]
    if path == "-" or not os.path.exists(path):
        return
    if any(os.path.exists(log) and os.path.samefile(path, log) for log in logs):
        raise ReportError(f"--{output.name} would overwrite this input; name another file", file=plain(path))
    edits = renderer.update is not None and path.lower().endswith((".md", ".markdown"))
    if not edits and not path.lower().endswith((*renderer.endings, ".txt", ".out")):
        raise ReportError(f"exists and is no {renderer.endings[0]} file, so --{output.name} does not overwrite it; "
                          "put the logs first, or name another file", file=plain(path))  # fmt: skip


def say(line: str) -> None:
    """Print a line to standard error."""
    print(line, file=sys.stderr)
