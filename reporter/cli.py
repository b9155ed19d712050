"""The command line: gathers the options, calls the main path, and tells errors one line each."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from reporter import importers, renderers
from reporter import options as choices
from reporter.errors import Finding, ReportError, plain
from reporter.options import Options, Output
from reporter.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Footprint

EPILOG = """also:
  carbon-report sample [-o FILE] [--every SECONDS] -- COMMAND...
                           log the energy of this machine while a command runs
  carbon-report formats    trackers that can be read, outputs that can be written
  carbon-report factors [QUERY]
                           the published figures that reports rest on
  carbon-report doctor     what this machine can measure, and what is missing

Without an output option a statement and a short table are printed. FILE may be '-' for standard output.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 (input or option wrong), 2 (--fail-over passed) or 130."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        command = COMMANDS.get(arguments[0]) if arguments else None
        return command(arguments[1:]) if command else report(arguments)
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
    options = _options(arguments)
    from reporter.assess import assess
    from reporter.report import DEFAULT_TITLE, Report

    with Progress("reading logs", quiet=options.quiet) as step:
        runs = importers.read(options.logs, reader=options.reader, strict=options.strict, step=step)
    for output in options.outputs:
        _refuse_to_overwrite(output, [*options.logs, *options.figures, *(entry.path for entry in runs.inputs)])
    footprint = assess(runs, options)
    document = Report(
        footprint, options.title or DEFAULT_TITLE, options.authors, options.scope, _notes(options), options.standalone
    )
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="carbon-report", usage="carbon-report PATH... [options]", epilog=EPILOG, add_help=True, allow_abbrev=False,
        description="Turn the logs of energy and carbon trackers into what people publish.",
        formatter_class=_Help,
    )  # fmt: skip
    parser.error = _wrong_usage  # type: ignore[method-assign]
    parser.add_argument("logs", nargs="*", metavar="PATH", help="files, folders, globs, archives; '-': standard input")
    outputs = parser.add_argument_group("outputs (several may be asked for)")
    for name, renderer in renderers.available().items():
        if renderer.says:
            outputs.add_argument(f"--{name}", nargs="?", const=renderer.document or "-", action=_AddOutput,
                                 dest="outputs", metavar="FILE", help=renderer.says)  # fmt: skip
    outputs.add_argument("-o", action=_AddOutput, dest="outputs", metavar="FILE", help="format by the file's ending")
    outputs.add_argument("--standalone", action="store_true", default=None, help="a whole LaTeX document, no fragment")
    context = parser.add_argument_group("context (with one of these, emissions are computed)")
    context.add_argument("--country", metavar="ISO3", help="country whose electricity was used, e.g. FRA")
    context.add_argument("--region", help="part of the country, e.g. california")
    context.add_argument("--cloud", metavar="PROVIDER:REGION", help="e.g. gcp:europe-west9")
    context.add_argument("--intensity", dest="intensity_g_per_kwh", metavar="VALUE", help="gCO2e/kWh, or with a unit")
    context.add_argument("--intensity-year", metavar="YEAR", help="the bundled intensity of that year")
    context.add_argument("--intensity-series", action="append", metavar="FILE",
                         help="an intensity for each moment: Electricity Maps, WattTime, ENTSO-E, EIA, CSV")  # fmt: skip
    context.add_argument("--pue", metavar="VALUE", help="the facility's energy over the machines', 1 or more")
    more = parser.add_argument_group("more")
    more.add_argument("--scc", metavar="NAME[:COUNTRY]", help="epa2023, ricke2018:USA, '190 USD/t'; several by commas; all")
    more.add_argument("--price-year", metavar="YEAR=RATIO", help="social cost in that year's prices, by your ratio")
    more.add_argument("--embodied", action="store_true", default=None, help="count the making of the hardware")
    more.add_argument("--hardware", metavar="'8 x MODEL'", help="for --embodied, where the logs do not name it")
    more.add_argument("--lifetime", dest="lifetime_years", metavar="YEARS", help="that the hardware is to serve")
    more.add_argument("--functional-unit", metavar="'N UNITS'", help="for SCI, e.g. '1e6 inferences'")
    more.add_argument("--market-intensity", dest="market_intensity_g_per_kwh", metavar="VALUE", help="by contract")
    more.add_argument("--carbon-free", metavar="SHARE", help="share of the energy that contracts buy carbon-free")
    more.add_argument("--offsets", dest="offsets_kg", metavar="MASS", help="bought; told beside, never netted in")
    more.add_argument("--uncertainty", action="store_true", default=None, help="what the ranges are made of")
    more.add_argument("--overlap", metavar="sum|once", help="runs of one machine at one time: all, or its time once")
    more.add_argument("--factors", metavar="FILE.csv", help="your own figures, before the bundled ones")
    more.add_argument("--factors-edition", metavar="EDITION", help="hold to an edition of the bundled figures")
    more.add_argument("--timezone", metavar="ZONE", help="of moments written without one, e.g. Europe/Paris")
    more.add_argument("--group-by", metavar="LABEL", help="one line a group: project, tracker, country, ...")
    more.add_argument("--title")
    more.add_argument("--authors", help="names, separated by commas")
    more.add_argument("--scope", help="what the figures cover, in a sentence")
    more.add_argument("--notes", metavar="FILE.md", help="your own description, for HTML and PDF")
    more.add_argument("--from", dest="reader", metavar="TRACKER", help="read the logs as this tracker's")
    more.add_argument("--strict", action="store_true", default=None, help="the first doubtful row or file is an error")
    more.add_argument("--quiet", action="store_true", default=None, help="errors only")
    more.add_argument("--fail-over", dest="fail_over_kg", metavar="AMOUNT", help="exit 2 above this much, e.g. 10kg")
    more.add_argument("--config", metavar="FILE", help="instead of carbon-report.toml or pyproject.toml")
    more.add_argument("--version", action="version", version=f"carbon-report {_version()}")
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width; asking the terminal for its own costs an import at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=110)


class _AddOutput(argparse.Action):
    """Collects outputs in the order given; ``-o`` finds the renderer by the file's ending."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:  # noqa: ARG002
        name = renderers.for_file(values) if option_string == "-o" else str(option_string).removeprefix("--")
        namespace.outputs = [*(namespace.outputs or []), Output(name, str(values))]


def _wrong_usage(message: str) -> NoReturn:
    raise ReportError(f"{message}; see 'carbon-report --help'")


def _options(arguments: Sequence[str]) -> Options:
    """Read the command line over the configuration file. Raises ReportError where either is wrong."""
    chosen = vars(_parser().parse_intermixed_args(list(arguments)))
    config, file = choices.configuration(chosen.pop("config"))
    outputs = chosen.pop("outputs") or []
    logs = chosen["logs"]
    if not logs:
        logs, outputs = _path_taken_for_file(outputs)
    if not logs:
        raise ReportError("name a tracker's log, such as emissions.csv; 'carbon-report --help' shows what there is")
    return choices.make({**chosen, "logs": logs, "outputs": outputs or [Output("terminal", "-")]}, config, file)


def _path_taken_for_file(outputs: list[Output]) -> tuple[list[str], list[Output]]:
    """``carbon-report --latex run.csv`` means the log run.csv, not LaTeX written over it."""
    for place, (name, path) in enumerate(outputs):
        renderer = renderers.available()[name]
        if path != "-" and os.path.exists(path) and renderer.update is None and not path.endswith(renderer.endings):
            default = Output(name, renderer.document or "-")
            return [path], [*outputs[:place], default, *outputs[place + 1 :]]
    return [], outputs


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


def _notes(options: Options) -> str | None:
    if options.notes is None:
        return None
    try:
        with open(options.notes, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ReportError(f"--notes: cannot be read: {reason}", file=plain(options.notes)) from error


def formats(arguments: Sequence[str]) -> int:  # noqa: ARG001 - takes none
    """List the trackers and the outputs."""
    print("Trackers that are read:")
    for name, importer in importers.available().items():
        print(f"  {name:26} {importer.says} ({importer.home})")
    print("\nOutputs that are written:")
    for name, renderer in renderers.available().items():
        if renderer.says:
            print(f"  {name:26} {renderer.says} ({', '.join(renderer.endings)})")
    return 0


def factors(arguments: Sequence[str]) -> int:
    """List the figures that match a query, each with range, year, boundary, licence and source."""
    from reporter import factor_commands

    return factor_commands.show(arguments)


def sample(arguments: Sequence[str]) -> int:
    """Run a command and log the energy of this machine meanwhile; the exit status is the command's."""
    from reporter import sampler_commands

    return sampler_commands.sample(arguments)


def doctor(arguments: Sequence[str]) -> int:
    """List what this machine can measure, and what would have to be done for the rest."""
    from reporter import sampler_commands

    return sampler_commands.doctor(arguments)


def _version() -> str:
    from reporter import __version__

    return __version__


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


COMMANDS = {"formats": formats, "factors": factors, "sample": sample, "doctor": doctor}

if __name__ == "__main__":
    sys.exit(main())
