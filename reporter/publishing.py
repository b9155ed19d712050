"""From a Report to files: refuses to overwrite what is no output, writes, tells the findings, gives the exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from reporter import github, limits, renderers
from reporter.errors import Finding, ReportError, plain
from reporter.progress import Progress
from reporter.relative_paths import relative
from reporter.renderers.cut import cut
from reporter.renderers.template import ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.footprint import Footprint
    from reporter.options import Options, Output
    from reporter.report import Report


def publish(document: Report, options: Options) -> int:
    """Write the outputs that were asked for, each whole or not at all, and tell the findings; gives the exit status.

    Raises ReportError where an output would overwrite an input or a file of another kind.
    """
    footprint = document.footprint
    read = [*options.logs, *options.figures, *(entry.path for entry in footprint.inputs)]
    for output in options.outputs:
        _refuse_to_overwrite(output, [*read, *filter(None, [options.template, options.notes])], options)
    if options.max_bytes is not None and not any(output.name == "markdown" for output in options.outputs):
        raise ReportError("--max-bytes cuts the Markdown; ask for it: --markdown FILE")
    if sys.stdout is None and any(output.path == "-" for output in options.outputs):
        raise ReportError("standard output is closed; name a file for it")
    if options.anonymous:
        from reporter.anonymous import anonymous

        document = anonymous(document)
    shown = relative(document, options.figures)
    with limits.time(limits.of("seconds", dict(options.limits)), "making these outputs"):
        made = _made(shown, options)
    if options.check and options.site is not None:
        raise ReportError("--check looks at files, not at a --site; writing it again changes only what changed")
    if options.check:
        return _check([(output, content) for output, content, _ in made])
    written = _save(made, options)
    try:
        if options.site is not None:
            _site(shown, read, options, options.site)
        if options.destinations:
            _send(shown, read, options)
        tell(footprint.findings, quiet=options.quiet, annotated=options.findings_format == "github")
    except KeyboardInterrupt as error:
        raise Interrupted("; ".join(filter(None, [str(error), _beside(written)]))) from None
    return _status(footprint, options)


class Interrupted(KeyboardInterrupt):
    """The user stopped the program while it wrote; the text says which files are there."""


def _save(made: Sequence[tuple[Output, bytes, bytes | None]], options: Options) -> list[str]:
    """Write the files, then standard output, whose reader may go away; the paths that were written.

    Raises ReportError or Interrupted, which tell the files that were written before.
    """
    written: list[str] = []
    try:
        for output, content, edited in sorted(made, key=lambda entry: entry[0].path == "-"):
            renderers.save(output.path, content, edited)
            written.append(output.path if output.path != "-" else "standard output")
            if output.path != "-" and not options.quiet:
                say(f"{output.name} written to {plain(output.path)}")
    except ReportError as error:
        message = "; ".join(filter(None, [error.message, _beside(written)]))
        raise ReportError(message, file=error.file, line=error.line) from error
    except KeyboardInterrupt:
        for output, content, _ in made:  # one may have been renamed and not yet noted
            if output.path not in written and renderers.holds(output.path, content):
                written.append(output.path)
        raise Interrupted(_beside(written)) from None
    return written


def _beside(written: Sequence[str]) -> str:
    return f"written before: {', '.join(map(plain, written))}" if written else ""


def _site(document: Report, read: Sequence[str], options: Options, folder: str) -> None:
    """Write the site. Raises ReportError where the folder holds something else, or an input."""
    from reporter.assess.selection import summed_up
    from reporter.renderers import site

    inside = os.path.join(os.path.realpath(folder), "")
    if any(os.path.realpath(path).startswith(inside) for path in read):
        raise ReportError("--site: an input is in this folder; name another one", file=plain(folder))
    try:
        with Progress("writing the site", quiet=options.quiet) as step:
            done = site.write(document, folder, summed_up, step)
    except KeyboardInterrupt:
        raise Interrupted("the same command goes on with the site where it stopped") from None
    if not options.quiet:
        say(f"site written to {plain(os.path.join(folder, 'index.html'))}: {done.written} files written, "
            f"{done.kept} as they were, {done.removed} removed")  # fmt: skip
    for path in done.changed:
        say(f"carbon-report: {plain(os.path.join(folder, path))}: changed by hand, so it stays; no page leads there")


def _send(document: Report, read: Sequence[str], options: Options) -> None:
    """Send the report where the command line says. Raises ReportError where a place does not take it."""
    from reporter import destinations

    def page(name: str) -> bytes:
        return renderers.available()[name].render(document)

    def edit(name: str, old: bytes) -> bytes:
        update = renderers.available()[name].update
        return update(document, old) if update else page(name)

    def save(path: str, content: bytes) -> None:
        if _is_one_of(path, read):
            raise ReportError("--to would overwrite this input; name another folder", file=plain(path))
        renderers.save(path, content)

    parcel = destinations.Parcel(document.title, page, edit, save)
    for target, done in zip(options.destinations, destinations.send(options.destinations, parcel), strict=True):
        if not options.quiet:
            say(f"sent to {target.name}: {plain(done)}")


def _made(document: Report, options: Options) -> list[tuple[Output, bytes, bytes | None]]:
    """Every output in order, with the content that it is an edit of; a README that is a model card too is edited twice.

    Raises ReportError where one output would replace another.
    """
    made: list[tuple[Output, bytes, bytes | None]] = []
    files: dict[str, bytes] = {}
    with Progress("writing", quiet=options.quiet) as step:
        for done, output in enumerate(options.outputs):
            step(done, len(options.outputs), output.name)
            file = os.path.realpath(output.path)
            if file in files and renderers.available()[output.name].update is None:
                raise ReportError("two outputs go to this file; name another one", file=plain(output.path))
            before = files[file] if file in files else renderers.there(output.name, output.path)
            content = renderers.content(document, output.name, before)
            if output.name == "markdown" and options.max_bytes is not None:
                content = cut(document, content, options.max_bytes)
            made.append((output, content, before))
            if output.path != "-":
                files[file] = content
    return made


def _check(made: Sequence[tuple[Output, bytes]]) -> int:
    """Write nothing; tell each file that a run without --check would change, and end with 1 where there is one.

    Raises ReportError where no output goes to a file.
    """
    files = {output.path: content for output, content in made if output.path != "-"}  # the last of each file
    if not files:
        raise ReportError("--check: name a file to check, such as --readme README.md")
    old = [path for path, content in files.items() if not _is(path, content)]
    for path in old:
        there = "is out of date" if os.path.exists(path) else "does not exist"
        say(f"carbon-report: {plain(path)}: {there}; run the same without --check")
    return 1 if old else 0


def _is(path: str, content: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == content
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file=plain(path)) from error


def tell(findings: Sequence[Finding], *, quiet: bool, annotated: bool = False) -> None:
    """Print findings to standard error, errors first; ``quiet`` leaves notes and warnings out.

    ``annotated`` makes annotations of them, which a job of GitHub Actions shows beside the lines that they are about.
    """
    order = ("error", "warning", "note")
    told = [finding for finding in findings if finding.level == "error" or not quiet]
    if annotated:
        for line in github.lines(told):
            say(line)
        return
    for finding in sorted(told, key=lambda finding: order.index(finding.level)):
        place = f"{finding.where}: " if finding.where else ""
        say(f"carbon-report: {place}{finding.message} [{finding.code}]")


def _status(footprint: Footprint, options: Options) -> int:
    if any(finding.level == "error" for finding in footprint.findings):
        return 1
    limit, emissions = options.fail_over_kg, footprint.emissions
    if limit is not None and emissions is not None and emissions.value > limit:
        over = f"{emissions.value:.6g} kg CO2e are more than the {limit:g} kg of --fail-over"
        annotated = options.findings_format == "github"
        say(github.command("error", over, "carbon-report") if annotated else f"carbon-report: {over}")
        return 2
    return 0


def _refuse_to_overwrite(output: Output, logs: Sequence[str], options: Options) -> None:
    """An output never replaces an input, named or found, nor a file of another kind that a slip of the order named."""
    path, renderer = output.path, renderers.available()[output.name]
    if path == "-" or not os.path.exists(path):
        return
    if _is_one_of(path, logs):
        raise ReportError(f"--{output.name} would overwrite this input; name another file", file=plain(path))
    edits = renderer.update is not None and path.lower().endswith((".md", ".markdown"))
    endings = renderer.endings or (ending(options.template or ""),)
    if not edits and not path.lower().endswith((*endings, ".txt", ".out")):
        raise ReportError(f"exists and is no {endings[0]} file, so --{output.name} does not overwrite it; "
                          "put the logs first, or name another file", file=plain(path))  # fmt: skip


def _is_one_of(path: str, others: Sequence[str]) -> bool:
    return os.path.exists(path) and any(os.path.exists(other) and os.path.samefile(path, other) for other in others)


def say(line: str) -> None:
    """Print a line to standard error."""
    print(line, file=sys.stderr)
