"""What time it is, from the system."""

from __future__ import annotations

import time
from functools import cache

from sequent.runtime import trees


class SystemClock:
    """The machine's own clocks; satisfies the port ``Clock``."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    boot_id = staticmethod(cache(trees.boot_id))

    @staticmethod
    def boottime() -> float:
        """Seconds since the machine was booted, its sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
