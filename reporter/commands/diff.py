"""`carbon-report diff OLD NEW`: two reports or sets of logs against each other, for a pull request or a gate."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.arguments import options_of, wrong_usage
from reporter.assembly import report_of
from reporter.errors import ReportError, plain
from reporter.renderers import available, display
from reporter.renderers.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = "carbon-report diff OLD NEW [--json] [--fail-over 10%] [options]"
SCHEMA = "carbon-report/1"
#: The figures that are set against each other: key in the JSON's totals, label, how it is written.
FIGURES = (
    ("runs", "Runs", lambda value: f"{value:,.0f}"),
    ("duration_s", "Duration", display.duration),
    ("it_energy_kwh", "Energy of the machines", display.energy),
    ("energy_kwh", "Energy with PUE", display.energy),
    ("emissions_kg", "Emissions (CO₂e)", display.mass),
)
#: What --fail-over looks at.
GATED = ("energy_kwh", "emissions_kg")
MOST_GROUPS = 50


class Line(NamedTuple):
    """One figure of both reports; a change is new over old, less 1, and None where one is not known or old is 0."""

    key: str
    label: str
    old: float | None
    new: float | None
    change: float | None
    write: Any


def run(arguments: Sequence[str]) -> int:
    """Print what changed; the exit status is 2 where energy or emissions rose by more than --fail-over.

    OLD and NEW are logs, folders, ledgers or report.json files; options of a report hold for both sets of logs. Raises
    ReportError where one of them cannot be read.
    """
    chosen, rest = _parser().parse_known_args(list(arguments))
    limit = None if chosen.fail_over is None else _share(chosen.fail_over)
    old, new = (_document(path, rest) for path in (chosen.old, chosen.new))
    lines = _lines(old["totals"], new["totals"]) + _groups(old, new)
    sys.stdout.write(_json(lines) if chosen.json else _markdown(lines, chosen.old, chosen.new))
    worst = max((line for line in lines if line.key in GATED and line.change is not None),
                key=lambda line: line.change or 0.0, default=None)  # fmt: skip
    if limit is not None and worst is not None and worst.change is not None and worst.change > limit:
        told = f"{worst.label} rose by {100 * worst.change:.3g} %, more than the {100 * limit:g} % of --fail-over"
        print(f"carbon-report: {told}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carbon-report diff", usage=USAGE, allow_abbrev=False)
    parser.error = wrong_usage  # type: ignore[method-assign]
    parser.add_argument("old", metavar="OLD", help="logs, a ledger, or report.json")
    parser.add_argument("new", metavar="NEW")
    parser.add_argument("--json", action="store_true", help="JSON instead of Markdown")
    parser.add_argument("--fail-over", metavar="SHARE", help="exit 2 where energy or emissions rose by more, e.g. 10%%")
    return parser


def _share(text: str) -> float:
    try:
        share = float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if share < 0:
        raise ReportError(f"--fail-over {plain(text, 40)}: write a share such as 10% or 0.1")
    return share


def _document(path: str, rest: Sequence[str]) -> dict[str, Any]:
    """A report as plain data: read from its JSON, or made from logs with the options."""
    if path.lower().endswith(".json") and os.path.isfile(path):
        told = _report_json(path)
        if told is not None:
            return told
    report = report_of(options_of([path, *rest]))
    made: dict[str, Any] = json.loads(available()["json"].render(report))
    return made


def _report_json(path: str) -> dict[str, Any] | None:
    """The content of our own report.json; None where the file is JSON of another kind, as some trackers write."""
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not str(told.get("schema", "")).startswith("carbon-report/"):
        return None
    if told["schema"] != SCHEMA or not isinstance(told.get("totals"), dict):
        raise ReportError(f"a report of schema {plain(told['schema'], 40)}; this reads {SCHEMA}", file=plain(path))
    return told


def _lines(old: dict[str, Any], new: dict[str, Any], label: str = "") -> list[Line]:
    made = []
    for key, name, write in FIGURES:
        before, after = _number(old.get(key)), _number(new.get(key))
        if before is None and after is None:
            continue
        change = after / before - 1 if before and after is not None else None
        made.append(Line(key, f"{label}: {name}" if label else name, before, after, change, write))
    return made


def _groups(old: dict[str, Any], new: dict[str, Any]) -> list[Line]:
    """Emissions, else energy, of the groups that both have or one has lost or gained."""
    before, after = ({str(group["name"]): group for group in told.get("groups", []) if isinstance(group, dict)}
                     for told in (old, new))  # fmt: skip
    made = []
    for name in list(dict.fromkeys([*before, *after]))[:MOST_GROUPS]:
        lines = {line.key: line for line in _lines(before.get(name, {}), after.get(name, {}), name)}
        made += [lines[key] for key in ("emissions_kg", "energy_kwh") if key in lines][:1]
    return made


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _json(lines: Sequence[Line]) -> str:
    told = [{key: value for key, value in line._asdict().items() if key != "write"} for line in lines]
    return json.dumps({"schema": "carbon-report-diff/1", "figures": told}, ensure_ascii=False, indent=1) + "\n"


def _markdown(lines: Sequence[Line], old: str, new: str) -> str:
    """A table for a comment; what rose and what fell is said in words, since colours are not for all."""
    names = [escape(plain(os.path.basename(path.rstrip("/")) or path, 60)) for path in (old, new)]
    rows = [f"| {escape(line.label)} | {_shown(line, line.old)} | {_shown(line, line.new)} | {_change(line)} |"
            for line in lines]  # fmt: skip
    head = ["### Carbon impact: what changed", "", f"| | {names[0]} | {names[1]} | Change |", "|:--|--:|--:|:--|"]
    return "\n".join([*head, *rows]) + "\n"


def _shown(line: Line, value: float | None) -> str:
    return "not told" if value is None else str(line.write(value))


def _change(line: Line) -> str:
    if line.change is None:
        return "new" if line.old is None else "gone" if line.new is None else ""
    if abs(line.change) < 0.0005:
        return "as before"
    return f"{100 * abs(line.change):.3g} % {'more' if line.change > 0 else 'less'}"
