"""The way to a host: a pair of pipes to one command there."""

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
        """The address that answered, of a host that has several."""
        ...

    def trouble(self, said: bytes = b"") -> HostError:
        """Why the command ended or could not start, with what it wrote to its standard error.

        Args:
            said: what it wrote to its standard output before it should have spoken to us.
        """
        ...

    def close(self) -> None:
        """Leave the host; the command there reads the end of its input. A second time it does nothing."""
        ...


class Transport(Protocol):
    """A way to one host. It may be used by several threads."""

    @property
    def name(self) -> str:
        """``paramiko``, ``ssh`` or ``command``."""
        ...

    @property
    def reason(self) -> str:
        """Why this one and no other, as the end of a sentence."""
        ...

    def connect(self, command: str, timeout: float, door: str = "") -> Connection:
        """Run a command on the host.

        Args:
            command: a program and its words, quoted as a shell needs it; it is given to the user's login shell there,
                or its words to a command of the user's own.
            timeout: seconds until the host must have let us in, for each of its addresses.
            door: the only address to try, of a host that has several.

        Raises:
            HostError: none of its addresses lets us in; it says how far each attempt got.
        """
        ...
