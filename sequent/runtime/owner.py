"""Which process drives a run."""

from __future__ import annotations

from msgspec import Struct

from sequent.model.record_text import Count, Moment


class Owner(Struct, frozen=True, forbid_unknown_fields=True):
    """Who drives a run."""

    pid: Count
    started: Moment
    """When the process started."""
    host: str
    boot: str
    user: str
    since: Moment
    """When it took the run."""
