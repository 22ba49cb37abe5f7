"""A worker, as the driver sees it: which orders it holds, and what it has said."""

from __future__ import annotations

from collections import deque

from attrs import define, field

from sequent.runtime.executors.worker_links import Order, WorkerLink
from sequent.runtime.messages import AskTaken
from sequent.runtime.orders import DrawOrder

MOST_WORKERS = 64
"""How many workers a run has at most that execute attempts."""
MOST_ATTEMPTS = 50_000
"""How many attempts a worker executes before another takes its place: the C library never gives back the memory of
a variable that is set anew in the environment, as each attempt sets a few."""


@define(eq=False)
class Worker:
    """A worker from its order to be started until it has been reported dead.

    It reads one order at a time, straight before it begins it. So of the orders that it holds, those that its link
    takes back have not begun.
    """

    number: int
    is_for_draws: bool
    link: WorkerLink | None = None
    """None until it has been started."""
    is_loaded: bool = False
    """Whether it has said what became of loading the flow."""
    is_gone: bool = False
    """Whether it has ended, or will, and is only heard out."""
    harm: str = ""
    """What a step has done to its descriptors: then it is believed nothing more, and ended."""
    has_announced: bool = False
    """Whether it has said that the code of what it executes has begun."""
    has_lost_orders: bool = False
    """Whether a step has read orders that were the worker's: what it holds has not begun."""
    given: int = 0
    """How many orders it was sent and were not taken back."""
    asked_after: int | None = None
    """How many of them it must have read once it answers, since it has been asked."""
    held: deque[Order] = field(factory=deque[Order])
    """What it was sent and has not told the end of, oldest first. At most the first has begun."""
    is_slow: bool = False
    """Whether it has been busy with the same attempt for long."""
    since: float = 0.0
    """When, by the monotonic clock, it can have begun with the first of what it holds, at the latest."""
    queue: deque[DrawOrder] = field(factory=deque[DrawOrder])
    """Draws that only this worker may serve, since it has the iterator."""
    ended: int = 0
    """How many orders it has carried out."""
    segment: str = ""
    log_end: int = 0
    """Up to where its segment belongs to attempts that have ended."""

    @property
    def is_idle(self) -> bool:
        """Whether it waits for an order."""
        return self.is_loaded and not self.held

    @property
    def may_be_torn(self) -> bool:
        """Whether it may have read a part of the order that it was given last."""
        return self.link is not None and self.link.has_large

    def give(self, order: Order) -> None:
        """Send it an order, or as much of it as there is room for."""
        if self.link is None:
            raise AssertionError("a worker is given something before it is there")
        self._note(order)
        self.link.give(order)

    def give_ahead(self, order: Order) -> bool:
        """Send it an order that waits in it, if there is room; say whether it was sent."""
        if self.link is None or not self.link.give_ahead(order):
            return False
        self._note(order)
        return True

    def _note(self, order: Order) -> None:
        self.held.append(order)
        self.given += 1

    def ask(self) -> None:
        """Ask what it has read; the answer tells of all that it was sent before."""
        if self.link is not None and self.asked_after is None:
            self.asked_after = self.given
            self.link.tell(AskTaken())

    def has_read(self, taken: int) -> None:
        """It waits for an order, or was asked, and says how many it has read in all."""
        if self.asked_after is None:
            if self.held:
                self.ask()
        elif taken != self.asked_after:
            self.has_lost_orders = True
            self.harm = "the step read from a descriptor of its worker"
        else:
            self.asked_after = None

    def take_unread(self) -> list[Order]:
        """Take back what it has not read, and never will."""
        if self.link is None:
            return []
        unread, has_question = self.link.take_unread(self.held)
        if has_question:
            self.asked_after = None
        if unread:
            self.held = deque(order for order in self.held if order not in unread)
            self.given -= len(unread)
        return unread
