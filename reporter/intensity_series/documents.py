"""Intensity series in JSON: WattTime's marginal rates and the UK Carbon Intensity API."""

from __future__ import annotations

import json
import math
from datetime import UTC
from typing import TYPE_CHECKING, Any

from reporter.errors import Finding, ReportError, plain

from .moments import Clock
from .told import Told

if TYPE_CHECKING:
    from datetime import tzinfo

    from .told import Signal

#: WattTime's signals that are an intensity, and what each is.
SIGNALS: dict[str, Signal] = {"co2_moer": "marginal", "co2_aoer": "average"}


def read(text: str, name: str, timezone: tzinfo | None) -> Told:  # noqa: ARG001 - both services tell UTC
    """A document by its keys. Raises ReportError where it is no JSON, of another kind, or holds what cannot be."""
    try:
        document = json.loads(text, parse_constant=lambda word: math.nan if word == "NaN" else math.inf)
    except (ValueError, RecursionError) as error:  # ValueError also for an integer of 5,000 digits
        line = getattr(error, "lineno", None)
        raise ReportError("this is no valid JSON", file=name, line=line) from error
    data = document.get("data") if isinstance(document, dict) else None
    if isinstance(data, dict):  # the API's answer for one region
        data = data.get("data")
    if not isinstance(data, list) or not data or not all(isinstance(entry, dict) for entry in data):
        raise ReportError("no list of steps under the key data, as WattTime and the UK API write", file=name)
    try:
        if "point_time" in data[0]:
            return _watttime(document, data)
        if "from" in data[0] and isinstance(data[0].get("intensity"), dict):
            return _uk(data, name)
    except ReportError as error:
        raise ReportError(error.message, file=name) from error
    raise ReportError("neither WattTime's point_time nor the UK API's from and intensity are there", file=name)


def _watttime(document: dict[str, Any], data: list[dict[str, Any]]) -> Told:
    meta = document.get("meta") if isinstance(document.get("meta"), dict) else None
    if meta is None:
        raise ReportError("the key meta is missing; it tells the signal and its unit")
    signal, unit = str(meta.get("signal_type")), str(meta.get("units"))
    if signal not in SIGNALS:
        raise ReportError(f"signal_type '{plain(signal, 40)}' is no carbon intensity; known are {', '.join(SIGNALS)}")
    if unit != "lbs_co2_per_mwh":
        raise ReportError(f"units '{plain(unit, 40)}' is no unit of an intensity here; lbs_co2_per_mwh is")
    clock = Clock(UTC)
    step = meta.get("data_point_period_seconds")
    region = meta.get("region")
    return Told(
        "WattTime", "watttime_v3", str(region) if region else None, SIGNALS[signal], "direct", "lbCO2e/MWh",
        [clock.seconds(_text(entry, "point_time", place)) for place, entry in enumerate(data)],
        [_figure(entry.get("value"), place) for place, entry in enumerate(data)],
        [0] * len(data), float(step) if isinstance(step, int | float) and step > 0 else None,
    )  # fmt: skip


def _uk(data: list[dict[str, Any]], name: str) -> Told:
    clock, ends = Clock(UTC), Clock(UTC)
    starts, values, forecast = [], [], 0
    for place, entry in enumerate(data):
        told = entry.get("intensity")
        if not isinstance(told, dict):
            raise ReportError(f"step {place + 1}: no intensity is told")
        value = _figure(told.get("actual"), place)
        if value is None:
            value = _figure(told.get("forecast"), place)
            forecast += value is not None
        starts.append(clock.seconds(_text(entry, "from", place)))
        values.append(value)
    step = ends.seconds(_text(data[0], "to", 0)) - starts[0]
    text = f"{forecast:,} of {len(starts):,} steps of the intensity series are estimates or forecasts"
    found = (Finding("CR115", "note", text, name),) if forecast else ()
    return Told("UK Carbon Intensity", "uk_carbonintensity", "GB", "average", "direct", "gCO2e/kWh", starts, values,
                [0] * len(starts), step if step > 0 else None, findings=found)  # fmt: skip


def _text(entry: dict[str, Any], key: str, place: int) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise ReportError(f"step {place + 1}: {key} is missing")
    return value


def _figure(value: object, place: int) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ReportError(f"step {place + 1}: '{plain(value, 40)}' is no finite number")
    return float(value)
