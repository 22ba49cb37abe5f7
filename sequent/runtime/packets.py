"""JSON messages over a pair of packet sockets, in several packets where one is too small."""

from __future__ import annotations

import json
import socket
from collections import deque
from typing import cast

from sequent.runtime.spinning import SpinThenSleep

Message = list[object]
"""A message's first item says what it is."""

_LAST = b"\0"
_MORE = b"\1"
_PAYLOAD = 60_000
_ROOM = 65_536

_decode = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends; a packet sent into one comes out of the other whole."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def pack(message: Message) -> list[bytes]:
    """The packets of a message: one, unless it is large."""
    data = _encode(message).encode("ascii")
    if len(data) <= _PAYLOAD:
        return [_LAST + data]
    starts = range(0, len(data), _PAYLOAD)
    return [(_MORE if at + _PAYLOAD < len(data) else _LAST) + data[at : at + _PAYLOAD] for at in starts]


def unpack(packet: bytes) -> Message:
    """The message in a packet that is all of it."""
    return cast("Message", _decode(packet[1:].decode("ascii"))[0])


class _Assembly:
    """Puts the packets of one direction together again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def add(self, packet: bytes) -> Message | None:
        """The message, once this was its last packet."""
        if packet[:1] == _MORE:
            self._pieces.append(packet[1:])
            return None
        if self._pieces:
            packet = b"".join((_LAST, *self._pieces, packet[1:]))
            self._pieces.clear()
        return unpack(packet)


class Channel:
    """An end that waits: a worker's, and the agent's."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._assembly = _Assembly()
        self._spinning = SpinThenSleep()

    def send(self, message: Message) -> None:
        """Send it, waiting for room."""
        for packet in pack(message):
            self.end.send(packet)

    def send_with(self, message: Message, descriptors: list[int]) -> None:
        """Send a short message together with open descriptors."""
        socket.send_fds(self.end, pack(message), descriptors)

    def receive(self) -> Message | None:
        """The next message; None once the other end is closed."""
        while True:
            packet = self._spinning.wait(self._look, self._sleep)
            if not packet:
                return None
            message = self._assembly.add(packet)
            if message is not None:
                return message

    def _look(self) -> bytes:
        try:
            return self.end.recv(_ROOM, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""

    def _sleep(self) -> bytes:
        return self.end.recv(_ROOM)


class Link:
    """An end that never waits: the driver's."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.end = end
        self.has_ended = False
        self._assembly = _Assembly()
        self._unsent: deque[bytes] = deque()

    @property
    def is_clogged(self) -> bool:
        """Whether something waits for room."""
        return bool(self._unsent)

    def send(self, message: Message) -> None:
        """Send it, or as much as there is room for; ``flush`` sends the rest."""
        self.send_packets(pack(message))

    def send_packets(self, packets: list[bytes]) -> None:
        """The same, of a message that was packed before."""
        self._unsent.extend(packets)
        self.flush()

    def take_unsent(self) -> list[bytes]:
        """Take back what there was no room for."""
        unsent = [*self._unsent]
        self._unsent.clear()
        return unsent

    def flush(self) -> None:
        """Send what waits for room, as far as there is room."""
        while self._unsent:
            try:
                self.end.send(self._unsent[0])
            except BlockingIOError:
                return
            except OSError:
                # Nobody reads any more; who that was is told by the agent.
                self._unsent.clear()
                return
            self._unsent.popleft()

    def receive(self) -> tuple[Message, list[int]] | None:
        """The next message that is there, with the descriptors that came along."""
        descriptors: list[int] = []
        while True:
            try:
                packet, came, _, _ = socket.recv_fds(self.end, _ROOM, 2)
            except BlockingIOError:
                return None
            except OSError:
                packet, came = b"", []
            descriptors += came
            if not packet:
                self.has_ended = True
                return None
            message = self._assembly.add(packet)
            if message is not None:
                return message, descriptors

    def read(self) -> Message | None:
        """The next message that is there, where none brings descriptors."""
        while True:
            try:
                packet = self.end.recv(_ROOM)
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


def drain(end: socket.socket) -> list[bytes]:
    """Take out the packets that nobody has received from that end."""
    found: list[bytes] = []
    try:
        while packet := end.recv(_ROOM, socket.MSG_DONTWAIT):
            found.append(packet)
    except OSError:
        # Nothing is left, or nothing ever was.
        return found
    return found
