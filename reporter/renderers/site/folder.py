"""The folder of a site: what we wrote there stands in a manifest; what we did not write is never touched."""

from __future__ import annotations

import hashlib
import json
import os
from typing import IO, TYPE_CHECKING, NamedTuple

from reporter.errors import ReportError, plain
from reporter.output_options import SITE_MANIFEST
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

_MARK = {"carbon-report": "site", "version": 1}
#: What we may have written; a manifest that names anything else was not written by us.
_OURS = pattern(r"(?:(?:data|groups|runs)/)?[a-z0-9][a-z0-9.-]*")


class Page(NamedTuple):
    """One file of the site: its path with ``/``, a digest of all that it is made of, and how it is made.

    One without a digest is made each time, and written where it differs.
    """

    path: str
    digest: str
    made: Callable[[], bytes]


class Written(NamedTuple):
    """What was done: files written, left as they were, and removed; files of ours that somebody changed and we kept."""

    written: int
    kept: int
    removed: int
    changed: tuple[str, ...]


class Folder:
    """A site's folder, open for writing. Each file is noted in the manifest before it is written, and appears whole.

    So a site that was interrupted is taken up again by the same command, wherever it stopped.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._known: dict[str, tuple[str, str]] = {}  # path -> digest of what it is made of, SHA-256 of the file
        self._written = self._kept = 0
        self._journal: IO[str] | None = None

    def __enter__(self) -> Folder:
        manifest = self._place(SITE_MANIFEST)
        try:
            if os.path.lexists(manifest):
                self._known = self._read(manifest)
            elif os.path.lexists(self.path) and (not os.path.isdir(self.path) or os.listdir(self.path)):
                raise ReportError("--site: this is there and no site of carbon-report; name an empty or new folder",
                                  file=plain(self.path))  # fmt: skip
            for part in ("", "data", "groups", "runs"):
                folder = os.path.join(self.path, part)
                if part and os.path.islink(folder):
                    raise ReportError("--site: this is a link, which may lead anywhere; remove it", file=plain(folder))
                os.makedirs(folder, exist_ok=True)
            self._journal = open(manifest, "a", encoding="utf-8")
            self._journal.write("\n" + json.dumps(_MARK) + "\n")
            self._journal.flush()
        except OSError as error:
            raise self._cannot(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._journal is not None:
            self._journal.close()

    def put(self, page: Page) -> None:
        """Write a page unless it is there as it would be made. Raises ReportError rather than replace a user's file."""
        digest, written = self._known.get(page.path, ("", ""))
        place = self._place(page.path)
        try:
            there = _sha256(place)
            if there is not None and not written:
                raise ReportError("--site: this file was not written by carbon-report; move it away", file=plain(place))
            if page.digest and page.digest == digest and there == written:
                self._kept += 1
                return
            content = page.made()
            made = hashlib.sha256(content).hexdigest()
            self._note(page.path, page.digest, made)
            if there == made:
                self._kept += 1
                return
            _replace(place, content)
            self._written += 1
        except OSError as error:
            raise self._cannot(error) from error

    def without_others(self, pages: Sequence[Page]) -> Written:
        """Remove what an earlier site of ours had besides these pages, unless somebody changed it."""
        now, changed, removed = {page.path for page in pages}, [], 0
        try:
            for path in [path for path in self._known if path not in now]:
                there = _sha256(self._place(path))
                if there is not None and there == self._known[path][1]:
                    os.unlink(self._place(path))
                    removed += 1
                elif there is not None:
                    changed.append(path)
                del self._known[path]
            lines = [_line(path, *told) for path, told in sorted(self._known.items())]
            text = "".join([json.dumps(_MARK) + "\n", *lines])
            if self._journal is not None:
                self._journal.close()
            _replace(self._place(SITE_MANIFEST), text.encode())
        except OSError as error:
            raise self._cannot(error) from error
        return Written(self._written, self._kept, removed, tuple(changed))

    def _place(self, path: str) -> str:
        return os.path.join(self.path, *path.split("/"))

    def _note(self, path: str, digest: str, written: str) -> None:
        self._known[path] = (digest, written)
        if self._journal is not None:
            self._journal.write(_line(path, digest, written))
            self._journal.flush()

    def _read(self, manifest: str) -> dict[str, tuple[str, str]]:
        """What the manifest tells, its last word on each file; the line that an interruption cut is passed over."""
        known, marked = {}, False
        with open(manifest, encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    told = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if not isinstance(told, dict):
                    continue
                marked = marked or told == _MARK
                path, digest, written = (str(told.get(key, "")) for key in ("path", "of", "sha256"))
                if _OURS.fullmatch(path) and written:
                    known[path] = (digest, written)
        if not marked:
            raise ReportError("--site: this is no manifest of ours; name another folder", file=plain(manifest))
        return known

    def _cannot(self, error: OSError) -> ReportError:
        place = plain(error.filename or self.path)
        return ReportError(f"--site: cannot be written: {error.strerror or error}", file=place)


def _line(path: str, digest: str, written: str) -> str:
    return json.dumps({"path": path, "of": digest, "sha256": written}, sort_keys=True) + "\n"


def _sha256(path: str) -> str | None:
    """SHA-256 of a file, or None where there is none."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _replace(path: str, content: bytes) -> None:
    """Write a file by way of another beside it. No fsync: what a crash tears has another SHA-256, and is made again."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.carbon-report")
    with open(temporary, "wb") as file:
        file.write(content)
    os.replace(temporary, path)
