"""The signals that stop a run: how they arrive, and what each one does."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator
from selectors import EVENT_READ, BaseSelector
from signal import SIGHUP, SIGTERM
from types import FrameType

from sequent.runtime.backoff import hurry
from sequent.runtime.clock import Clock

STOPPING = (signal.SIGINT, SIGTERM, SIGHUP)
TERM_GRACE = 10.0
"""Seconds that running steps have to finish after the first SIGTERM, or after the terminal was closed."""


class Stopping:
    """Stops a run: the first signal lets running steps finish, the second ends them, the third kills them."""

    def __init__(self, clock: Clock, stop: Callable[[], None], end_tasks: Callable[[bool], None]) -> None:
        """Take the functions to call: ``end_tasks`` gets whether to do so at once."""
        self._clock = clock
        self._stop = stop
        self._end_tasks = end_tasks
        self._signals = 0
        self._kill_at: float | None = None
        self.stopped_by = 0
        """The number of the first signal; 0 if there was none."""

    def on_signal(self, number: int) -> None:
        """Act on a signal."""
        self._signals += 1
        if self._signals == 1:
            self.stopped_by = number
            if number in (SIGTERM, SIGHUP):
                self._kill_at = self._clock.monotonic() + TERM_GRACE
            self._stop()
        else:
            self._kill_at = None
            self._end_tasks(self._signals > 2)

    def stop(self) -> None:
        """Stop the run as the first SIGINT does, unless it is being stopped."""
        if not self._signals:
            self.on_signal(signal.SIGINT)

    def end(self) -> None:
        """Stop the run and end running steps; the second time, kill them."""
        self.stop()
        self.on_signal(signal.SIGINT)

    @property
    def is_at_once(self) -> bool:
        """Whether nothing is waited for any more."""
        return self._signals > 2

    def left(self) -> float | None:
        """Return the seconds until the time of running steps is over; None: it is not limited."""
        return None if self._kill_at is None else max(0.0, self._kill_at - self._clock.monotonic())

    def look(self) -> None:
        """End running steps, if their time is over."""
        if self.left() == 0:
            self._kill_at = None
            self._end_tasks(False)


@contextlib.contextmanager
def stop_signals(selector: BaseSelector, on_signal: Callable[[int], None]) -> Generator[None]:
    """While this lasts, SIGINT, SIGTERM and SIGHUP call ``on_signal`` from the selector's loop.

    Only the main thread of a process can receive them; in other threads nothing changes. Under ``nohup`` SIGHUP stays
    ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received, sent = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    noted: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(number)
        # A wait for the store in the middle of a turn would keep the loop from hearing of it.
        hurry(is_hurried=len(noted) > 1)
        with contextlib.suppress(BlockingIOError):
            # A full pipe has enough signals in it.
            os.write(sent, bytes([number]))

    def drain() -> None:
        for number in os.read(received, 64):
            on_signal(number)

    selector.register(received, EVENT_READ, drain)
    heard = [number for number in STOPPING if number != SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        selector.unregister(received)
        os.close(received)
        os.close(sent)
        hurry(is_hurried=False)
