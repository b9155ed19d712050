"""How much is read before it is refused: one table; a limit that is hit is told, and raised by --limit NAME=VALUE."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import ReportError, plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Limit(NamedTuple):
    """The most there may be of something: bytes where ``unit`` is "B", seconds where it is "s", else a number."""

    value: int
    unit: str
    says: str


#: Every limit that has an option. Nesting has none: JSON, TOML and YAML may be as deep as Python's own recursion.
LIMITS = {
    "size": Limit(64 << 30, "B", "one file on the disk; long tables are read at constant memory"),
    "unpacked": Limit(512 << 20, "B", "one file of an archive, or standard input, which are held in memory"),
    "archive": Limit(8 << 30, "B", "all files of an archive, unpacked"),
    "ratio": Limit(200, "", "unpacked over packed size of a file of an archive, from 1 MiB on"),
    "files": Limit(100_000, "", "files looked at in one folder or archive"),
    "document": Limit(512 << 20, "B", "one JSON document, which is held in memory"),
    "line": Limit(16 << 20, "B", "one line of text"),
    "cell": Limit(1 << 20, "B", "one cell of a table"),
    "columns": Limit(10_000, "", "columns of a table"),
    "runs": Limit(10_000_000, "", "runs of all logs"),
    "seconds": Limit(900, "s", "reading the logs; as long again for the outputs"),
}
#: What the user raised or lowered: names of LIMITS and values.
Chosen = tuple[tuple[str, int], ...]
_VALUE = pattern(r"([0-9]{1,12}) ?(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB|s|min|h)?")
_SCALES = {
    "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
}  # fmt: skip
_TIMES = {"s": 1, "min": 60, "h": 3600}


def read(text: object) -> tuple[str, int]:
    """``size=8GiB`` as name and value. Raises ReportError for a limit that does not exist, or no such quantity."""
    name, _, told = str(text).partition("=")
    if name not in LIMITS:
        raise ReportError(f"--limit {plain(text, 40)}: write NAME=VALUE; there are {', '.join(LIMITS)}")
    value = _VALUE.fullmatch(told.strip())
    scales = {"B": _SCALES, "s": _TIMES, "": {}}[LIMITS[name].unit]
    if value is None or (value[2] and value[2] not in scales) or int(value[1]) == 0:
        example = shown(name, LIMITS[name].value)
        raise ReportError(f"--limit {plain(text, 40)}: write a number above 0 such as {name}={example}")
    return name, int(value[1]) * scales.get(value[2] or "", 1)


def of(name: str, chosen: Mapping[str, int]) -> int:
    """The limit in force."""
    return chosen.get(name, LIMITS[name].value)


def shown(name: str, value: int) -> str:
    """A value as --limit reads it, in the largest unit that leaves it whole; one that is not whole in none."""
    if LIMITS[name].unit == "B":
        unit = next(unit for unit in ("TiB", "GiB", "MiB", "KiB", "B") if not value % _SCALES[unit])
        return f"{value // _SCALES[unit]}{unit}"
    return f"{value}{LIMITS[name].unit}"


def passed(what: str, name: str, chosen: Mapping[str, int]) -> str:
    """What to say where a limit is passed: what there is, what the limit is, and how it is raised."""
    return f"{what}; the limit is {shown(name, of(name, chosen))}, raise it with --limit {name}=..."


def size(count: int) -> str:
    """A number of bytes as a message tells it: in MiB, or whatever is left of it below."""
    return f"{count / (1 << 20):,.0f} MiB" if count >= 1 << 20 else f"{count:,} B"


class _Over(BaseException):
    """The time is over; no ``except Exception`` on the way may take it for something else."""


@contextmanager
def time(seconds: int, doing: str) -> Iterator[None]:
    """Have what is done inside end after so many seconds. Raises ReportError where it did not.

    Only the main thread of a system with alarms can be ended; elsewhere there is no limit.
    """
    import signal
    import threading

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise _Over

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # and each second after, where a library kept it to itself
    try:
        yield
    except _Over:
        raise ReportError(passed(f"{doing} takes longer", "seconds", {"seconds": seconds})) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
