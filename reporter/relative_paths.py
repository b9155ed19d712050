"""A report whose inputs are named from the folder that they share: where its author keeps files is left out."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reporter.footprint import Amount
from reporter.rebuilt import Walk
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
    return replace(report, footprint=_Shortened(short)(report.footprint))


class _Shortened(Walk):
    """Shorter paths wherever one stands in a report."""

    def __init__(self, short: dict[str, str]) -> None:
        super().__init__()
        self._short = short

    def text(self, text: str) -> str:
        """A text with the shorter paths."""
        if os.sep in text:
            for folder, name in self._short.items():
                text = text.replace(folder, name)
        return text

    def made(self, value: Any) -> Any:
        """Of what there is most, only the parts that hold a path are looked at."""
        if isinstance(value, Run):  # there may be a million; nothing else in them is a path
            labels = {key: self.text(label) for key, label in value.labels.items()}
            return replace(value, id=self.text(value.id), source=self.text(value.source), labels=labels)
        if isinstance(value, Amount):  # there are several a run, and only a file of own factors is named in them
            factors = tuple(map(self, value.factors))
            return value if factors == value.factors else value._replace(factors=factors)
        return super().made(value)
