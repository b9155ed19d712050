"""The public names of the package: what a program of others builds on."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import reporter

from .conftest import SWEEP

if TYPE_CHECKING:
    from pathlib import Path


def test_the_main_path_in_four_calls(tmp_path: Path) -> None:
    reading = reporter.read([str(SWEEP)])
    footprint = reporter.assess(reading, reporter.Options(country="SWE", pue=1.2))
    report = reporter.Report(footprint, title="Ours")
    reporter.write(report, "markdown", str(tmp_path / "report.md"))
    assert isinstance(footprint, reporter.Footprint)
    assert all(isinstance(run, reporter.Run) for run in reading.runs)
    assert footprint.emissions is not None
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("# Ours\n")
    assert footprint.emissions != reporter.assess(reading).emissions


@pytest.mark.parametrize("before", ["import reporter.assess", "from reporter.assess import assess", "reporter.assess"])
def test_assess_is_callable_however_its_room_was_reached(before: str) -> None:
    code = f"import reporter\n{before}\nprint(reporter.assess(reporter.read([{str(SWEEP)!r}])).emissions.unit)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "kgCO2e"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in reporter.__all__:
        assert getattr(reporter, name) is not None
    assert set(reporter.__all__) < set(dir(reporter))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = reporter.nothing
