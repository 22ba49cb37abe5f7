"""What time it is, from the system."""

from __future__ import annotations

import time


class SystemClock:
    """The machine's own clocks; satisfies the port ``Clock``."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
