"""Hand-written runs: what each key means, how slips are told, and which TOML and CSV files are nobody's runs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import ROOT, SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def toml(folder: Path, *runs: str, above: str = "") -> Path:
    path = folder / "runs.toml"
    path.write_text(above + "".join(f"[[run]]\n{run}\n" for run in runs), encoding="utf-8")
    return path


def only(folder: Path, run: str, above: str = "") -> Run:
    return read(toml(folder, run, above=above)).runs[0]


def table(folder: Path, text: str) -> Path:
    path = folder / "runs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def kwh(path: Path) -> list[float | None]:
    footprint = assess(read(path))
    return [run.it_energy and run.it_energy.value for run in footprint.runs]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as caught:
        importers.read([str(path)], "hand-written")
    return str(caught.value).removeprefix(f"{path}:")


def test_the_sample_in_toml() -> None:
    path = SAMPLES / "hand-written" / "runs.toml"
    evaluation = (300 * 0.8 + 190 * 0.25 + 64 * 0.3725) * 1.5 / 1000
    assert kwh(path) == pytest.approx([8 * 400 * 0.8 * 100 / 1000, 400 * 400 * 0.8 / 1000, evaluation, 300 / 1.25])
    runs = read(path).runs
    assert [run.basis for run in runs] == ["estimated", "estimated", "estimated", "reported"]
    assert [run.duration_s for run in runs] == [360_000, 180_000, 5400, None]
    assert [run.reported_pue for run in runs] == [None, None, None, 1.25]
    assert {run.labels["phase"] for run in runs} == {"training", "search", "evaluation"}
    assert all(run.labels["project"] == "demo" and run.country == "FRA" for run in runs)
    assert [run.line for run in runs] == [11, 16, 22, 32]
    assert assess(read(path)).it_energy.basis == "estimated"  # type: ignore[union-attr]


def test_the_sample_in_csv() -> None:
    path = SAMPLES / "hand-written" / "runs.csv"
    assert kwh(path) == pytest.approx([4 * 300 * 0.9 * 24 / 1000, 4 * 300 * 0.9 * 36 / 1000, 2 * 225 * 10 / 1000, 12.5])
    assert [(run.id, run.line) for run in read(path).runs] == [
        ("baseline", 3),
        ("ours", 4),
        ("old cluster", 5),
        ("meter, room 4", 6),
    ]
    assert [(entry.rows, entry.runs) for entry in read(path).inputs] == [(4, 4)]


@pytest.mark.parametrize(
    ("run", "devices"),
    [
        ('hardware = "8 x A100-SXM4-80GB"', [("gpu", "A100-SXM4-80GB", 8, None)]),
        ('hardware = "A100 x 2"', [("gpu", "A100", 2, None)]),
        ('hardware = "8× NVIDIA H100"\nnodes = 4', [("gpu", "NVIDIA H100", 32, None)]),
        ('hardware = "RTX 3090"\ncount = 3', [("gpu", "RTX 3090", 3, None)]),
        ('hardware = "TPU v3"', [("tpu", "TPU v3", 1, None)]),
        ('hardware = "2 x Intel Xeon Platinum 8480+"', [("cpu", "Intel Xeon Platinum 8480+", 2, None)]),
        ('hardware = "Gaudi"\nkind = "tpu"\npower = "0.6 kW"', [("tpu", "Gaudi", 1, 600)]),
        ('hardware = "4 x V100 + 2 x EPYC 7742"', [("gpu", "V100", 4, None), ("cpu", "EPYC 7742", 2, None)]),
        ('hardware = ["4 x V100", "EPYC 7742"]', [("gpu", "V100", 4, None), ("cpu", "EPYC 7742", 1, None)]),
        ('hardware = [{model = "X1", count = 2, power_w = 90, kind = "cpu"}]', [("cpu", "X1", 2, 90)]),
        (
            'hardware = "T4"\ncpu = "Xeon"\ncpus = 2\nmemory = "64 GB"',
            [("gpu", "T4", 1, None), ("cpu", "Xeon", 2, None), ("ram", None, 64, None)],
        ),
        ("power_w = 350", [("gpu", None, 1, 350)]),
        ("tdp_w = 350\ncount = 2", [("gpu", None, 2, 350)]),
    ],
)
def test_hardware(tmp_path: Path, run: str, devices: list[Any]) -> None:
    found = only(tmp_path, f"{run}\nhours = 1")
    assert [(each.kind, each.model, each.count, each.power_w) for each in found.devices] == devices


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("hours = 1.5", 5400),
        ("minutes = 90", 5400),
        ("seconds = 5400", 5400),
        ('duration = "1h30m"', 5400),
        ('duration = "1:30:00"', 5400),
        ('duration = "2 days 3 hours"', 183_600),
        ('duration = "2-04:00:00"', 187_200),
        ('duration = "90 min"', 5400),
        ("gpu_hours = 12", 5400),
        ("started = 2026-03-01T08:00:00\nended = 2026-03-01T09:30:00", 5400),
    ],
)
def test_durations(tmp_path: Path, told: str, seconds: float) -> None:
    run = only(tmp_path, f'hardware = "8 x V100"\n{told}')
    assert run.duration_s == pytest.approx(seconds)


def test_energies_and_pue(tmp_path: Path) -> None:
    runs = [
        'energy = "24.3 kWh"',
        "kwh = 24.3",
        'energy = "0.0243 MWh"',
        'energy = "87.48 MJ"',
        "kwh = 29.16\npue = 1.2\nenergy_includes_pue = true",
        "kwh = 24.3\npue = 1.2\nenergy_includes_pue = false",
    ]
    found = read(toml(tmp_path, *runs)).runs
    assert [run.energy_kwh for run in found] == pytest.approx([24.3] * 6)
    assert [run.reported_pue for run in found] == [None] * 4 + [1.2] * 2
    assert {run.basis for run in found} == {"estimated"}
    assert only(tmp_path, 'kwh = 1\nbasis = "measured"').basis == "measured"
    reading = read(toml(tmp_path, "kwh = 2\nenergy_includes_pue = true"))
    assert (reading.runs[0].energy_kwh, [found.code for found in reading.findings]) == (2, ["CR041"])


def test_labels_context_and_people(tmp_path: Path) -> None:
    reading = read(
        toml(
            tmp_path,
            'kwh = 1\nmodel = "bert"\nseed = 3\nphase = "search"\nuser = "ada"\nlatitude = 1.5\n'
            'cloud = "GCP:us-west1"\nregion = "CA"\nhost = "node7"\nid = "a"\nname = "long"\n'
            'emissions = "300 g"\nintensity = "50 g/kWh"\nstarted = 2026-03-02',
        )
    )
    run = reading.runs[0]
    assert run.labels == {"model": "bert", "seed": "3", "phase": "search", "name": "long"}
    assert (run.id, run.cloud_provider, run.cloud_region, run.region, run.host) == (
        "a",
        "gcp",
        "us-west1",
        "CA",
        "node7",
    )
    assert (run.reported_emissions_kg, run.reported_intensity_g_per_kwh) == (0.3, 50)
    assert str(run.started_at) == "2026-03-02 00:00:00"
    assert [found.code for found in reading.findings] == ["CR008", "CR008"]
    assert "ada" not in json.dumps([str(found) for found in reading.findings])


def test_defaults_give_way_to_another_way_of_telling(tmp_path: Path) -> None:
    path = toml(
        tmp_path,
        "hours = 1",
        "minutes = 30",
        'hardware = "8 x V100"\npower = "200 W"',
        above='[defaults]\nhours = 2\nhardware = "2 x V100"\npower_w = 100\nutilisation = 0.5\n',
    )
    assert kwh(path) == pytest.approx([0.1, 0.05, 1.6])


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    assert [run.id for run in read(toml(tmp_path, *['name = "a"\nkwh = 1'] * 3, "kwh = 1")).runs] == [
        "a",
        "a (2)",
        "a (3)",
        "run-4",
    ]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ('hardware = "A100"', "1: hours: missing; a run needs hardware and hours, or an energy"),
        ("hours = 3", "1: hardware: missing"),
        ('hardware = "A100"\nhour = 3', "3: hour: no such key; did you mean 'hours'?"),
        ('gpu = "A100"\nhours = 3', "2: gpu: no such key; did you mean 'hardware'?"),
        ("kwh = 1\nenergy_gwh = 3", "3: energy_gwh: no such key; write it with its unit"),
        ("mwh = 3", "2: mwh: no such key; did you mean 'energy'?"),
        ("energy = 24.3", "2: energy: '24.3' is no value in kWh: write a number and a unit"),
        ('energy = "24.3 kg"', "2: energy: 'kgCO2e' cannot be turned into 'kWh'"),
        ('energy = "24.3 kW"', "2: energy: 'kW' cannot be turned into 'kWh'"),
        ('energy = "24.3 kilos"', "2: energy: 'kilos' cannot be turned into 'kWh'"),
        ("kwh = -1", "2: kwh: -1 is below 0"),
        ("kwh = 0", "2: kwh: this is 0; leave out what is not known"),
        ("kwh = inf", "2: kwh: inf is no number"),
        ("kwh = true", "2: kwh: True is no number"),
        ('kwh = "much"', "2: kwh: 'much' is no number"),
        ('kwh = 1\nenergy = "1 kWh"', "3: energy: kwh is told as well; keep one of the two"),
        ("kwh = 1\npue = 1.2", "3: pue: say whether the energy includes it"),
        ("kwh = 1\npue = 0.9", "3: pue: 0.9: a PUE is the facility's energy over the machines'"),
        ('hardware = "A100"\nhours = 3\nminutes = 3', "4: minutes: hours is told as well"),
        ('hardware = "A100"\nduration = "3"', "3: duration: '3' is no length of time such as '1h30m'"),
        (
            'hardware = "A100"\nhours = 3\nutilisation = 80',
            "4: utilisation: 80 is more than the whole; write 0.8 or '80 %'",
        ),
        ('hardware = "8 x A100"\nhours = 3\ncount = 4', "4: count: 4, but the hardware is '8 x A100'"),
        ('hardware = "A100 + Xeon"\nhours = 3\npower_w = 4', "4: power_w: one figure for several kinds of hardware"),
        ('hardware = [{model = "A", watts = 3}]\nhours = 1', "1: watts: no such key; did you mean 'power_w'?"),
        ('hardware = [{model = "A", country = "FRA"}]\nhours = 1', "2: hardware: 'country': such a table tells"),
        ("cpus = 2\nhours = 1", "1: cpu: missing beside its count"),
        ("hardware = 8\nhours = 1", "2: hardware: 8 is no text such as '8 x A100-SXM4-80GB'"),
        (
            'hardware = "A100"\nhours = 3\nbasis = "measured"',
            "4: basis: what comes from hardware and hours is estimated",
        ),
        ('kwh = 1\nbasis = "guessed"', "3: basis: 'guessed': write measured, reported, estimated or assumed"),
        ('kwh = 1\nstarted = "03/04/2026"', "3: started: '03/04/2026' is no date and time"),
        ("kwh = 1\nstarted = 2026-03-02T00:00:00Z\nended = 2026-03-01", "4: ended: of started and ended only one has"),
        ('name = "a"\nrun = "b"\nnames = "c"', "4: names: no such key"),
        ("kwh = 1\nseeds = [1, 2]", "3: seeds: a label is one text or number"),
    ],
)
def test_slips_are_told_with_line_and_key(tmp_path: Path, run: str, message: str) -> None:
    assert refused(toml(tmp_path, run)).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[run]]\nkwh = 1\n[options]\nx = 1\n", "'options': known are the tables [[run]] and [defaults]"),
        ("[run]\nkwh = 1\n", "runs are tables [[run]] in double brackets"),
        ("[[run]]\nkwh = \n", "this is no valid TOML: Invalid value (at line 2, column 7)"),
        ('[[run]]\nkwh = 1\nx = "' + "é", "this is no valid TOML"),
        ("[[run]]\nx = " + "[" * 5000, "this is no valid TOML"),
        ("[[run]]\nkwh = " + "9" * 5000, "this is no valid TOML"),
    ],
)
def test_toml_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "runs.toml"
    path.write_text(text, encoding="utf-8")
    assert message in refused(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run,hardware,hours\na,A100,1\nb,A100\n", "3: hours: missing"),
        ("run,hardware,hours\na,A100,-2\n", "2: hours: '-2' is below 0"),
        ("run,hardware,hours\na,A100,1h\n", "2: hours: '1h' is no number"),
        ("run,hardware,hours,utilisaton\na,A100,1,1\n", "1: utilisaton: no such key; did you mean 'utilisation'?"),
        ("run,hardware,hours\na,Xeon, Gold,1\n", "2: 4 cells under 3 columns; put a text that holds a ','"),
        ("run,kwh,energy\na,1,1 kWh\n", "2: energy: kwh is told as well"),
        ("run,energy\na,3 kg\n", "2: energy: 'kgCO2e' cannot be turned into 'kWh'"),
        ("run,hardware,hours\n", "there is no run in these logs"),
    ],
)
def test_csv_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(table(tmp_path, text))


def test_csv_of_a_spreadsheet(tmp_path: Path) -> None:
    path = table(
        tmp_path, "\ufeffRun;Hardware;Hours;Utilisation;Energy;Note\r\na;2 x V100;1,5;80 %;;x\r\n\r\nb;;;;2,5 MWh;\r\n"
    )
    assert kwh(path) == pytest.approx([0.72, 2500])
    assert read(path).runs[0].labels == {"note": "x"}


def claimants(path: Path) -> list[str]:
    log = next(logs.find([str(path)]))
    assert isinstance(log, logs.Log)
    return [name for name, importer in importers.available().items() if importer.claims(log)]


def test_only_runs_are_claimed(tmp_path: Path) -> None:
    assert claimants(SAMPLES / "hand-written" / "runs.toml") == ["hand-written"]
    assert claimants(SAMPLES / "hand-written" / "runs.csv") == ["hand-written"]
    assert claimants(ROOT / "pyproject.toml") == []
    for text in (
        'country = "FRA"\npue = 1.2\n',
        '[[run]]\ncommand = "x"\n',
        "[tool.x]\nhours = 3\n",
        "[energy]\nkwh = 1\n",
    ):
        (tmp_path / "x.toml").write_text(text)
        assert claimants(tmp_path / "x.toml") == [], text
    for header in (
        "step,loss",
        "id,energy\n1,-34.2",
        "hardware,seconds",
        "name,duration",
        "gpu,hours",
        "hours,country",
    ):
        assert claimants(table(tmp_path, f"{header}\n1,2\n")) == [], header
    for header in (
        "run,energy\na,1 kWh",
        "name,kwh\na,1",
        "hardware,hours\nA100,1",
        "hardware,duration,count\nA100,1h,2",
    ):
        assert claimants(table(tmp_path, f"{header}\n")) == ["hand-written"], header


RUNS = st.lists(
    st.tuples(
        st.sampled_from(["V100", "A100-SXM4-80GB", "2 x EPYC 7343"]), st.integers(1, 10_000), st.integers(1, 100)
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=RUNS, data=st.data())
def test_twice_the_rows_twice_the_energy_in_any_order(
    tmp_path: Path, rows: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    def total(some: list[tuple[str, int, int]]) -> float:
        text = "".join(f"run,{hardware},{hours},{share} %\n" for hardware, hours, share in some)
        return math.fsum(value or 0 for value in kwh(table(tmp_path, f"run,hardware,hours,utilisation\n{text}")))

    once = total(rows)
    assert total(rows + rows) == pytest.approx(2 * once)
    assert total(data.draw(st.permutations(rows))) == pytest.approx(once)
