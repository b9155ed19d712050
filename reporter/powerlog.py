"""The power log: the CSV of cumulative joules that our sampler writes and our importer reads, told in one place.

A head of ``# key: value`` lines, a header, one row a sample. The meters count from the start of the run, so the last
row holds the totals and a log that lost its end is right up to there. It names no host and no user. A run that was
interrupted or whose file grew too long goes on under another head with the same run and the next ``part``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What the first line begins with, and the version of the format that this program writes and reads.
FIRST = "# carbon-report power log"
VERSION = 1
ENDED, CONTINUES, METRIC = "# ended:", "# continues in:", "# metric:"

TIME, ELAPSED = "time", "elapsed_s"
GAUGES = ("cpu_percent", "gpu_percent", "memory_gb")

#: ``counter``: the device's own energy counter; ``power``: its power readings times time; ``modelled``: not metered.
Kind = Literal["counter", "power", "modelled"]
#: ``machine`` is the whole platform (psys): a superset of cpu and ram, never added to them. ``supply`` is what the
#: power supply or the battery delivers: a superset of everything.
Part = Literal["cpu", "gpu", "ram", "machine", "supply"]
#: The parts of which a job has a share: of the others nobody can say whose they are.
SHARED: tuple[Part, ...] = ("cpu", "gpu", "ram")
#: Which energy a run of this log stands for: the machine's, or the job's share of it.
Counts = Literal["machine", "job"]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_PARTS: tuple[Part, ...] = get_args(Part)
_NAME = pattern(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LABEL = pattern(r"[^\W\d][\w.-]{0,63}")


class Meter(NamedTuple):
    """One column of joules: its name, how its energy is known, the part it belongs to, and what a model was told."""

    name: str
    kind: Kind
    part: Part
    source: str
    told: tuple[tuple[str, str], ...] = ()

    @property
    def column(self) -> str:
        """The name of its column: cumulative joules since the start."""
        return f"{self.name}_j"

    @property
    def job_column(self) -> str:
        """The name of the column with the job's share of them."""
        return f"{self.name}_job_j"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the rows; None is not told. ``command`` is the program's bare name, without arguments."""

    run_id: str | None = None
    command: str | None = None
    started_at: datetime | None = None
    every_s: float | None = None
    sampler: str | None = None
    cpu_model: str | None = None
    cpu_count: int | None = None  # logical processors
    gpus: tuple[str, ...] = ()
    ram_gb: float | None = None
    system: str | None = None
    python_version: str | None = None
    boot: str | None = None  # a hash: tells two boots apart, and nothing else
    part: int | None = None  # of a run in several parts: 0, 1, ...; each counts from its own start
    within: str | None = None  # the run, sampled on this machine at the same time, that holds this one
    only: str | None = None  # the meters that were asked for, where that is not all
    country: str | None = None  # ISO 3166 alpha-3
    cloud: str | None = None  # provider:region
    labels: tuple[tuple[str, str], ...] = ()
    job: str | None = None  # how the job's share was found, where it was
    counts: Counts | None = None
    idle_s: float | None = None  # how long the machine was watched before the start
    idle_w: tuple[tuple[str, float], ...] = ()  # and what its meters told then, by name
    meters: tuple[Meter, ...] = ()


#: The keys of the head in the order they are written, and the fields they fill.
_KEYS = {
    "run": "run_id",
    "command": "command",
    "started": "started_at",
    "every_s": "every_s",
    "sampler": "sampler",
    "cpu": "cpu_model",
    "logical_cpus": "cpu_count",
    "gpu": "gpus",
    "ram_gb": "ram_gb",
    "system": "system",
    "python": "python_version",
    "boot": "boot",
    "part": "part",
    "within": "within",
    "only": "only",
    "country": "country",
    "cloud": "cloud",
    "label": "labels",
    "job": "job",
    "counts": "counts",
    "idle_s": "idle_s",
    "idle_w": "idle_w",
    "meter": "meters",
}
#: What is said of the clocks, for people who read the file.
_CLOCK = "# clock: time is UTC; elapsed_s is monotonic, in s since the start; every _j is J since the start"


def write_head(head: Head) -> str:
    """The comment lines and the header line, each with its newline."""
    lines = [f"{FIRST} {VERSION}"]
    for key, field in _KEYS.items():
        value = getattr(head, field)
        many = value if isinstance(value, tuple) else (value,)
        lines += [f"# {key}: {_written(one)}" for one in many if one is not None]
    job = [meter.job_column for meter in head.meters if meter.part in SHARED] if head.job else []
    lines += [_CLOCK, ",".join((TIME, ELAPSED, *(meter.column for meter in head.meters), *job, *GAUGES))]
    return "\n".join(lines) + "\n"


def write_row(
    at: datetime, elapsed_s: float, joules: Sequence[float | None],
    gauges: Sequence[float | None] = (None, None, None), decimals: int = 6,
) -> str:  # fmt: skip
    """One line: the moment (written in UTC), seconds since the start, joules since the start by meter, the gauges.

    ``joules`` are every meter's and then, where the log has such columns, the job's shares of them.
    """
    cells = [_utc(at), f"{elapsed_s:.4f}", *("" if value is None else f"{value:.{decimals}f}" for value in joules)]
    cells += ["" if value is None else f"{value:.2f}" for value in gauges]
    return ",".join(cells) + "\n"


def write_end(at: datetime, status: int | None) -> str:
    """The last line of a log whose sampler was not killed, with the command's exit status where there was one."""
    return f"{ENDED} {_utc(at)}" + ("" if status is None else f" exit={status}") + "\n"


def write_metric(at: datetime, name: str, value: object) -> str:
    """A line among the rows: a figure that the job told of itself. Raises ValueError for a name that cannot be one."""
    return f"{METRIC} {_utc(at)} {label_name(name)}={_written(value)}\n"


def write_continues(at: datetime, name: str) -> str:
    """The last line of a file whose run goes on in another beside it."""
    return f"{CONTINUES} {name}\n{ENDED} {_utc(at)}\n"


def label_name(name: str) -> str:
    """The name of a label or metric. Raises ValueError, whose text says what to do, where it cannot be one."""
    if not _LABEL.fullmatch(name):
        raise ValueError(f"label '{name[:80]}': begin with a letter, go on with letters, digits, '_', '.' and '-'")
    return name


def read_metric(line: str) -> tuple[str, str] | None:
    """Name and value of a metric's line, None where it is cut or is none."""
    words = line.removeprefix(METRIC).strip().rstrip(";").split(" ", 1)
    name, sign, value = words[-1].partition("=")
    return (name, value.strip()) if len(words) == 2 and sign and _LABEL.fullmatch(name) else None


def comments(text: str) -> list[str]:
    """The comment lines above the header."""
    return list(takewhile(lambda line: not line.strip() or line.lstrip('"').startswith("#"), text.splitlines()))


def boot_of(path: str) -> str | None:
    """The boot that the first head of a log tells, None where it tells none (yet). Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:
        heads = takewhile(lambda line: line.startswith("#"), file)
        return next((line.partition(":")[2].strip() for line in heads if line.startswith("# boot:")), None)


def read_head(lines: Iterable[str]) -> Head:
    """Read the comment lines of a log; lines with keys that are not known, and values that are not clear, are left out.

    Raises ValueError, whose text says what to do, for a later version of the format or a meter that makes no sense.
    """
    told: dict[str, list[str]] = {}
    for line in lines:
        text = line.strip().strip('"').rstrip(",;\t ")  # a spreadsheet pads each line to the width of the table
        if text.startswith(FIRST):
            version = text.removeprefix(FIRST).strip()
            if version != str(VERSION):
                raise ValueError(f"power log of version '{version[:20]}', read here is {VERSION}; update carbon-report")
            told = {}  # a head above was cut
            continue
        key, colon, value = text.removeprefix("#").partition(":")
        if colon and value.strip() and key.strip() in _KEYS:
            told.setdefault(_KEYS[key.strip()], []).append(value.strip())
    return _head(told)


def _head(told: dict[str, list[str]]) -> Head:
    """The head of what was told by field; values that are not clear are left out. Raises ValueError for a meter."""
    texts = {field: values[0] for field, values in told.items()}
    numbers = ("every_s", "ram_gb", "cpu_count", "part", "idle_s")
    every_s, ram_gb, cpus, part, idle_s = (_number(texts.get(field)) for field in numbers)
    return Head(
        run_id=texts.get("run_id"),
        command=texts.get("command"),
        started_at=_moment(texts.get("started_at")),
        every_s=every_s,
        sampler=texts.get("sampler"),
        cpu_model=texts.get("cpu_model"),
        cpu_count=None if cpus is None else int(cpus),
        gpus=tuple(told.get("gpus", ())),
        ram_gb=ram_gb,
        system=texts.get("system"),
        python_version=texts.get("python_version"),
        boot=texts.get("boot"),
        part=None if part is None else int(part),
        within=texts.get("within"),
        only=texts.get("only"),
        country=texts.get("country"),
        cloud=texts.get("cloud"),
        labels=tuple(_pairs(told.get("labels", ()), "=")),
        job=texts.get("job"),
        counts="job" if texts.get("counts") == "job" else None,
        idle_s=idle_s,
        idle_w=tuple((name, _number(text) or 0.0) for name, text in _pairs(told.get("idle_w", ()), " ")),
        meters=tuple(_meter(value) for value in told.get("meters", ())),
    )


class Count:
    """One meter's joules, added up over the stretches between which its counter went back or began anew."""

    def __init__(self) -> None:
        self.before_j = self.first_j = 0.0  # what the format counts from is the start
        self.last_j: float | None = None
        self.grew_s = 0.0  # when the total last grew

    @property
    def total_j(self) -> float | None:
        """Joules so far, None where the meter has told nothing."""
        return None if self.last_j is None else self.before_j + self.last_j - self.first_j

    def take(self, value_j: float, elapsed_s: float) -> bool:
        """Take in the counter's next value; False where it went back, from where it is counted on."""
        forward = self.last_j is None or value_j >= self.last_j
        if not forward:
            self.restart(value_j)
        if value_j > (self.last_j or 0.0):
            self.grew_s = elapsed_s
        self.last_j = value_j
        return forward

    def restart(self, from_j: float) -> None:
        """Begin another stretch, in which the counter stood at ``from_j`` at first."""
        self.before_j, self.first_j = self.total_j or 0.0, from_j
        self.last_j = from_j if self.last_j is not None else None


def _pairs(values: Iterable[str], sign: str) -> list[tuple[str, str]]:
    """Names and texts of values such as ``phase=search``; what has no sign in it is left out."""
    split = (value.partition(sign) for value in values)
    return [(name.strip(), text.strip()) for name, found, text in split if found]


def _meter(text: str) -> Meter:
    name, *words = text.split()
    told = dict(word.partition("=")[::2] for word in words)
    kind = next((kind for kind in _KINDS if kind == told.get("kind")), None)
    part = next((part for part in _PARTS if part == told.get("part")), None)
    if not _NAME.fullmatch(name) or kind is None or part is None or told.get("unit") != "J":
        raise ValueError(f"meter '{text[:80]}' is not understood: wanted are a name, kind=, part= and unit=J")
    more = tuple((key, what) for key, what in told.items() if key not in {"kind", "part", "unit", "source"})
    return Meter(name, kind, part, told.get("source", ""), more)


def _written(value: object) -> str:
    """A value on one line of a CSV: no line ends or quotes, which would swallow the lines below."""
    if isinstance(value, Meter):
        told = "".join(f" {key}={what}" for key, what in value.told)
        value = f"{value.name} kind={value.kind} part={value.part} unit=J source={value.source}{told}"
    elif isinstance(value, tuple):  # a label, or the idle power of a meter
        value = f"{value[0]} {value[1]:.3f}" if isinstance(value[1], float) else f"{value[0]}={value[1]}"
    elif isinstance(value, datetime):
        value = value.isoformat(timespec="milliseconds")
    return " ".join("".join(char if char.isprintable() and char != '"' else " " for char in str(value)).split())[:300]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text, re.ASCII):
        return None
    return float(text)


def _moment(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else None
