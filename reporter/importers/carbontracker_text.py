"""The text that carbontracker writes, line by line, as sessions: what it found, measured, foresaw and said at the end.

Standard log, output log, error log and pasted console share one reader, since every generation (1.0 to 2.4) mixes
them in its own way and people join them. 1.0.0 to 1.0.4 say ``First 1 epoch(s)`` and ``Prediction for``, and log all
samples of an epoch; later ones say ``Actual``/``Predicted consumption`` and log the mean power of each device.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reporter.errors import plain
from reporter.importers.base import read_moment
from reporter.importers.table import lines
from reporter.importers.table import number as read_number
from reporter.patterns import pattern

if TYPE_CHECKING:
    from datetime import datetime

    from reporter.importers.logs import Log

BLOCK_LINES = 6  # a block's energy and emissions stand so close below its head; what follows is the training's own
MAX_TEXT = 4_000  # characters of a line that can be a message of carbontracker's, other than of power
MAX_ARRAY = 10_000  # characters of one array of powers; a log in which no bracket closes cannot take the rest

_STAMP = pattern(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?) - (?:\S.{0,80}? - [A-Z]{4,8} - )?")
_SAYS = pattern(r"(.{0,80}?)CarbonTracker: ?")
_BLOCK = pattern(
    r"(Actual|Predicted) consumption(?: for (-?\d{1,9}) epoch\(s\))?:|(First|Prediction for) (-?\d{1,9}) epoch\(s\):",
    re.IGNORECASE,
)
_QUANTITY = pattern(r"(Time|Energy|CO2(?:eq)?):\s*(.*?)\s*$", re.IGNORECASE)
_EPOCH = pattern(r"Epoch (\d{1,9})(:| started\.| ended\.)$")
_DURATION = pattern(r"Duration:\s*(.*)$")
_POWER = pattern(r"(?:Average power usage|Power usages)(?: \(W\))? for (\w+):\s*(.*)$")
_MEASURED = pattern("Duration: |Average power usage|Power usages")
_COMPONENTS = pattern(r"The following components were found:(.*)$")
_COMPONENT = pattern(r"\b(\w{1,20}) with device\(s\) (.*?)\.(?=\s*\w{1,20} with device\(s\)|\s*$)")
_VERSION = pattern(r"carbontracker version (\S+)")
_PUE = pattern(r"multiplied by a PUE coefficient of (\S+)")
_INTERRUPTED = pattern(r"Training was interrupted before all (-?\d{1,9}) epochs")
_AVERAGE = pattern(r"Average carbon intensity during training was (\S+) gCO2")
_PLACE = pattern(r"at detected location:? (.*?)(?::? \[.*|\.?\s*)$")
_FALLBACK = pattern(
    r"(?:Defaulted to|Defaulting to|Used) (?:\w+ )?average carbon intensity|carbon intensity could not be fetched",
    re.IGNORECASE,
)
_TIME = pattern(r"(-)?(?:(\d+) days?, )?(\d+):(\d\d?):(\d\d?(?:[.,]\d*)?)(?: s)?")
_NAMES = pattern(r"np\.float\d+|float\d+|array|dtype=\w*")
_COMMA = pattern(r"[+-]?\d+,\d+")


@dataclass(slots=True)
class Block:
    """A total as told: energy in kWh (with the PUE of its version), emissions in g; None where not told."""

    kind: Literal["actual", "predicted"]
    epochs: int | None
    line: int
    moment: datetime | None
    time_s: float | None = None
    energy_kwh: float | None = None
    step_kwh: float = 0.0  # of the last decimal that is printed
    emissions_g: float | None = None
    oldest: bool = False  # in the words of 1.0.0 to 1.0.4, which knew no PUE

    def told(self) -> tuple[object, ...]:
        """What makes two blocks the same one, written twice."""
        return self.kind, self.epochs, self.moment, self.time_s, self.energy_kwh, self.emissions_g


@dataclass(slots=True)
class Epoch:
    """One epoch: duration in s, mean power in W of each device of each component; None where it was not read."""

    number: int
    line: int
    began: datetime | None
    duration_s: float | None = None
    powers_w: dict[str, tuple[float, ...] | None] = field(default_factory=dict)


@dataclass(slots=True)
class Session:
    """What one tracker wrote between its start and its end, as far as it stands in one file, or in a pair of files."""

    line: int
    started: datetime | None = None
    last: datetime | None = None
    announced: set[bool] = field(default_factory=set)
    version: str | None = None
    pue: float | None = None
    devices: dict[str, list[str]] = field(default_factory=dict)
    epochs: list[Epoch] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    interrupted: int | None = None
    intensity_g_per_kwh: float | None = None
    place: str | None = None
    fallback: bool = False

    def join(self, other: Session) -> None:
        """Take in what another file of the same tracker tells."""
        self.blocks += other.blocks
        self.epochs = self.epochs or other.epochs
        self.devices = self.devices or other.devices
        self.fallback |= other.fallback
        for name in ("started", "version", "pue", "interrupted", "intensity_g_per_kwh", "place"):
            setattr(self, name, getattr(self, name) if getattr(self, name) is not None else getattr(other, name))
        self.last = max(filter(None, (self.last, other.last)), default=None)


class Reader:
    """Reads one file; ``sessions`` holds what was found, in order, and ``doubled`` how many lines stood there twice."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.sessions: list[Session] = []
        self.doubled = 0
        self._now = Session(1)
        self._line, self._previous = 0, ""
        self._moment: datetime | None = None
        self._block: Block | None = None
        self._array: tuple[str, str] | None = None
        for self._line, text in enumerate(lines(log), 1):
            if text.endswith(("\n", "\r")) or not _MEASURED.search(text):
                self._read(text.rstrip("\r\n"))
            else:
                log.say("CR003", "the last line is cut off, as after a crash; it is left out", self._line)
        self._close_block()
        self._close_array()
        self._end()

    def _read(self, text: str) -> None:
        stamp = _STAMP.match(text)
        if stamp:
            if text == self._previous:  # before 2.0, trackers of one process share their handlers: all is said twice
                self.doubled += "with device(s)" in text or "Duration:" in text
                return
            self._previous = text
            self._close_array()
            self._moment = self._now.last = self._when(stamp[1]) or self._now.last
            text = text[stamp.end() :]
        elif self._array is not None:
            self._more(text)
            return
        says = _SAYS.match(text) if "CarbonTracker:" in text else None
        if says:
            text = text[says.end() :]
        if stamp or says:
            self._close_block()
        text = text.strip()
        if len(text) > MAX_TEXT and not _POWER.match(text):
            return
        if text and not self._total(text) and (stamp or says):  # other lines of a console are the training's own
            self._record(text, output=bool(says))

    def _record(self, text: str, *, output: bool) -> None:
        now = self._now
        if found := _VERSION.match(text):
            if now.version or now.epochs or now.blocks:
                now = self._next()
            now.version, now.started = found[1], self._moment
        elif found := _COMPONENTS.match(text):
            self._components(found[1], output=output)
        elif found := _PUE.search(text):
            now.pue = self._number(found[1], "PUE")
        elif found := _POWER.match(text):
            self._powers(found[1].lower(), found[2])
        elif found := _DURATION.match(text):
            if now.epochs:
                now.epochs[-1].duration_s = self._seconds(found[1])
        elif found := _EPOCH.match(text):
            self._epoch(int(found[1]), found[2])
        elif found := _INTERRUPTED.match(text):
            now.interrupted = int(found[1])
        else:
            self._intensity(text)

    def _components(self, text: str, *, output: bool) -> None:
        now = self._now
        devices = {name.lower(): told.split(", ") for name, told in _COMPONENT.findall(text)}
        if output in now.announced or now.blocks:
            if not now.epochs and not now.blocks and not self._moment and devices == now.devices:
                self.doubled += 1  # a console, to which two trackers of one process print
                return
            now = self._next()
        now.announced.add(output)
        now.started = now.started or self._moment
        now.devices = devices

    def _intensity(self, text: str) -> None:
        now = self._now
        now.fallback |= bool(_FALLBACK.search(text))
        if found := _AVERAGE.search(text):
            now.intensity_g_per_kwh = self._number(found[1], "carbon intensity")
        if "arbon intensit" in text and (found := _PLACE.search(text)) and not _FALLBACK.search(text):
            now.place = found[1]

    def _total(self, text: str) -> bool:
        """Take in a line of a block of totals; whether it was one."""
        if found := _BLOCK.match(text):
            self._close_block()
            said = (found[1] or found[3]).lower()
            epochs = found[2] or found[4]
            self._block = Block(
                "actual" if said in {"actual", "first"} else "predicted", int(epochs) if epochs else None,
                self._line, self._moment, oldest=bool(found[3]),
            )  # fmt: skip
            return True
        if self._block is not None and self._line > self._block.line + BLOCK_LINES:
            self._close_block()
        if self._block is None or not (quantity := _QUANTITY.match(text)):
            return False
        self._quantity(self._block, quantity[1].lower(), quantity[2])
        return True

    def _quantity(self, block: Block, name: str, value: str) -> None:
        if name == "time" and block.time_s is None:
            block.time_s = self._seconds(value)
        elif name == "energy" and block.energy_kwh is None:
            block.energy_kwh = self._energy(value)
            block.step_kwh = 10.0 ** -len(re.split("[.,]", value.partition("kWh")[0].strip())[-1])
        elif name.startswith("co2") and block.emissions_g is None and value.endswith("g"):
            block.emissions_g = self._number(value.removesuffix("g"), "CO2eq")

    def _energy(self, value: str) -> float | None:
        text, unit, _ = value.partition("kWh")
        if not unit:
            self.log.say("CR003", f"Energy: '{plain(value, 40)}' is cut off or has no unit kWh; not read", self._line)
            return None
        if text.strip().lower().lstrip("+-") in {"inf", "infinity"}:
            raise self.log.refuse("Energy: inf kWh is no energy; take this log out, or correct the line", self._line)
        return self._number(text, "Energy")

    def _number(self, text: str, name: str) -> float | None:
        """A number with a point, or with a decimal comma, which is told; None, and told, for what is no number."""
        text = text.strip().rstrip(".;")
        if _COMMA.fullmatch(text):
            self.log.say("CR008", f"{name}: '{plain(text, 40)}' has a decimal comma; read as a point", self._line)
            text = text.replace(",", ".")
        try:
            return read_number(text)
        except ValueError as error:
            self.log.say("CR008", f"{name}: {error}; taken as not told", self._line)
            return None

    def _seconds(self, text: str) -> float | None:
        found = _TIME.fullmatch(text.strip())
        if not found or found[1] or len(found[3]) > 9 or len(found[2] or "") > 6:
            if not (self._block and self._block.kind == "predicted"):
                self.log.say("CR034", f"'{plain(text, 40)}' is no duration; taken as not told", self._line)
            return None
        hours = 24 * int(found[2] or 0) + int(found[3])
        return 3600.0 * hours + 60.0 * int(found[4]) + float(found[5].replace(",", "."))

    def _when(self, text: str) -> datetime | None:
        try:
            return read_moment(text)
        except ValueError:
            return None

    def _epoch(self, number: int, sign: str) -> None:
        epochs = self._now.epochs
        if sign == " ended.":
            if epochs and epochs[-1].began and self._moment:
                epochs[-1].duration_s = max(0.0, (self._moment - epochs[-1].began).total_seconds())
            return
        self.log.rows += 1
        epochs.append(Epoch(number, self._line, self._moment))

    def _powers(self, component: str, text: str) -> None:
        self._array = component, text
        if text.count("[") <= text.count("]"):
            self._close_array()

    def _more(self, text: str) -> None:
        """Another line of an array that numpy broke into several."""
        component, begun = self._array or ("", "")
        self._array = component, f"{begun} {text}"
        if self._array[1].count("[") <= self._array[1].count("]") or len(begun) > MAX_ARRAY:
            self._close_array()

    def _close_array(self) -> None:
        if self._array is None:
            return
        (component, text), self._array = self._array, None
        if not self._now.epochs:
            self.log.skip(self._line, "power outside of any epoch")
            return
        try:
            if text.count("[") > text.count("]"):
                raise ValueError("the list of devices does not end")
            self._now.epochs[-1].powers_w[component] = powers(text)
        except ValueError as error:
            self.log.say("CR008", f"power of {component}: {error}; taken as not told", self._line)
            self._now.epochs[-1].powers_w[component] = None

    def _close_block(self) -> None:
        block, self._block = self._block, None
        if block is None:
            return
        blocks = self._now.blocks
        if blocks and blocks[-1].told() == block.told() and (block.moment or blocks[-1].line >= block.line - 12):
            self.doubled += 1
            return
        self.log.rows += 1
        blocks.append(block)

    def _next(self) -> Session:
        self._end()
        self._now = Session(self._line, last=self._moment)
        return self._now

    def _end(self) -> None:
        if self._now.version or self._now.announced or self._now.epochs or self._now.blocks or self._now.fallback:
            self.sessions.append(self._now)


def powers(text: str) -> tuple[float, ...] | None:
    """Mean power in W of each device: ``50.0``, ``np.float64(50.0)``, ``[50.0 49.5]``, or lists of samples.

    None for ``None`` and ``nan``, power that could not be read. Raises ValueError for what is no number.
    """
    text = _NAMES.sub(" ", text.strip().rstrip(".")).replace("(", " ").replace(")", " ")
    if _COMMA.fullmatch(text.strip()):
        text = text.replace(",", ".")
    samples = [part for part in re.split(r"[\[\]]", text) if part.strip(" ,")]
    rows = [[cell for cell in re.split(r"[\s,]+", sample) if cell] for sample in samples]
    if not rows or any(cell.lower() in {"none", "nan"} for row in rows for cell in row):
        return None
    if len({len(row) for row in rows}) > 1:
        raise ValueError("samples of different numbers of devices")
    values = [[read_number(cell) for cell in row] for row in rows]
    if any(value < 0 for row in values for value in row):
        raise ValueError("below 0 W")
    return tuple(sum(column) / len(values) for column in zip(*values, strict=True))
