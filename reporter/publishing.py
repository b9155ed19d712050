"""From a Report to files: refuses to overwrite what is no output, writes, tells the findings, gives the exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from reporter import renderers
from reporter.anonymous import anonymous
from reporter.errors import Finding, ReportError, plain
from reporter.progress import Progress
from reporter.renderers.template import ending

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
    read = [*options.logs, *options.figures, *(entry.path for entry in footprint.inputs)]
    for output in options.outputs:
        _refuse_to_overwrite(output, [*read, *filter(None, [options.template, options.notes])], options)
    made = _made(anonymous(document) if options.anonymous else document, options)
    if options.check:
        return _check(made)
    for output, content in made:
        renderers.save(output.path, content)
        if output.path != "-" and not options.quiet:
            say(f"{output.name} written to {plain(output.path)}")
    tell(footprint.findings, quiet=options.quiet)
    return _status(footprint, options)


def _made(document: Report, options: Options) -> list[tuple[Output, bytes]]:
    """Every output in order; a README that is a model card too is edited once more. Raises ReportError where one
    output would replace another."""
    made: list[tuple[Output, bytes]] = []
    files: dict[str, bytes] = {}
    with Progress("writing", quiet=options.quiet) as step:
        for done, output in enumerate(options.outputs):
            step(done, len(options.outputs), output.name)
            file = os.path.realpath(output.path)
            if file in files and renderers.available()[output.name].update is None:
                raise ReportError("two outputs go to this file; name another one", file=plain(output.path))
            content = renderers.content(document, output.name, output.path, files.get(file))
            made.append((output, content))
            if output.path != "-":
                files[file] = content
    return made


def _check(made: Sequence[tuple[Output, bytes]]) -> int:
    """Write nothing; tell each file that a run without --check would change, and end with 1 where there is one.

    Raises ReportError where no output goes to a file.
    """
    files = {output.path: content for output, content in made if output.path != "-"}  # the last of each file
    if not files:
        raise ReportError("--check: name a file to check, such as --readme README.md")
    old = [path for path, content in files.items() if not _is(path, content)]
    for path in old:
        there = "is out of date" if os.path.exists(path) else "does not exist"
        say(f"carbon-report: {plain(path)}: {there}; run the same without --check")
    return 1 if old else 0


def _is(path: str, content: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == content
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file=plain(path)) from error


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


def _refuse_to_overwrite(output: Output, logs: Sequence[str], options: Options) -> None:
    """An output never replaces an input, named or found, nor a file of another kind that a slip of the order named."""
    path, renderer = output.path, renderers.available()[output.name]
    if path == "-" or not os.path.exists(path):
        return
    if any(os.path.exists(log) and os.path.samefile(path, log) for log in logs):
        raise ReportError(f"--{output.name} would overwrite this input; name another file", file=plain(path))
    edits = renderer.update is not None and path.lower().endswith((".md", ".markdown"))
    endings = renderer.endings or (ending(options.template or ""),)
    if not edits and not path.lower().endswith((*endings, ".txt", ".out")):
        raise ReportError(f"exists and is no {endings[0]} file, so --{output.name} does not overwrite it; "
                          "put the logs first, or name another file", file=plain(path))  # fmt: skip


def say(line: str) -> None:
    """Print a line to standard error."""
    print(line, file=sys.stderr)
