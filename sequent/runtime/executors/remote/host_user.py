"""The interface between a connection to a host and the executor that uses it."""

from __future__ import annotations

from typing import Protocol

from sequent.errors import HostError
from sequent.runtime.hosts.protocol.messages import FromHost
from sequent.runtime.orders import Message


class HostUser(Protocol):
    """The driver's side of a connection."""

    @property
    def key(self) -> str:
        """The key of the agent that is wanted."""
        ...

    @property
    def only_door(self) -> str:
        """The only address to try of a host with several; '': any."""
        ...

    def first_message(self, version: int) -> Message:
        """Return the first message to send."""
        ...

    def hear(self, message: FromHost) -> None:
        """Handle a message of the agent; ``Attached`` comes first.

        Raises:
            BadMessageError: the message makes no sense here.
            HostError: the agent must not be used.
            OSError: the data of the host cannot be written here.
        """
        ...

    def lost(self, error: HostError) -> None:
        """Note that no message can be sent or received for now."""
        ...
