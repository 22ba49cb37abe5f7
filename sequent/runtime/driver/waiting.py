"""Sleeps until something happens; or stays awake for a moment, where that is likely to be soon."""

from __future__ import annotations

import os
from selectors import BaseSelector

from sequent.runtime.ports import Clock

_BRIEF = 0.0003 if len(os.sched_getaffinity(0)) > 1 else 0.0
"""Seconds of a wait in which one stays awake, if another processor can do what is waited for."""


class Waiter:
    """Waits with a selector, each of whose keys has as its ``data`` what to call once it is ready.

    A processor that falls asleep takes longer to wake up than a short step takes. So after a wait that was short
    it first looks again and again, for a moment; where that was in vain it sleeps, and does not stay awake
    again until a wait was short.
    """

    def __init__(self, selector: BaseSelector, clock: Clock, *, stays_awake: bool = True) -> None:
        """Know whether it may stay awake: where no time passes meanwhile, it would do so for ever."""
        self._selector = selector
        self._clock = clock
        self._stays_awake = stays_awake
        self._was_brief = False

    def look(self) -> bool:
        """Call what is ready, without waiting; say whether anything was."""
        ready = self._selector.select(0)
        for key, _ in ready:
            key.data()
        return bool(ready)

    def wait(self, seconds: float | None) -> None:
        """Wait until something is ready, but no longer than that, and call it."""
        began = self._clock.monotonic()
        if not (self._was_brief and self._look_awhile(began)):
            for key, _ in self._selector.select(seconds):
                key.data()
        self._was_brief = self._stays_awake and self._clock.monotonic() - began < _BRIEF

    def _look_awhile(self, began: float) -> bool:
        while not self.look():
            if self._clock.monotonic() - began >= _BRIEF:
                return False
        return True
