"""Waits awake for a moment where that is likely to be enough, and asleep in all other cases."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

MOMENT = 0.0005 if len(os.sched_getaffinity(0)) > 1 else 0.0
"""Seconds of a wait in which one stays awake, if another processor can do what is waited for."""
REST = 0.1
"""Seconds in which one does not stay awake, after somebody else has wanted the processor."""
_TAKEN = 0.0001
"""Seconds for which somebody else has had it, where that counts."""

_Found = TypeVar("_Found")


class SpinThenSleep:
    """One who waits again and again.

    A processor that falls asleep takes longer to wake up than a short step takes. So after a wait that was short
    it first looks again and again, for a moment; where that was in vain it sleeps, and does not stay awake again
    until a wait was short. Whoever else wants the processor goes first, and where somebody does, it sleeps for
    some time: staying awake on a busy machine makes everything slower, what is waited for among it.

    Args:
        monotonic: the clock.
        moment: the seconds for which it stays awake; 0: never.
        worked: the seconds for which this thread has had a processor.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        moment: float = MOMENT,
        worked: Callable[[], float] = time.thread_time,
    ) -> None:
        self._monotonic = monotonic
        self._moment = moment
        self._worked = worked
        self._was_brief = False
        self._rests_until = 0.0

    def wait(self, look: Callable[[], _Found], sleep: Callable[[], _Found]) -> _Found:
        """What is waited for.

        Args:
            look: gives it if it is there, and something false if not.
            sleep: gives it once it is there.
        """
        began = self._monotonic()
        found = self._spin(began, look) if self._was_brief and began >= self._rests_until else None
        if not found:
            found = sleep()
        self._was_brief = self._monotonic() - began < self._moment
        return found

    def _spin(self, began: float, look: Callable[[], _Found]) -> _Found:
        worked = self._worked()
        while not (found := look()) and self._monotonic() - began < self._moment:
            os.sched_yield()
        now = self._monotonic()
        # To ask how much it has worked is a call of the kernel.
        if now - began > _TAKEN and now - began - (self._worked() - worked) > _TAKEN:
            self._rests_until = now + REST
        return found
