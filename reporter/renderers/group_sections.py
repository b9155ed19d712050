"""Groups of runs in statistics, and two of them against each other, with what so many runs can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.experiments import LABEL
from reporter.renderers import display, locales
from reporter.renderers.locales import message, phrase
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from reporter.footprint import Contrast, Footprint, Group, Spread

MARK = "*"  # of the group with the lowest mean


def statistics(footprint: Footprint) -> Section | None:
    """Each group's runs, total, mean with standard deviation, median and range, of energy and emissions."""
    if not any(group.energies and group.energies.n > 1 for group in footprint.groups):
        return None
    if footprint.experiments and footprint.group_by == (LABEL,):
        return None  # the tree tells more of the same groups
    best = _best(footprint)
    rows = []
    for group in footprint.groups:
        name = f"{display.short(group.name)}{' ' + MARK if group is best else ''}"
        rows += [(name, phrase("energy"), *spread(group.energies, display.energy)),
                 ("", phrase("CO₂e"), *spread(group.releases, display.mass))]  # fmt: skip
    says = phrase(
        "Over the runs of each group: standard deviations are those of a sample (n − 1). The mark * is the group with "
        "the lowest mean energy; whether it differs from another is a matter of --versus."
    )
    columns = (phrase("Group"), phrase("Of"), phrase("Runs"), phrase("Total"), phrase("Mean ± deviation"),
               phrase("Median"), phrase("Least to most"))  # fmt: skip
    title = phrase("Groups in statistics")
    return Section("groups-statistics", title, says, columns, tuple(rows), frozenset(columns[2:]))


def _best(footprint: Footprint) -> Group | None:
    told = [group for group in footprint.groups if group.energies]
    return min(told, key=lambda group: group.energies.mean if group.energies else 0.0) if len(told) > 1 else None


def spread(spread: Spread | None, shown: object) -> tuple[str, ...]:
    """How many tell it, total, mean with deviation, median, and the ends."""
    if spread is None:
        return "0", "", "", "", ""
    write = shown if callable(shown) else str
    mean = write(spread.mean) if spread.deviation is None else f"{write(spread.mean)} ± {write(spread.deviation)}"
    ends = f"{write(spread.least)} – {write(spread.most)}"
    return str(spread.n), write(spread.total), mean, write(spread.median), ends


def contrasts(footprint: Footprint) -> Section | None:
    """Two groups against each other, a row for each quantity."""
    told = footprint.contrasts
    if not told:
        return None
    first, second = (display.short(name) for name in told[0].names)
    rows = tuple((_quantity(one), _mean(one, one.first), _mean(one, one.second), _difference(one), _ratio(one),
                  _tests(one)) for one in told)  # fmt: skip
    how = phrase(
        "{second} less {first}: the difference of the means with its 95 % interval (BCa bootstrap), and two-sided "
        "p-values.",
        first=first,
        second=second,
    )
    says = " ".join([how, *(_said(one) for one in told)])
    columns = (phrase("Of"), first, second, phrase("Difference (95 %)"), phrase("Ratio"), phrase("p"))
    if first == second:
        columns = (columns[0], f"{first} (1)", f"{second} (2)", *columns[3:])
    return Section("contrast", phrase("One group against another"), says, columns, rows, frozenset(columns[1:5]))


def _quantity(one: Contrast) -> str:
    return {"energy": phrase("energy"), "emissions": phrase("CO₂e")}.get(one.quantity, display.short(one.quantity))


def _write(one: Contrast, value: float) -> str:
    if one.unit == "kWh":
        return display.energy(value)
    return display.mass(value) if one.unit == "kgCO2e" else locales.figure(f"{value:.4g}")


def _mean(one: Contrast, spread: Spread) -> str:
    return phrase("{mean} (n = {n})", mean=_write(one, spread.mean), n=str(spread.n))


def _difference(one: Contrast) -> str:
    text = _write(one, one.difference)
    if one.interval is None:
        return text
    low, high = (_write(one, end) for end in one.interval)
    return f"{text} ({low} – {high})"


def _ratio(one: Contrast) -> str:
    return "" if one.ratio is None else locales.figure(f"{one.ratio:.3g}")


def _tests(one: Contrast) -> str:
    return "; ".join(f"{test.test} {locales.figure(_p(test.p))}" for test in one.tests)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def _said(one: Contrast) -> str:
    """What can be concluded about one quantity, and what cannot."""
    name, runs = _quantity(one), str(min(one.first.n, one.second.n))
    if one.conclusion == "few":
        few = message("{what}: {n} runs on one side are too few for a test to tell more than a gross difference.")
        return phrase(few, what=name, n=runs)
    if one.conclusion == "differ":
        return phrase("{what}: the groups differ, by all three tests at the level of 5 %.", what=name)
    if one.conclusion == "unclear":
        return phrase("{what}: the tests disagree at the level of 5 %; more runs are needed.", what=name)
    alike = message("{what}: no difference can be shown with so many runs, which does not show that there is none.")
    return phrase(alike, what=name)
