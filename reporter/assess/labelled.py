"""Runs with the labels that the user's rules find: what they are grouped by when no log tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reporter.errors import Finding, plain

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from reporter.labels import Rule
    from reporter.run import Reading, Run


def labelled(reading: Reading, rules: Sequence[Rule]) -> Reading:
    """What was read with the labels that the rules find, a later rule of one key filling what an earlier one left.

    Looked through are the path of the run's log, its id, and its own labels, in that order. A rule that finds nothing
    anywhere is told (CR124).
    """
    if not rules:
        return reading
    found: set[Rule] = set()
    runs = tuple(_with_labels(run, rules, found) for run in reading.runs)
    notes = [
        Finding("CR124", "warning", f"--label {one.key}={plain(one.pattern.pattern, 60)} finds nothing in any run")
        for one in rules
        if one not in found
    ]
    return reading._replace(runs=runs, findings=(*reading.findings, *notes))


def _with_labels(run: Run, rules: Sequence[Rule], found: set[Rule]) -> Run:
    made: dict[str, str] = {}
    for one in rules:
        for text in (run.source, run.id, *run.labels.values()):
            match = one.pattern.search(text)
            if match:
                found.add(one)
                made.setdefault(one.key, _value(match, one.key))
                break
    return replace(run, labels={**run.labels, **made}) if made else run


def _value(match: re.Match[str], key: str) -> str:
    named = match.groupdict().get(key)
    if named is not None:
        return named
    return next((group for group in match.groups() if group is not None), match[0])
