"""`carbon-report estimate`: before a run from its hardware and hours, or from the first of its epochs."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from reporter import importers
from reporter.arguments import options_of, wrong_usage
from reporter.assembly import of_runs
from reporter.errors import Finding, ReportError, plain
from reporter.importers.hardware import described, pieces
from reporter.publishing import publish
from reporter.run import Device, Reading, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = 'carbon-report estimate --hardware "8 x A100-SXM4-80GB" --hours 36 [options] | PATH --epochs K --of N [options]'
#: Two-sided 97.5 % points of Student's t for 1, 2, ... degrees of freedom; beyond them the normal's.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
NORMAL = 1.96


def run(arguments: Sequence[str]) -> int:
    """Estimate a run that has not been made: TDP x utilisation x hours, or what was measured of it, extrapolated.

    The formulas are those of Green Algorithms (Lannelongue et al. 2021) and, at full utilisation, of ML CO2 Impact
    (Lacoste et al. 2019); k of n epochs are extrapolated in proportion, as carbontracker does (Anthony et al. 2020).
    All outputs and options of a report hold. Raises ReportError where hardware or hours are missing.
    """
    chosen, rest = _parser().parse_known_args(list(arguments))
    if chosen.hardware:
        options = options_of(rest, without_logs=True)
        return publish(of_runs(Reading((_planned(chosen),), (), ()), options), options)
    if chosen.epochs is None or chosen.of is None:
        raise ReportError(f"tell hardware and hours, or a log with --epochs and --of: {USAGE}")
    options = options_of(rest)
    reading = importers.read(options.logs, options.reader, strict=options.strict, chosen=dict(options.limits))
    return publish(of_runs(extrapolated(reading, chosen.epochs, chosen.of), options), options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carbon-report estimate", usage=USAGE, allow_abbrev=False)
    parser.error = wrong_usage  # type: ignore[method-assign]
    parser.add_argument("--hardware", help="e.g. '8 x A100-SXM4-80GB + 2 x EPYC 7742'")
    parser.add_argument("--hours", type=_positive)
    parser.add_argument("--utilisation", type=_share, help="mean share of the design power, 1 if not told")
    parser.add_argument("--power", type=_positive, metavar="W", help="design power of one piece, where no table has it")
    parser.add_argument("--memory", type=_positive, metavar="GB")
    parser.add_argument("--epochs", type=_positive, metavar="K", help="the log holds so many epochs")
    parser.add_argument("--of", type=_positive, metavar="N", help="of so many")
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not (number > 0 and math.isfinite(number)):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return number


def _share(text: str) -> float:
    share = float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share above 0 and up to 1")
    return share


def _planned(chosen: argparse.Namespace) -> Run:
    """The run that the options describe, its energy left to be worked out."""
    if chosen.hours is None:
        raise ReportError(f"--hours is missing: {USAGE}")
    devices = [
        Device(piece.kind, piece.model, float(piece.number or 1), chosen.utilisation, chosen.power)
        for piece in pieces(chosen.hardware)
    ]
    if chosen.memory is not None:
        devices.append(Device("ram", None, chosen.memory))
    return Run(
        id="planned run", tracker="estimate", source="the command line", basis="estimated", devices=tuple(devices),
        duration_s=chosen.hours * 3600, labels={"phase": "planned"}, **described(devices),
    )  # fmt: skip


def extrapolated(reading: Reading, epochs: float, of: float) -> Reading:
    """What was measured of k epochs as that of n: times n/k, as one estimated run.

    Where the log holds several runs they are taken as samples of the epochs, and the spread of their energies is told
    as the error of the mean (95 %, Student's t); a single run cannot tell its error. Raises ReportError where nothing
    was measured, or more epochs than there are to be.
    """
    energies = [run.energy_kwh for run in reading.runs if run.energy_kwh is not None]
    if not energies:
        raise ReportError("no energy was measured in this log, so there is nothing to extrapolate")
    if epochs > of:
        raise ReportError(f"--epochs {epochs:g} --of {of:g}: the log cannot hold more epochs than there will be")
    scale, first = of / epochs, reading.runs[0]
    durations = [run.duration_s for run in reading.runs if run.duration_s is not None]
    claims = [run.reported_emissions_kg for run in reading.runs if run.reported_emissions_kg is not None]
    whole = replace(
        first,
        id=f"{first.id}, {of:g} epochs", basis="estimated", energy_kwh=math.fsum(energies) * scale,
        cpu_energy_kwh=None, gpu_energy_kwh=None, ram_energy_kwh=None, power_w=(), started_at=None, ended_at=None,
        duration_s=math.fsum(durations) * scale if durations else None,
        reported_emissions_kg=math.fsum(claims) * scale if len(claims) == len(reading.runs) else None,
    )  # fmt: skip
    text = f"extrapolated from {epochs:g} to {of:g} epochs, each taken to use as much; {_error(energies)}"
    note = Finding("CR120", "warning", text, plain(first.source))
    return Reading((whole,), reading.inputs, (*reading.findings, note))


def _error(energies: Sequence[float]) -> str:
    if len(energies) < 2:
        return "one run does not tell how far epochs differ, so the error of that is not known"
    mean = math.fsum(energies) / len(energies)
    spread = math.sqrt(math.fsum((energy - mean) ** 2 for energy in energies) / (len(energies) - 1))
    freedom = len(energies) - 1
    factor = STUDENT[freedom - 1] if freedom <= len(STUDENT) else NORMAL
    share = factor * spread / math.sqrt(len(energies)) / mean if mean else 0.0
    return f"the {len(energies)} runs in the log put the error of their mean at ±{100 * share:.3g} % (95 %)"
