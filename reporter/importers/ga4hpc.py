"""GreenAlgorithms4HPC: the sacct table that it reads, by its own model, and the report that it prints.

Where Slurm measures no energy, GA4HPC estimates it: CPU time x design power of a core, GPUs x design power x wall time,
memory asked for x 0.3725 W/GB x wall time, all from its cluster_info.yaml. What a naive reader gets wrong: steps repeat
their job; a TotalCPU of 0 means "not recorded" and stands for all cores at work; the report's "TCO2e" are kilograms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers import sacct
from reporter.importers.base import Importer, read_moment
from reporter.importers.table import lines
from reporter.importers.table import number as read_number
from reporter.patterns import pattern
from reporter.run import Device, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log

CLUSTER = "cluster_info.yaml"
MOST_CHARACTERS = 1 << 18  # of that file: a thousand partitions
MEMORY_W_PER_GB = 0.3725  # in the tool's fixed_parameters.yaml
_RUNNING = frozenset({"PENDING", "RUNNING", "REQUEUED", "PD", "R", "RQ"})
_REPORT = b"Carbon intensity used for the calculations"


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read tables of jobs into one estimated Run a job, and printed reports into one Run a report."""
    for log in logs:
        if _REPORT in log.head:
            yield _printed(log)
        else:
            yield from _jobs(log)


@dataclass(slots=True)
class _Job:
    """The largest that a job's row and its steps tell, as GA4HPC takes them."""

    line: int
    text: dict[str, str]
    most: dict[str, float] = field(default_factory=dict)

    def take(self, name: str, value: float | None) -> None:
        """Keep the larger."""
        if value is not None:
            self.most[name] = max(value, self.most.get(name, 0.0))


def _jobs(log: Log) -> Iterator[Run]:
    jobs: dict[str, _Job] = {}
    for cells in sacct.rows(log):
        job = jobs.setdefault(cells.job, _Job(cells.line, {}))
        _take(job, cells, log)
    if not jobs:
        raise log.refuse("there is a header but no job below it; did the job belong to another day or user?")
    cluster = _cluster(log)
    if not cluster:
        log.say("CR013", f"no {CLUSTER} lies beside, which tells GA4HPC each partition's design power, so these jobs "
                f"have no energy; put it there, or export ConsumedEnergyRaw")  # fmt: skip
    running = [name for name, job in jobs.items() if job.text.get("state") in _RUNNING]
    if running:
        first = plain(running[0], 40)
        log.say("CR019", f"{len(running)} of {len(jobs)} jobs had not ended and are left out; the first is {first}")
    for name, job in jobs.items():
        if name not in running and job.most.get("duration_s"):
            yield _run(name, job, cluster, log)


def _take(job: _Job, cells: sacct.Cells, log: Log) -> None:
    nodes = sacct.told_number(cells, log, "nnodes") or 1.0
    cores = sacct.told_number(cells, log, "ncpus", "alloccpus") or 0.0
    job.take("cores", cores)
    job.take("duration_s", sacct.told_elapsed(cells, log))
    for field_name, column in (("cpu_s", "totalcpu"), ("charged_s", "cputime")):
        try:
            job.take(field_name, sacct.elapsed_s(cells.get(column)))
        except ValueError as error:
            log.say("CR008", f"{column}: {error}; taken as not told", cells.line, level="note")
    job.take("memory_gb", sacct.memory_gb(cells.get("reqmem"), nodes, cores))
    count, model = sacct.gpus(sacct.tres(cells.get("alloctres")))
    job.take("gpus", count)
    told = {
        "partition": cells.get("partition").partition(",")[0],
        "gpu_model": model or "",
        "job": cells.get("jobname"),
        "state": sacct.state(cells),
        "start": cells.get("start", "submit"),
    }
    if not cells.step:
        job.line, job.text = cells.line, told
    else:
        job.text = {**told, "job": "", **job.text}


def _run(name: str, job: _Job, cluster: dict[str, Any], log: Log) -> Run:
    text, most = job.text, job.most
    partition = _dict(_dict(cluster.get("partitions")).get(text["partition"]))
    if cluster and not partition:
        missing = plain(text["partition"], 40)
        log.say("CR013", f"{CLUSTER} does not name partition '{missing}', so the job has no energy", job.line)
    graphical = str(partition.get("type")).upper() == "GPU" if partition else bool(most.get("gpus"))
    cells = sacct.Cells(job.line, {"start": text["start"]})
    return Run(
        id=name,
        tracker="ga4hpc",
        source=log.path,
        line=job.line,
        started_at=sacct.told_moment(cells, "start", log),
        duration_s=most["duration_s"],
        basis="estimated",
        devices=_devices(most, partition, text["gpu_model"], graphical=graphical),
        reported_pue=_number(cluster.get("PUE")),
        reported_intensity_g_per_kwh=_number(cluster.get("CI")),
        cpu_count=most.get("cores") or None,
        cpu_model=_text(partition, "model_CPU" if graphical else "model"),
        gpu_count=most.get("gpus") if graphical else None,
        gpu_model=(_text(partition, "model") or text["gpu_model"] or None) if graphical else None,
        ram_gb=most.get("memory_gb"),
        machine_wide=False,
        labels={key: text[key] for key in ("job", "partition", "state") if text.get(key)},
    )


def _devices(most: dict[str, float], partition: dict[str, Any], gpu: str, *, graphical: bool) -> tuple[Device, ...]:
    """Hardware whose count x power x utilisation x duration is GA4HPC's energy; a TotalCPU of 0 stands for full use."""
    duration_s, cores = most["duration_s"], most.get("cores", 0.0)
    charged_s = most.get("charged_s") or cores * duration_s
    used = (most.get("cpu_s") or charged_s) / duration_s
    own, watts = _text(partition, "model"), _number(partition.get("TDP"))
    devices = []
    if cores and graphical:
        core_w = _number(partition.get("TDP_CPU"))
        devices.append(Device("cpu", _text(partition, "model_CPU"), cores, used / cores, core_w))
    elif cores:
        devices.append(Device("cpu", own, cores, used / cores, watts))
    if graphical and most.get("gpus"):
        devices.append(Device("gpu", own or gpu or None, most["gpus"], 1.0, watts))
    if most.get("memory_gb"):
        devices.append(Device("ram", None, most["memory_gb"], 1.0, MEMORY_W_PER_GB))
    return tuple(devices)


# --- cluster_info.yaml ------------------------------------------------------------------------------------------------

def _cluster(log: Log) -> dict[str, Any]:
    """What cluster_info.yaml beside the table tells, every value as it is written there."""
    import yaml

    beside = log.beside(CLUSTER)
    if beside is None:
        return {}
    text = ""
    for line in lines(beside):
        text += line
        if len(text) > MOST_CHARACTERS:
            raise log.refuse(f"{CLUSTER} beside it is longer than {MOST_CHARACTERS >> 10} KiB; is it another file?")
    loader = None
    try:
        loader = yaml.BaseLoader(text)  # knows texts, lists and mappings alone
        return _dict(loader.get_single_data())
    except yaml.MarkedYAMLError as error:
        where = "" if error.problem_mark is None else f"line {error.problem_mark.line + 1}: "
        raise log.refuse(f"{CLUSTER} beside it is no YAML: {where}{plain(error.problem, 100)}") from error
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise log.refuse(f"{CLUSTER} beside it is no YAML: {plain(error, 100)}") from error
    finally:
        if loader is not None:
            loader.dispose()


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(partition: dict[str, Any], name: str) -> str | None:
    value = partition.get(name)
    return value or None if isinstance(value, str) else None


def _number(value: object) -> float | None:
    try:
        found = read_number(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found > 0 else None


# --- the printed report -----------------------------------------------------------------------------------------------

_FOOTPRINT = pattern(r"\|\s+([0-9][0-9,]*(?:\.[0-9]+)?) (g|kg|T)CO2e\s+\|")
_ENERGY = pattern(r"(Energy used|- CPUs|- GPUs|- Memory|- Data centre overheads): (-?[0-9][0-9,]*\.?[0-9]*) kWh")
_INTENSITY = pattern(_REPORT.decode() + r": ([0-9][0-9,]*\.?[0-9]*) gCO2e/kWh")
_PERIOD = pattern(r"First/last job recorded on that period: ([0-9]{4}-[0-9]{2}-[0-9]{2})/")
_NAME = pattern(r"#\s+Carbon footprint on (.+?)\s+#")


def _printed(log: Log) -> Run:
    """One report on the terminal, saved. Its parts exclude the PUE, its total includes it."""
    text = "".join(lines(log))
    log.rows += 1
    kwh = {name.removeprefix("- "): _figure(value, log) for name, value in _ENERGY.findall(text)}
    parts = [kwh.get(name) for name in ("CPUs", "GPUs", "Memory")]
    whole, intensity = kwh.get("Energy used"), _INTENSITY.search(text)
    known = [part for part in parts if part is not None]
    if len(known) < 3 or not whole or not intensity:
        raise log.refuse("the report is cut: energies or carbon intensity are missing; run GA4HPC again")
    grams = _figure(intensity[1], log)
    machines = sum(known)
    name = _NAME.search(text)
    return Run(
        id=plain(name[1] if name else log.name, 80),
        tracker="ga4hpc",
        source=log.path,
        line=1,
        started_at=_first_day(text, log),
        energy_kwh=machines or whole,
        cpu_energy_kwh=parts[0],
        gpu_energy_kwh=parts[1],
        ram_energy_kwh=parts[2],
        reported_pue=whole / machines if machines and whole >= machines else None,
        reported_emissions_kg=_emissions_kg(text, whole * grams / 1e3, log),
        reported_intensity_g_per_kwh=grams,
        basis="estimated",
        machine_wide=False,
        labels={"cluster": plain(name[1], 80)} if name else {},
    )


def _figure(text: str, log: Log) -> float:
    try:
        return read_number(text.replace(",", ""))
    except ValueError as error:
        raise log.refuse(f"the report is damaged: {error}") from error


def _first_day(text: str, log: Log) -> datetime | None:
    period = _PERIOD.search(text)
    try:
        return read_moment(f"{period[1]}T00:00") if period else None
    except ValueError as error:
        log.say("CR007", f"{error}; the time of the run is left out")
        return None


def _emissions_kg(text: str, expected_kg: float, log: Log) -> float | None:
    """The footprint in kg, as printed to a whole g, kg or "T"; of 1000 kg and more "T" is a slip of GA4HPC for kg."""
    found = _FOOTPRINT.search(text)
    if not found:
        return None
    value, unit = _figure(found[1], log), found[2]
    if unit != "T":
        return value / 1e3 if unit == "g" else value
    slipped = abs(value - expected_kg) < abs(value * 1e3 - expected_kg)
    if slipped:
        log.say("CR035", f"{value:,.0f} TCO2e are {value:,.0f} kg: GA4HPC prints kilograms as tonnes", level="note")
    return value if slipped else value * 1e3


def _claims(log: Log) -> bool:
    if _REPORT in log.head:
        return b"Data centre overheads" in log.head
    return sacct.is_table(log) and {"totalcpu", "reqmem"} <= set(log.header) and not sacct.has_energy(log)


IMPORTER = Importer(
    name="ga4hpc",
    says="GreenAlgorithms4HPC 0.3: sacct table with cluster_info.yaml beside; its printed report",
    home="https://github.com/GreenAlgorithms/GreenAlgorithms4HPC",
    minds='estimated; its "TCO2e" are kg',
    claims=_claims,
    read=read,
)
