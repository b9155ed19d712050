"""The author's own template: the variables and the escaping of our page in that language, in a sandbox with limits.

Jinja's sandbox keeps a template from Python; a process of its own keeps it from taking all time and memory, where the
system can fork. A template is an input like any other: what is wrong with it ends in one line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from reporter import assets, factors
from reporter.errors import ReportError, plain
from reporter.renderers import base, html, latex, markdown, own_process
from reporter.renderers.locales import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import jinja2

    from reporter.report import Report

_PATIENCE_S = 30.0  # and a hundredth for each run
_MOST_BYTES = 2**20  # of one template; ours have ten thousand
#: What a template may call besides our own functions: methods of plain values, and jinja's own things.
_PLAIN = (str, int, float, bool, list, tuple, dict)


def render(report: Report) -> bytes:
    """The author's template with the report. Raises ReportError with file and line where it cannot be done."""
    path = report.template or ""
    language = ending(path)
    _check(path)
    folder, name = os.path.split(os.path.realpath(path))
    if language == ".html":
        import matplotlib.figure  # noqa: F401 - before the process of its own, whose memory is limited

    def made() -> bytes:
        with base.templates_of(lambda spoken: _environment(spoken, folder, name)):
            return _RENDERERS[language](report)

    return own_process.within(
        made, lambda error: _told(error, path, folder), _PATIENCE_S + 0.01 * len(report.footprint.runs)
    )


def ending(path: str) -> str:
    """The ending of what a template makes: ``.tex`` of ``my.tex.j2``. Raises ReportError for another language."""
    name = path.lower().removesuffix(".j2").removesuffix(".jinja2").removesuffix(".jinja")
    found = next((known for known in _RENDERERS if name.endswith(known)), None)
    if found is None:
        raise ReportError(f"--template {plain(path)}: the name's ending tells the language; call it NAME.tex.j2, "
                          ".md.j2, .html.j2 or .txt.j2")  # fmt: skip
    return found


def _check(path: str) -> None:
    reason = None
    try:
        if not os.path.isfile(path):
            reason = "there is no such file" if not os.path.exists(path) else "it is no file"
        elif os.path.getsize(path) > _MOST_BYTES:
            reason = "it has more than 1 MiB"
    except OSError as error:
        reason = str(error.strerror)
    if reason:
        raise ReportError(f"--template: cannot be read: {reason}", file=plain(path))


def _environment(language: base.Language, folder: str, main: str) -> jinja2.Environment:
    """A sandbox in which the page's own template is the author's; others come from its folder, then from ours."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Folder(jinja2.FileSystemLoader):
        """Files inside the folder: no link leads out of it, and nothing is read that is no file."""

        def get_source(self, environment: jinja2.Environment, template: str) -> Any:
            for root in self.searchpath:
                path = os.path.realpath(os.path.join(root, *jinja2.loaders.split_template_path(template)))
                if os.path.exists(path) and not path.startswith(os.path.join(os.path.realpath(root), "")):
                    raise jinja2.TemplateNotFound(template)
                if os.path.exists(path) and (not os.path.isfile(path) or os.path.getsize(path) > _MOST_BYTES):
                    raise jinja2.TemplateNotFound(template)
            return super().get_source(environment, template)

    class Sandbox(ImmutableSandboxedEnvironment):
        """Jinja's sandbox, in which a template calls our functions, jinja's, and methods of plain values, no others."""

        def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> jinja2.Template:  # noqa: A002
            return super().get_template(main if parent is None else name, parent, globals)

        def is_safe_callable(self, called: Any) -> bool:
            known = any(called is other for other in self.globals.values())
            called = getattr(called, "__wrapped__", called)  # str.format, as the sandbox hands it out
            of = type(getattr(called, "__self__", called))
            return known or of in (*_PLAIN, base.Safe) or of.__module__.startswith(("jinja2.", "markupsafe"))

    made = base.furnished(Sandbox, language)
    made.loader = jinja2.ChoiceLoader([Folder(folder), jinja2.FileSystemLoader(assets.folder("templates"))])
    return made


def _told(error: Exception, path: str, folder: str) -> ReportError:
    """What is wrong with a template, in one line with its file and line."""
    if isinstance(error, ReportError):
        return error
    line, file = getattr(error, "lineno", None), getattr(error, "filename", None)
    trace = error.__traceback__ if line is None else None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(folder):  # the innermost, which may be an included one
            file, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    said = " ".join(str(error).split()) or type(error).__name__
    if said.endswith("is not safely callable"):  # after the whole report, which is what is meant to be called
        said = "it calls what a template may not call; the guide to templates says what it may"
    names = {
        "MemoryError": "it takes more memory than a page needs",
        "RecursionError": "it calls itself without end",
        "TemplateNotFound": f"no '{said}' stands in its folder or among ours; no other file is read",
    }
    text = plain(names.get(type(error).__name__, said), 160)
    inside = file is not None and os.path.realpath(file) != os.path.realpath(path)
    return ReportError(f"--template: {text}", file=plain(file if inside else path), line=line)


# --- plain text, which has no page of ours ------------------------------------------------------------------------


@spoken
def _text(report: Report) -> bytes:
    """The template as plain text, with the variables of the Markdown report."""
    made = base.environment(_TEXT, report).get_template("report.txt")
    return made.render(**markdown.variables(report, _short)).encode("utf-8", "replace")


def _cite(keys: Sequence[str]) -> str:
    return f" ({'; '.join(map(_short, keys))})"


def _short(key: str) -> str:
    return factors.source(key).short


_TEXT = base.Language(str, _cite)
_RENDERERS: dict[str, Callable[[Report], bytes]] = {
    ".tex": latex.render,
    ".md": markdown.render,
    ".html": html.render,
    ".txt": _text,
}
RENDERERS = (base.Renderer("template", "", (), render),)
