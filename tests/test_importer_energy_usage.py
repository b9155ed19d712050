"""energy-usage: process power less the baseline at the plug, printed reports, and what neither tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reporter.run import Reading

SAMPLE = SAMPLES / "energy-usage"
REPORT = """Average baseline wattage:                                             8.01 watts
Average total wattage:                                               30.05 watts
Average process wattage:                                             22.04 watts
Process duration:                                                 1 day, 2:03:04
                           Energy mix in Pennsylvania
Coal:                                                                     25.42%
Oil:                                                                       0.17%
Effective emission:                                              4.05e-06 kg CO2
Petroleum:                                                816.6885263 kg CO2/MWh
Process used:                                                       1.04e-05 kWh
"""


def about(value: Any, rel: float | None = None) -> Any:
    """The figure within rounding, for tuples of figures and text."""
    return pytest.approx(value, rel=rel)


def wattage(folder: Path, kind: str, watts: Sequence[float], start: int = 1, step: float = 0.1) -> Path:
    path = folder / f"{kind}_wattage.csv"
    rows = [f"{round((start + place) * step, 9)},{power!r}" for place, power in enumerate(watts)]
    path.write_text("\n".join([f"time,{kind} wattage reading", *rows, ""]), encoding="utf-8")
    return path


def read(*paths: Path) -> Reading:
    return importers.read([str(path) for path in paths])


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as error:
        read(path)
    return str(error.value)


def test_the_process_is_what_it_drew_above_the_baseline_at_the_plug(tmp_path: Path) -> None:
    """The process file was divided by 0.8 already, the baseline was not: 25 W - 4 W / 0.8 = 20 W for 2 s."""
    wattage(tmp_path, "baseline", [3, 5, 3, 5], start=0)
    process = wattage(tmp_path, "process", [25] * 20)
    for paths in ([tmp_path], [process], [process, tmp_path / "baseline_wattage.csv"]):
        reading = read(*paths)
        (run,) = reading.runs
        assert run.energy_kwh == about(20 * 2 / 3.6e6), "the first reading holds from the start on"
        assert (run.duration_s, run.basis, run.machine_wide, run.tracker) == (2, "measured", False, "energy-usage")
        assert codes(reading) == ["CR047"]
        assert "5 W drawn at rest are taken off" in reading.findings[0].message
        assert [power for _, power in run.power_w] == about([20] * len(run.power_w))


def test_one_file_of_the_pair(tmp_path: Path) -> None:
    reading = read(wattage(tmp_path, "process", [25] * 20))
    assert [(run.energy_kwh, run.machine_wide) for run in reading.runs] == [(about(25 * 2 / 3.6e6), True)]
    assert codes(reading) == ["CR047"]
    (tmp_path / "process_wattage.csv").unlink()
    assert "name process_wattage.csv as well" in refused(wattage(tmp_path, "baseline", [3, 5]))


def test_power_that_was_not_measured_is_not_0(tmp_path: Path) -> None:
    wattage(tmp_path, "process", [0] * 20)
    assert read(tmp_path).runs[0].energy_kwh is None
    wattage(tmp_path, "baseline", [4, 4])
    reading = read(tmp_path)
    assert (reading.runs[0].energy_kwh, codes(reading)) == (None, ["CR027"])
    wattage(tmp_path, "process", [4] * 20)
    reading = read(tmp_path)
    assert (reading.runs[0].energy_kwh, codes(reading)) == (None, ["CR035"]), "less than at rest"
    wattage(tmp_path, "baseline", [0, 0])
    assert read(tmp_path).runs[0].energy_kwh == about(4 * 2 / 3.6e6)


def test_bad_rows_are_skipped_and_told(tmp_path: Path) -> None:
    path = wattage(tmp_path, "process", [25] * 20)
    path.write_text(path.read_text(encoding="utf-8") + "2.1,much\n2.2,-4\n,5\n2.3", encoding="utf-8")
    reading = read(path)
    assert (reading.inputs[0].rows, reading.inputs[0].skipped) == (24, 4)
    assert reading.runs[0].energy_kwh == about(25 * 2 / 3.6e6)
    assert "two samples" in refused(wattage(tmp_path, "process", []))


def test_a_printed_report(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text(
        REPORT + "epoch 1\n" + REPORT.replace("Oil:", "Petroleum:").replace("Pennsylvania", "Germany"), encoding="utf-8"
    )
    reading = read(path)
    usa, germany = reading.runs
    assert (usa.energy_kwh, usa.reported_emissions_kg, usa.duration_s) == (1.04e-5, 4.05e-6, 93784)
    assert (usa.country, usa.region, usa.machine_wide, usa.basis) == ("USA", "Pennsylvania", False, "reported")
    assert (germany.country, germany.region, usa.line, germany.line) == ("Germany", None, 1, 12)
    assert usa.reported_intensity_g_per_kwh == about(4.05e-6 / 1.04e-5 * 1e3)
    path.write_text(REPORT + REPORT[:300], encoding="utf-8")
    reading = read(path)
    assert (len(reading.runs), reading.inputs[0].skipped, "CR003" in codes(reading)) == (1, 1, True)
    path.write_text(REPORT[:300], encoding="utf-8")
    assert "no report of energy-usage is whole" in refused(path)


def test_samples_with_what_the_tracker_returned() -> None:
    """The tracker's own figures, of which its report prints three digits."""
    for name, energy in (("report-pennsylvania", 1.92328179e-05), ("report-germany", 1.92164895e-05)):
        (run,) = read(SAMPLE / name).runs
        assert run.energy_kwh == about(energy, rel=5e-3)
        assert run.duration_s == 2
    (run,) = read(SAMPLE / "wattage").runs
    assert run.energy_kwh == about((18 - 2) / 0.8 * 4 / 3.6e6, rel=1e-12)


def test_claims(tmp_path: Path) -> None:
    claims = importers.available()["energy-usage"].claims

    def claimed(path: Path) -> bool:
        return claims(next(log for log in logs.find([str(path)]) if isinstance(log, logs.Log)))

    assert claimed(wattage(tmp_path, "process", [1]))
    assert claimed(SAMPLE / "report-germany" / "report.txt")
    for text in ("time,power\n0.1,5\n", "the Baseline wattage: was measured\n", "time,wattage reading\n"):
        (tmp_path / "other.txt").write_text(text, encoding="utf-8")
        assert not claimed(tmp_path / "other.txt")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watts=st.lists(st.floats(0.1, 1e3), min_size=4, max_size=20), cut=st.integers(2, 100))
def test_a_trace_cut_at_any_sample_keeps_its_energy(tmp_path: Path, watts: list[float], cut: int) -> None:
    cut = 2 + cut % (len(watts) - 3) if len(watts) > 4 else 2
    whole = read(wattage(tmp_path, "process", watts, start=100)).runs[0]
    parts = []
    for name, piece, start in (("a", watts[:cut], 100), ("b", watts[cut - 1 :], 100 + cut - 1)):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        parts.append(read(wattage(folder, "process", piece, start=start)).runs[0].energy_kwh or 0)
    assert math.fsum(parts) == about(whole.energy_kwh, rel=1e-9)
