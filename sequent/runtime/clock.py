"""The clocks of the system."""

from __future__ import annotations

import time
from datetime import datetime
from functools import cache
from typing import Protocol

from sequent.runtime.processes import process_trees


def local_text(moment: float) -> str:
    """Return a moment, in seconds since 1970, by this machine's clock and zone."""
    return datetime.fromtimestamp(moment).astimezone().isoformat(timespec="seconds")


class Clock(Protocol):
    """The clocks."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return the seconds from some moment on, never going back."""
        ...

    def boottime(self) -> float:
        """Return the seconds since the machine was booted, its sleep included; never going back."""
        ...

    def boot_id(self) -> str:
        """Return the id of the machine's present boot: after another one, ``boottime`` starts anew."""
        ...


class SystemClock:
    """The machine's own clocks; satisfies the port ``Clock``."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    boot_id = staticmethod(cache(process_trees.boot_id))

    @staticmethod
    def boottime() -> float:
        """Return the seconds since the machine was booted, its sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
