"""Options of where a report goes: places to send it to, the form of its findings, the size of its Markdown."""

from __future__ import annotations

from typing import NamedTuple

from reporter.errors import ReportError, plain

FORMATS = ("plain", "github")
FEWEST_BYTES = 1000
#: What marks a folder as a site of ours; a search for logs passes such a folder by.
SITE_MANIFEST = ".carbon-report-site.jsonl"


class Target(NamedTuple):
    """One place to send to: a destination's name, where it is, and what it is to be called or added to there."""

    name: str
    where: str
    label: str


def findings_format(value: object) -> str:
    """How findings are told. Raises ReportError for no way that there is."""
    if value not in FORMATS:
        known = " or ".join(FORMATS)
        raise ReportError(f"--format {plain(value, 40)}: write {known}; an output's form is that of its file")
    return str(value)


def max_bytes(value: object) -> int:
    """The most that the Markdown may take, in bytes. Raises ReportError for what holds no report at all."""
    text = str(value).strip()
    if text.isascii() and text.isdigit() and FEWEST_BYTES <= int(text) < 10**12:
        return int(text)
    raise ReportError(f"--max-bytes {plain(value, 40)}: write a number of bytes, {FEWEST_BYTES} or more, such as 65536")
