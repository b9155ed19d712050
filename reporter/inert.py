"""Reads a pickle as plain data: nothing is imported, nothing named in the file is ever called."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 16 << 20  # the largest real info.pkl seen has 83 kB
MAX_STEPS = 500_000  # the same file takes 7,000
MAX_VALUES = 1_000_000  # values met when the result is walked as a tree, shared parts counted each time
MAX_DEPTH = 64
MAX_KEY = 1 << 60  # larger integers can be made to share one hash, which makes a dict's filling quadratic

#: Classes whose objects stand in real logs but say nothing about energy: they become a Stub.
STUBS = frozenset({
    "shapely.geometry.multipolygon.MultiPolygon", "shapely.io.from_wkb",
    "pkg_resources.DistInfoDistribution", "pkg_resources.EggInfoDistribution", "pkg_resources.Distribution",
    "pkg_resources.PathMetadata", "pkg_resources.FileMetadata",
})  # fmt: skip


class Stub(NamedTuple):
    """Stands where the pickle has a class of that name or an object of it; its arguments and state are dropped."""

    name: str


class _Maker(NamedTuple):
    """A name that we have a function of our own for, waiting for its arguments; never part of a result."""

    name: str


def read(data: bytes) -> Any:
    """Give what the pickle holds as dict, list, tuple, set, str, bytes, int, float, bool, None, datetime's and Stubs.

    The result is a tree that is safe to walk: bounded in size and depth, without cycles. Raises ValueError, in one
    line, for damage, for any opcode or name that plain data does not need, and for what is too large.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"pickle of {len(data) >> 20} MiB; the limit is {MAX_BYTES >> 20} MiB")
    if data[:1] != b"\x80":
        raise ValueError("this is no pickle of protocol 2 or later")
    machine = _Machine()
    for count, (name, argument) in enumerate(_steps(data)):
        if count > MAX_STEPS:
            raise ValueError(f"pickle of more than {MAX_STEPS} steps")
        if name == "STOP":
            break
        step = _STEPS.get(name)
        if step is None:
            raise ValueError(f"pickle needs the opcode {name}, which plain data does not need")
        try:
            step(machine, argument)
        except (IndexError, KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"pickle is damaged at its opcode {name} (step {count})") from error
    if len(machine.stack) != 1 or machine.below:
        raise ValueError("pickle is damaged: it does not end in one value")
    _measure(machine.stack[0], MAX_DEPTH, {})
    return machine.stack[0]


def _steps(data: bytes) -> Iterator[tuple[str, Any]]:
    """The opcodes' names and arguments, as the standard library's disassembler tells them; it runs none of them."""
    import pickletools

    try:
        for opcode, argument, _ in pickletools.genops(data):
            yield opcode.name, argument
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"pickle is damaged: {plain(error, 80)}") from error


class _Machine:
    """The stack and the memo of a pickle. ``below`` keeps the stacks under the marks that are open."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def proto(self, version: int) -> None:
        if not 2 <= version <= 5:
            raise ValueError(f"pickle protocol {version} is not known")

    def mark(self, _: None) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def put(self, index: int) -> None:
        if not 0 <= index <= MAX_STEPS:
            raise ValueError(f"pickle numbers a value {index}, more than {MAX_STEPS}")
        self.memo[index] = self.stack[-1]

    def memoize(self, _: None) -> None:
        self.put(len(self.memo))

    def get(self, index: int) -> None:
        self.stack.append(self.memo[index])

    def tuple_of(self, length: int) -> None:
        if len(self.stack) < length:
            raise IndexError
        self.stack[-length:] = [tuple(self.stack[-length:])]

    def extend(self, values: list[Any]) -> None:
        _kind(self.stack[-1], list).extend(values)

    def update(self, pairs: list[Any]) -> None:
        target = _kind(self.stack[-1], dict)
        if len(pairs) % 2:
            raise IndexError
        for place in range(0, len(pairs), 2):
            target[_key(pairs[place])] = pairs[place + 1]

    def add(self, values: list[Any]) -> None:
        _kind(self.stack[-1], set).update(map(_key, values))

    def name(self, argument: str) -> None:
        """A name: kept as text and compared with the lists here, never looked up."""
        name = argument.replace(" ", ".")
        if name in STUBS:
            self.stack.append(Stub(name))
        elif name in _MAKERS:
            self.stack.append(_Maker(name))
        else:
            raise ValueError(f"pickle needs {plain(name, 80)}, which is never imported; such a file may run code")

    def stack_name(self, _: None) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.name(f"{_kind(module, str)} {_kind(name, str)}")

    def call(self, _: None) -> None:
        arguments = _kind(self.stack.pop(), tuple)
        called = self.stack.pop()
        if isinstance(called, _Maker):
            self.stack.append(_MAKERS[called.name](*arguments))
        else:
            self.stack.append(_kind(called, Stub))

    def build(self, _: None) -> None:
        self.stack.pop()
        _kind(self.stack[-1], Stub)

    def pop(self, _: None) -> None:
        self.stack.pop()


def _kind(value: Any, wanted: type) -> Any:
    if type(value) is not wanted:
        raise TypeError
    return value


def _key(value: Any) -> Any:
    """A key: scalars alone, since a tuple of tuples can take for ever to hash."""
    if value is not None and type(value) not in {str, bytes, int, float, bool}:
        raise TypeError
    if type(value) is int and abs(value) > MAX_KEY:
        raise OverflowError
    return value


def _datetime(packed: bytes, zone: timezone | None = None) -> datetime:
    """The ten bytes that datetime pickles itself into; the month's highest bit is ``fold``."""
    if len(_kind(packed, bytes)) != 10 or not (zone is None or type(zone) is timezone):
        raise TypeError
    century, year, month, day, hour, minute, second = packed[:7]
    micro = int.from_bytes(packed[7:], "big")
    return datetime(century << 8 | year, month & 0x7F, day, hour, minute, second, micro, tzinfo=zone, fold=month >> 7)


def _date(packed: bytes) -> date:
    if len(_kind(packed, bytes)) != 4:
        raise TypeError
    return date(packed[0] << 8 | packed[1], packed[2], packed[3])


def _timedelta(days: int, seconds: int, micro: int) -> timedelta:
    return timedelta(_kind(days, int), _kind(seconds, int), _kind(micro, int))


def _timezone(offset: timedelta, name: str = "") -> timezone:
    offset = _kind(offset, timedelta)
    return timezone(offset, _kind(name, str)) if name else timezone(offset)


def _set(items: list[Any]) -> set[Any]:
    return set(map(_key, _kind(items, list)))


_MAKERS: dict[str, Callable[..., Any]] = {
    "datetime.datetime": _datetime,
    "datetime.date": _date,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    "builtins.set": _set,  # how protocol 3 writes one
}
_PUSHED = (
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
)  # fmt: skip
#: What plain data needs. Left out on purpose: INST, OBJ, EXT*, PERSID, NEWOBJ_EX, LONG4, buffers, protocols 0 and 1.
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(_PUSHED, _Machine.push),
    "PROTO": _Machine.proto,
    "FRAME": lambda _machine, _length: None,
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_SET": lambda machine, _: machine.push(set()),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "MARK": _Machine.mark,
    "POP": _Machine.pop,
    "POP_MARK": lambda machine, _: machine.since_mark().clear(),
    "APPEND": lambda machine, _: machine.extend([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.update([machine.stack.pop(-2), machine.stack.pop()]),
    "SETITEMS": lambda machine, _: machine.update(machine.since_mark()),
    "ADDITEMS": lambda machine, _: machine.add(machine.since_mark()),
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.memoize,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.stack_name,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "BUILD": _Machine.build,
}


def _measure(value: Any, depth: int, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Count a value's tree and its height, each shared part looked at once. A cycle is an endless height."""
    if type(value) is _Maker:
        raise ValueError(f"pickle holds the class {value.name} itself, which is no data")
    if type(value) not in {dict, list, tuple, set}:
        return 1, 1
    if id(value) in known:
        return known[id(value)]
    if depth <= 0:
        raise ValueError(f"pickle nests its values more than {MAX_DEPTH} deep, or in a circle")
    parts = [_measure(part, depth - 1, known) for part in (value.values() if type(value) is dict else value)]
    size, height = 1 + sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)
    if size > MAX_VALUES or height > MAX_DEPTH:
        raise ValueError(f"pickle unfolds into more than {MAX_VALUES} values, or more than {MAX_DEPTH} deep")
    known[id(value)] = size, height
    return size, height
