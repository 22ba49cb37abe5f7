"""The axis of a timeline, in which long times without any task are cut out."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

_LONG = 0.2
"""The share of a run's time above which a part without tasks is cut out."""
_SHORTEST = 1e-3


class TimeAxis(Struct, frozen=True, kw_only=True):
    """The parts of the time that are shown, each from one moment to another, in seconds since 1970."""

    spans: tuple[tuple[float, float], ...]

    @property
    def started(self) -> float:
        """The first moment."""
        return self.spans[0][0]

    @property
    def ended(self) -> float:
        """The last moment."""
        return self.spans[-1][1]

    @property
    def length(self) -> float:
        """The seconds that are shown."""
        return sum(end - start for start, end in self.spans)

    @property
    def cuts(self) -> tuple[float, ...]:
        """The offsets at which time is left out."""
        return tuple(self.offset(start) for start, _ in self.spans[1:])

    def offset(self, moment: float) -> float:
        """Return the seconds shown before a moment."""
        if len(self.spans) == 1:
            start, end = self.spans[0]
            return min(max(moment, start), end) - start
        passed = 0.0
        for start, end in self.spans:
            if moment <= end:
                return passed + max(0.0, moment - start)
            passed += end - start
        return passed

    def moment(self, offset: float) -> float:
        """Return the moment at an offset."""
        for start, end in self.spans:
            if offset <= end - start:
                return start + offset
            offset -= end - start
        return self.ended


def axis_of(busy_times: Iterable[tuple[float, float]], began: float, until: float) -> TimeAxis:
    """Return the axis of a run, which begins and ends at these moments at the latest or earliest.

    Args:
        busy_times: the beginning and the end of each time with tasks.
        began: the start of the run.
        until: its end, or the present moment.
    """
    times = sorted(busy_times)
    began = min([began, *(start for start, _ in times[:1])])
    until = max([until, began + _SHORTEST, *(end for _, end in times[-1:])])
    gaps: list[tuple[float, float]] = []
    busy = began
    for start, end in times:
        if start > busy:
            gaps.append((busy, start))
        busy = max(busy, end)
    until = max(until, busy)
    long = [(start, end) for start, end in gaps if end - start > _LONG * (until - began)]
    starts = [began, *(end for _, end in long)]
    ends = [*(start for start, _ in long), until]
    spans = [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
    return TimeAxis(spans=tuple(spans))
