"""One run on one host, as the driver has it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.hosts.transports.port import Connection


@frozen(kw_only=True, eq=False, repr=False)
class RemoteRun(ByFields):
    """One run on one host."""

    host: str
    """The name that the flow has for it."""
    key: str
    """The run, as the agent knows it."""
    epoch: int
    directory: str
    """The run's directory here."""
    setup: HostSetup
    connect: Callable[[str], Connection]
    """Gives a session with the agent, waiting as long as that takes; it is told the address that answered last."""
    open_tokens: tuple[str, ...] = ()
    """The attempts that an earlier driver has handed over, and of which nothing is written."""
    assumes_lost: bool = False
    """Whether these are lost, whatever becomes of them there."""
