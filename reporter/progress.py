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

    Used as ``with Progress("reading logs") as step: ...; step(3, 10, "run.csv")``. A step that alone takes more than
    a second is shown while it lasts.
    """

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self.what = what
        self.watched = not quiet and sys.stderr.isatty()
        self._begun = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._timer: Any = None
        self._lock: Any = None
        self._last = (0, 1, "")

    def __enter__(self) -> Callable[[int, int, str], None]:
        if self.watched:
            import threading

            self._lock = threading.Lock()
            self._timer = threading.Timer(PATIENCE_S, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self._step

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self.watched = False
            if self._bar is not None:
                self._bar.stop()

    def _step(self, done: int, total: int, name: str) -> None:
        self._last = (done, total, name)
        if self.watched and time.monotonic() - self._begun >= PATIENCE_S:
            self._show()

    def _show(self) -> None:
        """Bring the bar up to date, from whoever comes first: a step, or the timer while one lasts."""
        with self._lock:
            if not self.watched:
                return
            if self._bar is None:
                self._start()
            done, total, name = self._last
            self._bar.update(self._task, completed=done, total=total, name=name)

    def _start(self) -> None:
        # rich draws bars right in every terminal (width, NO_COLOR, redirection); its import is worth it by now.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.text import Text

        class Name(TextColumn):
            def render(self, task: Any) -> Text:  # a file's name is no markup
                return Text(task.fields.get("name", "")[-40:])

        bar = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), Name(""))
        columns = (SpinnerColumn(), TextColumn(self.what), *bar)
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self.what, name="")
        self._bar.start()
