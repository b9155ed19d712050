"""The PDF report: the page's figures, tagged and titled, and not one byte fetched."""

from __future__ import annotations

import builtins
import http.server
import io
import logging
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from reporter.errors import ReportError
from reporter.renderers import display, pdf

from .conftest import IN_CI
from .test_html import HOSTILE, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reporter.report import Report

pypdf = pytest.importorskip("pypdf")


def made(of: Report) -> bytes:
    """The PDF, where Pango is there to make it."""
    try:
        return pdf.render(of)
    except ReportError as error:
        if IN_CI or "Pango" not in error.message:
            raise
        pytest.skip(error.message)


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The paths that were asked of a server on this machine."""
    paths: list[str] = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    paths.append(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield paths
    server.shutdown()
    thread.join()


@pytest.mark.component
def test_text_title_authors_tags_outline_and_numbers() -> None:
    of = report(title="A study of <things> & more")
    document = pypdf.PdfReader(io.BytesIO(made(of)))
    text = " ".join("\n".join(page.extract_text() for page in document.pages).split())

    assert display.mass(of.footprint.emissions) in text
    assert display.energy(of.footprint.energy) in text
    assert f"1 / {len(document.pages)}" in text
    assert document.metadata.title == "A study of <things> & more"
    assert document.metadata.author == "Ada Lovelace"
    catalog = document.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert "Summary" in str(document.outline)


@pytest.mark.component
def test_fonts_are_embedded_the_title_runs_and_the_file_says_that_it_is_accessible() -> None:
    document = pypdf.PdfReader(io.BytesIO(made(report(title="A study of running titles"))))
    fonts = [font.get_object() for page in document.pages for font in page["/Resources"]["/Font"].values()]
    described = [inner.get_object()["/FontDescriptor"]
                 for font in fonts for inner in font.get("/DescendantFonts", [font])]  # fmt: skip

    assert fonts
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one.get_object()) for one in described)
    assert all("A study of running titles" in page.extract_text() for page in document.pages)
    assert b"pdfuaid:part" in document.xmp_metadata.stream.get_data()
    assert document.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]


@pytest.mark.component
def test_same_report_same_bytes() -> None:
    first = made(report(HOSTILE))

    assert first.startswith(b"%PDF")
    assert first == made(report(HOSTILE))


@pytest.mark.component
def test_figures_have_words_and_tables_have_headers() -> None:
    document = pypdf.PdfReader(io.BytesIO(made(report())))
    kinds: dict[str, list[Any]] = {}
    stack = [document.trailer["/Root"]["/StructTreeRoot"]]
    while stack:
        node = stack.pop().get_object()
        kinds.setdefault(str(node.get("/S")), []).append(node)
        inner = node.get("/K", [])
        inner = inner if isinstance(inner, list) else [inner]
        stack += [child for child in inner if isinstance(child.get_object(), dict) and "/S" in child.get_object()]

    assert len(kinds["/H1"]) == 1
    assert kinds["/Table"]
    assert kinds["/TH"]
    assert all("/Alt" in figure for figure in kinds["/Figure"])
    assert len(kinds["/Figure"]) >= 2


@pytest.mark.component
def test_nothing_is_fetched_and_no_file_attached(asked: list[str], tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    here = asked.pop()
    tricks = (
        f"<img src={here}/name>",
        f'"><link rel=stylesheet href="{here}/style">',
        f'<link rel=attachment href="{secret.as_uri()}">',
        f'<object data="{here}/object"></object>',
        f"url({here}/css) <style>@import '{here}/import';</style>",
    )
    notes = f"![x]({here}/a) <img src={here}/b> <link rel=attachment href={secret.as_uri()}> [f]({secret.as_uri()})"
    content = made(report(tricks, notes, title=tricks[0]))
    document = pypdf.PdfReader(io.BytesIO(content))

    assert asked == []
    assert not document.attachments
    assert "the secret" not in "".join(page.extract_text() for page in document.pages)


@pytest.mark.component
def test_fetcher_gives_our_fonts_and_refuses_all_else(tmp_path: Path) -> None:
    made(report())
    fetcher = pdf._fetcher(pdf._weasyprint())

    assert fetcher.fetch("report-font:DejaVuSans.ttf").read()[:4] == b"\x00\x01\x00\x00"
    for url in ("http://127.0.0.1:9/", tmp_path.as_uri(), "data:text/plain,x", "report-font:../../matplotlibrc", "x"):
        with pytest.raises(ValueError, match="fetches nothing"):
            fetcher.fetch(url)


@pytest.mark.component
def test_long_tables_of_runs_are_cut_and_say_so() -> None:
    import dataclasses

    of = report()
    many = dataclasses.replace(of.footprint, runs=of.footprint.runs * 420, groups=())
    began = time.process_time()
    document = pypdf.PdfReader(io.BytesIO(made(dataclasses.replace(of, footprint=many))))

    assert time.process_time() - began < 60  # 5 s on a quiet machine
    assert f"The first {pdf.MOST_RUNS} of 5,040 runs" in "".join(page.extract_text() for page in document.pages)


@pytest.mark.component
def test_qpdf_finds_nothing_wrong(tmp_path: Path, program: Callable[[str], str]) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(made(report(HOSTILE)))
    checked = subprocess.run([program("qpdf"), "--check", str(file)], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.component
def test_notes_too_deep_to_set_are_refused_in_one_line() -> None:
    made(report())
    with pytest.raises(ReportError, match="nested too deeply"):
        pdf.render(report(notes="<b>" * 3_000 + "x"))


def test_without_pango_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = builtins.__import__

    def broken(name: str, *rest: Any, **more: Any) -> Any:
        if name == "weasyprint":
            print("WeasyPrint could not import some external libraries.")  # as the real one does
            raise OSError("cannot load library 'libpango-1.0-0'")
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", broken)
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ReportError, match=r"apt-get install libpango-1\.0-0") as told:
        pdf.render(report())

    assert "\n" not in told.value.message
    assert capsys.readouterr().out == ""
    logging.getLogger("weasyprint").setLevel(logging.NOTSET)
