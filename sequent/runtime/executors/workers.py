"""A worker, as the driver sees it: its orders, and its messages."""

from __future__ import annotations

from collections import deque

from attrs import define, field

from sequent.runtime.executors.worker_links import Order, WorkerLink
from sequent.runtime.messages.message_types import AskTaken
from sequent.runtime.orders import DrawOrder

MOST_WORKERS = 64
"""The largest number of workers of a run that execute attempts."""
MOST_ATTEMPTS = 50_000
"""The number of attempts that a worker executes before another replaces it.

Each sets a few environment variables, and the C library never frees the memory of a variable that is set again.
"""


@define(eq=False)
class Worker:
    """A worker from the order to start it until it has been reported dead.

    It reads one order at a time, right before it begins it. So those of its orders that its link takes back have not
    begun.
    """

    number: int
    is_for_draws: bool
    link: WorkerLink | None = None
    """None until it has been started."""
    is_loaded: bool = False
    """Whether it has reported on loading the flow."""
    is_gone: bool = False
    """Whether it has ended or will, so that only its last reports are read."""
    harm: str = ""
    """The damage that a step has done to its descriptors; such a worker is no longer believed, and is ended."""
    has_announced: bool = False
    """Whether it has reported that the code of its attempt has begun."""
    has_lost_orders: bool = False
    """Whether a step has read orders of the worker, so that the orders it holds have not begun."""
    given: int = 0
    """The number of orders that it was sent and that were not taken back."""
    asked_after: int | None = None
    """The number of orders that it must have read when it answers the question that it was sent."""
    held: deque[Order] = field(factory=deque[Order])
    """The orders that it was sent and has not finished, oldest first. At most the first has begun."""
    is_slow: bool = False
    """Whether it has been busy with the same attempt for long."""
    since: float = 0.0
    """The latest time, by the monotonic clock, at which it can have begun with the first of its orders."""
    queue: deque[DrawOrder] = field(factory=deque[DrawOrder])
    """Draws that only this worker may serve, since it has the iterator."""
    ended: int = 0
    """The number of orders that it has carried out."""
    segment: str = ""
    log_end: int = 0
    """The offset in its segment up to which attempts have ended."""

    @property
    def is_idle(self) -> bool:
        """Whether it waits for an order."""
        return self.is_loaded and not self.held

    @property
    def may_be_torn(self) -> bool:
        """Whether it may have read a part of its last order."""
        return self.link is not None and self.link.has_large

    def give(self, order: Order) -> None:
        """Send it an order, or as much of it as there is room for."""
        if self.link is None:
            raise AssertionError("a worker is given an order before it is started")
        self._note(order)
        self.link.give(order)

    def give_ahead(self, order: Order) -> bool:
        """Send it an order that waits there, if there is room; return whether it was sent."""
        if self.link is None or not self.link.give_ahead(order):
            return False
        self._note(order)
        return True

    def _note(self, order: Order) -> None:
        self.held.append(order)
        self.given += 1

    def ask(self) -> None:
        """Ask how much it has read; the answer covers all that it was sent before."""
        if self.link is not None and self.asked_after is None:
            self.asked_after = self.given
            self.link.tell(AskTaken())

    def has_read(self, taken: int) -> None:
        """Note how many orders it has read in all, as it reports when it waits for an order or was asked."""
        if self.asked_after is None:
            if self.held:
                self.ask()
        elif taken != self.asked_after:
            self.has_lost_orders = True
            self.harm = "the step read from a descriptor of its worker"
        else:
            self.asked_after = None

    def take_unread(self) -> list[Order]:
        """Take back the orders that it has not read and never will."""
        if self.link is None:
            return []
        unread, has_question = self.link.take_unread(self.held)
        if has_question:
            self.asked_after = None
        if unread:
            self.held = deque(order for order in self.held if order not in unread)
            self.given -= len(unread)
        return unread
