"""Amount: a figure with its unit, range, basis and factors, and how figures are multiplied and added up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reporter.factors import Factor
    from reporter.run import Basis

_WEAKEST: tuple[Basis, ...] = ("assumed", "estimated", "reported", "measured")


class Part(NamedTuple):
    """One cause of a figure's range: how far it alone would move the figure down and up, in the figure's unit.

    ``shared``: the same for all runs (a grid, a PUE), so that it adds up over them. Not shared: each run's own, as the
    error of its meter, which partly cancels in a sum.
    """

    cause: str
    down: float
    up: float
    shared: bool = True


class Amount(NamedTuple):
    """A figure: its value in ``unit``, the ends of its range where they are known, and how it came to be known.

    The range is meant to hold the true value in 95 of 100 cases. Its ends combine the ``parts`` as independent errors
    are combined, by the root of the sum of their squares, on either side by itself (GUM, JCGM 100:2008, 5.1.2).
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    basis: Basis = "reported"
    factors: tuple[Factor, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def causes(self) -> tuple[Part, ...]:
        """The parts of the range; a range that was given whole is one part."""
        if self.parts or self.low is None or self.high is None:
            return self.parts
        return (Part(f"range of {self.unit}", self.value - self.low, self.high - self.value),)

    def times(self, other: Amount, unit: str, scale: float = 1.0) -> Amount:
        """The product of two figures in a new unit; ``scale`` converts (kWh x g/kWh to kg: 1e-3)."""
        parts = [*_scaled(self.causes, other.value * scale), *_scaled(other.causes, self.value * scale)]
        basis = weakest((self.basis, other.basis))
        return ranged(self.value * other.value * scale, unit, parts, basis, (*self.factors, *other.factors))


#: How many digits a figure without a range is printed with at most.
MOST_DIGITS = 6


def significant_digits(amount: Amount) -> int:
    """How many significant digits the range supports: up to the place of the first digit of its smaller half.

    So that 8.021 in 5.499 to 13.216 has one and 8.021 in 7.9 to 8.2 has two (JCGM 100:2008, 7.2.6 advises not to give
    more); 1 at least.
    """
    known = amount.low is not None and amount.high is not None
    halves = (amount.value - (amount.low or 0.0), (amount.high or 0.0) - amount.value) if known else ()
    half = min((part for part in halves if part > 0), default=0.0)
    if not half or not amount.value:
        return MOST_DIGITS
    places = math.floor(math.log10(abs(amount.value))) - math.floor(math.log10(half))
    return max(1, min(MOST_DIGITS, places + 1))


def ranged(
    value: float, unit: str, parts: Iterable[Part], basis: Basis, factors: Iterable[Factor] = ()
) -> Amount:
    """A figure with the range that its parts give; without parts it has none."""
    causes = _merged_parts(parts)
    low = value - math.hypot(*(part.down for part in causes)) if causes else None
    high = value + math.hypot(*(part.up for part in causes)) if causes else None
    return Amount(value, unit, low, high, basis, merged(factors), causes)


def of_factor(factor: Factor, unit: str | None = None) -> Amount:
    """A published figure as an Amount of basis *estimated*; its own range is one part, shared by all who use it."""
    down = factor.value - (factor.value if factor.low is None else factor.low)
    up = (factor.value if factor.high is None else factor.high) - factor.value
    known = factor.low is not None or factor.high is not None
    parts = (Part(f"{factor.kind} {factor.key}", down, up),) if known else ()
    return ranged(factor.value, unit or factor.unit, parts, "estimated", (factor,))


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum of figures of one unit; None where there is none.

    What the figures share (a grid, a PUE) adds up; what is each one's own (the error of a meter) is combined by the
    root of the sum of squares.
    """
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return None
    value = math.fsum(amount.value for amount in known)
    factors = (factor for amount in known for factor in amount.factors)
    parts = [part for amount in known for part in amount.causes]
    return ranged(value, known[0].unit, parts, weakest(amount.basis for amount in known), factors)


def _scaled(parts: Iterable[Part], by: float) -> list[Part]:
    """Parts of a figure that is multiplied; a factor below 0 turns their sides."""
    if by < 0:
        return [Part(part.cause, -by * part.up, -by * part.down, part.shared) for part in parts]
    return [Part(part.cause, by * part.down, by * part.up, part.shared) for part in parts]


def _merged_parts(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Each cause once: shared ones added up, the others combined by the root of the sum of squares."""
    causes: dict[tuple[str, bool], list[Part]] = {}
    for part in parts:
        causes.setdefault((part.cause, part.shared), []).append(part)
    return tuple(
        same[0] if len(same) == 1 else Part(cause, *_together(same, math.fsum if shared else _root), shared)
        for (cause, shared), same in causes.items()
    )


def _together(parts: Sequence[Part], how: Callable[[Iterable[float]], float]) -> tuple[float, float]:
    return how([part.down for part in parts]), how([part.up for part in parts])


def _root(values: Iterable[float]) -> float:
    return math.hypot(*values)


def weakest(bases: Iterable[Basis]) -> Basis:
    """The least certain of several ways of knowing, which is that of their combination."""
    return min(bases, key=_WEAKEST.index)


def merged(factors: Iterable[Factor]) -> tuple[Factor, ...]:
    """Figures in order, each once."""
    return tuple(dict.fromkeys(factors))
