"""`carbon-report formats`: what is read, written and sent, as each importer, renderer and place tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import destinations, importers, renderers

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:  # noqa: ARG001 - takes none
    """List the trackers, the outputs and the places to send to."""
    print("Trackers that are read:")
    for name, importer in importers.available().items():
        print(f"  {name:26} {importer.says} ({importer.home})")
    print("\nOutputs that are written:")
    for name, renderer in renderers.available().items():
        if renderer.says:
            print(f"  {name:26} {renderer.says} ({', '.join(renderer.endings)})")
    print("\nPlaces that reports are sent to with --to:")
    for destination in destinations.available().values():
        needs = f"pip install 'carbon-report[{destination.extra}]'" if destination.extra else "nothing to install"
        print(f"  {destinations.usage(destination):39} {destination.says} ({needs})")
    return 0
