"""A report made anew with some of its parts changed: one walk over all that it is made of, each object once."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any


class Walk:
    """Rebuilds what it is called with, down to texts and numbers, so that what was one object stays one.

    Who changes something overrides ``text`` or ``made``.
    """

    def __init__(self) -> None:
        self._done: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        """The value with what is changed in it."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, int | float | bytes):
            return value
        known = self._done.get(id(value))
        if known is None:
            known = self._done[id(value)] = (value, self.made(value))  # which keeps the object, and so its id
        return known[1]

    def text(self, text: str) -> str:
        """A text; as it is."""
        return text

    def made(self, value: Any) -> Any:
        """An object made of parts, each of them rebuilt."""
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: self(getattr(value, field.name)) for field in fields(value)})
        if isinstance(value, tuple):
            parts = [self(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if isinstance(value, dict):
            return {key: self(part) for key, part in value.items()}
        return value
