"""Cells of Slurm's accounting (sacct) as slurm and ga4hpc both read them: job ids, times, memory, TRES, energies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import plain
from reporter.importers.base import read_moment
from reporter.importers.table import Table
from reporter.importers.table import number as read_number
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reporter.importers.logs import Log

#: Slurm prints numbers near 2^64 for "not set"; no job has used so many joules.
UNSET_J = 1e15
_NOT_TOLD = frozenset({"", "n/a", "unknown", "none", "null", "nan"})
_ELAPSED = pattern(r"(?:([0-9]{1,6})-)?(?:([0-9]{1,6}):)?([0-9]{1,4}):([0-9]{1,2}(?:\.[0-9]{1,6})?)")
_SIZE = pattern(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)([KMGTP]?)([nc]?)")
_DECIMAL = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_DASHED = pattern(rb"-{3,}( +-{3,})* *\r?\n?")
_TRES_ENERGY = pattern(r"(?:^|,)energy=([0-9]+)")


class Cells(NamedTuple):
    """One row of sacct's output by column name (lower case), with the line that it stands on."""

    line: int
    cell: dict[str, str]

    def get(self, *names: str) -> str:
        """The first of these cells that tells something, stripped; "" where none does."""
        found = (self.cell.get(name, "").strip() for name in names)
        return next((text for text in found if text.lower() not in _NOT_TOLD), "")

    @property
    def job(self) -> str:
        """The job's id without its step: ``123``, ``123_4`` of an array, ``123+0`` of a heterogeneous job."""
        return self.get("jobid", "jobidraw").partition(".")[0]

    @property
    def step(self) -> str:
        """The step: ``batch``, ``extern``, ``0``, ...; "" on the job's own row."""
        return self.get("jobid", "jobidraw").partition(".")[2]


def rows(log: Log) -> Iterator[Cells]:
    """The rows of sacct's ``-P`` output; one that is too long, or has no job id, is skipped and told."""
    table = Table(log)
    for row in table:
        names = table.header[: max((place for place, name in enumerate(table.header, 1) if name), default=0)]
        if len(row.cells) > len(table.header):
            log.skip(row.line, f"{len(row.cells)} cells under {len(names)} columns: does a job's name hold a '|'?")
        elif len(row.cells) < len(names) and not row.whole:
            log.skip(row.line, f"the last line is cut ({len(row.cells)} of {len(names)} cells)", "CR003")
        else:
            cells = Cells(row.line, dict(zip(names, row.cells, strict=False)))
            if cells.job:
                yield cells
            else:
                log.skip(row.line, "no job id is told")


def is_table(log: Log) -> bool:
    """Whether the header is that of sacct's delimited output: it names jobs and something that only Slurm tells."""
    header = set(log.header)
    slurm = {"elapsed", "elapsedraw", "consumedenergy", "consumedenergyraw", "alloctres", "totalcpu", "energy_j"}
    return bool({"jobid", "jobidraw"} & header) and len(slurm & header) >= 1


def is_fixed_width(log: Log) -> bool:
    """Whether this is what sacct prints without -P: columns of fixed width under a line of dashes."""
    first, _, rest = log.head.lstrip(b"\xef\xbb\xbf \r\n").partition(b"\n")
    return b"JobID" in first and bool(_DASHED.fullmatch(rest.partition(b"\n")[0]))


def has_energy(log: Log) -> bool:
    """Whether the table has a column of energies, or AllocTRES with some: then a job is measured, not estimated."""
    header = log.header
    if {"consumedenergyraw", "consumedenergy", "energy_j"} & set(header):
        return True
    if "alloctres" not in header:
        return False
    place = header.index("alloctres")
    lines = (line.split("|") for line in log.head.decode(errors="replace").splitlines())
    return any(len(cells) > place and _TRES_ENERGY.search(cells[place]) for cells in lines)


def elapsed_s(text: str) -> float | None:
    """``D-HH:MM:SS``, ``HH:MM:SS``, ``MM:SS.mmm`` or plain seconds, in s; None where not told.

    Raises ValueError for other text.
    """
    if text.lower() in _NOT_TOLD:
        return None
    match = _ELAPSED.fullmatch(text)
    if not match:
        seconds = read_number(text)
        if seconds < 0:
            raise ValueError(f"{seconds:g} s is below 0")
        return seconds
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def energy_j(text: str) -> float | None:
    """``794``, ``4.58M`` (decimal K, M, G) in J; None where it was not measured: blank, 0, or Slurm's "not set".

    Raises ValueError for other text.
    """
    if text.lower() in _NOT_TOLD:
        return None
    scale = _DECIMAL.get(text[-1:].upper(), 1.0)
    value = read_number(text if scale == 1.0 else text[:-1]) * scale
    return measured_j(value)


def measured_j(value: float) -> float | None:
    """An energy in J, or None for what Slurm writes where nothing was measured: 0, below 0, near 2^64."""
    return value if 0 < value < UNSET_J else None


def memory_gb(text: str, nodes: float, cores: float) -> float | None:
    """``250Gn`` (for each node), ``6760Mc`` (for each core), ``16G`` (in all) in GB; 1 GB is 1000 MB, as in GA4HPC."""
    match = _SIZE.fullmatch(text)
    if not match:
        return None
    per = {"n": nodes, "c": cores}.get(match[3], 1.0)
    return float(match[1]) * _DECIMAL[match[2] or "M"] / 1e9 * per


def tres(text: str) -> dict[str, str]:
    """``billing=32,cpu=32,gres/gpu:a100=4,mem=250G,node=1`` by name."""
    return {name: value for name, _, value in (part.partition("=") for part in text.split(","))}


def gpus(allocated: dict[str, str]) -> tuple[float | None, str | None]:
    """How many GPUs were allocated, and their type where all are of one: None where none is told."""
    typed = {name.partition(":")[2]: value for name, value in allocated.items() if name.startswith("gres/gpu:")}
    counts = [float(value) for value in typed.values() if value.isdecimal() and len(value) < 7]
    plain_count = allocated.get("gres/gpu", "")
    if plain_count.isdecimal() and len(plain_count) < 7:
        counts = [float(plain_count)]
    return (sum(counts) if counts else None), (next(iter(typed)) if len(typed) == 1 else None)


def told_moment(cells: Cells, name: str, log: Log) -> datetime | None:
    """A start or end; ``Unknown`` is not told, and a form that is not understood is said."""
    text = cells.get(name)
    if not text:
        return None
    try:
        return read_moment(re.sub(r"^([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[-T ]", r"\1-\2-\3T", text))
    except ValueError as error:
        log.say("CR007", f"{name}: {error}; the time of the run is left out", cells.line)
        return None


def told_number(cells: Cells, log: Log, *names: str) -> float | None:
    """A plain number of the first of these columns that tells one; what is none is said."""
    text = cells.get(*names)
    try:
        return read_number(text) if text else None
    except ValueError as error:
        log.say("CR008", f"{names[0]}: {error}; taken as not told", cells.line, level="note")
        return None


def told_elapsed(cells: Cells, log: Log) -> float | None:
    """How long the job ran in s, from ElapsedRaw or Elapsed; what is no time is said."""
    try:
        return elapsed_s(cells.get("elapsedraw", "elapsed"))
    except ValueError as error:
        log.say("CR008", f"elapsed: {error}; taken as not told", cells.line, level="note")
        return None


def state(cells: Cells) -> str:
    """The job's state in one word: ``CANCELLED by 1001`` names a user, who is nobody's business."""
    return plain(cells.get("state").partition(" ")[0].rstrip("+"), 40)


REFUSED_WIDTH = (
    "sacct's columns of fixed width cut what is long; export with "
    "sacct -P -o JobID,JobName,Partition,State,Start,End,Elapsed,NNodes,NCPUS,NodeList,AllocTRES,ConsumedEnergyRaw"
)
