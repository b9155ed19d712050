"""Slurm's accounting with energies: sacct -P, sacct --json, and Jean Zay's dump of jobs.

What a naive reader gets wrong: joules; a job's row and the rows of its steps tell the same energy of the same nodes
(four times at ARCHER2), so that nothing may be added up but steps one after another where the job's own row is silent;
numbers near 2^64, 0 and blanks are "not measured"; the nodes are metered whole, whoever else used them.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from reporter.errors import plain
from reporter.importers import sacct
from reporter.importers.base import Importer
from reporter.importers.slurm_jobs import Job, Step
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.importers.logs import Log

J_PER_KWH = 3.6e6


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read the accounting files of one folder into one Run a job, jobs that stand in several of them once."""
    jobs: dict[tuple[str, str, str], Job] = {}
    for log in logs:
        found = _jobs_of_document(log) if _is_json(log) else _jobs_of_table(log)
        if not found:
            raise log.refuse("there is no job in it; did the job belong to another day or user?")
        _tell(log, found)
        again = 0
        for job in found:
            told = job.told or {}
            key = job.id, str(told.get("cluster")), str(told.get("started_at"))
            again += key in jobs
            if key not in jobs or (job.energy_j() or 0.0) > (jobs[key].energy_j() or 0.0):
                jobs[key] = job
        if again:
            log.say("CR021", f"{again} jobs stand in another file of this folder as well and count once")
    ran = [job for job in jobs.values() if not _never_ran(job)]
    many = Counter(job.id for job in ran)
    for job in ran:
        yield _run(job, unique=many[job.id] == 1)


def _jobs_of_document(log: Log) -> list[Job]:
    from reporter.importers.slurm_json import jobs_of_json

    return jobs_of_json(log)


def _jobs_of_table(log: Log) -> list[Job]:
    if sacct.is_fixed_width(log):
        raise log.refuse(sacct.REFUSED_WIDTH)
    found: dict[str, list[Job]] = {}
    again = 0
    for cells in sacct.rows(log):
        energy = _energy_j(cells, log)
        jobs = found.setdefault(cells.job, [])
        if cells.step:
            if not jobs:
                jobs.append(Job(cells.job, log, cells.line))
            _add_step(jobs[-1], cells, energy, log)
        else:
            again += _add_own(jobs, cells, _told(cells, energy, log), log)
    if again:
        log.say("CR021", f"{again} rows of jobs stand here twice and count once")
    if log.rows and log.skipped == log.rows:
        raise log.refuse(f"none of the {log.rows} rows can be read; was it exported with sacct -P?")
    return [job for jobs in found.values() for job in jobs]


def _add_own(jobs: list[Job], cells: sacct.Cells, told: dict[str, Any], log: Log) -> bool:
    """Take in a job's own row; True where it only says again what is known. Another start is another run of the job."""
    for job in jobs:
        if job.told is None:
            job.told, job.line = told, cells.line
            return False
        if job.told["started_at"] == told["started_at"]:
            if (told["energy_j"] or 0.0, told["duration_s"] or 0.0) > (job.own_j or 0.0, job.told["duration_s"] or 0.0):
                job.told, job.line = told, cells.line
            return True
    jobs.append(Job(cells.job, log, cells.line, told))
    return False


def _add_step(job: Job, cells: sacct.Cells, energy_j: float | None, log: Log) -> None:
    known = job.steps.get(cells.step)
    if known is None or (energy_j or 0.0) > (known.energy_j or 0.0):
        start, end = sacct.told_moment(cells, "start", log), sacct.told_moment(cells, "end", log)
        job.steps[cells.step] = Step(energy_j, sacct.told_elapsed(cells, log), start, end)


def _energy_j(cells: sacct.Cells, log: Log) -> float | None:
    """The energy that a row tells, in J: exact where it can be had, else the rounded ConsumedEnergy."""
    for name in ("consumedenergyraw", "energy_j", "consumedenergy"):
        try:
            found = sacct.energy_j(cells.get(name))
        except ValueError as error:
            log.say("CR008", f"{name}: {error}; taken as not told", cells.line)
            continue
        if found is not None:
            return found
    energy = sacct.tres(cells.get("alloctres")).get("energy", "")
    try:
        return sacct.energy_j(energy) if not cells.step else None
    except ValueError as error:
        log.say("CR008", f"alloctres: energy: {error}; taken as not told", cells.line)
        return None


_ACCELERATORS = ("v100_32", "v100_16", "a100_40", "a100_80", "h100_80")  # columns of Jean Zay's dump: how many of each


def _told(cells: sacct.Cells, energy_j: float | None, log: Log) -> dict[str, Any]:
    allocated = sacct.tres(cells.get("alloctres"))
    count, model = sacct.gpus(allocated)
    cards = {name: sacct.told_number(cells, log, name) for name in _ACCELERATORS if name in cells.cell}
    if cards:
        used = [name for name, number in cards.items() if number]
        count = math.fsum(number for number in cards.values() if number) or None
        model = used[0].partition("_")[0].upper() if len(used) == 1 else None
    return {
        "energy_j": energy_j,
        "blank": not cells.get("consumedenergyraw", "consumedenergy", "energy_j"),
        "duration_s": sacct.told_elapsed(cells, log),
        "started_at": sacct.told_moment(cells, "start", log),
        "ended_at": sacct.told_moment(cells, "end", log),
        "cpu_count": sacct.told_number(cells, log, "ncpus", "alloccpus", "cpu"),
        "gpu_count": count,
        "gpu_model": model,
        "ram_gb": sacct.memory_gb(allocated.get("mem", ""), 1, 1),
        "cluster": cells.get("cluster") or None,
        "nodes": cells.get("nodelist") or None,
        "labels": {"job": cells.get("jobname"), "partition": cells.get("partition"), "state": sacct.state(cells)},
    }


def _is_json(log: Log) -> bool:
    return log.head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")


def _never_ran(job: Job) -> bool:
    return bool(job.told and job.told["duration_s"] == 0 and job.energy_j() is None)


def _tell(log: Log, jobs: Sequence[Job]) -> None:
    """What holds for many jobs is told once for the file, with the first of them."""
    ran = [job for job in jobs if not _never_ran(job)]
    stepped = [job for job in ran if job.own_j and any(step.energy_j for step in job.steps.values())]
    summed = [job for job in ran if job.own_j is None and job.energy_j() is not None]
    lost = [job for job in ran if job.energy_j() is None]
    blank = [job for job in lost if job.told is None or job.told["blank"]]
    zero = [job for job in lost if job not in blank]
    steps = sum(len(job.steps) for job in stepped)
    estimate = "; --from ga4hpc estimates it" if {"totalcpu", "reqmem"} <= set(log.header) else ""
    telling: tuple[tuple[list[Job], str, str, Any], ...] = (
        (stepped, "CR039", f"{steps} rows of steps tell energy of jobs that count once", "note"),
        (summed, "CR039", "their own row tells no energy; taken from their steps, a sequence added up", "warning"),
        (zero, "CR027", "0 J or a number near 2^64, so their energy was not measured", "warning"),
        (blank, "CR013", f"their energy is blank: this cluster did not measure it{estimate}", "warning"),
        ([job for job in jobs if _never_ran(job)], "CR013", "they never ran, and are left out", "note"),
        ([job for job in ran if job.energy_j() is not None], "CR049",
         "Slurm meters whole nodes; of one that jobs shared, each is charged the use of all", "note"),
    )  # fmt: skip
    for found, code, text, level in telling:
        if found:
            first = plain(found[0].id, 40)
            log.say(code, f"{len(found)} of {len(jobs)} jobs: {text}; the first is {first}", level=level)


def _run(job: Job, *, unique: bool) -> Run:
    told = job.told or {**job.times(), "labels": {}}
    energy, nodes = job.energy_j(), told.get("nodes")
    kept = ("duration_s", "started_at", "ended_at", "cpu_count", "gpu_count", "gpu_model", "ram_gb")
    fields: dict[str, Any] = {name: told.get(name) for name in kept}
    return Run(
        id=job.id if unique else f"{job.id} of {told.get('cluster') or ''} {told.get('started_at')}",
        tracker="slurm",
        source=job.log.path,
        line=job.line,
        energy_kwh=None if energy is None else energy / J_PER_KWH,
        basis="measured",
        host=f"{told.get('cluster') or ''}/{nodes}" if nodes else None,
        machine_wide=True if nodes and energy is not None else None,  # jobs whose nodes are not told may be anywhere
        labels={key: text for key, text in told["labels"].items() if text},
        **fields,
    )


def _claims(log: Log) -> bool:
    if _is_json(log):
        return b'"jobs"' in log.head and b'"association"' in log.head  # squeue's jobs have none
    return sacct.is_fixed_width(log) or (sacct.is_table(log) and sacct.has_energy(log))


IMPORTER = Importer(
    name="slurm",
    says="Slurm: sacct -P with ConsumedEnergy or AllocTRES energy, sacct --json, Jean Zay's dump",
    home="https://slurm.schedmd.com/sacct.html",
    minds="joules of whole nodes; steps count once; what was not measured is not 0",
    claims=_claims,
    read=read,
)
