"""The program: ``carbon-report``, and ``python -m reporter`` without its installed name."""

from __future__ import annotations

import sys

from reporter import collector


def run() -> int:
    """Run the command line as a process of its own; gives the exit status."""
    try:
        with collector.of_the_program():
            from reporter.cli import main

            return main()
    except KeyboardInterrupt:  # before main could tell it
        return 130


if __name__ == "__main__":  # the workers of a local cluster import this file
    sys.exit(run())
