"""Writes the samples of old eco2AI by running it: make_eco2ai_old.py FOLDER, with the old version on PYTHONPATH.

The look-up of the place on the internet is answered here with France; nothing else is stubbed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import requests


class Answer:
    """What the look-up of the place says."""

    content = b'{"country": "FR", "region": "Bretagne"}'


requests.get = lambda *_, **__: Answer()

from eco2ai import Tracker  # noqa: E402 - it looks the place up when it is imported

folder = Path(sys.argv[1])
folder.mkdir(parents=True)
for name in ("toy-classifier", "toy-regressor"):
    watch = Tracker(
        project_name=name, experiment_description="one run", file_name=str(folder / "emission.csv"), measure_period=1
    )
    watch.start()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        sum(n * n for n in range(20_000))
    watch.stop()
