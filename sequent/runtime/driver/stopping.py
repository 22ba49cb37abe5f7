"""What the signals that a driver gets mean, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from signal import SIGHUP, SIGTERM

from sequent.runtime.clock import Clock

TERM_GRACE = 10.0
"""Seconds that running steps have to finish after the first SIGTERM, or after the terminal was closed."""


class Stopping:
    """The first signal lets running steps finish, and starts nothing more; the second ends them; the third at once."""

    def __init__(self, clock: Clock, stop: Callable[[], None], end_tasks: Callable[[bool], None]) -> None:
        """Know whom to call: ``end_tasks`` is told whether to do so at once."""
        self._clock = clock
        self._stop = stop
        self._end_tasks = end_tasks
        self._signals = 0
        self._kill_at: float | None = None
        self.stopped_by = 0
        """The number of the first signal; 0 while there was none."""

    def on_signal(self, number: int) -> None:
        """A signal has come."""
        self._signals += 1
        if self._signals == 1:
            self.stopped_by = number
            if number in (SIGTERM, SIGHUP):
                self._kill_at = self._clock.monotonic() + TERM_GRACE
            self._stop()
        else:
            self._kill_at = None
            self._end_tasks(self._signals > 2)

    @property
    def is_at_once(self) -> bool:
        """Whether nothing is waited for any more."""
        return self._signals > 2

    def left(self) -> float | None:
        """The seconds until running steps have had their time; None where they have as long as they like."""
        return None if self._kill_at is None else max(0.0, self._kill_at - self._clock.monotonic())

    def look(self) -> None:
        """End what runs, if its time is over."""
        if self.left() == 0:
            self._kill_at = None
            self._end_tasks(False)
