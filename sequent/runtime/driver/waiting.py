"""Waits until a key of a selector is ready."""

from __future__ import annotations

from selectors import BaseSelector

from sequent.runtime.clock import Clock
from sequent.runtime.messages.busy_wait import MOMENT, SpinThenSleep


def soonest(*times: float | None) -> float | None:
    """Return the least of the seconds that are given, or None."""
    least: float | None = None
    for seconds in times:
        if seconds is not None and (least is None or seconds < least):
            least = seconds
    return least


class Waiter:
    """Waits with a selector; the ``data`` of each key is the function to call once it is ready.

    Args:
        selector: the selector.
        clock: measures how long a wait took.
        stays_awake: whether it may spin; if no time passes meanwhile, it would spin for ever.
    """

    def __init__(self, selector: BaseSelector, clock: Clock, *, stays_awake: bool = True) -> None:
        self._selector = selector
        self._spinning = SpinThenSleep(clock.monotonic, MOMENT if stays_awake else 0.0)

    def look(self) -> bool:
        """Call the functions of ready keys, without waiting; return whether there were any."""
        return self._call_ready(0)

    def wait(self, seconds: float | None) -> None:
        """Wait until a key is ready, but no longer than that, and call its function."""
        if seconds == 0:
            self.look()
        else:
            self._spinning.wait(self.look, lambda: self._call_ready(seconds))

    def _call_ready(self, seconds: float | None) -> bool:
        ready = self._selector.select(seconds)
        for key, _ in ready:
            key.data()
        return bool(ready)
