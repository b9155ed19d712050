"""What a person typed of one run, by key: numbers, shares, times and quantities, and errors that name line and key."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from reporter import units
from reporter.errors import ReportError
from reporter.importers.base import read_moment
from reporter.importers.json_lines import shown
from reporter.importers.table import LARGEST
from reporter.importers.table import number as read_number
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reporter.importers.logs import Log

_SPAN = pattern(r"([0-9]+(?:\.[0-9]+)?)\s*(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\s*", re.I | re.A)
_PARTS = pattern(r"([0-9.]+\s*[a-z]+\s*)+", re.I | re.A)
_CLOCK = pattern(r"(?:([0-9]{1,6})-)?([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)
_SECONDS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Told:
    """Typed values by key; ``lines`` tells where a key stands and ``names`` how its author wrote it, for messages."""

    def __init__(
        self, log: Log, values: Mapping[str, Any], line: int | None = None, lines: Mapping[str, int] | None = None,
        decimal: str = ".", names: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.log, self.values, self.line, self.decimal = log, values, line, decimal
        self.lines, self.names = lines or {}, names or {}

    def within(self, values: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Told:
        """Other values of the same place, such as those of one piece of hardware."""
        return Told(self.log, values, self.line, self.lines, self.decimal, names)

    def has(self, key: str) -> bool:
        """Whether the key is told."""
        return self.values.get(key) is not None

    def wrong(self, key: str, why: str) -> ReportError:
        """Make the error that refuses the file for what stands at a key."""
        name = self.names.get(key, key)
        return self.log.refuse(f"{name}: {why}", self.lines.get(name, self.line))

    def either(self, keys: Iterable[str]) -> str | None:
        """The one of several keys that is told. Raises ReportError where two are."""
        told = [key for key in keys if self.has(key)]
        if len(told) > 1:
            raise self.wrong(told[1], f"{told[0]} is told as well; keep one of the two")
        return told[0] if told else None

    def text(self, key: str) -> str | None:
        """Text as written."""
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(key, f"{shown(value)} is no text; put it in quotation marks")

    def truth(self, key: str) -> bool | None:
        """True or false, in a CSV also yes or no."""
        value = self.values.get(key)
        if isinstance(value, str):
            value = {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(key, f"{shown(value)}: write true or false")

    def number(self, key: str) -> float | None:
        """A number of 0 or more; in text its decimals have the file's sign."""
        value = self.values.get(key)
        if value is None:
            return None
        try:
            if isinstance(value, str):
                found = read_number(value, self.decimal)
            elif isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
                raise ValueError
            else:
                found = float(value)
        except ValueError:
            raise self.wrong(key, f"{shown(value)} is no number") from None
        if found < 0:
            raise self.wrong(key, f"{shown(value)} is below 0")
        return found

    def positive(self, key: str) -> float | None:
        """A number above 0: what was not counted or measured is left out, not 0."""
        found = self.number(key)
        if found == 0:
            raise self.wrong(key, "this is 0; leave out what is not known, and a run that did not happen")
        return found

    def share(self, key: str) -> float | None:
        """A share from 0 to 1, also written ``80 %``."""
        value = self.values.get(key)
        if isinstance(value, str) and value.rstrip().endswith("%"):
            percent = self.within({key: value.rstrip()[:-1]}, self.names).number(key)
            found = None if percent is None else percent / 100
        else:
            found = self.number(key)
        if found is not None and found > 1:
            raise self.wrong(key, f"{shown(value)} is more than the whole; write 0.8 or '80 %'")
        return found

    def quantity(self, key: str, unit: str) -> float | None:
        """A number with its unit, such as ``24.3 MWh``, in ``unit``; above 0."""
        value = self.values.get(key)
        if value is None:
            return None
        written = str(value).strip()
        try:
            found = units.parse(re.sub(r"(?<=\d),(?=\d)", ".", written) if self.decimal == "," else written, unit)
        except ReportError as error:
            raise self.wrong(key, error.message) from error
        if not 0 < found <= LARGEST:
            raise self.wrong(key, f"{shown(written)} must be above 0")
        return found

    def span_s(self, key: str) -> float | None:
        """A length of time in s: ``1h30m``, ``2 days``, ``1:30:00`` or Slurm's ``2-04:00:00``; above 0."""
        written = self.text(key)
        if written is None:
            return None
        text = written.strip()
        if clock := _CLOCK.fullmatch(text):
            days, hours, minutes, seconds = (float(part or 0) for part in clock.groups())
            found = days * 86_400 + hours * 3600 + minutes * 60 + seconds
        elif _PARTS.fullmatch(text) and not _SPAN.sub("", text):
            found = sum(float(number) * _SECONDS[unit[0].lower()] for number, unit in _SPAN.findall(text))
        else:
            raise self.wrong(key, f"{shown(written)} is no length of time such as '1h30m' or '1:30:00'")
        if not 0 < found <= LARGEST:
            raise self.wrong(key, f"{shown(written)} must be above 0")
        return found

    def moment(self, key: str) -> datetime | None:
        """A day, or a day with a time, naive where no zone is told."""
        value = self.values.get(key)
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime.fromisoformat(value.isoformat())
        try:
            text = str(value).strip()
            return read_moment(f"{text} 00:00" if _DAY.fullmatch(text) else text)
        except ValueError as error:
            raise self.wrong(key, str(error)) from error
