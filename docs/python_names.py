"""The public names of the package as Markdown: from signatures, docstrings and the comments beside fields."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

import reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A signature that is longer than this is written one parameter a line.
LONGEST = 90


def introduction(_: str) -> str:
    """What the package says of itself: the main path, and what is promised."""
    return markdown(inspect.cleandoc(reporter.__doc__ or "").partition("\n\n")[2])


def names(_: str) -> str:
    """Every public name: functions first, then types."""
    found = {name: getattr(reporter, name) for name in reporter.__all__}
    ordered = sorted(found, key=lambda name: (inspect.isclass(found[name]), reporter.__all__.index(name)))
    return "\n".join(line for name in ordered for line in _name(name, found[name]))


def markdown(docstring: str) -> str:
    """A docstring's reStructuredText, as far as ours use it, as Markdown."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", docstring)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return _escaped(re.sub(r"::\n\n((?:    .*\n|\n)+)", _literal, text))


def _literal(match: re.Match[str]) -> str:
    return f":\n\n```python\n{textwrap.dedent(match[1]).strip()}\n```\n\n"


def _escaped(text: str) -> str:
    """Text outside of code, with what Markdown would take for markup escaped."""
    pieces = re.split(r"(```.*?```|`[^`\n]+`|\*\w[\w ]*\*)", text, flags=re.DOTALL)
    kept = ("`", "*")
    return "".join(piece if piece.startswith(kept) else re.sub(r"([*_<>\[\]{}$])", r"\\\1", piece) for piece in pieces)


def _name(name: str, found: Any) -> Iterator[str]:
    yield from (f"### {name}", "", "```python", *_signature(name, found), "```", "")
    yield from (markdown(inspect.getdoc(found) or ""), "")
    if inspect.isclass(found):
        yield from _fields(found)
        yield from _methods(found)


def _signature(name: str, found: Any) -> list[str]:
    """How it is called, with types and defaults; of a type whose fields are listed below, its name alone."""
    if inspect.isclass(found) and _declared(found):
        return [f"class reporter.{name}"]
    signature = inspect.signature(found)
    parameters = list(signature.parameters.values())
    kind = "class " if inspect.isclass(found) else ""
    shown = [_parameter(one) for one in parameters]
    starred = next((place for place, one in enumerate(parameters) if one.kind is one.KEYWORD_ONLY), None)
    if starred is not None:
        shown.insert(starred, "*")
    told = not inspect.isclass(found) and signature.return_annotation is not inspect.Signature.empty
    end = f" -> {signature.return_annotation}" if told else ""
    line = f"{kind}reporter.{name}({', '.join(shown)}){end}"
    if len(line) <= LONGEST:
        return [line]
    return [f"{kind}reporter.{name}(", *(f"    {part}," for part in shown), f"){end}"]


def _parameter(one: inspect.Parameter) -> str:
    stars = "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
    told = "" if one.annotation is one.empty else f": {one.annotation}"
    default = "" if one.default is one.empty else f" = {_default(one.default)}"
    return f"{stars}{one.name}{told}{default}"


def _default(value: Any) -> str:
    return f"<{value.__name__}>" if callable(value) else repr(value)


def _declared(found: Any) -> list[tuple[str, str, str, str]]:
    """Name, type, default and comment of each field that a class declares, read off its source."""
    source = textwrap.dedent(inspect.getsource(found))
    lines, rows = source.splitlines(), []
    for node in (inner for outer in ast.parse(source).body if isinstance(outer, ast.ClassDef) for inner in outer.body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
            last = lines[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :]
            default = ast.unparse(node.value) if node.value else ""
            rows.append((node.target.id, ast.unparse(node.annotation), default, last.partition("#")[2].strip()))
    return rows


def _fields(found: Any) -> Iterator[str]:
    for name, kind, default, comment in _declared(found):
        told = f" = `{default}`" if default else ""
        words = f": {_escaped(comment)}" if comment else ""
        yield f"- **{_escaped(name)}** `{kind}`{told}{words}"
    yield ""


def _methods(found: Any) -> Iterator[str]:
    """What a class of ours adds to what it inherits."""
    for name, member in vars(found).items():
        bare = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(bare) or not bare.__doc__:
            continue
        if isinstance(member, property):
            shown = f".{name}"
        else:
            parameters = [one for one in inspect.signature(bare).parameters.values() if one.name not in {"self", "cls"}]
            shown = f".{name}({', '.join(map(_parameter, parameters))})"
        says = " ".join(markdown(inspect.cleandoc(bare.__doc__)).split())
        yield from (f"`{shown}`", f": {says}", "")
