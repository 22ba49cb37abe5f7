"""One turn of the driver: its facts, the rows to write, and the orders and messages that follow the commit."""

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
    """The end of an attempt, or of a task without one, for the observer."""

    scope: Scope
    node: int
    attempt: int
    status: Status
    problem: Problem | None = None
    log: LogSpan | None = None
    was_executed: bool = True
    """Whether its attempt was executed, and so has been told before."""


class Turn:
    """The data that the desks share: each adds the consequences of its effects and reports.

    A batch is written in one transaction. Only then are messages told, and orders let out that depend on it. Their
    consequences belong to the next batch.
    """

    def __init__(self) -> None:
        self.facts: deque[Fact] = deque()
        """Facts for the engine."""
        self.batch = Batch()
        self.orders: list[Callable[[], None]] = []
        """Calls to make after the commit, in that order."""
        self.told: list[Told] = []
        self.end: EndRun | None = None
        """How the run has ended, once the engine says so."""

    def __bool__(self) -> bool:
        """Return whether a fact, a row or an order is left."""
        return bool(self.facts or self.batch or self.orders)

    def finish(self, effect: EndRun) -> None:
        """Note that the engine has ended the run."""
        self.end = effect

    def let_out(self) -> None:
        """Let the orders out, once the rows that they depend on are written."""
        orders, self.orders = self.orders, []
        for order in orders:
            order()
