"""Cloud Carbon Footprint: three tables with unquoted names and totals, on-premise machines, the API's JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading

FOLDER = SAMPLES / "cloud-carbon-footprint"
ENDS = ("kilowatt hours", "metric tons CO2e Emissions")


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def file(folder: Path, *rows: str, name: str = "results.csv") -> Path:
    path = folder / name
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def by_day(*services: str) -> str:
    return ",".join(["Date (UTC)", *(f"{name} {end}" for name in services for end in ENDS)])


BY_SERVICE = f"Service,{ENDS[0]},{ENDS[1]},Cost"


def figures(reading: Reading) -> Any:
    return {run.id: (run.energy_kwh, run.reported_emissions_kg) for run in reading.runs}


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        importers.read([str(path)], "cloud-carbon-footprint")
    return str(caught.value).removeprefix(f"{path}:").strip()


@pytest.mark.parametrize(
    ("name", "runs", "kwh"), [("by-day", 2, 81.97), ("by-service", 3, 81.97), ("by-day-and-service", 5, 81.97)]
)
def test_all_three_tables_give_one_total(name: str, runs: int, kwh: float) -> None:
    reading = read(FOLDER / f"{name}.csv")
    footprint = assess(reading)
    assert len(reading.runs) == runs
    assert footprint.it_energy.value == pytest.approx(kwh)  # type: ignore[union-attr]
    assert footprint.emissions.value == pytest.approx(35.08)  # type: ignore[union-attr]
    assert codes(reading)[:3] == ["CR041", "CR043", "CR038"]
    assert {run.basis for run in reading.runs} == {"estimated"}


def test_names_with_commas_and_totals() -> None:
    reading = read(FOLDER / "by-day-and-service.csv")
    assert figures(reading)["2025-03-02 AWS Key Management, and Secrets"] == (1.26, pytest.approx(0.539))
    assert "2025-03-01 AWS Key Management, and Secrets" not in figures(reading), "it used nothing on that day"
    assert figures(reading)["2025-03-01 AmazonEC2"] == (39.48, pytest.approx(16.895))
    assert reading.runs[0].labels == {"service": "AmazonEC2"}
    assert str(reading.runs[0].started_at) == "2025-03-01 00:00:00+00:00"
    assert set(figures(read(FOLDER / "by-service.csv"))) == {"AmazonEC2", "AmazonS3", "AWS Key Management, and Secrets"}
    assert [run.labels for run in read(FOLDER / "by-day.csv").runs] == [{}, {}]


def test_the_upstream_s_own_table(tmp_path: Path) -> None:
    names = ["EBS", "S3", "EC2", "ElastiCache", "RDS", "ComputeEngine", "SUM"]
    reading = read(
        file(
            tmp_path,
            by_day(*names),
            "2020-07-01,2.03,0.000867,0.08,0.000036,39.48,0.016895,5.12,0.002193,8.07,0.003452,0.00,0.000000,54.78,0.023443",
            "2020-07-02,4.05,0.001735,0.00,0.000000,0.00,0.000000,18.93,0.008102,456.39,0.195322,0.00,0.000000,479.37,0.205159",
            "Total,6.08,0.002602,0.08,0.000036,39.48,0.016895,24.06,0.010295,464.46,0.198774,0.00,0.000000,534.15,0.228601",
        )
    )
    assert sum(run.energy_kwh or 0 for run in reading.runs) == pytest.approx(534.15)
    assert sum(run.reported_emissions_kg or 0 for run in reading.runs) == pytest.approx(228.602)
    assert (len(reading.runs), codes(reading)) == (8, ["CR041", "CR043", "CR038"])


def test_what_was_rounded_away_is_not_0(tmp_path: Path) -> None:
    reading = read(
        file(tmp_path, BY_SERVICE, "Lambda,0.00,0.000002,$0.00", "S3,0.00,0.000000,$0.00", "EC2,1.00,0.000400,$1.00")
    )
    assert figures(reading) == {"Lambda": (None, pytest.approx(0.002)), "EC2": (1, pytest.approx(0.4))}
    assert "CR013" in codes(reading)


def test_a_total_that_is_not_the_sum_is_told(tmp_path: Path) -> None:
    rows = ["EC2,8.00,0.009000,$14.00", "Total,801.00,0.009000,$14.00"]
    reading = read(file(tmp_path, BY_SERVICE, *rows))
    assert figures(reading) == {"EC2": (8, 9)}
    assert codes(reading) == ["CR041", "CR043", "CR038", "CR030"]
    assert "Total is 801 kWh and 0.009 t, but the rows make 8 kWh" in reading.findings[3].message


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("EC2,x,0.1,$1.00", "'x' is no number"),
        ("EC2,-3.00,0.1,$1.00", "a figure is below 0"),
        ("EC2,3.00", "2 cells, where"),
    ],
)
def test_bad_rows_are_skipped_and_told(tmp_path: Path, row: str, why: str) -> None:
    reading = read(file(tmp_path, BY_SERVICE, row, "S3,1.00,0.000400,$1.00"))
    assert (figures(reading), reading.inputs[0].skipped) == ({"S3": (1, pytest.approx(0.4))}, 1)
    assert why in next(found.message for found in reading.findings if found.code == "CR002")
    with pytest.raises(ReportError, match="mend the row"):
        importers.read([str(tmp_path)], strict=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            (by_day("EC2").rpartition(",")[0], "2020-07-01,1.00"),
            "1: 'kilowatt hours' and 'metric tons CO2e Emissions' must take",
        ),
        ((BY_SERVICE,), "there is no run in these logs"),
        ((BY_SERVICE, "S3,0.00,0.000000,$0.00"), "there is no run in these logs"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, rows: tuple[str, ...], message: str) -> None:
    assert refused(file(tmp_path, *rows)).startswith(message)


def test_on_premise_machines_count_their_longest_period() -> None:
    reading = read(FOLDER / "on-premise.csv")
    server, laptop = reading.runs
    assert (server.energy_kwh, server.reported_pue) == pytest.approx((5037 / 1.5, 1.5))
    assert (server.reported_emissions_kg, server.duration_s) == pytest.approx((2080.5, 8760 * 3600))
    assert (laptop.energy_kwh, laptop.reported_pue, laptop.duration_s) == (4, None, 160 * 3600)
    assert (server.labels, laptop.labels) == (
        {"machine_type": "server", "period": "annual"},
        {"machine_type": "laptop", "period": "monthly"},
    )
    assert (server.host, server.country, server.cpu_model) == (
        "rack-1",
        "United States",
        "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz",
    )
    assert sorted(codes(reading)) == ["CR038", "CR038", "CR041"]
    assert "rack-1" not in "".join(run.id + str(run.labels) for run in reading.runs)


def test_the_older_on_premise_table(tmp_path: Path) -> None:
    header = (
        "cpuId,memory,machineType,startTime,endTime,country,region,cpuUtilization,powerUsageEffectiveness,"
        "usageHours,kilowattHours,co2e"
    )
    row = (
        "Some CPU,130690,server,2022-01-17T13:38:18Z,2022-01-24T18:22:29.918423Z,United States,Texas,,,"
        "172,98.95676,0.0409997648032"
    )
    (run,) = read(file(tmp_path, header, row)).runs
    figures_told = run.energy_kwh, run.reported_emissions_kg, run.duration_s
    assert figures_told == pytest.approx((98.95676, 40.9997648032, 172 * 3600))


def api(*estimates: dict[str, Any], **period: object) -> dict[str, Any]:
    usual = {"cloudProvider": "AWS", "serviceName": "EC2", "kilowattHours": 2.5, "co2e": 0.001, "region": "us-west-2"}
    when = {"timestamp": "2025-03-01T00:00:00.000Z", "groupBy": "day", **period}
    return {**when, "serviceEstimates": [{**usual, **estimate} for estimate in estimates or ({},)]}


def test_the_api(tmp_path: Path) -> None:
    reading = read(FOLDER / "footprint.json")
    assert sum(run.energy_kwh or 0 for run in reading.runs) == pytest.approx(81.974)
    run = reading.runs[0]
    assert (run.cloud_provider, run.cloud_region, run.labels) == ("aws", "us-west-2", {"service": "AmazonEC2"})
    assert "123456789012" not in str(reading.runs)
    path = tmp_path / "footprint.json"
    path.write_text(json.dumps([api({}, {"kilowattHours": 0, "co2e": 0}, {"co2e": None}, {"accountName": "b"})]))
    reading = read(path)
    assert list(figures(reading)) == ["2025-03-01 aws EC2 us-west-2", "2025-03-01 aws EC2 us-west-2 (2)"]
    assert codes(reading) == ["CR041", "CR043", "CR002"]
    path.write_text(json.dumps([api()])[:-20])
    assert "no JSON" in refused(path) or "cut off" in refused(path)
    path.write_text('[{"serviceEstimates": 3}]')
    assert refused(path).startswith("there is no run")


def test_claims(tmp_path: Path) -> None:
    for path in FOLDER.iterdir():
        log = next(logs.find([str(path)]))
        assert isinstance(log, logs.Log)
        names = [name for name, each in importers.available().items() if each.claims(log)]
        assert names == ([] if path.suffix == ".md" else ["cloud-carbon-footprint"])
    table = file(tmp_path, "serviceName,region,usageType,vCpus,machineType,kilowattHours,co2e", "a,b,c,1,d,1,1")
    with pytest.raises(ReportError, match="the log of no known tracker"):
        read(table)


@settings(max_examples=40, deadline=None)
@given(
    cells=st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=8),
    name=st.from_regex(r"[A-Za-z][A-Za-z, ]{0,20}[a-z]", fullmatch=True),
    data=st.data(),
)
def test_twice_the_rows_twice_the_energy(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[int, int]], name: str, data: st.DataObject
) -> None:
    def total(some: list[tuple[int, int]]) -> float:
        rows = [f"{name},{kwh / 100:.2f},{tons / 1e6:.6f},$1.00" for kwh, tons in some]
        return assess(read(file(tmp_path_factory.getbasetemp(), BY_SERVICE, *rows))).it_energy.value  # type: ignore[union-attr]

    once = total(cells)
    assert once == pytest.approx(sum(kwh for kwh, _ in cells) / 100)
    assert total(cells + cells) == pytest.approx(2 * once)
    assert total(data.draw(st.permutations(cells))) == pytest.approx(once)
