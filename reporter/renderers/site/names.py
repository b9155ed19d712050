"""Names of the site's files: readable, safe in every file system and address, and the same as long as the run is."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from reporter.renderers import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint

LONGEST = 48  # letters of a name, so that no path gets too long for a file system


def slug(text: str) -> str:
    """The text's letters and digits that ASCII has, in lower case, parted by hyphens; empty where there are none."""
    plain = normalize("NFKD", text[:1000]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST].strip("-")


def of_group(path: Sequence[str]) -> str:
    """A group's file, by the names from the root to it."""
    return f"groups/{slug(path[-1]) or 'group'}-{_short('group', *path)}.html"


def of_runs(runs: Sequence[RunFootprint]) -> list[str]:
    """Each run's file, by its tracker, id and start; runs that share these are told apart by time, energy and order."""
    names: list[str] = []
    taken: set[str] = set()
    for item in runs:
        run = item.run
        last = "/".join(run.id.replace("\\", "/").strip("/").split("/")[-2:])  # other folders above change nothing
        identity = [run.tracker, last, str(run.started_at)]
        name = slug(tables.name_of(item)) or "run"
        made = f"runs/{name}-{_short(*identity)}.html"
        again = 0
        while made in taken:
            identity = [*identity[:3], str(run.duration_s), str(run.energy_kwh), str(again)]
            made, again = f"runs/{name}-{_short(*identity)}.html", again + 1
        taken.add(made)
        names.append(made)
    return names


def part(path: str, number: int) -> str:
    """The file of a list's further pages: ``groups/a-1234abcd.2.html``; the first page is the path itself."""
    if number == 1:
        return path
    stem = path.removesuffix(".html")
    return f"{'runs/page' if stem == 'index' else stem}.{number}.html"


def _short(*identity: str) -> str:
    return hashlib.sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:8]
