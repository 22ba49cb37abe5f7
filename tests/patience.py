"""How long tests wait: once for all of them, and long enough for a machine that is slow and busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 100.0
"""Seconds after which nobody waits any more for what must come about."""
LATE = 6.0
"""Seconds by which what is promised within a time may be late."""
T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str | Callable[[], str] = "it does not come about") -> T:
    """Wait until something holds, and give what makes it so; where it never does, ``what`` is said."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, what if isinstance(what, str) else what()
        time.sleep(0.005)
    return found
