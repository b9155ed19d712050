"""What one CodeCarbon record means, whether a row of emissions.csv or an object of another export; shared by both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers.base import moment, number, read_moment, text
from reporter.importers.table import LARGEST
from reporter.importers.table import number as read_number
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporter.importers.logs import Log

COLUMNS = {
    "id": text("run_id"),
    "task": text("task_name"),
    "ended_at": moment("timestamp"),
    "duration_s": number("duration", "s"),
    "energy_kwh": number("energy_consumed", "kWh", required=True),
    "reported_emissions_kg": number("emissions", "kgCO2e", exact=True),
    "cpu_energy_kwh": number("cpu_energy", "kWh"),
    "gpu_energy_kwh": number("gpu_energy", "kWh"),
    "ram_energy_kwh": number("ram_energy", "kWh"),
    "cpu_power_w": number("cpu_power", "W"),
    "gpu_power_w": number("gpu_power", "W"),
    "ram_power_w": number("ram_power", "W"),
    "experiment_id": text("experiment_id"),
    "project": text("project_name"),
    "experiment": text("experiment_name"),
    "country": text("country_iso_code", "country_name", "country"),
    "country_name": text("country_name", "country"),
    "region": text("region"),
    "cloud_provider": text("cloud_provider"),
    "cloud_region": text("cloud_region"),
    "system": text("os"),
    "python_version": text("python_version"),
    "tracker_version": text("codecarbon_version"),
    "cpu_count": number("cpu_count"),
    "cpu_model": text("cpu_model"),
    "gpu_count": number("gpu_count"),
    "gpu_model": text("gpu_model"),
    "ram_gb": number("ram_total_size", "GB"),
    "tracking_mode": text("tracking_mode"),
    "reported_pue": number("pue"),
}
PARTS = ("cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh")


@dataclass(slots=True)
class Tally:
    """What the rows of one run add up to so far: the row with the most energy, and time over restarts."""

    log: Log
    line: int
    best: dict[str, Any]
    closed_s: float = 0.0
    rows: int = 1

    def add(self, row: dict[str, Any], log: Log, line: int) -> None:
        """Take in a later row: totals grow, so the one with the most energy replaces the ones before it.

        A tracker that was stopped and started again (3.3.1 on) counts its energy on but its time from 0.
        """
        self.rows += 1
        if row["energy_kwh"] < self.best["energy_kwh"]:
            return
        before, now = self.best.get("duration_s"), row.get("duration_s")
        if before is not None and now is not None and now < before:
            self.closed_s += before
        self.log, self.line, self.best = log, line, row

    def fields(self) -> dict[str, Any]:
        """The run's fields: those of its best row, with the time of all legs."""
        duration = self.best.get("duration_s")
        return {**self.best, "duration_s": None if duration is None else self.closed_s + duration}


def fields_of(entry: dict[str, Any], log: Log, line: int) -> dict[str, Any] | None:
    """The fields of a record by the names of emissions.csv and in its units; None where it had to be skipped."""
    fields: dict[str, Any] = {}
    for name, column in COLUMNS.items():
        value = next((entry[key] for key in column.names if _is_told(entry.get(key))), None)
        try:
            fields[name] = None if value is None else _read(value, column.kind)
        except ValueError as error:
            if column.required or column.exact:
                log.skip(line, f"{column.names[0]}: {error}")
                return None
            log.say("CR008", f"{column.names[0]}: {error}; taken as not told", line, level="note")
            fields[name] = None
    return fields


def _is_told(value: object) -> bool:
    return isinstance(value, str | int | float) and value not in {"", "N/A", "null", "undefined", "NaN", "None"}


def _read(value: Any, kind: str) -> Any:
    """One value as its column declares it. Raises ValueError for a value that is none of the kind."""
    if kind == "text":
        return plain(str(value).strip(), 200)
    if kind == "moment":
        return read_moment(str(value))
    if isinstance(value, str):
        return read_number(value)
    if isinstance(value, bool) or not math.isfinite(value) or abs(value) > LARGEST:
        raise ValueError(f"'{plain(value, 40)}' is no number")
    return float(value)


def checked(fields: dict[str, Any], log: Log, line: int) -> dict[str, Any] | None:
    """The fields of one record whose energy holds; None where it had to be skipped (told and counted)."""
    parts = [fields[name] for name in PARTS if fields.get(name) is not None]
    if fields.get("energy_kwh") is None:
        if not parts:
            log.skip(line, "no energy is told")
            return None
        fields["energy_kwh"] = math.fsum(parts)
    emissions_kg = fields["reported_emissions_kg"]
    if fields["energy_kwh"] < 0 or (emissions_kg or 0.0) < 0:
        log.skip(line, f"{fields['energy_kwh']:g} kWh and {emissions_kg or 0.0:g} kg: one is below 0")
        return None
    if fields["energy_kwh"] > 1e12:
        log.skip(line, f"energy {fields['energy_kwh']:g} kWh is more than a country uses in a year")
        return None
    duration = fields.get("duration_s")
    if duration is not None and duration < 0:
        log.say("CR015", f"duration {duration:g} s is below 0; taken as not told", line)
        fields["duration_s"] = None
    if len(parts) == len(PARTS) and not math.isclose(
        math.fsum(parts), fields["energy_kwh"], rel_tol=1e-3, abs_tol=1e-9
    ):
        log.say("CR030", f"cpu, gpu and ram energy add up to {math.fsum(parts):.6g} kWh, "
                f"energy_consumed says {fields['energy_kwh']:.6g}", line)  # fmt: skip
    _check_power(fields, log, line)
    return fields


def _check_power(fields: dict[str, Any], log: Log, line: int) -> None:
    """Energy against power x duration, loosely: up to 3.1.1 the power columns hold the last sample, not the mean."""
    powers = [fields[name] for name in ("cpu_power_w", "gpu_power_w", "ram_power_w") if fields.get(name) is not None]
    duration = fields.get("duration_s") or 0.0
    expected = math.fsum(powers) * duration / 3.6e6
    if duration > 60 and expected > 0 and not 0.2 <= fields["energy_kwh"] / expected <= 5.0:
        told = f"energy_consumed says {fields['energy_kwh']:.4g}"
        log.say("CR035", f"power x duration give {expected:.4g} kWh, {told}", line)


def tell_cumulative(tallies: Iterable[Tally]) -> None:
    """Tell, once a file, that rows which hold running totals were not added."""
    several: dict[str, list[Tally]] = {}
    for tally in tallies:
        if tally.rows > 1:
            several.setdefault(tally.log.path, []).append(tally)
    for found in several.values():
        rows = sum(tally.rows for tally in found)
        found[0].log.say("CR010", f"{rows} rows hold running totals of {len(found)} runs; of each run the largest "
                         "counts, the others are not added", level="note")  # fmt: skip


def make(identity: str, fields: dict[str, Any], log: Log, line: int, tracker: str = "codecarbon") -> Run:
    """The Run of one record (energies in kWh as logged), the PUE that it tells divided out."""
    pue = _pue(fields, log, line)
    logged_kwh, emissions_kg = fields["energy_kwh"], fields["reported_emissions_kg"]
    told: dict[str, Any] = {
        name: None if fields.get(name) is None else fields[name] / (pue or 1.0) for name in ("energy_kwh", *PARTS)
    }
    mode = fields.get("tracking_mode")
    kept = ("duration_s", "ended_at", "country", "region", "cloud_provider", "cloud_region", "system", "python_version",
            "tracker_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "ram_gb")  # fmt: skip
    told.update({name: fields.get(name) for name in kept})
    told["country"] = told["country"] or fields.get("country_name")
    return Run(
        id=identity,
        tracker=tracker,
        source=log.path,
        line=line,
        started_at=_started(fields),
        reported_pue=pue,
        reported_emissions_kg=emissions_kg,
        reported_intensity_g_per_kwh=_intensity(emissions_kg, logged_kwh),
        machine_wide=None if mode is None else mode == "machine",
        labels={key: fields[key] for key in ("project", "experiment") if fields.get(key)},
        **told,
    )


def _intensity(emissions_kg: float | None, energy_kwh: float) -> float | None:
    """gCO2e/kWh that the tracker must have used; None where it told no emissions or next to no energy."""
    return None if emissions_kg is None or energy_kwh < 1e-15 else 1e3 * emissions_kg / energy_kwh


def _pue(fields: dict[str, Any], log: Log, line: int) -> float | None:
    """The PUE inside the row's energies (2.2.3 on); one below 1 cannot be, is told, and is not divided out."""
    pue: float | None = fields.get("reported_pue")
    if pue is not None and pue < 1:
        log.say("CR033", f"pue: {pue:g} is below 1; the energies are taken as written", line)
        return None
    return pue


def _started(fields: dict[str, Any]) -> Any:
    from datetime import timedelta

    ended, duration = fields.get("ended_at"), fields.get("duration_s")
    return ended - timedelta(seconds=duration) if ended and duration is not None and 0 <= duration < 1e9 else None
