"""The report as a tagged PDF: the HTML page set on A4 by WeasyPrint, which may fetch nothing, not even a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from reporter.errors import ReportError
from reporter.renderers import base, html

if TYPE_CHECKING:
    from reporter.report import Report

MOST_RUNS = 500  # some twenty pages; more belong in the HTML, whose table scrolls

_INSTALL = (
    "the PDF needs the Pango library: on Debian or Ubuntu run 'apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
    "libharfbuzz-subset0', on macOS 'brew install pango'; --html needs nothing and prints well"
)
#: Fonts that matplotlib brings along, so that a PDF looks the same wherever it is made, even where no font is.
_FACES = {
    "STIXGeneral.ttf": "font-family: 'Report Serif'",
    "STIXGeneralBol.ttf": "font-family: 'Report Serif'; font-weight: 700",
    "STIXGeneralItalic.ttf": "font-family: 'Report Serif'; font-style: italic",
    "STIXGeneralBolIta.ttf": "font-family: 'Report Serif'; font-weight: 700; font-style: italic",
    "DejaVuSans.ttf": "font-family: 'Report Sans'",
    "DejaVuSans-Bold.ttf": "font-family: 'Report Sans'; font-weight: 700",
    "DejaVuSansMono.ttf": "font-family: 'Report Mono'",
}
#: The running title, which browsers cannot set.
_RUNNING = """
h1 { string-set: title content() }
@page { @top-left { content: string(title); font: 7.5pt 'Report Sans', sans-serif; color: #57606a } }
@page :first { @top-left { content: none } }
"""
_SCHEME = "report-font:"


def render(report: Report) -> bytes:
    """The page as PDF/UA-1, the same bytes for the same report. Raises ReportError without Pango."""
    weasyprint = _weasyprint()
    if report.language == "zh":
        _need_chinese()
    from weasyprint.text.fonts import FontConfiguration

    fetcher, fonts = _fetcher(weasyprint), FontConfiguration()
    faces = "".join(f"@font-face {{ src: url({_SCHEME}{file}); {face} }}\n" for file, face in _FACES.items())
    style = weasyprint.CSS(string=faces + _RUNNING, url_fetcher=fetcher, font_config=fonts)
    document = weasyprint.HTML(string=html.page(report, most_runs=MOST_RUNS, paper=True), url_fetcher=fetcher)
    try:
        made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    except RecursionError as error:
        raise ReportError("--notes: the text is nested too deeply for a PDF; take some of its levels out") from error
    return made


def _need_chinese() -> None:
    """Raise ReportError where no font of this machine has Chinese, for which a PDF would show empty boxes."""
    import shutil
    import subprocess

    lists = shutil.which("fc-list")  # fontconfig's, by which Pango finds fonts; where it is not, nothing can be said
    if lists and not subprocess.run([lists, ":lang=zh"], capture_output=True, check=False).stdout.strip():
        raise ReportError("the PDF in Chinese needs a font that has it: on Debian or Ubuntu run 'apt-get install "
                          "fonts-noto-cjk' (or the small fonts-droid-fallback); --html needs none")  # fmt: skip


def _weasyprint() -> Any:
    """WeasyPrint, or the one line that says what to install; without Pango it fails late and talks to stdout."""
    import contextlib
    import io
    import logging

    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # remarks on CSS that is meant for browsers
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import weasyprint
    except (ImportError, OSError) as error:
        raise ReportError(_INSTALL) from error
    return weasyprint


def _fetcher(weasyprint: Any) -> Any:
    """Hands out our own fonts by name and refuses every address there is."""
    import matplotlib as mpl

    folder = os.path.join(mpl.get_data_path(), "fonts", "ttf")

    class Fonts(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - WeasyPrint's signature
            name = url.removeprefix(_SCHEME)
            if name == url or name not in _FACES:
                raise ValueError("a report fetches nothing")
            with open(os.path.join(folder, name), "rb") as file:
                return weasyprint.urls.URLFetcherResponse(url, file.read())

    return Fonts(allowed_protocols=())


RENDERERS = (
    base.Renderer(name="pdf", says="report as PDF", endings=(".pdf",), render=render, document="carbon-report.pdf"),
)
