"""experiment-impact-tracker: damaged lines, missing halves, pickles that would run code: a run or one line."""

from __future__ import annotations

import json
import os
import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reporter import importers
from reporter.errors import ReportError

from .eit_run import JOULES, ROWS, codes, info_told, one_run, read_run, write_run

if TYPE_CHECKING:
    from pathlib import Path


BAD_LINES = {
    b"42": "no JSON object",
    b"null": "no JSON object",
    b'{"timestamp": ': "no JSON",
    b"\0" * 4096: "NUL bytes",
    b"\xff\xfe{}": "no JSON",
    b"[" * 100_000: "nested too deep",
    b'{"timestamp": ' + b"9" * 5000 + b"}": "no time in seconds",
    b'{"timestamp": NaN}': "no time in seconds",
    b'{"timestamp": "soon"}': "'soon' is no time in seconds",
    b'{"timestamp": true}': "no time in seconds",
    b'{"timestamp": 15}': "no time in seconds",
    b"{}": "no time in seconds",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_line_that_is_no_sample_is_skipped_and_counted(tmp_path: Path, line: bytes) -> None:
    rows = [json.dumps(row).encode() for row in ROWS]
    reading = read_run(tmp_path, b"\n".join([rows[0], line, *rows[1:], b""]))
    assert reading.runs[0].energy_kwh == pytest.approx(JOULES / 3.6e6, rel=1e-12)
    data = next(file for file in reading.inputs if file.path.endswith("data.json"))
    assert (data.rows, data.skipped, data.runs) == (4, 1, 1)
    (told,) = [finding for finding in reading.findings if finding.code == "CR002"]
    assert BAD_LINES[line] in told.message
    assert told.where == f"{data.path}:2"
    with pytest.raises(ReportError, match="2: "):
        importers.read([str(tmp_path)], strict=True)


def test_every_cut_of_the_log_is_a_run_or_one_line(tmp_path: Path) -> None:
    whole = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
    for place in range(0, len(whole), 3):
        try:
            reading = read_run(tmp_path, whole[:place])
        except ReportError as error:
            assert "\n" not in str(error)  # noqa: PT017 - the shortest cuts hold no sample
            continue
        data = next(file for file in reading.inputs if file.path.endswith("data.json"))
        assert data.rows == whole[:place].rstrip(b"\n").count(b"\n") + 1
        assert (data.skipped == 1) == ("CR003" in codes(reading))
    assert reading.runs[0].energy_kwh is not None


def test_half_a_run_is_refused_by_the_name_of_the_other_half(tmp_path: Path) -> None:
    place = write_run(tmp_path / "a") / "impacttracker"
    (place / "info.pkl").unlink()
    with pytest.raises(ReportError, match=r"data\.json: info\.pkl is missing"):
        importers.read([str(tmp_path)])
    place = write_run(tmp_path / "a") / "impacttracker"
    (place / "data.json").unlink()
    with pytest.raises(ReportError, match=r"info\.pkl: data\.json is missing"):
        importers.read([str(tmp_path)])


@pytest.mark.parametrize("name", ["data.json", "info.pkl"])
def test_one_file_named_alone_finds_the_other(tmp_path: Path, name: str) -> None:
    place = write_run(tmp_path, b"42\n" + json.dumps(ROWS[0]).encode() + b"\n") / "impacttracker" / name
    reading = importers.read([str(place)])
    assert [run.source for run in reading.runs] == [str(place)]
    assert (reading.inputs[0].rows, reading.inputs[0].skipped, reading.inputs[0].runs) == (2, 1, 1)
    assert {"CR002", "CR018"} <= set(codes(reading))


class _Attack:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


def test_a_pickle_that_would_run_code_is_refused_once_and_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    write_run(tmp_path / "bad", info=pickle.dumps(info_told(gpu_info=_Attack(marker)), 3))
    with pytest.raises(ReportError, match=r"info\.pkl: refused: pickle needs \w+\.system"):
        importers.read([str(tmp_path / "bad")])
    write_run(tmp_path / "good")
    reading = importers.read([str(tmp_path)])
    assert [run.labels["experiment"] for run in reading.runs] == ["good"]
    assert codes(reading).count("CR001") == 1
    assert not marker.exists()


@pytest.mark.parametrize(
    ("info", "why"),
    [
        (info_told(experiment_start="yesterday"), "experiment_start is 'yesterday'"),
        (info_told(experiment_start="absent"), "experiment_start is None"),
        (info_told(experiment_end=7), "experiment_end is 7"),
        (info_told(experiment_start=[["x"] * 1000] * 900), "experiment_start is a list"),
        (info_told(experiment_start=datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None)), "no date and time of a run"),
        ([1, 2], "not the info.pkl of a run"),
    ],
)
def test_an_info_of_wrong_types_is_refused(tmp_path: Path, info: Any, why: str) -> None:
    with pytest.raises(ReportError, match=r"info\.pkl") as caught:
        read_run(tmp_path, info=pickle.dumps(info, 4))
    assert why in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("odd", [7, None, "text", [None, 3], {"id": 5, "carbonIntensity": 10**400, "name": []}])
def test_odd_values_of_little_weight_are_not_told(tmp_path: Path, odd: Any) -> None:
    info = info_told(gpu_info=odd, cpu_info=odd, region=odd, region_carbon_intensity_estimate=odd)
    info["experiment_impact_tracker_version"] = odd
    run = one_run(tmp_path, info=info)
    assert run.energy_kwh == pytest.approx(JOULES / 3.6e6, rel=1e-12)
    assert (run.region, run.cpu_model, run.gpu_model, run.reported_emissions_kg) == (None, None, None, None)
