"""Moments of an intensity series as seconds since 1970 (UTC), and the steps that lie between them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from reporter.errors import ReportError, plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

DAY_S = 86_400.0
_DOTTED = pattern(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])[Mm])?")
_OFFSETS = {"UTC": 0, "GMT": 0, "WET": 0, "CET": 1, "WEST": 1, "BST": 1, "CEST": 2, "EET": 2, "EEST": 3}
_NAMED = pattern(r"\s*\(?\b(" + "|".join(_OFFSETS) + r")\b\)?\s*$")
_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


class Clock:
    """Reads the moments of one file in their order.

    ``zone`` holds for moments that are written without one; None refuses them. In the hour that the clocks repeat,
    a moment that seems to go back belongs to the second pass. ``day_first`` reads 03/04/2024 (None refuses it), and
    ``serial`` reads a plain number as days since 1900, as worksheets keep time.
    """

    def __init__(self, zone: tzinfo | None, *, day_first: bool | None = None, serial: bool = False) -> None:
        self.zone, self.day_first, self.serial = zone, day_first, serial
        self._last = float("-inf")

    def seconds(self, text: str) -> float:
        """A moment's seconds since 1970. Raises ReportError for a text that is none, or one of no known zone."""
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            when = self._otherwise(text)
        if when.tzinfo is None:
            when = self._placed(when, text)
        self._last = when.timestamp()
        return self._last

    def _placed(self, when: datetime, text: str) -> datetime:
        if self.zone is None:
            raise ReportError(
                f"'{plain(text, 40)}' tells no time zone; write Z or +01:00 behind it, or give --timezone Europe/Paris"
            )
        first = when.replace(tzinfo=self.zone)
        if self.zone is UTC or first.timestamp() > self._last:
            return first
        again = first.replace(fold=1)
        return again if again.timestamp() > self._last else first

    def _otherwise(self, text: str) -> datetime:
        """Moments that are not in ISO 8601: 31.12.2024 23:00, 12/31/2024 11:00 PM, worksheets' days."""
        named = _NAMED.search(text)
        match = _DOTTED.fullmatch(text[: named.start()].strip() if named else text.strip())
        if match:
            day, sign, month, year, hour, minute, second, half = match.groups()
            if sign == "/":
                if self.day_first is None:
                    raise ReportError(f"'{plain(text, 40)}': day or month first? write 2024-12-31 23:00")
                day, month = (day, month) if self.day_first else (month, day)
            hours = int(hour) % 12 + (12 if half in "Pp" else 0) if half else int(hour)
            try:
                when = datetime(int(year), int(month), int(day), hours, int(minute), int(second or 0))  # noqa: DTZ001 - as written
            except ValueError as error:
                raise ReportError(f"'{plain(text, 40)}' is no moment") from error
            return when.replace(tzinfo=UTC) - timedelta(hours=_OFFSETS[named[1]]) if named else when
        if self.serial and re.fullmatch(r"\d{5}(\.\d+)?(E\+?\d)?", text.strip()):
            return _EXCEL_EPOCH + timedelta(seconds=round(float(text) * DAY_S))
        raise ReportError(f"'{plain(text, 40)}' is no moment; write one such as 2024-12-31T23:00Z")


def typical_s(starts: Sequence[float]) -> float | None:
    """The length in s of most steps; None where there are not two moments."""
    apart = Counter(later - earlier for earlier, later in pairwise(starts))
    return apart.most_common(1)[0][0] if apart else None


def ends(starts: Sequence[float], step_s: float) -> list[float]:
    """The end of each step: the next start, or where that is far off its own length, so that a gap stays a gap."""
    found = []
    for place, start in enumerate(starts):
        after = starts[place + 1] if place + 1 < len(starts) else float("inf")
        found.append(after if after - start <= 1.5 * step_s else _end(start, step_s))
    return found


def _end(start: float, step_s: float) -> float:
    """Where a step ends on its own: months and years end with the calendar's."""
    if step_s < 28 * DAY_S:
        return start + step_s
    when = datetime.fromtimestamp(start, UTC)
    months = when.month if step_s < 300 * DAY_S else when.month + 11
    return when.replace(year=when.year + months // 12, month=months % 12 + 1, day=min(when.day, 28)).timestamp()
