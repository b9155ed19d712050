r"""Published text as plain words: LaTeX, Markdown and HTML marks are taken off, and every line keeps its number.

Nothing is run, followed or fetched: ``\input`` and links stay text.
"""

from __future__ import annotations

import bisect
import html
import os
import re
import stat
import sys
from dataclasses import dataclass
from functools import cached_property

from reporter.errors import ReportError, plain
from reporter.patterns import pattern

MOST_BYTES = 8 << 20
LONGEST_LINE = 20_000  # a picture inside the text, or a table on one line: nothing that a person wrote

_DOLLAR, _PERCENT, _AND, _PIPE = "\ue000", "\ue001", "\ue002", "\ue003"
_HIDDEN = {_DOLLAR: "$", _PERCENT: "%", _AND: "&", _PIPE: "¦"}
_COMMENT = pattern(r"(?<!\\)%.*")
_CITE = pattern(r"\\[a-z]*cite[a-z]*\*?(?:\[[^\[\]{}]{0,200}\]){0,2}\{[^{}]{0,500}\}", re.IGNORECASE)
_TWO = pattern(r"\\(?:SI|qty)(?:\[[^\[\]]{0,80}\])?\{([^{}]{0,60})\}\{([^{}]{0,80})\}")
#: Our own commands: the last argument is what prints without siunitx.
_OURS = pattern(
    r"\\carbon(?:qty\{[^{}]{0,60}\}|range\{[^{}]{0,60}\}\{[^{}]{0,60}\})\{[^{}]{0,60}\}\{([^{}]{0,120})\}"
)
_RANGE = pattern(r"\\(?:SIrange|qtyrange)\{([^{}]{0,60})\}\{([^{}]{0,60})\}\{([^{}]{0,80})\}")
_WRAPS = pattern(
    r"\\(?:text\w{0,12}|mathrm|mathit|mathbf|mathsf|ce|emph|ensuremath|num|si|unit|mbox|footnotesize|small|url)"
    r"\s{0,3}\{([^{}]{0,300})\}"
)
_SIGNS = {
    "times": "×", "cdot": "·", "pm": "±", "approx": "≈", "sim": "~", "mu": "µ", "kilo": "k", "mega": "M", "giga": "G",
    "milli": "m", "micro": "µ", "gram": "g", "watt": "W", "hour": "h", "tonne": "t", "per": "/", "kWh": "kWh",
    "kW": "kW", "percent": "%", "ldots": "…", "tabularnewline": "|", "COtwoe": "CO2e", "COtwo": "CO2",
}  # fmt: skip
_SIGN = pattern(rf"\\({'|'.join(_SIGNS)})(?![A-Za-z])")
_BREAKS = pattern(
    r"\\(?:allowbreak|kern0pt|carboncell|raggedright|raggedleft|centering|hline|toprule|midrule|bottomrule|[,;:!])"
)
_LINK = pattern(r"!?\[([^\[\]]{0,500})\]\(([^()\s]{0,1000})\)")
_MARKDOWN_ESCAPE = pattern(r"\\([\\`*_{}\[\]#<>~().!+:=&@-])")
_TAG = pattern(r"</?[A-Za-z][^<>\n]{0,200}>")
_CELL_TAG = pattern(r"</?(?:td|th|tr)\b[^<>\n]{0,200}>", re.IGNORECASE)
_CO2 = pattern(r"(?:CO|Co|co)(?: ?₂|_?2)_?")
_EQUIVALENT = pattern(r"CO2(?: ?[-_]? ?(?:[Ee]quivalents?|[Ee]quiv\.?|[Ee][Qq]\.?)|[-_]?e)(?![A-Za-z])")
_WORDS = pattern(r"carbon[ -]dioxide(?:[ -]equivalents?)?", re.IGNORECASE)
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−\u00a0\u202f\u2009", "-0123456789-   ")
_FENCE = pattern(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True)
class Page:
    """A text as its author wrote it, and as plain words: ``lines[n]`` and ``plain_lines[n]`` are the same line."""

    path: str
    lines: tuple[str, ...]
    latex: bool = False

    @cached_property
    def unread(self) -> tuple[int, ...]:
        """Numbers of the lines that are too long to be anybody's writing; they are empty in the plain text."""
        return tuple(number for number, line in enumerate(self.lines, 1) if len(line) > LONGEST_LINE)

    @cached_property
    def plain_lines(self) -> tuple[str, ...]:
        """The lines as plain words, without comments."""
        kept = tuple(line if len(line) <= LONGEST_LINE else "" for line in self.lines)
        if not self.latex:
            kept = tuple(_without_comments("\n".join(kept)).split("\n"))
        return tuple(_latex(line) if self.latex else _markdown(line) for line in kept)

    @cached_property
    def prose(self) -> str:
        """The plain text without the front matter and without what stands in fenced code."""
        skipped = self.front[1] if self.front else 0
        shown, fence = [], ""
        for number, (raw, words) in enumerate(zip(self.lines, self.plain_lines, strict=True), 1):
            mark = None if self.latex else _FENCE.match(raw)
            inside = bool(fence or mark)
            if mark and not fence:
                fence = mark[1]
            elif mark and mark[1].startswith(fence) and not raw.strip().strip(fence[0]):
                fence = ""
            shown.append("" if inside or number <= skipped else words)
        return "\n".join(shown)

    @cached_property
    def front(self) -> tuple[int, int] | None:
        """The numbers of the two lines ``---`` round the metadata, or None where there are none."""
        first = next((place for place, line in enumerate(self.lines) if line.strip()), len(self.lines))
        if self.latex or self.lines[first : first + 1] == () or self.lines[first].rstrip() != "---":
            return None
        rest = range(first + 1, len(self.lines))
        end = next((place for place in rest if self.lines[place].rstrip() == "---"), None)
        return None if end is None else (first + 1, end + 1)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.prose))]

    def line(self, offset: int) -> int:
        """The number of the line in which a place of ``prose`` stands."""
        return bisect.bisect_right(self._starts, offset)

    def near(self, offset: int, reach: int = 800) -> str:
        """The plain text round a place of ``prose``."""
        return self.prose[max(0, offset - reach) : offset + reach]


def read(path: str) -> Page:
    """Read a published text; ``-`` is standard input. Raises ReportError for what is no text, or larger than 8 MiB."""
    data = _bytes(path)
    name = plain(path)
    if len(data) > MOST_BYTES:
        raise ReportError(f"larger than {MOST_BYTES >> 20} MiB; name the file that holds the statement", file=name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif b"\0" in data or data.startswith((b"%PDF-", b"\x89PNG", b"PK\x03\x04", b"\x1f\x8b")):
        raise ReportError("this is no text; name the .md, .tex or .txt that it was made from", file=name)
    else:
        text = _decoded(data)
    return page(text, path)


def page(text: str, path: str = "") -> Page:
    r"""A Page of text; LaTeX is told by the file's ending, or by its ``\documentclass``."""
    lines = tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    latex = path.lower().endswith((".tex", ".sty", ".ltx")) or "\\documentclass" in text[:10_000]
    return Page(path, lines, latex)


def _bytes(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ReportError("this is no file; name a card, README, paper or report", file=plain(path))
        with open(path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        reason = getattr(error, "strerror", None) or "no such name can be"
        raise ReportError(f"cannot be read: {reason}", file=plain(path)) from error


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # as older LaTeX is; the figures are ASCII either way


def _without_comments(text: str) -> str:
    """Markdown without HTML comments, as many lines as before; one that is never closed stays."""
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept += [text[place:start], "\n" * text.count("\n", start, end)]
        place = end + 3
    return "".join([*kept, text[place:]])


def _latex(line: str) -> str:
    line = _COMMENT.sub("", line.replace("\\%", _PERCENT).replace("\\$", _DOLLAR).replace("\\&", _AND))
    line = line.replace("{,}", ",").replace("~", " ").replace("---", "—").replace("--", "–")
    line = _SIGN.sub(lambda match: _SIGNS[match[1]], _CITE.sub("[cited]", line))
    for _ in range(3):
        line = _RANGE.sub(r"\1–\2 \3", _OURS.sub(r"\1", _WRAPS.sub(r"\1", _TWO.sub(r"\1 \2", line))))
    line = _SIGN.sub(lambda match: _SIGNS[match[1]], _BREAKS.sub("", line))
    line = line.replace("$", "").replace("&", "|").replace("\\\\", "|").replace("\\ ", " ").replace("\\_", "_")
    return _shared(line.replace("{", "").replace("}", ""))


def _markdown(line: str) -> str:
    line = line.replace("\\|", _PIPE).replace("\\$", _DOLLAR).replace("**", "").replace("__", "").replace("`", "")
    line = _LINK.sub(r"[\1, cited]", line)
    if "<" in line:
        line = _TAG.sub("", _CELL_TAG.sub("|", line))
    if "&" in line:
        line = re.sub(r"\s", " ", html.unescape(line))
    if "\\" in line:
        line = _MARKDOWN_ESCAPE.sub(r"\1", _SIGN.sub(lambda match: _SIGNS[match[1]], _WRAPS.sub(r"\1", line)))
    if "$" in line:
        line = re.sub(r"\$(?!\d)", "", re.sub(r"\$(\d[\d.,]{0,30})\$", r"\1", line))
    return _shared(re.sub(r"_\{([^{}]{0,20})\}", r"_\1", line))


def _shared(line: str) -> str:
    """What both have in common: one way to write CO2e, plain signs for raised digits and blanks."""
    line = line.translate(_RAISED)
    for mark, sign in _HIDDEN.items():
        line = line.replace(mark, sign)
    line = _WORDS.sub(lambda match: "CO2e" if "equiv" in match[0].lower() else "CO2", line)
    if "co" in line or "CO" in line or "Co" in line:
        line = _EQUIVALENT.sub("CO2e", _CO2.sub("CO2", line))
    return line
