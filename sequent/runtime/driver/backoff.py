"""How long to wait before a further attempt."""

from __future__ import annotations

import hashlib

from sequent.model.durations import LONGEST
from sequent.model.spec import Backoff


def wait_after(backoff: Backoff, failures: int, key: str) -> float:
    """The seconds to wait once so many attempts have failed: each time ``factor`` as long, up to ``ceiling``.

    Args:
        backoff: what the step says.
        failures: how many attempts have failed, at least 1.
        key: the task's own text, from which its part of the jitter comes: the same each time, and another for each
            task, so that tasks which failed together do not all come back together.
    """
    ceiling = LONGEST if backoff.ceiling is None else backoff.ceiling
    try:
        seconds = min(ceiling, backoff.first * backoff.factor ** (failures - 1))
    except OverflowError:
        seconds = ceiling
    if backoff.jitter:
        seconds *= 1 + backoff.jitter * (2 * _share(f"{key}/{failures}") - 1)
    return max(0.0, min(ceiling, seconds))


def _share(key: str) -> float:
    """A number from 0 to 1 that depends on nothing but the key."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
