"""Licences of all that carbon-report runs on: docs/licences.md, written by `python -m tests.licences --write`.

The table has a line for every package of requirements.lock; what is installed is asked for its licence, what is not
(another system's, another Python's) keeps the line that it has.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
TABLE = ROOT / "docs" / "licences.md"
HEAD = """\
# Licences of what carbon-report runs on

carbon-report is under Apache-2.0. It imports these packages and contains none of their code. A line for every package
of `requirements.lock`, as `python -m tests.licences --write` finds it in what is installed; a test holds the table
against both, and fails for a licence that is unknown or asks for more than Apache-2.0 can give (GPL, AGPL alone).

"BSD" stands where a package says no more than that. Where a package offers several licences, one that fits is enough.
MPL and LGPL ask something of changes to those packages themselves, which carbon-report does not change.

| package | licence |
|:--|:--|
"""
#: Fit for a program under Apache-2.0 that imports a package and ships none of it.
FITTING = frozenset({
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "LGPL-2.1-or-later",
    "LGPL-3.0-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-1.1", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
})  # fmt: skip
#: Packages that name several licences without a word between them; what their own pages say.
CHOICES = {
    "pyphen": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",  # "tri-license", in its README
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",  # "dual license", in its LICENSE; older parts BSD alone
}
#: What packages write that is no SPDX expression.
_WORDS = {
    "3-clause bsd license": "BSD-3-Clause", "apache 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
    "bsd": "BSD", "bsd license": "BSD", "mit license": "MIT", "new bsd": "BSD-3-Clause",
}  # fmt: skip
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0", "BSD License": "BSD", "MIT License": "MIT", "zlib/libpng License": "Zlib",
    "ISC License (ISCL)": "ISC", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0", "The Unlicense (Unlicense)": "Unlicense",
}  # fmt: skip


def locked() -> dict[str, list[Requirement]]:
    """The lines of requirements.lock by canonical name; several where they differ by system or Python."""
    found: dict[str, list[Requirement]] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line[:1] not in {"", " ", "#"}:
            one = Requirement(line.removesuffix("\\"))
            found.setdefault(canonicalize_name(one.name), []).append(one)
    return found


def wanted() -> list[Requirement]:
    """What pyproject.toml says that carbon-report and its extras need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    return [need for need in map(Requirement, texts) if need.name != project["name"]]


def runtime() -> dict[str, importlib.metadata.Distribution]:
    """What is installed here of all that carbon-report and its extras need, to the last, by canonical name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [(need.name, tuple(sorted(need.extras))) for need in wanted() if _is_wanted(need, ())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        try:
            one = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[canonicalize_name(name)] = one
        for need in map(Requirement, one.requires or ()):
            next_one = need.name, tuple(sorted(need.extras))
            if _is_wanted(need, extras) and next_one not in seen:
                seen.add(next_one)
                waiting.append(next_one)
    return found


def _is_wanted(need: Requirement, extras: tuple[str, ...]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ["", *extras])


def licence(one: importlib.metadata.Distribution) -> str:
    """The licence that a package tells, as an SPDX expression; "?" where it tells none that is known."""
    if canonicalize_name(one.name) in CHOICES:
        return CHOICES[canonicalize_name(one.name)]
    told, words, lines = (one.metadata.get_all(key) or [""] for key in ("License-Expression", "License", "Classifier"))
    if told[0]:
        return str(told[0])
    free = re.sub(r"\s+", " ", str(words[0])).strip()
    classifiers = [text.rpartition(" :: ")[2] for text in lines if text.startswith("License :: ")]
    if free.lower() in _WORDS or all(word in FITTING | {"AND", "OR"} for word in free.split(" ")):
        return _WORDS.get(free.lower(), free)
    return _CLASSIFIERS.get(classifiers[0], "?") if len(classifiers) == 1 else "?"


def fits(expression: str) -> bool:
    """Whether a licence, as an SPDX expression, fits; of several offered one is enough."""
    while inner := re.search(r"\(([^()]*)\)", expression):
        expression = expression.replace(inner[0], "MIT" if fits(inner[1]) else "?")
    return any(
        all(part.partition(" WITH ")[0].strip() in FITTING for part in offer.split(" AND "))
        for offer in expression.split(" OR ")
    )


def table() -> dict[str, str]:
    """The table's licences by canonical name."""
    rows = re.findall(r"^\| ([^ |]+) \| ([^|]+) \|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): told for name, told in rows if name != "package"}


def main() -> int:
    """Write the table; exit status 1 where a package has no licence that fits."""
    before = table() if TABLE.exists() else {}
    found = {name: before.get(name, "?") for name in sorted(locked())}
    installed = importlib.metadata.distributions()
    found |= {str(name): licence(one) for one in installed if (name := canonicalize_name(one.name)) in found}
    if sys.argv[1:] == ["--write"]:
        TABLE.write_text(HEAD + "".join(f"| {name} | {told} |\n" for name, told in found.items()), encoding="utf-8")
    wrong = [f"{name}: {told}" for name, told in found.items() if not fits(told)]
    print("\n".join([*wrong, f"{len(found)} packages, {len(wrong)} whose licence is unknown or does not fit"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
