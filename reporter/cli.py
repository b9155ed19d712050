"""The command line: gathers the options, calls the main path, and tells errors one line each."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from reporter import github
from reporter.arguments import options_of
from reporter.assembly import report_of
from reporter.errors import ReportError, plain
from reporter.publishing import publish, say

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 (input or option wrong), 2 (--fail-over passed) or 130."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in COMMANDS:
            return _command(arguments[0], arguments[1:])
        return report(arguments)
    except ReportError as error:
        annotated = github.wanted(arguments)
        for one in getattr(error, "errors", (error,)):
            say(github.of_error(one) if annotated else f"carbon-report: {one}")
        return 1
    except KeyboardInterrupt as error:
        say(f"carbon-report: interrupted; {str(error) or 'nothing was written'}")
        return 130
    except MemoryError:
        say("carbon-report: the memory is not enough; read fewer logs at a time")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; say nothing more to it
        return 0
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say(f"carbon-report: {error.strerror or plain(error)}")
        return 1


def report(arguments: Sequence[str]) -> int:
    """The main path: logs to Runs, Runs to Footprint, Footprint to Report, Report to files."""
    options = options_of(arguments)
    return publish(report_of(options), options)


#: Commands besides the main path: where each stands, loaded when it is called.
COMMANDS = {
    "formats": "reporter.commands.formats:run",
    "factors": "reporter.factor_commands:show",
    "diff": "reporter.commands.diff:run",
    "estimate": "reporter.commands.estimate:run",
    "explain": "reporter.commands.explain:run",
    "verify": "reporter.commands.verify:run",
    "lint": "reporter.commands.lint:run",
    "quotient": "reporter.commands.quotient:run",
    "template": "reporter.commands.template:run",
    "sample": "reporter.sampler_commands:sample",
    "doctor": "reporter.sampler_commands:doctor",
}


def _command(name: str, arguments: Sequence[str]) -> int:
    module, _, function = COMMANDS[name].partition(":")
    status: int = getattr(importlib.import_module(module), function)(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
