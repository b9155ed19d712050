"""Editing a file that people write: what stands between two markers is ours, every other byte stays."""

from __future__ import annotations

import re

from reporter.errors import ReportError
from reporter.patterns import pattern

_FENCE = pattern(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_OURS = "carbon-report:"  # in each of our markers
_COMMENT = pattern(r"<!--.*?-->", re.DOTALL)
_LINE = pattern(r"[^\n]*\n|[^\n]+")


def decoded(old: bytes, option: str) -> str:
    """The file's text, so that encoding it gives its bytes back. Raises ReportError where it is no UTF-8."""
    try:
        return old.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReportError(f"{option}: the file is no text in UTF-8; nothing was changed") from error


def line_end(text: str) -> str:
    """The line end that new lines take: that of the first line."""
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def between(text: str, block: str, markers: tuple[str, str], option: str) -> str | None:
    """The text with the block, which brings its markers, in place of the old one; None where there are no markers.

    Its lines end as the one with the first marker does. Markers in fenced code are talk about markers. Raises
    ReportError where there is one marker without the other.
    """
    start, end = markers
    bare = masked(text, comments=False)
    if start not in bare and end not in bare:
        return None
    if (bare.count(start), bare.count(end)) != (1, 1) or bare.index(start) > bare.index(end):
        raise ReportError(f"{option}: there must be one '{start}' and one '{end}' after it; nothing was changed")
    after = text[bare.index(start) + len(start) :]
    ending = "\n" if after.startswith("\n") else "\r\n" if after.startswith("\r\n") else line_end(text)
    made = block.replace("\n", ending)
    return f"{text[: bare.index(start)]}{made}{text[bare.index(end) + len(end) :]}"


def appended(text: str, block: str, ending: str, option: str) -> str:
    """The text with the block as its last paragraph. Raises ReportError where the block would fall into open code."""
    block = block.replace("\n", ending)
    gap = "" if not text.strip() or text.endswith(ending * 2) else ending if text.endswith(("\n", "\r")) else ending * 2
    made = f"{text}{gap}{block}{ending}"
    if masked(made, comments=False)[len(text) :].strip() == "":
        raise ReportError(f"{option}: a code fence of the file is not closed; close it, nothing was changed")
    return made


def masked(text: str, *, comments: bool = True) -> str:
    """The text, as long as it was, with fenced code and comments blanked out: what stands there has no meaning.

    Without ``comments`` those stay that are markers of ours.
    """
    out, fence = [], ""
    bare = _COMMENT.sub(lambda found: found[0] if not comments and _OURS in found[0] else _blank(found[0]), text)
    for line in _LINE.findall(bare):
        match = _FENCE.match(line)
        out.append(_blank(line) if fence or match else line)
        if not fence and match:
            fence = match["fence"]
        elif fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return "".join(out)


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)
