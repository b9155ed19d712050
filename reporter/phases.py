"""The phases of a model's life: their names, how people write them, and the user's rules that tell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: In the order of a model's life. ``failed`` are runs that came to nothing.
PHASES = ("data", "search", "failed", "training", "fine-tuning", "evaluation", "inference")
#: What T of the life cycle counts; I x e counts inference, and CT all else.
TRAINING = frozenset({"training", "fine-tuning"})
_WRITTEN = {
    "data": "data creation, data collection, data preparation, preprocessing, pre processing, dataset",
    "search": "sweep, hpo, nas, hyperparameter search, hyperparameter tuning, tuning, preliminary, ablation",
    "failed": "failure, crashed, aborted, cancelled, timeout, debug, debugging",
    "training": "train, final training, pretraining, pre training, pretrain, retraining, fit",
    "fine-tuning": "fine tuning, finetuning, fine tune, finetune, fine tuned",
    "evaluation": "eval, evaluate, test, testing, validation",
    "inference": "infer, inferencing, prediction, predict, serving, deployment, use",
}
_SAME = {written: phase for phase, others in _WRITTEN.items() for written in (phase, *others.split(", "))}


class Rule(NamedTuple):
    """Runs with a text that the pattern finds are of the phase."""

    phase: str
    pattern: re.Pattern[str]


def rule(text: str) -> Rule:
    """A rule written ``NAME=REGEX``. Raises ReportError for a phase that does not exist or no regular expression."""
    name, sign, pattern = text.partition("=")
    if not sign or not pattern or named(name) not in PHASES:
        advice = f"write NAME=REGEX, such as search='distil-.*'; names are {', '.join(PHASES)}"
        raise ReportError(f"--phase {plain(text, 80)}: {advice}")
    try:
        return Rule(named(name), re.compile(pattern, re.IGNORECASE))
    except re.error as error:
        raise ReportError(f"--phase {plain(text, 80)}: this is no regular expression: {error}") from error


def named(text: str) -> str:
    """A phase's own name, however it was written; a name that is none of ours stays as it is."""
    key = " ".join(re.split(r"[\s_-]+", text.strip().casefold()))
    return _SAME.get(key, text.strip())


def of(labels: Mapping[str, str], names: Iterable[str], rules: Sequence[Rule]) -> str:
    """The phase of a run by the first rule that finds a label (``value`` or ``name=value``) or name, else its label.

    ``names`` are the run's id and the path of its log. Empty where neither a rule nor the label ``phase`` tells it.
    """
    if rules:
        texts = [*names, *labels.values(), *(f"{key}={value}" for key, value in labels.items())]
        for one in rules:
            if any(one.pattern.search(text) for text in texts):
                return one.phase
    return named(labels.get("phase", ""))
