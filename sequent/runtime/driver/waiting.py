"""Waits until something happens of which a selector tells."""

from __future__ import annotations

from selectors import BaseSelector

from sequent.runtime.clock import Clock
from sequent.runtime.messages.busy_wait import MOMENT, SpinThenSleep


def soonest(*times: float | None) -> float | None:
    """The least of the seconds that something has left, where something has."""
    found: float | None = None
    for seconds in times:
        if seconds is not None and (found is None or seconds < found):
            found = seconds
    return found


class Waiter:
    """Waits with a selector, each of whose keys has as its ``data`` what to call once it is ready.

    Args:
        selector: what tells.
        clock: how long a wait took.
        stays_awake: whether it may; where no time passes meanwhile, it would do so for ever.
    """

    def __init__(self, selector: BaseSelector, clock: Clock, *, stays_awake: bool = True) -> None:
        self._selector = selector
        self._spinning = SpinThenSleep(clock.monotonic, MOMENT if stays_awake else 0.0)

    def look(self) -> bool:
        """Call what is ready, without waiting; say whether anything was."""
        return self._call_ready(0)

    def wait(self, seconds: float | None) -> None:
        """Wait until something is ready, but no longer than that, and call it."""
        if seconds == 0:
            self.look()
        else:
            self._spinning.wait(self.look, lambda: self._call_ready(seconds))

    def _call_ready(self, seconds: float | None) -> bool:
        ready = self._selector.select(seconds)
        for key, _ in ready:
            key.data()
        return bool(ready)
