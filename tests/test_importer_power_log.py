"""The importer of power logs: totals by part, damage, counters that go back, and what is modelled."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter import importers
from reporter.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.run import Reading, Run

SAMPLES = Path(__file__).parent.parent / "samples" / "power-log"

HEAD = """# carbon-report power log 1
# run: 11111111-2222-4333-8444-555555555555
# command: python
# started: 2026-03-01T10:00:00.000+01:00
# every_s: 10
# cpu: AMD EPYC, 64-Core
# logical_cpus: 16
# gpu: NVIDIA H100
# gpu: NVIDIA H100
# ram_gb: 64.5
"""
CPU = "# meter: cpu-package-0 kind=counter part=cpu unit=J source=rapl\n"
CPU1 = "# meter: cpu-package-1 kind=counter part=cpu unit=J source=rapl\n"
GPU = "# meter: gpu-0 kind=counter part=gpu unit=J source=nvml\n"
GPU_POWER = "# meter: gpu-1 kind=power part=gpu unit=J source=nvml-power*time\n"
RAM = "# meter: ram-model kind=modelled part=ram unit=J source=size*w_per_gb w_per_gb=0.3725 gb=64.50\n"
PSYS = "# meter: machine-psys kind=counter part=machine unit=J source=rapl\n"
END = "# ended: 2026-03-01T09:10:00.000Z exit=0\n"
KWH = 3.6e6


def log(meters: str, rows: Sequence[Sequence[object]], end: str = END, head: str = HEAD) -> str:
    """A log by hand; each row is (elapsed_s, joules of each meter...), at 09:00 UTC + elapsed."""
    columns = [f"{line.split()[2]}_j" for line in meters.splitlines()]
    lines = [",".join(["time", "elapsed_s", *columns, "cpu_percent", "gpu_percent", "memory_gb"])]
    lines += [row_text(row) for row in rows]
    return head + meters + "\n".join(lines) + "\n" + end


def row_text(row: Sequence[object], from_s: float = 0.0) -> str:
    at = datetime.fromtimestamp(1772355600.0 + from_s + float(str(row[0])), UTC)
    return ",".join([at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), *map(str, row), "50.0", "", "3.5"])


def read(folder: Path, text: str, name: str = "run.csv") -> Reading:
    (folder / name).write_bytes(text.encode())
    return importers.read([str(folder)])


def one(folder: Path, text: str) -> Run:
    (run,) = read(folder, text).runs
    return run


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_the_last_row_holds_the_totals_and_the_head_the_facts(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + CPU1 + GPU, [(0, 0, 0, 0), (10, 500, 250, 900), (20, 1800, 600, 7200)]))
    (run,) = reading.runs
    assert run.cpu_energy_kwh == pytest.approx(2400 / KWH, rel=1e-12)
    assert run.gpu_energy_kwh == pytest.approx(7200 / KWH, rel=1e-12)
    assert run.ram_energy_kwh is None
    assert run.energy_kwh == pytest.approx(9600 / KWH, rel=1e-12)
    assert (run.basis, run.duration_s, run.machine_wide) == ("measured", 20.0, True)
    assert run.id == "11111111-2222-4333-8444-555555555555"
    assert run.labels == {"command": "python"}
    assert (run.cpu_model, run.cpu_count, run.gpu_model, run.gpu_count) == ("AMD EPYC, 64-Core", 16, "NVIDIA H100", 2)
    assert run.started_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert run.ended_at == datetime(2026, 3, 1, 9, 0, 20, tzinfo=UTC)
    assert run.power_w == ((10.0, 165.0), (20.0, 795.0))
    assert run.reported_emissions_kg is None
    assert run.country is None
    assert not reading.findings
    assert reading.inputs[0][3:] == (3, 1, 0)


def test_modelled_parts_make_an_estimate_and_are_named(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + RAM, [(0, 0, 0), (20, 1800, 480)]))
    assert reading.runs[0].basis == "estimated"
    assert reading.runs[0].ram_energy_kwh == pytest.approx(480 / KWH)
    (finding,) = reading.findings
    assert finding.code == "CR108"
    assert "ram" in finding.message
    assert "cpu" not in finding.message


def test_power_readings_times_time_are_a_measurement(tmp_path: Path) -> None:
    assert one(tmp_path, log(CPU + GPU_POWER, [(0, 0, 0), (20, 1800, 480)])).basis == "measured"


def test_a_platform_meter_stands_for_processor_and_memory(tmp_path: Path) -> None:
    run = one(tmp_path, log(CPU + PSYS + GPU + RAM, [(0, 0, 0, 0, 0), (10, 400, 700, 2000, 90)]))
    assert run.energy_kwh == pytest.approx(2700 / KWH)
    assert run.cpu_energy_kwh == pytest.approx(400 / KWH)
    assert run.basis == "measured"  # the modelled memory is not counted


def test_a_platform_meter_below_its_processor_is_not_believed(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + PSYS, [(0, 0, 0), (10, 400, 7)]))
    assert reading.runs[0].energy_kwh == pytest.approx(400 / KWH)
    assert codes(reading) == ["CR030"]


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_cut_end_loses_one_row_at_most_and_is_told(tmp_path: Path, cut: int) -> None:
    whole = log(CPU, [(0, 0), (10, 500), (20, 12345.678)], end="")
    reading = read(tmp_path, whole[:-cut])
    (run,) = reading.runs
    last = whole.splitlines()[-1]
    if len(last) + 1 - cut >= last.rindex(",") + 1:  # the last comma is there: the energies are whole
        assert run.energy_kwh == pytest.approx(12345.678 / KWH)
        assert reading.inputs[0].skipped == 0
    else:
        assert run.energy_kwh == pytest.approx(500 / KWH)
        assert reading.inputs[0].skipped == (0 if cut == len(last) + 1 else 1)
        assert codes(reading).count("CR003") == reading.inputs[0].skipped
    assert "CR019" in codes(reading)


def test_a_log_cut_at_any_byte_never_shows_more_and_never_breaks(tmp_path: Path) -> None:
    content = (SAMPLES / "three-phases" / "run.csv").read_bytes()
    (full,) = importers.read([str(SAMPLES / "three-phases")]).runs
    path = tmp_path / "cut.csv"
    for size in range(len(content) - 400, len(content)):
        path.write_bytes(content[:size])
        (run,) = importers.read([str(path)], "power-log").runs
        assert (run.energy_kwh or 0) <= (full.energy_kwh or 0)
    for size in range(100, 1400, 7):
        path.write_bytes(content[:size])
        try:
            cut = importers.read([str(path)], "power-log").runs[0]
        except ReportError:
            continue
        assert (cut.energy_kwh or 0) <= (full.energy_kwh or 0)


def test_a_counter_that_goes_back_is_counted_on_from_there(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + GPU, [(0, 0, 0), (10, 500, 100), (20, 200, 200), (30, 650, 300)]))
    assert reading.runs[0].cpu_energy_kwh == pytest.approx((500 + 450) / KWH)
    assert reading.runs[0].gpu_energy_kwh == pytest.approx(300 / KWH)
    assert all(watts >= 0 for _, watts in reading.runs[0].power_w)
    assert [(finding.code, finding.where) for finding in reading.findings] == [("CR022", f"{tmp_path}/run.csv:16")]


def test_rows_in_any_order_give_the_same_totals(tmp_path: Path) -> None:
    rows = [(10.0 * n, 400.0 * n, 150.0 * n) for n in range(30)]
    straight = one(tmp_path, log(CPU + GPU, rows))
    shuffled = list(rows)
    random.Random(7).shuffle(shuffled)  # noqa: S311
    reading = read(tmp_path, log(CPU + GPU, shuffled))
    assert reading.runs[0].energy_kwh == straight.energy_kwh
    assert reading.runs[0].duration_s == straight.duration_s
    assert codes(reading) == ["CR024"]


def test_a_sampler_that_began_anew_in_the_same_file_adds_up(tmp_path: Path) -> None:
    more = "\n".join(row_text(row, from_s=100.0) for row in [(0, 0), (10, 300), (20, 700)]) + "\n"
    reading = read(tmp_path, log(CPU, [(0, 0), (10, 500), (30, 900)], end=more + END))
    assert reading.runs[0].energy_kwh == pytest.approx(1600 / KWH)
    assert reading.runs[0].duration_s == 50.0
    assert codes(reading) == ["CR022"]


def test_logs_put_one_after_the_other_are_several_runs(tmp_path: Path) -> None:
    second = HEAD.replace("1111", "9999", 1)
    text = log(CPU, [(0, 0), (10, 500)]) + log(CPU + GPU, [(0, 0, 0), (20, 100, 4000)], head=second)
    reading = read(tmp_path, text)
    assert [run.energy_kwh for run in reading.runs] == [pytest.approx(500 / KWH), pytest.approx(4100 / KWH)]
    assert [run.duration_s for run in reading.runs] == [10.0, 20.0]
    assert reading.inputs[0].rows == 4


def test_logs_with_quite_other_meters_one_after_the_other(tmp_path: Path) -> None:
    gpus = "".join(GPU.replace("gpu-0", f"gpu-{n}") for n in range(8))
    text = log(CPU, [(0, 0), (10, 500)]) + log(gpus, [[0] * 9, [20, *[10] * 8]], head=HEAD.replace("1111", "9999", 1))
    assert [run.energy_kwh for run in read(tmp_path, text).runs] == [pytest.approx(500 / KWH), pytest.approx(80 / KWH)]


def test_a_copy_of_a_run_is_counted_once_where_it_is_longer(tmp_path: Path) -> None:
    read(tmp_path, log(CPU, [(0, 0), (10, 500), (20, 900)]), "b.csv")
    reading = read(tmp_path, log(CPU, [(0, 0), (10, 500)], end=""), "a.csv")
    assert [run.energy_kwh for run in reading.runs] == [pytest.approx(900 / KWH)]
    assert "CR021" in codes(reading)


def test_blank_cells_are_not_told_and_not_zero(tmp_path: Path) -> None:
    run = one(tmp_path, log(CPU + GPU, [(0, 0, ""), (10, 500, ""), (20, "", "")]))
    assert run.gpu_energy_kwh is None
    assert run.energy_kwh == pytest.approx(500 / KWH)
    assert run.duration_s == 20.0


def test_a_counter_that_never_moved_is_told_and_not_zero(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + GPU, [(0, 0, 0), (10, 500, 0), (20, 900, 0)]))
    assert reading.runs[0].gpu_energy_kwh is None
    assert codes(reading) == ["CR023"]


@pytest.mark.parametrize("cell", ["nan", "1e400", "-3", "1_0", "abc"])
def test_a_cell_that_is_no_energy_skips_its_row(tmp_path: Path, cell: str) -> None:
    reading = read(tmp_path, log(CPU, [(0, 0), (10, 500), (20, cell), (30, 800)]))
    assert reading.runs[0].energy_kwh == pytest.approx(800 / KWH)
    assert codes(reading) == ["CR002"]
    assert "cpu-package-0_j" in reading.findings[0].message


@pytest.mark.parametrize("rows", [[], [(0, 0)]])
def test_a_run_without_energy_is_refused_in_one_line(tmp_path: Path, rows: list[tuple[int, int]]) -> None:
    with pytest.raises(ReportError, match=r"no energy to report|no header and no row") as caught:
        read(tmp_path, log(CPU, rows, end=""))
    assert "\n" not in str(caught.value)


def test_a_later_version_and_a_meter_not_understood_are_refused(tmp_path: Path) -> None:
    text = log(CPU, [(0, 0), (10, 500)])
    with pytest.raises(ReportError, match="update carbon-report"):
        read(tmp_path, text.replace("log 1", "log 2"))
    with pytest.raises(ReportError, match="cpu-package-0"):
        read(tmp_path, text.replace("unit=J", "unit=kJ"))
    with pytest.raises(ReportError, match="no '# meter:' line"):
        read(tmp_path, text.replace("# meter:", "# metre:"))


def test_a_log_saved_again_by_a_spreadsheet(tmp_path: Path) -> None:
    text = log(CPU, [(0, 0), (10, 500), (20, 1234.5)])
    padded = "".join(
        f"{line},,,,,\r\n" if line.startswith("#") else line.replace(",", ";").replace(".5;", ",5;") + "\r\n"
        for line in text.splitlines()
    ).replace(",,,,,", ";;;;;")
    assert one(tmp_path, "\ufeff" + padded).energy_kwh == pytest.approx(1234.5 / KWH)


def test_a_long_log_is_thinned_to_500_points_that_hold_all_its_energy(tmp_path: Path) -> None:
    rows = [(n, round(50.0 * n + 5 * (n % 7), 3)) for n in range(12_345)]
    run = one(tmp_path, log(CPU, rows))
    assert 250 <= len(run.power_w) <= 500
    assert run.power_w[-1][0] == rows[-1][0]
    steps = [(0.0, 0.0), *run.power_w]
    joules = sum((after[0] - before[0]) * after[1] for before, after in pairwise(steps))
    assert joules == pytest.approx(rows[-1][1], rel=1e-9)


def test_the_genuine_samples() -> None:
    reading = importers.read([str(SAMPLES)])
    runs = {Path(run.source).parent.name: run for run in reading.runs}
    assert runs["cpu-load"].energy_kwh == pytest.approx(1896.329690 / KWH, rel=1e-9)
    assert runs["three-phases"].energy_kwh == pytest.approx(998.602421 / KWH, rel=1e-9)
    assert all(run.basis == "estimated" for run in reading.runs)
    course = dict(runs["three-phases"].power_w)
    rest = [watts for at_s, watts in course.items() if at_s < 3.5]
    load = [watts for at_s, watts in course.items() if 5 < at_s < 9.5]
    assert min(load) > 1.3 * max(rest[1:])
