"""The tables of docs/hostile.md: `python -m tests.hostile.document --write` puts them between their markers."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from reporter import limits

from .run import manifest

PAGE = Path(__file__).parent.parent.parent / "docs" / "hostile.md"
GROUPS = {
    "control": "good logs of every tracker, so that the corpus measures what it says",
    "file": "every tracker's log: empty, cut, doubled, NUL, encodings, line ends, a merge conflict, another file",
    "number": "every tracker's energy or power: NaN, infinite, below 0, 1e308, 1e400, 5,000 digits, a word, nothing",
    "name": "names for HTML, SVG, LaTeX, YAML, Markdown, CSV, the terminal, templates, the PDF's fetcher",
    "pickle": "calls, other opcodes, bombs, cuts in place of experiment-impact-tracker's `info.pkl`",
    "archive": "bombs, paths that lead out, links, lies about sizes, encryption, archives in archives",
    "place": "pipes, devices, sockets, links, loops, depth, file names that are options, markup or no text",
    "size": "8 and 200 GiB of nothing, a million columns, cells of 100 MB, 30,001 runs",
    "bomb": "YAML, TOML and JSON: aliases, depth, tags, cycles, digits; text that sends expressions back and forth",
    "table": "headers twice, missing, glued, blank; open quotation marks; two trackers in one file",
    "clock": "days that are none, zones of 99 hours, clocks that leap, stop and run backwards",
}
KINDS = {"refused": "refused in a line", "told": "read, and told", "quiet": "read as ever", "inert": "a name, and text"}


def limits_table() -> str:
    """Every limit with its default, as reporter/limits.py has them."""
    rows = [f"| `{name}` | {limits.shown(name, limit.value)} | {limit.says} |" for name, limit in limits.LIMITS.items()]
    return "\n".join(["| limit | default | of what |", "|:--|--:|:--|", *rows])


def corpus_table() -> str:
    """How many cases there are of each group, and what the manifest wants of them."""
    counts = Counter((case.split("/")[0], expected.expect) for case, expected in manifest().items())
    lines = [f"| group | cases | {' | '.join(KINDS.values())} | what |", "|:--|--:|--:|--:|--:|--:|:--|"]
    for group, says in [*GROUPS.items(), ("", "")]:
        each = [
            sum(count for (one, kind), count in counts.items() if kind == wanted and group in {"", one})
            for wanted in KINDS
        ]
        lines.append(f"| {group or 'all'} | {sum(each)} | {' | '.join(map(str, each))} | {says} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, table in (("limits", limits_table()), ("corpus", corpus_table())):
        start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        head, found, rest = text.partition(start)
        if found:
            text = head + start + table + end + rest.partition(end)[2]
    return text


def main() -> int:
    """Write the tables, or say whether they are those of today."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(new, encoding="utf-8")
    print("as it was" if old == new else "the tables have changed")
    return 0 if old == new or sys.argv[1:] else 1


if __name__ == "__main__":
    sys.exit(main())
