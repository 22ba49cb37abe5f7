"""Reads lengths of time as people write them, and defines the waits between attempts."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.wording import repr_of

LONGEST = 10 * 366 * 86400.0
"""Seconds: ten years. A longer duration is a mistake."""
_UNITS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0))


@frozen(eq=False, repr=False)
class Backoff(ByFields):
    """The waits before further attempts: ``first`` seconds, then ``factor`` times as long each time."""

    first: float = 0.0
    factor: float = 1.0
    ceiling: float | None = None
    """The longest wait, in seconds."""
    jitter: float = 0.0
    """The fraction by which a wait may be longer or shorter: 0.1 is a tenth."""


AT_ONCE = Backoff()
"""No wait at all."""


def read_seconds(value: object) -> float:
    """Return a length of time in seconds. The errors give no advice: readers have their own.

    Args:
        value: a number of seconds, a string such as "30s" or "1h 30m", or a timedelta.

    Raises:
        ValueError: it is none of these, negative, or longer than ten years; the message says which.
    """
    seconds: object = value
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        from pytimeparse.timeparse import timeparse

        seconds = timeparse(value)
    is_nan = isinstance(seconds, float) and math.isnan(seconds)
    if is_nan or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError(f"{repr_of(value)} is not a duration")
    if seconds < 0:
        raise ValueError(f"{repr_of(value)} is negative")
    # Integers may be too large for a float: they are compared as they are.
    if seconds > LONGEST:
        raise ValueError(f"{repr_of(value)} is longer than ten years")
    return float(seconds)


def read_seconds_or_moment(value: object) -> float | datetime:
    """Return the length of a delay in seconds, or the moment, with its zone, at which it ends.

    Raises:
        ValueError: it is neither, or a datetime without a zone.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value
    return read_seconds(value)


def span_text(seconds: float) -> str:
    """Return a length of time as people write it: 1h 30m."""
    words: list[str] = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        words += [f"{count:g}{unit}"] if count else []
    if seconds or not words:
        words.append(f"{seconds:g}s")
    return " ".join(words)
