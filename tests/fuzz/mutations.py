"""Ways to damage an input: bytes, lines, cells, values of JSON; seeded, so that a finding can be made again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

#: What parsers stumble over, put in anywhere.
TOKENS = (
    b",", b'"', b"\n", b"\r", b"\r\n", b"\0", b";", b"|", b"{", b"[", b"}", b"]", b":", b"=", b"nan", b"NaN", b"inf",
    b"-Infinity", b"null", b"None", b"-1", b"-0.0", b"0", b"1e308", b"-1e308", b"1e400", b"1e-320", b"\xff", b"\xc3(",
    b"#", b"\xef\xbb\xbf", b"\xff\xfe", b"9" * 400, b"9" * 5000, b"[N/A]", b"2026-02-30T00:00:00",
    b"1970-01-01 00:00:00", b"9999-12-31T23:59:59", b"0001-01-01T00:00:00+23:59", b"12:00:00", b"1.5 kW", b"kWh",
    b"true", b"\xe2\x80\xa8", b"=cmd|' /C calc'!A0", b"{{1}}", b"${x}", b"99999999999999999999",
    b"18446744073709551616", b"\t", b"'", b"---\n", b"\\", b"\\u0000", b"\\ud800", b"&a", b"*a",
    b"!!python/object:os.system", b"<<: ", b"<", b"\x1a", b"\x85", b"\x0c", b"[[" * 600, b"1_000", b"1,5", b"1.234,5",
    b"0x10", b"\xd9\xa1", b"%s", b"../../etc/passwd", b"PK\x03\x04", b"\x80\x04.",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e308, -1e308, 1e-320, float("nan"), float("inf"), 10**30, "", "x", "nan", "1e400",
    "2026-11-21T08:00:00", "-5 kWh", [], {}, [[]], [None], {"": ""}, [1, "a"], {"value": {"value": 1}}, "\ud800",
    "\0", "<b>", "9" * 50,
)  # fmt: skip


def mutated(content: bytes, others: list[bytes], chance: Random) -> bytes:
    """The content with one to six changes; JSON and tables are also changed in their own form. Never empty."""
    kind = chance.random()
    if kind < 0.35 and content.lstrip()[:1] in (b"{", b"["):
        content = _json(content, chance)
    elif kind < 0.5 and b"\n" in content:
        content = _cells(content, chance)
    if kind > 0.3 or chance.random() < 0.2:
        data = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            data = _bytes(data, others, chance)
        content = bytes(data)
    return content or b"x"


def _bytes(data: bytearray, others: list[bytes], chance: Random) -> bytearray:
    kind, place = chance.random(), chance.randrange(len(data) + 1)
    if kind < 0.3:
        data[place:place] = chance.choice(TOKENS)
    elif kind < 0.45:
        del data[place : place + chance.randint(1, 60)]
    elif kind < 0.65:
        data[place : place + chance.randint(0, 6)] = chance.choice(TOKENS)
    elif kind < 0.72:
        del data[place:]
    elif kind < 0.8 and others:
        other = chance.choice(others)
        start = chance.randrange(len(other) + 1)
        data[place:place] = other[start : start + chance.randint(1, 400)]
    elif kind < 0.85 and data:
        data[place % len(data)] ^= 1 << chance.randrange(8)
    else:
        lines = bytes(data).split(b"\n")
        if chance.random() < 0.5:
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
        else:
            del lines[chance.randrange(len(lines))]
        data = bytearray(b"\n".join(lines))
    return data


def _cells(content: bytes, chance: Random) -> bytes:
    """Cells of one line changed for others, doubled, dropped or swapped."""
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    sign = max((b",", b";", b"\t", b"|", b" "), key=lines[place].count)
    cells = lines[place].split(sign)
    for _ in range(chance.randint(1, 3)):
        at, kind = chance.randrange(len(cells)), chance.random()
        if kind < 0.6:
            cells[at] = chance.choice(TOKENS[14:])
        elif kind < 0.75:
            cells.insert(at, cells[at])
        elif kind < 0.9 and len(cells) > 1:
            del cells[at]
        else:
            other = chance.randrange(len(cells))
            cells[at], cells[other] = cells[other], cells[at]
    lines[place] = sign.join(cells)
    return b"\n".join(lines)


def _json(content: bytes, chance: Random) -> bytes:
    """One to three values inside the JSON document, or inside one of its lines, changed for others."""
    try:
        lines, at = [content], 0
        value = json.loads(content)
    except ValueError:
        lines = content.split(b"\n")
        at = chance.randrange(len(lines))
        try:
            value = json.loads(lines[at])
        except ValueError:
            return content
    holder = {"": value}
    for _ in range(chance.randint(1, 3)):
        _one_value(holder, chance)
    try:
        lines[at] = json.dumps(holder[""]).encode()
    except (ValueError, RecursionError):
        return content
    return b"\n".join(lines)


def _one_value(inside: Any, chance: Random) -> None:
    for _ in range(200):
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        key = chance.choice(keys)
        held = inside[key]
        if isinstance(held, dict | list) and held and chance.random() < 0.93:
            inside = held
            continue
        kind = chance.random()
        if kind < 0.7:
            inside[key] = chance.choice(VALUES)
        elif kind < 0.85:
            inside[key] = [held, held]
        elif isinstance(inside, dict) and key:
            inside["another" if chance.random() < 0.5 else key.upper()] = inside.pop(key)
        elif isinstance(inside, list):
            inside.append(held)
        return
