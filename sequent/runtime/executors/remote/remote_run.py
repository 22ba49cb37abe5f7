"""The driver's data on one run on one host."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.hosts.transports.transport import Connection
from sequent.runtime.records import RunRecord


def in_thread(act: Callable[[], None], name: str) -> None:
    """Do something that takes a while in a thread of its own, which does not keep the process alive."""
    threading.Thread(target=act, name=name, daemon=True).start()


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
    root: str = ""
    """The directory here of the modules that were sent to the host; '': it has its own."""
    open_tokens: tuple[str, ...] = ()
    """The attempts that an earlier driver handed over, without a written outcome."""
    monotonic: Callable[[], float] = time.monotonic
    """The clock, in seconds."""
    in_background: Callable[[Callable[[], None], str], None] = in_thread
    """Makes a call, with a name for people, while the driver goes on."""


def key_of(run: RunRecord) -> str:
    """Return the key by which agents know a run: the same for each recovery, wherever its store is."""
    told = f"{run.target.flow}\0{run.id}\0{run.created!r}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]
