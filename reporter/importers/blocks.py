"""Long files in blocks of whole lines: sifted by pandas on all cores, and only what matters read row by row.

One declaration of columns serves both ways of reading. A sieve gets a block's bytes and marks the rows that the totals
do not need and about which there is nothing to say: they are counted, and never become Python objects. All others go
through the reader that short files go through, so what they mean and what is told of them stands in one place. A block
that a sieve cannot take for plain (None) is read row by row as a whole.
"""

from __future__ import annotations

import io
import os
import re
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.importers.head import encoding_of
from reporter.importers.table import block_lines
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

    from reporter.importers.logs import Log
    from reporter.importers.table import Row, Table

    #: Turns a block's bytes into what it holds; None where a row may hold what only the row reader can judge.
    Sieve = Callable[[bytes], "Sifted | None"]

LONG_BYTES = 4 << 20  # a file above this is worth the import of pyarrow, or nearly that of pandas
BLOCK_BYTES = 3 << 20  # smaller ones keep the cores waiting for each other, larger ones leave their caches
FIRST_BYTES = 1 << 16  # the first block, with the header, is read row by row
MOST_COMMENTS = 16  # in a block that is taken apart round them
CORES = 4  # at most: a block's rows in Python keep one core busy, and memory grows with the blocks under way
_COMMENTS = pattern(rb"(?:^#[^\n]*\n)+", re.MULTILINE)


class Block(NamedTuple):
    """Whole lines of a file: the number of the first, and their bytes."""

    first: int
    data: bytes


class Sifted(NamedTuple):
    """What a sieve made of a block: how many rows, where each line starts, which are needed, and what else it told."""

    rows: int
    starts: Any  # array of the offsets of all lines, and the end of the last
    needed: Any  # array of the places of the rows that must be read
    told: Any


class Stretch:
    """Rows of a table one after another: those of a whole short file, or of one block of a long one."""

    def __init__(
        self, table: Table, rows: Iterator[Row], sifted: Sifted | None = None, block: Block | None = None
    ) -> None:
        self.sifted, self._table, self._rows, self._block = sifted, table, rows, block

    def rows(self, *, every: bool = False) -> Iterator[Row]:
        """The rows that are needed, or ``every`` one, where what came before forbids to leave any out."""
        if every or self.sifted is None or self._block is None:
            self.sifted = None
            return self._rows
        self._table.log.rows += self.sifted.rows - len(self.sifted.needed)
        return self._table.rows(self._needed(self._block, self.sifted))

    def _needed(self, block: Block, sifted: Sifted) -> Iterator[tuple[int, str]]:
        starts = sifted.starts
        for place in sifted.needed.tolist():
            line = block.data[starts[place] : starts[place + 1]]
            yield from block_lines(line, block.first + place, self._table.log, self._table.mended)


def is_long(log: Log) -> bool:
    """Whether a file is worth sifting: long, UTF-8, in lines, with a header near its top."""
    if b"\n" not in log.head or encoding_of(log.head) != "utf-8-sig" or not log.header:
        return False
    with log.open() as stream:
        return stream.seek(0, io.SEEK_END) > LONG_BYTES


def stretches(table: Table, sieve: Callable[[], Sieve]) -> Iterator[Stretch]:
    """A table's rows in stretches, in order; each must be used up before the next is asked for.

    ``sieve()`` makes the sieve for the header in force, and is asked again when the header has changed.
    """
    if not is_long(table.log):
        yield Stretch(table, iter(table))
        return
    ahead = Ahead(pieces(table.log))
    try:
        block, _ = next(ahead)
        yield Stretch(table, _rows(table, block, ahead))
        changed = -1
        while True:
            if table.changed != changed:
                changed = table.changed
                ahead.sift(sieve())
            try:
                block, sifted = next(ahead)
            except StopIteration:
                return
            yield Stretch(table, _rows(table, block, ahead), sifted, block)
    finally:
        ahead.close()


def _rows(table: Table, block: Block, ahead: Ahead) -> Iterator[Row]:
    """The rows of a block one by one; where a quoted cell goes on over its end, those of the next block too."""
    left = 0

    def numbered() -> Iterator[tuple[int, str]]:
        nonlocal left
        following: Block | None = block
        while following is not None:
            left = following.data.count(b"\n") + (not following.data.endswith(b"\n"))
            for one in block_lines(following.data, following.first, table.log, table.mended):
                left -= 1
                yield one
            following = next(ahead, (None, None))[0]

    for row in table.rows(numbered()):
        yield row
        if not left:
            return


class Ahead:
    """Blocks with what was made of them (None, or something with ``starts``), worked out on all cores ahead of use."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._line = blocks, 1
        self._sieve: Callable[[bytes], Any] | None = None
        self._waiting: deque[tuple[bytes, Future[Any] | None]] = deque()
        self._pool: ThreadPoolExecutor | None = None
        ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self._cores = min(CORES, ours or 1)

    def sift(self, sieve: Callable[[bytes], Any]) -> None:
        """Use this sieve from the next block on."""
        from concurrent.futures import ThreadPoolExecutor

        self._pool = self._pool or ThreadPoolExecutor(self._cores)
        self._sieve = sieve
        self._waiting = deque((data, self._pool.submit(sieve, data)) for data, _ in self._waiting)

    def __iter__(self) -> Ahead:
        return self

    def __next__(self) -> tuple[Block, Any]:
        while len(self._waiting) <= self._cores and (data := next(self._blocks, None)) is not None:
            working = self._pool.submit(self._sieve, data) if self._pool and self._sieve else None
            self._waiting.append((data, working))
            if self._pool is None:  # nothing to be worked out ahead as yet
                break
        if not self._waiting:
            raise StopIteration
        data, future = self._waiting.popleft()
        sifted = None if future is None else future.result()
        block = Block(self._line, data)
        self._line += data.count(b"\n") if sifted is None else len(sifted.starts) - 1
        return block, sifted

    def close(self) -> None:
        """Let go of the threads."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def pieces(log: Log) -> Iterator[bytes]:
    """A file's lines in blocks, the bytes hashed on the way. A last line without an end is a block of its own."""
    import hashlib

    digest, read, rest = hashlib.sha256(), 0, b""
    with log.open() as stream:
        size = FIRST_BYTES
        while piece := stream.read(size):
            digest.update(piece)
            end = piece.rfind(b"\n") + 1
            if not end:
                rest += piece
                if len(rest) > log.limit("line"):
                    raise log.passed("a line is longer", "line", _lines_above(log, read) + 1)
                continue
            data, rest = b"".join((rest, memoryview(piece)[:end])), piece[end:]
            size = BLOCK_BYTES
            read += len(data)
            yield from _apart(data)
    if rest:
        yield rest
    log.digest = digest.hexdigest()


def _lines_above(log: Log, place: int) -> int:
    """How many lines end before a place in a file."""
    lines = 0
    with log.open() as stream:
        while place and (piece := stream.read(min(place, BLOCK_BYTES))):
            lines, place = lines + piece.count(b"\n"), place - len(piece)
    return lines


def _apart(data: bytes) -> Iterator[bytes]:
    """A block's lines, those of a few comments among them apart, so that the rows round them stay plain."""
    if b"#" not in data or not 0 < data.count(b"\n#") <= MOST_COMMENTS:
        yield data
        return
    begun = 0
    for comment in _COMMENTS.finditer(data):
        if comment.start() > begun:
            yield data[begun : comment.start()]
        yield comment[0]
        begun = comment.end()
    if begun < len(data):
        yield data[begun:]
