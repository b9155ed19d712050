"""The static site: an index, a page a group and a page a run, data to download; all links are relative."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers.locales import spoken
from reporter.renderers.site import names
from reporter.renderers.site.folder import Folder, Written
from reporter.renderers.site.pages import every_page
from reporter.renderers.site.shareable import shareable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reporter.footprint import Footprint, RunFootprint
    from reporter.report import Report

__all__ = ["Written", "write"]


@spoken
def write(
    report: Report,
    folder: str,
    summed_up: Callable[[Sequence[RunFootprint]], Footprint],
    step: Callable[[int, int, str], None] = lambda done, total, name: None,  # noqa: ARG005 - the names say what comes
) -> Written:
    """Write the site to a folder, making again only the pages that changed since the last time.

    ``summed_up`` gives the footprint of some of the runs alone. Raises ReportError where the folder holds what is
    no site of ours, and leaves it as it was.
    """
    with Folder(folder) as site:
        made = every_page(shareable(report), names.of_runs(report.footprint.runs), summed_up)
        for number, page in enumerate(made):
            step(number, len(made), page.path)
            site.put(page)
        return site.without_others(made)
