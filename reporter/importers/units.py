"""What is to be read, in units that nothing is shared between: the logs of one folder, which may belong together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import Finding, ReportError
from reporter.importers import logs, remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class File(NamedTuple):
    """A file to be read: its path, its size in bytes, and a stamp that changes when it is written."""

    path: str
    size: int | None
    stamp: str


class Unit(NamedTuple):
    """Files that are read together, and whether a search found them (else they were named)."""

    files: tuple[File, ...]
    searched: bool

    @property
    def paths(self) -> list[str]:
        """The files' paths."""
        return [file.path for file in self.files]

    @property
    def size(self) -> int:
        """Bytes to be read, as far as they are told."""
        return sum(file.size or 0 for file in self.files)


class Plan(NamedTuple):
    """All units, and what there is to say about the search."""

    units: list[Unit]
    refused: list[ReportError]
    notes: list[Finding]


def plan(paths: Sequence[str], chosen: Mapping[str, int]) -> Plan:
    """The units that some paths name, each file once. No file is opened for it, remote places are listed."""
    told = Plan([], [], [])
    folders: dict[tuple[str, bool], list[File]] = {}
    seen: set[str] = set()
    for path in paths:
        searched = os.path.isdir(path) or any(sign in path for sign in "*?[") or _is_remote(path)
        for found in _files(path, chosen):
            if isinstance(found, Finding):
                told.notes.append(found)
            elif isinstance(found, ReportError):
                told.refused.append(found)
            elif (place := found.path if _is_remote(found.path) else os.path.realpath(found.path)) not in seen:
                seen.add(place)
                folders.setdefault((place.rpartition("/")[0], searched), []).append(found)
    told.units.extend(Unit(tuple(files), searched) for (_, searched), files in folders.items())
    return told


def _is_remote(path: str) -> bool:
    return "://" in path and not os.path.lexists(path)


def _files(path: str, chosen: Mapping[str, int]) -> Iterator[File | Finding | ReportError]:
    if _is_remote(path):
        try:
            found = remote.listed(path, chosen)
        except ReportError as error:
            yield error
            return
        if not found:
            yield ReportError("no file of a tracker's log is there; check the path", file=path)
        yield from (File(*one) for one in found)
        return
    for place in logs.paths(path, chosen):
        yield place if isinstance(place, Finding | ReportError) else local(place)


def local(path: str) -> File:
    """A file of this machine, with its size and the time when it was written; of one that is gone neither is told."""
    try:
        told = os.stat(path)
    except OSError:
        return File(path, None, "")
    return File(path, told.st_size, str(told.st_mtime_ns))
