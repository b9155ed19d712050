"""The commands `sample` and `doctor`: watch this machine while a command runs; say what it can measure."""

from __future__ import annotations

import argparse
import re
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

from reporter import options as choices
from reporter.errors import ReportError, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.sampler import Sampler
    from reporter.sampler.meters import Meters

USAGE = "carbon-report sample [-o FILE] [--every SECONDS] [options] -- COMMAND..."
_SECONDS = {"": 1.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "kb": 1000, "mb": 10**6, "gb": 10**9}
#: Why a source of energies may not be there, where nothing else was said of it.
_ABSENT = {
    "rapl": "no energy counter of a processor (Linux powercap) is there; virtual machines and containers hide them",
    "nvml": "no NVIDIA GPU, or its driver is not loaded",
    "amdsmi": "no AMD GPU, or its driver is not loaded",
    "powermetrics": "this is no Mac, or powermetrics may not be run",
    "hwmon": "no sensor of the kernel tells the power of a supply, processor or GPU",
    "battery": "nothing runs on a battery now",
    "ipmi": "no management controller is asked (/dev/ipmi0, ipmitool and --meters all,ipmi)",
    "redfish": "needs the network and a password, and is not asked; let ipmitool or the kernel's sensors read it",
}
_HOW = {"counter": "counted", "power": "power read, times time", "modelled": "modelled, not measured"}


def sample(arguments: Sequence[str]) -> int:
    """Run a command and log the energy of this machine meanwhile; the exit status is the command's.

    Raises ReportError for an option that is wrong, a log that may not be written, a command that cannot start.
    """
    place = arguments.index("--") if "--" in arguments else len(arguments)
    parsed, command = _parser().parse_args(arguments[:place]), list(arguments[place + 1 :])
    if not command:
        raise ReportError("name the command to run: carbon-report sample -- python train.py")
    from reporter.sampler import command as commands
    from reporter.sampler import summary

    def told(sampler: Sampler) -> None:
        if not parsed.quiet:
            _tell(f"carbon-report: {summary.line(sampler)}")

    return commands.run(
        command, parsed.file, parsed.every,
        limit_s=_seconds("--limit", parsed.limit), summary=told, tell=lambda line: _tell(f"carbon-report: {line}"),
        existing="resume" if parsed.resume else "refuse", labels=_labels(parsed.label), country=_country(parsed),
        only=[word for word in (parsed.meters or "").split(",") if word], counts=parsed.count,
        idle_s=_seconds("--idle", parsed.idle) or 0.0, rotate_bytes=_bytes(parsed.rotate), tdp_w=_tdp_w(),
    )  # fmt: skip


def doctor(arguments: Sequence[str]) -> int:  # noqa: ARG001 - takes none
    """List what this machine can measure, and what would have to be done for the rest."""
    from reporter.sampler import place
    from reporter.sampler.meters import Meters

    meters = Meters(tdp_w=_tdp_w())
    for meter in meters.declared:
        print(f"{meter.part:8} {_HOW[meter.kind]:24} {meter.name} ({meter.source})")
    for note in meters.notes:
        print(f"note: {note}")
    there = {meter.source.partition("-")[0] for meter in meters.declared}
    said = " ".join(meters.notes).casefold()
    names = {"rapl": "energy counter", "nvml": "nvidia", "amdsmi": "amd gpu", "ipmi": "management"}
    for source, why in _ABSENT.items():
        if source not in there and names.get(source, source) not in said:
            print(f"absent: {source}: {why}")
    region, doubt = place.cloud()
    print(f"place: {region or doubt or _suggestion() or 'not told; name it with --country'}")
    print(f"cost: {1000 * _cost_s(meters):.2f} ms of processor time a sample")
    meters.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carbon-report sample", usage=USAGE, allow_abbrev=False)
    parser.error = _wrong_usage  # type: ignore[method-assign]
    add = parser.add_argument
    add("-o", dest="file", default="run.csv", metavar="FILE", help="the power log (run.csv)")
    add("--every", type=float, default=1.0, metavar="SECONDS", help="time between samples (1)")
    add("--meters", metavar="LIST", help="sources, parts or names, e.g. rapl,nvml or gpu-0; 'carbon-report doctor'")
    add("--limit", metavar="TIME", help="end the command after so long, e.g. 90, 30m or 2h; the status is 124 then")
    add("--label", action="append", default=[], metavar="NAME=VALUE", help="stands in the log, to group runs by")
    add("--country", metavar="ISO3", help="where this machine stands, e.g. FRA; else from the configuration")
    add("--count", choices=("machine", "job"), default="machine",
        help="the energy that the report counts: the machine's, or the job's share; the log holds both")  # fmt: skip
    add("--idle", metavar="TIME", help="watch the machine at rest for so long before the command starts")
    add("--resume", action="store_true", help="go on with the run of a log that is there, as after preemption")
    add("--rotate", metavar="SIZE", help="go on in another file above this size, e.g. 64MB")
    add("--quiet", action="store_true", help="no summary at the end")
    return parser


def _wrong_usage(message: str) -> NoReturn:
    raise ReportError(f"{message}; see 'carbon-report sample --help'")


def _quantity(option: str, text: str | None, units: dict[str, Any]) -> float | None:
    """A number with one of these units. Raises ReportError for anything else."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in units:
        raise ReportError(f"{option} {plain(text, 40)}: write a number, or one with {', '.join(filter(None, units))}")
    return float(match[1]) * float(units[match[2]])


def _seconds(option: str, text: str | None) -> float | None:
    return _quantity(option, text, _SECONDS)


def _bytes(text: str | None) -> int | None:
    size = _quantity("--rotate", text, _BYTES)
    if size is not None and size < 10_000:
        raise ReportError(f"--rotate {plain(text, 40)}: a log's head alone takes 1 KB; write 10KB or more")
    return None if size is None else int(size)


def _labels(texts: Sequence[str]) -> dict[str, str]:
    labels = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise ReportError(f"--label {plain(text, 80)}: write NAME=VALUE, such as phase=search")
        labels[name] = value
    return labels


def _country(parsed: argparse.Namespace) -> str | None:
    """The country of the option, else of the configuration; where neither tells it, say what the time zone suggests."""
    from reporter.factors import places
    from reporter.sampler import place

    text = parsed.country or choices.configuration(None)[0].get("country")
    if text is not None:
        return places.country(str(text))
    suggestion = None if parsed.quiet or place.cloud()[0] else _suggestion()
    if suggestion:
        _tell(f"carbon-report: {suggestion}")
    return None


def _suggestion() -> str | None:
    from reporter.factors import places
    from reporter.sampler import place

    found = place.country_of_time_zone()
    if found is None:
        return None
    try:
        country = places.country(found[0])
    except ReportError:
        return None
    return f"no country is told; the time zone {found[1]} suggests --country {country}"


def _tdp_w() -> float | None:
    from reporter import factors
    from reporter.sampler import machine

    model = machine.look().cpu_model
    design_power = factors.tdp(model, "cpu") if model else None
    return None if design_power is None else design_power.value


def _cost_s(meters: Meters, times: int = 20) -> float:
    """Processor time of one sample in s: the meters, what else is looked at, and the job's share."""
    import os

    from reporter.sampler.attribution import Attribution
    from reporter.sampler.processes import tree_of

    attribution = Attribution(meters.all, meters.load, tree_of(os.getpid()))
    start_s = time.process_time()
    for _ in range(times):
        now_s = time.monotonic()
        joules, _ = meters.read(now_s)
        memory = meters.memory()
        attribution.read(now_s, joules, memory, last=True)
        meters.gauges(memory)
    return (time.process_time() - start_s) / times


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
