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
    """The agent's key of the run, as ``key_of`` makes it."""
    epoch: int
    directory: str
    """The run's directory on this machine."""
    setup: HostSetup
    connect: Callable[[str, str], Connection]
    """Returns a session with the agent of a key, and waits for it; the second is the only address to try, or ''."""
    root: str = ""
    """The directory here of the modules that were sent to the host; '': it has its own."""
    open_tokens: tuple[str, ...] = ()
    """The attempts that an earlier driver handed over, without a written outcome."""
    monotonic: Callable[[], float] = time.monotonic
    """The clock, in seconds."""
    in_background: Callable[[Callable[[], None], str], None] = in_thread
    """Makes a call, with a name for people, while the driver goes on."""


_DIGITS = 32


def key_of(run: RunRecord, host: str) -> str:
    """Return the key by which the agent on a host knows a run: the same for each recovery, wherever its store is.

    It begins with the key of the run, and goes on with that of the host's name in the flow: two names of one account
    have an agent each.
    """
    return key_of_run(run) + _digits(host)


def key_of_run(run: RunRecord) -> str:
    """Return the beginning of all keys of a run, which earlier versions used for each of its hosts."""
    return _digits(f"{run.target.flow}\0{run.id}\0{run.created!r}")


def beginning_of(key: str) -> str:
    """Return the key of the run in the key of an agent, behind which may also stand a mark of the agent's limits."""
    return key[:_DIGITS]


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
