"""Power logs of runs in parts, of jobs, of whole supplies, and of machines that several samplers watched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter import importers

from .test_importer_power_log import CPU, CPU1, END, GPU, HEAD, KWH, PSYS, RAM, codes, log, one, read, row_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.run import Run

SUPPLY = "# meter: supply-power-meter-0 kind=power part=supply unit=J source=hwmon-power*time\n"
JOB = "# job: process tree\n"
BOOT = "# boot: 0123456789abcdef\n"


def job_log(meters: str, rows: Sequence[Sequence[object]], *, head: str = HEAD + JOB, end: str = END) -> str:
    """A log with a job's column for each meter; each row is (elapsed_s, joules of each meter..., job's of each...)."""
    names = [line.split()[2] for line in meters.splitlines()]
    columns = [*(f"{name}_j" for name in names), *(f"{name}_job_j" for name in names)]
    lines = [",".join(["time", "elapsed_s", *columns, "cpu_percent", "gpu_percent", "memory_gb"]), *map(row_text, rows)]
    return head + meters + "\n".join(lines) + "\n" + end


def other(head: str = HEAD, digit: str = "9", at: str = "10:00:00") -> str:
    """A head of another run, at another time."""
    return head.replace("11111111", digit * 8, 1).replace("T10:00:00", f"T{at}", 1)


def test_what_a_supply_told_stands_for_the_whole_machine(tmp_path: Path) -> None:
    run = one(tmp_path, log(CPU + GPU + RAM + SUPPLY, [(0, 0, 0, 0, 0), (10, 400, 2000, 90, 3600)]))
    assert run.energy_kwh == pytest.approx(3600 / KWH)
    assert run.gpu_energy_kwh == pytest.approx(2000 / KWH)
    assert (run.basis, run.counted) == ("measured", False)


def test_a_supply_below_what_it_supplies_is_not_believed(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + GPU + SUPPLY, [(0, 0, 0, 0), (10, 400, 2000, 500)]))
    assert reading.runs[0].energy_kwh == pytest.approx(2400 / KWH)
    assert codes(reading) == ["CR030"]


def test_a_battery_that_was_charged_on_the_way_does_not_count(tmp_path: Path) -> None:
    reading = read(tmp_path, log(CPU + SUPPLY, [(0, 0, 0), (10, 400, 900), (20, 800, ""), (30, 1200, "")]))
    assert reading.runs[0].energy_kwh == pytest.approx(1200 / KWH)
    assert codes(reading) == ["CR023"]


def test_counters_are_told_from_power_times_time(tmp_path: Path) -> None:
    rows = [(0, 0, 0), (10, 400, 900)]
    assert one(tmp_path, log(CPU + GPU, rows)).counted
    assert not one(tmp_path, log(CPU + GPU.replace("kind=counter", "kind=power"), rows)).counted


def test_the_jobs_share_is_told_beside_the_machines_energy(tmp_path: Path) -> None:
    reading = read(tmp_path, job_log(CPU + GPU, [(0, 0, 0, "", ""), (10, 400, 2000, 300, 1500)]))
    (run,) = reading.runs
    assert run.energy_kwh == pytest.approx(2400 / KWH)
    assert run.machine_wide
    (finding,) = reading.findings
    assert finding.code == "CR045"
    assert "0.0005 of the 0.0006667 kWh" in finding.message


def test_a_log_that_counts_its_job_does(tmp_path: Path) -> None:
    head = HEAD + JOB + "# counts: job\n"
    rows = [(0, 0, 0, "", ""), (10, 400, 2000, 300, 1500)]
    reading = read(tmp_path, job_log(CPU + GPU, rows, head=head))
    (run,) = reading.runs
    assert run.energy_kwh == pytest.approx(1800 / KWH)
    assert run.cpu_energy_kwh == pytest.approx(300 / KWH)
    assert run.gpu_energy_kwh == pytest.approx(1500 / KWH)
    assert run.power_w[0] == pytest.approx((10.0, 180.0))
    assert run.machine_wide is False
    assert not reading.findings
    silent = read(tmp_path, job_log(CPU + GPU, [(0, 0, 0, "", ""), (10, 400, 2000, 300, "")], head=head))
    assert silent.runs[0].energy_kwh == pytest.approx(300 / KWH)
    assert codes(silent) == ["CR025"]


def test_parts_of_a_run_add_up_wherever_they_are(tmp_path: Path) -> None:
    first = log(CPU, [(0, 0), (10, 500), (20, 900)], end="# continues in: run.1.csv\n" + END)
    second = log(CPU + GPU, [(0, 0, 0), (30, 600, 3000)], head=other(HEAD, "1", "10:30:00") + "# part: 1\n")
    (tmp_path / "whole").mkdir()
    together = one(tmp_path / "whole", first + second)
    read(tmp_path, first, "run.csv")
    (tmp_path / "whole" / "run.csv").unlink()
    reading = read(tmp_path, second, "run.1.csv")
    (run,) = reading.runs
    for found in (run, together):
        assert found.energy_kwh == pytest.approx(4500 / KWH)
        assert found.gpu_energy_kwh == pytest.approx(3000 / KWH)
        assert found.duration_s == 50.0
    assert run.power_w == ((10.0, 50.0), (20.0, 40.0), (50.0, 120.0))
    assert codes(reading) == []
    (tmp_path / "run.1.csv").unlink()
    alone = importers.read([str(tmp_path / "run.csv")])
    assert codes(alone) == ["CR011"]
    assert "run.1.csv" in alone.findings[0].message


def test_a_copy_of_a_part_counts_once(tmp_path: Path) -> None:
    text = log(CPU, [(0, 0), (10, 500)])
    text += log(CPU, [(0, 0), (30, 600)], head=HEAD + "# part: 1\n")
    read(tmp_path, text, "a.csv")
    reading = read(tmp_path, text, "b.csv")
    assert reading.runs[0].energy_kwh == pytest.approx(1100 / KWH)
    assert codes(reading).count("CR021") == 2


def by_id(runs: Sequence[Run]) -> dict[str, float]:
    return {run.id[0]: (run.energy_kwh or 0) * KWH for run in runs}


def test_two_samplers_of_one_machine_count_its_energy_once(tmp_path: Path) -> None:
    """100 W throughout; the second ran from 5 s to 15 s, the first from 0 s to 10 s."""
    read(tmp_path, log(CPU, [(0, 0), (10, 1000)], head=HEAD + BOOT), "a.csv")
    reading = read(tmp_path, log(CPU, [(0, 0), (10, 1000)], head=other(HEAD + BOOT, "9", "10:00:05")), "b.csv")
    assert by_id(reading.runs) == {"1": pytest.approx(750), "9": pytest.approx(750)}  # of the 500 J together, half each
    assert codes(reading) == ["CR014"]
    assert [run.machine_wide for run in reading.runs] == [False, False]
    assert sum(watts * 10 for run in reading.runs for _, watts in run.power_w) == pytest.approx(1500)


def test_eight_ranks_of_a_job_count_once_by_their_jobs(tmp_path: Path) -> None:
    for rank in range(1, 9):
        rows = [(0, 0, 0, "", ""), (10, 1000, 4000, 20 * rank, 500)]
        (tmp_path / f"{rank}.csv").write_text(job_log(CPU + GPU, rows, head=other(HEAD + JOB + BOOT, str(rank))))
    reading = importers.read([str(tmp_path)])
    assert sum(by_id(reading.runs).values()) == pytest.approx(5000)
    cpu = {run.id[0]: (run.cpu_energy_kwh or 0) * KWH for run in reading.runs}
    assert cpu == {str(rank): pytest.approx(1000 * rank / 36) for rank in range(1, 9)}
    assert {round((run.gpu_energy_kwh or 0) * KWH) for run in reading.runs} == {500}


@pytest.mark.parametrize("boot", ["", BOOT.replace("0123", "ffff")])
def test_other_machines_and_machines_that_tell_nothing_are_not_shared(tmp_path: Path, boot: str) -> None:
    read(tmp_path, log(CPU, [(0, 0), (10, 1000)], head=HEAD + BOOT), "a.csv")
    reading = read(tmp_path, log(CPU, [(0, 0), (10, 1000)], head=other(HEAD + boot)), "b.csv")
    assert sum(by_id(reading.runs).values()) == pytest.approx(2000)


def test_meters_that_only_one_of_two_has_are_its_own(tmp_path: Path) -> None:
    read(tmp_path, log(CPU + GPU, [(0, 0, 0), (10, 1000, 3000)], head=HEAD + BOOT), "a.csv")
    reading = read(tmp_path, log(CPU + CPU1, [(0, 0, 0), (10, 1000, 700)], head=other(HEAD + BOOT)), "b.csv")
    assert by_id(reading.runs) == {"1": pytest.approx(3500), "9": pytest.approx(1200)}


def test_a_run_within_another_is_left_out_only_beside_it(tmp_path: Path) -> None:
    within = "# within: 11111111-2222-4333-8444-555555555555\n"
    read(tmp_path, log(CPU, [(0, 0), (10, 500)], head=other(HEAD + within)), "inner.csv")
    assert importers.read([str(tmp_path)]).runs[0].energy_kwh == pytest.approx(500 / KWH)
    reading = read(tmp_path, log(CPU, [(0, 0), (100, 5000)]), "outer.csv")
    assert [run.energy_kwh for run in reading.runs] == [pytest.approx(5000 / KWH)]
    assert codes(reading) == ["CR039"]


def test_a_head_that_a_crash_cut_does_not_spoil_the_next(tmp_path: Path) -> None:
    text = HEAD[:120] + "\n" + log(CPU + PSYS, [(0, 0, 0), (10, 500, 700)], head=other(HEAD))
    assert one(tmp_path, text).id.startswith("9")


def test_metrics_among_the_rows_are_labels_and_a_cut_one_is_none(tmp_path: Path) -> None:
    text = log(CPU, [(0, 0), (10, 500)], end="# metric: 2026-03-01T09:00:00Z accuracy=0.5\n")
    text += "# metric: 2026-03-01T09:00:00Z accuracy=0.91\n# metric: nonsense\n# metric: 2026-03-01T09:00:00Z los"
    reading = read(tmp_path, text)
    assert reading.runs[0].labels == {"command": "python", "accuracy": "0.91"}
    assert reading.runs[0].energy_kwh == pytest.approx(500 / KWH)


def test_place_machine_and_labels_come_from_the_head(tmp_path: Path) -> None:
    more = "# country: FRA\n# cloud: aws:eu-west-3\n# label: phase=search = and more\n# label: no sign\n" + BOOT
    run = one(tmp_path, log(CPU, [(0, 0), (10, 500)], head=HEAD + more))
    assert (run.country, run.cloud_provider, run.cloud_region) == ("FRA", "aws", "eu-west-3")
    assert run.labels == {"command": "python", "phase": "search = and more"}
    assert run.host == "0123456789abcdef"
