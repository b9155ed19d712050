"""Hardware as people write it: ``8 x A100-SXM4-80GB + 2 x EPYC 7742`` read into kinds, models and counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporter.run import Device

Kind = Literal["cpu", "gpu", "tpu"]
_BETWEEN = pattern(r"\s+\+\s+|\s*;\s*|\s+and\s+")
_COUNT_FIRST = pattern(r"(?a:(\d{1,6}))\s*[x×*]\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_COUNT_LAST = pattern(r"(.*\S)\s+[x×*]\s*(?a:(\d{1,6}))", re.IGNORECASE | re.DOTALL)
_PROCESSOR = pattern(
    r"\b(cpus?\b|xeon|epyc|opteron|ryzen|threadripper|pentium|celeron|atom\b|graviton|power\d|core[ -]?(i\d|ultra))",
    re.IGNORECASE,
)


class Piece(NamedTuple):
    """One kind of processor of a machine, and how many of it; ``number`` is None where the text names no number."""

    kind: Kind
    model: str
    number: int | None


def pieces(text: str) -> list[Piece]:
    """The processors that a text names, parted by ``+``, ``;`` or ``and``; [] for a blank text."""
    return [_piece(part) for part in _BETWEEN.split(text.strip()) if part.strip()]


def _piece(text: str) -> Piece:
    text = " ".join(text.split())
    first, last = _COUNT_FIRST.fullmatch(text), _COUNT_LAST.fullmatch(text)
    model, number = (first[2], int(first[1])) if first else (last[1], int(last[2])) if last else (text, None)
    return Piece(kind_of(model), model, number)


def kind_of(model: str) -> Kind:
    """What a model's name says it is: a TPU or a CPU where it names one, else a GPU, as most of what trains models."""
    if re.search(r"\btpu", model, re.IGNORECASE):
        return "tpu"
    return "cpu" if _PROCESSOR.search(model) else "gpu"


def described(devices: Iterable[Device]) -> dict[str, Any]:
    """A Run's fields that name hardware: models and counts of accelerators and processors, GB of memory."""
    named = [device for device in devices if device.kind != "ram"]
    cards = [device for device in named if device.kind != "cpu"]
    return {
        "gpu_model": _joined(cards),
        "gpu_count": sum(device.count for device in cards) or None,
        "cpu_model": _joined(device for device in named if device.kind == "cpu"),
    }


def _joined(devices: Iterable[Device]) -> str | None:
    return ", ".join(f"{device.count:g} x {device.model}" for device in devices if device.model) or None
