"""Flows whose driver only waits: for an amount of a pool that a run of ``one_pool.hog`` has, and for a time."""

from __future__ import annotations

from sequent import container, step
from tests.faults.one_pool import LINE


@container
class asking:
    """Ask for some of a shared pool."""

    @step(acquires={LINE: 1})
    def only(self) -> None: ...


@container
class resting:
    """Begin in an hour."""

    @step(delay="1h")
    def only(self) -> None: ...
