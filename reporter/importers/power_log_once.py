"""Recordings of one machine at the same time: what its meters counted is counted once, and shared among them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporter.importers.power_log_rows import Recording
    from reporter.powerlog import Meter


class _Span(NamedTuple):
    """A recording on the clock: s since 1970."""

    start_s: float
    end_s: float
    recording: Recording


def share(recordings: Iterable[Recording]) -> None:
    """Give each recording its share of the joules that others counted too, and tell it.

    A machine is known by the hash of its boot. What several recordings of it counted at the same time is shared by the
    power of their jobs, where all tell it, and else evenly; the shares add up to what the machine drew.
    """
    machines: dict[str, list[_Span]] = {}
    for recording in recordings:
        head = recording.head
        if head.boot and head.started_at and head.counts != "job" and not recording.before_s:
            start_s = head.started_at.timestamp()
            machines.setdefault(head.boot, []).append(_Span(start_s, start_s + recording.elapsed_s, recording))
    for spans in machines.values():
        for together in _together(spans):
            _share(together)


def _together(spans: list[_Span]) -> Iterator[list[_Span]]:
    """Those that overlap, two or more at a time, directly or through others."""
    group: list[_Span] = []
    until_s = 0.0
    for span in sorted(spans, key=lambda span: span[:2]):
        if group and span.start_s >= until_s:
            if len(group) > 1:
                yield group
            group = []
        until_s = max(until_s, span.end_s) if group else span.end_s
        group.append(span)
    if len(group) > 1:
        yield group


def _share(spans: Sequence[_Span]) -> None:
    names = {meter.name for span in spans for meter in span.recording.counts}
    for name in sorted(names):
        having = [(span, meter) for span in spans for meter in span.recording.counts if meter.name == name]
        _share_meter([(span, meter) for span, meter in having if span.recording.counts[meter].total_j])
    first = spans[0].recording
    shared = [span for span in spans if span.recording.shares]
    if shared:
        text = f"{len(shared)} runs sampled one machine at the same time; its energy counts once, each has its share"
        first.log.say("CR014", text, first.line, "note")


def _share_meter(having: Sequence[tuple[_Span, Meter]]) -> None:
    counted = [0.0] * len(having)
    edges = sorted({edge for span, _ in having for edge in span[:2]})
    for start_s, end_s in pairwise(edges):
        here = [place for place, (span, _) in enumerate(having) if span.start_s <= start_s and span.end_s >= end_s]
        joules = [_between(*having[place], start_s, end_s) for place in here]
        if len({having[place][0].recording.head.run_id for place in here}) < 2:  # alone, or one part after another
            for place, joule in zip(here, joules, strict=True):
                counted[place] += joule
            continue
        weights = [_job_w(*having[place]) for place in here]
        if None in weights or not sum(filter(None, weights)):
            weights = [1.0] * len(here)
        total = sum(filter(None, weights))
        for place, weight in zip(here, weights, strict=True):
            counted[place] += sum(joules) / len(joules) * (weight or 0.0) / total
    for (span, meter), joule in zip(having, counted, strict=True):
        total_j = span.recording.counts[meter].total_j or 0.0
        if joule < total_j * (1 - 1e-9):
            span.recording.shares[meter] = joule / total_j


def _between(span: _Span, meter: Meter, start_s: float, end_s: float) -> float:
    at = span.recording.joules_at
    return at(meter, end_s - span.start_s) - at(meter, start_s - span.start_s)


def _job_w(span: _Span, meter: Meter) -> float | None:
    """The mean power of the recording's job by this meter; None where that is not told."""
    count, duration_s = span.recording.job.get(meter), span.end_s - span.start_s
    return None if count is None or count.total_j is None or not duration_s else count.total_j / duration_s
