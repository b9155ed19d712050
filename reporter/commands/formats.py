"""`carbon-report formats`: what is read, written and sent, as each importer, renderer and place tells; the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import destinations, importers, renderers
from reporter.arguments import wrong_usage
from reporter.renderers.json import schema

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """List the trackers, the outputs and the places to send to; ``--schema`` prints the JSON Schema of ``--json``."""
    if list(arguments) == ["--schema"]:
        print(schema(), end="")
        return 0
    if arguments:
        wrong_usage("formats takes --schema or nothing")
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
