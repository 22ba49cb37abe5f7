"""Keeps the coming events in simulated time, and the selector whose sleeps let that time pass."""

from __future__ import annotations

import heapq
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from selectors import EVENT_READ, BaseSelector, SelectorKey
from typing import Any

from sequent.errors import UsageError
from sequent.model.durations import read_seconds
from sequent.runtime.driver.adapters import Signals
from sequent.testing.clock import A_LENGTH, FakeClock, Seconds

Act = Callable[[], object]


class Agenda:
    """The coming events, soonest first; simultaneous ones in the order in which they were added.

    Time passes only in ``sleep``, from one event to the next, so that a year with few events takes no longer than a
    second with as few.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int]] = []
        self._acts: dict[int, Act] = {}
        self._count = 0

    def after(self, seconds: float, act: Act) -> int:
        """Schedule an action after some seconds; return the number that cancels it."""
        self._count += 1
        self._acts[self._count] = act
        heapq.heappush(self._heap, (self._clock.elapsed + seconds, self._count))
        return self._count

    def cancel(self, number: int) -> None:
        """Cancel an action, unless it has happened."""
        self._acts.pop(number, None)

    def take_due(self) -> Act | None:
        """Return the next action that is due by now."""
        self._drop_cancelled()
        if self._heap and self._heap[0][0] <= self._clock.elapsed:
            return self._acts.pop(heapq.heappop(self._heap)[1])
        return None

    def sleep(self, seconds: float | None) -> Act | None:
        """Let time pass until the next action is due, but no longer than ``seconds``; return that action."""
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

    It returns one event at a time, as if no two happened at the same moment.
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


def interrupting(agenda: Agenda, stop_at: Seconds | None) -> Signals:
    """Return the signals of a simulation: Ctrl-C, after a time."""

    @contextmanager
    def signals(selector: BaseSelector, on_signal: Callable[[int], None]) -> Generator[None]:
        del selector
        if stop_at is None:
            yield
            return
        number = agenda.after(_read_stop(stop_at), lambda: on_signal(signal.SIGINT))
        try:
            yield
        finally:
            agenda.cancel(number)

    return signals


def _read_stop(stop_at: Seconds) -> float:
    try:
        return read_seconds(stop_at)
    except ValueError as error:
        raise UsageError(f"stop_at: {error}", code="length-of-time", hint=A_LENGTH) from None
