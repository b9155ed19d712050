"""What no log tells and only the author can answer: the items by name, for checklists and for forms of machines."""

from __future__ import annotations

from reporter.errors import ReportError, plain

#: Items that ``--answer ITEM=TEXT`` takes, each with what it is.
ITEMS = {
    "model": "name of the model",
    "public": "whether the model or the code is public, and where",
    "parameters": "number of parameters",
    "task": "what the model does, such as text classification",
    "data": "the data that it was trained on",
    "algorithm": "the kind of algorithm, such as transformer",
    "stage": "what was tracked: training, fine-tuning or inference",
    "infrastructure": "publicCloud, privateCloud, onPremise or other",
    "hardware": "processors, where the logs do not name them",
    "memory": "main memory and storage of the machines",
    "all-experiments": "compute of the whole project: search, failed and preliminary runs",
    "search": "how hyper-parameters were searched, and the values that were chosen",
    "statistics": "over how many runs results are given, and with what spread",
    "training-flop": "operations of the training, such as 3.1e22 FLOP",
    "flop-method": "how the operations of the training were counted or estimated",
    "inference-flop": "operations of a described use, and the hardware that it was measured on",
    "inference": "emissions of one inference or of one sample",
    "energy-mix": "the electricity that was used",
    "positive-impact": "what good the work does for the environment",
    "comments": "anything else that a reader should know",
    "verification": "how the compute that is told can be verified",
    "run-logs": "an anonymous link to the runs' logs",
}


def read(text: str) -> tuple[str, str]:
    """An answer written ``ITEM=TEXT``. Raises ReportError for an item that does not exist, or without a text."""
    item, sign, answer = text.partition("=")
    item = item.strip().lower()
    if not sign or not answer.strip() or item not in ITEMS:
        raise ReportError(f"--answer {plain(text, 60)}: write ITEM=TEXT, such as parameters=110M; "
                          f"items are {', '.join(ITEMS)}")  # fmt: skip
    return item, answer.strip()
