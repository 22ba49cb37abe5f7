"""How a worker is reached: the link that its pool needs, and the link to a worker on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from msgspec.msgpack import Decoder

from sequent.runtime.executors.agents import our_ends
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.messages.message_types import AskTaken, ForgetRepeat, FromWorker, ToWorker
from sequent.runtime.messages.packets import ROOM, BadMessageError, Link, pack, unpack
from sequent.runtime.orders import AttemptOrder, DrawOrder

Order = AttemptOrder | DrawOrder

_TOLD: Decoder[FromWorker] = Decoder(FromWorker)
_GIVEN: Decoder[ToWorker] = Decoder(ToWorker)
_ASK = pack(AskTaken())[0]


class Unread(NamedTuple):
    """Messages that were taken back from a worker, which has not read them and never will."""

    orders: list[Order]
    has_question: bool
    """Whether ``AskTaken`` was among them, which is then not answered."""


class WorkerLink(Protocol):
    """The way to one worker, which reads one order at a time, right before it begins it."""

    @property
    def has_ended(self) -> bool:
        """Whether no more messages will come."""
        ...

    @property
    def has_large(self) -> bool:
        """Whether the last order may be partly read, so that it cannot be taken back while the worker lives."""
        ...

    def listen(self, callback: Callable[[], None]) -> None:
        """Call this in the driver's thread when the worker has sent a message."""
        ...

    def stop_listening(self) -> None:
        """Stop calling it."""
        ...

    def read(self) -> FromWorker | None:
        """Return the worker's next message; None if there is none.

        Raises:
            BadMessageError: the data is not a worker's message.
        """
        ...

    def give(self, order: Order) -> None:
        """Send an order, or as much of it as there is room for; the rest follows."""
        ...

    def give_ahead(self, order: Order) -> bool:
        """Send an order that can be taken back until it is read, if there is room; return whether it was sent."""
        ...

    def tell(self, message: AskTaken | ForgetRepeat) -> None:
        """Send a message that is not an order, after all that was sent before."""
        ...

    def take_unread(self, held: Iterable[Order]) -> Unread:
        """Take back those of the worker's unfinished orders that it has not read."""
        ...

    def close(self) -> None:
        """Close the link: the worker ends once it has nothing to do."""
        ...


class LocalLink:
    """A pair of sockets of which this process holds both ends.

    An order is a packet, which the kernel gives to the first reader at the worker's end: the worker, or this process.
    So an order that is found there has not begun, and one that is not found has.

    Args:
        ours: this process's end.
        theirs: the worker's.
        word: the beginning of each packet of the worker.
        wakeups: wakes the driver.
    """

    def __init__(self, ours: socket.socket, theirs: socket.socket, word: bytes, wakeups: Wakeups) -> None:
        our_ends.update((ours, theirs))
        self._link = Link(ours, _TOLD, word)
        self._theirs = theirs
        self._wakeups = wakeups
        self._has_large = False
        self._waits_for_room = False
        self.read = self._link.read

    @property
    def has_ended(self) -> bool:
        return self._link.has_ended

    @property
    def has_large(self) -> bool:
        return self._has_large

    def listen(self, callback: Callable[[], None]) -> None:
        def answer() -> None:
            if self._link.is_clogged:
                self._link.flush()
                self._watch_room()
            callback()

        self._wakeups.add(self._link.end, answer)

    def stop_listening(self) -> None:
        self._wakeups.remove(self._link.end)

    def give(self, order: Order) -> None:
        packets = pack(order)
        self._has_large = len(packets) > 1
        self._send(packets)

    def give_ahead(self, order: Order) -> bool:
        packets = pack(order)
        if len(packets) > 1 or self._link.is_clogged:
            return False
        self._send(packets)
        return True

    def tell(self, message: AskTaken | ForgetRepeat) -> None:
        self._send(pack(message))

    def _send(self, packets: list[bytes]) -> None:
        self._link.send_packets(packets)
        self._watch_room()

    def _watch_room(self) -> None:
        if self._link.is_clogged != self._waits_for_room:
            self._waits_for_room = self._link.is_clogged
            self._wakeups.watch_room(self._link.end, is_wanted=self._waits_for_room)

    def take_unread(self, held: Iterable[Order]) -> Unread:
        packets = [*self._drain(), *self._link.take_unsent()]
        has_question = _ASK in packets
        if has_question:
            packets.remove(_ASK)
        if not packets:
            return Unread([], has_question)
        if self._has_large:
            return Unread([*held], has_question)
        keys = set(filter(None, map(_key_in, packets)))
        return Unread([order for order in held if (order.frame, order.node) in keys], has_question)

    def _drain(self) -> list[bytes]:
        """Take the packets that the worker has not received from its end."""
        packets: list[bytes] = []
        try:
            while packet := self._theirs.recv(ROOM, socket.MSG_DONTWAIT):
                packets.append(packet)
        except OSError:
            # No packet is left, or there never was one.
            return packets
        return packets

    def close(self) -> None:
        self._link.close()
        self._theirs.close()


def _key_in(packet: bytes) -> tuple[int, int] | None:
    """Return frame and node of the order in a packet, unique among orders under way; None if it is not an order."""
    try:
        order = unpack(packet, _GIVEN)
    except BadMessageError:
        return None
    return (order.frame, order.node) if isinstance(order, AttemptOrder | DrawOrder) else None
