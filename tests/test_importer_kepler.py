"""Prometheus exports of Kepler, Scaphandre and DCGM: counters and restarts, overlapping zones, nodes, scrapes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reporter.run import Reading

START = 1_763_700_000
CPU = "kepler_node_cpu_joules_total"


def series(name: str, values: Iterable[object], step: int = 15, start: int = START, **labels: str) -> dict[str, Any]:
    points = [[start + step * place, str(value)] for place, value in enumerate(values)]
    return {"metric": {"__name__": name, "instance": "n1:28282", "job": "kepler", **labels}, "values": points}


def answer(*results: dict[str, Any], kind: str = "matrix") -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": list(results)}})


def read(path: Path, *results: dict[str, Any]) -> Reading:
    path.write_text(answer(*results), encoding="utf-8")
    return importers.read([str(path)])


def only(reading: Reading) -> Any:
    (run,) = reading.runs
    return run


def joules(run: Any) -> Any:
    assert run.energy_kwh is not None
    return run.energy_kwh * 3.6e6


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_zones_lie_inside_one_another(tmp_path: Path) -> None:
    zones = {"package": 100, "core": 60, "uncore": 10, "dram": 20, "psys": 300}
    found = [series(CPU, (5000, 5000 + grown), zone=zone) for zone, grown in zones.items()]
    reading = read(tmp_path / "a.json", *found)
    run = only(reading)
    assert joules(run) == pytest.approx(120)
    assert [run.cpu_energy_kwh, run.ram_energy_kwh] == pytest.approx([100 / 3.6e6, 20 / 3.6e6])
    assert (run.host, run.machine_wide, run.basis, run.counted, run.duration_s) == ("n1", True, "measured", True, 15)
    assert codes(reading) == ["CR038"]
    assert "core, psys, uncore lies inside" in reading.findings[0].message


def test_each_socket_counts(tmp_path: Path) -> None:
    sockets = [series(CPU, (7, 7 + 10 * n), zone=f"package-{n}", path=f"intel-rapl:{n}") for n in (1, 2)]
    assert joules(only(read(tmp_path / "a.json", *sockets))) == pytest.approx(30)


def test_both_modes_are_shares_of_one_energy(tmp_path: Path) -> None:
    modes = [series("kepler_node_package_joules_total", (0, 10 * n), mode=mode)
             for n, mode in ((1, "dynamic"), (2, "idle"))]  # fmt: skip
    dram = series("kepler_node_dram_joules_total", (5, 6), mode="dynamic")
    core = series("kepler_node_core_joules_total", (0, 99), mode="dynamic")
    assert joules(only(read(tmp_path / "a.json", *modes, dram, core))) == pytest.approx(31)


def test_the_platform_holds_everything_else(tmp_path: Path) -> None:
    modes = {"dynamic": 40, "idle": 60}
    platform = [series("kepler_node_platform_joules_total", (0, grown), mode=mode) for mode, grown in modes.items()]
    others = [series("kepler_node_package_joules_total", (0, 50), mode="dynamic"),
              series("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", (0, 30_000), UUID="GPU-1", node="n1")]  # fmt: skip
    others[1]["metric"]["instance"] = "n1:9400"
    run = only(read(tmp_path / "a.json", *others, *platform))
    assert (joules(run), run.cpu_energy_kwh, run.gpu_energy_kwh) == (pytest.approx(100), None, None)


def test_active_and_idle_stand_in_for_the_zone(tmp_path: Path) -> None:
    shares = [series(f"kepler_node_cpu_{share}_joules_total", (0, 10), zone="package") for share in ("active", "idle")]
    assert joules(only(read(tmp_path / "a.json", *shares))) == pytest.approx(20)
    whole = series(CPU, (0, 20), zone="package")
    assert joules(only(read(tmp_path / "a.json", *shares, whole))) == pytest.approx(20)


def test_a_restart_begins_again_at_0(tmp_path: Path) -> None:
    reading = read(tmp_path / "a.json", series(CPU, (1000, 1100, 30, 80, 5), zone="package"))
    assert joules(only(reading)) == pytest.approx(100 + 30 + 50 + 5)
    assert codes(reading) == ["CR022"]


def test_a_counter_keeps_what_lies_in_a_gap(tmp_path: Path) -> None:
    one = series(CPU, (0, 10, 20, 5000), zone="package")
    one["values"][3][0] += 36_000
    reading = read(tmp_path / "a.json", one)
    assert (joules(only(reading)), codes(reading)) == (pytest.approx(5000), [])


def test_watts_are_integrated_where_there_are_no_joules(tmp_path: Path) -> None:
    watts = series("kepler_node_cpu_watts", (100, 200, 100), zone="package")
    assert joules(only(read(tmp_path / "a.json", watts))) == pytest.approx(4500)
    run = only(read(tmp_path / "a.json", watts, series(CPU, (0, 1), zone="package")))
    assert joules(run) == pytest.approx(1)


def test_of_the_meters_of_a_chassis_the_largest_counts(tmp_path: Path) -> None:
    meters = [series("kepler_platform_watts", (n, n), chassis_id="c", power_control_id=f"PC{n}") for n in (100, 400)]
    reading = read(tmp_path / "a.json", *meters)
    assert joules(only(reading)) == pytest.approx(6000)
    assert codes(reading) == ["CR038"]


def test_pods_alone_are_shares_by_a_model(tmp_path: Path) -> None:
    pods = [series("kepler_pod_cpu_joules_total", (0, 10), zone=zone, pod_name=pod)
            for pod in ("a", "b") for zone in ("package", "core", "dram")]  # fmt: skip
    run = only(read(tmp_path / "a.json", *pods))
    assert (joules(run), run.basis, run.machine_wide) == (pytest.approx(40), "estimated", False)
    run = only(read(tmp_path / "a.json", *pods, series(CPU, (0, 100), zone="package")))
    assert (joules(run), run.basis, run.machine_wide) == (pytest.approx(100), "measured", True)


def test_a_source_that_is_a_model_makes_an_estimate(tmp_path: Path) -> None:
    one = series("kepler_node_platform_joules_total", (0, 9), mode="idle", source="trained power model")
    assert only(read(tmp_path / "a.json", one)).basis == "estimated"


def test_scaphandre_counts_microjoules_once(tmp_path: Path) -> None:
    energy = series("scaph_host_energy_microjoules", (5e6, 65e6))
    power = series("scaph_host_power_microwatts", (9e6, 9e6))
    socket = series("scaph_socket_power_microwatts", (8e6, 8e6), socket_id="0")
    process = series("scaph_process_power_consumption_microwatts", (4e6, 4e6), pid="1")
    assert joules(only(read(tmp_path / "a.json", process, socket, power, energy))) == pytest.approx(60)
    assert joules(only(read(tmp_path / "a.json", process, socket, power))) == pytest.approx(135)


def test_dcgm_counts_each_card_once(tmp_path: Path) -> None:
    """Card 0 has both metrics, card 1 power alone, and is cut into instances that each repeat its power."""
    both = [series("DCGM_FI_DEV_POWER_USAGE", (7, 7), Hostname="g", UUID="GPU-0", pod="x"),
            series("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", (0, 150_000), Hostname="g", UUID="GPU-0")]  # fmt: skip
    cut = [series("DCGM_FI_DEV_POWER_USAGE", (20, 20), Hostname="g", UUID="GPU-1", GPU_I_ID=n) for n in "12"]
    reading = read(tmp_path / "a.json", *both, *cut)
    run = only(reading)
    assert (joules(run), run.host, run.machine_wide) == (pytest.approx(150 + 300), "g", None)
    assert run.gpu_energy_kwh == run.energy_kwh
    assert codes(reading) == ["CR025"]


def test_cards_are_added_to_the_node_s_processors(tmp_path: Path) -> None:
    cpu = series(CPU, (0, 100), zone="package", node_name="g")
    card = series("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", (0, 150_000), Hostname="g", UUID="GPU-0")
    run = only(read(tmp_path / "a.json", cpu, card))
    assert (joules(run), run.machine_wide) == (pytest.approx(250), True)


def test_each_node_is_a_run_and_its_name_stays_in_the_host(tmp_path: Path) -> None:
    nodes = [series(CPU, (0, 10 * n), zone="package", node_name=f"worker-{n}") for n in (2, 1)]
    runs: Any = read(tmp_path / "a.json", *nodes).runs
    assert [(run.id, run.host, run.energy_kwh) for run in runs] == [
        ("a.json node 1", "worker-1", pytest.approx(10 / 3.6e6)),
        ("a.json node 2", "worker-2", pytest.approx(20 / 3.6e6)),
    ]


def test_a_restarted_exporter_is_the_same_device(tmp_path: Path) -> None:
    """Its pod, and so its address, are new; the node is not."""
    old = series(CPU, (0, 10), zone="package", node_name="w", pod="a")
    new = series(CPU, (15, 20), zone="package", node_name="w", pod="b", start=START + 60)
    new["metric"]["instance"] = "n2:28282"
    assert joules(only(read(tmp_path / "a.json", new, old))) == pytest.approx(20)


def test_queries_of_one_time_belong_together_and_others_do_not(tmp_path: Path) -> None:
    """One file a metric is how most people export; another day's files are another run, not one with a gap."""
    for day in (0, 86_400):
        for zone, grown in (("package", 100), ("core", 60), ("dram", 20)):
            one = series(CPU, (day, day + grown), zone=zone, start=START + day)
            (tmp_path / f"{zone}{day}.json").write_text(answer(one), encoding="utf-8")
    reading = importers.read([str(tmp_path)])
    assert [joules(run) for run in reading.runs] == pytest.approx([120, 120])


def scrape(folder: Path, name: str, joules_: float, *others: str) -> Path:
    path = folder / name
    lines = [f"# TYPE {CPU} counter", f'{CPU}{{zone="package",node_name="w"}} {joules_}', *others]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_one_scrape_is_no_energy_and_two_are(tmp_path: Path) -> None:
    after = scrape(tmp_path, "a.txt", 1.5e3, 'kepler_node_cpu_watts{zone="package",node_name="w"} 20')
    with pytest.raises(ReportError, match="a counter since boot is no energy"):
        importers.read([str(after)])
    before = scrape(tmp_path, "b.txt", 1000)
    run = only(importers.read([str(after), str(before)]))
    assert (joules(run), run.duration_s, run.started_at) == (pytest.approx(500), None, None)


def test_scrapes_one_after_another_in_a_file_and_with_times(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f'{CPU}{{zone="package"}} {value}\n' for value in (1000, 1500, 100)))
    assert joules(only(importers.read([str(path)]))) == pytest.approx(600)
    times = [(START + 10 * step) * 1000 for step in range(3)]
    path.write_text("".join(f'{CPU}{{zone="package"}} {n} {time}\n' for n, time in zip((5, 6, 7), times, strict=True)))
    run = only(importers.read([str(path)]))
    assert (joules(run), run.duration_s) == (pytest.approx(2), 20)


def test_tables_long_and_wide(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{START + 15 * step},{CPU},{100 * step},{zone},w" for step in range(3) for zone in ("package", "core")]
    path.write_text("timestamp,metric,value,zone,node_name\n" + "\n".join(rows) + "\n")
    assert joules(only(importers.read([str(path)]))) == pytest.approx(200)
    titles = ['"kepler_node_cpu_joules_total{zone=""' + zone + '"",node_name=""w""}"' for zone in ("package", "core")]
    rows = [f"2026-03-01 10:00:{15 * step:02d},{100 * step},{60 * step}" for step in range(3)]
    path.write_text("Time," + ",".join(titles) + "\n" + "\n".join(rows) + "\n")
    run = only(importers.read([str(path)]))
    assert (joules(run), run.duration_s) == (pytest.approx(200), 30)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (answer(series(CPU, (1,)), kind="vector"), "an instant query"),
        ('{"status":"error","error":"no \\u001b such","resultType":""}', r"error: no \\x1b such"),
        (answer(series("", (1, 2))), r"no metric's name, as after rate\(\)"),
        (answer(series("up", (1, 1))), "no energy or power of a node"),
        (answer(series("kepler_build_info", (1, 1))), "but kepler_build_info; query"),
        (answer(), "no energy or power of a node"),
        (answer(series(CPU, (1, 2)))[:-40], "the file is cut off"),
        ('{"data": 5, "resultType": "matrix"}', "holds no result"),
    ],
)
def test_what_is_no_energy_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=f"a.json.*: .*{said}"):
        importers.read([str(path)])


def test_points_without_a_value_and_counters_that_stand_still(tmp_path: Path) -> None:
    still = series(CPU, (5, 5, 5), zone="dram")
    reading = read(tmp_path / "a.json", series(CPU, (0, "NaN", 10), zone="package"), still)
    assert joules(only(reading)) == pytest.approx(10)
    assert sorted(codes(reading)) == ["CR026", "CR027", "CR038"]
    assert only(reading).ram_energy_kwh is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grown=st.lists(st.integers(0, 10**6), min_size=4, max_size=20), data=st.data())
def test_order_of_series_and_cuts_change_nothing(tmp_path: Path, grown: list[int], data: Any) -> None:
    """Counters that restart anywhere, cut at any reading: the parts hold the energy of the whole."""
    restart = data.draw(st.integers(1, len(grown) - 1))
    values, total = [0], 0
    for place, more in enumerate(grown, 1):
        values.append((values[-1] if place != restart else 0) + more)
        total += values[-1] - values[-2] if values[-1] >= values[-2] else values[-1]
    zones = ("package", "dram", "core")
    made = [series(CPU, values, zone=zone, node_name=node) for zone in zones for node in "ab"]
    shuffled = data.draw(st.permutations(made))
    whole = read(tmp_path / "a.json", *shuffled)
    energies = [run.energy_kwh or 0.0 for run in whole.runs]
    assert energies == pytest.approx([2 * total / 3.6e6] * 2)
    cut = data.draw(st.integers(1, len(values) - 2))
    early = read(tmp_path / "a.json", *(dict(one, values=one["values"][: cut + 1]) for one in shuffled))
    late = read(tmp_path / "a.json", *(dict(one, values=one["values"][cut:]) for one in shuffled))
    halves = [(a.energy_kwh or 0.0) + (b.energy_kwh or 0.0) for a, b in zip(early.runs, late.runs, strict=True)]
    assert halves == pytest.approx(energies)
