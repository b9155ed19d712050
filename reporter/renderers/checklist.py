"""Checklists of venues and law: what logs and author answer, and what is missing; items in templates/checklists.

Each is a renderer of its own, so that ``--checklist NAME=FILE`` and ``-o paper.NAME.md`` write several in one call.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import __version__, assets
from reporter.renderers import facts
from reporter.renderers.base import PLAIN, Renderer, Safe, environment
from reporter.renderers.markdown import LANGUAGE

if TYPE_CHECKING:
    from reporter.report import Report

NAMES = ("neurips", "arr", "cvpr", "climate-card", "eu-gpai")


class Item(NamedTuple):
    """One question: the answer as plain text (empty where nothing answers it), and what to do about a missing one.

    What is our own, asks and missing, is Markdown.
    """

    asks: str
    answer: str
    missing: str
    optional: bool


def items(report: Report, name: str) -> list[Item]:
    """The questions of a checklist with what answers them."""
    known, made = facts.of(report), environment(PLAIN, report)
    return [
        Item(
            Safe(item["asks"]),
            " ".join(made.from_string(item["answer"]).render(known).split()),
            Safe(item["missing"]),
            item.get("optional", False),
        )
        for item in _form(name)["item"]
    ]


def render(report: Report, name: str) -> bytes:
    """The checklist as Markdown, with a line that tells how much of it is answered."""
    listed, form = items(report, name), _form(name)
    asked = [item for item in listed if not item.optional]
    text = environment(LANGUAGE, report).get_template("checklist.md").render(
        {key: Safe(form[key]) for key in ("name", "title", "home", "says")},
        prose=form.get("prose", False),
        items=listed,
        done=sum(bool(item.answer) for item in asked),
        asked=len(asked),
        also=len(listed) - len(asked),
        version=__version__,
    )
    return text.encode("utf-8", "replace")


@cache
def _form(name: str) -> dict[str, Any]:
    import os
    import tomllib

    with open(os.path.join(assets.folder("templates"), "checklists", f"{name}.toml"), "rb") as file:
        return tomllib.load(file)


RENDERERS = tuple(
    Renderer(f"checklist-{name}", "", (f".{name}.md",), partial(render, name=name)) for name in NAMES
)
