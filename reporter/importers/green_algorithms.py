"""Green Algorithms (green-algorithms.org): the CSV that the web calculator exports, of its home and its AI page.

What a naive reader gets wrong: ``energy_needed`` holds the PUE and the number of repetitions, emissions are grams, a
``;`` parts the cells while decimals have a point, ``None`` is a text, and a form that was not filled in exports zeros.
Old versions wrote no file; their share link, saved as text, holds the inputs alone.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reporter.importers.base import Importer
from reporter.importers.json_lines import shown
from reporter.importers.table import Table, lines
from reporter.importers.told import Told
from reporter.patterns import pattern
from reporter.run import Device, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporter.importers.logs import Log

MEMORY_W_PER_GB = 0.3725  # the tool's own figure, in all its versions
CLOSE = 1e-3  # how far the tool's figures may lie from its own formula
PAGES = ("training", "inference")
_AI = "training-coretype"
_INCOMPLETE = "nothing was computed, as the form was not filled in; complete it and export it again"


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read each exported form as a run, of the AI page one for training and one for inference."""
    for log in logs:
        if _LINK.search(log.head):
            yield from _links(log)
            continue
        table, known = Table(log), set[tuple[str, ...]]()
        for row in table:
            again = any(finding.code == "CR005" for finding in log.findings)  # under one header each is a calculation
            if again and tuple(row.cells) in known:
                log.say("CR021", "the result stands here again, cell for cell; counted once", row.line)
                continue
            known.add(tuple(row.cells))
            if len(row.cells) < len(table.header):
                raise log.refuse(f"{len(row.cells)} cells under {len(table.header)} columns; export it again", row.line)
            cells = {key: cell.strip() for key, cell in zip(table.header, row.cells, strict=False)}
            told = Told(log, {key: cell for key, cell in cells.items() if cell not in {"", "None", "nan"}}, row.line)
            yield from _ai_page(told) if _AI in table.header else _home_page(told)


def _home_page(told: Told) -> Iterator[Run]:
    energy_kwh, emissions_g = told.number("energy_needed"), told.number("carbonemissions")
    if not energy_kwh or emissions_g is None:
        raise told.wrong("energy_needed", _INCOMPLETE)
    _check(told)
    yield _run(told, energy_kwh, emissions_g, "form", {})


def _ai_page(told: Told) -> Iterator[Run]:
    """Training and inference of the AI page, as one run where the export tells their total, else as two.

    A total holds retrainings, R&D and the share of inference that falls into the reporting scope, while the parts
    beside it are bare; in newer exports, which tell no total, the parts are whole.
    """
    parts = {page: _part(told, page) for page in PAGES}
    kwh = {page: part.number("energy_needed") or 0.0 for page, part in parts.items()}
    grams = {page: part.number("carbonemissions") or 0.0 for page, part in parts.items()}
    for page in parts:
        if not kwh[page] and grams[page]:
            raise told.wrong(f"{page}-energy_needed", f"missing beside {grams[page]:g} g; export the page again")
    total_kwh, total_g = told.number("tot_energy_needed"), told.number("tot_carbonemissions")
    if total_kwh is not None and total_g is not None:
        more = _repetitions(told)
        kwh["training"], grams["training"] = kwh["training"] * more, grams["training"] * more
        kwh["inference"], grams["inference"] = total_kwh - kwh["training"], total_g - grams["training"]
        if kwh["inference"] < -CLOSE * total_kwh:
            raise told.wrong("tot_energy_needed", f"{total_kwh:g} kWh is less than the training alone; export it again")
    elif not parts["training"].has("main_energy_needed"):
        raise told.wrong("tot_energy_needed", "missing; export the page again, with its results")
    runs = []
    for page, part in parts.items():
        if kwh[page] > 1e-9 * math.fsum(kwh.values()):  # less is what floats leave of a page that was not used
            _check(part)
            runs.append(_run(part, kwh[page], grams[page], page, {"phase": page}))
    if not runs:
        raise told.wrong("tot_energy_needed", _INCOMPLETE)
    yield from runs if total_kwh is None else [_whole(runs, told)]


def _whole(runs: Sequence[Run], told: Told) -> Run:
    """The page's total as one run; its PUE is what both parts' energies come to together."""
    energy_kwh = math.fsum(run.energy_kwh or 0.0 for run in runs)
    facility_kwh = math.fsum((run.energy_kwh or 0.0) * (run.reported_pue or 1.0) for run in runs)
    parts: dict[str, Any] = {name: [getattr(run, name) for run in runs] for name in _ADDED}
    sums: dict[str, Any] = {name: None if None in each else math.fsum(each) for name, each in parts.items()}
    return replace(
        runs[0],
        id=f"form-{told.line}",
        energy_kwh=energy_kwh,
        reported_pue=None if any(run.reported_pue is None for run in runs) else facility_kwh / energy_kwh,
        labels={},
        **sums,
    )


_ADDED = ("duration_s", "cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh", "reported_emissions_kg")


def _part(told: Told, page: str) -> Told:
    start = f"{page}-"
    found = {key.removeprefix(start): value for key, value in told.values.items() if key.startswith(start)}
    if told.has("appversion"):
        found["appversion"] = told.values["appversion"]
    return told.within(found, {key: start + key for key in found})


def _repetitions(told: Told) -> float:
    """How often the training ran in all: once, and its retrainings and R&D as shares of it."""
    rerun = told.number("retrainings_mf_value") or 0.0
    rerun *= told.number("retrainings_number_input") or 0.0
    research = told.number("r&d_mf_value") or 0.0
    return 1.0 + rerun * _yes(told, "retrainings_radio") + research * _yes(told, "r&d_radio")


def _yes(told: Told, radio: str) -> bool:
    return bool(told.values.get(radio, "Yes") != "No")


def _run(told: Told, energy_kwh: float, emissions_g: float, name: str, labels: Mapping[str, str]) -> Run:
    pue, hours = told.number("pue"), told.number("runtime")
    if pue is not None and pue < 1:
        told.log.say("CR033", f"pue: {pue:g} is below 1; the energy is taken as written", told.line)
        pue = None
    elif pue is None:
        told.log.say("CR041", "the energy includes a PUE that is not told; kept as written", told.line)
    used = _used(told)
    it_energy_kwh = energy_kwh / (pue or 1.0)
    shares = {part: told.number(f"ce_{part}") for part in ("cpu", "gpu", "memory")}
    whole = math.fsum(share or 0.0 for share in shares.values())
    each = it_energy_kwh / whole if whole else None
    split = {part: None if share is None or each is None else each * share for part, share in shares.items()}
    return Run(
        id=f"{name}-{told.line}",
        tracker="green-algorithms",
        source=told.log.path,
        line=told.line,
        duration_s=None if hours is None else 3600 * hours * _factor(told) * _scale(told, energy_kwh),
        energy_kwh=it_energy_kwh,
        cpu_energy_kwh=split["cpu"] if used["cpu"] else None,
        gpu_energy_kwh=split["gpu"] if used["gpu"] else None,
        ram_energy_kwh=split["memory"],
        reported_pue=pue,
        pue_inside=pue is None,
        reported_emissions_kg=emissions_g / 1e3,
        reported_intensity_g_per_kwh=told.number("carbonintensity"),
        basis="estimated",
        ram_gb=told.number("memory"),
        tracker_version=told.text("appversion"),
        labels=labels,
        **_place(told),
        **_hardware(told, used),
    )


def _scale(told: Told, energy_kwh: float) -> float:
    """How many times the form's own energy was counted: by retrainings, R&D and the scope of the inference."""
    once = _once(told)
    return energy_kwh / once if once else 1.0


def _once(told: Told) -> float | None:
    """The energy of the form itself in kWh, before retrainings, R&D and the scope of the inference."""
    keys = ("main_energy_needed", "energy_needed_before_scaling", "energy_needed")
    return next((told.number(key) for key in keys if told.has(key)), None)


def _factor(told: Told) -> float:
    """The tool's multiplicative factor: how often the computation was repeated. Off, it is 1 whatever is written."""
    factor = told.number("mult_factor") if _yes(told, "mult_factor_radio") else None
    return 1.0 if factor is None else factor


def _used(told: Told) -> dict[str, bool]:
    core = (told.text("coretype") or "").lower()
    return {"cpu": core in {"cpu", "both"}, "gpu": core in {"gpu", "both"}}


def _hardware(told: Told, used: Mapping[str, bool]) -> dict[str, Any]:
    return {
        "cpu_model": told.text("cpumodel") if used["cpu"] else None,
        "gpu_model": told.text("gpumodel") if used["gpu"] else None,
        "gpu_count": told.number("numbergpus") if used["gpu"] else None,
    }


def _place(told: Told) -> dict[str, Any]:
    """Where the form says it ran: ``location`` is the code of the grid that the tool took, in a cloud or not."""
    grid = told.text("location") or told.text("locationregion") or ""
    code = re.fullmatch(r"([A-Z]{2})(?:-[A-Z0-9]+)?", grid)
    cloud = told.text("platformtype") == "cloudComputing"
    server = re.split(r"\s*(?:--|/)\s*", told.text("server") or "")[-1]
    return {
        "country": code[1] if code else told.text("locationcountry"),
        "region": grid if code and "-" in grid else None,
        "cloud_provider": told.text("provider") if cloud and told.text("provider") != "other" else None,
        "cloud_region": server if cloud and server and server != "other" else None,
    }


def _check(told: Told) -> None:
    """Tell where the tool's figures do not follow from its own formula (Lannelongue et al. 2021): CR030."""
    hours, power_w, pue = told.number("runtime"), told.number("power_needed"), told.number("pue")
    grams, intensity = told.number("carbonemissions"), told.number("carbonintensity")
    once, energy_kwh = _once(told), told.number("energy_needed")
    if hours is not None and power_w is not None and once is not None:
        _compare(told, "energy_needed", once, hours * power_w * _factor(told) / 1e3, "kWh, where time x power makes")
    needed_w = _power_w(told)
    if power_w is not None and pue is not None and needed_w is not None:
        _compare(told, "power_needed", power_w, pue * needed_w, "W, where the hardware and the PUE make")
    if grams is not None and intensity is not None and energy_kwh is not None:
        _compare(told, "carbonEmissions", grams, energy_kwh * intensity, "g, where energy x intensity makes")


def _compare(told: Told, name: str, written: float, worked_out: float, what: str) -> None:
    if not math.isclose(written, worked_out, rel_tol=CLOSE, abs_tol=1e-12):
        text = f"{name}: {written:g} {what} {worked_out:g}; was the file edited? Taken as written"
        told.log.say("CR030", text, told.line)


def _power_w(told: Told) -> float | None:
    """Power of cores and memory in W, without PUE; None where the form does not tell all of it."""
    used, memory_gb = _used(told), told.number("memory")
    watts = None if memory_gb is None else memory_gb * MEMORY_W_PER_GB
    for part in (part for part in used if used[part]):
        found = [told.number(key) for key in (f"number{part}s", f"tdp{part}", f"usage{part}")]
        if watts is None or None in found:
            return None
        # In newer versions tdpCPU is that of the processor, before it was that of a core.
        cores = told.number("cpu_model_n_cores") if part == "cpu" else None
        watts += math.prod(value for value in found if value is not None) / (cores or 1.0)
    return watts


_LINK = pattern(rb"green-algorithms\.org/{0,2}\??[^\s]*[?&](runTime_hour|coreType)=")


def _links(log: Log) -> Iterator[Run]:
    """Share links of versions 1 and 2: inputs without results, so that the energy is estimated from them."""
    from urllib.parse import parse_qsl

    for number, line in enumerate(lines(log), 1):
        for link in re.findall(r"\S*green-algorithms\.org\S*[?&]\S+", line):
            log.rows += 1
            pairs = parse_qsl(link.partition("?")[2].rstrip(")>]\"'"), max_num_fields=100)
            yield _linked(Told(log, {key.lower(): value for key, value in pairs if value and value != "None"}, number))


def _linked(told: Told) -> Run:
    hours = (told.number("runtime_hour") or 0.0) + (told.number("runtime_min") or 0.0) / 60
    used, memory_gb = _used(told), told.number("memory")
    if not hours or not any(used.values()):
        raise told.wrong("coreType" if hours else "runTime_hour", "missing; copy the link of a form that is complete")
    devices = []
    if used["cpu"]:
        if not told.has("tdpcpu"):
            said = f"{shown(told.text('cpumodel'))} comes without the power of a core; export the CSV instead"
            raise told.wrong("CPUmodel", said)
        cores, watts = told.number("numbercpus") or 1.0, told.number("tdpcpu")
        devices.append(Device("cpu", told.text("cpumodel"), cores, told.share("usagecpu"), watts))
    if used["gpu"]:
        cards, watts = told.number("numbergpus") or 1.0, told.number("tdpgpu")
        devices.append(Device("gpu", told.text("gpumodel"), cards, told.share("usagegpu"), watts))
    if memory_gb:
        devices.append(Device("ram", None, memory_gb, None, MEMORY_W_PER_GB))
    repeated = told.number("psf") or _factor(told)
    return Run(
        id=f"link-{told.line}",
        tracker="green-algorithms",
        source=told.log.path,
        line=told.line,
        duration_s=3600 * hours * repeated,
        reported_pue=told.number("pue"),
        basis="estimated",
        ram_gb=memory_gb,
        tracker_version=told.text("appversion"),
        devices=tuple(devices),
        **_place(told),
        **_hardware(told, used),
    )


def _claims(log: Log) -> bool:
    header = set(log.header)
    if {"coretype", "carbonemissions", "energy_needed"} <= header:
        return True
    if "tot_carbonemissions" in header or _AI in header:
        return True
    return len(log.head) < 20_000 and _LINK.search(log.head) is not None


IMPORTER = Importer(
    name="green-algorithms",
    says="Green Algorithms: CSV of the web calculator v3 with its AI page, share links of v1 and v2",
    home="https://github.com/GreenAlgorithms/green-algorithms-tool",
    minds="estimated; PUE divided out, grams",
    claims=_claims,
    read=read,
)
