"""What was read of each folder, kept as JSON, so that tomorrow's report of a million files reads what has changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from reporter.errors import ReportError, plain
from reporter.importers import remote, stored, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporter.importers.parts import Part
    from reporter.importers.units import File, Unit

SETTLED_S = 2.0  # a file written later than this before it was read may be written again within its time stamp


class Cache:
    """Parts by the files they come from: read again where a path, a size or a time (else the content) has changed.

    Files are written beside and renamed, so that neither a crash nor another process at the same time leaves half of
    one; who finds a damaged or foreign entry reads the logs. The entries hold what the logs hold, and nothing is
    executed of them.
    """

    def __init__(self, folder: str, settings: Mapping[str, Any]) -> None:
        """``settings``: whatever else the reading depends on. Raises ReportError where there can be no such folder."""
        from reporter import __version__

        self.folder = folder
        self._told = json.dumps([__version__, stored.VERSION, settings], sort_keys=True, default=str)
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            reason = f"--cache: {error.strerror}; name a folder that can be written"
            raise ReportError(reason, file=plain(folder)) from error

    def get(self, unit: Unit) -> Part | None:
        """What was read of these files, None where that is not known or they have changed."""
        try:
            with open(self._place(unit), encoding="utf-8") as file:
                entry = json.load(file)
            if entry["settings"] != self._told or not _same(unit, entry["files"]):
                return None
            return stored.load(entry["part"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, unit: Unit, part: Part) -> None:
        """Keep what was read of these files, unless they are still being written. A full disk keeps nothing."""
        hashes = {entry.path: entry.sha256 for taken in part.taken.values() for entry in taken.inputs}
        if any(not _is_settled(file) for file in unit.files):
            return
        with suppress(OSError, ValueError):
            files = [[file.path, file.size, file.stamp, hashes.get(file.path)] for file in unit.files]
            entry = {"settings": self._told, "files": files, "part": stored.dump(part)}
            place = self._place(unit)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            _write(place, json.dumps(entry, separators=(",", ":")))

    def _place(self, unit: Unit) -> str:
        """The entry's path: by the files' paths and the settings, so that two reports do not displace each other's."""
        paths = json.dumps([self._told, unit.searched, *map(_absolute, unit.paths)])
        name = hashlib.sha256(paths.encode("utf-8", "surrogateescape")).hexdigest()
        return os.path.join(self.folder, name[:2], f"{name[2:]}.json")


def _absolute(path: str) -> str:
    return path if remote.scheme(path) else os.path.abspath(path)


def _write(place: str, text: str) -> None:
    """Write whole or not at all: beside, to the disk, then under its name."""
    beside = f"{place}.{os.getpid()}-{time.monotonic_ns()}"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _is_settled(file: File) -> bool:
    """Whether a file is as it was when it was listed, and not written so lately that a change could go unseen."""
    if remote.scheme(file.path):
        return bool(file.stamp)
    now = units.local(file.path)
    return now == file and bool(file.stamp) and time.time() - int(file.stamp) / 1e9 > SETTLED_S


def _same(unit: Unit, known: list[list[Any]]) -> bool:
    """Whether the files are those that were read; one that was written anew counts as the same by its content."""
    if len(known) != len(unit.files):
        return False
    for file, (path, size, stamp, sha256) in zip(unit.files, known, strict=True):
        if (file.path, file.size) != (path, size):
            return False
        if file.stamp != stamp and (not sha256 or remote.scheme(file.path) or _sha256(file.path) != sha256):
            return False
    return True


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
