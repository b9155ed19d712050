"""What a destination is, and what it is handed: the report's figures, its tags, and ways to its pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.output_options import Target

#: What all our figures begin with where they stand among those of others; most tools make a section of it.
PREFIX = "carbon/"


class Parcel(NamedTuple):
    """A report on its way. Nothing in it is rendered before a destination asks for it.

    ``page(name)`` gives the bytes of an output, ``edit(name, old)`` those of a file that is edited, and
    ``save(path, content)`` writes a file whole or not at all.
    """

    title: str
    page: Callable[[str], bytes]
    edit: Callable[[str, bytes], bytes]
    save: Callable[[str, bytes], None]

    def document(self) -> dict[str, Any]:
        """The report as schema carbon-report/1 has it: what is sent are its figures, not rounded ones."""
        document: dict[str, Any] = json.loads(self.page("json"))
        return document


class Destination(NamedTuple):
    """One place to send to: ``send(parcel, target)`` gives the line that tells what was done.

    ``module`` is what must be installed, ``extra`` the extra of ours that installs it; None: nothing more is needed.
    ``where`` and ``label`` say what stands after the colon and after the ``#``; None where nothing may stand there.
    """

    name: str
    says: str
    send: Callable[[Parcel, Target], str]
    module: str | None = None
    extra: str | None = None
    where: str | None = None
    label: str | None = None
    where_needed: bool = True


def figures(document: dict[str, Any]) -> dict[str, float]:
    """The figures that are known, by their names in the JSON output; those of groups below the groups' names."""
    found = _numbers(document["totals"])
    for group in document["groups"]:
        found |= {f"groups/{group['name']}/{key}": value for key, value in _numbers(group).items()}
    embodied, sci = document["embodied"], document["sci"]
    if embodied:
        found["embodied_kg"] = float(embodied["value"])
    if sci:
        found |= {key: value for key, value in _numbers(sci).items() if key.startswith("sci_")}
    return found


def _numbers(told: dict[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in told.items() if type(value) in {int, float}}


def tags(document: dict[str, Any], title: str) -> dict[str, str]:
    """What tells one report from another in words: title, basis, trackers, countries, findings, edition of factors."""
    runs = document["runs"]
    told = {
        "title": title,
        "schema": document["schema"],
        "basis": document["totals"]["basis"],
        "trackers": ", ".join(sorted({run["tracker"] for run in runs})),
        "countries": ", ".join(sorted({run["country"] for run in runs if run["country"]})),
        "findings": ", ".join(sorted({finding["code"] for finding in document["findings"]})),
        "factors_edition": document["factors_edition"],
    }
    return {key: str(value) for key, value in told.items() if value}
