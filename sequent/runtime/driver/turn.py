"""One turn of the driver: what is known, what is to be written, and what is done and told once it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sequent.model.effects import EndRun
from sequent.model.facts import Fact
from sequent.model.outcome import LogSpan, Problem
from sequent.model.scope import Scope
from sequent.model.status import Status
from sequent.runtime.rows import Batch


class Told(NamedTuple):
    """How an attempt, or a task without one, has ended: the observer is told so."""

    scope: Scope
    node: int
    attempt: int
    status: Status
    problem: Problem | None = None
    log: LogSpan | None = None


class Turn:
    """What the desks share: each puts in what its effects and reports come to.

    A batch is written in one transaction. Only then is anything told, and are the orders let out that rest on it; what
    these come to belongs to the next batch.
    """

    def __init__(self) -> None:
        self.facts: deque[Fact] = deque()
        """What the engine is to be told."""
        self.batch = Batch()
        self.orders: list[Callable[[], None]] = []
        """What is to be done, in that order."""
        self.told: list[Told] = []
        self.end: EndRun | None = None
        """How the run has ended, once the engine says so."""

    def __bool__(self) -> bool:
        """Whether something is still to be taken in, written or let out."""
        return bool(self.facts or self.batch or self.orders)

    def finish(self, effect: EndRun) -> None:
        """The engine says that the run has ended."""
        self.end = effect

    def let_out(self) -> None:
        """Let the orders out: what they rest on is written."""
        orders, self.orders = self.orders, []
        for order in orders:
            order()
