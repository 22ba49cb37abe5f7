"""Core dumps, which would contain the secrets of a step."""

from __future__ import annotations

import resource
import threading

_lock = threading.Lock()
_holders: list[tuple[int, int]] = []
"""The limits found by each holder that has forbidden core dumps; there are several where steps run in threads."""


def forbid() -> None:
    """Forbid core dumps of this process and its children, until ``permit`` has been called as often.

    The limit is 1: too little for a file, and the kernel does not start a program that processes cores, either. At 0 it
    would start one.
    """
    with _lock:
        before = resource.getrlimit(resource.RLIMIT_CORE)
        _holders.append(before)
        if before[0] != 0 or before[1] != 0:
            resource.setrlimit(resource.RLIMIT_CORE, (1, before[1]))


def permit() -> None:
    """Restore the limit, unless another holder still forbids core dumps."""
    with _lock:
        before = _holders.pop(0)
        if not _holders:
            resource.setrlimit(resource.RLIMIT_CORE, before)
        else:
            _holders[0] = before
