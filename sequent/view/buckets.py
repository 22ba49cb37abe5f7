"""Counts attempts in parts of the time, where there are too many for a bar each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from sequent.view.time_axis import TimeAxis

BUCKETS = 120


class Bucket(Struct, frozen=True, kw_only=True):
    """The attempts of a row in a part of the time."""

    started: float
    ended: float
    running: float
    """How many were executed, on average."""
    failed: int
    """How many failed."""


class Stretch(NamedTuple):
    """A time in which the same number of attempts was executed all along."""

    started: float
    ended: float
    running: float
    """That number; that of many attempts is their average."""
    failed: int
    """How many had failed at its end."""


def buckets_of(stretches: Iterable[Stretch], axis: TimeAxis) -> tuple[Bucket, ...]:
    """Return the mean number of attempts in each part of the axis, from where the row begins to where it ends."""
    width = axis.length / BUCKETS
    areas = [0.0] * BUCKETS
    whole = [0.0] * (BUCKETS + 1)
    failed = [0] * BUCKETS
    for stretch in stretches:
        first, last = axis.offset(stretch.started) / width, axis.offset(stretch.ended) / width
        one, other = min(int(first), BUCKETS - 1), min(int(last), BUCKETS - 1)
        if one == other:
            areas[one] += (last - first) * stretch.running
        else:
            areas[one] += (one + 1 - first) * stretch.running
            areas[other] += (last - other) * stretch.running
            whole[one + 1] += stretch.running
            whole[other] -= stretch.running
        failed[other] += stretch.failed
    found: list[Bucket] = []
    running = 0.0
    for at in range(BUCKETS):
        # Sums of fractions do not return to zero.
        running = round(running + whole[at], 9)
        if running or areas[at] or failed[at]:
            started, ended = axis.moment(at * width), axis.moment((at + 1) * width)
            mean = round(running + areas[at], 4)
            found.append(Bucket(started=started, ended=ended, running=mean, failed=failed[at]))
    return tuple(found)
