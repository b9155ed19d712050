"""The main path on one screen: logs to Runs, Runs to Footprint, Footprint to Report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import limits, reading
from reporter.errors import ReportError, plain
from reporter.progress import Progress

if TYPE_CHECKING:
    from reporter.options import Options
    from reporter.report import Report
    from reporter.run import Reading


def report_of(options: Options) -> Report:
    """Read the logs and assess them as the options say. Raises ReportError where a log or an option is wrong."""
    chosen = dict(options.limits)
    within = limits.time(limits.of("seconds", chosen), "reading these logs")
    with within, Progress("reading logs", quiet=options.quiet) as step:
        runs = reading.read(options, chosen, step)
    return of_runs(runs, options)


def of_runs(runs: Reading, options: Options) -> Report:
    """Assess what was read, or made up, as the options say."""
    from reporter.assess import assess
    from reporter.report import DEFAULT_TITLE, Report

    return Report(
        assess(runs, options),
        options.title or DEFAULT_TITLE,
        options.authors,
        options.scope,
        _notes(options),
        options.standalone,
        options.working,
        options.cite,
        options.siunitx,
        options.answers,
        options.language,
        options.digits,
        options.statement_length,
        options.template,
    )


def _notes(options: Options) -> str | None:
    if options.notes is None:
        return None
    try:
        with open(options.notes, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ReportError(f"--notes: cannot be read: {reason}", file=plain(options.notes)) from error
