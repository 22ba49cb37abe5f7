"""The way to a host: a pair of pipes to one command there."""

from __future__ import annotations

import socket
from typing import Protocol

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError


@frozen(eq=False, repr=False, kw_only=True)
class HostRoute(ByFields):
    """What the settings say of the way to a host."""

    name: str
    """The host, as the flow names it."""
    addresses: tuple[str, ...] = ()
    """Its destinations for SSH, tried in this order; none: the name is the destination."""
    connect: str | tuple[str, ...] = ""
    """``paramiko``, ``ssh``, or the words of a command that runs another there; empty: either of the first two."""
    ssh_config: str = ""
    """The file to read instead of the user's ``~/.ssh/config``."""

    @property
    def doors(self) -> tuple[str, ...]:
        """The destinations, in the order in which they are tried."""
        return self.addresses or (self.name,)


class Connection(Protocol):
    """A command that runs on a host."""

    @property
    def end(self) -> socket.socket:
        """A stream: its reads are the command's output, its writes the command's input.

        It reads as ended once the command has ended or the connection is gone; ``trouble`` then says why.
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
            command: what the login shell there is given.
            timeout: seconds until the host must have let us in, for each of its addresses.
            door: the only address to try, of a host that has several.

        Raises:
            HostError: none of its addresses lets us in; it says how far each attempt got.
        """
        ...
