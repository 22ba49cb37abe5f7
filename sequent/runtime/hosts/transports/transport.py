"""The port of transports: a pair of pipes to one command on a host."""

from __future__ import annotations

import socket
from typing import Protocol

from sequent.errors import HostError


class Connection(Protocol):
    """A command that runs on a host."""

    @property
    def end(self) -> socket.socket:
        """A stream: its reads are the command's output, its writes the command's input.

        Once the command has ended or the connection is gone, it reads as ended, or fails as one that was reset;
        ``trouble`` then says why.
        """
        ...

    @property
    def door(self) -> str:
        """The address that answered, for a host with several."""
        ...

    def trouble(self, said: bytes = b"") -> HostError:
        """Return why the command ended or could not start, with its standard error.

        Args:
            said: its standard output before the first message.
        """
        ...

    def close(self) -> None:
        """Leave the host; the command there reads the end of its input. Further calls do nothing."""
        ...


class Transport(Protocol):
    """The transport to one host. Several threads may use it."""

    @property
    def name(self) -> str:
        """``paramiko``, ``ssh`` or ``command``."""
        ...

    @property
    def reason(self) -> str:
        """The reason for this transport, as the end of a sentence."""
        ...

    def connect(self, command: str, timeout: float, door: str = "") -> Connection:
        """Run a command on the host.

        Args:
            command: a program and its words, quoted for a shell; it goes to the user's login shell there,
                or to a command of the user's own, word by word.
            timeout: the seconds for each address of the host to accept us.
            door: the only address to try.

        Raises:
            HostError: none of its addresses accepts us; the error has the stage of each.
        """
        ...
