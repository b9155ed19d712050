"""Backups that CodeCarbon (2.0 on) leaves when a header changes: x.csv.bak, x.csv_0.bak, x.csv_1.bak, ..., x.csv."""

from __future__ import annotations

from reporter.patterns import pattern

_BACKUP = pattern(r"(?P<stem>.+\.csv)(?:_(?P<number>[0-9]+))?\.bak")


def stem(name: str) -> str:
    """The name of the live file that a file of a chain belongs to; a file that is no backup is its own."""
    match = _BACKUP.fullmatch(name)
    return match["stem"] if match else name


def age(name: str) -> tuple[str, int, int]:
    """What sorts the files of a chain, oldest first."""
    match = _BACKUP.fullmatch(name)
    if not match:
        return name, 2, 0
    return match["stem"], 0 if match["number"] is None else 1, int(match["number"] or 0)
