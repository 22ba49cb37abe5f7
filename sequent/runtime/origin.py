"""Which step of another run started a run."""

from __future__ import annotations

from msgspec import Struct


class RunOrigin(Struct, frozen=True, forbid_unknown_fields=True):
    """The step of another run that started a run, itself or through a program of its own."""

    run: str
    """The id of that run."""
    path: str = ""
    """The step's, dotted; empty where it was started while the flow was loaded for one."""
    sequence: str = ""
    store: str = ""
    """Where that run is."""
