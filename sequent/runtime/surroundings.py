"""Everything around a driver: the adapters behind its ports."""

from __future__ import annotations

from selectors import BaseSelector

from attrs import frozen

from sequent.model.status import Construct
from sequent.runtime.ports import Clock, DrivenRun, Executor, Observer


@frozen(kw_only=True)
class Surroundings:
    """The world as a driver sees it."""

    run: DrivenRun
    executors: dict[Construct, Executor]
    drawer: Executor | None
    """Who draws items."""
    clock: Clock
    observer: Observer
    selector: BaseSelector
    """What the driver waits with; it outlives the driver, since executors close later."""
