"""What time it is, from the system."""

from __future__ import annotations

import time
from functools import cache
from typing import Protocol

from sequent.runtime.processes import process_trees


class Clock(Protocol):
    """What time it is."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds from some moment, never going back."""
        ...

    def boottime(self) -> float:
        """Seconds since the machine was booted, its sleep included; never going back."""
        ...

    def boot_id(self) -> str:
        """Which boot of the machine this is: within another one, ``boottime`` means something else."""
        ...


class SystemClock:
    """The machine's own clocks; satisfies the port ``Clock``."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    boot_id = staticmethod(cache(process_trees.boot_id))

    @staticmethod
    def boottime() -> float:
        """Seconds since the machine was booted, its sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
