"""What the first bytes of a file tell: its encoding, its delimiter, its header."""

from __future__ import annotations

import csv
import io
from functools import lru_cache

from reporter.patterns import pattern

DELIMITERS = ",;\t|"
_IS_PLAIN = pattern(rb"[!$-~][\t -~]{,4000}")  # a line of printable ASCII that begins with no blank, comment or quote


def header_of(head: bytes) -> tuple[str, ...]:
    """Cells of the first line that is neither blank nor a comment, stripped, in lower case; () for binary content."""
    encoding = encoding_of(head)
    if encoding is None:
        return ()
    first = head.partition(b"\n")[0].removesuffix(b"\r")
    if len(first) < len(head) <= csv.field_size_limit() and encoding != "utf-16" and _IS_PLAIN.fullmatch(first):
        return _cells(first.decode("ascii"))
    csv.field_size_limit(max(csv.field_size_limit(), len(head)))  # another file's limit may be in force
    text = head.decode(encoding, "replace")
    for line in io.StringIO(text, newline=None):
        if line.strip() and not line.startswith("#"):
            return _cells(line)
    return ()


@lru_cache(256)
def _cells(line: str) -> tuple[str, ...]:
    """A header's cells. Kept, since ten thousand small files have one header."""
    return tuple(named(cell) for cell in next(csv.reader([line], delimiter=delimiter_of(line)), []))


@lru_cache(4096)
def named(cell: str) -> str:
    """A header's cell as columns are compared: without blanks round it, in lower case."""
    return cell.strip().lower()


@lru_cache(64)
def delimiter_of(line: str) -> str:
    """The delimiter that the line holds most of; the comma where there is none."""
    return max(DELIMITERS, key=lambda sign: (line.count(sign), sign == ","))


def encoding_of(head: bytes) -> str | None:
    """The text encoding that the first bytes tell: UTF-8 unless a mark says otherwise; None for what is no text."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    text = head.rstrip(b"\0")  # a power failure leaves NULs behind what was written
    binary = (head and not text) or text.count(0) > len(text) // 8 or head.startswith(b"PK\x03\x04")
    return None if binary else "utf-8-sig"
