"""The README's tables of trackers and outputs, made from what importers and renderers say of themselves.

`python -m tests.readme --write` brings README.md up to date; test_house.py holds it so.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from reporter import importers, renderers

README = Path(__file__).resolve().parents[1] / "README.md"
_MEANT = re.compile(r"(<!-- (trackers|outputs) -->\n).*?(<!-- /\2 -->)", re.DOTALL)


def _trackers() -> str:
    rows = ["| `--from` | what is read | what it minds |", "|:--|:--|:--|"]
    for name, importer in importers.available().items():
        rows.append(f"| [`{name}`]({importer.home}) | {importer.says.replace('*', chr(92) + '*')} | {importer.minds} |")
    return "\n".join(rows)


def _outputs() -> str:
    rows = ["| option | what |", "|:--|:--|"]
    for name, renderer in renderers.available().items():
        if renderer.says:
            rows.append(f"| `--{name}` | {renderer.says.replace(chr(92), chr(92) * 2)} |")
    return "\n".join(rows)


def current(text: str) -> str:
    """The README's text with both tables as they are now."""
    made = {"trackers": _trackers(), "outputs": _outputs()}
    return _MEANT.sub(lambda match: f"{match[1]}{made[match[2]]}\n{match[3]}", text)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("python -m tests.readme --write")
    README.write_text(current(README.read_text(encoding="utf-8")), encoding="utf-8")
