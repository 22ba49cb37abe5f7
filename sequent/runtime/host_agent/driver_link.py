"""The session of a driver that has reached the agent: it first names its run, then sends messages."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator

from msgspec.msgpack import Decoder

from sequent.runtime.host_agent.session_pipes import SessionPipes
from sequent.runtime.hosts.protocol.frames import ByteLink
from sequent.runtime.hosts.protocol.greeting import BadGreetingError, greeting, read_knock
from sequent.runtime.hosts.protocol.messages import Attach, Ping, Pong, ToHost
from sequent.runtime.messages.packets import BadMessageError

_SAID: Decoder[ToHost] = Decoder(ToHost)
_CREDENTIALS = struct.Struct("iII")
_SILENCE = 60.0
"""The seconds of silence after which a driver counts as gone: a live one sends messages more often."""


def process_of(end: socket.socket) -> int:
    """Return the pid of the process at the other end."""
    return _credentials_of(end)[0]


def user_of(end: socket.socket) -> int:
    """Return the user id of the process at the other end."""
    return _credentials_of(end)[1]


def _credentials_of(end: socket.socket) -> tuple[int, int]:
    pid, user, _ = _CREDENTIALS.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return int(pid), int(user)


class DriverLink:
    """A session. Any message before ``Attach``, other than that, ends it.

    Args:
        pipes: the session's pipes.
        first: the bytes that have been read from them.
        key: the run of this agent.
        monotonic: the clock, in seconds.
    """

    def __init__(
        self, pipes: SessionPipes, first: bytes, key: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._key = key
        self.pipes = pipes
        self.link: ByteLink[SessionPipes, ToHost] = ByteLink(pipes, _SAID)
        self.link.send_bytes(greeting())
        self.is_attached = False
        self.version = 0
        """The version of the protocol that the driver speaks."""
        self._knock: bytes | None = first
        """The bytes of the first line so far; None once it is complete."""
        self._heard = self._monotonic()

    @property
    def has_ended(self) -> bool:
        """Whether the driver is gone, or silent."""
        return self.link.has_ended or self.seconds_left() <= 0

    def seconds_left(self) -> float:
        """Return the seconds until a silent driver counts as gone."""
        return self._heard + _SILENCE - self._monotonic()

    def hear(self) -> Iterator[ToHost]:
        """Yield the driver's messages.

        Raises:
            BadMessageError: no driver sends this.
        """
        while data := self.link.read():
            self._heard = self._monotonic()
            for message in self.link.take_in(self._behind_knock(data)):
                if isinstance(message, Ping):
                    self.link.send_now(Pong(message.number))
                elif isinstance(message, Attach) == self.is_attached:
                    raise BadMessageError("a driver attaches first, and once")
                else:
                    yield message

    def _behind_knock(self, data: bytes) -> bytes:
        if self._knock is None:
            return data
        try:
            found = read_knock(self._knock + data)
        except BadGreetingError as error:
            raise BadMessageError(str(error)) from None
        if found is None:
            self._knock += data
            return b""
        self._knock = None
        key, rest = found
        if key != self._key:
            raise BadMessageError("it means another run")
        return rest
