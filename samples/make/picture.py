"""The README's picture: one log, one command, and what comes of it, all really made and rendered; docs/picture.png.

Run as `python samples/make/picture.py` in the repository; needs Chromium, pdflatex, bibtex and pdftoppm.
"""

from __future__ import annotations

import base64
import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
LOG = ROOT / "samples" / "codecarbon" / "3.3.2-sweep" / "emissions.csv"
PICTURE = ROOT / "docs" / "picture.png"
TITLE = "Distillation sweep"
COMMAND = (
    "carbon-report emissions.csv --latex appendix.tex --bibtex appendix.bib --html report.html --model-card README.md"
)
PAPER = r"""\documentclass[10pt]{article}
\usepackage[paperwidth=14.6cm,paperheight=24cm,margin=7mm]{geometry}
\usepackage[T1]{fontenc}\usepackage{lmodern,booktabs}\usepackage[numbers]{natbib}\pagestyle{empty}
\begin{document}\section*{A\quad Carbon impact}\input{appendix}
\bibliographystyle{plainnat}\bibliography{appendix}\end{document}
"""
PAGE = """<!doctype html><meta charset="utf-8"><style>
* {{ box-sizing: border-box }}
body {{ margin: 0; width: 1600px; padding: 44px; background: #f3f5f1; color: #1d2520 }}
body {{ font: 20px/1.4 "DejaVu Sans", sans-serif }}
pre {{ margin: 0; font: 15px/1.6 "DejaVu Sans Mono", monospace; white-space: pre; overflow: hidden }}
.card {{ background: #fff; border: 1px solid #d5dcd3; border-radius: 10px; overflow: hidden }}
.card b {{ display: block; padding: 10px 18px; background: #e8eee5; font-size: 16px; font-weight: 600 }}
.card pre {{ padding: 14px 18px }}
.shell {{ margin: 22px 0; background: #1c2621; color: #e7efe9; border-radius: 10px; padding: 18px 22px }}
.shell i {{ color: #7fd19b; font-style: normal }}
.out {{ display: grid; grid-template-columns: 640px 1fr; gap: 24px }}
.right {{ display: grid; gap: 24px; align-content: start }}
img {{ display: block; width: 100% }}
.page {{ height: 760px; overflow: hidden }}
.paper {{ height: 452px; overflow: hidden }}
</style>
<div class="card"><b>emissions.csv, as CodeCarbon wrote it</b><pre>{log}</pre></div>
<div class="shell"><pre><i>$</i> {command}</pre></div>
<div class="out">
<div class="card"><b>report.html</b><div class="page"><img src="{page}"></div></div>
<div class="right">
<div class="card"><b>appendix.tex, in the paper</b><div class="paper"><img src="{paper}"></div></div>
<div class="card"><b>README.md, the model card</b><pre>{card}</pre></div>
</div></div>"""


def run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def picture_of(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def made(folder: Path) -> None:
    """Every output, by the command that the picture shows, and the appendix set in a paper."""
    shutil.copy(LOG, folder / "emissions.csv")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n\n# Distilled model\n", encoding="utf-8")
    run(sys.executable, "-m", "reporter", *COMMAND.split()[1:], "--title", TITLE, "--quiet", folder=folder)
    (folder / "paper.tex").write_text(PAPER, encoding="utf-8")
    for program in ("pdflatex", "bibtex", "pdflatex", "pdflatex"):
        run(program, *(["-interaction=batchmode"] if program == "pdflatex" else []), "paper", folder=folder)
    run("pdftoppm", "-r", "150", "-png", "-singlefile", "paper.pdf", "paper", folder=folder)


def first(text: str, lines: int, width: int) -> str:
    return html.escape("\n".join(line[:width] for line in text.splitlines()[:lines]))


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        made(folder)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 860, "height": 1030}, device_scale_factor=1.5)
        tab.goto((folder / "report.html").as_uri())
        tab.screenshot(path=folder / "page.png")
        card = (folder / "README.md").read_text(encoding="utf-8")
        text = PAGE.format(
            log=first((folder / "emissions.csv").read_text(encoding="utf-8"), 4, 162), command=html.escape(COMMAND),
            page=picture_of(folder / "page.png"), paper=picture_of(folder / "paper.png"),
            card=first(card, 9, 88),
        )  # fmt: skip
        tab = browser.new_page(viewport={"width": 1600, "height": 1100})
        tab.set_content(text)
        tab.screenshot(path=PICTURE, full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
