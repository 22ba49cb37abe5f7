"""What a run waits for by the clock, as people are told."""

from __future__ import annotations

from typing import NamedTuple


class Pending(NamedTuple):
    """A task or container that waits for its time."""

    path: str
    sequence: str
    attempt: int
    """The attempt that is waited for; 0 of a delay."""
    due: float
    """Seconds since 1970."""
