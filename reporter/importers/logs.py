"""Where logs come from: files, folders, archives and standard input, opened so that no input can hang or escape."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from functools import cached_property
from typing import IO, TYPE_CHECKING

from reporter import limits
from reporter.errors import FINDINGS, Finding, Level, ReportError, plain
from reporter.importers.head import header_of
from reporter.output_options import SITE_MANIFEST
from reporter.run import Input

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator, Mapping

#: What is looked at inside folders and archives; a file that is named outright may have any ending.
ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".log", ".txt", ".zip", ".bak", ".pkl", ".toml", "_power_usage_watts")
HEAD_BYTES = 65_536
RATIO_FROM_BYTES = 1 << 20  # what a file of an archive may be unpacked, however well it was packed
_ADVICE = {errno.ENOENT: "; check the path", errno.EACCES: "; allow it with chmod, or copy the file"}
TOLD_LINES = 3  # so many lines of a file are told one by one for each thing to say, the rest as a number


class Log:
    """One file of a tracker, wherever it lies, with the count of its rows and what there is to say about it."""

    def __init__(
        self, path: str, opened: Callable[[], IO[bytes]], folder: str, beside: Mapping[str, Log],
        chosen: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.path, self._opened, self.folder, self._beside = path, opened, folder, beside
        self.chosen = chosen or {}  # limits other than the usual, by name
        self.name = path.rsplit("/", 1)[-1].rsplit(os.sep, 1)[-1]
        self.rows = self.skipped = 0
        self.findings: list[Finding] = []
        self._told: dict[tuple[str, Level], int] = {}
        self.strict = False
        self.noted: Callable[[str], None] | None = None
        self.digest: str | None = None  # SHA-256, where the content was read through

    def open(self) -> IO[bytes]:
        """Open for reading bytes. Raises ReportError where that cannot be."""
        if self.noted is not None:
            self.noted(self.path)
        # All there is: a small file is opened once. (What reads archives takes errors of files alone.)
        if "head" in self.__dict__ and len(self.head) < HEAD_BYTES and not self.head.startswith(b"PK"):
            return io.BytesIO(self.head)
        try:
            return self._opened()
        except OSError as error:
            advice = _ADVICE.get(error.errno or 0, "")
            raise ReportError(f"cannot be read: {error.strerror or error}{advice}", file=plain(self.path)) from error

    def beside(self, name: str) -> Log | None:
        """The file of that name in the same folder or archive, or None."""
        return self._beside.get(name)

    def names(self) -> list[str]:
        """Names of all files in the same folder or archive, in order."""
        return sorted(self._beside)

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.open() as stream:
            try:
                return stream.read(HEAD_BYTES)
            except OSError as error:
                raise self.refuse(f"cannot be read: {error.strerror}") from error

    @property
    def is_short(self) -> bool:
        """Whether the head is all there is, and no longer than a line may be."""
        return len(self.head) < HEAD_BYTES and len(self.head) <= self.limit("line")

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The first line's cells if it is delimited text, as importers compare them: stripped and in lower case."""
        return header_of(self.head)

    def sha256(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        import hashlib

        if self.digest is not None:
            return self.digest
        if len(self.head) < HEAD_BYTES:
            return hashlib.sha256(self.head).hexdigest()
        with self.open() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]

    def input(self, tracker: str) -> Input:
        """What is told of the file in the report; its runs are counted when all is read."""
        return Input(self.path, tracker, self.sha256(), self.rows, 0, self.skipped)

    @property
    def held(self) -> int:
        """How many bytes of the content are held."""
        return len(self.__dict__.get("head", b""))

    def forget(self) -> None:
        """Let go of the content that is held, once all is read: a reading may have a million files."""
        self.__dict__.pop("head", None)

    def again(self) -> None:
        """Forget what was counted and told, before the file is read once more."""
        self.rows = self.skipped = 0
        self.findings, self._told = [], {}

    def say(self, code: str, message: str, line: int | None = None, level: Level = "warning") -> None:
        """Note a finding about this file (and line). What many lines share is told of the first few of them."""
        where = plain(self.path) if line is None else f"{plain(self.path)}:{line}"
        if line is not None:
            self._told[code, level] = self._told.get((code, level), 0) + 1
            if self._told[code, level] > TOLD_LINES:
                return
        self.findings.append(Finding(code, level, message, where))

    def untold(self) -> Iterator[Finding]:
        """How many more lines there is the same to say about, and how many more were skipped."""
        where = plain(self.path)
        for (code, level), count in self._told.items():
            if count > TOLD_LINES:
                alike = f"the same holds for {count - TOLD_LINES} more lines ({FINDINGS.get(code, code)})"
                yield Finding(code, level, alike, where)
        if self.skipped > TOLD_LINES:
            yield Finding("CR002", "warning", f"{self.skipped - TOLD_LINES} more of {self.rows} rows skipped", where)

    def skip(self, line: int, why: str, code: str = "CR002") -> None:
        """Count a row that is left out, and tell why. Raises ReportError under --strict."""
        if self.strict:
            raise self.refuse(f"{why}; mend the row, or leave --strict out to skip it", line)
        self.skipped += 1
        if self.skipped <= TOLD_LINES:
            self.say(code, f"{why}; row skipped", line)

    def limit(self, name: str) -> int:
        """The limit of that name in reporter/limits.py, or what the user chose in its place."""
        return limits.of(name, self.chosen)

    def passed(self, what: str, name: str, line: int | None = None) -> ReportError:
        """Make the error for a limit that this file passes: ``what`` there is, and how the limit is raised."""
        return self.refuse(limits.passed(what, name, self.chosen), line)

    def refuse(self, message: str, line: int | None = None) -> ReportError:
        """Make the error that refuses this file."""
        return ReportError(message, file=plain(self.path), line=line)


class NoLogs(ReportError):
    """An archive without anything that could be a log: wrong where it was named, passed over in a folder."""


def find(paths: list[str], chosen: Mapping[str, int] | None = None) -> Iterator[Log | Finding | ReportError]:
    """Every log that the paths name: files, folders (searched), globs, zip archives, ``-`` for standard input.

    A path that cannot be read comes out as the ReportError that tells it, in its turn, so that the others go on; what
    a search left out comes out as a Finding.
    """
    seen: set[str] = set()
    for path in paths:
        for found in _at(path, chosen or {}):
            if not isinstance(found, Log):
                yield found
            elif found.path not in seen:
                seen.add(found.path)
                yield found


def _at(path: str, chosen: Mapping[str, int]) -> Iterator[Log | Finding | ReportError]:
    if path == "-":
        content = sys.stdin.buffer.read(limits.of("unpacked", chosen) + 1)
        log = Log("standard input", lambda: io.BytesIO(content), "", {}, chosen)
        over = len(content) > log.limit("unpacked")
        yield log.passed("more than can be held in memory", "unpacked") if over else log
        return
    if not os.path.lexists(path) and any(sign in path for sign in "*?["):
        import glob

        matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            yield ReportError("no file matches this pattern", file=plain(path))
        for match in matches:
            yield from _at(match, chosen)
        return
    if os.path.isdir(path):
        yield from _in_folder(path, chosen)
        return
    yield from _files([path], os.path.dirname(path) or ".", chosen)


def _in_folder(top: str, chosen: Mapping[str, int]) -> Iterator[Log | Finding | ReportError]:
    found = looked = 0
    for place in _searched(top, chosen):
        if isinstance(place, Finding | ReportError):
            yield place
            continue
        folder, paths, here = place
        looked += len(here)
        for log in _files(paths, folder, chosen, here):
            if not isinstance(log, NoLogs):
                found += 1
                yield log
    if not found:
        yield ReportError(
            f"no tracker's log in this folder ({looked} files looked at); see 'carbon-report formats'", file=plain(top)
        )


def _searched(
    top: str, chosen: Mapping[str, int]
) -> Iterator[tuple[str, list[str], list[str]] | Finding | ReportError]:
    """Each folder below: its path, the files in it that may be logs, and the names of its regular files."""
    looked, links, waiting = 0, list[str](), [top]
    while waiting:
        folder = waiting.pop()
        folders, names, others = _entries(folder)
        if SITE_MANIFEST in names and folder != top:  # a site that we wrote: its table tells of the logs beside it
            continue
        waiting += [os.path.join(folder, name) for name in reversed(folders)]
        looked += len(names) + len(others)
        if looked > limits.of("files", chosen):
            yield ReportError(limits.passed(f"{looked:,} files in this folder", "files", chosen), file=plain(top))
            break
        paths = (os.path.join(folder, name) for name in others if name.lower().endswith(ENDINGS))
        links += filter(os.path.islink, paths)  # a link may lead out of the folder, or twice to one log
        yield folder, [os.path.join(folder, name) for name in names if name.lower().endswith(ENDINGS)], names
    if links:
        more = f" and {len(links) - 1} more links" if len(links) > 1 else ""
        yield Finding("CR042", "note", f"a link{more}, not followed; name the file itself to read it", plain(links[0]))


def _entries(folder: str) -> tuple[list[str], list[str], list[str]]:
    """Names in a folder, each in order: folders to be searched, regular files, and whatever else is no folder."""
    folders, names, others = list[str](), list[str](), list[str]()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    folders += [entry.name] if entry.name[0] != "." else []
                elif not os.path.isdir(entry.path):  # a link to a folder is not followed
                    others.append(entry.name)
    except OSError:  # not ours to read, or removed since it was found
        pass
    return sorted(folders), sorted(names), sorted(others)


def paths(path: str, chosen: Mapping[str, int]) -> Iterator[str | Finding | ReportError]:
    """The files of this machine that a path names, none of them opened."""
    if path == "-":
        yield ReportError("standard input cannot be read in parts; give a file, or leave --cache and --dask out")
    elif not os.path.lexists(path) and any(sign in path for sign in "*?["):
        import glob

        matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            yield ReportError("no file matches this pattern", file=plain(path))
        for match in matches:
            yield from paths(match, chosen)
    elif os.path.isdir(path):
        for place in _searched(path, chosen):
            if isinstance(place, Finding | ReportError):
                yield place
            else:
                yield from place[1]
    else:
        yield path


def _files(
    paths: list[str], folder: str, chosen: Mapping[str, int], names: list[str] | None = None
) -> Iterator[Log | ReportError]:
    beside = _Folder(folder, chosen, names)
    for path in paths:
        log = Log(path, lambda path=path: _open(path, chosen), folder, beside, chosen)  # type: ignore[misc]
        beside.known[log.name] = log
        try:
            if log.head.startswith(b"PK\x03\x04") and not path.lower().endswith(".csv"):
                yield from _in_archive(log)
            else:
                yield log
        except ReportError as error:
            yield error


def _open(path: str, chosen: Mapping[str, int]) -> IO[bytes]:
    """Open a regular file; a FIFO, a device or a socket is refused instead of waited for. Raises OSError."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # some devices act when they are opened
        raise OSError(0, "it is no regular file")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    told = os.fstat(descriptor)
    if not stat.S_ISREG(told.st_mode) or told.st_size > limits.of("size", chosen):
        os.close(descriptor)
        size = limits.passed(limits.size(told.st_size), "size", chosen)
        raise OSError(0, size if stat.S_ISREG(told.st_mode) else "it is no regular file")
    return os.fdopen(descriptor, "rb")


class _Folder(dict[str, Log]):
    """The files of one folder, made into Logs when they are asked for."""

    def __init__(self, folder: str, chosen: Mapping[str, int], names: list[str] | None = None) -> None:
        super().__init__()
        self.folder, self.chosen = folder, chosen
        self.known: dict[str, Log] = {}
        self._names = names  # where the folder was listed already

    def __iter__(self) -> Iterator[str]:
        if self._names is None:
            self._names = self._listed()
        return iter(self._names)

    def _listed(self) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(self.folder) if entry.is_file(follow_symlinks=False))
        except OSError:
            return []

    def get(self, name: str, default: Log | None = None) -> Log | None:  # type: ignore[override]
        if name not in self.known:
            path = os.path.join(self.folder, name)
            if not os.path.lexists(path) or not stat.S_ISREG(os.lstat(path).st_mode):
                return default
            self.known[name] = Log(path, lambda: _open(path, self.chosen), self.folder, self, self.chosen)
        return self.known[name]


def _in_archive(archive: Log) -> Iterator[Log]:
    """The logs inside a zip archive, read in memory; nothing is unpacked to disk."""
    import zipfile

    found = 0
    try:
        opened = zipfile.ZipFile(archive.open())
        members = [member for member in opened.infolist() if not member.is_dir()]
        if len(members) > archive.limit("files"):
            raise archive.passed(f"archive of {len(members):,} files", "files")
        unpacked = sum(member.file_size for member in members)
        if unpacked > archive.limit("archive"):
            raise archive.passed(f"archive of {limits.size(unpacked)} when unpacked", "archive")
        folders: dict[str, dict[str, Log]] = {}
        for member in members:
            if member.filename.lower().endswith(ENDINGS) and not member.filename.lower().endswith(".zip"):
                folder, _, name = member.filename.rpartition("/")
                beside = folders.setdefault(folder, {})
                path = f"{archive.path}/{member.filename}"
                if name in beside:
                    raise archive.refuse(f"two files of the archive are called {plain(member.filename, 80)}; unpack it")
                beside[name] = Log(path, _member(opened, member, archive.chosen), f"{archive.path}/{folder}", beside,
                                   archive.chosen)  # fmt: skip
        for beside in folders.values():
            for log in beside.values():
                found += 1
                yield log
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise archive.refuse(f"archive cannot be read ({error}); download or zip it again") from error
    if not found:
        raise NoLogs("no tracker's log in this archive; see 'carbon-report formats'", file=plain(archive.path))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, chosen: Mapping[str, int]) -> Callable[[], IO[bytes]]:
    """How a member is opened: whole and checked (size, CRC), since a member of a zip cannot be trusted to end."""

    def opened() -> IO[bytes]:
        import zipfile
        import zlib

        if member.flag_bits & 1:
            raise OSError(0, "it is encrypted; unpack the archive, and name the folder")
        size, ratio = member.file_size, member.file_size / max(1, member.compress_size)
        if size > limits.of("unpacked", chosen):
            raise OSError(0, limits.passed(f"{limits.size(size)} when unpacked", "unpacked", chosen))
        if size > RATIO_FROM_BYTES and ratio > limits.of("ratio", chosen):
            raise OSError(0, limits.passed(f"unpacks to {ratio:,.0f} times its size", "ratio", chosen))
        try:
            with archive.open(member) as stream:
                return io.BytesIO(stream.read(size + 1))
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise OSError(0, f"archive is damaged ({error}); download or zip it again") from error

    return opened
