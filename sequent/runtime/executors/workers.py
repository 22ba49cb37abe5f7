"""A worker, as the driver sees it: its ends, and which orders it holds."""

from __future__ import annotations

import socket
from collections import deque

from attrs import define, field
from msgspec.msgpack import Decoder

from sequent.runtime.messages import AskTaken, FromWorker, ToWorker
from sequent.runtime.orders import AttemptOrder, DrawOrder
from sequent.runtime.packets import ROOM, BadMessageError, Link, pack, unpack

MOST_WORKERS = 64
"""How many workers a run has at most that execute attempts."""
MOST_ATTEMPTS = 50_000
"""How many attempts a worker executes before another takes its place: the C library never gives back the memory of
a variable that is set anew in the environment, as each attempt sets a few."""

_ASK = pack(AskTaken())[0]
_GIVEN: Decoder[ToWorker] = Decoder(ToWorker)


@define(eq=False)
class Worker:
    """A worker from its order to be started until it has been reported dead.

    It reads one order at a time, straight before it begins it. So of the orders that it holds, those that are still
    in its end have not begun, and whoever takes a packet out of there has it for itself: it, or we.
    """

    number: int
    is_for_draws: bool
    link: Link[FromWorker] | None = None
    """Our end; None until it has been started."""
    end: socket.socket | None = None
    """Its own end, from which we take back what it has not read."""
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
    held: deque[AttemptOrder | DrawOrder] = field(factory=deque[AttemptOrder | DrawOrder])
    """What it was sent and has not told the end of, oldest first. At most the first has begun."""
    has_large: bool = False
    """Whether what it holds came in several packets, which only together are an order."""
    is_slow: bool = False
    """Whether it has been busy with the same attempt for long."""
    since: float = 0.0
    """When, by the monotonic clock, it can have begun with the first of what it holds, at the latest."""
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
        """Whether it waits for an order."""
        return self.is_loaded and not self.held

    def give(self, order: AttemptOrder | DrawOrder, packets: list[bytes]) -> None:
        """Send it an order, or as much of it as there is room for."""
        if self.link is None:
            raise AssertionError("a worker is given something before it is there")
        self.held.append(order)
        self.given += 1
        self.has_large = len(packets) > 1
        self.link.send_packets(packets)

    def ask(self) -> None:
        """Ask what it has read; the answer tells of all that it was sent before."""
        if self.link is not None and self.asked_after is None:
            self.asked_after = self.given
            self.link.send_packets([_ASK])

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

    def take_unread(self) -> list[AttemptOrder | DrawOrder]:
        """Take back what it has not read, and never will: of a living worker, one packet of each order."""
        if self.link is None or self.end is None:
            return []
        packets = [*_drain(self.end), *self.link.take_unsent()]
        if _ASK in packets:
            packets.remove(_ASK)
            self.asked_after = None
        if not packets:
            return []
        if self.has_large:
            keys = {(order.frame, order.node) for order in self.held}
        else:
            keys = set(filter(None, map(_key_in, packets)))
        unread = [order for order in self.held if (order.frame, order.node) in keys]
        self.held = deque(order for order in self.held if (order.frame, order.node) not in keys)
        self.given -= len(unread)
        return unread

    def close(self) -> None:
        """Close both ends of its pair."""
        if self.link is not None:
            self.link.close()
        if self.end is not None:
            self.end.close()


def _key_in(packet: bytes) -> tuple[int, int] | None:
    """The frame and the node of the order that a packet is, which no other has that is under way; None: it is none."""
    try:
        order = unpack(packet, _GIVEN)
    except BadMessageError:
        return None
    return (order.frame, order.node) if isinstance(order, AttemptOrder | DrawOrder) else None


def _drain(end: socket.socket) -> list[bytes]:
    """Take out the packets that nobody has received from that end."""
    found: list[bytes] = []
    try:
        while packet := end.recv(ROOM, socket.MSG_DONTWAIT):
            found.append(packet)
    except OSError:
        # Nothing is left, or nothing ever was.
        return found
    return found
