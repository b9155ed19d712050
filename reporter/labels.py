"""Labels of runs: names that tell computing resources, and the user's rules that find labels in paths and ids."""

from __future__ import annotations

import re
from typing import NamedTuple

from reporter.errors import ReportError, plain

FLOPS = ("flops", "flop", "total_flops", "macs")
PARAMETERS = ("parameters", "params", "parameter_count", "n_parameters")
UTILISATION = ("utilisation", "utilization", "gpu_utilisation", "gpu_utilization", "cpu_utilisation", "cpu_utilization")
#: Names that people and trackers give to a run's computing resources.
RESOURCES = frozenset({*FLOPS, *PARAMETERS, *UTILISATION})


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
