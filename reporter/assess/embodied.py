"""Embodied emissions: the share of making the hardware that a run's time on it bears; and SCI, emissions per unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reporter import factors
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, Intensity, of_factor, ranged, total
from reporter.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.footprint import RunFootprint
    from reporter.options import Options
    from reporter.run import Run

SECONDS_A_YEAR = 365.25 * 86_400.0
_PIECES = pattern(r"\s*(\d+(?:\.\d+)?)\s*[x×*]\s*(.+)", re.IGNORECASE)


def time_share(making: Amount, duration_s: float, lifetime: Amount, pieces: float = 1.0) -> Amount:
    """Embodied emissions of a run in kg CO2e: M = TE x TiR / EL (ISO/IEC 21031:2024, SCI; Gupta et al. 2022 alike).

    ``making`` TE is that of one piece (kg CO2e), ``duration_s`` TiR the time for which the run reserves the pieces, and
    ``lifetime`` EL the time (years) that they are expected to serve. The whole of a piece is taken: its resource share
    is 1.
    """
    a_year = 1.0 / lifetime.value
    parts = [
        part._replace(down=a_year * (1 - lifetime.value / (lifetime.value + part.up)),
                      up=a_year * (lifetime.value / (lifetime.value - part.down) - 1))
        for part in lifetime.causes
    ]  # fmt: skip
    per_year = ranged(a_year, "1/year", parts, "estimated", lifetime.factors)
    return making.times(per_year, "kgCO2e", pieces * duration_s / SECONDS_A_YEAR)._replace(basis="estimated")


def embodied(runs: Sequence[RunFootprint], options: Options) -> tuple[Amount | None, list[Finding]]:
    """The hardware's share of all runs in kg CO2e, and what could not be counted; None where it was not asked for.

    Counted are processors that the logs or --hardware name and for whose making there is a published figure. Raises
    ReportError for hardware that the user names and nobody has a figure for.
    """
    if not options.embodied:
        return None, []
    named = [_of_user(text) for text in options.hardware]
    shares, unknown = [], dict[str, None]()
    for item in runs:
        for kind, model, pieces in named or _logged(item.run):
            found = factors.embodied(model)
            if found is None:
                unknown[model] = None
            elif item.run.duration_s is not None:
                years = _lifetime(kind, found, options)
                shares.append(time_share(of_factor(found, "kgCO2e"), item.run.duration_s, years, pieces))
    notes = [f"no published figure for the making of '{plain(model, 60)}'; it is not counted" for model in unknown]
    if not shares and not unknown:
        notes.append("the logs name no processor whose making could be counted; give --hardware '8 x A100-SXM4-80GB'")
    return total(shares), [Finding("CR118", "warning", note, None) for note in notes]


def _of_user(text: str) -> tuple[str, str, float]:
    match = _PIECES.fullmatch(text)
    model, pieces = (match[2], float(match[1])) if match else (text.strip(), 1.0)
    found = factors.embodied(model)
    if found is None:
        raise ReportError(
            f"--hardware '{plain(model, 60)}': no published figure for its making; see 'carbon-report factors embodied'"
        )
    return "gpu", model, pieces


def _logged(run: Run) -> Iterator[tuple[str, str, float]]:
    """Kind, model and number of the processors that a log names."""
    if run.gpu_model:
        yield "gpu", run.gpu_model, run.gpu_count or 1.0
    if run.cpu_model:
        yield "server", run.cpu_model, 1.0
    for device in run.devices:
        if device.model and device.kind != "ram":
            yield device.kind, device.model, device.count


def _lifetime(kind: str, found: factors.Factor, options: Options) -> Amount:
    """Years of service: the user's, or those that studies assume for the kind."""
    if options.lifetime_years is not None:
        return Amount(options.lifetime_years, "year", basis="assumed")
    assumed = factors.lifetime("tpu" if "tpu" in found.key else "gpu" if kind in {"gpu", "tpu"} else "server")
    assert assumed is not None  # noqa: S101 - the table has these three
    return of_factor(assumed)


def sci(operational: Amount | None, hardware: Amount | None, unit: tuple[float, str] | None) -> Intensity | None:
    """Software carbon intensity: SCI = ((E x I) + M) / R (ISO/IEC 21031:2024), in kg CO2e per functional unit.

    ``operational`` is E x I, ``hardware`` is M (0 where not counted, which the disclosure then says), ``unit`` R as a
    number and a name such as (1e6, "inferences"). Location-based, without offsets, as the standard demands.
    """
    if operational is None or unit is None:
        return None
    whole = total([operational, hardware])
    assert whole is not None  # noqa: S101
    number, name = unit
    one = Amount(1.0, f"1/{name}", basis=whole.basis)
    return Intensity(whole.times(one, f"kgCO2e/{name}", 1.0 / number), number, name, operational, hardware)
