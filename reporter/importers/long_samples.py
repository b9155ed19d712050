"""What samples.py works out, of a long log's samples: columns as arrays of numpy, their times never going back."""

from __future__ import annotations

import math
from itertools import filterfalse
from operator import gt
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_long(values: Any) -> TypeGuard[Any]:
    """Whether samples are held as an array of numpy; a short log's are lists, those of a gauge plain arrays."""
    return hasattr(values, "dtype")


def steps_s(start: float, times: Any, end: float | None) -> tuple[Any, int]:
    """Seconds from each sample back to the one before, start and end too, and how often time went back."""
    import numpy as np

    at = np.concatenate(([start], times, [times[-1] if end is None else end]))
    now, before, latest = at[1:], at[:-1], np.maximum.accumulate(at)[:-1]
    steps = np.maximum(0.0, now - np.where(now > latest, latest, before))
    return steps, int((now < before - 1).sum())


def ordinary_s(times: Any) -> float:
    """The median step between samples in seconds; 0 where there are no two."""
    import numpy as np

    between = np.diff(times)
    between = between[between > 0]
    return float(np.median(between)) if len(between) else 0.0


def spread_kwh(watts: Any, steps: Any) -> Any:
    """Energy of each step: the power read at its end held all through it, and the last reading up to the end."""
    return steps / 3600 * last_again(watts) / 1000


def last_again(values: Any) -> Any:
    """The values, and the last of them once more, for the step up to the end."""
    if not is_long(values):
        return [*values, values[-1]]
    import numpy as np

    return np.append(values, values[-1])


def total(values: Any) -> float:
    """The sum of what is known; NaN is what is not."""
    import numpy as np

    return float(np.nansum(values))


def filled(values: Any) -> Any:
    """Gaps (NaN) filled with the value before, those in front with the first one; [] where nothing is known."""
    import numpy as np

    known = ~np.isnan(values)
    if not known.any():
        return []
    places = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    return values[np.maximum(places, int(known.argmax()))]


def curve(energies_kwh: Any, steps: Any, points: int) -> tuple[tuple[float, float], ...]:
    """Points (seconds since the start, mean W of the step that ends there), thinned the energy kept."""
    import numpy as np

    starts = np.arange(0, len(steps), math.ceil(len(steps) / points))
    seconds = np.add.reduceat(steps, starts)
    watts = np.add.reduceat(np.nan_to_num(energies_kwh), starts)[seconds > 0] * 3.6e6 / seconds[seconds > 0]
    return tuple(zip(np.cumsum(seconds)[seconds > 0].tolist(), watts.tolist(), strict=True))


def added(parts: Sequence[Any]) -> Any:
    """The steps' energies of several meters, one by one; unknown where one of them is."""
    return sum(parts[1:], parts[0]) if parts and is_long(parts[0]) else [sum(part) for part in zip(*parts, strict=True)]


def constant(value: float, beside: Any) -> Any:
    """A column of one value, as long as the other."""
    if not is_long(beside):
        return [value] * len(beside)
    import numpy as np

    return np.full(len(beside), value)


def believed(values: Any, most: float) -> tuple[Any, int]:
    """The values, those below 0 and above ``most`` unknown; and how many these were."""
    if not is_long(values):
        known = list(filterfalse(math.isnan, values))
        if not known or (min(known) >= 0 and max(known) <= most):  # nearly always, and soon seen
            return values, 0
        odd = sum(not 0 <= value <= most for value in known)
        return [value if 0 <= value <= most else math.nan for value in values], odd
    import numpy as np

    with np.errstate(invalid="ignore"):
        outside = (values < 0) | (values > most)
    odd = int(outside.sum())
    return np.where(outside, np.nan, values) if odd else values, odd


def shows(values: Any) -> bool:
    """Whether any value is above 0."""
    return bool((values > 0).any()) if is_long(values) else any(value > 0 for value in values)


def unknown(values: Any) -> int:
    """How many values are not known."""
    if not is_long(values):
        return sum(map(math.isnan, values))
    import numpy as np

    return int(np.isnan(values).sum())


def beyond(values: Any, most: float) -> list[float]:
    """The values above ``most``."""
    found = values[values > most].tolist() if is_long(values) else [value for value in values if value > most]
    return [float(value) for value in found]


def above(values: Any, others: Any) -> int:
    """How many values lie above those of the other column beside them, by more than rounding."""
    if is_long(values) and is_long(others):
        return int((values > others * (1 + 1e-9)).sum())
    if not any(map(gt, values, others)):
        return 0
    return sum(value > other * (1 + 1e-9) for value, other in zip(values, others, strict=False))
