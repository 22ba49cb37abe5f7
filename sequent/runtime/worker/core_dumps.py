"""Core dumps, which would have in them what a step was given alone."""

from __future__ import annotations

import resource
import threading

_lock = threading.Lock()
_holders: list[tuple[int, int]] = []
"""What the limit was before each of those who have forbidden them; there are several where steps are threads."""


def forbid() -> None:
    """Have no core of this process written, nor of those that it starts, until ``permit`` has been called as often.

    A limit of 1 is too little for a file, and the one at which the kernel does not start a program that takes cores,
    either; it would at 0.
    """
    with _lock:
        before = resource.getrlimit(resource.RLIMIT_CORE)
        _holders.append(before)
        if before[0] != 0 or before[1] != 0:
            resource.setrlimit(resource.RLIMIT_CORE, (1, before[1]))


def permit() -> None:
    """Put it right, as far as nobody else has forbidden them."""
    with _lock:
        before = _holders.pop(0)
        if not _holders:
            resource.setrlimit(resource.RLIMIT_CORE, before)
        else:
            _holders[0] = before
