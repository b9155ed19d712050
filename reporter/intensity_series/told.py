"""What one file of an intensity series tells, and how its cells are read: Told, Taken."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

from reporter.errors import Finding, ReportError, plain

if TYPE_CHECKING:
    from reporter.factors import Factor

Signal = Literal["average", "marginal"]
UNIT = "gCO2e/kWh"
NOT_TOLD = "boundary not told"
MOST_BYTES = 512 * 1024 * 1024
#: Cells that say that there is no value.
EMPTY = frozenset({"", "-", "n/e", "n/a", "na", "nan", "null", "none"})
Line = tuple[int, list[str]]


class Told(NamedTuple):
    """What one file tells, as its layout reads it: moments in s since 1970 (UTC) and values in its own unit.

    ``values`` holds None where the file leaves one out; ``places`` are the lines for messages. ``step_s`` is the
    length of a step where the file tells it. ``spread`` are the ends of the range as shares of the value.
    """

    provider: str
    source: str
    zone: str | None
    signal: Signal
    boundary: str
    unit: str
    starts: list[float]
    values: list[float | None]
    places: list[int]
    step_s: float | None = None
    spread: tuple[float, float] = (1.0, 1.0)
    factors: tuple[Factor, ...] = ()
    findings: tuple[Finding, ...] = ()


def folded(cell: str) -> str:
    """A header's cell for comparing: no case, no small digits (CO₂), single blanks."""
    return " ".join(unicodedata.normalize("NFKC", cell).casefold().split())


def number(cell: str) -> float | None:
    """A figure, None where the cell says that there is none. Raises ReportError for other text."""
    text = cell.strip()
    if text.casefold() in EMPTY:
        return None
    try:
        value = float(text)
    except ValueError:
        value = _with_comma(text)
    if not math.isfinite(value):
        raise ReportError(f"'{plain(text, 40)}' is no finite number")
    return value


def _with_comma(text: str) -> float:
    return float(text.replace(",", ".")) if re.fullmatch(r"-?\d+,\d+", text) else math.nan


class Taken:
    """What was read of a table so far; ``at`` gives every error its line."""

    def __init__(self, name: str) -> None:
        self.name, self.named, self.estimated = name, None, 0  # type: str, str | None, int
        self.starts: list[float] = []
        self.values: list[float | None] = []
        self.lines: list[int] = []
        self._line = 0

    def at(self, line: int, last: int, cells: list[str]) -> Taken:
        """A row, which must reach to its ``last`` column; errors in the block below get its line."""
        self._line = line
        if len(cells) <= last:
            raise ReportError(f"the row has {len(cells)} cells and needs {last + 1}", file=self.name, line=line)
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ReportError) and error.file is None:
            raise ReportError(error.message, file=self.name, line=self._line) from error

    def add(self, start: float, value: float | None) -> None:
        """One step: its start in s since 1970, its value in the file's unit."""
        self.starts.append(start)
        self.values.append(value)
        self.lines.append(self._line)

    def zone(self, told: str) -> None:
        """The grid that a row names. Raises ReportError where it is not that of the rows before."""
        if self.named is None:
            self.named = told or None
        elif told and told != self.named:
            raise ReportError(f"zone {plain(told, 40)} beside {plain(self.named, 40)}; keep the rows of one grid")

    def findings(self) -> tuple[Finding, ...]:
        """What the rows tell of themselves: how many are estimates."""
        if not self.estimated:
            return ()
        text = f"{self.estimated:,} of {len(self.starts):,} steps of the intensity series are estimates or forecasts"
        return (Finding("CR115", "note", text, self.name),)
