"""pytest plug-in: the tests are collected once, then every mutant is tried in a fork of its own.

mutmut starts a pytest session for each mutant, and most of its time goes into collecting. The mutants, and how one of
them is chosen, are mutmut's; this is its loop alone.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
import re
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

#: A test with one of these runs in a process of its own, or needs a program: a mutant would not reach it, or slowly.
APART = {"carbon", "program", "chromium"}
#: Seconds of processor time that a mutant may take above ten times what its tests take without it.
SLACK_S = 20
MEMORY = 4 << 30
#: Where Hypothesis keeps a test's settings, and how many examples of it are tried on a mutant.
SETTINGS, EXAMPLES = "_hypothesis_internal_use_settings", 12
#: Of all tests that call a function, those that speak of it by its words come first.
_WORD, _EVERYWHERE = re.compile("[a-z]{3,}"), {"reporter", "assess", "init"}


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Leave out what runs the command line in another process; a property is tried a few times, and not shrunk."""
    from hypothesis import Phase, settings

    items[:] = [item for item in items if not APART & set(item.fixturenames)]
    for item in items:
        usual = getattr(item.obj, SETTINGS, None)
        if usual is not None:
            few = min(EXAMPLES, usual.max_examples)
            setattr(item.obj, SETTINGS, settings(usual, max_examples=few, phases=(Phase.explicit, Phase.generate)))


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Once without a mutant, to see which test calls which function and how long it takes; then each mutant."""
    told = json.loads(Path(os.environ["MUTATION_PLAN"]).read_text("utf-8"))
    loop = _Loop(session.items, float(os.environ.get("MUTATION_BUDGET", "inf")))
    out = Path(os.environ["MUTATION_RESULTS"])
    with out.open("a", encoding="utf-8") as results:
        for place, (name, key) in enumerate(told, 1):
            status, by = loop.verdict(name)
            results.write(json.dumps([key, status, by]) + "\n")
            results.flush()
            if place % 100 == 0 or place == len(told):
                print(f"{place} of {len(told)}: {dict(loop.counts)}", file=sys.__stderr__, flush=True)
    return True


class _Loop:
    """The tests, what each of them calls, and which of them found faults of a function before."""

    def __init__(self, items: Sequence[Any], budget: float) -> None:
        self.budget = budget
        self.took: dict[str, float] = {}
        self.words = {item.nodeid: set(_WORD.findall(inspect.getsource(item.obj))) for item in items}
        self.counts: Counter[str] = Counter()
        self.tests: dict[str, list[Any]] = defaultdict(list)
        self.found: dict[str, Counter[str]] = defaultdict(Counter)
        self._watch(items)

    def _watch(self, items: Sequence[Any]) -> None:
        from mutmut.mutation import trampoline

        called: set[str] = set()
        trampoline.record_trampoline_hit = lambda name, caller=None: called.add(name)  # noqa: ARG005
        trampoline.set_mutant_under_test("stats")
        for item in items:
            called.clear()
            start = time.process_time()
            if not _passes(item):
                print(f"left out, for it fails without any mutant: {item.nodeid}", file=sys.__stderr__, flush=True)
                continue
            self.took[item.nodeid] = time.process_time() - start
            for name in called:
                self.tests[name].append(item)
        trampoline.set_mutant_under_test("")
        gc.collect()
        gc.freeze()  # what stands is not looked through, and so not copied, in any fork
        self._leave_out_unsteady([item for item in items if item.nodeid in self.took])

    def _leave_out_unsteady(self, items: list[Any]) -> None:
        """A test that fails in a fork without any mutant, since it ran before, would find everything."""
        by = None
        while by != "":
            _, by = _forked("", items, sum(self.took.values()))
            told = f"left out: {by}" if by else "all pass"
            print(f"in a fork without a mutant: {told}", file=sys.__stderr__, flush=True)
            items = [item for item in items if item.nodeid != by]
        steady = {item.nodeid for item in items}
        for name, tests in self.tests.items():
            self.tests[name] = [item for item in tests if item.nodeid in steady]

    def verdict(self, name: str) -> tuple[str, str]:
        """``killed``, ``survived``, ``timeout`` or ``no tests``, and the test that found it."""
        function = name.rpartition("__mutmut_")[0]
        before, words = self.found[function], {word for word in _WORD.findall(function) if word not in _EVERYWHERE}

        def rank(item: Any) -> tuple[int, int, float]:
            return -before[item.nodeid], -len(words & self.words[item.nodeid]), self.took[item.nodeid]

        tests = sorted(self.tests[function], key=rank)
        within: list[Any] = []
        spent = 0.0
        for item in tests:
            if not within or spent + self.took[item.nodeid] <= self.budget:
                within.append(item)
                spent += self.took[item.nodeid]
        status, by = _forked(name, within, spent) if within else ("no tests", "")
        self.counts[status] += 1
        if by:
            before[by] += 1
        return status, by


def _forked(name: str, tests: Sequence[Any], usual_s: float) -> tuple[str, str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _try(name, tests, writing, int(10 * usual_s) + SLACK_S)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        by = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        stopped = os.WTERMSIG(status)
        return ("timeout", "") if stopped in {signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL} else ("killed", "a crash")
    return ("killed", by) if os.WEXITSTATUS(status) else ("survived", "")


def _try(name: str, tests: Sequence[Any], writing: int, seconds: int) -> None:
    """In the fork: run the tests until one fails, and end without anything that was the session's to do."""
    from mutmut.mutation import trampoline

    status = 1
    try:
        signal.alarm(20 * seconds)  # a mutant that waits for ever takes no processor time
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        trampoline.set_mutant_under_test(name)
        failed = next((item.nodeid for item in tests if not _passes(item)), None)
        os.write(writing, (failed or "").encode())
        status = 0 if failed is None else 1
    finally:
        os._exit(status)


def _passes(item: Any) -> bool:
    from _pytest.runner import runtestprotocol

    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))
