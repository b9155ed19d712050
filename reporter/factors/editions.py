"""Editions of the bundled tables: one name for all their figures together, so that a report can be made again."""

from __future__ import annotations

from reporter.errors import ReportError, plain

#: Each edition and the first version of this package that has it. The figures of an edition that was released never
#: change: a table that is edited after a release makes a new edition.
EDITIONS = {"2026.1": "0.1.0"}
#: The edition that stands beside this file.
EDITION = "2026.1"
#: The year taken for a run that tells none: the last whole year before this edition.
UNKNOWN_YEAR = 2025


def require(edition: str | None) -> None:
    """Hold a report to an edition of the tables; None takes the bundled one.

    Raises ReportError for any other than the bundled edition, and says which version of the package has it.
    """
    if edition is None or edition.strip() == EDITION:
        return
    version = EDITIONS.get(edition.strip())
    if version is not None:
        advice = f"install carbon-report {version}"
    else:
        advice = "there are " + ", ".join(f"{name} (carbon-report {first})" for name, first in EDITIONS.items())
    raise ReportError(f"--factors-edition {plain(edition, 40)}: the tables here are edition {EDITION}; {advice}")
