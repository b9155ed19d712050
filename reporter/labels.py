"""Labels that the user's rules find in paths, ids and other labels: what runs are grouped by when no log tells it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import Finding, ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.run import Reading, Run


class Rule(NamedTuple):
    """A label's name, and the pattern that finds its value."""

    key: str
    pattern: re.Pattern[str]


def rule(text: str) -> Rule:
    r"""A rule written ``key=regex``, such as ``model=(bert|gpt)-\w+``.

    The value is the pattern's group of that name, else its first group, else all that it finds. Raises ReportError for
    what is no regular expression, or has no name.
    """
    key, sign, pattern = text.partition("=")
    if not sign or not key.strip() or not pattern:
        raise ReportError(f"--label {plain(text, 80)}: write key=regex, such as seed='seed(\\d+)'")
    try:
        return Rule(key.strip(), re.compile(pattern))
    except re.error as error:
        raise ReportError(f"--label {plain(text, 80)}: this is no regular expression: {error}") from error


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
