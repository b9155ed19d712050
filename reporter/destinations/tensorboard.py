"""TensorBoard: the figures as scalars, the report as text, in an event file of its own folder of logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reporter.destinations.base import PREFIX, Destination, figures

if TYPE_CHECKING:
    from reporter.destinations.base import Parcel
    from reporter.output_options import Target


def send(parcel: Parcel, target: Target) -> str:
    """Write one event file at step 0. TensorBoard keeps scalars in single precision: seven digits."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    told = figures(parcel.document())
    summaries = [scalar_pb(PREFIX + name, value) for name, value in told.items()]
    summaries.append(text_pb(f"{PREFIX}report", parcel.page("markdown").decode()))
    writer = EventFileWriter(target.where)
    try:
        for summary in summaries:
            writer.add_event(Event(wall_time=time.time(), step=0, summary=summary))
    finally:
        writer.close()
    return f"{len(told)} scalars and the report's text; tensorboard --logdir {target.where}"


DESTINATION = Destination(
    "tensorboard", "scalars and text in an event file", send, module="tensorboard", extra="tensorboard", where="LOGDIR"
)
