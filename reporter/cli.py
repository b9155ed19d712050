"""The command line: gathers the options, calls the main path, and tells errors one line each."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from reporter import renderers
from reporter.arguments import options_of
from reporter.assembly import report_of
from reporter.errors import Finding, ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Footprint
    from reporter.options import Options, Output


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 (input or option wrong), 2 (--fail-over passed) or 130."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in COMMANDS:
            return _command(arguments[0], arguments[1:])
        return report(arguments)
    except ReportError as error:
        for one in getattr(error, "errors", (error,)):
            _tell(f"carbon-report: {one}")
        return 1
    except KeyboardInterrupt:
        _tell("carbon-report: interrupted; nothing was written")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; say nothing more to it
        return 0


def report(arguments: Sequence[str]) -> int:
    """The main path: logs to Runs, Runs to Footprint, Footprint to Report, Report to files."""
    options = options_of(arguments)
    document = report_of(options)
    footprint = document.footprint
    for output in options.outputs:
        _refuse_to_overwrite(output, [*options.logs, *options.figures, *(entry.path for entry in footprint.inputs)])
    made = [(output, renderers.content(document, output.name, output.path)) for output in options.outputs]
    for output, content in made:
        renderers.save(output.path, content)
        if output.path != "-" and not options.quiet:
            _tell(f"{output.name} written to {plain(output.path)}")
    tell(footprint.findings, quiet=options.quiet)
    return _status(footprint, options)


def tell(findings: Sequence[Finding], *, quiet: bool) -> None:
    """Print findings to standard error, errors first; ``quiet`` leaves notes and warnings out."""
    order = ("error", "warning", "note")
    for finding in sorted(findings, key=lambda finding: order.index(finding.level)):
        if finding.level == "error" or not quiet:
            place = f"{finding.where}: " if finding.where else ""
            _tell(f"carbon-report: {place}{finding.message} [{finding.code}]")


def _status(footprint: Footprint, options: Options) -> int:
    if any(finding.level == "error" for finding in footprint.findings):
        return 1
    limit, emissions = options.fail_over_kg, footprint.emissions
    if limit is not None and emissions is not None and emissions.value > limit:
        _tell(f"carbon-report: {emissions.value:.6g} kg CO2e are more than the {limit:g} kg of --fail-over")
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


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


#: Commands besides the main path: where each stands, loaded when it is called.
COMMANDS = {
    "formats": "reporter.commands.formats:run",
    "factors": "reporter.factor_commands:show",
    "explain": "reporter.commands.explain:run",
    "verify": "reporter.commands.verify:run",
    "lint": "reporter.commands.lint:run",
    "sample": "reporter.sampler_commands:sample",
    "doctor": "reporter.sampler_commands:doctor",
}


def _command(name: str, arguments: Sequence[str]) -> int:
    module, _, function = COMMANDS[name].partition(":")
    status: int = getattr(importlib.import_module(module), function)(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
