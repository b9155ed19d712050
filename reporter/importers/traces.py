"""What the power gauges of one run tell of it: energy, times and curve, as fields of a Run."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reporter.importers.gauges import curve, integrate
from reporter.importers.json_lines import NAN, finite
from reporter.importers.table import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reporter.importers.gauges import Gauge, Trace
    from reporter.importers.logs import Log

YEARS_S = (946_684_800.0, 4_102_444_800.0)  # 2000 to 2100, in seconds since 1970
MILLISECONDS = 1e11  # a time since 1970 beyond this is written in ms


def reading(value: object) -> float:
    """A finite number, or NaN; also for what is beyond any quantity, so that sums and products stay finite."""
    number = finite(value)
    return number if abs(number) <= LARGEST else NAN


def integrated(gauges: Iterable[Gauge], log: Log, *, held: bool = False) -> list[Trace]:
    """Each gauge's energy; one whose samples are all of one time, and span none, is told (CR026) and left out."""
    traces = []
    for gauge in gauges:
        if len(set(gauge.times_s)) < 2:
            log.say("CR026", f"{gauge.name}: energy needs power at two times, and there is one; left out")
        else:
            traces.append(integrate(gauge, log, held=held))
    return traces


def fields(traces: Sequence[Trace]) -> dict[str, Any]:
    """A Run's energy_kwh, duration_s, started_at, ended_at (UTC) and power_w of at least one trace.

    The energy is None where no device's power was measured; times are None where the samples' clock is no time since
    1970 but one of its own.
    """
    start, end = min(trace.start_s for trace in traces), max(trace.end_s for trace in traces)
    return {
        "energy_kwh": energy(traces),
        "duration_s": end - start if end > start else None,
        "started_at": moment(start),
        "ended_at": moment(end),
        "power_w": curve(traces),
    }


def tell_gpus_alone(log: Log, tracker: str) -> None:
    """Tell once a file that its tracker metered the GPUs and nothing else of the machine."""
    if not any(finding.code == "CR025" for finding in log.findings):
        log.say("CR025", f"{tracker} metered the GPUs alone; CPU, memory and the rest are missing", level="note")


def energy(traces: Iterable[Trace]) -> float | None:
    """The sum in kWh of what is known, or None where nothing is."""
    known = [trace.energy_kwh for trace in traces if trace.energy_kwh is not None]
    return math.fsum(known) if known else None


def moment(time_s: float) -> datetime | None:
    """Seconds since 1970 as a moment in UTC; None outside the years 2000 to 2100."""
    return datetime.fromtimestamp(time_s, UTC) if YEARS_S[0] <= time_s <= YEARS_S[1] else None


def seconds(time: float) -> float:
    """A time since 1970 in s, which may be written in s or in ms."""
    return time / 1000 if abs(time) > MILLISECONDS else time
