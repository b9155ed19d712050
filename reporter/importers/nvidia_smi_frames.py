"""Long logs of nvidia-smi: the plain rows of a block as times and watts of each GPU."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.importers import frames
from reporter.importers.blocks import Sifted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: No single device draws more (the largest of 2026 is rated below 3 kW); ten times its own limit is as impossible.
MOST_W = 5000.0
MOST_LIMITS = 10.0

_NONE = ("", "[N/A]", "[Not Supported]", "[Unknown Error]", "N/A")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class Places(NamedTuple):
    """The header's width and delimiter, and where the columns stand."""

    width: int
    delimiter: str
    time: int
    key: int
    power: int
    limit: int | None


class Readings(NamedTuple):
    """The plain rows of a block: first and last moment, GPUs, and of each row time, GPU's place and power."""

    first: datetime
    last: datetime
    gpus: tuple[str, ...]
    micro: Any
    code: Any
    watts: Any

    @property
    def keys(self) -> set[str]:
        """The GPUs of the block."""
        return set(self.gpus)

    def series(self, origin: datetime) -> Iterator[tuple[str, tuple[array[float], array[float], int]]]:
        """Of each GPU its times in s since ``origin``, its watts, and how many readings are missing."""
        import numpy as np

        zero = (origin - _EPOCH) // timedelta(microseconds=1)
        for place, key in enumerate(self.gpus):
            here = self.code == place
            known = here & ~np.isnan(self.watts)
            times, watts = array("d"), array("d")
            times.frombytes(((self.micro[known] - zero) / 1e6).tobytes())
            watts.frombytes(self.watts[known].tobytes())
            yield key, (times, watts, int(here.sum() - known.sum()))


def sieve(places: Places | None) -> Callable[[bytes], Sifted | None]:
    """The sieve for blocks of these columns: rows whose power cannot be are needed, to be told; the others are told."""
    if places is None:
        return lambda _: None

    def sift(data: bytes) -> Sifted | None:
        return _sifted(data, places)

    return sift


def _sifted(data: bytes, places: Places) -> Sifted | None:
    import numpy as np

    names = {"time": places.time, "key": places.key, "power": places.power}
    if places.limit is not None:
        names["limit"] = places.limit
    bare = data.replace(b" W", b"")  # a number's own unit; in the cells of names it makes no difference here
    frame = frames.table(bare, places.width, names, frozenset({"power", "limit"} & names.keys()), places.delimiter,
                         _NONE, times=frozenset({"time"}), blanks=True)  # fmt: skip
    starts = frames.line_starts(data)
    if frame is None or starts is None or not frame.rows:
        return None
    micro, fine, _, zoned = frame.columns["time"]
    code, keys = frame.columns["key"]
    gpus = tuple(key.strip() for key in keys)
    if zoned or not fine.all() or len(set(gpus)) < len(gpus) or any(map(_is_none, gpus)):
        return None
    watts = frame.columns["power"]
    with np.errstate(invalid="ignore"):
        most = np.fmin(MOST_W, MOST_LIMITS * frame.columns["limit"]) if "limit" in names else MOST_W
        odd = (watts < 0) | (watts > np.where(np.equal(most, 0), MOST_W, most))
    plain = ~odd
    if not plain.any():
        return None
    micro, code = micro[plain], code[plain]
    first, last = (_EPOCH + timedelta(microseconds=int(edge)) for edge in (micro.min(), micro.max()))
    readings = Readings(first, last, gpus, micro, code, watts[plain])
    return Sifted(frame.rows, starts, np.flatnonzero(odd), readings)


def _is_none(key: str) -> bool:
    return not key or key.startswith("[") or key.lower() in {"n/a", "err!", "unknown", "-"}
