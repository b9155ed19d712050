"""Weights & Biases: the figures in a run's summary, the report as an artifact and on the run's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporter.destinations.base import PREFIX, Destination, figures, tags
from reporter.errors import ReportError
from reporter.patterns import pattern

if TYPE_CHECKING:
    from reporter.destinations.base import Parcel
    from reporter.output_options import Target

ARTIFACT = "carbon-report"
PAGES = {"html": "report.html", "json": "report.json"}
_PROJECT = pattern(r"(?:([^/]+)/)?([^/\\#?%:]+)")
#: What W&B would gather of its own accord about this machine, its user and the folder's repository stays here.
_PRIVATE: dict[str, Any] = {
    "silent": True, "console": "off", "disable_code": True, "disable_git": True, "save_code": False,
    "host": "-", "x_disable_meta": True, "x_disable_stats": True, "x_disable_machine_info": True,
    "x_save_requirements": False,
}  # fmt: skip


def send(parcel: Parcel, target: Target) -> str:
    """Make a run of its own in the project, or add to the run whose id is the label.

    Account, server and mode (WANDB_MODE=offline keeps it on this disk until ``wandb sync``) are W&B's own settings.
    """
    found = _PROJECT.fullmatch(target.where)
    if found is None:
        raise ReportError("--to wandb: write wandb:PROJECT or wandb:ENTITY/PROJECT")
    import wandb

    document = parcel.document()
    pages = {file: parcel.page(name) for name, file in PAGES.items()}
    known = {name: value for name, value in _PRIVATE.items() if name in wandb.Settings.model_fields}
    run = wandb.init(
        entity=found[1], project=found[2], id=target.label or None, resume="allow" if target.label else None,
        name=None if target.label else parcel.title, job_type="carbon-report", settings=wandb.Settings(**known),
    )  # fmt: skip
    try:
        run.summary.update({PREFIX + name: value for name, value in figures(document).items()})
        artifact = wandb.Artifact(ARTIFACT, type="report", metadata=tags(document, parcel.title))
        for file, content in pages.items():
            with artifact.new_file(file, mode="wb") as out:
                out.write(content)
        run.log_artifact(artifact)
        run.log({f"{PREFIX}report": wandb.Html(pages[PAGES["html"]].decode(), inject=False)})
    except BaseException:
        run.finish(exit_code=1)
        raise
    folder = run.settings.sync_dir
    told = f"{folder}; to send it: wandb sync {folder}" if run.offline else str(run.url)
    run.finish()
    return told


DESTINATION = Destination(
    "wandb", "a Weights & Biases run: summary, artifact", send, module="wandb", extra="wandb", where="[ENTITY/]PROJECT",
    label="RUN_ID",
)  # fmt: skip
