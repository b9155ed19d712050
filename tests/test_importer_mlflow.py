"""MLflow: the file store and its names, exports in any order, milliseconds, nodes, the two halves of an AMD card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

START = 1_763_700_000_000
KEY = "system/gpu_{}_power_usage_watts"
RUN = "0123456789abcdef0123456789abcdef"


def store(folder: Path, *watts: float, gpu: int = 0, node: str = "", run: str = RUN) -> Path:
    """Write one metric of one run as the file store does, ten seconds between samples."""
    place = folder / "mlruns" / "7" / run / "metrics" / "system" / node
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"gpu_{gpu}_power_usage_watts"
    path.write_text("".join(f"{START + 10_000 * step} {power} {step}\n" for step, power in enumerate(watts)))
    return path


def points(*watts: float, gpu: int = 0, run: str | None = RUN, key: str = KEY) -> list[dict[str, Any]]:
    told = {} if run is None else {"run_id": run}
    return [{"key": key.format(gpu), "value": power, "timestamp": START + 10_000 * step, "step": step, **told}
            for step, power in enumerate(watts)]  # fmt: skip


def answer(path: Path, found: list[dict[str, Any]], **others: Any) -> Reading:
    path.write_text(json.dumps({"metrics": found, **others}))
    return importers.read([str(path)])


def table(path: Path, found: list[dict[str, Any]], *, last: str = "\n") -> Reading:
    lines = ["run_id,key,value,step,timestamp"]
    lines += [f"{one['run_id']},{one['key']},{one['value']},{one['step']},{one['timestamp']}" for one in found]
    path.write_text("\n".join(lines) + last)
    return importers.read([str(path)])


def only(reading: Reading) -> Any:
    (run,) = reading.runs
    return run


def joules(run: Any) -> Any:
    assert run.energy_kwh is not None
    return run.energy_kwh * 3.6e6


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_a_folder_of_the_file_store_is_one_run(tmp_path: Path) -> None:
    store(tmp_path, 100, 200, 100)
    store(tmp_path, 50, 50, 50, gpu=1)
    (tmp_path / "mlruns" / "7" / "meta.yaml").write_text("artifact_location: x\nname: digits\n")
    meta = f"end_time: 1\nrun_id: {RUN}\nrun_name: 'small net'\nuser_id: ada\n"
    (tmp_path / "mlruns" / "7" / RUN / "meta.yaml").write_text(meta)
    reading = importers.read([str(tmp_path)])
    run = only(reading)
    assert (run.id, joules(run), run.gpu_count, run.duration_s) == (RUN, pytest.approx(3000 + 1000), 2, 20)
    assert (str(run.started_at), str(run.ended_at)) == ("2025-11-21 04:40:00+00:00", "2025-11-21 04:40:20+00:00")
    assert run.labels == {"experiment": "digits", "run": "small net"}
    assert (run.gpu_energy_kwh, run.machine_wide, run.basis) == (run.energy_kwh, None, "measured")
    assert [(finding.code, finding.level) for finding in reading.findings] == [("CR025", "note")]


def test_seen_from_inside_the_run_its_name_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store(tmp_path, 1, 2, 3).parent)
    assert only(importers.read(["gpu_0_power_usage_watts"])).id == RUN


def test_nodes_and_runs_are_kept_apart(tmp_path: Path) -> None:
    for node in ("node_0", "node_1"):
        store(tmp_path, 60, 60, node=node)
    store(tmp_path, 60, 60, run="f" * 32)
    reading = importers.read([str(tmp_path)])
    assert sorted((run.id, joules(run)) for run in reading.runs) == [
        (f"{RUN}/node_0", pytest.approx(600)), (f"{RUN}/node_1", pytest.approx(600)), ("f" * 32, pytest.approx(600)),
    ]  # fmt: skip


def test_exports_as_json_and_csv(tmp_path: Path) -> None:
    found = [*points(100, 200, 100), *points(50, 50, 50, gpu=1),
             *points(9, 9, key="system/gpu_{}_power_usage_percentage"),
             *points(7, 7, 7, key="system/node_2/gpu_{}_power_usage_watts")]  # fmt: skip
    for reading in (answer(tmp_path / "a.json", found), table(tmp_path / "a.csv", found)):
        assert [(run.id, joules(run)) for run in reading.runs] == [
            (RUN, pytest.approx(4000)), (f"{RUN}/node_2", pytest.approx(140)),
        ]  # fmt: skip
    path = tmp_path / "b.json"
    path.write_text(json.dumps(found[:3]))
    assert joules(only(importers.read([str(path)]))) == pytest.approx(3000)
    path.write_text("\n".join(map(json.dumps, found[:3])))
    assert joules(only(importers.read([str(path)]))) == pytest.approx(3000)


def test_files_of_one_run_belong_together_and_a_copy_counts_once(tmp_path: Path) -> None:
    answer(tmp_path / "gpu_0.json", points(100, 200, 100))
    answer(tmp_path / "gpu_1.json", points(50, 50, 50, gpu=1))
    table(tmp_path / "copy.csv", points(100, 200, 100))
    run = only(importers.read([str(tmp_path)]))
    assert (joules(run), run.gpu_count) == (pytest.approx(4000), 2)


def test_answers_without_a_run_id_are_runs_by_file(tmp_path: Path) -> None:
    for power, name in enumerate("ab", 60):
        answer(tmp_path / f"{name}.json", points(power, power, run=None))
    assert [run.id for run in importers.read([str(tmp_path)]).runs] == ["a.json", "b.json"]


def test_another_page_is_told(tmp_path: Path) -> None:
    reading = answer(tmp_path / "a.json", points(1, 2, 3), next_page_token="x")  # noqa: S106 - a page, no secret
    assert "CR026" in codes(reading)


def test_the_halves_of_an_amd_card_count_once(tmp_path: Path) -> None:
    """MLflow tells memory of AMD cards in gigabytes; equal power of two NVIDIA cards is chance, not a copy."""
    for gpu in range(2):
        path = store(tmp_path, 300, 310, 305, gpu=gpu)
    assert joules(only(importers.read([str(tmp_path)]))) == pytest.approx(2 * 6125)
    path.with_name("gpu_0_memory_usage_gigabytes").write_text(f"{START} 1 0\n")
    reading = importers.read([str(tmp_path)])
    assert (joules(only(reading)), codes(reading)) == (pytest.approx(6125), ["CR021", "CR025"])
    found = [*points(300, 310), *points(300, 310, gpu=1), *points(1, key="system/gpu_{}_memory_usage_gigabytes")]
    assert joules(only(answer(tmp_path / "a.json", found))) == pytest.approx(3050)


def test_a_cut_last_line_is_no_reading(tmp_path: Path) -> None:
    path = store(tmp_path, 100, 100, 100)
    path.write_text(path.read_text()[:-4].replace("100.0", "100"))
    reading = importers.read([str(path)])
    assert (joules(only(reading)), codes(reading)) == (pytest.approx(1000), ["CR003", "CR025"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{START} 5 0\n", "energy needs two samples"),
        (f"{START} 5 0\n{START // 1000} 5 1\n", "energy needs two samples"),
    ],
)
def test_a_store_without_energy(tmp_path: Path, content: str, said: str) -> None:
    path = store(tmp_path, 1)
    path.write_text(content)
    with pytest.raises(ReportError, match=said):
        importers.read([str(path)])


def test_what_holds_no_power_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no metric system/gpu_0_power_usage_watts here"):
        table(tmp_path / "a.csv", points(1, 2, key="loss"))
    with pytest.raises(ReportError, match=r"no metric system/gpu_0_power_usage_watts here"):
        answer(tmp_path / "a.json", points(1, 2, key="system/gpu_{}_power_usage_percentage"))


def test_doubtful_readings(tmp_path: Path) -> None:
    path = store(tmp_path, 100, 100, 100, 100)
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(" 100 ", " nan ")
    lines[2] = lines[2].replace(" 100 ", " -100 ")
    path.write_text("\n".join(lines) + "\n")
    reading = importers.read([str(path)])
    assert (joules(only(reading)), sorted(codes(reading))) == (pytest.approx(3000), ["CR025", "CR026", "CR035"])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watts=st.lists(st.integers(1, 700), min_size=4, max_size=20), data=st.data())
def test_order_of_points_and_cuts_change_nothing(tmp_path: Path, watts: list[int], data: Any) -> None:
    found = points(*watts) + points(*(2 * power for power in watts), gpu=1)
    whole = joules(only(table(tmp_path / "a.csv", data.draw(st.permutations(found)))))
    assert whole == pytest.approx(30 * (sum(watts) - (watts[0] + watts[-1]) / 2))
    cut = START + 10_000 * data.draw(st.integers(1, len(watts) - 2))
    early = answer(tmp_path / "a.json", [one for one in found if one["timestamp"] <= cut])
    late = answer(tmp_path / "a.json", [one for one in found if one["timestamp"] >= cut])
    assert joules(only(early)) + joules(only(late)) == pytest.approx(whole)
