"""Numbers and words as the kernel shows them in small files, read often and at little cost."""

from __future__ import annotations

import contextlib
import os


class Number:
    """A file with one number, kept open. Where the device went and came back (hot-plug), it is opened anew."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1
        self.read()

    def read(self) -> int:
        """The number now. Raises OSError where it cannot be read, ValueError where it is none."""
        if self._file >= 0:
            try:
                return int(os.pread(self._file, 64, 0))
            except OSError:
                self.close()
        self._file = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            return int(os.pread(self._file, 64, 0))
        except (OSError, ValueError):
            self.close()
            raise

    def millionths(self) -> float:
        """The number as what it is millionths of: J from uJ, W from uW. Raises OSError and ValueError."""
        return self.read() / 1e6

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._file = -1


def word(path: str) -> str:
    """The first 200 bytes of a file as one text, empty where it cannot be read."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(200).strip()
    except OSError:
        return ""


def names_in(folder: str) -> list[str]:
    """What a folder holds, in order; nothing where it cannot be listed."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
