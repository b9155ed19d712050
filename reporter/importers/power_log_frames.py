"""Long power logs: which rows of a block the totals and the course of the power need, where all counters only grow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import powerlog
from reporter.importers import frames
from reporter.importers.blocks import Sifted
from reporter.importers.power_log_rows import MOST_POINTS
from reporter.importers.table import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reporter.importers.frames import Frame
    from reporter.importers.power_log_rows import Recording
    from reporter.importers.table import Table


class First(NamedTuple):
    """A block's first row; how long the stretches before were when it was sifted, and how far apart its points are."""

    at: datetime
    elapsed_s: float
    joules: dict[str, float]
    before_s: float
    width_s: float


def sieve(table: Table, begun: Sequence[Recording]) -> Callable[[bytes], Sifted | None]:
    """The sieve for the recording that was begun last, under the header in force."""
    places = begun[-1].places if begun else None
    width, delimiter = len(table.header), table.delimiter
    if places is None:
        return lambda _: None

    recording = begun[-1]

    def sift(data: bytes) -> Sifted | None:
        # The course is never finer again than it is now, so what it would merge is not needed.
        return _sifted(data, width, delimiter, places, recording.before_s, recording.course.width_s)

    return sift


def follows(first: First, recording: Recording) -> bool:
    """Whether a block goes on where the recording stood; if so, its course is made ready for what is needed of it."""
    same = first.before_s == recording.before_s  # else its stretches of time begin elsewhere
    if not (same and recording.goes_on(first.at, first.elapsed_s, first.joules)):
        return False
    recording.course.widen(first.width_s)
    return True


def _sifted(
    data: bytes, width: int, delimiter: str, places: Mapping[str, int], before_s: float, width_s: float
) -> Sifted | None:
    numbers = frozenset(places.keys() - {powerlog.TIME})
    frame = frames.table(data, width, places, numbers, delimiter, times=frozenset({powerlog.TIME}))
    return None if frame is None else needed(frame, [*places], before_s, width_s)


def needed(frame: Frame, columns: Sequence[str], before_s: float, width_s: float) -> Sifted | None:
    """The needed rows: the first and the last, where a counter grew last, and the last of each stretch of time.

    ``before_s``: how long the stretches before were; ``width_s``: how far apart the course's points are at least. None
    where a clock or a counter goes back, or is not told.
    """
    import numpy as np

    names = [name for name in columns if name != powerlog.TIME]
    micro, fine, _, zoned = frame.columns[powerlog.TIME]
    if not (zoned and fine.all() and (micro[1:] >= micro[:-1]).all()):
        return None
    kept = [np.array([0, frame.rows - 1])]
    for name in names:
        values = frame.columns[name]
        # NaN compares as False: a cell that is blank, as one that is out of order, is for the row reader.
        if not (values[0] >= 0 and (values[1:] >= values[:-1]).all() and values[-1] < LARGEST):
            return None
        kept.append(np.searchsorted(values, values[-1:]))  # where it last grew: the first row with the last value
    lasts, width_s = _lasts(before_s + frame.columns[powerlog.ELAPSED], width_s)
    kept.append(lasts)
    joules = {name: float(frame.columns[name][0]) for name in names if name != powerlog.ELAPSED}
    at = datetime.fromtimestamp(int(micro[0]) / 1e6, UTC)
    first = First(at, float(frame.columns[powerlog.ELAPSED][0]), joules, before_s, width_s)
    return Sifted(frame.rows, frame.starts, np.unique(np.concatenate(kept)), first)


def _lasts(elapsed_s: Any, width_s: float) -> tuple[Any, float]:
    """The last row of each stretch of time, no longer than those that the whole course will have; and how long."""
    import numpy as np

    while True:
        first, last = int(elapsed_s[0] / width_s), int(elapsed_s[-1] / width_s)
        if last - first < 2 * MOST_POINTS:  # a few stretches: where each ends is soon found
            ends = np.searchsorted(elapsed_s, np.arange(first + 1, last + 1) * width_s) - 1
            return np.unique(ends), width_s
        stretch = np.floor(elapsed_s / width_s)
        lasts = np.flatnonzero(stretch[1:] != stretch[:-1])
        if len(lasts) < 2 * MOST_POINTS:
            return lasts, width_s
        width_s *= 2
