"""DVC and CML: a folder with metrics that ``dvc metrics`` compares, runs that ``dvc plots`` draws, and a comment.

Files are all that DVC wants, so nothing needs to be installed here. Tracking them in Git is left to their owner.
"""

from __future__ import annotations

import csv
import io
import json
import os
from typing import TYPE_CHECKING, Any

from reporter.destinations.base import Destination, figures
from reporter.errors import ReportError, plain

if TYPE_CHECKING:
    from reporter.destinations.base import Parcel
    from reporter.output_options import Target

METRICS, COMMENT, RUNS, STAGES = "carbon.json", "carbon.md", "carbon-runs.csv", "dvc.yaml"
_COLUMNS = ("run", "source", "energy_kwh", "emissions_kg", "duration_s")
_STAGES = f"""# Where DVC finds the figures of carbon-report: metrics for `dvc metrics diff`, runs for `dvc plots show`.
metrics:
- {METRICS}
plots:
- {RUNS}:
    x: energy_kwh
    y: run
    template: bar_horizontal
    title: Energy of the runs
    x_label: kWh
"""


def send(parcel: Parcel, target: Target) -> str:
    """Write the four files; a ``dvc.yaml`` that is there already stays as it is."""
    folder = target.where
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ReportError(f"--to dvc: cannot be made: {error.strerror}", file=plain(folder)) from error
    document = parcel.document()
    made = {
        METRICS: (json.dumps(nested(figures(document)), indent=1, ensure_ascii=False) + "\n").encode(),
        RUNS: _runs(document),
        COMMENT: parcel.page("comment"),
    }
    if not os.path.exists(os.path.join(folder, STAGES)):
        made[STAGES] = _STAGES.encode()
    for name, content in made.items():
        parcel.save(os.path.join(folder, name), content)
    shown = os.path.join(folder, METRICS)
    return f"dvc metrics show {shown}; cml comment create {os.path.join(folder, COMMENT)}"


def nested(told: dict[str, float]) -> dict[str, Any]:
    """Figures with those of groups inside their groups, as DVC folds them open."""
    tree: dict[str, Any] = {}
    for name, value in told.items():
        if name.startswith("groups/"):
            group, _, key = name.removeprefix("groups/").rpartition("/")
            tree.setdefault("groups", {}).setdefault(group, {})[key] = value
        else:
            tree[name] = value
    return tree


def _runs(document: dict[str, Any]) -> bytes:
    """One row a run, with empty cells for what is not known; a cell that a spreadsheet would compute gets a quote."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for run in document["runs"]:
        writer.writerow([*map(_as_text, (run["id"], run["source"])), *(run[column] for column in _COLUMNS[2:])])
    return out.getvalue().encode("utf-8", "replace")


def _as_text(word: str) -> str:
    return f"'{word}" if word[:1] in {"=", "+", "-", "@", "\t", "\r"} else word


DESTINATION = Destination("dvc", "metrics, plots and a comment for DVC and CML", send, where="FOLDER")
