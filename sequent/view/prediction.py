"""Predicts the next of several durations from those before it."""

from __future__ import annotations

from collections.abc import Iterable

from sequent.view.step_durations import Band, quantile


def predicted_band(values: Iterable[float]) -> Band:
    """Return the band in which the next value lies in eight of ten cases, if it is like the earlier ones.

    Of ``n`` values and one more of the same kind, each is as likely to be the largest. So the next one lies below the
    ``k``-th with the probability ``k / (n + 1)``. Between two values, and beyond the last ones, a straight line is
    drawn. The band of fewer than nine values is a guess.

    Args:
        values: seconds; at least one.
    """
    known = sorted(values)
    low, median, high = (_at(known, share) for share in (0.1, 0.5, 0.9))
    return Band(count=len(known), low=low, median=median, high=high)


def _at(known: list[float], share: float) -> float:
    last = len(known) - 1
    if not last:
        return known[0]
    place = share * (len(known) + 1) - 1
    gap = (known[-1] - known[0]) / last
    if place < 0:
        return known[0] + place * gap
    if place > last:
        return known[-1] + (place - last) * gap
    return quantile(known, place / last)
