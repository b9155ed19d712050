"""The mutants: a copy of the tree in which every function of the arithmetic stands with each of its small faults."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
#: What is mutated: all arithmetic between a Run and a Footprint.
MUTATED = ("reporter/assess/*.py", "reporter/units.py")
COPIED = ("reporter", "templates", "styles", "samples", "tests", "docs", "pyproject.toml")
#: A cached function would be mutated in the copy that nobody calls; it only saves time, so that it can go.
_CACHED = re.compile(r"^@cache\n(?=def (?!registry\b))", re.MULTILINE)


class Mutant(NamedTuple):
    """One fault: its name for mutmut's trampoline, its file, the changed lines, and a key that outlives renumbering."""

    name: str
    file: str
    diff: str
    key: str

    @property
    def function(self) -> str:
        """The mangled name of the function in which the fault is."""
        return self.name.rpartition("__mutmut_")[0]


def make(folder: Path) -> list[Mutant]:
    """Copy the tree to ``folder``, mutated; the checkout itself is never touched. All mutants in the order of files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    os.chdir(folder)  # where mutmut looks for its settings, which it wants even though we use none
    settings = Path("pyproject.toml")
    settings.write_text(f'{settings.read_text("utf-8")}\n[tool.mutmut]\nsource_paths = ["reporter"]\n', "utf-8")
    (folder / "mutants").mkdir()
    made = [mutant for pattern in MUTATED for file in sorted(Path().glob(pattern)) for mutant in _mutated(file)]
    (folder / "mutants.json").write_text(json.dumps(made), encoding="utf-8")
    return made


def _mutated(file: Path) -> list[Mutant]:
    """Write a file's mutants into it, all at once; which of them runs is decided when one is called."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    source = _CACHED.sub("", file.read_text("utf-8"))
    changed = mutate_file_contents(str(file), source)
    file.write_text(changed.code, encoding="utf-8")
    lines = changed.code.splitlines()
    texts = {name: lines[span.start - 1 : span.end] for name, span in changed.line_span_by_function_name.items()}
    module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    return [_mutant(module, str(file), name, texts) for name in changed.mutant_names]


def _mutant(module: str, file: str, name: str, texts: dict[str, list[str]]) -> Mutant:
    function = name.rpartition("__mutmut_")[0]
    before, after = texts[f"{function}__mutmut_orig"], texts[name]
    differ = difflib.unified_diff(_without_name(before), _without_name(after), lineterm="", n=0)
    diff = "\n".join(line for line in differ if not line.startswith(("---", "+++", "@@")))
    whole = "\n".join(_without_name(after))
    return Mutant(f"{module}.{name}", file, diff, hashlib.sha256(f"{file}\n{whole}".encode()).hexdigest()[:16])


def _without_name(lines: list[str]) -> list[str]:
    """The function's lines, its own name as it was, so that the mutants' numbers are no difference."""
    return [re.sub(r"\bx(?:ǁ\w+ǁ|_)(\w+?)__mutmut_(?:orig|\d+)\b", r"\1", line) for line in lines if line.strip()]
