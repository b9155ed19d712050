"""A report whose inputs are named from the folder that they share: where its author keeps files is left out."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from reporter.footprint import Amount
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.report import Report


def relative(report: Report, figures: Sequence[str] = ()) -> Report:
    """The report without the folders above its inputs, and above files of ``figures``, as far as they are absolute."""
    paths = [path for path in (*(entry.path for entry in report.footprint.inputs), *figures) if os.path.isabs(path)]
    if not paths:
        return report
    folders = sorted({os.path.dirname(path) for path in paths}, key=len, reverse=True)
    above = os.path.commonpath(folders)
    shared = above != os.path.dirname(above)  # no root of a file system: that would be half of any path
    names = {folder: os.path.relpath(folder, above) if shared else os.path.basename(folder) for folder in folders}
    short = {os.path.join(folder, ""): "" if name == "." else os.path.join(name, "") for folder, name in names.items()}
    return replace(report, footprint=_Walk(short)(report.footprint))


class _Walk:
    """Rebuilds what a report is made of where a path stands in it, each object once, so that one object stays one."""

    def __init__(self, short: dict[str, str]) -> None:
        self._short = short
        self._done: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        """The value with the shorter paths."""
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, int | float | bytes):
            return value
        known = self._done.get(id(value))
        if known is None:
            known = self._done[id(value)] = (value, self._made(value))  # which keeps the object, and so its id
        return known[1]

    def _text(self, text: str) -> str:
        if os.sep in text:
            for folder, name in self._short.items():
                text = text.replace(folder, name)
        return text

    def _made(self, value: Any) -> Any:
        if isinstance(value, Run):  # there may be a million; nothing else in them is a path
            labels = {key: self._text(label) for key, label in value.labels.items()}
            return replace(value, id=self._text(value.id), source=self._text(value.source), labels=labels)
        if isinstance(value, Amount):  # there are several a run, and only a file of own factors is named in them
            factors = tuple(map(self, value.factors))
            return value if factors == value.factors else value._replace(factors=factors)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: self(getattr(value, field.name)) for field in fields(value)})
        if isinstance(value, tuple):
            parts = [self(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if isinstance(value, dict):
            return {key: self(part) for key, part in value.items()}
        return value
