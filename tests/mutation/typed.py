"""Which faults the type checker refuses: `make test` runs it as well, so that nobody can commit one of these."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.mutation.made import Mutant

_ERROR = re.compile(r"(?P<file>[^:]+\.py):(?P<line>\d+): error: (?P<text>.*)")
_FUNCTION = re.compile(r" *def (x(?:_|ǁ)\w+__mutmut_(?:orig|\d+))\b")
_OWN_NAME = re.compile(r"x(?:_|ǁ)\w+?__mutmut_(?:orig|\d+)|\d+")


def refused(folder: Path, mutants: Iterable[Mutant]) -> set[str]:
    """The names of the mutants in whose function mypy finds an error that the function without the fault has not."""
    files = sorted({mutant.file for mutant in mutants})
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-incremental", "--ignore-missing-imports"]
    told = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, check=False).stdout
    errors: dict[str, set[str]] = defaultdict(set)
    whose = {file: _functions(folder / file) for file in files}
    for match in filter(None, map(_ERROR.match, told.splitlines())):
        function = whose.get(match["file"], {}).get(int(match["line"]))
        if function is not None:
            errors[function].add(_OWN_NAME.sub("", match["text"]))
    right = {name: errors[name] for name in errors if name.endswith("__mutmut_orig")}
    return {
        mutant.name for mutant in mutants
        if errors.get(_key(mutant.name), set()) - right.get(f"{_key(mutant.function)}__mutmut_orig", set())
    }  # fmt: skip


def _key(name: str) -> str:
    """File and function, as ``_functions`` names them."""
    module, _, function = name.rpartition(".")
    return f"{module.rpartition('.')[2]}:{function}"


def _functions(path: Path) -> dict[int, str]:
    """Of each line the mutated function in which it stands."""
    module = path.parent.name if path.stem == "__init__" else path.stem
    found, now = {}, None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        match = _FUNCTION.match(line)
        if match:
            now = f"{module}:{match[1]}"
        elif line.startswith(("def ", "class ", "@", "mutants_")):
            now = None
        if now is not None:
            found[number] = now
    return found
