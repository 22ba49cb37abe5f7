"""A session that has reached the agent: first it says which run it means, then it speaks as the run's driver."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

from msgspec.msgpack import Decoder

from sequent.runtime.hosts.protocol.frames import ByteLink
from sequent.runtime.hosts.protocol.greeting import BadGreetingError, greeting, read_knock
from sequent.runtime.hosts.protocol.messages import Attach, Ping, Pong, ToHost
from sequent.runtime.messages.packets import BadMessageError

_SAID: Decoder[ToHost] = Decoder(ToHost)
_CREDENTIALS = struct.Struct("iII")
_SILENCE = 60.0
"""Seconds after which a driver that says nothing is taken to be gone: it says something more often."""


def user_of(end: socket.socket) -> int:
    """The user id of the process at the other end."""
    found = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(found)[1])


class DriverLink:
    """A session. All that it says before ``Attach`` ends it.

    Args:
        end: the session's socket.
        key: the run of this agent.
    """

    def __init__(self, end: socket.socket, key: str) -> None:
        self._key = key
        self.link: ByteLink[ToHost] = ByteLink(end, _SAID)
        self.link.send_bytes(greeting())
        self.is_attached = False
        self._knock: bytes | None = b""
        """What has come of the first line; None once it is whole."""
        self._heard = time.monotonic()

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, or says nothing."""
        return self.link.has_ended or self.seconds_left() <= 0

    def seconds_left(self) -> float:
        """The seconds until it is taken to be gone."""
        return self._heard + _SILENCE - time.monotonic()

    def hear(self) -> Iterator[ToHost]:
        """What it says.

        Raises:
            BadMessageError: no driver says that.
        """
        while data := self.link.read():
            self._heard = time.monotonic()
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
