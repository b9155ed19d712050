"""Reading on a Dask cluster: workers read whole folders and send back parts of a reading, never rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reporter import importers
from reporter.errors import ReportError, plain
from reporter.importers import stored
from reporter.importers.parts import Part, thin

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from reporter.importers.units import Unit

TASK_UNITS, TASK_BYTES = 200, 256 << 20  # folders and bytes of one task: some seconds of work
DEATHS = 3  # workers that a task may take with it before it is given up

INSTALL = "pip install 'carbon-report[dask]'"


def read(
    address: str, units: Sequence[Unit], settings: Mapping[str, Any], step: Callable[[int, int, str], None] | None
) -> Iterator[tuple[int, Part]]:
    """Each unit's place and its part, as they come in; what cannot be read is in the part, and the rest goes on.

    ``address`` is a scheduler's (``tcp://host:8786``) or ``local``. Raises ReportError where there is no such cluster.
    """
    with _client(address) as client:
        from distributed import as_completed

        waiting = {
            client.submit(_read, [(units[place].paths, units[place].searched) for place in task], dict(settings),
                          pure=False, retries=DEATHS): task
            for task in _tasks(units)
        }  # fmt: skip
        done = 0
        for future in as_completed(list(waiting)):
            task = waiting.pop(future)
            yield from zip(task, _parts(future, [units[place] for place in task]), strict=True)
            future.release()
            done += len(task)
            if step is not None:
                step(done, len(units), plain(units[task[-1]].paths[-1]))


def _tasks(units: Sequence[Unit]) -> list[list[int]]:
    """The places of units in tasks, none of too many or of too much; one large file is a task of its own."""
    tasks: list[list[int]] = []
    size = 0
    for place, unit in enumerate(units):
        if not tasks or len(tasks[-1]) >= TASK_UNITS or size + unit.size > TASK_BYTES:
            tasks.append([])
            size = 0
        tasks[-1].append(place)
        size += unit.size
    return tasks


def _read(tasks: list[tuple[list[str], bool]], settings: dict[str, Any]) -> list[str]:
    """On a worker: the parts of some units as JSON."""
    return [stored.dump(part_of(paths, settings, searched=searched)) for paths, searched in tasks]


def part_of(paths: list[str], settings: Mapping[str, Any], *, searched: bool) -> Part:
    """One unit's part, whatever goes wrong with it: an error that no importer foresaw is told with the path."""
    asked = dict(settings)
    points = asked.pop("points", None)
    try:
        part = importers.part_of(paths, searched=searched, **asked)
        if points is not None:
            thin(part, points)
    except ReportError as error:
        return Part(refused=[error])
    except Exception as error:
        return Part(refused=[ReportError(f"cannot be read: {plain(repr(error), 120)}", file=plain(paths[0]))])
    return part


def _parts(future: Any, units: Sequence[Unit]) -> list[Part]:
    """What a task gave; where it took its workers with it, a refusal for each of its units."""
    try:
        return [stored.load(text) for text in future.result()]
    except Exception as error:
        reason = f"the cluster gave it up: {plain(str(error).partition(chr(10))[0], 100)}; give its workers more memory"
        return [Part(refused=[ReportError(reason, file=plain(unit.paths[0]))]) for unit in units]


@contextmanager
def _client(address: str) -> Generator[Any]:
    """A client of the cluster, which is started for ``local`` and ended after it."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ReportError(f"--dask needs dask.distributed: {INSTALL}") from error
    if address == "local":
        with LocalCluster(threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout="15s")
    except (OSError, TimeoutError, ValueError) as error:
        raise ReportError(f"--dask {plain(address)}: no scheduler answers there; write tcp://HOST:8786") from error
    with client:
        yield client
