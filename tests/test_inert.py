"""The pickle reader: plain data comes through, and nothing that a pickle names is ever imported or called."""

from __future__ import annotations

import os
import pickle
import pickletools
import sys
import time
import types
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from reporter import inert

if TYPE_CHECKING:
    from pathlib import Path

PACIFIC = timezone(timedelta(hours=-7))
PLAIN = {
    "text": "Ünïcode \U0001f600",
    "bytes": b"\x00\xff",
    "long": "x" * 300,
    "numbers": [-5, 7, 70_000, 2**40, 0.1, None, True, False],
    "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
    "set": {1, "a"},
    3: "a key that is a number",
    "start": datetime(2019, 10, 29, 21, 59, 20, 501149, PACIFIC).replace(tzinfo=None),
    "fold": datetime(2019, 11, 3, 1, 30, tzinfo=PACIFIC).replace(tzinfo=None, fold=1),
    "aware": datetime(2019, 10, 29, tzinfo=PACIFIC),
    "utc": datetime(2020, 1, 1, tzinfo=UTC),
    "date": date(2020, 2, 29),
    "delta": timedelta(1, 2, 3),
}


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_plain_data_comes_through(protocol: int) -> None:
    got = inert.read(pickle.dumps(PLAIN, protocol))
    assert got == PLAIN
    assert got["fold"].fold == (0 if protocol == 3 else 1)  # protocol 3 does not write it
    assert got["aware"].utcoffset() == timedelta(hours=-7)
    assert got["numbers"][-3:] == [None, True, False]


def test_shared_values_come_through() -> None:
    shared = ["a", "b"]
    got = inert.read(pickle.dumps({"one": shared, "two": shared}))
    assert got == {"one": ["a", "b"], "two": ["a", "b"]}


def _foreign_class(module: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a class of that name in a module of that name, for pickle to find while it writes."""
    made = type(name, (), {"__module__": module})
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:count]), types.ModuleType(".".join(parts[:count])))
    setattr(sys.modules[module], name, made)
    return made


@pytest.mark.parametrize("protocol", [3, 4])
def test_known_classes_become_stubs_without_their_state(protocol: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = _foreign_class("shapely.geometry.multipolygon", "MultiPolygon", monkeypatch)()
    shape.secret = {"a": [1]}
    data = pickle.dumps({"geometry": shape, "id": "US-CA"}, protocol)
    for name in [name for name in sys.modules if name.split(".")[0] == "shapely"]:
        monkeypatch.delitem(sys.modules, name)
    got = inert.read(data)
    assert got == {"geometry": inert.Stub("shapely.geometry.multipolygon.MultiPolygon"), "id": "US-CA"}
    assert not any(name.split(".")[0] == "shapely" for name in sys.modules)


class _Runs:
    """Runs a command when it is unpickled: the classic attack."""

    def __init__(self, called: Any, *arguments: Any) -> None:
        self.reduced = called, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def test_no_call_is_made(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    for protocol in (2, 3, 4, 5):
        for attack in (_Runs(os.system, f"touch {marker}"), _Runs(eval, f"open({str(marker)!r}, 'w')")):
            with pytest.raises(
                ValueError, match=r"needs (posix|nt|builtins|__builtin__)\.\w+, which is never imported"
            ):
                inert.read(pickle.dumps({"experiment_start": attack}, protocol))
    assert not marker.exists()


def _text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x80\x03cthis\ns\n.", "needs this.s"),  # the import alone would print
        (b"\x80\x04" + _text("os") + _text("system") + b"\x93.", "needs os.system"),
        (b"\x80\x02(" + _text("true") + b"ios\nsystem\n.", "opcode INST"),
        (b"\x80\x02(cos\nsystem\n" + _text("true") + b"o.", "needs os.system"),
        (b"\x80\x02(" + _text("a") + b"o.", "opcode OBJ"),
        (b"\x80\x03\x82\x01.", "opcode EXT1"),
        (b"\x80\x03Pname\n.", "opcode PERSID"),
        (b"\x80\x03Nr\xff\xff\xff\x7f.", "numbers a value 2147483647"),
        (b"\x80\x09N.", "protocol 9"),
        (b'{"a": 1}', "no pickle"),
        (b"", "no pickle"),
        (b"\x80\x03", "damaged"),
        (b"\x80\x03X\xff\xff\xff\x7fab.", "damaged"),
        (b"\x80\x03NN.", "one value"),
        (b"\x80\x03(N.", "one value"),
        (b"\x80\x03.", "one value"),
        (b"\x80\x03h\x05.", "damaged at its opcode BINGET"),
        (b"\x80\x03cdatetime\ndatetime\n.", "the class datetime.datetime itself"),
        (b"\x80\x03cdatetime\ndatetime\nC\x04\x07\xe3\n\x1d\x85R.", "damaged at its opcode REDUCE"),
        (b"\x80\x03cdatetime\ndatetime\nC\n\x07\xe3\n\x1d\x15;\x0c\x00\x00\x00\x85R}b.", "damaged at its opcode BUILD"),
        (b"\x80\x03}" + b"".join([b"(", b"]", b"N", b"u."]), "damaged at its opcode SETITEMS"),
        (b"\x80\x03]q\x00h\x00a.", "in a circle"),
    ],
)
def test_attacks_and_damage_are_refused_in_one_line(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        inert.read(data)
    assert "\n" not in str(caught.value)


def test_a_month_of_thirteen_is_refused() -> None:
    with pytest.raises(ValueError, match="month"):
        inert.read(b"\x80\x03cdatetime\ndatetime\nC\n\x07\xe3\r\x1d\x15;\x0c\x00\x00\x00\x85R.")


def test_bombs_are_bounded() -> None:
    laughs: Any = ["lol"]
    for _ in range(20):
        laughs = [laughs] * 10
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    nested = b"\x80\x03" + b"]" * 100_000 + b"a" * 99_999 + b"."
    many = b"\x80\x03" + b"N0" * inert.MAX_STEPS + b"N."
    tuples = b"\x80\x03)" + b"q\x00h\x00\x86" * 40 + b"q\x01}h\x01Ns."  # hashing it would take 2^40 steps
    began = time.perf_counter()
    for data in (pickle.dumps(laughs), pickle.dumps(deep), nested, many, tuples, b"\x80\x03" + bytes(inert.MAX_BYTES)):
        with pytest.raises(ValueError, match=r"unfolds|deep|steps|damaged|limit"):
            inert.read(data)
    assert time.perf_counter() - began < 10


def test_large_integer_keys_are_refused() -> None:
    # multiples of 2^61 - 1 share one hash: a dict of 100,000 of them takes minutes to fill
    with pytest.raises(ValueError, match="SETITEM"):
        inert.read(pickle.dumps({2**61 - 1: 1}))


def test_every_cut_and_every_changed_byte_is_a_value_or_one_line() -> None:
    data = pickletools.optimize(pickle.dumps(PLAIN, 3))
    for place in range(len(data)):
        for changed in (data[:place], data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]):
            try:
                inert.read(changed)
            except ValueError as error:
                assert "\n" not in str(error)  # noqa: PT017 - most changes fail, some give other data


def test_a_real_size_is_read_quickly() -> None:
    packages = [{"name": f"package-{number}", "parts": list(range(20))} for number in range(300)]
    data = pickle.dumps(packages, 3)
    inert.read(data)
    began = time.perf_counter()
    assert inert.read(data) == packages
    assert time.perf_counter() - began < 0.5
