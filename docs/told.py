"""What the program tells of itself, as Markdown: options, trackers, outputs, findings. Nothing of it is typed twice."""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import reporter.destinations
import reporter.importers
import reporter.options
import reporter.renderers
from reporter import arguments, cli
from reporter.errors import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parent
SCHEMA = ROOT / "reporter" / "renderers" / "carbon-report-1.schema.json"
#: What argparse calls the groups that have no name of ours.
_TITLES = {"positional arguments": "Logs", "options": "Help"}
#: Keys whose option needs no words.
TITLES = {"title": "the report's title"}
_LEVELS = ("note", "warning", "error")


def plain(text: str) -> str:
    """Text in which Markdown finds nothing to do."""
    return re.sub(r"([\\`*_\[\]{}<>|$#~^])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Text in the letters of a program."""
    return f"`{text}`"


def options(what: str) -> str:
    """Every option of a command (none: of the main path), with its help and its key in the configuration file."""
    return "\n".join(_groups(_parser(what), what))


def _parser(what: str) -> argparse.ArgumentParser:
    if not what:
        return arguments._parser()  # noqa: SLF001 - the table of options itself
    module = importlib.import_module(cli.COMMANDS[what].partition(":")[0])
    made: argparse.ArgumentParser = module._parser()  # noqa: SLF001
    return made


def _groups(parser: argparse.ArgumentParser, what: str) -> Iterator[str]:
    keys = {field: key for key, field in reporter.options.CONFIG.items()} if not what else {}
    for group in parser._action_groups:  # noqa: SLF001 - argparse shows its groups nowhere else
        told = [action for action in group._group_actions if action.help != argparse.SUPPRESS]  # noqa: SLF001
        if not told:
            continue
        if not what:  # MyST puts what stands before the first heading behind all of them, so there is none
            title = str(group.title)
            yield from ("", f"### {_TITLES.get(title, title[0].upper() + title[1:])}", "")
        for action in told:
            yield from _option(action, what, keys.get(action.dest))


def _option(action: argparse.Action, what: str, key: str | None) -> Iterator[str]:
    name = action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
    value = "" if action.nargs == 0 or not action.option_strings else f" {_value(action)}"
    anchor = "-".join(filter(None, ("option", what, name.strip("-").casefold())))
    short = f"{action.option_strings[0]}, " if len(action.option_strings) > 1 else ""
    help_text = plain((action.help or "").replace("%%", "%")) or "&nbsp;"
    in_file = f" (configuration: `{key}`)" if key else ""
    yield from (f"[`{short}{name}{value}`]{{#{anchor}}}", f": {help_text}{in_file}", "")


def _value(action: argparse.Action) -> str:
    if action.choices:
        return "|".join(map(str, action.choices))
    shown = str(action.metavar or action.dest.upper())
    return f"[{shown}]" if action.nargs == "?" else shown


def usage(what: str) -> str:
    """How a command is written, and what its function says of itself."""
    module, _, function = cli.COMMANDS[what].partition(":")
    found = importlib.import_module(module)
    written = str(getattr(found, "USAGE", ""))
    line = written.partition("\n")[0].removeprefix("usage: ") if what in written else f"carbon-report {what}"
    says = inspect.getdoc(getattr(found, function)) or ""
    return f"```text\n{line}\n```\n\n{_of_rst(says)}\n"


def _of_rst(text: str) -> str:
    """A docstring's double backquotes as Markdown's."""
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def configuration(_: str) -> str:
    """The keys of the configuration file: their form and what they mean."""
    actions = {action.dest: action for action in arguments._parser()._actions}  # noqa: SLF001
    lines = []
    for key, field in reporter.options.CONFIG.items():
        action = actions.get(field)
        text = plain((action.help or "").replace("%%", "%")) if action else "the tree of experiments"
        lines += [f"[`{key}`]{{#key-{key}}} {_form(field, action)}", f": {text or TITLES.get(key, key)}", ""]
    return "\n".join(lines)


def _form(field: str, action: argparse.Action | None) -> str:
    if action is None:
        return "· tables"
    if action.nargs == 0:
        return "· `true` or `false`"
    return "· text, or a list of texts" if field in reporter.options._LISTS else "· text or number"  # noqa: SLF001


def importers(_: str) -> str:
    """Every tracker that is read: what of, its home, and what its logs lead a naive reader to get wrong."""
    lines = []
    for name, importer in reporter.importers.available().items():
        module = inspect.getmodule(importer.read)
        text = (inspect.getdoc(module) or "").partition("\n\n")[2] if module else ""
        minds = f"Gets right: {importer.minds}." if importer.minds else ""
        link = f"<{importer.home}>" if importer.home.startswith("http") else plain(importer.home)
        lines += [f"## {name}", "", f"{plain(importer.says)} · {link}", "", minds, "", _of_rst(text), ""]
    return "\n".join(lines)


def outputs(_: str) -> str:
    """Every output: what it is, the endings that choose it for -o, where it goes when no file is named."""
    lines = []
    for name, renderer in reporter.renderers.available().items():
        checklist = name.removeprefix("checklist-")
        if not renderer.says and checklist == name:
            continue
        option = f"--{name}" if checklist == name else f"--checklist {checklist}"
        says = renderer.says or _checklist(checklist)
        where = f"`{renderer.document}`" if renderer.document else "standard output"
        endings = ", ".join(map(code, renderer.endings))
        edits = " A FILE that is there is edited in place." if renderer.update else ""
        lines += [f"[`{option}`]{{#output-{name}}}", f": {plain(says)}", "",
                  f"  By ending: {endings or 'none'}. Without a FILE: {where}.{edits}", ""]  # fmt: skip
    return "\n".join(lines)


def _checklist(name: str) -> str:
    told = tomllib.loads((ROOT / "templates" / "checklists" / f"{name}.toml").read_text(encoding="utf-8"))
    return str(told["title"])


def destinations(_: str) -> str:
    """Every place that a report can be sent to."""
    lines = []
    for place in reporter.destinations.available().values():
        needs = code(f"pip install 'carbon-report[{place.extra}]'") if place.extra else "nothing to install"
        written = f"[`--to {reporter.destinations.usage(place)}`]{{#to-{place.name}}}"
        lines += [written, f": {plain(place.says)} ({needs})", ""]
    return "\n".join(lines)


def schema(_: str) -> str:
    """A link to the JSON Schema, which conf.py puts at the top of the site, and the command that prints it."""
    name = SCHEMA.name
    link = f"<a href='../{name}' download>{name}</a>"
    return f"It is published as a JSON Schema (draft 2020-12): {link}, or `carbon-report formats --schema`."


def findings(part: str) -> str:
    """The findings whose codes begin so: level, meaning, what to do. What findings.toml does not tell is an error."""
    told = tomllib.loads((HERE / "findings.toml").read_text(encoding="utf-8"))
    levels = levels_in_source()
    lines = []
    for number, name in FINDINGS.items():
        if not number.startswith(part):
            continue
        if number not in told:
            raise ValueError(f"docs/findings.toml says nothing of {number} ({name}): write its meaning and what to do")
        level = " or ".join(one for one in _LEVELS if one in levels.get(number, set())) or "note"
        lines += [f"[{number}]{{#{number.lower()}}} **{plain(name)}** · {level}", f": {told[number]['meaning']}", "",
                  f"  *What to do:* {told[number]['do']}", ""]  # fmt: skip
    return "\n".join(lines)


def levels_in_source() -> dict[str, set[str]]:
    """The levels at which the program tells each code, read off its own source: a call's, else that of ``log.say``."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "reporter").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = _parts(node)
            codes = [part for part in parts if re.fullmatch(r"CR\d{3}", part)]
            for number in codes:
                named = {part for part in parts if part in _LEVELS}
                found.setdefault(number, set()).update(named or {"warning"})
    return found


def _parts(node: ast.AST) -> list[str]:
    """The texts that a call, or a row of a table, holds as they stand; both sides of a choice."""
    if isinstance(node, ast.Call):
        nodes = [*node.args, *(keyword.value for keyword in node.keywords)]
    elif isinstance(node, ast.Tuple):
        nodes = list(node.elts)
    else:
        return []
    sides = [side for one in nodes for side in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))]
    return [one.value for one in sides if isinstance(one, ast.Constant) and isinstance(one.value, str)]
