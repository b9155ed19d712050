"""eco2AI: schemas, epochs against rewritten rows, units of the header, decimals, encoded files, doubtful figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import logs

from .conftest import SAMPLES, SWEEP

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.run import Reading, Run

SAMPLE = SAMPLES / "eco2ai"
HEADER = (
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
    "CPU_name,GPU_name,OS,region/country,cost"
)
OLD_HEADER = (
    "project_name,experiment_description(model type etc.),start_time,duration(s),power_consumption(kWTh),"
    "CO2_emissions(kg),CPU_name,GPU_name,OS,region/country"
)
OLD_ROW = (
    '"toy","one, two","2022-05-01 10:00:00","3600","0.25","0.05","Xeon/1 device(s), TDP:61.0","V100 2 device(s)",'
    '"Linux","RU/Moscow"'
)
PROTOTYPE = "project_name,experiment_description,time(s),power_consumption(kWTh),CO2_emissions(kg)"
#: What eco2AI 0.3.12 itself wrote with encode_file=True.
ENCODED = (
    "~^е\\ц\\{[Мц]|}М_укцМ ^ц М_`е]к у`|^`к,оыяМцх рршешкп,ыфкfплф,ЕТс,][]{М\\\\М]\\f\\^Ь_|Ь]|,\\И{|{`"
    '~}`_}}}~\\{[],\\И_}`}_~|`|^\\\\[{||кМ[},\\И[[^^~_^_\\\\\\]\\{_кМ[~,"сКтfьГАиТ\\fукдшцкЭрЯ,fХтГЬ`[[И[",f[fукдшцкЭрЯ,Ушфлэ,бЩ,['
)


def about(value: Any, rel: float | None = None) -> Any:
    """The figure within rounding, for tuples of figures and text."""
    return pytest.approx(value, rel=rel)


def row(energy: object = 0.4, *, id_: str = "a", epoch: str = "N/A", **others: object) -> str:
    told = {"start": "2026-03-01 12:00:00", "s": 3600, "kg": 0.02, "place": "FR", "cost": 0, **others}
    return (
        f'{id_},demo,one run,"{epoch}",{told["start"]},{told["s"]},{energy},{told["kg"]},'
        f'"Some CPU @ 2.50GHz/1 device(s), TDP:61.0",Tesla V100 2 device(s),Linux,{told["place"]},{told["cost"]}'
    )


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Reading:
    return importers.read([str(path)])


def only(path: Path) -> Run:
    (run,) = read(path).runs
    return run


def codes(reading: Reading) -> list[str]:
    """All but the note on the PUE, which every file of these versions has."""
    return [finding.code for finding in reading.findings if finding.code != "CR041"]


def refused(path: Path) -> str:
    with pytest.raises(ReportError) as error:
        read(path)
    return str(error.value)


def test_a_row_becomes_a_run(tmp_path: Path) -> None:
    path = table(tmp_path / "emission.csv", HEADER, row(place="IN/Tamil Nadu"))
    run = only(path)
    assert (run.id, run.tracker, run.source, run.line) == ("a", "eco2ai", str(path), 2)
    assert (run.energy_kwh, run.reported_emissions_kg, run.duration_s, run.reported_pue) == (0.4, 0.02, 3600, None)
    assert (str(run.started_at), str(run.ended_at)) == ("2026-03-01 12:00:00", "2026-03-01 13:00:00"), "start, not end"
    assert (run.cpu_model, run.gpu_model, run.gpu_count) == ("Some CPU @ 2.50GHz", "Tesla V100", 2)
    assert (run.country, run.region, run.system) == ("IN", "Tamil Nadu", "Linux")
    assert run.reported_intensity_g_per_kwh == about(50)
    assert run.labels == {"project": "demo", "experiment": "one run"}
    assert [finding.code for finding in read(path).findings] == ["CR041"], "the PUE in the energy is not told: said"


def test_epochs_of_one_id_add_up_and_rewritten_rows_do_not(tmp_path: Path) -> None:
    epochs = [
        row(n / 10, epoch=f"epoch: {n}, loss: 0.1, ", start=f"2026-03-01 1{n}:00:00", kg=n / 100) for n in (1, 2, 3)
    ]
    reading = read(table(tmp_path / "emission.csv", HEADER, *epochs, row(5, id_="b"), row(7, id_="b"), row(6, id_="b")))
    a, b = reading.runs
    assert (a.energy_kwh, a.reported_emissions_kg, a.duration_s) == (
        about(0.6), about(0.06), 3 * 3600,
    )  # fmt: skip
    assert (str(a.started_at), str(a.ended_at)) == ("2026-03-01 11:00:00", "2026-03-01 14:00:00")
    assert b.energy_kwh == 7
    assert codes(reading) == ["CR046", "CR010"]
    assert (reading.inputs[0].rows, reading.inputs[0].runs, reading.inputs[0].skipped) == (6, 2, 0)


def test_a_sum_over_epochs_that_lacks_a_part_is_not_told(tmp_path: Path) -> None:
    run = only(table(tmp_path / "e.csv", HEADER, row(1, epoch="epoch: 1"), row(2, epoch="epoch: 2", kg="", s="")))
    assert (run.energy_kwh, run.reported_emissions_kg, run.duration_s) == (3, None, None)
    assert run.reported_intensity_g_per_kwh is None


def test_a_copy_of_the_file_counts_once(tmp_path: Path) -> None:
    lines = [HEADER, row(1), row(2, id_="b", epoch="epoch: 1"), row(3, id_="b", epoch="epoch: 2")]
    table(tmp_path / "emission.csv", *lines)
    table(tmp_path / "emission.csv.bak", *lines)
    reading = read(tmp_path)
    assert sorted(run.energy_kwh or 0 for run in reading.runs) == [1, 5]
    assert "CR021" in codes(reading)


@pytest.mark.parametrize(("name", "runs", "kwh", "kg"), [
    ("0.1.0-tabs", 2, 7.8044593334198e-05 + 0.0001205689896914, 3.99427702098012e-05 + 6.170650962395382e-05),
    ("0.2.7-quotes", 2, 2.839152341265621e-05 + 7.558155506046735e-05, 1.9172795760566744e-06 + 5.104022413233359e-06),
    ("0.3.12-france", 1, 0.00019076161242436698, 1.2882131687017502e-05),
])  # fmt: skip
def test_samples_of_every_generation(name: str, runs: int, kwh: float, kg: float) -> None:
    reading = read(SAMPLE / name)
    assert len(reading.runs) == runs
    assert math.fsum(run.energy_kwh or 0 for run in reading.runs) == about(kwh, rel=1e-12)
    assert math.fsum(run.reported_emissions_kg or 0 for run in reading.runs) == about(kg, rel=1e-12)
    assert {(run.country, run.cpu_model) for run in reading.runs} == {("FR", "AMD EPYC")}
    assert ("CR041" in [finding.code for finding in reading.findings]) == (name != "0.1.0-tabs")


def test_the_prototype_tells_little(tmp_path: Path) -> None:
    path = table(tmp_path / "emission.csv", PROTOTYPE, "guide,test,0.5,1.25e-06,5.5e-07", "guide,test,7,2e-06,1e-06")
    first, second = read(path).runs
    assert (first.id, first.energy_kwh, first.duration_s, first.reported_emissions_kg) == (
        f"{path}:2",
        1.25e-6,
        0.5,
        5.5e-7,
    )
    assert (second.started_at, second.country, second.labels) == (
        None,
        None,
        {"project": "guide", "experiment": "test"},
    )


@pytest.mark.parametrize("wrapped", [
    OLD_ROW,
    "*toy,one run,2022-05-01 10:00:00,3600,0.25,0.05,Xeon/1 device(s), TDP:61.0,V100 2 device(s),Linux,RU/Moscow*",
    OLD_ROW.replace('"', "*"),
    OLD_ROW.replace('","', '"\t"'),
])  # fmt: skip
@pytest.mark.parametrize("delimiter", ["\t", ","])
def test_rows_may_have_another_delimiter_than_their_header(tmp_path: Path, wrapped: str, delimiter: str) -> None:
    if delimiter == "," and wrapped.startswith("*"):
        return  # only headers with tabs stand above rows or cells in asterisks
    run = only(table(tmp_path / "emission.csv", OLD_HEADER.replace(",", delimiter), wrapped))
    assert (run.energy_kwh, run.duration_s, run.reported_emissions_kg) == (0.25, 3600, 0.05)
    assert (run.cpu_model, run.gpu_model, run.country) == ("Xeon", "V100", "RU")


@pytest.mark.parametrize(("energy", "mass", "time", "factor"), [
    ("kWTh", "kg", "s", (1, 1, 1)), ("Wh", "g", "min", (1e-3, 1e-3, 60)), ("mWh", "mg", "h", (1e-6, 1e-6, 3600)),
    ("MWh", "t", "s", (1e3, 1e3, 1)), ("J", "lb", "ms", (1 / 3.6e6, 0.45359237, 1e-3)),
])  # fmt: skip
def test_the_units_are_those_of_the_header(tmp_path: Path, energy: str, mass: str, time: str, factor: Any) -> None:
    header = HEADER.replace("(kWh)", f"({energy})").replace("(kg)", f"({mass})").replace("(s)", f"({time})")
    run = only(table(tmp_path / "emission.csv", header, row(2, kg=3, s=4)))
    told = run.energy_kwh, run.reported_emissions_kg, run.duration_s
    assert told == about([value * scale for value, scale in zip((2, 3, 4), factor, strict=True)])


def test_an_unknown_unit_is_refused_and_none_is_told(tmp_path: Path) -> None:
    assert "'BTU' is no unit" in refused(table(tmp_path / "a.csv", HEADER.replace("(kWh)", "(BTU)"), row()))
    assert "'kg' is no unit that gives kWh" in refused(
        table(tmp_path / "b.csv", HEADER.replace("(kWh)", "(kg)"), row())
    )
    reading = read(table(tmp_path / "c.csv", HEADER.replace("(kWh)", ""), row(0.4)))
    assert (reading.runs[0].energy_kwh, codes(reading)) == (0.4, ["CR008"])


def test_decimal_commas_of_spreadsheets(tmp_path: Path) -> None:
    cells = [
        "a",
        "demo",
        "one",
        "N/A",
        "2026-03-01 12:00:00",
        "429,19",
        "0,00298",
        "1,8E-3",
        "CPU",
        "GPU",
        "Linux",
        "FR",
        "0",
    ]
    plain = {"CPU": "CPU"}
    for name, sign in (("semicolon", ";"), ("tab", "\t"), ("quoted", ",")):
        line = sign.join(f'"{cell}"' if sign in cell else cell for cell in cells)
        run = only(table(tmp_path / f"{name}.csv", HEADER.replace(",", sign), line))
        told = run.energy_kwh, run.duration_s, run.reported_emissions_kg, run.cpu_model
        assert told == (0.00298, 429.19, 1.8e-3, plain["CPU"]), name
    mixed = table(tmp_path / "mixed.csv", HEADER.replace(",", ";"), ";".join(cells), ";".join(cells).replace(",", "."))
    assert "some decimals have a comma, others a point" in refused(mixed)


def test_an_encoded_file_is_refused(tmp_path: Path) -> None:
    assert "encoded this file" in refused(table(tmp_path / "encoded_emission.csv", HEADER, ENCODED))


def test_a_sum_over_another_file_is_not_added(tmp_path: Path) -> None:
    header = (
        ",project_name,total duration(s),total power_consumption(kWh),total CO2_emissions(kg),total electricity cost"
    )
    sums = table(tmp_path / "summary.csv", header, "0,demo,3600,0.4,0.02,0", "1,All the projects,3600,0.4,0.02,0")
    assert "sums over another file" in refused(sums)
    table(tmp_path / "emission.csv", HEADER, row())
    reading = read(tmp_path)
    assert ([run.energy_kwh for run in reading.runs], codes(reading)) == ([0.4], ["CR038"])


def test_energies_that_cannot_be_are_told_and_kept(tmp_path: Path) -> None:
    """4.6e-8 kWh in 5 s is what a second start() logs; 1.5 kWh in 6.6 s is what a fork writes that means mWh."""
    header = HEADER.replace(
        "power_consumption(kWh)", "cpu_power_consumption(kWh),ram_power_consumption(kWh),power_consumption(kWh)"
    )
    fork = "b,demo,,,2023-10-23 23:12:36,6.6,1.3,0.2,1.5,,AMD Ryzen,,Windows,,"
    low, high = read(table(tmp_path / "a.csv", HEADER, row(4.6e-8, s=5))), read(table(tmp_path / "b.csv", header, fork))
    assert (codes(low), codes(high)) == (["CR027"], ["CR035"])
    run = high.runs[0]
    assert (low.runs[0].energy_kwh, run.energy_kwh, run.cpu_energy_kwh, run.ram_energy_kwh) == (4.6e-8, 1.5, 1.3, 0.2)
    assert (run.cpu_model, run.reported_emissions_kg) == ("AMD Ryzen", None)


def test_bad_rows_are_skipped_and_told(tmp_path: Path) -> None:
    bad = [row("oops"), row(-1), row(""), row("1e13"), row(1, kg=-2), row(2) + ",extra"]
    reading = read(table(tmp_path / "emission.csv", HEADER, *bad, row(0.5, s=-3)))
    assert [(run.energy_kwh, run.duration_s, run.ended_at) for run in reading.runs] == [(0.5, None, None)]
    assert reading.inputs[0].skipped == len(bad)
    cut = tmp_path / "cut.csv"
    cut.write_text(f"{HEADER}\n{row(1)}\n{row(2, id_='b')[:70]}", encoding="utf-8")
    reading = read(cut)
    assert ([run.energy_kwh for run in reading.runs], codes(reading)) == ([1], ["CR003"])
    assert "no run below it" in refused(table(tmp_path / "header.csv", HEADER))
    assert "none of the 1 rows can be read" in refused(table(tmp_path / "none.csv", HEADER, row("oops")))


def test_places(tmp_path: Path) -> None:
    places = {"FR": ("FR", None), "US/California": ("US", "California"), "(FR/Corsica)": ("FR", "Corsica"),
              "(DE)": ("DE", None),
              "Bretagne/FR": ("FR", "Bretagne"), "Russia": ("Russia", None), "": (None, None)}  # fmt: skip
    rows = [row(1, id_=str(number), place=place) for number, place in enumerate(places)]
    reading = read(table(tmp_path / "emission.csv", HEADER, *rows))
    assert [(run.country, run.region) for run in reading.runs] == list(places.values())


def test_claims(tmp_path: Path) -> None:
    claims = importers.available()["eco2ai"].claims

    def claimed(path: Path) -> bool:
        return claims(next(log for log in logs.find([str(path)]) if isinstance(log, logs.Log)))

    assert claimed(table(tmp_path / "a.csv", OLD_HEADER.replace(",", "\t"), "x"))
    assert claimed(table(tmp_path / "b.csv", PROTOTYPE.upper(), "x"))
    assert not claimed(SWEEP)
    assert not claimed(table(tmp_path / "c.csv", "time,power_consumption(kWh)", "1,2"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_changes_nothing_and_independent_runs_add_up(tmp_path: Path, data: Any) -> None:
    energies = data.draw(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=6))
    epochs = data.draw(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=6))
    rows = [row(energy, id_=f"r{n}") for n, energy in enumerate(energies)]
    rows += [row(energy, id_="t", epoch=f"epoch: {n}") for n, energy in enumerate(epochs)]
    shuffled = data.draw(st.permutations(rows))
    again = [line.replace("r", "s", 1) if line.startswith("r") else line.replace("t", "u", 1) for line in rows]
    one = read(table(tmp_path / "one.csv", HEADER, *rows))
    two = read(table(tmp_path / "two.csv", HEADER, *shuffled))
    twice = read(table(tmp_path / "twice.csv", HEADER, *shuffled, *again))
    total = math.fsum([*energies, *epochs])
    assert {run.id: run.energy_kwh for run in one.runs} == {run.id: run.energy_kwh for run in two.runs}
    assert math.fsum(run.energy_kwh or 0 for run in one.runs) == about(total)
    assert math.fsum(run.energy_kwh or 0 for run in twice.runs) == about(2 * total)
