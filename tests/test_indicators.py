"""Indicators: metrics beside the log, the energy-precision ratio by hand, the Pareto front, models and their tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import metrics, renderers
from reporter.assess.indicators import data_efficiency, energy_precision, error_of, non_dominated
from reporter.errors import ReportError
from reporter.footprint import Amount, Footprint, Indicators
from reporter.options import make
from reporter.report import Report

from .test_assess import codes, footprint


def run(energy_kwh: float, **labels: str) -> dict[str, Any]:
    return {
        "energy_kwh": energy_kwh,
        "cpu_energy_kwh": None,
        "gpu_energy_kwh": None,
        "reported_pue": 1.0,
        "labels": labels,
    }


THREE = (run(1.0, accuracy="0.9"), run(2.0, accuracy="0.95"), run(4.0, accuracy="0.94"))


def indicators_of(made: Footprint) -> Indicators:
    assert made.indicators is not None
    return made.indicators


def test_each_formula_by_hand() -> None:
    assert error_of(0.9, lower=False, per_cent=False) == pytest.approx(0.1)
    assert error_of(90.0, lower=False, per_cent=True) == pytest.approx(0.1)
    assert error_of(3.2, lower=True, per_cent=False) == 3.2
    assert energy_precision(0.1, Amount(2.0, "kWh"), 1).value == pytest.approx(0.2)
    assert energy_precision(0.1, Amount(2.0, "kWh"), 2).value == pytest.approx(0.02)
    assert data_efficiency(0.9, 3e6) == pytest.approx(0.3)
    assert data_efficiency(0.9, None) is None


def test_the_exponent_decides_who_is_first() -> None:
    """M1 = 0.1, 0.1, 0.24; M2 = 0.01, 0.005, 0.0144: precision weighs more with a larger alpha."""
    made = indicators_of(footprint(*THREE, metric="accuracy", alpha="1,2"))
    assert [[ratio.value for ratio in one.ratios] for one in made.runs] == [
        pytest.approx([0.1, 0.01]), pytest.approx([0.1, 0.005]), pytest.approx([0.24, 0.0144])
    ]  # fmt: skip
    assert [one.ranks[1] for one in made.runs] == [2, 1, 3]
    assert [one.pareto for one in made.runs] == [True, True, False]
    assert made.served == "run"


def test_energy_is_that_of_an_inference_or_item_where_all_tell_them() -> None:
    calls = (run(1.0, accuracy="0.9", calls="1000"), run(2.0, accuracy="0.9", calls="4000", items="7"))
    made = indicators_of(footprint(*calls, metric="accuracy"))
    assert made.served == "inference"
    assert [one.per_item.value for one in made.runs if one.per_item] == pytest.approx([1e-3, 5e-4])
    items = (run(1.0, accuracy="0.9", items="100", epochs="5"), run(2.0, accuracy="0.9", items="100"))
    made = indicators_of(footprint(*items, metric="accuracy"))
    assert made.served == "item"
    assert [one.per_item.value for one in made.runs if one.per_item] == pytest.approx([2e-3, 2e-2])
    assert indicators_of(footprint(calls[0], items[0], metric="accuracy")).served == "run"


def test_lower_is_better_where_it_is_said() -> None:
    made = indicators_of(footprint(run(1.0, wer="0.2"), run(1.0, wer="0.1"), metric_lower="wer"))
    assert [one.ranks[0] for one in made.runs] == [2, 1]
    assert [one.error for one in made.runs] == [0.2, 0.1]


def test_runs_are_ranked_among_those_of_their_dataset() -> None:
    runs = (run(9.0, accuracy="0.5", dataset="hard"), run(1.0, accuracy="0.9", dataset="easy"))
    assert [one.ranks[0] for one in indicators_of(footprint(*runs, metric="accuracy")).runs] == [1, 1]


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.3]), st.sampled_from([1.0, 2.0, 3.0])), max_size=9))
def test_the_front_is_what_nothing_dominates(points: list[tuple[float, float]]) -> None:
    slow = [
        not any(a[0] <= b[0] and a[1] <= b[1] and a != b for a in points) for b in points
    ]  # fmt: skip
    assert non_dominated(points) == slow


def test_models_add_up_by_dataset_and_phase() -> None:
    runs = (
        run(1.0, model="a", dataset="d", phase="training", accuracy="0.8"),
        run(3.0, model="a", dataset="d", phase="train", accuracy="0.9"),
        run(0.5, model="a", dataset="d", phase="inference"), run(7.0, model="a", dataset="d", phase="search"),
        run(2.0, model="b", dataset="d", phase="training", accuracy="0.7"),
    )  # fmt: skip
    made = indicators_of(footprint(*runs, metric="accuracy", intensity_g_per_kwh="100"))
    first, second = made.models
    assert (first.model, first.dataset, first.runs) == ("a", "d", 4)
    assert first.metric == pytest.approx(0.85)
    assert [amount.value for amount in (first.training, first.inference, first.other) if amount] == pytest.approx(
        [0.4, 0.05, 0.7]
    )
    assert (second.inference, second.other) == (None, None)


def test_nothing_appears_where_nothing_is_told() -> None:
    assert footprint().indicators is None
    assert footprint({"labels": {"accuracy": "0.9"}}).indicators is None
    made = indicators_of(footprint({"labels": {"parameters": "110e6", "utilisation": "80", "items": "10"}}))
    computing = made.runs[0].computing
    assert (computing.parameters, computing.utilisation, computing.items) == (110e6, 0.8, 10)
    assert made.metric is None


@pytest.mark.parametrize(
    ("labels", "chosen", "message"),
    [
        ({"accuracy": "0.9"}, {"metric": "f1"}, "no run tells it; there are accuracy"),
        ({}, {"metric": "f1"}, "give them with --metrics"),
        ({"score": "512"}, {"metric": "score"}, "values above 100"),
        ({"loss": "-3"}, {"metric_lower": "loss"}, "cannot be below 0"),
    ],
)
def test_a_metric_that_cannot_be_is_one_line(labels: dict[str, str], chosen: dict[str, str], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        footprint({"labels": labels}, **chosen)


@pytest.mark.parametrize("alpha", ["0", "-1", "x", ""])
def test_alphas_are_above_0(alpha: str) -> None:
    with pytest.raises(ReportError, match="--alpha"):
        make({"alpha": alpha or ","})


CSV = "run,model,accuracy,parameters,calls\n0,big,94 %,1.1e8,\n1,small,0.9,,2000\n"


def test_a_file_beside_the_log_brings_labels(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(CSV, encoding="utf-8")
    made = footprint(
        {"labels": {"model": "old", "seed": "1"}}, {}, metrics=str(path), metric="accuracy", group_by="model"
    )
    assert [group.name for group in made.groups] == ["big", "small"]
    assert made.runs[0].run.labels == {"model": "big", "seed": "1", "accuracy": "94 %", "parameters": "1.1e8"}
    assert [one.metric for one in indicators_of(made).runs] == pytest.approx([0.94, 0.9])


def test_rows_name_runs_by_id_its_beginning_or_a_label(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    uuid = "ea4ab58f-f1a4-4867-a2df-024aca2fe5d1"
    runs = ({"id": uuid}, {"labels": {"project": "p"}}, {"labels": {"project": "p"}})
    path.write_text("run;accuracy\nea4ab58f;0.9\np;0.8\nnobody;0.7\n", encoding="utf-8")
    made = footprint(*runs, metrics=str(path), metric="accuracy")
    assert [one.metric for one in indicators_of(made).runs] == [0.9, 0.8, 0.8]
    (lost,) = [finding for finding in made.findings if finding.code == "CR122"]
    assert (lost.where, "nobody" in lost.message) == (f"{path}:4", True)
    path.write_text("project,accuracy\np,0.8\n", encoding="utf-8")
    made = footprint(*runs, metrics=str(path), metric="accuracy")
    assert [one.metric for one in indicators_of(made).runs] == [None, 0.8, 0.8]
    assert "CR122" not in codes(made)


def test_tables_that_mlflow_and_wandb_export_are_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    mlflow = "run_id,experiment_id,metrics.accuracy,params.lr,params.model,tags.mlflow.user\n0,7,0.9,1e-3,big,eve\n"
    path.write_text(mlflow, encoding="utf-8")
    made = footprint(metrics=str(path), metric="accuracy")
    assert made.runs[0].run.labels == {"accuracy": "0.9", "lr": "1e-3", "model": "big"}
    wandb = '"Name","State","Notes","User","Runtime","accuracy"\n"p","finished","-","eve","60","0.8"\n'
    path.write_text(wandb, encoding="utf-8")
    made = footprint({"labels": {"run": "p"}}, metrics=str(path), metric="accuracy")
    assert made.runs[0].run.labels == {"run": "p", "accuracy": "0.8", "runtime": "60"}


@pytest.mark.parametrize(
    "text", ['[{"run": "0", "accuracy": 0.9}, {"run": "1", "accuracy": null}]', '{"0": {"accuracy": 0.9}, "1": {}}']
)
def test_json_says_the_same(tmp_path: Path, text: str) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(text, encoding="utf-8")
    made = footprint({}, {}, metrics=str(path), metric="accuracy")
    assert [one.metric for one in indicators_of(made).runs] == [0.9, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run,accuracy\n0,good\n", "metrics.csv:2: accuracy: 'good' is no number"),
        ("run,accuracy\n0,nan\n", "metrics.csv:2: accuracy: 'nan' is no number"),
        ("run,accuracy\n0,0.9,1\n", "metrics.csv:2: 3 cells, where the header has 2"),
        ("run,accuracy\n,0.9\n", "metrics.csv:2: 'run' is empty"),
        ("run,accuracy\n0,0.9\n0,0.8\n", "metrics.csv:3: '0' stands in 2 already"),
        ("run,Accuracy,accuracy\n0,1,1\n", "metrics.csv:1: the header must name each column once"),
        ("run\n0\n", "metrics.csv:1: the header"), ("", "metrics.csv:1"),
        ("run,accuracy\n", "metrics.csv: no metrics stand"),
        ("run,accuracy\nzzz,0.9\n", "metrics.csv: no run fits a row"), ("[1]", "metrics.csv: row 1: write an object"),
        ('[{"run": "0", "accuracy": [1]}]', "row 1: write an object"),
        ('[{"run": "0"}, {"x": 1}]', "row 2: 'run' is missing"),
        ("[{]", "metrics.csv:1: this is no valid JSON"),
        ('run,accuracy\n"0,0.9\n', "metrics.csv:2: this is no valid CSV"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        footprint(metrics=str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="--metrics: cannot be read"):
        metrics.read(str(tmp_path / "none.csv"))
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00run")
    with pytest.raises(ReportError, match="no text in UTF-8"):
        metrics.read(str(tmp_path / "binary.csv"))


def test_every_output_prints_them() -> None:
    runs = tuple({**one, "labels": {**one["labels"], "model": f"m{place}", "parameters": "1.1e8"}}
                 for place, one in enumerate(THREE))  # fmt: skip
    report = Report(footprint(*runs, metric="accuracy", country="FRA"))
    titles = ("Accuracy against energy", "Indicators: computing resources", "Indicators: climate", "Models")
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert [title for title in titles if title not in text] == [], name
        assert "U+03" not in text, name  # alpha prints in every output
    latex = renderers.available()["latex"].render(report).decode()
    assert all(f"{{tab:carbon-report-{key}}}" in latex for key in ("models", "computing", "climate", "indicators"))
    document = json.loads(renderers.available()["json"].render(report))
    made = document["indicators"]
    assert made["alphas"] == [1, 2, 4]
    assert [one["pareto"] for one in made["runs"]] == [True, True, False]
    assert made["runs"][0]["energy_precision_kwh"] == pytest.approx([0.1, 0.01, 0.0001])
    assert [one["model"] for one in made["models"]] == ["m0", "m1", "m2"]
    assert "lenherr2021new" in {source["key"] for source in document["sources"]}


def test_the_figure_shows_each_run_and_names_the_front() -> None:
    from reporter.renderers.figures import pictures

    made = footprint(*THREE, metric="accuracy", country="FRA")
    (picture,) = [picture for picture in pictures(made) if picture.name == "pareto"]
    assert "each of 3 runs" in picture.words
    assert picture.words.index("0.9") < picture.words.index("1.000 kWh") < picture.words.index("0.95")
    assert "2.000 kWh" in picture.words
    assert "0.94" not in picture.words
    assert picture.svg.lstrip().startswith("<?xml")
    assert not any(picture.name == "pareto" for picture in pictures(footprint(THREE[0], metric="accuracy")))
