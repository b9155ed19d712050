"""Finds templates/ and styles/: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOTS = (os.path.join(_HERE, "_assets"), os.path.dirname(_HERE))


def folder(name: str) -> str:
    """The folder of that name (``templates`` or ``styles``). Raises FileNotFoundError in a broken installation."""
    for root in _ROOTS:
        path = os.path.join(root, name)
        if os.path.isdir(path):
            return path
    raise FileNotFoundError(f"carbon-report's folder '{name}' is missing; install the package again")


def read(name: str, *parts: str) -> str:
    """The text of one file in such a folder."""
    with open(os.path.join(folder(name), *parts), encoding="utf-8") as file:
        return file.read()
