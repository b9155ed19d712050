"""The command line's options: declares them, and reads them over the configuration file."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any, NoReturn

from reporter import __version__, renderers, wording
from reporter import options as choices
from reporter.errors import ReportError, plain
from reporter.options import Options, Output

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """also:
  carbon-report sample [-o FILE] [--every SECONDS] -- COMMAND...
                           log the energy of this machine while a command runs
  carbon-report formats    what can be read and written; --schema prints the JSON Schema of --json
  carbon-report factors [QUERY]
                           the published figures that reports rest on
  carbon-report estimate --hardware "8 x A100-SXM4-80GB" --hours 36 --country FRA
                           before the run; or PATH --epochs 3 --of 100 from its first epochs
  carbon-report diff OLD NEW [--fail-over 10%]
                           two reports or sets of logs against each other
  carbon-report explain WHAT PATH...
                           how a figure of the report came to be, down to file and line
  carbon-report verify FILE PATH...
                           hold a published statement, card or report against the logs
  carbon-report lint FILE  slips of units and missing facts in a card, README or paper
  carbon-report quotient FILE.toml
                           score your answers to the questionnaire; --blank prints it
  carbon-report template [NAME]
                           the built-in templates; prints the one that --template is to start from
  carbon-report doctor     what this machine can measure, and what is missing

Without an output option a statement and a short table are printed. FILE may be '-' for standard output.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="carbon-report", usage="carbon-report PATH... [options]", epilog=EPILOG, add_help=True, allow_abbrev=False,
        description="Turn the logs of energy and carbon trackers into what people publish.",
        formatter_class=_Help,
    )  # fmt: skip
    parser.error = wrong_usage  # type: ignore[method-assign]
    parser.add_argument("logs", nargs="*", metavar="PATH", help="files, folders, globs, archives; '-': standard input")
    outputs = parser.add_argument_group("outputs (several may be asked for)")
    for name, renderer in renderers.available().items():
        if renderer.says:
            outputs.add_argument(f"--{name}", nargs="?", const=renderer.document or "-", action=_AddOutput,
                                 dest="outputs", metavar="FILE", help=renderer.says)  # fmt: skip
    outputs.add_argument("-o", action=_AddOutput, dest="outputs", metavar="FILE", help="format by the file's ending")
    outputs.add_argument("--site", metavar="DIR", help="a static site: index, a page a group and a run, data")
    outputs.add_argument("--to", action=_AddDestination, dest="destinations", metavar="PLACE[:WHERE][#LABEL]",
                         help="send it: mlflow, wandb, hub, tensorboard, dvc; see 'carbon-report formats'")  # fmt: skip
    outputs.add_argument("--max-bytes", metavar="N", help="cut the Markdown to this size, for a comment or summary")
    outputs.add_argument("--template", metavar="FILE.j2", help="your own: my.tex.j2, .md.j2, .html.j2, .txt.j2; to -o")
    outputs.add_argument("--check", action="store_true", default=None, help="write nothing; exit 1 where out of date")
    outputs.add_argument("--anonymous", action="store_true", default=None, help="for double-blind review")
    outputs.add_argument("--standalone", action="store_true", default=None, help="a whole LaTeX document, no fragment")
    outputs.add_argument("--cite", metavar="natbib|biblatex|plain", help="LaTeX's command; else as the paper loads")
    outputs.add_argument("--siunitx", action="store_true", default=None, help="figures set by siunitx where loaded")
    outputs.add_argument("--statement-length", metavar="short|paragraph|full", help="the same: --statement short")
    outputs.add_argument("--language", metavar="CODE", help="of what people read: en, de, fr, es, nb, zh")
    outputs.add_argument("--digits", metavar="auto|N", help="significant digits; auto: as the ranges support")
    outputs.add_argument("--checklist", action=_AddChecklist, dest="outputs", metavar="NAME[=FILE]",
                         help="neurips, arr, cvpr, climate-card or eu-gpai, answered from the logs")  # fmt: skip
    outputs.add_argument("--answer", dest="answers", action="append", metavar="ITEM=TEXT",
                         help="for checklists: what no log tells, e.g. parameters=110M")  # fmt: skip
    _add_context(parser)
    _add_analyses(parser)
    _add_more(parser)
    return parser


def _add_context(parser: argparse.ArgumentParser) -> None:
    context = parser.add_argument_group("context (with one of these, emissions are computed)")
    context.add_argument("--country", metavar="ISO3", help="country whose electricity was used, e.g. FRA")
    context.add_argument("--region", help="part of the country, e.g. california")
    context.add_argument("--cloud", metavar="PROVIDER:REGION", help="e.g. gcp:europe-west9")
    context.add_argument("--intensity", dest="intensity_g_per_kwh", metavar="VALUE", help="gCO2e/kWh, or with a unit")
    context.add_argument("--intensity-year", metavar="YEAR", help="the bundled intensity of that year")
    context.add_argument("--intensity-series", action="append", metavar="FILE",
                         help="an intensity by the hour: Electricity Maps, WattTime, ENTSO-E, EIA, CSV")  # fmt: skip
    context.add_argument("--pue", metavar="VALUE", help="the facility's energy over the machines', 1 or more")


def _add_analyses(parser: argparse.ArgumentParser) -> None:
    analyses = parser.add_argument_group("analyses (each adds its section)")
    analyses.add_argument("--what-if", action="append", metavar="WHAT",
                          help="country, region (of the cloud), or changes: pue=1.1,power=0.5")  # fmt: skip
    analyses.add_argument("--shift", action="append", metavar="HOW=WINDOW",
                          help="at another time: flexible-start=24h, pause-resume=100%%")  # fmt: skip
    analyses.add_argument("--compare", action="store_true", default=None, help="with published models")
    analyses.add_argument("--phase", action="append", metavar="NAME=REGEX",
                          help="which runs are search, training, fine-tuning, inference, failed, data")  # fmt: skip
    analyses.add_argument("--expected-calls", metavar="N", help="inferences that the model is to serve in its life")
    analyses.add_argument("--calls-logged", metavar="N", help="inferences that the logged inference runs served")
    analyses.add_argument("--metrics", metavar="FILE", help="CSV or JSON: run,model,dataset,accuracy,parameters,...")
    metric = analyses.add_mutually_exclusive_group()
    metric.add_argument("--metric", metavar="NAME", help="rank runs by it and energy; higher is better")
    metric.add_argument("--metric-lower", metavar="NAME", help="the same, where lower is better")
    analyses.add_argument("--alpha", metavar="LIST", help="exponents of the error in the ranking; 1,2,4 if not told")
    analyses.add_argument("--quotient", metavar="FILE.toml", help="answers: see 'carbon-report quotient --blank'")
    analyses.add_argument("--price-year", metavar="YEAR=RATIO", help="social cost in that year's prices, by your ratio")
    analyses.add_argument("--embodied", action="store_true", default=None, help="count the making of the hardware")
    analyses.add_argument("--hardware", metavar="'8 x MODEL'", help="for --embodied, where the logs do not name it")
    analyses.add_argument("--lifetime", dest="lifetime_years", metavar="YEARS", help="that the hardware is to serve")
    analyses.add_argument("--functional-unit", metavar="'N UNITS'", help="for SCI, e.g. '1e6 inferences'")
    analyses.add_argument("--market-intensity", dest="market_intensity_g_per_kwh", metavar="VALUE", help="by contract")
    analyses.add_argument("--carbon-free", metavar="SHARE", help="share of the energy that contracts buy carbon-free")
    analyses.add_argument("--offsets", dest="offsets_kg", metavar="MASS", help="bought; told beside, never netted in")
    analyses.add_argument("--working", action="store_true", default=None, help="how the numbers were made")
    analyses.add_argument("--uncertainty", action="store_true", default=None, help="what the ranges are made of")


def _add_more(parser: argparse.ArgumentParser) -> None:
    more = parser.add_argument_group("more")
    more.add_argument("--scc", metavar="NAMES", help="epa2023, ricke2018:USA, '190 USD/t'; several by commas; all")
    more.add_argument("--overlap", metavar="sum|once", help="runs of one machine at one time: all, or its time once")
    more.add_argument("--factors", metavar="FILE.csv", help="your own figures, before the bundled ones")
    more.add_argument("--factors-edition", metavar="EDITION", help="hold to an edition of the bundled figures")
    more.add_argument("--timezone", metavar="ZONE", help="of moments written without one, e.g. Europe/Paris")
    more.add_argument("--label", action="append", dest="labels", metavar="KEY=REGEX",
                      help="a label found in paths, ids and labels")  # fmt: skip
    more.add_argument("--versus", metavar="A,B", help="two groups against each other, with interval and tests")
    more.add_argument("--group-by", metavar="LABEL", help="one line a group: project, tracker, country, ...")
    more.add_argument("--title")
    more.add_argument("--authors", help="names, separated by commas")
    more.add_argument("--scope", help="what the figures cover, in a sentence")
    more.add_argument("--notes", metavar="FILE.md", help="your own description, for HTML and PDF")
    more.add_argument("--from", dest="reader", metavar="TRACKER", help="read the logs as this tracker's")
    more.add_argument("--strict", action="store_true", default=None, help="the first doubtful row or file is an error")
    more.add_argument("--quiet", action="store_true", default=None, help="errors only")
    more.add_argument("--format", dest="findings_format", metavar="plain|github", help="findings as annotations")
    more.add_argument("--fail-over", dest="fail_over_kg", metavar="AMOUNT", help="exit 2 above this much, e.g. 10kg")
    more.add_argument("--limit", dest="limits", action="append", metavar="NAME=VALUE",
                      help="raise a limit that was hit, e.g. size=200GiB, seconds=3600")  # fmt: skip
    more.add_argument("--cache", metavar="DIR", help="keep what was read, and read again what has changed")
    more.add_argument("--dask", metavar="ADDRESS|local", help="read on a Dask cluster, e.g. tcp://scheduler:8786")
    more.add_argument("--config", metavar="FILE", help="instead of carbon-report.toml or pyproject.toml")
    more.add_argument("--version", action="version", version=f"carbon-report {__version__}")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width; asking the terminal for its own costs an import at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=110)


class _AddOutput(argparse.Action):
    """Collects outputs in the order given; that of ``-o`` gets its name when everything is read."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:  # noqa: ARG002
        name = "" if option_string == "-o" else str(option_string).removeprefix("--")
        if name == "statement" and values in wording.LENGTHS:  # a file of that name is written as ./short
            namespace.statement_length, values = values, "-"
        namespace.outputs = [*(namespace.outputs or []), Output(name, str(values))]


class _AddDestination(argparse.Action):
    """``PLACE[:WHERE][#LABEL]``, refused at once where its library is missing."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:  # noqa: ARG002
        from reporter import destinations

        namespace.destinations = [*(namespace.destinations or []), destinations.target(str(values))]


class _AddChecklist(argparse.Action):
    """``NAME`` or ``NAME=FILE``: each checklist is a renderer of its own."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:  # noqa: ARG002
        name, _, path = str(values).partition("=")
        known = [one.removeprefix("checklist-") for one in renderers.available() if one.startswith("checklist-")]
        if name not in known:
            raise ReportError(f"--checklist {plain(name)}: there are {', '.join(known)}")
        namespace.outputs = [*(namespace.outputs or []), Output(f"checklist-{name}", path or "-")]


def wrong_usage(message: str) -> NoReturn:
    """Refuse a command line; argparse's own answer takes several lines."""
    raise ReportError(f"{message}; see 'carbon-report --help'")


def options_of(arguments: Sequence[str], *, without_logs: bool = False) -> Options:
    """Read the command line over the configuration file. Raises ReportError where either is wrong.

    ``without_logs`` is for commands that need none.
    """
    chosen = vars(_parser().parse_intermixed_args(list(arguments)))
    config, file = choices.configuration(chosen.pop("config"))
    outputs = _named(chosen.pop("outputs") or [], chosen["template"])
    logs = chosen["logs"]
    if not logs:
        logs, outputs = _path_taken_for_file(outputs)
    if not logs and not without_logs:
        raise ReportError("name a tracker's log, such as emissions.csv; 'carbon-report --help' shows what there is")
    outputs = outputs or ([] if chosen["site"] else [Output("terminal", "-")])
    return choices.make({**chosen, "logs": logs, "outputs": outputs}, config, file)


def _named(outputs: list[Output], template: object) -> list[Output]:
    """Each ``-o`` with its renderer: the author's template where there is one, else that of the file's ending."""
    if template and not any(output.name == "" for output in outputs):
        outputs = [*outputs, Output("", "-")]
    return [output if output.name else Output("template" if template else renderers.for_file(output.path), output.path)
            for output in outputs]  # fmt: skip


def _path_taken_for_file(outputs: list[Output]) -> tuple[list[str], list[Output]]:
    """``carbon-report --latex run.csv`` means the log run.csv, not LaTeX written over it."""
    for place, (name, path) in enumerate(outputs):
        renderer = renderers.available()[name]
        if path != "-" and os.path.exists(path) and renderer.update is None and not path.endswith(renderer.endings):
            default = Output(name, renderer.document or "-")
            return [path], [*outputs[:place], default, *outputs[place + 1 :]]
    return [], outputs
