"""Logs in object storage and on the web, through fsspec: opened only where a path was given with a scheme."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from reporter import limits
from reporter.errors import Finding, ReportError, plain
from reporter.importers import logs
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What may stand before :// and the package that opens it. Other schemes are refused, among them chains of fsspec's.
SCHEMES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs",
           "hdfs": "pyarrow", "http": "aiohttp", "https": "aiohttp", "memory": "fsspec"}  # fmt: skip
_SCHEME = pattern(r"([a-z][a-z0-9]*)://[^:]")


def scheme(path: str) -> str | None:
    """The scheme of a path that is to be opened through fsspec, None for a path of this machine."""
    match = _SCHEME.match(path)
    return match[1] if match else None


def find(path: str, chosen: Mapping[str, int]) -> Iterator[logs.Log | Finding | ReportError]:
    """The logs at a remote path: one file, a folder (searched) or a glob. What cannot be listed is a ReportError."""
    try:
        paths = [url for url, _, _ in listed(path, chosen)]
        if not paths:
            yield ReportError("no file of a tracker's log is there; check the path", file=plain(path))
        yield from (log_at(url, chosen) for url in paths)
    except ReportError as error:
        yield error


def listed(path: str, chosen: Mapping[str, int]) -> list[tuple[str, int | None, str]]:
    """The files at a remote path in order: URL, size in bytes, and what changes when the content does.

    Raises ReportError where the place cannot be listed, or holds more files than may be read.
    """
    system, inside = _system(path)
    try:
        if any(sign in inside for sign in "*?["):
            found = system.glob(inside, detail=True)
        elif system.isfile(inside):
            found = {inside: system.info(inside)}
        else:
            below = system.find(inside, detail=True)
            found = {name: told for name, told in below.items() if name.lower().endswith(logs.ENDINGS)}
    except Exception as error:  # each store has errors of its own
        raise _failed(path, error) from error
    if len(found) > limits.of("files", chosen):
        raise ReportError(limits.passed(f"{len(found):,} files", "files", chosen), file=plain(path))
    stamps = ("ETag", "etag", "md5Hash", "content_md5", "mtime", "LastModified", "last_modified", "created")
    return [
        (_url(system, path, name), told.get("size"), next((str(told[key]) for key in stamps if told.get(key)), ""))
        for name, told in sorted(found.items())
        if told.get("type") != "directory"
    ]


def log_at(url: str, chosen: Mapping[str, int]) -> logs.Log:
    """The log at one URL, opened when it is read."""
    folder = url.rpartition("/")[0]
    beside = _Folder(folder, chosen)
    log = logs.Log(url, lambda: _open(url, chosen), folder, beside, chosen)
    beside[log.name] = log
    return log


def _url(system: Any, path: str, name: str) -> str:
    url = str(system.unstrip_protocol(name))
    return url if scheme(url) else f"{scheme(path)}://{name.lstrip('/')}"


def _system(path: str) -> tuple[Any, str]:
    """The file system of a path, and the path in it. Raises ReportError for what this program does not open."""
    name = scheme(path) or ""
    if name not in SCHEMES or "::" in path:
        known = ", ".join(f"{known}://" for known in SCHEMES if known != "memory")
        raise ReportError(f"paths of this kind are not opened; known are {known}", file=plain(path))
    try:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
    except ImportError as error:
        package = SCHEMES[name]
        extra = "'carbon-report[remote]'" if package in {"s3fs", "fsspec", "aiohttp"} else package
        raise ReportError(f"{name}:// needs {package}: pip install {extra}", file=plain(path)) from error
    except Exception as error:  # a store that cannot be reached as it is configured
        raise _failed(path, error) from error
    return system, str(inside)


def _open(url: str, chosen: Mapping[str, int]) -> IO[bytes]:
    """Open a remote file. Raises OSError, as a local one would."""
    system, inside = _system(url)
    try:
        size = system.size(inside)
        if size is not None and size > limits.of("size", chosen):
            raise OSError(0, limits.passed(limits.size(size), "size", chosen))
        stream: IO[bytes] = system.open(inside, "rb", block_size=8 << 20, cache_type="readahead")
    except OSError as error:
        raise OSError(error.errno or 0, error.strerror or _reason(error)) from error
    except Exception as error:
        raise OSError(0, _reason(error)) from error
    return stream


def _failed(path: str, error: Exception) -> ReportError:
    if isinstance(error, ReportError):
        return error
    return ReportError(f"cannot be read: {_reason(error)}; check the path and your credentials", file=plain(path))


def _reason(error: BaseException) -> str:
    return plain(str(error) or type(error).__name__, 120)


class _Folder(dict[str, logs.Log]):
    """The files of a remote folder, listed when a tracker asks what lies beside its log."""

    def __init__(self, folder: str, chosen: Mapping[str, int]) -> None:
        super().__init__()
        self.folder, self.chosen = folder, chosen
        self._names: list[str] | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed())

    def get(self, name: str, default: logs.Log | None = None) -> logs.Log | None:  # type: ignore[override]
        if name not in self.keys() and name in self._listed():
            self[name] = logs.Log(f"{self.folder}/{name}", lambda: _open(f"{self.folder}/{name}", self.chosen),
                                  self.folder, self, self.chosen)  # fmt: skip
        return super().get(name, default)

    def _listed(self) -> list[str]:
        if self._names is None:
            try:
                system, inside = _system(self.folder)
                found = system.ls(inside, detail=False)
                self._names = sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)
            except Exception:  # what lies beside is a hint alone; a web server has no list of it
                self._names = []
        return self._names
