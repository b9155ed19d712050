"""carbontracker: pairs of logs, PUE, predictions kept apart, devices, every wording since 1.0, and damage."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers
from reporter.errors import ReportError
from reporter.importers import carbontracker

from .conftest import SAMPLES, emissions_csv

if TYPE_CHECKING:
    from reporter.run import Reading, Run

SAMPLE = SAMPLES / "carbontracker"
KWH = 3.6e6
DAY = "2026-03-01"
DEVICES = "GPU with device(s) V100, V100. CPU with device(s) cpu:0, dram:0."
POWER = {"gpu": "[250.0 150.0]", "cpu": "[40.0 10.0]"}  # 450 W


def std(*epochs: dict[str, str], head: str = "", tail: str = "", seconds: str = "0:00:08.00", version: str = "1.2.5",
        devices: str = DEVICES, at: str = "10:00:00", pue: str = "1.55") -> str:  # fmt: skip
    """A standard log: every epoch is a component's power by name, ``seconds`` long."""
    lines = [f"carbontracker version {version}"]
    if pue:
        lines.append(f"Only predicted and actual consumptions are multiplied by a PUE coefficient of {pue} (Survey).")
    lines += [f"The following components were found: {devices}", *head.splitlines()]
    for number, epoch in enumerate(epochs, 1):
        lines += [f"Epoch {number}:", f"Duration: {seconds}"]
        lines += [f"Average power usage (W) for {name}: {watts}" for name, watts in epoch.items()]
    return "".join(f"{DAY} {at} - {line}\n" for line in [*lines, *tail.splitlines()])


def block(kwh: object, *, g: object = "100.0", kind: str = "Actual", epochs: int | None = 2, time: str = "0:00:16",
          at: str = "10:00:20") -> str:  # fmt: skip
    many = "" if epochs is None else f" for {epochs} epoch(s)"
    return (f"{DAY} {at} - CarbonTracker: \n{kind} consumption{many}:\n\tTime:\t{time}\n\tEnergy:\t{kwh} kWh\n"
            f"\tCO2eq:\t{g} g\n\tThis is equivalent to:\n\t0.9 km travelled by car\n")  # fmt: skip


def output(*blocks: str, devices: str = DEVICES, at: str = "10:00:00") -> str:
    return f"{DAY} {at} - CarbonTracker: The following components were found: {devices}\n" + "".join(blocks)


def pair(folder: Path, standard: str | None, out: str | None, stem: str = "7_2026-03-01T100000Z") -> Path:
    folder.mkdir(exist_ok=True)
    for text, name in ((standard, f"{stem}_carbontracker.log"), (out, f"{stem}_carbontracker_output.log")):
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(*paths: Path) -> Reading:
    return importers.read([str(path) for path in paths])


def only(reading: Reading) -> Run:
    (run,) = reading.runs
    return run


def said(reading: Reading, code: str) -> list[str]:
    return [f"{Path(finding.where or '').name}: {finding.message}" for finding in reading.findings
            if finding.code == code]  # fmt: skip


IT = 2 * 8 * 450 / KWH  # two epochs
WHOLE = f"{IT * 1.55:.12f}"


def test_a_pair_is_one_run_without_pue_and_its_grams_are_kilograms(tmp_path: Path) -> None:
    folder = pair(tmp_path / "p", std(POWER, POWER), output(block(WHOLE), block("0.9", kind="Predicted", g="50")))
    run = only(read(folder))
    assert (run.id, run.tracker, run.tracker_version) == ("7_2026-03-01T100000Z", "carbontracker", "1.2.5")
    assert run.energy_kwh == pytest.approx(IT, rel=1e-6)
    assert (run.reported_pue, run.reported_emissions_kg, run.duration_s) == (1.55, 0.1, 16.0)
    assert [run.predicted_energy_kwh, run.predicted_emissions_kg] == pytest.approx([0.9 / 1.55, 0.05])
    assert run.gpu_energy_kwh == pytest.approx(2 * 8 * 400 / KWH)
    assert [run.cpu_energy_kwh, run.ram_energy_kwh] == pytest.approx([2 * 8 * 40 / KWH, 2 * 8 * 10 / KWH])
    assert (run.gpu_model, run.gpu_count, run.cpu_model, run.basis) == ("V100", 2.0, None, "measured")
    assert (str(run.started_at), str(run.ended_at)) == (f"{DAY} 10:00:00", f"{DAY} 10:00:20")
    assert [*run.power_w[0], *run.power_w[1]] == pytest.approx([8.0, 450.0, 16.0, 450.0])
    assert run.machine_wide is True


@pytest.mark.parametrize("kind", ["", "_output"])
def test_either_file_of_a_pair_finds_the_other(tmp_path: Path, kind: str) -> None:
    folder = pair(tmp_path / "p", std(POWER, POWER), output(block(WHOLE)))
    path = folder / f"7_2026-03-01T100000Z_carbontracker{kind}.log"
    run = only(read(path))
    assert run.energy_kwh == pytest.approx(IT, rel=1e-6)
    assert run.source == str(path)
    assert only(read(folder)).energy_kwh == run.energy_kwh == only(read(*folder.iterdir())).energy_kwh


def test_without_the_standard_log_the_energy_keeps_a_pue_that_nobody_knows(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", None, output(block("0.5"))))
    run = only(reading)
    assert (run.energy_kwh, run.reported_pue, run.tracker_version) == (0.5, None, None)
    assert "do not give --pue" in said(reading, "CR041")[0]


def test_before_1_1_there_was_no_pue(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", std(POWER, POWER, version="1.0.7", pue=""), output(block(f"{IT:.12f}"))))
    assert only(reading).energy_kwh == pytest.approx(IT, rel=1e-6)
    assert not said(reading, "CR041")


def test_a_pue_below_one_is_not_divided_out(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", std(POWER, POWER, pue="0.5"), output(block(f"{IT:.12f}"))))
    assert only(reading).energy_kwh == pytest.approx(IT, rel=1e-6)
    assert only(reading).reported_pue is None
    assert said(reading, "CR033")


def test_one_epoch_of_many_counts_as_measured_and_the_prediction_does_not(tmp_path: Path) -> None:
    out = output(block("0.1", epochs=1, time="8:00:33"), block("0.5", kind="Predicted", epochs=5))
    reading = read(pair(tmp_path / "p", None, out))
    assert (only(reading).energy_kwh, only(reading).predicted_energy_kwh) == (0.1, 0.5)
    assert only(reading).duration_s == 8 * 3600 + 33
    assert "1 of 5 epochs were measured" in said(reading, "CR028")[0]


def test_a_stopped_training_is_labelled_with_one_epoch_too_few() -> None:
    reading = read(SAMPLE / "2.4.7-early-stop")
    texts = said(reading, "CR028")
    assert "labelled 1 epoch(s), but energy and time are of 2" in texts[0]
    assert "2 of 5 epochs were measured" in texts[1]
    assert "stopped early" in texts[1]
    assert all(finding.level == "note" for finding in reading.findings if finding.code == "CR028")


def test_interrupted_before_minus_one_epochs_is_no_early_stop() -> None:
    texts = said(read(SAMPLE / "2.3.1-all-epochs"), "CR028")
    assert any("-1 epochs" in text and "no early stop" in text for text in texts)
    assert not any("were measured" in text for text in texts)


def test_devices_that_were_averaged_are_added_up_and_told() -> None:
    reading = read(SAMPLE / "2.4.7-two-gpus")
    run = only(reading)
    assert run.energy_kwh == run.gpu_energy_kwh == pytest.approx(2 * 2 * 400 / KWH)
    assert run.reported_emissions_kg is None
    assert "0.000444444 kWh is taken" in said(reading, "CR050")[0]
    alone = read(next((SAMPLE / "2.4.7-two-gpus").glob("*_carbontracker.log")))
    assert only(alone).energy_kwh == run.energy_kwh


def test_an_output_log_of_several_devices_may_be_an_average(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", None, output(block("0.5"))))
    assert only(reading).energy_kwh == 0.5
    assert "up to 2 times too small" in said(reading, "CR050")[0]


def test_a_killed_run_counts_its_epochs_and_never_its_prediction() -> None:
    reading = read(SAMPLE / "2.4.7-killed")
    run = only(reading)
    assert run.energy_kwh == pytest.approx(2 * 2 * 50 / KWH)
    assert run.predicted_energy_kwh == pytest.approx(0.00021948 / 1.58, rel=1e-3)
    assert (run.reported_emissions_kg, run.reported_pue, run.labels) == (None, 1.58, {"experiment": "bert"})
    assert "2 measured epochs" in said(reading, "CR019")[0]


def test_a_prediction_alone_is_no_energy(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", None, output(block("0.5", kind="Predicted"))))
    assert (only(reading).energy_kwh, only(reading).predicted_energy_kwh) == (None, 0.5)
    assert said(reading, "CR013")


def test_the_oldest_words_are_read_and_the_epochs_have_more_digits() -> None:
    reading = read(SAMPLE / "1.0.4-first")
    run = only(reading)
    assert run.energy_kwh == pytest.approx(2.0 * 400 / KWH, rel=1e-3)
    assert (run.predicted_energy_kwh, run.reported_emissions_kg, run.reported_pue) == (0.0009, 6.54e-5, None)
    assert said(reading, "CR008")


def test_trackers_of_one_process_count_once() -> None:
    reading = read(SAMPLE / "1.2.5-shared")
    assert [run.energy_kwh for run in reading.runs] == [pytest.approx(s * 400 / KWH, rel=1e-3) for s in (2, 4)]
    assert "stands in another log of the folder" in said(reading, "CR021")[0]


def test_lines_that_stand_there_twice_count_once(tmp_path: Path) -> None:
    standard, out = std(POWER, POWER), output(block(WHOLE), block("0.9", kind="Predicted"))
    twice = "".join(line * 2 for line in standard.splitlines(keepends=True))
    head, *blocks = out.split(f"{DAY} 10:00:20 - ")
    doubled = head * 2 + "".join(f"{DAY} 10:00:20 - {text}" * 2 for text in blocks)
    reading = read(pair(tmp_path / "p", twice, doubled))
    assert only(reading).energy_kwh == only(read(pair(tmp_path / "q", standard, out))).energy_kwh
    assert len(said(reading, "CR021")) == 2


def test_each_total_of_a_log_is_a_run(tmp_path: Path) -> None:
    first, second = block(WHOLE), block("5.0", at="10:05:00")
    reading = read(pair(tmp_path / "p", std(POWER, POWER), output(first, second)))
    assert [run.energy_kwh for run in reading.runs] == pytest.approx([IT, 5.0 / 1.55], rel=1e-6)
    assert [run.id for run in reading.runs] == ["7_2026-03-01T100000Z", "7_2026-03-01T100000Z#2"]
    assert [run.gpu_energy_kwh is None for run in reading.runs] == [False, True]


def test_sessions_of_two_trackers_meet_by_their_start(tmp_path: Path) -> None:
    half = {"gpu": "[125.0 75.0]"}
    standard = std(POWER, POWER) + std(half, half, at="11:00:00")
    later = output(block(f"{2 * 8 * 200 / KWH * 1.55:.12f}", at="11:00:20"), at="11:00:00")
    reading = read(pair(tmp_path / "p", standard, later + output(block(WHOLE))))
    assert {str(run.started_at): run.energy_kwh for run in reading.runs} == pytest.approx(
        {f"{DAY} 10:00:00": IT, f"{DAY} 11:00:00": 2 * 8 * 200 / KWH}, rel=1e-6
    )
    assert not said(reading, "CR030")


def test_a_console_is_read_among_the_training_s_own_words(tmp_path: Path) -> None:
    run = only(read(SAMPLE / "2.4.7-console" / "console.txt"))
    assert (run.id, run.energy_kwh, run.started_at) == ("console", 0.000131690864, None)
    assert run.reported_emissions_kg == pytest.approx(5.8602434701e-5)
    text = ("Epoch 1:\nDuration: 3 s\nActual consumption for 1 epoch(s):\n        Time:   8:00:33\n"
            "        Energy: 2.800010 kWh\n        CO2eq:  299.601022 g\n\n\n\n\nEnergy: 7 kWh\nTime: 9 s\n"
            "CarbonTracker:\nPredicted consumption for 5 epoch(s):\n        Time:   40:02:47\n"
            "        Energy: 14.000048 kWh\n        CO2eq:  1126.210028 g\n")  # fmt: skip
    (tmp_path / "job.126331.txt").write_text(text)
    run = only(read(tmp_path))
    assert (run.energy_kwh, run.duration_s, run.predicted_emissions_kg) == (2.80001, 28833.0, 1.126210028)


def test_what_the_command_line_writes_has_no_number_of_epochs() -> None:
    run = only(read(SAMPLE / "2.4.7-cli"))
    assert run.energy_kwh == pytest.approx(2 * 50 / KWH, rel=2e-3)


@pytest.mark.parametrize(("text", "seconds"), [("30:00:00", 108_000), ("1 day, 6:00:00", 108_000), ("0:00:03.00", 3),
    ("2 days, 1:00:00.5", 176_400.5), ("123:04:05", 443_045)])  # fmt: skip
def test_durations(tmp_path: Path, text: str, seconds: float) -> None:
    run = only(read(pair(tmp_path / "p", std(POWER, seconds=text), None)))
    assert run.duration_s == seconds
    assert run.energy_kwh == pytest.approx(seconds * 450 / KWH)


@pytest.mark.parametrize(("text", "watts"), [("50.0", 50), ("np.float64(125.0)", 125), ("[250. 150.]", 400),
    ("[250.1 249.9\n 100.0]", 600), ("array([1., 2.])", 3), ("[[30.0, 10.0], [50.0, 30.0]].", 60), ("50,5", 50.5),
    ("[np.float64(1.5), np.float64(2.5)]", 4), ("1.5e+02", 150)])  # fmt: skip
def test_powers(tmp_path: Path, text: str, watts: float) -> None:
    standard = std({"gpu": "@"}, devices="GPU with device(s) A.").replace("@", text)
    assert only(read(pair(tmp_path / "p", standard, None))).energy_kwh == pytest.approx(8 * watts / KWH)


@pytest.mark.parametrize("text", ["None", "nan", "[nan nan]"])
def test_power_that_was_not_read_is_not_zero(tmp_path: Path, text: str) -> None:
    reading = read(pair(tmp_path / "p", std({"gpu": text, "cpu": "[40. 10.]"}), None))
    assert only(reading).gpu_energy_kwh is None
    assert only(reading).energy_kwh == pytest.approx(8 * 50 / KWH)
    assert "GPU" in said(reading, "CR027")[0]
    gpu = "GPU with device(s) A."
    alone = read(pair(tmp_path / "q", std({"gpu": text}, devices=gpu), output(block("0.000000"), devices=gpu)))
    assert only(alone).energy_kwh is None
    assert len(said(alone, "CR027")) == 2


def test_zeros_all_through_were_not_measured(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", std({"cpu": "0.0", "gpu": "9.0"}, devices="CPU with device(s) cpu:0."), None))
    assert (only(reading).cpu_energy_kwh, only(reading).gpu_energy_kwh) == (None, 8 * 9 / KWH)
    assert "is 0 W in every epoch" in said(reading, "CR027")[0]


def test_an_epoch_without_power_is_told(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", std(POWER, {"cpu": "[40. 10.]"}), output(block(WHOLE))))
    assert only(reading).energy_kwh == pytest.approx(IT, rel=1e-6)
    assert only(reading).gpu_energy_kwh is None
    assert "GPU was not read in 1 of 2 epochs" in said(reading, "CR026")[0]


def test_epochs_that_give_another_energy_are_told(tmp_path: Path) -> None:
    reading = read(pair(tmp_path / "p", std(POWER, POWER), output(block("1.55"))))
    assert (only(reading).energy_kwh, only(reading).gpu_energy_kwh) == (1.0, None)
    assert said(reading, "CR030")


@pytest.mark.parametrize(("energy", "emissions", "expected"), [("0,500000", "100,0", (0.5, 0.1)),
    ("0.5", "nan", (0.5, None)), ("nan", "1.0", (None, None))])  # fmt: skip
def test_odd_numbers(tmp_path: Path, energy: str, emissions: str, expected: tuple[float | None, float | None]) -> None:
    foreseen = block("0.7", kind="Predicted")
    reading = read(pair(tmp_path / "p", None, output(foreseen, block(energy, g=emissions))))
    assert (only(reading).energy_kwh, only(reading).reported_emissions_kg) == expected
    assert said(reading, "CR008")


def test_an_infinite_energy_refuses_its_pair_and_no_other(tmp_path: Path) -> None:
    folder = pair(tmp_path / "p", std(POWER), output(block("inf")))
    with pytest.raises(ReportError, match="inf kWh is no energy"):
        read(folder)
    with pytest.raises(ReportError, match="other log of this run cannot be read"):
        read(next(folder.glob("*_carbontracker.log")))
    pair(folder, std(POWER, POWER), output(block(WHOLE)), stem="8")
    reading = read(folder)
    assert only(reading).id == "8"
    assert len(said(reading, "CR001")) == 2


def test_the_place_is_told_and_the_town_is_not(tmp_path: Path) -> None:
    at = ("Average carbon intensity during training was 151.50 gCO2/kWh at detected location: Copenhagen, Capital "
          "Region, DK.")  # fmt: skip
    reading = read(pair(tmp_path / "p", std(POWER, POWER, tail=at), output(block(WHOLE))))
    run = only(reading)
    assert (run.country, run.region, run.reported_intensity_g_per_kwh) == ("DK", "Capital Region", 151.5)
    assert not said(reading, "CR101")


@pytest.mark.parametrize("folder", ["1.2.5-shared", "2.3.1-all-epochs", "2.4.7-cpu", "1.0.4-first", "2.4.7-console"])
def test_an_intensity_that_is_a_default_is_told(folder: str) -> None:
    reading = read(SAMPLE / folder)
    assert any("default of" in text for text in said(reading, "CR101"))
    assert all(run.country is None for run in reading.runs)


def test_a_fallback_that_only_the_error_log_tells(tmp_path: Path) -> None:
    folder = pair(tmp_path / "p", std(POWER, POWER), output(block(WHOLE)), stem="9")
    (folder / "9_carbontracker_err.log").write_text(
        f"{DAY} 10:00:00,012 - MainThread - WARNING - Defaulting to global average carbon intensity for 2024.\n"
    )
    assert said(read(folder), "CR101")
    with pytest.raises(ReportError, match="no epoch and no total"):
        read(pair(tmp_path / "q", None, None), _lone(tmp_path / "q", folder / "9_carbontracker_err.log"))


def _lone(folder: Path, err: Path) -> Path:
    (folder / err.name).write_bytes(err.read_bytes())
    return folder / err.name


def test_a_modelled_processor_is_not_called_measured() -> None:
    run = only(read(SAMPLE / "2.4.7-cpu"))
    assert (run.basis, run.cpu_model) == ("reported", "Simulated Xeon")


def test_latin_1(tmp_path: Path) -> None:
    folder = pair(tmp_path / "p", None, output(block(WHOLE)))
    standard = std(POWER, POWER, tail="Île-de-France").encode("latin-1")
    (folder / "7_2026-03-01T100000Z_carbontracker.log").write_bytes(standard)
    reading = read(folder)
    assert only(reading).energy_kwh == pytest.approx(IT, rel=1e-6)
    assert said(reading, "CR006")


def test_a_tracker_that_ended_at_once_is_told(tmp_path: Path) -> None:
    folder = pair(tmp_path / "p", std(POWER, POWER), output(block(WHOLE)))
    pair(folder, std(), output(), stem="8")
    reading = read(folder)
    assert len(reading.runs) == 1
    assert "before its first epoch" in said(reading, "CR013")[0]
    with pytest.raises(ReportError, match="no run"):
        read(pair(tmp_path / "q", std(), output()))


def test_an_output_log_cut_anywhere_never_reports_the_prediction(tmp_path: Path) -> None:
    out = output(block("0.9", kind="Predicted", epochs=5), block(WHOLE, at="10:00:30", g="50.25"))
    for at in range(1, len(out)):
        run = only(read(pair(tmp_path / "p", std(POWER, POWER), out[:at])))
        assert run.energy_kwh == pytest.approx(IT, rel=1e-6)
        assert run.reported_emissions_kg in {None, 0.05025}


def test_a_standard_log_cut_anywhere_tells_whole_epochs_alone(tmp_path: Path) -> None:
    whole = std({"gpu": "[250.0\n 150.0]"}, {"gpu": "400.25"}, devices="GPU with device(s) A.")
    found = set()
    for at in range(whole.index("Epoch 1"), len(whole) + 1):
        reading = read(pair(tmp_path / "p", whole[:at], block("0.9", kind="Predicted")))
        found.add(round((only(reading).energy_kwh or 0.0) * KWH / 8, 6))
    assert found == {0.0, 400.0, 800.25}


def test_it_claims_its_own_and_no_other_log() -> None:
    importer = importers.available()["carbontracker"]
    assert importer is carbontracker.IMPORTER
    for folder in SAMPLE.iterdir():
        if folder.is_dir():
            assert {entry.tracker for entry in read(folder).inputs} == {"carbontracker"}
            assert len(read(folder).inputs) == len(list(folder.iterdir()))


def test_other_logs_are_left_to_others(tmp_path: Path) -> None:
    path = emissions_csv(tmp_path)
    (tmp_path / "notes.txt").write_text("We ran carbontracker for the actual consumption of five models.\n")
    assert [entry.path for entry in read(tmp_path).inputs] == [str(path)]
    with pytest.raises(ReportError, match="no known tracker"):
        read(tmp_path / "notes.txt")


watts = st.floats(1.0, 1e4).map(lambda value: f"{value:.6f}")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(watts, min_size=2, max_size=8), st.data())
def test_a_log_cut_between_any_two_epochs_keeps_its_energy(
    tmp_path_factory: pytest.TempPathFactory, values: list[str], data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(values) - 1))
    folder = tmp_path_factory.mktemp("cut")
    parts = [[{"gpu": value} for value in part] for part in (values[:place], values[place:], values)]
    energies = [only(read(pair(folder / str(n), std(*part), None))).energy_kwh or 0.0 for n, part in enumerate(parts)]
    assert energies[0] + energies[1] == pytest.approx(energies[2])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=6, unique=True))
def test_twice_the_runs_are_twice_the_energy_and_copies_count_once(
    tmp_path_factory: pytest.TempPathFactory, kwh: list[float]
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    for number, value in enumerate(kwh):
        out = output(block(f"{value:.12f}", at=f"10:{number:02d}:20"))
        pair(folder, None, out, stem=f"run{number}")
    once = sum(run.energy_kwh or 0.0 for run in read(folder).runs)
    assert once == pytest.approx(sum(kwh))
    for number, value in enumerate(kwh):
        pair(folder, None, output(block(f"{value:.12f}", at=f"10:{number:02d}:20")), stem=f"copy{number}")
    assert sum(run.energy_kwh or 0.0 for run in read(folder).runs) == pytest.approx(once)
    for number, value in enumerate(kwh):
        pair(folder, None, output(block(f"{value:.12f}", at=f"11:{number:02d}:20")), stem=f"more{number}")
    assert sum(run.energy_kwh or 0.0 for run in read(folder).runs) == pytest.approx(2 * once)


def test_the_points_of_the_power_curve_rise(tmp_path: Path) -> None:
    run = only(read(pair(tmp_path / "p", std(*[POWER] * 700), None)))
    assert len(run.power_w) <= 500
    assert all(early[0] < late[0] for early, late in pairwise(run.power_w))


def test_epochs_without_a_duration_are_not_counted(tmp_path: Path) -> None:
    standard = std(POWER, {"gpu": "1.0"}).replace("Duration: 0:00:08.00", "Duration: soon", 1)
    reading = read(pair(tmp_path / "p", standard, None))
    assert only(reading).energy_kwh == pytest.approx(8 * 2 / KWH)  # 1 W is the mean of the two GPUs
    assert "1 epochs have no duration" in said(reading, "CR003")[0]
    assert "'soon' is no duration" in said(reading, "CR034")[0]
    with pytest.raises(ReportError, match="no run"):
        read(pair(tmp_path / "q", std(POWER, seconds="soon"), None))
