"""Messages over a pair of packet sockets, in several packets if one is too small.

A message is MessagePack: strings in it, such as a result, stay as they are.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import MsgspecError
from msgspec.msgpack import Decoder

from sequent.runtime.messages.busy_wait import SpinThenSleep
from sequent.runtime.messages.encoding import encoded
from sequent.runtime.orders import Message

M = TypeVar("M", bound=Message)


class BadMessageError(ValueError):
    """A packet is not one that the other side would send: a step has got at its worker's descriptors."""


_LAST = b"\0"
_MORE = b"\1"
_PAYLOAD = 60_000
ROOM = 65_536
"""Bytes of the largest packet."""
LARGEST_RESULT = 256 * 1024**2
"""Bytes of a result's text, of the output from which one is made, and of all results that a step gathers."""
_LARGEST = 4 * LARGEST_RESULT
"""Bytes of the largest message: a result of the largest size whose characters take four bytes each."""
WORD = 16
"""Bytes of a word."""
_REST = 0.01
"""Seconds until a packet that the kernel had no memory for is sent again."""
_IDLE = 1.0
"""Seconds after which a waiting worker reports that it waits."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected ends; a packet sent into one comes out of the other whole."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def pack(message: Message, word: bytes = b"") -> list[bytes]:
    """Return the packets of a message: one, unless it is large."""
    data = encoded(message)
    if len(data) <= _PAYLOAD:
        return [word + _LAST + data]
    starts = range(0, len(data), _PAYLOAD)
    return [word + (_MORE if at + _PAYLOAD < len(data) else _LAST) + data[at : at + _PAYLOAD] for at in starts]


def send(end: socket.socket, message: Message, word: bytes = b"") -> None:
    """Send a message, waiting for room, also in the kernel's memory."""
    for packet in pack(message, word):
        while True:
            try:
                end.send(packet)
                break
            except OSError as error:
                if error.errno not in (errno.ENOBUFS, errno.ENOMEM):
                    raise
            time.sleep(_REST)


class _Assembly(Generic[M]):
    """Assembles the messages of one direction from packets, each of which begins with that word."""

    def __init__(self, decoder: Decoder[M], word: bytes) -> None:
        self._decode = decoder.decode
        self._word = word
        self._whole = word + _LAST
        """The beginning of a packet that is a whole message, or its end."""
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, packet: bytes) -> M | None:
        """Return the message, once this was its last packet.

        Raises:
            BadMessageError: it is not a message, or too large.
        """
        if not packet.startswith(self._whole):
            self._add_piece(packet)
            return None
        data = packet[len(self._whole) :]
        if self._pieces:
            data = b"".join((*self._pieces, data))
            self._pieces.clear()
            self._size = 0
        try:
            return self._decode(data)
        except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadMessageError(f"it is not a message: {type(error).__name__}") from None

    def _add_piece(self, packet: bytes) -> None:
        if not packet.startswith(self._word + _MORE):
            raise BadMessageError("another process has sent it")
        piece = packet[len(self._whole) :]
        self._size += len(piece)
        if len(piece) != _PAYLOAD or self._size > _LARGEST:
            raise BadMessageError("its pieces are of the wrong size")
        self._pieces.append(piece)


def unpack(packet: bytes, decoder: Decoder[M]) -> M:
    """Return the message in a packet that is all of it.

    Raises:
        BadMessageError: it is not a message.
    """
    if (message := _Assembly(decoder, b"").add(packet)) is None:
        raise BadMessageError("it is a piece of one")
    return message


class Channel(Generic[M]):
    """An end that waits: a worker's, or the agent's.

    Args:
        end: the socket.
        decoder: decodes messages.
        word: the beginning of each packet that it sends.
        on_idle: called when no packet has come for a second; again only after one has.
    """

    def __init__(
        self, end: socket.socket, decoder: Decoder[M], word: bytes = b"", on_idle: Callable[[], None] | None = None
    ) -> None:
        self.end = end
        self._word = word
        self._on_idle = on_idle
        self._has_told = False
        if on_idle is not None:
            self._wait_at_most(_IDLE)
        self._assembly = _Assembly(decoder, b"")
        self._spinning = SpinThenSleep()

    def send(self, message: Message) -> None:
        """Send it, waiting for room."""
        send(self.end, message, self._word)

    def send_with(self, message: Message, descriptors: list[int]) -> None:
        """Send a short message together with open descriptors."""
        socket.send_fds(self.end, pack(message), descriptors)

    def receive(self) -> M | None:
        """Return the next message; None once the other end is closed.

        Raises:
            BadMessageError: the packet is not part of a message.
        """
        while True:
            packet = self._spinning.wait(self._look, self._sleep)
            if not packet:
                return None
            message = self._assembly.add(packet)
            if message is not None:
                if self._has_told:
                    self._has_told = False
                    self._wait_at_most(_IDLE)
                return message

    def _look(self) -> bytes:
        try:
            return self.end.recv(ROOM, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""

    def _sleep(self) -> bytes:
        while True:
            try:
                return self.end.recv(ROOM)
            except BlockingIOError:
                if self._on_idle is None:
                    raise
                if not self._has_told:
                    self._has_told = True
                    self._on_idle()
            # A step may have changed how the socket waits.
            self.end.setblocking(True)
            self._wait_at_most(0)

    def _wait_at_most(self, seconds: float) -> None:
        """Let the kernel end a wait after that time; 0: never."""
        whole, rest = divmod(seconds, 1)
        self.end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(whole), int(rest * 1e6)))


class Link(Generic[M]):
    """An end that never waits: the driver's.

    Args:
        end: the socket.
        decoder: decodes messages.
        word: the beginning of each packet that comes.
    """

    def __init__(self, end: socket.socket, decoder: Decoder[M], word: bytes = b"") -> None:
        end.setblocking(False)
        self.end = end
        self.has_ended = False
        """Whether no packet comes or goes any more."""
        self._assembly = _Assembly(decoder, word)
        self._unsent: deque[bytes] = deque()

    @property
    def is_clogged(self) -> bool:
        """Whether packets wait for room."""
        return bool(self._unsent) and not self.has_ended

    def send(self, message: Message) -> None:
        """Send it, or as much as there is room for; ``flush`` sends the rest."""
        self.send_packets(pack(message))

    def send_packets(self, packets: list[bytes]) -> None:
        """Send a packed message, or as much as there is room for."""
        self._unsent.extend(packets)
        self.flush()

    def take_unsent(self) -> list[bytes]:
        """Take back the packets that there was no room for."""
        unsent = [*self._unsent]
        self._unsent.clear()
        return unsent

    def flush(self) -> None:
        """Send packets that wait, as far as there is room."""
        while self._unsent and not self.has_ended:
            try:
                self.end.send(self._unsent[0])
            except ConnectionError:
                # No process reads any more: unsent orders have not begun.
                self.has_ended = True
                return
            except OSError:
                # There is no room of some kind.
                return
            self._unsent.popleft()

    def receive(self) -> tuple[M, list[int]] | None:
        """Return the next message, with its descriptors; None if there is none.

        Raises:
            BadMessageError: the packet is not part of a message.
        """
        while True:
            try:
                packet, descriptors, _, _ = socket.recv_fds(self.end, ROOM, 2)
            except BlockingIOError:
                return None
            except OSError:
                packet, descriptors = b"", []
            try:
                message = self._assembly.add(packet) if packet else None
            except BadMessageError:
                _close(descriptors)
                raise
            if message is not None:
                return message, descriptors
            # Only a message of one packet brings any.
            _close(descriptors)
            if not packet:
                self.has_ended = True
                return None

    def read(self) -> M | None:
        """Return the next message, which has no descriptors; the kernel closes those that come anyway.

        Raises:
            BadMessageError: the packet is not part of a message.
        """
        while True:
            try:
                packet = self.end.recv(ROOM)
            except BlockingIOError:
                return None
            except OSError:
                packet = b""
            if not packet:
                self.has_ended = True
                return None
            message = self._assembly.add(packet)
            if message is not None:
                return message

    def close(self) -> None:
        self._unsent.clear()
        self.end.close()


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
