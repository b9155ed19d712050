"""The real TensorBoard: its own reader finds the figures and the report that were sent to its folder of logs."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import SWEEP

from .conftest import Environment, Sender, extra

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray
read = EventAccumulator(sys.argv[1])
read.Reload()
value = lambda tag: make_ndarray(read.Tensors(tag)[0].tensor_proto).item()
told = {tag: value(tag) for tag in read.Tags()["tensors"]}
plugin = {tag: read.SummaryMetadata(tag).plugin_data.plugin_name for tag in told}
show = lambda one: one.decode() if isinstance(one, bytes) else one
print(json.dumps({tag: [plugin[tag], show(one)] for tag, one in told.items()}))
"""


def test_tensorboard_reads_the_figures_and_the_text(
    environment: Environment, carbon_in: Sender, tmp_path: Path
) -> None:
    python = environment("tensorboard", *extra("tensorboard"))
    done = carbon_in(
        python, SWEEP, "--json", "report.json", "--markdown", "report.md", "--to", "tensorboard:logs", "--quiet"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    read = subprocess.run([python, "-c", READ, str(tmp_path / "logs")], check=True, capture_output=True, text=True)
    told = json.loads(read.stdout.splitlines()[-1])
    totals = json.loads((tmp_path / "report.json").read_text())["totals"]
    numbers = {f"carbon/{key}": value for key, value in totals.items() if isinstance(value, int | float)}
    assert {tag for tag, (plugin, _) in told.items() if plugin == "scalars"} == set(numbers)
    for tag, value in numbers.items():
        assert told[tag][1] == pytest.approx(value, rel=1e-7), tag  # single precision is all that it keeps
    assert told["carbon/report"] == ["text", (tmp_path / "report.md").read_text()]
