"""What fuzzing found stays found: the corpus is read again, and each target makes some inputs anew."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzz.targets import TARGETS, folder

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
KEPT = sorted(path for target in CORPUS.iterdir() for path in target.iterdir())


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: str(path.relative_to(CORPUS)))
def test_what_broke_once_holds(kept: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(kept, tmp_path / "again")
    TARGETS[kept.parent.name][1](tmp_path / "again")


@pytest.mark.parametrize("name", TARGETS)
def test_some_new_inputs_hold(name: str) -> None:
    make, check = TARGETS[name]
    for seed in range(25):
        with folder() as path:
            make(path, random.Random(seed))  # noqa: S311 - damage, not secrets
            check(path)


def test_one_seed_makes_one_input(tmp_path: Path) -> None:
    """So that what broke can be made again from the line that told it."""
    for name, (make, _) in TARGETS.items():
        made = []
        for turn in ("a", "b"):
            place = tmp_path / f"{name}-{turn}"
            place.mkdir()
            make(place, random.Random(7))  # noqa: S311 - damage, not secrets
            made.append({path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()})
        assert made[0] == made[1] != {}
