"""A Run: one tracked execution as its tracker logged it, in fixed units, free of what we compute later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import reporter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reporter.errors import Finding

#: How an energy or an emission came to be known: read from a meter, said by a tracker, modelled, or taken as given.
Basis = Literal["measured", "reported", "estimated", "assumed"]


@dataclass(frozen=True, slots=True)
class Device:
    """Hardware of a run that nobody metered: what there was, and how it was used, as far as that is told.

    ``utilisation`` is the mean share of the design power (0 to 1) and 1 where not told; ``power_w`` is the design
    power of one piece in W where told, else that of the model is looked up; of memory (``ram``) ``count`` is GB.
    """

    kind: Literal["cpu", "gpu", "tpu", "ram"]
    model: str | None
    count: float = 1.0
    utilisation: float | None = None
    power_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one tracker. The unit is the end of a field's name; None means *not told*, never 0.

    ``energy_kwh`` is what the machine drew, WITHOUT the data centre's PUE; a PUE that the tracker had put into its
    energies was divided out and stands in ``reported_pue``. ``reported_emissions_kg`` is the tracker's own claim in
    kg CO2e (with its PUE); nothing computed here is ever mixed into it.
    """

    id: str
    tracker: str
    source: str  # the input's path as given, for messages
    line: int | None = None
    started_at: datetime | None = None  # naive where the tracker wrote naive local time
    ended_at: datetime | None = None
    duration_s: float | None = None
    energy_kwh: float | None = None
    cpu_energy_kwh: float | None = None
    gpu_energy_kwh: float | None = None
    ram_energy_kwh: float | None = None
    predicted_energy_kwh: float | None = None  # what the tracker foresaw for the whole training, never added up
    predicted_emissions_kg: float | None = None
    reported_pue: float | None = None
    pue_inside: bool = False  # the energies hold a PUE that the log does not tell: none may be multiplied in again
    reported_emissions_kg: float | None = None
    reported_intensity_g_per_kwh: float | None = None
    basis: Basis = "reported"
    counted: bool = False  # measured by counters of energy, not by samples of power
    country: str | None = None  # ISO 3166 alpha-3
    region: str | None = None
    cloud_provider: str | None = None
    cloud_region: str | None = None
    cpu_model: str | None = None
    gpu_model: str | None = None
    cpu_count: float | None = None  # logical processors
    gpu_count: float | None = None
    ram_gb: float | None = None
    system: str | None = None
    python_version: str | None = None
    tracker_version: str | None = None
    host: str | None = None  # tells machines apart; never printed
    devices: tuple[Device, ...] = ()  # of an estimated run: its energy is worked out from these and duration_s
    machine_wide: bool | None = None  # True: the whole machine was metered; False: the job's share alone
    power_w: tuple[tuple[float, float], ...] = ()  # (seconds since the start, mean W of the step that ends there)
    device_power_w: tuple[tuple[str, tuple[float, ...]], ...] = ()  # of several devices: name, mean W of those steps
    labels: Mapping[str, str] = field(default_factory=dict)  # what runs can be grouped by: project, task, ...


class Input(NamedTuple):
    """One file that was read: its place, tracker, SHA-256, and how many rows became how many runs."""

    path: str
    tracker: str
    sha256: str
    rows: int
    runs: int
    skipped: int


class Reading(NamedTuple):
    """All that was read: the runs, the inputs they came from, and what there is to say about them."""

    runs: tuple[Run, ...]
    inputs: tuple[Input, ...]
    findings: tuple[Finding, ...]

    def _repr_html_(self) -> str:
        made: str = reporter.view("reading")(self)
        return made
