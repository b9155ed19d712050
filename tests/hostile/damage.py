"""What happens to logs: encodings, line ends, cuts, copies, foreign contents, numbers that are none."""

from __future__ import annotations

import base64
import os
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = b"<!DOCTYPE html>\n<html><head><title>Not Found</title></head><body><script>alert(1)</script></body></html>\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"  # noqa: E501 - as git writes it
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def _lines(content: bytes) -> list[bytes]:
    return content.replace(b"\r\n", b"\n").split(b"\n")


def _conflict(content: bytes) -> bytes:
    lines = _lines(content)
    last = lines[-2:]
    return b"\n".join([*lines[:-2], b"<<<<<<< HEAD", *last, b"=======", *last, b">>>>>>> theirs", b""])


def _cut_in_last_line(content: bytes) -> bytes:
    body = content.rstrip(b"\n\r ")
    start = body.rfind(b"\n") + 1
    return body[: start + (len(body) - start) // 2] if start else body[: len(body) * 2 // 3]


def _cut_in_half(content: bytes) -> bytes:
    """Inside of a line, since what ends with a line cannot be told from a shorter file."""
    half = content[: len(content) // 2].rstrip(b"\r\n")
    return half[:-1] if len(half) < len(content) // 2 else half


def _mixed(content: bytes) -> bytes:
    return b"".join(line + (b"\r\n" if place % 2 else b"\n") for place, line in enumerate(_lines(content)))


#: Name of the fault, what it is in words, and how it is made of a good file.
FILES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "empty": ("no byte at all", lambda _: b""),
    "blank": ("nothing but line ends", lambda _: b"\n\n \n\t\n"),
    "bom": ("a byte order mark in front", lambda content: b"\xef\xbb\xbf" + content),
    "utf-16": ("UTF-16 with its mark", lambda content: b"\xff\xfe" + content.decode().encode("utf-16-le")),
    "utf-16-bare": ("UTF-16 without a mark", lambda content: content.decode().encode("utf-16-le")),
    "utf-32": ("UTF-32", lambda content: b"\xff\xfe\x00\x00" + content.decode().encode("utf-32-le")),
    "crlf": ("line ends of Windows", lambda content: b"\r\n".join(_lines(content))),
    "cr": ("line ends of old Macs", lambda content: b"\r".join(_lines(content))),
    "mixed-ends": ("line ends of both kinds", _mixed),
    "nul-tail": ("4 KiB of NUL at its end, as a power failure leaves", lambda content: content + bytes(4096)),
    "nul-all": ("nothing but NUL", lambda content: bytes(len(content))),
    "nul-inside": (
        "a NUL in the midst",
        lambda content: content[: len(content) // 2] + b"\0" + content[len(content) // 2 :],
    ),
    "cut-half": ("cut off in the middle", _cut_in_half),
    "cut-line": ("cut off in its last line", _cut_in_last_line),
    "twice": ("the file twice in one", lambda content: content + (b"" if content.endswith(b"\n") else b"\n") + content),
    "conflict": ("a merge conflict in it", _conflict),
    "page-404": ("a server's error page", lambda _: PAGE),
    "lfs-pointer": ("a pointer of Git LFS", lambda _: POINTER),
    "png": ("a picture", lambda _: PNG),
    "elf": ("a program", lambda _: b"\x7fELF\x02\x01\x01" + bytes(9) + os.urandom(0) + bytes(range(256)) * 8),
    "deflate": ("compressed", zlib.compress),
    "depth": ("nested 200,000 deep", lambda _: b"[" * 200_000),
    "depth-object": ("nested 100,000 deep under a key", lambda _: b'{"a":' * 100_000),
    "garbage-line": ("a line of bytes that are no UTF-8", lambda content: content + b"\xff\xfe\xfa caf\xe9 \x80\x81\n"),
}

#: Numbers that are none, or that no meter can show.
NUMBERS: dict[str, tuple[str, bytes]] = {
    "nan": ("not a number", b"NaN"),
    "infinite": ("infinite", b"Infinity"),
    "negative": ("below 0", b"-5"),
    "huge": ("1e308", b"1e308"),
    "overflow": ("1e400", b"1e400"),
    "digits": ("an integer of 5,000 digits", b"9" * 5000),
    "underscore": ("1_0.0, which Python's float takes", b"1_0.0"),
    "word": ("a word", b"unknown"),
    "blank": ("nothing", b""),
}
