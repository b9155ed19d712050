"""The Hugging Face Hub: a model's card gets its ``co2_eq_emissions`` and section, the rest of it stays as it was."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from reporter import __version__
from reporter.destinations.base import Destination
from reporter.errors import ReportError, plain
from reporter.patterns import pattern

if TYPE_CHECKING:
    from reporter.destinations.base import Parcel
    from reporter.output_options import Target

CARD = "README.md"
MESSAGE = "Energy and carbon emissions, by carbon-report"
PUBLIC = "https://huggingface.co"
_REPOSITORY = pattern(r"[\w.-]+/[\w.-]+|[\w.-]+")


def send(parcel: Parcel, target: Target) -> str:
    """Edit the card as it stands on the Hub, have the Hub's own check look at it, and commit it or propose it.

    The commit names the one that was edited, so that nobody's change in between is lost. Who writes is what the
    Hub's library says: its stored token or HF_TOKEN. Raises ReportError where the card stays as it was.
    """
    if not _REPOSITORY.fullmatch(target.where) or target.label not in {"", "pr"}:
        raise ReportError("--to hub: write hub:OWNER/MODEL, or hub:OWNER/MODEL#pr to propose the change")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import HfApi, ModelCard

    hub = HfApi(library_name="carbon-report", library_version=__version__)
    head = str(hub.model_info(target.where).sha)
    old = _card(hub, target.where, head)
    new = parcel.page("model-card") if old is None else parcel.edit("model-card", old)
    if new == old:
        return f"the card of {target.where} is up to date; nothing was committed"
    try:
        card = ModelCard(new.decode(), ignore_metadata_errors=False)
        if not _asks_another(hub):
            card.validate(repo_type="model")
    except ValueError as error:
        reason = plain(" ".join(str(error).split()), 300)
        raise ReportError(f"--to hub: the Hub refuses the card's metadata: {reason}") from error
    done = hub.upload_file(
        path_or_fileobj=new, path_in_repo=CARD, repo_id=target.where, commit_message=MESSAGE, parent_commit=head,
        create_pr=target.label == "pr",
    )  # fmt: skip
    return str(done.pr_url or done.commit_url)


def _asks_another(hub: Any) -> bool:
    """Whether the library would show the card to huggingface.co, though another hub was named: before 2.2 it does."""
    from huggingface_hub import __version__ as version

    major, minor = (int(part) for part in version.split(".")[:2])
    return str(hub.endpoint) != PUBLIC and (major, minor) < (2, 2)


def _card(hub: Any, repository: str, revision: str) -> bytes | None:
    """The card of one revision, byte for byte; None where there is none yet."""
    from huggingface_hub.errors import EntryNotFoundError

    try:
        with open(hub.hf_hub_download(repository, CARD, revision=revision), "rb") as file:
            return file.read()
    except EntryNotFoundError:
        return None


DESTINATION = Destination(
    "hub", "a model's card on the Hugging Face Hub", send, module="huggingface_hub", extra="hub", where="OWNER/MODEL",
    label="pr",
)  # fmt: skip
