"""What all tests share: the command line in a process, the samples, and programs that only some machines have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
SWEEP = SAMPLES / "codecarbon" / "3.3.2-sweep" / "emissions.csv"


def _watch(event: str, values: tuple[Any, ...]) -> None:
    """No test reaches beyond this machine; that nothing is fetched is not left to good will."""
    if event == "socket.connect" and isinstance(values[1], tuple):
        host = str(values[1][0])
        if not host.startswith("127.") and host not in {"::1", "localhost", ""}:
            raise RuntimeError(f"a test reaches out to {host}")


sys.addaudithook(_watch)
hypothesis.settings.register_profile("untimed", deadline=None)  # nothing is right or wrong by how long it takes
hypothesis.settings.load_profile("untimed")
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}



@pytest.fixture
def carbon(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line as a user does, in a process of its own, in an empty folder."""

    def run(*arguments: object, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reporter", *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True,
            input=stdin if stdin is not None else "", env={**os.environ, **environment}, timeout=120, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def program() -> Callable[[str], str]:
    """The path of a program that a component test needs; without it the test is skipped, and in CI it fails."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and IN_CI:
            pytest.fail(f"{name} is not installed: in CI a component test must run")
        if path is None:
            pytest.skip(f"{name} is not installed; 'make test' as root installs it")
        return path

    return find


@pytest.fixture(scope="module")  # no longer, since its driver leaves an event loop running that asyncio would trip over
def chromium() -> Generator[Any]:
    """A headless Chromium, started once for a file of tests; without it they are skipped, and in CI they fail."""
    path = shutil.which("chromium")
    if path is None:
        (pytest.fail if IN_CI else pytest.skip)("chromium is not installed; 'make test' as root installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, None]:
    """In CI a test that is skipped has failed: what was not tested must not pass for tested."""
    outcome = yield
    report = outcome.get_result()
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"in CI every test must run: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly which components this run did not test."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("not tested on this machine")
        for report in skipped:
            terminalreporter.write_line(f"{report.nodeid}: {report.longrepr[2] if report.longrepr else ''}")


HEADER = (
    "timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,"
    "ram_energy,energy_consumed,country_name,country_iso_code,region,codecarbon_version,cpu_model,gpu_model,tracking_mode,pue"
)


def emissions_csv(folder: Path, *rows: dict[str, object], name: str = "emissions.csv") -> Path:
    """Write a CodeCarbon log whose rows differ from a plain run (0.4 kWh in an hour in France) by what is given."""
    columns = HEADER.split(",")
    usual: dict[str, object] = {
        "timestamp": "2026-03-01T12:00:00", "project_name": "demo", "run_id": "run-1", "duration": 3600.0,
        "emissions": 0.0165, "cpu_power": 80.0, "gpu_power": 300.0, "ram_power": 20.0, "cpu_energy": 0.08,
        "gpu_energy": 0.3, "ram_energy": 0.02, "energy_consumed": 0.4, "country_name": "France",
        "country_iso_code": "FRA", "codecarbon_version": "3.3.2", "cpu_model": "Some CPU", "gpu_model": "1 x Some GPU",
        "tracking_mode": "machine", "pue": 1.0,
    }  # fmt: skip
    lines = [HEADER]
    for row in rows or ({},):
        cells = [str({**usual, **row}.get(column, "")) for column in columns]
        lines.append(",".join(map(_quoted, cells)))
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return path


def _quoted(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if any(sign in cell for sign in ',"\n\r') else cell
