"""Long power logs: which rows of a block the totals and the course of the power need, where all counters only grow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import powerlog
from reporter.importers import frames
from reporter.importers.blocks import Sifted
from reporter.importers.power_log_rows import FINEST_S, MOST_POINTS
from reporter.importers.table import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reporter.importers.power_log_rows import Recording
    from reporter.importers.table import Table


class First(NamedTuple):
    """A block's first row."""

    at: datetime
    elapsed_s: float
    joules: dict[str, float]


def sieve(table: Table, begun: Sequence[Recording]) -> Callable[[bytes], Sifted | None]:
    """The sieve for the recording that was begun last, under the header in force."""
    places = begun[-1].places if begun else None
    width, delimiter = len(table.header), table.delimiter
    if places is None:
        return lambda _: None

    def sift(data: bytes) -> Sifted | None:
        return _sifted(data, width, delimiter, places)

    return sift


def follows(first: First, recording: Recording) -> bool:
    """Whether a block goes on where the recording stood."""
    return recording.goes_on(first.at, first.elapsed_s, first.joules)


def _sifted(data: bytes, width: int, delimiter: str, places: Mapping[str, int]) -> Sifted | None:
    """The needed rows: the first and the last, where a counter grew last, and the last of each stretch of time."""
    import numpy as np

    names = [name for name in places if name != powerlog.TIME]
    frame = frames.table(data, width, places, frozenset(names), delimiter)
    if frame is None:
        return None
    micro, fine = frames.moments(frame.columns[powerlog.TIME])
    zoned = bool(len(micro)) and str(frame.columns[powerlog.TIME][0]).endswith("Z")
    if not (zoned and fine.all() and (micro[1:] >= micro[:-1]).all()):
        return None
    needed = [np.array([0, frame.rows - 1])]
    for name in names:
        values = frame.columns[name]
        # NaN compares as False: a cell that is blank, as one that is out of order, is for the row reader.
        if not (values[0] >= 0 and (values[1:] >= values[:-1]).all() and values[-1] < LARGEST):
            return None
        needed.append(np.flatnonzero(values[1:] > values[:-1])[-1:] + 1)
    needed.append(_lasts(frame.columns[powerlog.ELAPSED]))
    joules = {name: float(frame.columns[name][0]) for name in names if name != powerlog.ELAPSED}
    at = datetime.fromtimestamp(int(micro[0]) / 1e6, UTC)
    first = First(at, float(frame.columns[powerlog.ELAPSED][0]), joules)
    return Sifted(frame.rows, frame.starts, np.unique(np.concatenate(needed)), first)


def _lasts(elapsed_s: Any) -> Any:
    """The last row of each stretch of time, no longer than those that the whole course will have."""
    import numpy as np

    width_s = FINEST_S
    while True:
        stretch = (elapsed_s / width_s).astype(np.int64)
        lasts = np.flatnonzero(stretch[1:] != stretch[:-1])
        if len(lasts) < MOST_POINTS:
            return lasts
        width_s *= 2
