"""``python -m tests.mutation``: put faults into the arithmetic and count those that no test finds.

What was found before is kept in build/mutation/verdicts.jsonl by the text of the mutated function, so that a second run
tries only what is new and what survived.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutation.made import ROOT, make
from tests.mutation.typed import refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutation.made import Mutant

#: The tests that know the arithmetic; those of importers and outputs would find more by chance, and take longer.
TESTS = (
    "arithmetic", "assess", "assess_messages", "assess_edges", "assess_analyses", "units", "groups", "uncertainty",
    "scenarios", "shifting", "lifecycle", "indicators", "overlaps", "contracts_and_hardware", "experiments",
    "intensity_series",
)  # fmt: skip
#: Tests of them that take seconds, and find nothing that others would not.
SLOW = "not order_of_the_logs and not in_two_parts and not a_year_of and not come_back_from_a_ledger"
#: Nobody reads why a test failed, and to say it well would take longer than the test.
PLAIN = ("--hypothesis-profile=ci", "--assert=plain", "--tb=native", "--capture=no", "-p", "no:cacheprovider",
         "-p", "no:warnings", "-p", "no:logging")  # fmt: skip
LEAST = 90.0
#: Verdicts that are final: a test failed, none ended, or mypy refuses the code.
FOUND = ("killed", "timeout", "types")
#: Every so many-th mutant is tried first, then those beside them: a run that is stopped has seen a bit of everything.
STRIDE = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the mutants, try them, print a table; 1 where fewer than 90 per cent are found."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", default="", help="files whose path contains this")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutation", help="where the copy is made")
    parser.add_argument("--budget", default="inf", help="seconds of tests for a mutant at most, the likely ones first")
    parser.add_argument("--survivors", action="store_true", help="print every survivor's change")
    parser.add_argument("--told", action="store_true", help="try none, print what is known")
    chosen = parser.parse_args(arguments)
    folder: Path = chosen.folder.resolve()
    verdicts = folder.parent / f"{folder.name}-verdicts.jsonl"
    mutants = [mutant for mutant in make(folder) if chosen.only in mutant.file]
    known = _known(verdicts)
    open_ones = [mutant for mutant in mutants if known.get(mutant.key, "") not in FOUND]
    left = [mutant for first in range(STRIDE) for mutant in open_ones[first::STRIDE]]
    if left and not chosen.told:
        _tried(folder, verdicts, left, chosen.budget)
        _typed(folder, verdicts, mutants)
    return _reported(mutants, _known(verdicts), survivors=chosen.survivors)


def _known(verdicts: Path) -> dict[str, str]:
    if not verdicts.exists():
        return {}
    return {key: status for key, status, _ in map(json.loads, verdicts.read_text("utf-8").splitlines())}


def _tried(folder: Path, verdicts: Path, mutants: Sequence[Mutant], budget: str) -> None:
    plan = folder / "plan.json"
    plan.write_text(json.dumps([(mutant.name, mutant.key) for mutant in mutants]), encoding="utf-8")
    tests = [name for name in (f"tests/test_{stem}.py" for stem in TESTS) if (folder / name).exists()]
    told = {"MUTATION_PLAN": str(plan), "MUTATION_RESULTS": str(verdicts), "MUTATION_BUDGET": budget,
            "PYTHONPATH": str(folder)}  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.plugin", *PLAIN, "-k", SLOW, *tests]
    subprocess.run(command, cwd=folder, env={**os.environ, **told}, check=True, stdout=subprocess.DEVNULL)


def _typed(folder: Path, verdicts: Path, mutants: Sequence[Mutant]) -> None:
    """Ask mypy about those that no test found."""
    known = _known(verdicts)
    survived = [mutant for mutant in mutants if known.get(mutant.key) in {"survived", "no tests"}]
    wrong = refused(folder, survived)
    with verdicts.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps([one.key, "types", "mypy"]) + "\n" for one in survived if one.name in wrong)


def _reported(mutants: Sequence[Mutant], known: dict[str, str], *, survivors: bool) -> int:
    files: dict[str, Counter[str]] = {}
    for mutant in mutants:
        status = known.get(mutant.key, "not tried")
        files.setdefault(mutant.file, Counter())[status] += 1
        if survivors and status in {"survived", "no tests"}:
            print(f"# {status}: {mutant.name}\n{mutant.diff}")
    whole: Counter[str] = sum(files.values(), Counter())
    columns = (*FOUND, "survived", "no tests", "not tried")
    print(f"{'file':32} {'mutants':>9}" + "".join(f"{name:>10}" for name in columns))
    for file, counts in [*files.items(), ("all", whole)]:
        print(f"{file:32} {counts.total():9}" + "".join(f"{counts[name]:10}" for name in columns))
    by_tests = 100 * (whole["killed"] + whole["timeout"]) / max(1, whole.total())
    found = by_tests + 100 * whole["types"] / max(1, whole.total())
    print(f"found: {by_tests:.1f} % by the tests (a mutant that does not end is found), {found:.1f} % with the types")
    return 0 if found >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
