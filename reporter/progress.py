"""A progress bar on a terminal, for work that takes more than a second; nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

#: Shorter work than this needs no bar, and should not pay for importing one: s.
PATIENCE_S = 1.0


class Progress:
    """Shows how many of how many steps are done, on standard error and on a terminal alone.

    Used as ``with Progress("reading logs") as step: ...; step(3, 10, "run.csv")``.
    """

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self.what = what
        self.watched = not quiet and sys.stderr.isatty()
        self._begun = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Callable[[int, int, str], None]:
        return self._step

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _step(self, done: int, total: int, name: str) -> None:
        if not self.watched or time.monotonic() - self._begun < PATIENCE_S:
            return
        if self._bar is None:
            self._start()
        self._bar.update(self._task, completed=done, total=total, name=name)

    def _start(self) -> None:
        # rich draws bars right in every terminal (width, NO_COLOR, redirection); its import is worth it by now.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.text import Text

        class Name(TextColumn):
            def render(self, task: Any) -> Text:  # a file's name is no markup
                return Text(task.fields.get("name", "")[-40:])

        columns = (TextColumn(self.what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), Name(""))
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self.what, name="")
        self._bar.start()
