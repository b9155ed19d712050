"""Statistics of a group of runs, and of two groups against each other; what n runs can tell, and what not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from reporter.errors import ReportError, plain
from reporter.footprint import Contrast, Significance, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Group, RunFootprint

RESAMPLES = 9_999
SEED = 20_200_605  # fixed, so that the same logs give the same figures
#: Fewer runs on a side than this leave any test without the power to see more than a gross difference.
FEW = 5


def spread(values: Sequence[float]) -> Spread | None:
    """Number, total, mean, sample standard deviation (n - 1), least, median and most; None for no values."""
    if not values:
        return None
    n, ordered = len(values), sorted(values)
    total = math.fsum(values)
    mean = total / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1)) if n > 1 else None
    median = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return Spread(n, total, mean, deviation, ordered[0], median, ordered[-1])


def energies(runs: Sequence[RunFootprint]) -> list[float]:
    """Energies with PUE in kWh of the runs that tell one."""
    return [run.energy.value for run in runs if run.energy is not None]


def releases(runs: Sequence[RunFootprint]) -> list[float]:
    """Emissions in kg CO2e of the runs that tell them."""
    return [run.emissions.value for run in runs if run.emissions is not None]


def contrasts(
    runs: Sequence[RunFootprint], groups: Sequence[Group], versus: tuple[str, str] | None, metric: str | None
) -> tuple[Contrast, ...]:
    """Two groups against each other: energy, emissions, and the metric where runs tell it.

    Raises ReportError where there are no such groups, or scipy is not installed.
    """
    if versus is None:
        return ()
    first, second = (_members(runs, groups, name) for name in versus)
    made = [
        contrast("energy", "kWh", versus, energies(first), energies(second)),
        contrast("emissions", "kgCO2e", versus, releases(first), releases(second)),
    ]
    if metric is not None:
        made.append(contrast(metric, "", versus, _metric(first, metric), _metric(second, metric)))
    return tuple(one for one in made if one is not None)


def _members(runs: Sequence[RunFootprint], groups: Sequence[Group], name: str) -> list[RunFootprint]:
    for group in groups:
        if group.name == name:
            return [runs[place] for place in group.members]
    known = ", ".join(plain(group.name, 40) for group in groups[:20]) or "none; give --group-by"
    raise ReportError(f"--versus {plain(name, 60)}: there is no such group; there are {known}")


def _metric(runs: Sequence[RunFootprint], name: str) -> list[float]:
    values = []
    for run in runs:
        try:
            values.append(float(run.run.labels[name]))
        except (KeyError, ValueError):
            continue
    return [value for value in values if math.isfinite(value)]


def contrast(
    quantity: str, unit: str, names: tuple[str, str], first: Sequence[float], second: Sequence[float]
) -> Contrast | None:
    """The second group less the first: difference and ratio of the means, its 95 % interval, and three tests.

    The interval is a BCa bootstrap of the difference of means (Efron 1987); the tests are Welch's t, Mann-Whitney's U
    and a permutation of the difference of means, two-sided. A side of fewer than two runs has no interval and no test.
    None where a side has no values. Raises ReportError where scipy is not installed.
    """
    one, other = spread(first), spread(second)
    if one is None or other is None:
        return None
    difference = other.mean - one.mean
    ratio = other.mean / one.mean if one.mean else None
    interval: tuple[float, float] | None = None
    tests: tuple[Significance, ...] = ()
    if min(one.n, other.n) > 1:
        interval, tests = _tested(first, second)
    conclusion = _conclusion(one, other, tests)
    return Contrast(quantity, unit, names, one, other, difference, ratio, interval, tests, conclusion)


def _tested(
    first: Sequence[float], second: Sequence[float]
) -> tuple[tuple[float, float] | None, tuple[Significance, ...]]:
    import warnings

    try:
        import numpy
        from scipy import stats
    except ImportError as error:
        raise ReportError("--versus needs scipy; mend it with: pip install 'carbon-report[stats]'") from error

    def difference(one: Any, other: Any, axis: int = -1) -> Any:
        return numpy.mean(other, axis=axis) - numpy.mean(one, axis=axis)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of groups whose runs are all alike, which the result tells as nan
        welch = stats.ttest_ind(second, first, equal_var=False).pvalue
        ranks = stats.mannwhitneyu(second, first, alternative="two-sided").pvalue
        shuffled = stats.permutation_test(
            (first, second), difference, n_resamples=RESAMPLES, rng=numpy.random.default_rng(SEED), vectorized=True
        ).pvalue
        ends = stats.bootstrap(
            (first, second), difference, n_resamples=RESAMPLES, rng=numpy.random.default_rng(SEED), vectorized=True,
            method="BCa",
        ).confidence_interval  # fmt: skip
    interval = float(ends.low), float(ends.high)
    tests = (("Welch's t", welch), ("Mann-Whitney U", ranks), ("permutation", shuffled))
    told = tuple(Significance(name, float(p)) for name, p in tests if math.isfinite(p))
    return (interval if all(map(math.isfinite, interval)) else None), told


def _conclusion(
    one: Spread, other: Spread, tests: Sequence[Significance]
) -> Literal["few", "alike", "unclear", "differ"]:
    """What can be said from so many runs, in a word that the page turns into a sentence."""
    if min(one.n, other.n) < FEW:
        return "few"
    small = [test.p < 0.05 for test in tests]
    if not small:
        return "alike"
    return "differ" if all(small) else "unclear" if any(small) else "alike"
