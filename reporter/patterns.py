"""Regular expressions that are compiled when they are first used: compiling all of ours takes longer than a report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr, cast

_METHODS = ("fullmatch", "match", "search", "sub", "subn", "split", "findall", "finditer", "pattern", "flags", "groups")


class _Pattern:
    """Stands for a compiled pattern; from its first use on it has the compiled one's methods as its own."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self._text, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression with the methods of a compiled one."""
    if TYPE_CHECKING:
        return re.compile(text, flags)
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
