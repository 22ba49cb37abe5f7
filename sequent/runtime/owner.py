"""Which process drives a run."""

from __future__ import annotations

from typing import NamedTuple


class Owner(NamedTuple):
    """Who drives a run."""

    pid: int
    started: float
    """When the process started, in seconds since 1970."""
    host: str
    boot: str
    user: str
    since: float
    """When it took the run."""
