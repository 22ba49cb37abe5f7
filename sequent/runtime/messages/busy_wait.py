"""Spins for a moment if that is likely to be enough, and sleeps in all other cases."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

MOMENT = 0.0005 if len(os.sched_getaffinity(0)) > 1 else 0.0
"""Seconds of a wait spent spinning, if another processor can do the awaited work."""
REST = 0.1
"""Seconds without spinning, after another process has wanted the processor."""
_TAKEN = 0.0001
"""Seconds for which another process must have had it to count."""

_Found = TypeVar("_Found")


class SpinThenSleep:
    """Waits repeatedly, first spinning, then sleeping.

    A processor that falls asleep takes longer to wake up than a short step takes. So after a short wait the next one
    begins with spinning, for a moment; if that was in vain it sleeps, and does not spin again until a wait was short.
    Other processes that want the processor go first, and if there are any, it only sleeps for some time: spinning on a
    busy machine slows everything down, including the awaited work.

    Args:
        monotonic: the clock.
        moment: the seconds of spinning; 0: never.
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
        """Return the awaited value.

        Args:
            look: returns it if it is there, and a false value if not.
            sleep: returns it once it is there.
        """
        began = self._monotonic()
        value = self._spin(began, look) if self._was_brief and began >= self._rests_until else None
        if not value:
            value = sleep()
        self._was_brief = self._monotonic() - began < self._moment
        return value

    def _spin(self, began: float, look: Callable[[], _Found]) -> _Found:
        worked = self._worked()
        while not (value := look()) and self._monotonic() - began < self._moment:
            os.sched_yield()
        now = self._monotonic()
        # Asking for the processor time is a call of the kernel.
        if now - began > _TAKEN and now - began - (self._worked() - worked) > _TAKEN:
            self._rests_until = now + REST
        return value
