"""The coming events in simulated time, and the selector in whose sleeps that time passes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from selectors import EVENT_READ, BaseSelector, SelectorKey
from typing import Any

from sequent.testing.clock import FakeClock

Act = Callable[[], object]


class Agenda:
    """The coming events, soonest first; events of one moment in the order in which they were added.

    Time passes only in ``sleep``, from one thing to the next, so that a year in which little happens takes no
    longer than a second in which as little does.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int]] = []
        self._acts: dict[int, Act] = {}
        self._count = 0

    def after(self, seconds: float, act: Act) -> int:
        """Have something happen so much later; the number that is given back cancels it."""
        self._count += 1
        self._acts[self._count] = act
        heapq.heappush(self._heap, (self._clock.elapsed + seconds, self._count))
        return self._count

    def cancel(self, number: int) -> None:
        """Have it not happen, unless it has."""
        self._acts.pop(number, None)

    def take_due(self) -> Act | None:
        """The next thing that is due by now."""
        self._drop_cancelled()
        if self._heap and self._heap[0][0] <= self._clock.elapsed:
            return self._acts.pop(heapq.heappop(self._heap)[1])
        return None

    def sleep(self, seconds: float | None) -> Act | None:
        """Let time pass until the next thing is due, but no more than that; give what is due then."""
        self._drop_cancelled()
        next_at = self._heap[0][0] if self._heap else None
        until = None if seconds is None else self._clock.elapsed + seconds
        if next_at is None and until is None:
            raise AssertionError("the driver sleeps, and nothing will ever wake it")
        self._clock.elapsed = min(moment for moment in (next_at, until) if moment is not None)
        return self.take_due()

    def _drop_cancelled(self) -> None:
        while self._heap and self._heap[0][1] not in self._acts:
            heapq.heappop(self._heap)


class SimulatedSelector(BaseSelector):
    """A selector with which a driver waits in simulated time; its registered files are never ready by themselves.

    It gives one thing at a time, as if each happened at a moment of its own.
    """

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._keys: dict[Any, SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        self._keys[fileobj] = SelectorKey(fileobj, -1, events, data)
        return self._keys[fileobj]

    def unregister(self, fileobj: Any) -> SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        act = self._agenda.take_due()
        if act is None and timeout != 0:
            act = self._agenda.sleep(timeout)
        return [] if act is None else [(SelectorKey(-1, -1, EVENT_READ, act), EVENT_READ)]

    def get_map(self) -> Mapping[Any, SelectorKey]:
        return self._keys
