"""The decorator @reporter.sampled: each call of a function is a run of its own in one power log."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from reporter.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

#: Set in the flags of a function that was written with ``async def``.
_CO_COROUTINE = 0x80


@overload
def sampled(function: Callable[Arguments, Result], /) -> Callable[Arguments, Result]: ...
@overload
def sampled(
    function: str | None = None, /, **options: Any
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]: ...


def sampled(function: Any = None, /, **options: Any) -> Any:
    """Sample the energy of this machine during every call of a function: ``@sampled`` or ``@sampled("train.csv")``.

    The log is NAME.csv after the function where none is named; further calls are written below as runs of their own,
    labelled ``function=NAME``. ``options`` are Sampler's. Raises ReportError where the log may not be written.
    """
    if function is None or isinstance(function, str):
        return lambda inner: _wrapped(inner, function, options)
    return _wrapped(function, None, options)


def _wrapped(function: Callable[..., Any], path: str | None, options: dict[str, Any]) -> Callable[..., Any]:
    name = getattr(function, "__name__", "call").strip("<>")
    labels = {"function": name, **options.get("labels", {})}
    arguments = {"existing": "append", **options, "labels": labels}

    if getattr(getattr(function, "__code__", None), "co_flags", 0) & _CO_COROUTINE:

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with Sampler(path or f"{name}.csv", **arguments):
                return await function(*args, **kwargs)

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with Sampler(path or f"{name}.csv", **arguments):
            return function(*args, **kwargs)

    return called
