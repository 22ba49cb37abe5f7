"""The workers of a run, as the driver sees them: who is idle, who has what, and what waits for one."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

from attrs import define, field

from sequent.runtime.orders import AttemptOrder, DrawOrder
from sequent.runtime.packets import Link, Message, drain

MOST_ATTEMPTS = 50_000
"""How many attempts a worker executes before another takes its place: the C library never gives back the memory of
a variable that is set anew in the environment, as each attempt sets a few."""


@define(eq=False)
class Worker:
    """A worker from its order to be started until it has been reported dead."""

    number: int
    is_for_draws: bool
    link: Link | None = None
    """Our end; None until it has been started."""
    end: socket.socket | None = None
    """Its own end, from which we take what it has not received once it is dead."""
    is_loaded: bool = False
    """Whether it has said what became of loading the flow."""
    is_gone: bool = False
    """Whether it has ended, and is only heard out."""
    order: AttemptOrder | DrawOrder | None = None
    queue: deque[DrawOrder] = field(factory=deque[DrawOrder])
    """Draws that only this worker may serve, since it has the iterator."""
    waits_for_room: bool = False
    ended: int = 0
    """How many orders it has carried out."""
    segment: str = ""
    log_end: int = 0
    """Up to where its segment belongs to attempts that have ended."""

    @property
    def is_idle(self) -> bool:
        """Whether it can be given an order."""
        return self.is_loaded and self.order is None

    def send(self, message: Message) -> None:
        """Send it something, or as much as there is room for."""
        if self.link is None:
            raise AssertionError("a worker is sent something before it is there")
        self.link.send(message)

    def has_begun(self) -> bool:
        """Of a dead worker: whether it had received its order whole."""
        if self.link is None or self.end is None or self.link.is_clogged:
            return False
        return not drain(self.end)

    def close(self) -> None:
        """Close both ends of its pair."""
        if self.link is not None:
            self.link.close()
        if self.end is not None:
            self.end.close()


class Wakes:
    """What wakes the driver for our sake: sockets, each with what to call once there is something to read."""

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector

    def add(self, end: socket.socket, callback: Callable[[], None]) -> None:
        """Wake the driver when there is something to read."""
        self._selector.register(end, EVENT_READ, callback)

    def watch_room(self, worker: Worker) -> None:
        """Wake it also when there is room again, for as long as something waits for that."""
        if worker.link is None or worker.link.is_clogged == worker.waits_for_room:
            return
        worker.waits_for_room = worker.link.is_clogged
        events = EVENT_READ | EVENT_WRITE if worker.waits_for_room else EVENT_READ
        self._selector.modify(worker.link.end, events, self._selector.get_key(worker.link.end).data)

    def remove(self, end: socket.socket) -> None:
        """Wake it no more."""
        if end.fileno() >= 0 and end in self._selector.get_map():
            self._selector.unregister(end)
