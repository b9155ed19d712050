"""`carbon-report formats`: what is read and what is written, as importers and renderers tell of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import importers, renderers

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:  # noqa: ARG001 - takes none
    """List the trackers and the outputs."""
    print("Trackers that are read:")
    for name, importer in importers.available().items():
        print(f"  {name:26} {importer.says} ({importer.home})")
    print("\nOutputs that are written:")
    for name, renderer in renderers.available().items():
        if renderer.says:
            print(f"  {name:26} {renderer.says} ({', '.join(renderer.endings)})")
    return 0
