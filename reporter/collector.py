"""Python's search for garbage in cycles: not while logs are read, and not at the end of the program."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A short report makes no garbage worth looking for; after every 700 objects, as Python has it, is a fortieth of it.
EVERY = 50_000


@contextmanager
def at_rest() -> Iterator[None]:
    """No search within: reading leaves no cycles, and each search would walk what was read before, file upon file."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@contextmanager
def of_the_program() -> Iterator[None]:
    """For a process of our own: seldom within, and no more when all that is left is the system's to take back.

    That last search takes a seventh of a short report's time.
    """
    gc.set_threshold(EVERY, 20, 20)
    try:
        yield
    finally:
        gc.freeze()
