"""The green AI quotient: scores by hand, answers outside their scale, the blank file, the command, the sections."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from reporter import quotient, renderers
from reporter.errors import ReportError
from reporter.report import Report

from .test_assess import footprint

Carbon = Callable[..., subprocess.CompletedProcess[str]]


def written(folder: Path, text: str) -> str:
    path = folder / "answers.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_each_formula_by_hand() -> None:
    assert quotient.category_score([(3.0, 1.0), (1.0, 0.0)]) == pytest.approx(75.0)
    assert quotient.category_score([]) is None
    assert quotient.quotient([(1.0, 50.0), (2.0, 80.0), (5.0, None)]) == pytest.approx(70.0)
    assert quotient.quotient([(1.0, None)]) is None


def test_questions_are_whole() -> None:
    made = quotient.categories()
    assert [one.key for one in made] == ["data", "training", "evaluation", "deployment", "governance"]
    for one in made:
        keys = [question.key for question in one.questions]
        assert len(keys) == len(set(keys)) >= 3
        for question in one.questions:
            assert question.weight > 0
            assert question.text.endswith((".", "?"))
            assert question.advice.endswith(".")
            assert question.most is None or question.most > 1


def test_answers_are_weighed_by_question_and_category(tmp_path: Path) -> None:
    """data: need 3 x 1, selection 2 x 0.5, reuse 2 x 0 = 4 of 7; training: size 3 x 1/3 of 3; weights 1 and 2."""
    text = '[data]\nneed = "Yes"\nselection = "partly"\nreuse = false\nstorage = "N/A"\n[training]\nsize = 1\n'
    made = quotient.assessed(written(tmp_path, text))
    data, training, evaluation, *_ = made.scores
    assert data.score == pytest.approx(400 / 7)
    assert (data.answered, data.asked) == (3, 3)
    assert training.score == pytest.approx(100 / 3)
    assert (training.answered, training.asked) == (1, 7)
    assert (evaluation.score, evaluation.answered) == (None, 0)
    assert made.total == pytest.approx((400 / 7 + 2 * 100 / 3) / 3)


def test_low_answers_bring_advice_and_its_points(tmp_path: Path) -> None:
    """What would be gained by all advice is what lacks to 100."""
    text = '[data]\nneed = "no"\nselection = "partly"\nreuse = "yes"\n[training]\nsize = 0\nstopping = "yes"\n'
    made = quotient.assessed(written(tmp_path, text))
    assert [item.question.key for item in made.advice] == ["size", "need", "selection"]
    assert made.total is not None
    assert made.total + sum(item.points for item in made.advice) == pytest.approx(100)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[data]\nbeauty = "yes"', "data.beauty: no such question; there are need"),
        ('[love]\nneed = "yes"', "love: no such category"),
        ('data = "yes"', "data: write a table"),
        ('[data]\nneed = "maybe"', 'data.need: maybe is no answer; write "yes", "partly" or "no"'),
        ("[data]\nneed = 1", "data.need: 1 is no answer"),
        ("[training]\nsize = 4", "training.size: 4 is no answer; write a number from 0 to 3"),
        ("[training]\nsize = -1", "training.size: -1"), ('[training]\nsize = "yes"', "training.size: yes is no answer"),
        ("[training]\nsize = true", "training.size"), ("[data]\nneed = [1]", "data.need"), ("[data", "no valid TOML"),
        ("[training]\nsize = nan", "training.size"),
    ],
)  # fmt: skip
def test_what_is_no_question_or_answer_is_one_line_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        quotient.assessed(written(tmp_path, text))
    assert message in str(caught.value)
    assert "answers.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_blank_file_is_valid_and_answers_nothing(tmp_path: Path) -> None:
    told = tomllib.loads(quotient.blank())
    assert {key: set(table) for key, table in told.items()} == {
        one.key: {question.key for question in one.questions} for one in quotient.categories()
    }
    made = quotient.assessed(written(tmp_path, quotient.blank()))
    assert made.total is None
    assert made.advice == ()


def test_the_command(carbon: Carbon, tmp_path: Path) -> None:
    blank = carbon("quotient", "--blank")
    assert blank.returncode == 0
    path = written(tmp_path, blank.stdout.replace('need = ""', 'need = "no"').replace('goal = ""', 'goal = "yes"'))
    done = carbon("quotient", path)
    assert done.returncode == 0, done.stderr
    assert "Green AI quotient          2 of" in done.stdout
    assert done.stdout.split("Green AI quotient   ")[1].split("\n")[0].endswith("  50")
    assert "Measure a baseline without learning" in done.stdout
    for arguments, message in (((), "name one file"), ((tmp_path / "none.toml",), "cannot be read"),
                               ((written(tmp_path, ""),), "no question is answered")):  # fmt: skip
        wrong = carbon("quotient", *arguments)
        assert wrong.returncode == 1
        assert message in wrong.stderr
        assert wrong.stderr.count("\n") == 1


def test_every_output_prints_it(tmp_path: Path) -> None:
    path = written(tmp_path, '[data]\nneed = "no"\n[training]\nprecision = "yes"\n')
    report = Report(footprint(quotient=path))
    for name in ("terminal", "markdown", "latex", "html"):
        text = renderers.available()[name].render(report).decode()
        assert "Green AI quotient" in text, name
        assert "Measure a baseline" in " ".join(text.split()), name
    document = json.loads(renderers.available()["json"].render(report))
    assert document["quotient"]["score"] == pytest.approx(200 / 3)
    assert document["quotient"]["recommendations"][0]["answer_worth"] == 0
    assert "sikand2023green" in {source["key"] for source in document["sources"]}
    assert json.loads(renderers.available()["json"].render(Report(footprint())))["quotient"] is None
