"""The driver's data on one run on one host."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.hosts.transports.transport import Connection


@frozen(kw_only=True, eq=False, repr=False)
class RemoteRun(ByFields):
    """One run on one host."""

    host: str
    """The name that the flow has for the host."""
    key: str
    """The agent's key of the run."""
    epoch: int
    directory: str
    """The run's directory on this machine."""
    setup: HostSetup
    connect: Callable[[str], Connection]
    """Returns a session with the agent, and waits for it; the argument is the address that answered last."""
    open_tokens: tuple[str, ...] = ()
    """The attempts that an earlier driver handed over, without a written outcome."""
