"""Energy: of the machines, of the facility with its PUE, and of the parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reporter import factors
from reporter.footprint import Amount, Part, of_factor, ranged, total, weakest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import RunFootprint
    from reporter.run import Basis, Device, Run


def it_energy(run: Run) -> Amount | None:
    """Energy of the machines in kWh, without PUE: as logged, else estimated from the hardware; else None."""
    if run.energy_kwh is None:
        return estimated(run)
    return measured(run.energy_kwh, run.basis, counted=run.counted)


def measured(energy_kwh: float, basis: Basis, *, counted: bool = False) -> Amount:
    """An energy in kWh with the range that its way of being known has.

    The error of a meter is each run's own; that of a model is the same in all its runs, and does not cancel over them.
    """
    how = {"measured": "counter" if counted else "sampled", "reported": "reported"}.get(basis, "estimated")
    found = factors.measurement(how)
    down, up = found.value - (found.low or found.value), (found.high or found.value) - found.value
    size = abs(energy_kwh)
    part = Part(f"measurement: {found.label}", size * down, size * up, shared=basis != "measured")
    return ranged(energy_kwh, "kWh", (part,), basis, (found,))


def estimated(run: Run) -> Amount | None:
    """Energy in kWh of hardware that nobody metered: the sum of count x design power x utilisation x duration.

    The formula of Green Algorithms (Lannelongue et al. 2021, eq. 1) and, at full utilisation, of ML CO2 Impact (Lacoste
    et al. 2019). None where no device or no duration is told, or the design power of one device is not known: part
    of a machine is not its energy.
    """
    if not run.devices or run.duration_s is None:
        return None
    hours = Amount(run.duration_s / 3600, "h", basis="estimated")
    powers = [design_power(device) for device in run.devices]
    if None in powers:
        return None
    pairs = zip(run.devices, filter(None, powers), strict=True)
    whole = total(power.times(hours, "kWh", _share(device) / 1000) for device, power in pairs)
    assert whole is not None  # noqa: S101 - there is a device
    modelled = measured(whole.value, "estimated")
    parts, used = (*whole.parts, *modelled.parts), (*whole.factors, *modelled.factors)
    return ranged(whole.value, "kWh", parts, "estimated", used)


def design_power(device: Device) -> Amount | None:
    """Design power of one piece in W (memory: of one GB): as told, else of its model; None where no table has it."""
    if device.power_w is not None:
        return Amount(device.power_w, "W", basis="estimated")
    found = factors.tdp(device.model or "memory", "memory" if device.kind == "ram" else device.kind)
    return None if found is None else of_factor(found, "W")


def _share(device: Device) -> float:
    return device.count * (1.0 if device.utilisation is None else device.utilisation)


def with_pue(energy: Amount | None, pue: Amount | None) -> Amount | None:
    """Energy of the facility in kWh: that of the machines times the PUE (Strubell et al. 2019, eq. 1).

    Equal to that of the machines where no PUE is known; None where the energy is not.
    """
    return energy if energy is None or pue is None else energy.times(pue, "kWh")


def mean_pue(runs: Sequence[RunFootprint]) -> Amount | None:
    """The mean PUE of the runs that tell energy and PUE, by energy (plain where all are 0); None where none does."""
    known = [(run.it_energy, run.energy, run.pue) for run in runs if run.it_energy and run.energy and run.pue]
    whole = math.fsum(energy.value for energy, _, _ in known)
    if not known:
        return None
    weighed = math.fsum(energy.value for _, energy, _ in known) / whole if whole else None
    value = math.fsum(pue.value for _, _, pue in known) / len(known) if weighed is None else weighed
    factors = tuple(dict.fromkeys(factor for _, _, pue in known for factor in pue.factors))
    return Amount(value, "ratio", basis=weakest(pue.basis for _, _, pue in known), factors=factors)


def parts(runs: Sequence[Run]) -> dict[str, float]:
    """Energy of cpu, gpu and ram in kWh without PUE, each only where every run with energy tells it."""
    measured = [run for run in runs if run.energy_kwh is not None]
    told = {
        "cpu": [run.cpu_energy_kwh for run in measured],
        "gpu": [run.gpu_energy_kwh for run in measured],
        "ram": [run.ram_energy_kwh for run in measured],
    }
    sums = {part: summed(values) for part, values in told.items() if values and None not in values}
    return {part: value for part, value in sums.items() if value}


def summed(values: Sequence[float | None]) -> float | None:
    """The sum of what is told, exact in any order; None where nothing is told."""
    told = [value for value in values if value is not None]
    return math.fsum(told) if told else None
